"""For the day when nobody is left: two sealed accounts, two people, and everybody is told (A1)."""

import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import actions, attempts, emergency, recovery_codes, rights
from accounts.models import Attempts, StaffSession, User
from accounts.models.rights import ProposalKind
from accounts.roles import Role
from audit.models import Event
from config.management.commands import seal_emergency_accounts
from tests.factories import signed_in, staff_member

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def seal(as_owner: Callable[[], AbstractContextManager[None]]) -> Callable[[], list[emergency.Envelope]]:
    """What seals the two accounts, as whoever owns the tables."""

    def run() -> list[emergency.Envelope]:
        with as_owner():
            return emergency.seal(at=timezone.now())

    return run


def account(number: int = 1) -> User:
    return User.objects.get(login_id=f"emergency-{number}")


def test_each_envelope_has_a_strong_password_and_ten_codes_that_work(
    seal: Callable[[], list[emergency.Envelope]],
) -> None:
    first, second = seal()

    assert (first.login_id, second.login_id) == emergency.LOGIN_IDS
    assert first.password != second.password
    for envelope in (first, second):
        user = User.objects.get(login_id=envelope.login_id)
        assert user.check_password(envelope.password)
        assert len(envelope.password.replace("-", "")) * 5 >= 80
        assert len(set(envelope.recovery_codes)) == 10
        assert recovery_codes.use(user, envelope.recovery_codes[0], at=timezone.now()) is not None
        assert user.roles == (Role.USER_ADMINISTRATOR,)
        assert envelope.password not in repr(envelope)


def test_sealing_again_voids_what_was_in_the_envelopes(seal: Callable[[], list[emergency.Envelope]]) -> None:
    before, after = seal()[0], seal()[0]

    user = account()
    assert not user.check_password(before.password)
    assert user.check_password(after.password)
    assert recovery_codes.use(user, before.recovery_codes[0], at=timezone.now()) is None
    assert user.role_assignments.count() == 1
    assert Event.objects.filter(action="accounts.emergency.sealed").count() == 4


