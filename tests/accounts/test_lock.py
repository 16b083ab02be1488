"""Stepping away: a locked screen shows nothing, opens for its owner alone, and gives input to nobody else."""

import json
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts import actions, attempts, sessions
from accounts.models import KeptInput, StaffSession, User
from accounts.models.sessions import EndReason
from accounts.roles import Role
from audit.models import Event, Result
from tests.accounts.conftest import is_signed_in, sign_in
from tests.factories import PASSWORD, fresh_code, my_number, signed_in, staff_member, submitted
from tests.racing import together

pytestmark = pytest.mark.django_db

LOCK, UNLOCK, KEPT = "/lock/", "/lock/open/", "/session/kept-input/"
WRONG = "kumo-kaze-hoshi-mori-7654321"


@pytest.fixture
def maker() -> User:
    return staff_member(Role.MAKER, name="見本 花子")


@pytest.fixture
def desk(client: Client, maker: User) -> Client:
    return signed_in(client, maker)


def row(client: Client) -> StaffSession:
    return StaffSession.objects.get(session_key=client.session.session_key)


def lock(client: Client) -> HttpResponse:
    return client.post(LOCK, headers={"referer": "http://testserver/figures/"})  # type: ignore[return-value]


def unlock(client: Client, **typed: str) -> HttpResponse:
    return client.post(UNLOCK, {"password": PASSWORD, "next": "/figures/", **typed})  # type: ignore[return-value]


def send_by_script(client: Client, fields: list[list[str]], **more: Any) -> HttpResponse:
    body = {"path": "/figures/", "fields": fields, "focus": "", "is_short": False, **more}
    return client.post(LOCK, json.dumps(body), content_type="application/json")  # type: ignore[return-value]


def test_the_button_locks_at_once_and_leads_to_the_locked_page(desk: Client, maker: User) -> None:
    answer = lock(desk)

    assert answer["Location"] == "/lock/?next=%2Ffigures%2F"
    assert answer["Clear-Site-Data"] == '"cache"'
    assert row(desk).locked_at is not None
    assert Event.objects.get(action=actions.LOCKED, actor_id=maker.pk).details == {"code": "by_hand"}


def test_every_page_has_the_button_and_its_key(desk: Client) -> None:
    page = desk.get("/figures/").content.decode()

    assert 'action="/lock/" data-lock-now' in page
    assert 'aria-keyshortcuts="Control+Alt+L"' in page
    assert "サインアウト" in page


def test_the_locked_page_shows_the_persons_name_and_nothing_of_the_case(desk: Client, maker: User) -> None:
    application = submitted(maker, family_name="秘密", street="かくれ町1-2-3")
    lock(desk)

    answer = desk.get(f"/applications/{application.pk}/", follow=True)

    page = answer.content.decode()
    assert answer.request["PATH_INFO"] == LOCK
    assert "見本 花子" in page
    for secret in ("秘密", "かくれ町", application.receipt_number, "主なメニュー"):
        assert secret not in page
    assert "<title>画面のロック | 給付</title>" in page
    assert answer["Cache-Control"] == "no-store, private"


@pytest.mark.parametrize("address", ["/", "/figures/", "/account/", "/session/kept-input/", "/nowhere/"])
def test_nothing_but_the_lock_answers_while_the_screen_is_locked(address: str, desk: Client) -> None:
    lock(desk)

    assert desk.get(address)["Location"].startswith(LOCK)


def test_the_right_password_opens_the_screen_where_it_was_under_a_new_key(desk: Client, maker: User) -> None:
    lock(desk)
    old = desk.session.session_key

    answer = unlock(desk)

    assert (answer.status_code, answer["Location"]) == (302, "/figures/")
    assert desk.session.session_key != old
    assert row(desk).locked_at is None
    assert desk.get("/figures/").status_code == 200
    assert Event.objects.get(action=actions.UNLOCKED, actor_id=maker.pk).details == {"code": "password"}


def test_a_wrong_password_does_not_and_is_recorded_and_not_drawn_back(desk: Client, maker: User) -> None:
    lock(desk)

    answer = unlock(desk, password=WRONG)

    page = answer.content.decode()
    assert answer.status_code == 200
    assert "ロックを解除できませんでした" in page
    assert WRONG not in page
    assert row(desk).locked_at is not None
    assert Event.objects.get(action=actions.UNLOCK_REFUSED).result == Result.REFUSED


