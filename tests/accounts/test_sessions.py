"""The server locks a session that nobody uses, and ends one that lasts too long, whatever the browser thinks (A4)."""

import importlib
import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from django_otp import DEVICE_ID_SESSION_KEY

from accounts import actions, sessions, sign_in as two_steps
from accounts.models import CodeDevice, StaffSession, User
from accounts.models.sessions import EndReason
from accounts.roles import Role
from audit.models import Event
from tests.accounts.conftest import is_signed_in, sign_in
from tests.factories import signed_in, staff_member
from tests.racing import together

pytestmark = pytest.mark.django_db

STATE, USE, LOCK = "/session/state/", "/session/use/", "/lock/"


def set_back(client: Client, **seconds: float) -> None:
    """Make it look as if a time of the session had been that long ago."""
    times = {name: timezone.now() - timedelta(seconds=ago) for name, ago in seconds.items()}
    assert StaffSession.objects.filter(session_key=client.session.session_key).update(**times) == 1


def row(client: Client) -> StaffSession:
    return StaffSession.objects.get(session_key=client.session.session_key)


@pytest.fixture
def maker() -> User:
    return staff_member(Role.MAKER)


@pytest.fixture
def desk(client: Client, maker: User) -> Client:
    """A browser in which a maker has signed in, both steps and all."""
    sign_in(client, maker)
    return client


def test_limits_are_those_of_the_office() -> None:
    assert settings.KYUFU_IDLE_SECONDS == 15 * 60
    assert settings.KYUFU_WARNING_SECONDS == 2 * 60
    assert settings.KYUFU_SESSION_SECONDS == 12 * 60 * 60
    assert settings.KYUFU_SESSIONS_PER_PERSON == 1


@pytest.mark.parametrize(("minutes", "is_open"), [(14.9, True), (15.1, False)])
def test_a_session_that_is_idle_for_a_quarter_of_an_hour_is_locked_and_not_over(
    minutes: float, is_open: bool, desk: Client, maker: User
) -> None:
    set_back(desk, last_used_at=60 * minutes)

    answer = desk.get("/figures/")

    assert (answer.status_code == 200) is is_open
    session = row(desk)
    assert (session.locked_at is None, session.ended_at) == (is_open, None)
    assert Event.objects.filter(action=actions.LOCKED, actor_id=maker.pk, details__code="idle").exists() is not is_open
    if not is_open:
        assert answer["Location"] == "/lock/?next=%2Ffigures%2F"


@pytest.mark.parametrize(("hours", "goes_on"), [(11.9, True), (12.1, False)])
def test_a_session_is_over_after_twelve_hours_however_busy(hours: float, goes_on: bool, desk: Client) -> None:
    key = desk.session.session_key
    set_back(desk, began_at=3600 * hours, last_used_at=1)

    assert is_signed_in(desk) is goes_on

    session = StaffSession.objects.get(session_key=key)
    assert session.end_reason == ("" if goes_on else EndReason.TOO_LONG)
    assert Session.objects.filter(session_key=key).exists() is goes_on
    if not goes_on:
        assert "サインインしてから長い時間がたったため" in desk.get("/sign-in/").content.decode()


def test_a_locked_session_is_over_after_twelve_hours_too(desk: Client) -> None:
    set_back(desk, began_at=3600 * 12.1, locked_at=60)

    assert desk.get(LOCK)["Location"].startswith("/sign-in/")


def test_using_the_system_begins_the_quarter_of_an_hour_anew(desk: Client) -> None:
    for _page in range(4):
        set_back(desk, last_used_at=60 * 14)
        assert desk.get("/figures/").status_code == 200


def test_using_it_does_not_begin_the_twelve_hours_anew(desk: Client) -> None:
    set_back(desk, began_at=3600 * 11)
    began = row(desk).began_at

    desk.get("/figures/")

    assert row(desk).began_at == began


def test_a_page_that_asks_how_long_is_left_does_not_keep_the_session_in_use(desk: Client) -> None:
    set_back(desk, last_used_at=60 * 14)
    before = row(desk).last_used_at

    state = desk.get(STATE).json()

    assert row(desk).last_used_at == before
    assert state["seconds_to_warning"] == 0
    assert 55 <= state["seconds_to_lock"] <= 60
    assert 3600 * 12 - 5 <= state["seconds_to_end"] <= 3600 * 12
    assert state["locked"] is False


def test_going_on_keeps_the_session_in_use(desk: Client) -> None:
    set_back(desk, last_used_at=60 * 14)

    state = desk.post(USE).json()

    assert state["seconds_to_lock"] > 60 * 14.9
    assert state["seconds_to_warning"] > 60 * 12.9


def test_a_script_is_told_in_its_own_language_that_the_screen_is_locked(desk: Client) -> None:
    set_back(desk, last_used_at=60 * 16)

    answer = desk.get(STATE, headers={"accept": "application/json"})

    assert (answer.status_code, answer.json()) == (401, {"error": "locked"})
    assert desk.post(USE, headers={"accept": "application/json"}).status_code == 401
    assert row(desk).locked_at is not None


