"""Signing in takes a password and then a code, and a refusal tells nothing (A1, A2, V2)."""

import hashlib
import logging
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from axes.models import AccessAttempt
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session
from django.db.models import F
from django.test import Client
from django.utils import timezone

from accounts import actions, attempts, sign_in as two_steps
from accounts.models import Attempts, User
from audit import journal
from audit.models import Event, Result
from tests.accounts.conftest import CODE, SIGN_IN, give_code, give_password, is_signed_in, sign_in
from tests.factories import PASSWORD, fresh_code, my_number, staff_member
from tests.racing import together

pytestmark = pytest.mark.django_db

WRONG = "not the password"


def told(response: Any) -> tuple[int, str, tuple[tuple[str, str], ...], tuple[str, ...]]:
    """Return everything an answer tells, apart from what is new in every answer."""
    body = re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", response.content.decode())
    headers = sorted(
        (name, value) for name, value in response.items() if name not in {"X-Request-Id", "Content-Length"}
    )
    return response.status_code, body, tuple(headers), tuple(sorted(response.cookies))


# ── two steps ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_password_and_code_sign_in_and_that_is_on_record(client: Client, user: User) -> None:
    response = sign_in(client, user)

    assert (response.status_code, response["Location"]) == (302, "/")
    assert is_signed_in(client)
    entry = Event.objects.get(action=actions.SIGNED_IN)
    assert (entry.actor_id, entry.subject_label, entry.result) == (user.pk, user.login_id, Result.DONE)
    user.refresh_from_db()
    assert user.last_login is not None
    assert timezone.now() - user.last_login < timedelta(minutes=1)


def test_nobody_is_signed_in_after_the_password_alone(client: Client, user: User) -> None:
    response = give_password(client, user.login_id)

    assert response["Location"] == CODE
    assert not is_signed_in(client)
    assert "_auth_user_id" not in client.session
    assert not Event.objects.filter(action=actions.SIGNED_IN).exists()


def test_a_code_without_a_password_leads_back_to_the_beginning(client: Client, user: User) -> None:
    for response in (client.get(CODE), give_code(client, fresh_code(user))):
        assert (response.status_code, response["Location"]) == (302, SIGN_IN)
    assert not is_signed_in(client)


def test_the_session_gets_a_new_key_at_each_step_and_the_old_ones_are_worth_nothing(
    client: Client, user: User
) -> None:
    client.get(SIGN_IN, {"next": "/people/"})
    first = client.session.session_key
    give_password(client, user.login_id)
    second = client.session.session_key

    give_code(client, fresh_code(user))

    third = client.session.session_key
    assert len({first, second, third}) == 3
    assert list(Session.objects.values_list("session_key", flat=True)) == [third]
    old = Client()
    for key in (first, second):
        old.cookies["kyufu-session"] = str(key)
        assert not is_signed_in(old)


def test_nothing_that_stood_in_the_session_before_is_in_it_afterwards(client: Client, user: User) -> None:
    client.get(SIGN_IN, {"next": "/people/"})
    session = client.session
    session["planted"] = "by whoever used the terminal before"
    session.save()

    sign_in(client, user)

    assert "planted" not in client.session
    assert not set(client.session.keys()) & {two_steps.PENDING_USER, two_steps.PENDING_SINCE, "sign_in_next"}


@pytest.mark.parametrize(("seconds", "is_awaited"), [(299, True), (301, False)])
def test_a_code_is_awaited_for_five_minutes(seconds: int, is_awaited: bool, client: Client, user: User) -> None:
    give_password(client, user.login_id)
    session = client.session
    session[two_steps.PENDING_SINCE] = (timezone.now() - timedelta(seconds=seconds)).isoformat()
    session.save()

    give_code(client, fresh_code(user))

    assert is_signed_in(client) is is_awaited