def test_tries_are_counted_together_with_those_at_signing_in(desk: Client, maker: User) -> None:
    lock(desk)
    for _try in range(attempts.ACCOUNT.free):
        unlock(desk, password=WRONG)

    refused = unlock(desk)

    assert "ロックを解除できませんでした" in refused.content.decode()
    assert row(desk).locked_at is not None
    assert Client().post("/sign-in/", {"login_id": maker.login_id, "password": PASSWORD}).status_code == 200


def test_the_words_for_wrong_and_for_too_many_are_the_same(desk: Client) -> None:
    lock(desk)
    said = {
        unlock(desk, password=WRONG).content.decode().partition("error-summary")[2].partition("</div>")[0]
        for _try in range(attempts.ACCOUNT.free + 2)
    }

    assert len(said) == 1


def test_unlocking_begins_the_count_anew(desk: Client, maker: User) -> None:
    lock(desk)
    for _try in range(3):
        unlock(desk, password=WRONG)
    unlock(desk)
    lock(desk)
    for _try in range(3):
        unlock(desk, password=WRONG)

    assert unlock(desk).status_code == 302


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ({"password": ""}, "パスワードを入力してください。"),
        ({"password": "x" * 300}, "パスワードが長すぎます。"),
        ({"password": "a" * 900_000}, "パスワードが長すぎます。"),
    ],
)
def test_what_cannot_be_a_password_is_said_and_counts_as_no_try(
    typed: dict[str, str], complaint: str, desk: Client
) -> None:
    lock(desk)

    answer = unlock(desk, **typed)

    assert complaint in answer.content.decode()
    assert not Event.objects.filter(action=actions.UNLOCK_REFUSED).exists()


@pytest.mark.parametrize(
    "change",
    [{"locked_at": timedelta(hours=1, minutes=1)}, {"client": "192.0.2.7"}],
    ids=["away for long", "from elsewhere"],
)
def test_a_longer_absence_or_another_network_asks_for_a_code_too(
    change: dict[str, Any], desk: Client, maker: User
) -> None:
    lock(desk)
    values = {name: timezone.now() - value if name == "locked_at" else value for name, value in change.items()}
    StaffSession.objects.filter(pk=row(desk).pk).update(**values)

    assert 'name="code"' in desk.get(LOCK).content.decode()
    assert "確認コードを入力してください。" in unlock(desk).content.decode()
    assert "ロックを解除できませんでした" in unlock(desk, code="000000").content.decode()
    code = fresh_code(maker)
    assert unlock(desk, code=code, password=WRONG).status_code == 200
    answer = unlock(desk, code=code)

    assert (answer.status_code, row(desk).locked_at) == (302, None)
    assert Event.objects.get(action=actions.UNLOCKED).details == {"code": "with_factor"}


def test_a_code_opens_one_lock_only(desk: Client, maker: User) -> None:
    lock(desk)
    StaffSession.objects.filter(pk=row(desk).pk).update(locked_at=timezone.now() - timedelta(hours=2))
    code = fresh_code(maker)
    assert unlock(desk, code=code).status_code == 302
    lock(desk)
    StaffSession.objects.filter(pk=row(desk).pk).update(locked_at=timezone.now() - timedelta(hours=2))

    assert unlock(desk, code=code).status_code == 200


def test_a_short_absence_asks_for_the_password_alone(desk: Client) -> None:
    lock(desk)

    assert 'name="code"' not in desk.get(LOCK).content.decode()


def test_an_unlock_form_that_is_replayed_opens_nothing(desk: Client) -> None:
    lock(desk)
    key = desk.session.session_key
    unlock(desk)
    lock(desk)
    thief = Client()
    thief.cookies["kyufu-session"] = str(key)

    answer = unlock(thief)

    assert answer["Location"].startswith("/sign-in/")
    assert row(desk).locked_at is not None


def test_an_unlock_form_without_the_sessions_token_is_refused(desk: Client) -> None:
    lock(desk)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = desk.cookies

    assert strict.post(UNLOCK, {"password": PASSWORD}).status_code == 403
    assert row(desk).locked_at is not None


@pytest.mark.parametrize(
    "goes_to",
    [
        "https://example.com/",
        "//example.com/",
        "/\\example.com/",
        "http://testserver//example.com/",
        "javascript:alert(1)",
        "/nowhere/",
        "/lock/",
        "/sign-out/",
        "\x00",
        "",
    ],
)
def test_unlocking_leads_to_no_other_host_and_to_no_address_that_is_not_there(goes_to: str, desk: Client) -> None:
    lock(desk)

    answer = unlock(desk, next=goes_to)

    if answer.status_code != 400:
        assert answer["Location"] == "/"
    else:
        assert goes_to == "\x00"


