"""An office begins with two user administrators, and only once (A1)."""

import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from accounts import rights
from accounts.models import User
from accounts.models.people import MustChange
from accounts.models.rights import ProposalKind
from accounts.roles import Role
from audit.models import Event
from config.management.commands import hire_first_administrators
from tests.factories import staff_member

pytestmark = pytest.mark.django_db(transaction=True)
TWO = ["hajime", "初 一郎", "総務課", "tsugi", "次 二郎", "総務課"]


@pytest.fixture
def hire(as_owner: Callable[[], AbstractContextManager[None]], monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """The command, run as whoever sets an office up."""
    monkeypatch.setattr(hire_first_administrators, "speak_as_owner", lambda _name: None)

    def run(*arguments: str) -> str:
        out = io.StringIO()
        with as_owner():
            call_command("hire_first_administrators", *arguments, stdout=out)
        return out.getvalue()

    return run


def test_two_are_taken_on_with_a_temporary_password_and_a_code_each(hire: Callable[..., str]) -> None:
    told = hire(*TWO)

    for login_id in ("hajime", "tsugi"):
        user = User.objects.get(login_id=login_id)
        assert user.roles == (Role.USER_ADMINISTRATOR,)
        assert user.must_change_password == MustChange.FIRST
        assert user.enrolment_digest
        assert user.temporary_until is not None
        assert any(user.check_password(word) for word in told.split() if len(word) == 24)
    assert told.count("登録コード  ") == 2
    assert Event.objects.filter(action="accounts.staff.hired").count() == 2


def test_the_two_can_propose_and_approve(hire: Callable[..., str]) -> None:
    hire(*TWO)
    one, other = (User.objects.get(login_id=login_id) for login_id in ("hajime", "tsugi"))
    at = one.joined_at

    proposal = rights.propose(
        ProposalKind.HIRE, by=one, at=at, reason="最初の職員", login_id="san", display_name="三 三郎"
    )

    assert rights.approve(proposal.pk, by=other, at=at).user is not None


def test_it_is_refused_once_the_office_has_a_user_administrator(hire: Callable[..., str]) -> None:
    staff_member(Role.USER_ADMINISTRATOR)

    with pytest.raises(CommandError, match="すでに登録"):
        hire(*TWO)

    assert not User.objects.filter(login_id__in=["hajime", "tsugi"]).exists()


@pytest.mark.parametrize("login_id", ["Hajime", "a", "1a2", "日本"])
def test_an_id_that_can_not_be_one_takes_on_neither(login_id: str, hire: Callable[..., str]) -> None:
    with pytest.raises(CommandError):
        hire(*TWO[:3], login_id, *TWO[4:])

    assert not User.objects.exists()


def test_the_same_id_twice_takes_on_neither(hire: Callable[..., str]) -> None:
    with pytest.raises(CommandError):
        hire(*TWO[:3], *TWO[:3])

    assert not User.objects.exists()


def test_what_was_printed_is_taken_at_the_sign_in_page(hire: Callable[..., str], client: Any) -> None:
    told = hire(*TWO)
    password = next(word for word in told.split() if len(word) == 24)

    answer = client.post(reverse("accounts:sign-in"), {"login_id": "hajime", "password": password})

    assert (answer.status_code, answer["Location"].startswith("/sign-in/")) == (302, True)