def test_a_wrong_code_signs_nobody_in_and_is_on_record(client: Client, user: User) -> None:
    give_password(client, user.login_id)

    response = give_code(client, "000000" if fresh_code(user) != "000000" else "111111")

    assert response.status_code == 200
    assert "確認コードが違うか、使用済みです" in response.content.decode()
    assert not is_signed_in(client)
    entry = Event.objects.get(action=actions.CODE_REFUSED)
    assert (entry.actor_id, entry.result) == (user.pk, Result.REFUSED)


def test_another_persons_code_signs_nobody_in(client: Client, user: User) -> None:
    give_password(client, user.login_id)

    give_code(client, fresh_code(staff_member()))

    assert not is_signed_in(client)


@pytest.mark.django_db(transaction=True)
def test_whoever_is_stopped_between_the_steps_does_not_get_in(
    client: Client, user: User, stop: Callable[[User], None]
) -> None:
    give_password(client, user.login_id)
    code = fresh_code(user)

    stop(user)

    assert give_code(client, code)["Location"] == SIGN_IN
    assert not is_signed_in(client)


@pytest.mark.django_db(transaction=True)
def test_whoever_is_stopped_is_out_at_the_next_request(
    client: Client, user: User, stop: Callable[[User], None]
) -> None:
    sign_in(client, user)

    stop(user)

    assert not is_signed_in(client)


