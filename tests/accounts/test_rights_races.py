"""Two people press at the same moment: one of them wins, and the other is told why (A1)."""

from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import actions, rights
from accounts.models import Proposal, RoleAssignment, StaffSession, User
from accounts.models.rights import ProposalKind
from accounts.roles import Role
from audit.models import Event, Result
from tests.factories import signed_in, staff_member
from tests.racing import together

pytestmark = pytest.mark.django_db(transaction=True)
TIMES = 5


@pytest.fixture
def people(db: None) -> tuple[User, User, User]:
    """Three user administrators."""
    first, second, third = (staff_member(Role.USER_ADMINISTRATOR) for _number in range(3))
    return first, second, third


def propose(kind: ProposalKind, by: User, **parts: Any) -> Proposal:
    return rights.propose(kind, by=by, at=timezone.now(), reason="同時に", **parts)


def grant(by: User, user: User, role: str = "MAKER") -> Proposal:
    return propose(ProposalKind.GRANT, by, user=user, role=role, starts_on=timezone.localdate())


def codes(outcomes: list[Any]) -> list[str]:
    """Return how each came out: "" when done, the refusal's code otherwise; anything else fails the test."""
    for outcome in outcomes:
        assert not isinstance(outcome, Exception) or isinstance(outcome, rights.Refused), repr(outcome)
    return sorted(outcome.refusal.code if isinstance(outcome, rights.Refused) else "" for outcome in outcomes)


def test_of_two_who_approve_at_once_one_carries_it_out(people: tuple[User, User, User]) -> None:
    proposer, one, other = people
    user = staff_member()
    proposal = grant(proposer, user)

    outcomes = together(
        *(lambda by=by: rights.approve(proposal.pk, by=by, at=timezone.now()) for by in (one, other, one, other))
    )

    assert codes(outcomes) == ["", "decided", "decided", "decided"]
    assert RoleAssignment.objects.filter(user=user).count() == 1
    assert Event.objects.filter(action=actions.PROPOSAL_REFUSED, result=Result.REFUSED).count() == 3


def test_of_approval_rejection_and_withdrawal_at_once_one_counts(people: tuple[User, User, User]) -> None:
    proposer, one, other = people
    proposal = grant(proposer, staff_member())

    outcomes = together(
        lambda: rights.approve(proposal.pk, by=one, at=timezone.now()),
        lambda: rights.reject(proposal.pk, by=other, at=timezone.now(), reason="決裁がない"),
        lambda: rights.withdraw(proposal.pk, by=proposer, at=timezone.now()),
    )

    assert codes(outcomes) == ["", "decided", "decided"]
    decided = Proposal.objects.get(pk=proposal.pk)
    assert RoleAssignment.objects.filter(proposal=proposal).exists() is (decided.outcome == "APPROVED")


def test_of_two_conflicting_rights_approved_at_once_one_is_given(people: tuple[User, User, User]) -> None:
    proposer, one, other = people
    user = staff_member()
    first, second = grant(proposer, user, "CHECKER"), grant(proposer, user, "AUDITOR")

    outcomes = together(
        lambda: rights.approve(first.pk, by=one, at=timezone.now()),
        lambda: rights.approve(second.pk, by=other, at=timezone.now()),
    )

    assert codes(outcomes) == ["", "conflict"]
    assert user.role_assignments.count() == 1


@pytest.mark.parametrize("_time", range(TIMES))
def test_a_right_withdrawn_between_page_and_post_approves_nothing_after_it(
    _time: int, people: tuple[User, User, User]
) -> None:
    proposer, approver, other = people
    user = staff_member()
    end = propose(
        ProposalKind.END,
        proposer,
        user=approver,
        assignment=approver.role_assignments.get(),
        ends_on=timezone.localdate() - timedelta(days=1),
    )
    proposal = grant(proposer, user)

    outcomes = together(
        lambda: rights.approve(end.pk, by=other, at=timezone.now()),
        lambda: rights.approve(proposal.pk, by=approver, at=timezone.now()),
    )

    assert codes(outcomes) in (["", ""], ["", "not_administrator"])
    granted = Event.objects.filter(action=actions.ROLE_GRANTED).first()
    ended = Event.objects.get(action=actions.ROLE_ENDED)
    assert granted is None or granted.at < ended.at
    assert user.role_assignments.exists() is (granted is not None)