@pytest.mark.parametrize(("address", "method"), [(STATE, "post"), (USE, "get")])
def test_the_clocks_addresses_take_one_method_each(address: str, method: str, desk: Client) -> None:
    assert getattr(desk, method)(address).status_code == 405


def test_autosave_counts_as_use_since_somebody_types(desk: Client) -> None:
    set_back(desk, last_used_at=60 * 14)

    desk.post(
        f"/applications/{uuid.uuid4()}/autosave/", {"family_name": "見本"}, headers={"accept": "application/json"}
    )

    assert row(desk).last_used_at > timezone.now() - timedelta(seconds=10)


def test_autosave_is_told_that_the_session_is_over(desk: Client) -> None:
    set_back(desk, began_at=3600 * 13)

    response = desk.post(
        f"/applications/{uuid.uuid4()}/autosave/", {"family_name": "渡邉"}, headers={"accept": "application/json"}
    )

    assert (response.status_code, response.json()) == (401, {"error": "session_expired"})
    assert not is_signed_in(desk)


def test_a_form_that_was_sent_too_late_changes_nothing_and_is_not_sent_again_by_itself(desk: Client) -> None:
    set_back(desk, began_at=3600 * 13)

    response = desk.post(f"/applications/{uuid.uuid4()}/edit/", {"family_name": "渡邉"})

    assert (response.status_code, response["Location"]) == (302, "/sign-in/")
    assert not Event.objects.filter(action="benefits.application.saved").exists()


def test_a_stolen_cookie_of_an_ended_session_opens_nothing(desk: Client) -> None:
    key = desk.session.session_key
    set_back(desk, began_at=3600 * 13)
    desk.get("/")
    thief = Client()
    thief.cookies["kyufu-session"] = str(key)

    assert not is_signed_in(thief)


def test_a_cookie_of_another_person_opens_nothing_for_ones_own_session(client: Client, maker: User) -> None:
    signed_in(client, maker)
    other = signed_in(Client(), staff_member(Role.MAKER))
    StaffSession.objects.filter(session_key=other.session.session_key).update(user=maker)

    assert not is_signed_in(other)
    assert is_signed_in(client)


def test_a_session_that_was_never_begun_is_none(desk: Client) -> None:
    StaffSession.objects.filter(session_key=desk.session.session_key).update(session_key=uuid.uuid4().hex)

    assert not is_signed_in(desk)
    assert Event.objects.filter(action=actions.SESSION_EXPIRED).exists()


def test_a_session_without_a_code_is_no_session(desk: Client) -> None:
    session = desk.session
    del session[DEVICE_ID_SESSION_KEY]
    session.save()

    assert not is_signed_in(desk)


def test_a_password_without_a_code_is_no_session(client: Client, maker: User) -> None:
    client.force_login(maker, backend=two_steps.BACKEND)

    assert not is_signed_in(client)


def test_somebody_elses_device_is_no_code(client: Client, maker: User) -> None:
    signed_in(client, maker)
    session = client.session
    session[DEVICE_ID_SESSION_KEY] = CodeDevice.objects.get(user=staff_member()).persistent_id
    session.save()

    assert not is_signed_in(client)


def test_a_leavers_session_ends_with_their_account(
    desk: Client, maker: User, stop: Callable[[User], None], transactional_db: None
) -> None:
    key = desk.session.session_key

    stop(maker)

    assert not is_signed_in(desk)
    assert StaffSession.objects.get(session_key=key).end_reason == EndReason.STOPPED


def test_signing_in_elsewhere_ends_the_first_session_and_says_so_there(desk: Client, maker: User) -> None:
    key = desk.session.session_key
    elsewhere = Client()

    sign_in(elsewhere, maker)

    assert is_signed_in(elsewhere)
    assert StaffSession.objects.get(session_key=key).end_reason == EndReason.REPLACED
    assert Event.objects.filter(action=actions.SESSION_ENDED, details__code="REPLACED").exists()
    answer = desk.get("/figures/", follow=True)
    assert "別の端末でサインインしたため" in answer.content.decode()
    assert not is_signed_in(desk)


def test_an_office_may_allow_a_person_more_sessions(desk: Client, maker: User, settings: Any) -> None:
    settings.KYUFU_SESSIONS_PER_PERSON = 2
    elsewhere, third = Client(), Client()
    sign_in(elsewhere, maker)
    assert is_signed_in(desk)

    sign_in(third, maker)

    assert [is_signed_in(one) for one in (desk, elsewhere, third)] == [False, True, True]


def test_the_time_of_last_use_is_not_written_at_every_page(desk: Client) -> None:
    before = row(desk).last_used_at

    desk.get("/figures/")

    assert row(desk).last_used_at == before
    set_back(desk, last_used_at=31)
    desk.get("/figures/")
    assert row(desk).last_used_at > before


def test_the_cookie_says_nothing_and_is_not_read_by_scripts_or_sent_by_other_sites(
    client: Client, maker: User
) -> None:
    response = sign_in(client, maker)

    cookie = response.cookies["kyufu-session"]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"], cookie["expires"]) == (True, "Strict", "", "")
    assert len(cookie.value) == 32
    assert cookie.value == client.session.session_key