def test_the_conditions_of_a_search_do_not_come_along(desk: Client) -> None:
    lock(desk)

    assert desk.get("/applications/?s=secret")["Location"] == "/lock/?next=%2Fapplications%2F"


def test_the_lock_page_of_an_open_screen_leads_back(desk: Client) -> None:
    assert desk.get(f"{LOCK}?next=/figures/")["Location"] == "/figures/"
    assert unlock(desk)["Location"] == "/figures/"


def test_signing_out_is_possible_while_locked_and_lets_somebody_else_sign_in(desk: Client) -> None:
    other = staff_member(Role.MAKER)
    lock(desk)

    desk.post("/sign-out/")
    sign_in(desk, other)

    assert is_signed_in(desk)
    assert desk.get("/figures/").context["request"].user == other


def test_a_stopped_person_cannot_unlock(
    desk: Client, maker: User, stop: Callable[[User], None], transactional_db: None
) -> None:
    lock(desk)
    stop(maker)

    assert unlock(desk)["Location"].startswith("/sign-in/")


def test_a_cookie_that_no_script_sees_changes_on_locking_and_unlocking(desk: Client) -> None:
    marks = [one.cookies["kyufu-screen"] for one in (lock(desk), desk.get("/figures/"), unlock(desk))]

    assert len({mark.value for mark in marks}) == 3
    assert all(mark["httponly"] and mark["samesite"] == "Strict" for mark in marks)


# ── input that was under way ─────────────────────────────────────────────────────────────────────────────────────


def test_a_form_that_arrives_at_a_locked_screen_is_not_carried_out_and_comes_back_to_its_sender(
    desk: Client, maker: User
) -> None:
    StaffSession.objects.update(last_used_at=timezone.now() - timedelta(minutes=16))

    answer = desk.post(
        "/applications/new/",
        {"family_name": "見本", "number": my_number(), "memo": "番号は" + my_number()},
        headers={"referer": "http://testserver/applications/new/"},
    )

    assert answer["Location"] == "/lock/?next=%2Fapplications%2Fnew%2F"
    assert not Event.objects.filter(action__startswith="benefits.").exists()
    assert "入力していた内容は保管されています" in desk.get(LOCK).content.decode()
    unlock(desk)
    back = desk.post(KEPT, {"path": "/applications/new/"}, headers={"accept": "application/json"}).json()
    assert back == {"fields": [["family_name", "見本"]], "focus": "", "is_short": True}


def test_a_referer_of_another_site_is_not_where_somebody_was(desk: Client) -> None:
    lock(desk)

    answer = desk.post("/applications/new/", {"family_name": "見本"}, headers={"referer": "https://example.com/x/"})

    assert answer["Location"] == "/lock/?next=%2F"


def test_a_form_without_the_sessions_token_is_not_kept(desk: Client) -> None:
    lock(desk)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = desk.cookies

    strict.post("/applications/new/", {"family_name": "見本"})

    assert not KeptInput.objects.exists()


def test_the_pages_script_locks_and_leaves_its_input(desk: Client) -> None:
    answer = send_by_script(desk, [["family_name", "見本"], ["password", "x"], ["number", my_number()]])

    assert answer.json() == {"goes_to": "/lock/?next=%2Ffigures%2F"}  # type: ignore[attr-defined]
    assert row(desk).locked_at is not None
    unlock(desk)
    page = desk.get("/figures/").content.decode()
    assert f'data-kept-input="{KEPT}"' in page
    assert "見本" in desk.get(KEPT).content.decode()
    other = desk.post(KEPT, {"path": "/"}, headers={"accept": "application/json"}).json()
    assert other == {"fields": None}
    first = desk.post(KEPT, {"path": "/figures/"}, headers={"accept": "application/json"}).json()
    again = desk.post(KEPT, {"path": "/figures/"}, headers={"accept": "application/json"}).json()
    assert (first["fields"], again["fields"]) == ([["family_name", "見本"]], None)
    assert "data-kept-input" not in desk.get("/figures/").content.decode()