def test_an_approver_whose_right_is_being_ended_waits_for_that_and_is_refused(
    people: tuple[User, User, User],
) -> None:
    proposer, approver, other = people
    proposal = grant(proposer, staff_member())
    end = propose(
        ProposalKind.END,
        proposer,
        user=approver,
        assignment=approver.role_assignments.get(),
        ends_on=timezone.localdate() - timedelta(days=1),
    )
    outcomes: list[Any] = []
    with transaction.atomic():
        rights.approve(end.pk, by=other, at=timezone.now())
        # the page is open, the button is pressed, and the right goes meanwhile
        press = Thread(
            target=lambda: outcomes.extend(
                together(lambda: rights.approve(proposal.pk, by=approver, at=timezone.now()))
            )
        )
        press.start()
        press.join(0.5)
        assert press.is_alive()
    press.join(10)

    assert codes(outcomes) == ["not_administrator"]
    assert not RoleAssignment.objects.filter(proposal=proposal).exists()


def test_a_page_opened_before_the_right_was_withdrawn_posts_nothing(people: tuple[User, User, User]) -> None:
    proposer, approver, other = people
    proposal = grant(proposer, staff_member())
    desk = signed_in(Client(), approver)
    assert (
        reverse("accounts:proposal-approve", args=[proposal.pk])
        in desk.get(reverse("accounts:proposal", args=[proposal.pk])).content.decode()
    )

    end = propose(
        ProposalKind.END,
        proposer,
        user=approver,
        assignment=approver.role_assignments.get(),
        ends_on=timezone.localdate() - timedelta(days=1),
    )
    rights.approve(end.pk, by=other, at=timezone.now())
    answer = desk.post(reverse("accounts:proposal-approve", args=[proposal.pk]))

    assert answer.status_code == 403
    assert Proposal.objects.get(pk=proposal.pk).outcome == ""
    assert Event.objects.filter(action="audit.page.refused", actor_id=approver.pk).count() == 1


@pytest.mark.parametrize("_time", range(TIMES))
def test_of_two_last_administrators_who_stop_each_other_at_once_one_stays(
    _time: int, people: tuple[User, User, User]
) -> None:
    one, other, third = people
    rights.stop_now(third, by=one, at=timezone.now(), reason="退職")

    outcomes = together(
        lambda: rights.stop_now(other, by=one, at=timezone.now(), reason="いやがらせ"),
        lambda: rights.stop_now(one, by=other, at=timezone.now(), reason="いやがらせ"),
    )

    assert codes(outcomes)[0] == ""
    assert codes(outcomes)[1] in {"not_administrator", "office_keeps_a_user_administrator"}
    assert User.objects.filter(pk__in=[one.pk, other.pk], is_active=True).count() == 1


def test_the_same_id_asked_for_twice_at_once_hires_one_person(people: tuple[User, User, User]) -> None:
    proposer, one, other = people

    made = together(
        *(
            lambda by=by: propose(ProposalKind.HIRE, by, login_id="shinjin", display_name="新人")
            for by in (proposer, one)
        )
    )
    proposals = [proposal for proposal in made if isinstance(proposal, Proposal)]
    outcomes = together(
        *(lambda pk=proposal.pk: rights.approve(pk, by=other, at=timezone.now()) for proposal in proposals)
    )

    codes(outcomes)
    assert User.objects.filter(login_id="shinjin").count() <= 1
    assert all(isinstance(outcome, Proposal | rights.Refused) for outcome in (*made, *outcomes))


def test_a_leaver_who_is_at_work_is_out_with_the_next_request(people: tuple[User, User, User]) -> None:
    one, other, _third = people
    leaver = staff_member(Role.MAKER)
    desk = signed_in(Client(), leaver)
    assert desk.get("/").status_code == 200

    proposal = propose(ProposalKind.STOP, one, user=leaver)
    rights.approve(proposal.pk, by=other, at=timezone.now())

    assert desk.get("/")["Location"].startswith("/sign-in/")
    assert not StaffSession.objects.filter(user=leaver, ended_at__isnull=True).exists()
