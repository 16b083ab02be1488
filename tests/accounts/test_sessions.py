"""The server ends a session that nobody uses, whatever the browser thinks (A4)."""

import uuid
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.messages import get_messages
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from django_otp import DEVICE_ID_SESSION_KEY

from accounts import actions, sign_in as two_steps
from accounts.models import CodeDevice, User
from accounts.roles import Role
from audit.models import Event
from tests.accounts.conftest import is_signed_in, sign_in
from tests.factories import signed_in, staff_member

pytestmark = pytest.mark.django_db


def set_back(client: Client, **seconds: float) -> None:
    """Make it look as if a time in the session had been that long ago."""
    session = client.session
    for name, ago in seconds.items():
        session[name] = (timezone.now() - timedelta(seconds=ago)).isoformat()
    session.save()


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
    assert settings.KYUFU_SESSION_SECONDS == 12 * 60 * 60


@pytest.mark.parametrize(("minutes", "goes_on"), [(14.9, True), (15.1, False)])
def test_a_session_that_is_idle_for_a_quarter_of_an_hour_is_over(minutes: float, goes_on: bool, desk: Client) -> None:
    set_back(desk, last_used_at=60 * minutes)

    assert is_signed_in(desk) is goes_on


@pytest.mark.parametrize(("hours", "goes_on"), [(11.9, True), (12.1, False)])
def test_a_session_is_over_after_twelve_hours_however_busy(hours: float, goes_on: bool, desk: Client) -> None:
    set_back(desk, signed_in_at=3600 * hours, last_used_at=1)

    assert is_signed_in(desk) is goes_on


def test_using_the_system_begins_the_quarter_of_an_hour_anew(desk: Client) -> None:
    for _page in range(4):
        set_back(desk, last_used_at=60 * 14)
        assert is_signed_in(desk)


def test_using_it_does_not_begin_the_twelve_hours_anew(desk: Client) -> None:
    set_back(desk, signed_in_at=3600 * 11)
    began = desk.session[two_steps.SIGNED_IN_AT]

    is_signed_in(desk)

    assert desk.session[two_steps.SIGNED_IN_AT] == began


def test_what_ended_is_gone_from_the_server_on_record_and_said(desk: Client, maker: User) -> None:
    key = desk.session.session_key
    set_back(desk, last_used_at=60 * 16)

    response = desk.get("/applications/", {"status": "DRAFT"})

    assert (response.status_code, response["Location"]) == (302, "/sign-in/?next=%2Fapplications%2F")
    assert not Session.objects.filter(session_key=key).exists()
    entry = Event.objects.get(action=actions.SESSION_EXPIRED)
    assert (entry.actor_id, entry.subject_id) == (maker.pk, str(maker.pk))
    assert any(
        "しばらく操作がなかった" in str(message) for message in get_messages(desk.get("/sign-in/").wsgi_request)
    ) or ("しばらく操作がなかった" in desk.get("/sign-in/").content.decode())


def test_a_stolen_cookie_of_an_ended_session_opens_nothing(desk: Client) -> None:
    key = desk.session.session_key
    set_back(desk, last_used_at=60 * 16)
    desk.get("/")
    thief = Client()
    thief.cookies["kyufu-session"] = str(key)

    assert not is_signed_in(thief)


def test_a_form_that_was_sent_too_late_changes_nothing_and_is_not_sent_again_by_itself(desk: Client) -> None:
    set_back(desk, last_used_at=60 * 16)
    key = uuid.uuid4()

    response = desk.post(f"/applications/{key}/edit/", {"family_name": "渡邉"})

    assert (response.status_code, response["Location"]) == (302, "/sign-in/")
    assert not Event.objects.filter(action="benefits.application.saved").exists()


def test_autosave_is_told_in_its_own_language_that_the_session_is_over(desk: Client) -> None:
    set_back(desk, last_used_at=60 * 16)

    response = desk.post(
        f"/applications/{uuid.uuid4()}/autosave/", {"family_name": "渡邉"}, headers={"accept": "application/json"}
    )

    assert (response.status_code, response.json()) == (401, {"error": "session_expired"})
    assert not is_signed_in(desk)


@pytest.mark.parametrize("name", [two_steps.LAST_USED_AT, two_steps.SIGNED_IN_AT, DEVICE_ID_SESSION_KEY])
def test_a_session_without_its_times_or_without_a_code_is_no_session(name: str, desk: Client) -> None:
    session = desk.session
    del session[name]
    session.save()

    assert not is_signed_in(desk)
    assert Event.objects.filter(action=actions.SESSION_EXPIRED).exists()


def test_a_password_without_a_code_is_no_session(client: Client, maker: User) -> None:
    client.force_login(maker, backend=two_steps.BACKEND)
    set_back(client, signed_in_at=1, last_used_at=1)

    assert not is_signed_in(client)


def test_somebody_elses_device_is_no_code(client: Client, maker: User) -> None:
    signed_in(client, maker)
    session = client.session
    session[DEVICE_ID_SESSION_KEY] = CodeDevice.objects.get(user=staff_member()).persistent_id
    session.save()

    assert not is_signed_in(client)


def test_the_time_of_last_use_is_not_written_at_every_page(desk: Client, django_assert_num_queries: object) -> None:
    before = desk.session[two_steps.LAST_USED_AT]

    is_signed_in(desk)

    assert desk.session[two_steps.LAST_USED_AT] == before
    set_back(desk, last_used_at=31)
    is_signed_in(desk)
    assert desk.session[two_steps.LAST_USED_AT] > before


def test_the_cookie_says_nothing_and_is_not_read_by_scripts_or_sent_by_other_sites(
    client: Client, maker: User
) -> None:
    response = sign_in(client, maker)

    cookie = response.cookies["kyufu-session"]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"], cookie["expires"]) == (True, "Strict", "", "")
    assert len(cookie.value) == 32
    assert cookie.value == client.session.session_key


def test_a_production_cookie_is_bound_to_the_host_and_to_tls() -> None:
    import importlib

    production = importlib.import_module("config.settings.production")

    assert production.SESSION_COOKIE_SECURE is True
    assert production.SESSION_COOKIE_NAME.startswith("__Host-")
    assert production.SESSION_COOKIE_HTTPONLY is True