def test_a_production_cookie_is_bound_to_the_host_and_to_tls() -> None:
    production = importlib.import_module("config.settings.production")

    assert production.SESSION_COOKIE_SECURE is True
    assert production.SESSION_COOKIE_NAME.startswith("__Host-")
    assert production.SESSION_COOKIE_HTTPONLY is True


# ── at the same moment ───────────────────────────────────────────────────────────────────────────────────────────


def _request(client: Client, user: User) -> Any:
    """Return a request that carries the client's session."""
    request = RequestFactory().get("/")
    request.session = client.session  # type: ignore[assignment]
    request.user = user
    return request


@pytest.mark.django_db(transaction=True)
def test_two_sign_ins_at_once_leave_one_session() -> None:
    user = staff_member(Role.MAKER)
    browsers = [Client() for _ in range(4)]
    for one in browsers:
        one.force_login(user, backend=two_steps.BACKEND)
    now = timezone.now()

    came_to = together(
        *(partial(sessions.begin, _request(one, user), user, factor="codedevice", at=now) for one in browsers)
    )

    assert sorted(came_to) == [0, 1, 1, 1]
    assert StaffSession.objects.filter(user=user, ended_at__isnull=True).count() == 1
    assert StaffSession.objects.filter(user=user).count() == 4


@pytest.mark.django_db(transaction=True)
def test_a_lock_is_never_lost_to_a_use_at_the_same_moment() -> None:
    user = staff_member(Role.MAKER)
    for _round in range(5):
        browser = signed_in(Client(), user)
        set_back(browser, last_used_at=60 * 10)
        session, other = row(browser), row(browser)
        now = timezone.now()

        came_to = together(
            partial(sessions.lock, session, by=user, at=now, is_idle=False),
            partial(sessions.use, other, at=now),
        )

        assert came_to == [None, None]
        assert row(browser).locked_at == now
        assert browser.get("/figures/")["Location"].startswith(LOCK)


@pytest.mark.django_db(transaction=True)
def test_an_idle_lock_gives_way_to_a_use_that_came_first() -> None:
    user = staff_member(Role.MAKER)
    browser = signed_in(Client(), user)
    set_back(browser, last_used_at=60 * 16)
    stale = row(browser)
    now = timezone.now()
    sessions.use(row(browser), at=now)

    sessions.lock(stale, by=user, at=now, is_idle=True)

    assert stale.locked_at is None
    assert row(browser).locked_at is None
    assert not Event.objects.filter(action=actions.LOCKED).exists()


@pytest.mark.django_db(transaction=True)
def test_locking_twice_at_once_is_recorded_once() -> None:
    user = staff_member(Role.MAKER)
    browser = signed_in(Client(), user)
    rows = [row(browser) for _ in range(4)]
    now = timezone.now()

    together(*(partial(sessions.lock, one, by=user, at=now, is_idle=False) for one in rows))

    assert Event.objects.filter(action=actions.LOCKED).count() == 1
    assert {one.locked_at for one in rows} == {now}


@pytest.mark.django_db(transaction=True)
def test_a_session_that_was_ended_meanwhile_does_not_come_back_by_being_unlocked() -> None:
    user = staff_member(Role.MAKER)
    browser = signed_in(Client(), user)
    now = timezone.now()
    sessions.lock(row(browser), by=user, at=now, is_idle=False)
    stale, request = row(browser), _request(browser, user)
    key = browser.session.session_key
    sessions.end(row(browser), EndReason.ENDED_BY_ADMINISTRATOR, by=user, at=now)

    is_open = sessions.unlock(request, stale, by=user, at=now, with_factor=False)

    assert is_open is False
    assert StaffSession.objects.get(pk=stale.pk).session_key == key
    assert not Session.objects.exists()
    assert not Event.objects.filter(action=actions.UNLOCKED).exists()


@pytest.mark.django_db(transaction=True)
def test_unlocking_and_ending_at_once_leave_nothing_open_that_was_ended() -> None:
    user = staff_member(Role.MAKER)
    for _round in range(5):
        browser = signed_in(Client(), user)
        now = timezone.now()
        sessions.lock(row(browser), by=user, at=now, is_idle=False)
        locked, ended, request = row(browser), row(browser), _request(browser, user)

        came_to = together(
            partial(sessions.unlock, request, locked, by=user, at=now, with_factor=False),
            partial(sessions.end, ended, EndReason.ENDED_BY_OWNER, by=user, at=now),
        )

        assert came_to[0] in {True, False}
        assert came_to[1] is None
        assert StaffSession.objects.get(pk=locked.pk).ended_at == now
        assert not Session.objects.exists()


def test_a_key_that_was_renewed_opens_nothing_under_its_old_name(desk: Client, maker: User) -> None:
    old = str(desk.session.session_key)
    assert sessions.confirm_factor(_request(desk, maker), row(desk), at=timezone.now())

    assert not is_signed_in(desk)
    assert not Session.objects.filter(session_key=old).exists()
    assert reverse("accounts:session-state") == STATE