def test_the_command_prints_two_sheets(
    as_owner: Callable[[], AbstractContextManager[None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seal_emergency_accounts, "speak_as_owner", lambda _name: None)
    out = io.StringIO()

    with as_owner():
        call_command("seal_emergency_accounts", stdout=out)

    assert out.getvalue().count("利用者ID") == 2
    assert out.getvalue().count("[ ] ") == 20


def test_it_stays_shut_while_two_ordinary_administrators_can_act(
    seal: Callable[[], list[emergency.Envelope]],
) -> None:
    seal()
    staff_member(Role.USER_ADMINISTRATOR)
    assert emergency.why_not_open(account(), at=timezone.now()) is None

    staff_member(Role.USER_ADMINISTRATOR)

    why = emergency.why_not_open(account(), at=timezone.now())
    assert why is not None
    assert "封印" in why


def test_it_opens_when_one_of_two_is_stopped_or_shut_out(
    seal: Callable[[], list[emergency.Envelope]],
) -> None:
    seal()
    one, other, third = (staff_member(Role.USER_ADMINISTRATOR) for _number in range(3))
    at = timezone.now()

    rights.stop_now(third, by=one, at=at, reason="退職")
    assert emergency.why_not_open(account(), at=at) is not None
    Attempts.objects.create(
        counted_for=attempts._account(other.login_id), tries=attempts.ACCOUNT.shut_after or 0, last_at=at
    )
    assert emergency.why_not_open(account(), at=at) is None


def test_an_ordinary_account_is_never_held_to_the_seal() -> None:
    staff_member(Role.USER_ADMINISTRATOR)

    assert emergency.why_not_open(staff_member(Role.USER_ADMINISTRATOR), at=timezone.now()) is None


def test_once_used_it_counts_as_opened_until_it_is_sealed_again(
    seal: Callable[[], list[emergency.Envelope]],
) -> None:
    assert not emergency.is_opened()
    seal()
    assert not emergency.is_opened()

    emergency.record_opened(account())
    assert emergency.is_opened()
    assert Event.objects.get(action="accounts.emergency.opened").actor_id == account().pk

    seal()
    assert not emergency.is_opened()


def test_an_ordinary_sign_in_opens_nothing() -> None:
    emergency.record_opened(staff_member(Role.USER_ADMINISTRATOR))

    assert not emergency.is_opened()


def test_a_session_of_an_emergency_account_lasts_half_an_hour(seal: Callable[[], list[emergency.Envelope]]) -> None:
    seal()
    began = timezone.now()

    assert not emergency.is_too_long(account(), began_at=began, at=began + timedelta(minutes=30))
    assert emergency.is_too_long(account(), began_at=began, at=began + timedelta(minutes=31))
    assert not emergency.is_too_long(staff_member(), began_at=began, at=began + timedelta(hours=5))


def test_the_server_ends_a_session_of_an_emergency_account_after_half_an_hour(
    client: Client, superuser_connection: psycopg.Connection[Any]
) -> None:
    user = staff_member(Role.USER_ADMINISTRATOR)
    superuser_connection.execute("UPDATE accounts_user SET is_emergency = true WHERE id = %s", [user.pk])
    signed_in(client, user)
    StaffSession.objects.filter(user=user).update(began_at=timezone.now() - timedelta(minutes=29))
    assert client.get("/staff/").status_code == 200

    StaffSession.objects.filter(user=user).update(began_at=timezone.now() - timedelta(minutes=31))

    assert client.get("/staff/")["Location"].startswith("/sign-in/")
    assert StaffSession.objects.get(user=user).end_reason == "TOO_LONG"


def test_two_emergency_accounts_let_an_administrator_back_by_the_ordinary_rule_of_two(
    seal: Callable[[], list[emergency.Envelope]],
) -> None:
    seal()
    one, gone = staff_member(Role.USER_ADMINISTRATOR), staff_member(Role.USER_ADMINISTRATOR)
    at = timezone.now()
    rights.stop_now(gone, by=one, at=at, reason="休職")

    proposal = rights.propose(ProposalKind.RESUME, by=account(1), at=at, reason="緊急", user=gone)
    with pytest.raises(rights.Refused):
        rights.approve(proposal.pk, by=account(1), at=at)
    rights.approve(proposal.pk, by=account(2), at=at)

    assert User.objects.get(pk=gone.pk).is_active


@pytest.mark.parametrize("kind", [ProposalKind.STOP, ProposalKind.RESET, ProposalKind.MOVE, ProposalKind.GRANT])
def test_an_emergency_account_is_not_changed_from_the_pages(
    kind: ProposalKind, seal: Callable[[], list[emergency.Envelope]]
) -> None:
    seal()

    with pytest.raises(rights.Refused, match="非常用"):
        rights.propose(
            kind, by=staff_member(Role.USER_ADMINISTRATOR), at=timezone.now(), reason="いたずら", user=account()
        )


def test_the_last_ordinary_administrator_stays_whatever_the_emergency_accounts_are(
    seal: Callable[[], list[emergency.Envelope]],
) -> None:
    seal()
    last = staff_member(Role.USER_ADMINISTRATOR)

    with pytest.raises(rights.Refused, match="最後の利用者管理者"):
        rights.stop_now(last, by=account(), at=timezone.now(), reason="退職")

    assert User.objects.get(pk=last.pk).is_active


@pytest.mark.parametrize("step", ["person-stop-now", "person-compromised", "person-sessions-end"])
def test_no_page_touches_a_sealed_account_and_the_attempt_is_on_record(
    step: str, client: Client, superuser_connection: psycopg.Connection[Any]
) -> None:
    administrator, sealed = staff_member(Role.USER_ADMINISTRATOR), staff_member(Role.USER_ADMINISTRATOR)
    superuser_connection.execute("UPDATE accounts_user SET is_emergency = true WHERE id = %s", [sealed.pk])
    signed_in(Client(), sealed)

    signed_in(client, administrator).post(reverse(f"accounts:{step}", args=[sealed.pk]), {"reason": "試し"})

    sealed.refresh_from_db()
    assert (sealed.is_active, sealed.must_change_password) == (True, "")
    assert sealed.staff_sessions.filter(ended_at__isnull=True).count() == 1
    entry = Event.objects.get(action=actions.PROPOSAL_REFUSED, actor_id=administrator.pk)
    assert entry.details["code"] == "emergency"