@pytest.mark.django_db(transaction=True)
def test_somebody_without_a_device_cannot_sign_in(
    client: Client, user: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    code = fresh_code(user)
    superuser_connection.execute("DELETE FROM accounts_codedevice WHERE user_id = %s", [user.pk])

    give_password(client, user.login_id)
    give_code(client, code)

    assert not is_signed_in(client)


@pytest.mark.django_db(transaction=True)
def test_one_code_signs_in_one_of_two_who_send_it_at_once(user: User) -> None:
    clients = [Client() for _browser in range(4)]
    for browser in clients:
        give_password(browser, user.login_id)
    code = fresh_code(user)

    answers = together(*[lambda browser=browser: give_code(browser, code).status_code for browser in clients])

    assert sorted(answers) == [200, 200, 200, 302]
    assert [is_signed_in(browser) for browser in clients] == [answer == 302 for answer in answers]
    assert Event.objects.filter(action=actions.SIGNED_IN).count() == 1
    assert Event.objects.filter(action=actions.CODE_REFUSED).count() == 3


def test_without_an_entry_in_the_record_nobody_is_signed_in(
    client: Client, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("the record is out of reach")

    give_password(client, user.login_id)
    code = fresh_code(user)
    client.raise_request_exception = False
    with monkeypatch.context() as patch:
        patch.setattr(journal, "record", broken)
        response = give_code(client, code)

    assert response.status_code == 500
    assert not is_signed_in(client)


# ── refusals ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_refused_password_is_answered_alike(
    stop: Callable[[User], None], caplog: pytest.LogCaptureFixture
) -> None:
    known, stopped, locked = (staff_member(login_id=login_id) for login_id in ("known", "ended", "stuck"))
    stop(stopped)
    for _time in range(5):
        give_password(Client(), locked.login_id, WRONG)
    sent = {
        "wrong password": ("known", WRONG),
        "unknown id": ("nosuch", WRONG),
        "stopped, wrong password": ("ended", WRONG),
        "stopped, right password": ("ended", PASSWORD),
        "locked, wrong password": ("stuck", WRONG),
        "locked, right password": ("stuck", PASSWORD),
    }

    with caplog.at_level(logging.DEBUG):
        answers = {}
        for name, (login_id, password) in sent.items():
            status, body, headers, cookies = told(give_password(Client(), login_id, password))
            answers[name] = (status, body.replace(f'value="{login_id}"', 'value=""'), headers, cookies)

    assert answers["wrong password"][0] == 200
    assert two_steps.refused_message() in answers["wrong password"][1]
    assert {name for name, answer in answers.items() if answer != answers["wrong password"]} == set()
    assert PASSWORD not in caplog.text
    assert known.is_active


def test_every_refused_password_is_on_record_without_saying_who_it_was(client: Client, user: User) -> None:
    give_password(client, user.login_id, WRONG)
    give_password(client, "nobody.here", WRONG)

    entries = Event.objects.filter(action=actions.PASSWORD_REFUSED).order_by("at")
    assert [(entry.actor_id, entry.result, entry.subject_id) for entry in entries] == [
        (None, Result.REFUSED, str(user.pk)),
        (None, Result.REFUSED, ""),
    ]
    assert [entry.subject_label for entry in entries] == [user.login_id, "登録のない利用者ID"]


def test_a_refused_password_is_hashed_whoever_the_id_belongs_to(
    client: Client, stop: Callable[[User], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.contrib.auth.hashers import MD5PasswordHasher

    known, stopped, locked = staff_member(), staff_member(), staff_member()
    stop(stopped)
    for _time in range(5):
        give_password(Client(), locked.login_id, WRONG)
    hashed: list[str] = []
    original = MD5PasswordHasher.encode
    monkeypatch.setattr(
        MD5PasswordHasher,
        "encode",
        lambda self, password, salt: hashed.append(password) or original(self, password, salt),  # type: ignore[func-returns-value]
    )

    counts = []
    for login_id in (known.login_id, "nobody.here", stopped.login_id, locked.login_id):
        hashed.clear()
        give_password(Client(), login_id, WRONG)
        counts.append(len(hashed))

    assert counts == [1, 1, 1, 1]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("box", ["login_id", "password"])
@pytest.mark.parametrize(
    "secret", [my_number, lambda: my_number().translate({48: "０"}), lambda: "correct horse battery staple"]
)
def test_what_was_typed_into_the_wrong_box_is_kept_nowhere(
    box: str,
    secret: Callable[[], str],
    client: Client,
    user: User,
    superuser_connection: psycopg.Connection[Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    typed = secret()
    form = {"login_id": user.login_id, "password": WRONG, box: typed}

    with caplog.at_level(logging.DEBUG):
        pages = [client.post(SIGN_IN, form).content.decode() for _time in range(7)]
        pages.append(client.post(SIGN_IN, {**form, "password": ""}).content.decode())
        pages.append(client.post(SIGN_IN, {**form, "login_id": typed * 4}).content.decode())

    assert AccessAttempt.objects.exists()
    kept = [str(session.get_decoded()) for session in Session.objects.all()]
    tables = superuser_connection.execute(
        "SELECT schemaname || '.' || relname FROM pg_stat_user_tables WHERE schemaname IN ('public', 'audit')"
    ).fetchall()
    for (table,) in tables:
        kept += [row[0] for row in superuser_connection.execute(f"SELECT t::text FROM {table} t").fetchall()]
    for text in (*kept, *pages, caplog.text):
        assert typed not in text


def test_after_a_refusal_the_id_is_still_there_and_the_password_is_not(client: Client, user: User) -> None:
    page = give_password(client, user.login_id, WRONG).content.decode()

    assert f'value="{user.login_id}"' in page
    assert WRONG not in page


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"login_id": "", "password": PASSWORD}, "利用者IDを入力してください"),
        ({"login_id": "somebody", "password": ""}, "パスワードを入力してください"),
        ({"login_id": "a" * 41, "password": PASSWORD}, "利用者IDが長すぎます"),
        ({"login_id": "somebody", "password": "a" * 257}, "パスワードが長すぎます"),
        ({}, "利用者IDを入力してください"),
    ],
)
def test_what_is_missing_or_too_long_is_said(form: dict[str, str], words: str, client: Client) -> None:
    response = client.post(SIGN_IN, form)

    assert response.status_code == 200
    assert words in response.content.decode()


@pytest.mark.parametrize(
    "login_id", ["STAFF", " staff ", "staff\u3000", "ｓｔａｆｆ", "'; DROP TABLE axes_accessattempt --", "用者"]
)
def test_an_id_that_is_not_quite_the_same_is_another(login_id: str, client: Client) -> None:
    staff_member(login_id="staff")

    response = give_password(client, login_id)

    assert response.status_code == (302 if login_id.strip() == "staff" else 200)


# ── too many failures ────────────────────────────────────────────────────────────────────────────────────────────


def let_pass(seconds: int) -> None:
    """Let every wait have begun that many seconds earlier."""
    Attempts.objects.update(waits_until=F("waits_until") - timedelta(seconds=seconds))


@pytest.mark.parametrize("login_id", ["known", "nobody.here"])
def test_after_five_wrong_passwords_an_account_waits_thirty_seconds(login_id: str) -> None:
    staff_member(login_id="known")
    for _time in range(5):
        give_password(Client(), login_id, WRONG)

    waits = give_password(Client(), login_id)
    let_pass(25)
    still = give_password(Client(), login_id)
    let_pass(5)
    over = give_password(Client(), login_id)

    assert (waits.status_code, still.status_code) == (200, 200)
    assert over.get("Location") == (CODE if login_id == "known" else None)


def test_each_further_wrong_password_doubles_the_wait(user: User) -> None:
    for _time in range(5):
        give_password(Client(), user.login_id, WRONG)
    let_pass(30)
    give_password(Client(), user.login_id, WRONG)

    let_pass(55)
    assert give_password(Client(), user.login_id).status_code == 200
    let_pass(5)
    assert give_password(Client(), user.login_id).status_code == 302


def test_twenty_wrong_passwords_shut_an_account_until_a_second_person_lets_it_in(user: User) -> None:
    for _time in range(20):
        give_password(Client(), user.login_id, WRONG)
        let_pass(3600)

    let_pass(365 * 24 * 3600)
    assert give_password(Client(), user.login_id).status_code == 200
    attempts.let_in(user.login_id)
    assert give_password(Client(), user.login_id).status_code == 302


def test_four_wrong_passwords_do_not(user: User) -> None:
    for _time in range(4):
        give_password(Client(), user.login_id, WRONG)

    assert give_password(Client(), user.login_id).status_code == 302


def test_trying_during_a_wait_does_not_make_it_longer(user: User) -> None:
    for _time in range(5):
        give_password(Client(), user.login_id, WRONG)
    let_pass(20)
    for _time in range(20):
        give_password(Client(), user.login_id, WRONG)

    let_pass(10)

    assert give_password(Client(), user.login_id).status_code == 302


def test_a_password_that_was_right_is_counted_until_the_code_was_right_too(user: User) -> None:
    for _time in range(5):
        assert give_password(Client(), user.login_id).status_code == 302

    assert give_password(Client(), user.login_id).status_code == 200


def test_a_password_that_was_right_does_not_clear_the_count_of_wrong_codes(user: User) -> None:
    for _time in range(5):
        client = Client()
        assert give_password(client, user.login_id).status_code == 302
        give_code(client, "not a code")

    assert give_password(Client(), user.login_id).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_second_step_that_was_begun_with_an_old_password_leads_nowhere(
    client: Client, user: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    give_password(client, user.login_id)
    superuser_connection.execute(
        "UPDATE accounts_user SET password = %s WHERE id = %s", [make_password("another-password-1"), user.pk]
    )

    assert give_code(client, fresh_code(user))["Location"] == SIGN_IN
    assert not is_signed_in(client)


def test_whose_attempts_are_counted_cannot_be_read_nor_tried_out(client: Client, user: User) -> None:
    give_password(client, user.login_id, WRONG)

    kept = list(Attempts.objects.all())
    assert len(kept) == 2  # the account and the network
    plain = {hashlib.sha256(known.encode()).hexdigest() for known in (user.login_id, "127.0.0.1")}
    for one in kept:
        assert user.login_id not in f"{one.counted_for} {one!s} {one!r}"
        assert one.counted_for not in plain


def test_a_lock_is_one_persons_and_not_the_whole_offices(user: User) -> None:
    colleague = staff_member()
    for _time in range(6):
        give_password(Client(), user.login_id, WRONG)

    assert give_password(Client(), colleague.login_id).status_code == 302


def test_attempts_during_a_lock_are_on_record_too(user: User) -> None:
    for _time in range(7):
        give_password(Client(), user.login_id, WRONG)

    assert Event.objects.filter(action=actions.PASSWORD_REFUSED, subject_id=str(user.pk)).count() == 7


@pytest.mark.django_db(transaction=True)
def test_of_many_guesses_at_once_no_more_than_five_are_looked_at(user: User) -> None:
    for _time in range(3):
        give_password(Client(), user.login_id, WRONG)

    answers = together(*[lambda: give_password(Client(), user.login_id).status_code] * 10)

    assert sorted(answers) == [200] * 8 + [302] * 2
    assert give_password(Client(), user.login_id).status_code == 200


def test_having_signed_in_clears_the_count(client: Client, user: User) -> None:
    for _time in range(4):
        give_password(Client(), user.login_id, WRONG)
    sign_in(client, user)
    for _time in range(4):
        give_password(Client(), user.login_id, WRONG)

    assert give_password(Client(), user.login_id).status_code == 302


# ── where to go ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("goes_to", "arrives_at"),
    [
        ("/people/", "/people/"),
        ("/audit/?s=abc", "/audit/"),
        ("", "/"),
        ("/no/such/page/", "/"),
        ("https://evil.example/", "/"),
        ("//evil.example/people/", "/"),
        ("///evil.example", "/"),
        ("/\\evil.example", "/"),
        ("\\\\evil.example", "/"),
        ("https:evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("data:text/html,x", "/"),
        ("http://testserver@evil.example/", "/"),
        (" //evil.example", "/"),
        ("\x01//evil.example", "/"),
        ("/people/\r\nSet-Cookie: a=b", "/"),
    ],
)
def test_signing_in_leads_to_a_page_of_this_site_only(
    goes_to: str, arrives_at: str, client: Client, user: User
) -> None:
    client.get(SIGN_IN, {"next": goes_to})

    assert sign_in(client, user)["Location"] == arrives_at


def test_whoever_asks_for_a_page_first_arrives_there_after_signing_in(client: Client, user: User) -> None:
    asked = client.get("/people/")

    client.get(asked["Location"])

    assert sign_in(client, user)["Location"] == "/people/"


def test_a_number_in_an_address_does_not_stay_in_the_session(client: Client) -> None:
    number = my_number()

    for address in (f"/people/{number}/", f"/people/?q={number}", f"https://evil.example/{number}"):
        client.get(SIGN_IN, {"next": address})

        assert not any(number in str(session.get_decoded()) for session in Session.objects.all())


def test_whoever_is_signed_in_is_not_asked_again(client: Client, user: User) -> None:
    sign_in(client, user)

    for response in (client.get(SIGN_IN), client.post(SIGN_IN, {"login_id": "x", "password": "y"})):
        assert (response.status_code, response["Location"]) == (302, "/")


# ── signing out ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_signing_out_ends_the_session_and_clears_the_browser(client: Client, user: User) -> None:
    sign_in(client, user)
    key = client.session.session_key

    response = client.post("/sign-out/")

    assert (response.status_code, response["Location"]) == (302, SIGN_IN)
    assert response["Clear-Site-Data"] == '"cache", "storage"'
    assert not Session.objects.filter(session_key=key).exists()
    assert Event.objects.get(action=actions.SIGNED_OUT).actor_id == user.pk
    again = Client()
    again.cookies["kyufu-session"] = str(key)
    assert not is_signed_in(again)


@pytest.mark.parametrize("method", ["get", "head", "put", "delete"])
def test_signing_out_takes_a_post(method: str, client: Client, user: User) -> None:
    sign_in(client, user)

    assert getattr(client, method)("/sign-out/").status_code == 405
    assert is_signed_in(client)


def test_no_other_site_signs_anybody_in_or_out(user: User) -> None:
    client = Client(enforce_csrf_checks=True)

    for address in (SIGN_IN, CODE, "/sign-out/"):
        assert client.post(address, {"login_id": user.login_id, "password": PASSWORD}).status_code == 403
    assert not Event.objects.filter(action=actions.SIGNED_IN).exists()
