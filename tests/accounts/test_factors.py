"""A first factor takes the slip's code; a new one takes the old one's place; the last one stays (A2)."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import psycopg
import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from accounts import actions, attempts, emergency, factors, one_time_codes, qr, recovery_codes, sign_in as two_steps
from accounts.models import CodeDevice, RecoverySheet, SecurityKey, StaffSession, User
from accounts.models.sessions import EndReason
from accounts.roles import Role
from audit import journal
from audit.models import Event, Result
from tests.accounts.conftest import CODE, give_code, give_password, is_signed_in
from tests.accounts.soft_key import registered
from tests.factories import fresh_code, signed_in, staff_member
from tests.racing import together

pytestmark = pytest.mark.django_db

ENROL = "/sign-in/enrol/"
NEW_CODE = "/account/code/"
SLIP = re.compile(r"(?:[A-HJ-NP-Z2-9]{4}-){2}[A-HJ-NP-Z2-9]{4}")


@pytest.fixture
def user() -> User:
    return staff_member()


@pytest.fixture
def administrator() -> User:
    return staff_member()


@pytest.fixture
def newcomer(administrator: User) -> User:
    """Somebody who has a password and no factor."""
    user = staff_member()
    factors.remove_all(user, by=administrator)
    return user


@pytest.fixture
def slip(newcomer: User, administrator: User) -> str:
    return factors.issue_enrolment_code(newcomer, by=administrator, at=timezone.now())


def half_way(user: User) -> Client:
    browser = Client()
    assert give_password(browser, user.login_id).status_code == 302
    return browser


def first_code(user: User) -> str:
    """Return what the authenticator shows that has just read the QR code."""
    device = CodeDevice.objects.get(user=user, confirmed=False)
    return one_time_codes._code(one_time_codes._seed(device), int(timezone.now().timestamp()) // 30)


# ── the slip ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_slip_has_a_code_of_sixty_bits_that_is_kept_as_a_digest_and_on_record(
    slip: str, newcomer: User, administrator: User
) -> None:
    assert SLIP.fullmatch(slip)
    newcomer.refresh_from_db()
    assert re.fullmatch("[0-9a-f]{64}", newcomer.enrolment_digest)
    assert newcomer.enrolment_until is not None
    assert abs(newcomer.enrolment_until - timezone.now() - timedelta(days=settings.KYUFU_SLIP_DAYS)) < timedelta(
        minutes=1
    )
    entry = Event.objects.get(action=actions.SLIP_PRINTED)
    assert (entry.actor_id, entry.subject_id) == (administrator.pk, str(newcomer.pk))
    assert slip not in str(entry.__dict__)


@pytest.mark.django_db(transaction=True)
def test_the_database_takes_no_slip_and_no_device_without_an_entry(
    administrator: User, newcomer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(journal, "record", lambda *_args, **_kwargs: None)
        with pytest.raises(IntegrityError, match="person_change_is_on_record"):
            factors.issue_enrolment_code(newcomer, by=administrator, at=timezone.now())
        with pytest.raises(IntegrityError, match="factor_change_is_on_record"):
            one_time_codes.prepare(newcomer, by=newcomer)
        with pytest.raises(IntegrityError, match="factor_change_is_on_record"):
            factors.remove_all(administrator, by=newcomer)


def test_a_new_slip_voids_the_one_before(slip: str, newcomer: User, administrator: User) -> None:
    factors.issue_enrolment_code(newcomer, by=administrator, at=timezone.now())
    browser = half_way(newcomer)

    assert "登録コードが違うか" in browser.post(ENROL, {"slip": slip}).content.decode()


# ── enrolling the first factor ───────────────────────────────────────────────────────────────────────────────────


def test_somebody_without_a_factor_enrols_one_with_the_slips_code_and_is_in(slip: str, newcomer: User) -> None:
    browser = half_way(newcomer)
    assert browser.get(CODE)["Location"] == ENROL
    assert "登録コード" in browser.get(ENROL).content.decode()

    assert browser.post(ENROL, {"slip": slip})["Location"] == ENROL
    page = browser.get(ENROL)
    assert not is_signed_in(browser)
    assert page["Cache-Control"] == "no-store, private"
    assert "<svg" in page.content.decode()
    answer = browser.post(ENROL, {"code": first_code(newcomer)})

    assert answer["Location"] == "/account/recovery/"
    assert "認証アプリを登録しました" in browser.get(answer["Location"]).content.decode()
    assert is_signed_in(browser)
    assert CodeDevice.objects.get(user=newcomer).confirmed
    assert [entry.details for entry in Event.objects.filter(action=actions.FACTOR_ADDED)] == [{"kind": "code"}]
    assert Event.objects.filter(action=actions.SIGNED_IN, actor_id=newcomer.pk).count() == 1


def test_the_qr_code_says_what_an_authenticator_needs(slip: str, newcomer: User) -> None:
    browser = half_way(newcomer)
    browser.post(ENROL, {"slip": slip})

    page = browser.get(ENROL)

    address = urlsplit(page.context["address"])
    assert (address.scheme, address.netloc) == ("otpauth", "totp")
    assert unquote(address.path) == f"/給付:{newcomer.login_id}"
    said = parse_qs(address.query)
    assert (said["issuer"], said["digits"], said["period"], said["algorithm"]) == (["給付"], ["6"], ["30"], ["SHA1"])
    device = CodeDevice.objects.get(user=newcomer)
    assert said["secret"] == [page.context["secret"].replace(" ", "")]
    assert len(said["secret"][0]) == 32
    assert bytes(device.sealed_seed).find(said["secret"][0].encode()) == -1
    assert page.context["qr"] == qr.draw(page.context["address"])


def test_a_qr_code_has_its_corners_and_its_margin() -> None:
    drawing = qr.draw("otpauth://totp/x")

    dark = {tuple(map(int, found)) for found in re.findall(r"M(\d+) (\d+)h1v1h-1z", drawing.path)}
    assert (drawing.size - 17 - 8) % 4 == 0
    for x, y in ((4, 4), (drawing.size - 11, 4), (4, drawing.size - 11)):
        assert {(x + step, y) for step in range(7)} | {(x, y + step) for step in range(7)} <= dark
        assert (x + 1, y + 1) not in dark
    assert not any(min(one) < 4 or max(one) >= drawing.size - 4 for one in dark)


@pytest.mark.parametrize("typed", ["", "AAAA-AAAA-AAAA", "\x07", "A" * 61, "A" * 900_000, "あ"])
def test_another_code_than_the_slips_begins_nothing(typed: str, slip: str, newcomer: User) -> None:
    browser = half_way(newcomer)

    answer = browser.post(ENROL, {"slip": typed})

    assert answer.status_code == 200
    assert "error-summary" in answer.content.decode()
    assert CodeDevice.objects.filter(user=newcomer).count() == 0


def test_a_refused_slip_is_on_record(newcomer: User) -> None:
    half_way(newcomer).post(ENROL, {"slip": "AAAA-AAAA-AAAA"})

    refused = Event.objects.get(action=actions.CODE_REFUSED)
    assert (refused.actor_id, refused.details, refused.result) == (newcomer.pk, {"kind": "enrolment"}, Result.REFUSED)


def test_somebody_without_a_slip_enrols_nothing_not_even_with_an_empty_code(newcomer: User) -> None:
    browser = half_way(newcomer)

    for typed in ("-", " ", "----"):
        browser.post(ENROL, {"slip": typed})
        browser.post(ENROL, {"code": "123456"})

    assert not CodeDevice.objects.filter(user=newcomer).exists()
    assert not is_signed_in(browser)


def test_another_persons_slip_begins_nothing(slip: str, administrator: User) -> None:
    other = staff_member()
    factors.remove_all(other, by=administrator)
    browser = half_way(other)

    assert browser.post(ENROL, {"slip": slip}).status_code == 200
    assert not CodeDevice.objects.filter(user=other).exists()


def test_a_slip_has_an_end(slip: str, newcomer: User) -> None:
    User.objects.filter(pk=newcomer.pk).update(enrolment_until=timezone.now() - timedelta(seconds=1))

    assert "期限が過ぎています" in half_way(newcomer).post(ENROL, {"slip": slip}).content.decode()


def test_a_slip_is_used_up_by_the_devices_first_code_and_not_before(
    slip: str, newcomer: User, administrator: User
) -> None:
    half_way(newcomer).post(ENROL, {"slip": slip})
    browser = half_way(newcomer)
    assert browser.post(ENROL, {"slip": slip}).status_code == 302
    browser.post(ENROL, {"code": first_code(newcomer)})
    factors.remove_all(newcomer, by=administrator)

    assert "使用済み" in half_way(newcomer).post(ENROL, {"slip": slip}).content.decode()


def test_whoever_has_a_factor_is_asked_for_it_whatever_slip_they_have(user: User, administrator: User) -> None:
    slip = factors.issue_enrolment_code(user, by=administrator, at=timezone.now())
    browser = half_way(user)

    for answer in (browser.get(ENROL), browser.post(ENROL, {"slip": slip})):
        assert answer["Location"] == CODE
    assert CodeDevice.objects.filter(user=user).count() == 1


def test_a_wrong_first_code_enrols_nothing(slip: str, newcomer: User) -> None:
    browser = half_way(newcomer)
    browser.post(ENROL, {"slip": slip})

    answer = browser.post(ENROL, {"code": "000000" if first_code(newcomer) != "000000" else "111111"})

    assert "確認コードが違います" in answer.content.decode()
    assert not CodeDevice.objects.get(user=newcomer).confirmed
    assert not is_signed_in(browser)


def test_whose_seed_was_shown_to_another_browser_is_dropped(slip: str, newcomer: User) -> None:
    first, second = half_way(newcomer), half_way(newcomer)
    first.post(ENROL, {"slip": slip})
    seen = first.get(ENROL).context["secret"]

    second.post(ENROL, {"slip": slip})

    assert second.get(ENROL).context["secret"] != seen
    assert "登録コード" in first.get(ENROL).content.decode()


def test_enrolling_may_take_a_quarter_of_an_hour_and_no_more(slip: str, newcomer: User) -> None:
    browser = half_way(newcomer)
    browser.post(ENROL, {"slip": slip})
    for minutes, is_awaited in ((14, True), (16, False)):
        session = browser.session
        session[two_steps.PENDING_SINCE] = (timezone.now() - timedelta(minutes=minutes)).isoformat()
        session.save()

        assert (browser.get(ENROL).status_code == 200) is is_awaited


def test_many_wrong_codes_at_the_second_step_are_counted_with_the_passwords(user: User) -> None:
    browser = half_way(user)
    for _time in range(5):
        CodeDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
        give_code(browser, "nonsense")

    give_code(browser, fresh_code(user))

    assert not is_signed_in(browser)
    assert not attempts.reserve(user.login_id, at=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_of_many_browsers_with_one_slip_one_enrols(administrator: User) -> None:
    newcomer = staff_member()
    factors.remove_all(newcomer, by=administrator)
    slip = factors.issue_enrolment_code(newcomer, by=administrator, at=timezone.now())
    browsers = [half_way(newcomer) for _browser in range(3)]

    begun = together(*[lambda one=one: one.post(ENROL, {"slip": slip}).status_code for one in browsers])
    assert begun == [302, 302, 302]
    code = first_code(newcomer)
    answers = together(*[lambda one=one: one.post(ENROL, {"code": code}).status_code for one in browsers])

    assert answers.count(302) == 1
    assert CodeDevice.objects.filter(user=newcomer).count() == 1
    assert Event.objects.filter(action=actions.FACTOR_ADDED).count() == 1
    assert [is_signed_in(one) for one in browsers] == [answer == 302 for answer in answers]


@pytest.mark.django_db(transaction=True)
def test_one_first_code_sent_many_times_at_once_enrols_once(administrator: User) -> None:
    newcomer = staff_member()
    factors.remove_all(newcomer, by=administrator)
    slip = factors.issue_enrolment_code(newcomer, by=administrator, at=timezone.now())
    browser = half_way(newcomer)
    browser.post(ENROL, {"slip": slip})
    code, cookie = first_code(newcomer), browser.cookies["kyufu-session"].value

    def press() -> Any:
        same = Client()
        same.cookies["kyufu-session"] = cookie
        return same.post(ENROL, {"code": code}).get("Location", "")

    answers = together(*[press] * 4)

    assert answers.count("/account/recovery/") == 1, answers
    assert Event.objects.filter(action=actions.SIGNED_IN).count() == 1


# ── a new factor in the place of the old one ─────────────────────────────────────────────────────────────────────


def test_a_new_authenticator_takes_the_old_ones_place_with_its_first_code(user: User) -> None:
    client, old = signed_in(Client(), user), CodeDevice.objects.get(user=user)
    assert "<svg" not in client.get(NEW_CODE).content.decode()
    assert client.post(NEW_CODE, {"begin": "1"})["Location"] == NEW_CODE
    assert "<svg" in client.get(NEW_CODE).content.decode()
    assert one_time_codes.verify(user, fresh_code_of(old)) == old

    answer = client.post(NEW_CODE, {"code": first_code(user)})

    assert answer["Location"] == "/account/"
    new = CodeDevice.objects.get(user=user)
    assert new.pk != old.pk
    assert new.confirmed
    assert one_time_codes.verify(user, fresh_code_of(old)) is None
    assert is_signed_in(client)
    assert [one.action for one in Event.objects.filter(action__startswith="accounts.factor").order_by("at")] == [
        actions.FACTOR_PREPARED,
        actions.FACTOR_ADDED,
    ]


def fresh_code_of(device: CodeDevice) -> str:
    now = int(timezone.now().timestamp()) // 30
    return one_time_codes._code(one_time_codes._seed(device), max(now, device.last_step + 1))


def test_the_first_code_is_used_up_by_enrolling(user: User) -> None:
    client = signed_in(Client(), user)
    client.post(NEW_CODE, {"begin": "1"})
    code = first_code(user)
    client.post(NEW_CODE, {"code": code})

    assert one_time_codes.verify(user, code) is None


def test_a_wrong_first_code_leaves_the_old_authenticator_and_is_on_record(user: User) -> None:
    client = signed_in(Client(), user)
    client.post(NEW_CODE, {"begin": "1"})

    answer = client.post(NEW_CODE, {"code": fresh_code_of(CodeDevice.objects.get(user=user, confirmed=True))})

    assert "確認コードが違います" in answer.content.decode()
    assert CodeDevice.objects.filter(user=user, confirmed=True).count() == 1
    assert Event.objects.get(action=actions.FACTOR_REFUSED).result == Result.REFUSED


def test_a_form_that_is_sent_again_changes_nothing_more(user: User) -> None:
    client = signed_in(Client(), user)
    client.post(NEW_CODE, {"begin": "1"})
    code = first_code(user)
    client.post(NEW_CODE, {"code": code})
    device = CodeDevice.objects.get(user=user)

    again = client.post(NEW_CODE, {"code": code})

    assert again.status_code == 200
    assert CodeDevice.objects.get(user=user) == device


def test_what_another_person_is_enrolling_is_nobody_elses(user: User) -> None:
    other = staff_member()
    prepared = one_time_codes.prepare(other, by=other)

    assert one_time_codes.confirm(user, prepared.pk, fresh_code_of(prepared), by=user) is None


def test_with_a_new_authenticator_the_other_sessions_end(user: User, settings: Any) -> None:
    settings.KYUFU_SESSIONS_PER_PERSON = 3
    here, elsewhere = signed_in(Client(), user), signed_in(Client(), user)
    here.post(NEW_CODE, {"begin": "1"})

    here.post(NEW_CODE, {"code": first_code(user)})

    assert is_signed_in(here)
    assert not is_signed_in(elsewhere)
    assert StaffSession.objects.get(ended_at__isnull=False).end_reason == EndReason.ENDED_BY_OWNER


def test_looking_after_factors_asks_for_one_first(user: User) -> None:
    client = signed_in(Client(), user)
    StaffSession.objects.update(factor_used_at=timezone.now() - timedelta(hours=1))

    for address in (NEW_CODE, "/account/keys/add/", "/account/keys/1/remove/", "/account/recovery/"):
        for answer in (client.get(address), client.post(address)):
            assert answer["Location"].startswith("/confirm/?next="), address


# ── taking away ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_last_factor_stays(user: User) -> None:
    client = signed_in(Client(), user)
    registered(client, user)
    recovery_codes.make(user, by=user, at=timezone.now())
    key = SecurityKey.objects.get(user=user)
    with transaction.atomic():
        CodeDevice.objects.filter(user=user).delete()
        journal.record(actions.FACTOR_REMOVED, by=user, subject=user)

    with pytest.raises(factors.LastFactorError):
        factors.remove_key(user, key.pk, by=user)

    assert SecurityKey.objects.filter(pk=key.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_of_the_last_two_keys_removed_at_once_one_stays(user: User) -> None:
    client = signed_in(Client(), user)
    registered(client, user, name="1")
    registered(client, user, name="2")
    with transaction.atomic():
        CodeDevice.objects.filter(user=user).delete()
        journal.record(actions.FACTOR_REMOVED, by=user, subject=user)

    answers = together(
        *[lambda pk=key.pk: factors.remove_key(user, pk, by=user) for key in SecurityKey.objects.filter(user=user)]
    )

    assert sum(answer is True for answer in answers) == 1
    assert sum(isinstance(answer, factors.LastFactorError) for answer in answers) == 1
    assert SecurityKey.objects.filter(user=user).count() == 1


def test_nobody_removes_another_persons_key(user: User) -> None:
    owner = staff_member()
    registered(signed_in(Client(), owner), owner)
    key = SecurityKey.objects.get()

    for method in ("get", "post"):
        assert getattr(signed_in(Client(), user), method)(f"/account/keys/{key.pk}/remove/").status_code == 404
    assert SecurityKey.objects.count() == 1
    assert Event.objects.filter(action=actions.FACTOR_REFUSED, actor_id=user.pk).count() == 2


def test_a_reset_takes_everything_and_is_on_record(user: User, administrator: User) -> None:
    registered(signed_in(Client(), user), user)
    recovery_codes.make(user, by=user, at=timezone.now())
    one_time_codes.prepare(user, by=user)

    assert factors.remove_all(user, by=administrator) == 4

    assert not factors.of(user)
    assert not RecoverySheet.objects.filter(user=user).exists()
    entry = Event.objects.get(action=actions.FACTOR_REMOVED)
    assert (entry.actor_id, entry.subject_id) == (administrator.pk, str(user.pk))
    assert entry.details == {"kind": "all", "count": 4}


# ── arriving ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_whoever_arrives_is_told_when_they_were_here_last_and_what_has_ended(user: User) -> None:
    first = half_way(user)
    give_code(first, fresh_code(user))
    assert "前回のサインイン" not in first.get("/").content.decode()
    second = half_way(user)

    give_code(second, fresh_code(user))

    page = second.get("/").content.decode()
    assert re.search(r"前回のサインイン \d{4}年\d+月\d+日 \d\d:\d\d（端末 127\.0\.0\.1）", page)
    assert "別の端末のサインインを終了しました。" in page
    assert not is_signed_in(first)


@pytest.mark.django_db(transaction=True)
def test_an_account_past_its_last_day_gets_no_further(
    user: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    browser = half_way(user)
    superuser_connection.execute(
        "UPDATE accounts_user SET valid_until = %s WHERE id = %s",
        [timezone.localdate() - timedelta(days=1), user.pk],
    )

    assert browser.get(CODE)["Location"] == "/sign-in/"
    assert give_code(browser, fresh_code(user))["Location"] == "/sign-in/"
    assert not is_signed_in(browser)


def test_the_owner_enrols_a_demo_device_without_an_entry(
    as_owner: Callable[[], AbstractContextManager[None]], transactional_db: None
) -> None:
    with as_owner():
        somebody = staff_member()
        CodeDevice.objects.filter(user=somebody).delete()
        assert one_time_codes.enrol(somebody).confirmed


@pytest.mark.django_db(transaction=True)
def test_a_sealed_envelope_opens_only_while_fewer_than_two_administrators_can_act_and_is_loud(
    as_owner: Callable[[], AbstractContextManager[None]], client: Client
) -> None:
    with as_owner():
        envelope = emergency.seal(at=timezone.now())[0]
    two = [staff_member(Role.USER_ADMINISTRATOR) for _person in range(2)]
    assert give_password(client, envelope.login_id, envelope.password).status_code == 200
    factors_shut = [attempts.reserve(two[0].login_id, at=timezone.now() + timedelta(hours=2 * n)) for n in range(21)]
    assert factors_shut[-1] is False

    assert give_password(client, envelope.login_id, envelope.password)["Location"] == CODE
    page = client.get(CODE).content.decode()
    assert "回復コードを使う" in page
    assert 'name="code"' not in page
    answer = client.post("/sign-in/recovery/", {"code": envelope.recovery_codes[0]})

    assert answer["Location"] == "/"
    assert is_signed_in(client)
    assert Event.objects.get(action=actions.EMERGENCY_OPENED).subject_label == envelope.login_id