@pytest.mark.parametrize(
    "body",
    [
        " ",
        "nonsense",
        "[]",
        "null",
        "[" * 50_000,
        '{"path": 1}',
        '{"path": "/", "fields": {}}',
        '{"path": "/", "fields": [["a"]]}',
        '{"path": "/", "fields": [["a", 1]]}',
        '{"path": "/", "fields": [], "focus": 1}',
        json.dumps({"path": "/", "fields": [["a", "b"]] * 2_001}),
        json.dumps({"path": "/" * 301}),
    ],
)
def test_what_the_script_would_not_send_is_refused_and_locks_all_the_same(body: str, desk: Client) -> None:
    answer = desk.post(LOCK, body, content_type="application/json")

    assert (answer.status_code, answer.json()) == (400, {"error": "unreadable"})
    assert row(desk).locked_at is not None
    assert not KeptInput.objects.exists()


def test_nobody_at_a_locked_screen_replaces_what_is_kept(desk: Client, maker: User) -> None:
    send_by_script(desk, [["family_name", "見本"]])

    send_by_script(desk, [["family_name", "ほか"]])
    desk.post("/applications/new/", {"family_name": "ほか"})
    unlock(desk)

    back = desk.post(KEPT, {"path": "/figures/"}, headers={"accept": "application/json"}).json()
    assert back["fields"] == [["family_name", "見本"]]


def test_the_next_person_at_the_terminal_never_gets_the_first_ones_input(desk: Client, maker: User) -> None:
    send_by_script(desk, [["family_name", "秘密"]])
    desk.post("/sign-out/")
    other = staff_member(Role.MAKER)
    sign_in(desk, other)

    page = desk.get("/figures/").content.decode()
    back = desk.post(KEPT, {"path": "/figures/"}, headers={"accept": "application/json"}).json()

    assert "data-kept-input" not in page
    assert back == {"fields": None}
    assert "秘密" not in desk.get(KEPT).content.decode()
    desk.post("/sign-out/")
    sign_in(desk, maker)
    assert "秘密" in desk.get(KEPT).content.decode()


def test_what_is_kept_can_be_thrown_away(desk: Client) -> None:
    send_by_script(desk, [["family_name", "見本"]])
    unlock(desk)

    desk.post(KEPT)

    assert not KeptInput.objects.exists()


# ── at the same moment ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db(transaction=True)
def test_forty_guesses_at_once_get_no_more_tries_than_forty_in_a_row() -> None:
    user = staff_member(Role.MAKER)
    desk = signed_in(Client(), user)
    lock(desk)
    browsers = []
    for _one in range(12):
        browser = Client()
        browser.cookies["kyufu-session"] = desk.cookies["kyufu-session"].value
        browsers.append(browser)
    guesses = [WRONG] * 11 + [PASSWORD]
    for _try in range(attempts.ACCOUNT.free):
        assert attempts.reserve(user.login_id, at=timezone.now())

    answers = together(
        *(partial(unlock, browser, password=guess) for browser, guess in zip(browsers, guesses, strict=True))
    )

    assert [answer.status_code for answer in answers] == [200] * 12
    assert row(desk).locked_at is not None


@pytest.mark.django_db(transaction=True)
def test_two_tabs_that_unlock_together_end_in_one_open_session() -> None:
    user = staff_member(Role.MAKER)
    desk = signed_in(Client(), user)
    lock(desk)
    tabs = []
    for _tab in range(2):
        tab = Client()
        tab.cookies["kyufu-session"] = desk.cookies["kyufu-session"].value
        tabs.append(tab)

    answers = together(*(partial(unlock, tab) for tab in tabs))

    # the slower one is led on, or finds its key renewed
    assert {answer.status_code for answer in answers} <= {302, 400}
    session = StaffSession.objects.get(user=user)
    assert (session.locked_at, session.ended_at) == (None, None)
    assert Event.objects.filter(action=actions.UNLOCKED).count() == 1


@pytest.mark.django_db(transaction=True)
def test_unlocking_a_session_that_was_ended_meanwhile_asks_to_sign_in() -> None:
    user = staff_member(Role.MAKER)
    desk = signed_in(Client(), user)
    lock(desk)
    sessions.end(row(desk), EndReason.ENDED_BY_ADMINISTRATOR, by=user, at=timezone.now())

    answer = unlock(desk)

    assert answer["Location"].startswith("/sign-in/")
    assert "利用者管理者が、こちらのサインインを終了しました" in desk.get("/sign-in/").content.decode()
