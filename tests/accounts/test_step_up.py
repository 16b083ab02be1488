"""What is worth it takes a factor used within the last minutes, and a new session key (A4)."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import actions
from accounts.models import CodeDevice, StaffSession, User
from audit.models import Event, Result
from tests.factories import fresh_code, signed_in, staff_member

pytestmark = pytest.mark.django_db

PAGE = reverse("accounts:factor-recovery")
CONFIRM = reverse("accounts:confirm")


@pytest.fixture
def user() -> User:
    return staff_member()


@pytest.fixture
def client(user: User) -> Client:
    """Somebody whose factor was used too long ago."""
    client = signed_in(Client(), user)
    last_confirmed(seconds=settings.KYUFU_STEP_UP_SECONDS + 1)
    return client


def last_confirmed(*, seconds: int) -> None:
    StaffSession.objects.update(factor_used_at=timezone.now() - timedelta(seconds=seconds))


def test_a_page_that_is_worth_it_asks_first_and_leads_back(client: Client, user: User) -> None:
    asked = client.get(PAGE)
    assert asked["Location"] == f"{CONFIRM}?next=%2Faccount%2Frecovery%2F"
    assert 'name="next" value="/account/recovery/"' in client.get(asked["Location"]).content.decode()

    answer = client.post(CONFIRM, {"code": fresh_code(user), "next": PAGE})

    assert answer["Location"] == PAGE
    assert client.get(PAGE).status_code == 200
    entry = Event.objects.get(action=actions.CONFIRMED)
    assert (entry.actor_id, entry.details) == (user.pk, {"kind": "code"})


@pytest.mark.parametrize(("seconds", "is_asked"), [(-2, False), (2, True)])
def test_a_factor_counts_for_as_long_as_the_setting_says(seconds: int, is_asked: bool, client: Client) -> None:
    last_confirmed(seconds=settings.KYUFU_STEP_UP_SECONDS + seconds)

    assert client.get(PAGE).status_code == (302 if is_asked else 200)


def test_nothing_happens_to_a_form_that_came_too_late_and_its_sender_comes_back_to_its_page(client: Client) -> None:
    answer = client.post(PAGE, headers={"referer": f"http://testserver{PAGE}?a=b"})

    assert answer["Location"] == f"{CONFIRM}?next=%2Faccount%2Frecovery%2F"
    assert not Event.objects.filter(action=actions.FACTOR_ADDED).exists()


def test_a_form_from_who_knows_where_leads_home(client: Client) -> None:
    for referer in ({}, {"referer": "https://evil.example/account/recovery/"}):
        assert client.post(PAGE, headers=referer)["Location"] == f"{CONFIRM}?next=%2F"


def test_a_script_is_told_in_its_own_language(client: Client) -> None:
    answer = client.get(reverse("accounts:factor-key-add"), headers={"accept": "application/json"})

    assert (answer.status_code, answer.json()) == (403, {"error": "confirm"})


def test_the_session_gets_a_new_key_and_the_old_one_opens_nothing(client: Client, user: User) -> None:
    old = client.cookies["kyufu-session"].value

    client.post(CONFIRM, {"code": fresh_code(user), "next": "/"})

    assert client.cookies["kyufu-session"].value != old
    assert client.get("/").status_code == 200
    thief = Client()
    thief.cookies["kyufu-session"] = old
    assert thief.get("/")["Location"].startswith("/sign-in/")


def test_a_wrong_code_confirms_nothing_and_is_on_record(client: Client, user: User) -> None:
    answer = client.post(CONFIRM, {"code": fresh_code(staff_member()), "next": PAGE})

    assert answer.status_code == 200
    assert "確認コードが違うか、使用済みです" in answer.content.decode()
    assert client.get(PAGE).status_code == 302
    entry = Event.objects.get(action=actions.CONFIRM_REFUSED)
    assert (entry.actor_id, entry.result) == (user.pk, Result.REFUSED)


def test_a_code_that_was_used_confirms_nothing(client: Client, user: User) -> None:
    code = fresh_code(user)
    client.post(CONFIRM, {"code": code, "next": PAGE})
    last_confirmed(seconds=settings.KYUFU_STEP_UP_SECONDS + 1)

    assert client.post(CONFIRM, {"code": code, "next": PAGE}).status_code == 200
    assert client.get(PAGE).status_code == 302


def test_after_many_wrong_codes_the_right_one_has_to_wait_and_the_words_stay_the_same(
    client: Client, user: User
) -> None:
    told = set()
    for _time in range(6):
        CodeDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
        told.add(client.post(CONFIRM, {"code": "nonsense", "next": PAGE}).context["refusal"])

    told.add(client.post(CONFIRM, {"code": fresh_code(user), "next": PAGE}).context["refusal"])

    assert len(told) == 1
    assert Event.objects.filter(action=actions.CONFIRM_REFUSED).count() == 7


def test_having_confirmed_often_costs_nothing(client: Client, user: User) -> None:
    for _round in range(8):
        assert client.post(CONFIRM, {"code": fresh_code(user), "next": PAGE}).status_code == 302


def test_having_confirmed_does_not_pay_for_guesses(client: Client, user: User) -> None:
    for _time in range(4):
        client.post(CONFIRM, {"code": "nonsense", "next": PAGE})
    assert client.post(CONFIRM, {"code": fresh_code(user), "next": PAGE}).status_code == 302
    client.post(CONFIRM, {"code": "nonsense", "next": PAGE})

    assert client.post(CONFIRM, {"code": fresh_code(user), "next": PAGE}).status_code == 200


@pytest.mark.parametrize(
    "goes_to", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/nowhere/", ""]
)
def test_confirming_leads_to_a_page_of_this_site_only(goes_to: str, client: Client, user: User) -> None:
    assert goes_to not in client.get(CONFIRM, {"next": goes_to}).context["next"] or not goes_to

    assert client.post(CONFIRM, {"code": fresh_code(user), "next": goes_to})["Location"] == "/"


@pytest.mark.parametrize("code", ["", "\x07\x1b[31m", "1" * 21, "１２３", "1" * 900_000])
def test_nonsense_is_refused_with_words(code: str, client: Client) -> None:
    answer = client.post(CONFIRM, {"code": code, "next": PAGE})

    assert answer.status_code == 200
    assert "error-summary" in answer.content.decode()
    assert code[:21] not in answer.content.decode() or not code
    assert client.get(PAGE).status_code == 302


def test_full_width_digits_confirm(client: Client, user: User) -> None:
    code = fresh_code(user).translate({ord("0") + value: chr(ord("０") + value) for value in range(10)})

    assert client.post(CONFIRM, {"code": code, "next": PAGE})["Location"] == PAGE


def test_the_code_is_not_drawn_back(client: Client) -> None:
    answer = client.post(CONFIRM, {"code": "998877", "next": PAGE}).content.decode()

    assert "998877" not in answer


def test_nobody_confirms_who_is_not_signed_in() -> None:
    assert Client().get(CONFIRM)["Location"].startswith("/sign-in/")
    assert Client().post(CONFIRM, {"code": "123456"})["Location"].startswith("/sign-in/")
