"""A right takes two people: one proposes, another approves, and neither is the one it is about (A1)."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts import actions, attempts, rights
from accounts.models import Attempts, CodeDevice, Proposal, RoleAssignment, StaffSession, User
from accounts.models.people import MustChange
from accounts.models.rights import Outcome, ProposalKind, ResetWhat
from accounts.roles import Role
from audit.models import Event, Result
from tests.factories import signed_in, staff_member

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate


@pytest.fixture
def one(db: None) -> User:
    """A user administrator."""
    return staff_member(Role.USER_ADMINISTRATOR)


@pytest.fixture
def other(db: None) -> User:
    """Another user administrator."""
    return staff_member(Role.USER_ADMINISTRATOR)


def propose(kind: ProposalKind, *, by: User, **parts: Any) -> Proposal:
    return rights.propose(kind, by=by, at=timezone.now(), **({"reason": "人事異動のため"} | parts))


def approve(proposal: Proposal, *, by: User) -> Proposal:
    return rights.approve(proposal.pk, by=by, at=timezone.now())


def grant(user: User, role: Role, *, by: User, **parts: Any) -> Proposal:
    return propose(ProposalKind.GRANT, by=by, user=user, role=role.value, **({"starts_on": TODAY()} | parts))


def refused(code: str) -> Any:
    return pytest.raises(rights.Refused, check=lambda error: error.refusal.code == code)


def hired(one: User, other: User, login_id: str = "shinjin") -> User:
    proposal = propose(ProposalKind.HIRE, by=one, login_id=login_id, display_name="新人 一郎", section="地域保健課")
    user = approve(proposal, by=other).user
    assert user is not None
    return user


# ── what two people bring about ──────────────────────────────────────────────────────────────────────────────────


def test_somebody_hired_by_two_can_not_sign_in_yet_and_has_no_rights(one: User, other: User) -> None:
    user = User.objects.get(pk=hired(one, other).pk)

    assert (user.login_id, user.section, user.roles) == ("shinjin", "地域保健課", ())
    assert not user.has_usable_password()
    assert user.must_change_password == MustChange.FIRST
    made, approved = Event.objects.filter(action__startswith="accounts.proposal.").order_by("at")
    assert (made.actor_id, approved.actor_id) == (one.pk, other.pk)
    assert Event.objects.get(action=actions.STAFF_HIRED).subject_id == str(user.pk)


def test_a_right_given_by_two_holds_from_its_first_day_to_its_last(one: User, other: User) -> None:
    user = staff_member()
    tomorrow = TODAY() + timedelta(days=1)

    given = approve(grant(user, Role.MAKER, by=one, starts_on=tomorrow, ends_on=tomorrow), by=other).granted

    assert not given.is_current(on=TODAY())
    assert given.is_current(on=tomorrow)
    assert not given.is_current(on=tomorrow + timedelta(days=1))
    assert Event.objects.get(action=actions.ROLE_GRANTED).details["role"] == "MAKER"


def test_a_proposal_alone_changes_nothing(one: User, other: User) -> None:
    user = staff_member()

    grant(user, Role.MAKER, by=one)

    assert User.objects.get(pk=user.pk).roles == ()


@pytest.mark.parametrize(("last", "remains"), [(0, (Role.MAKER,)), (-1, ())])
def test_a_right_ended_by_two_holds_through_its_last_day(
    last: int, remains: tuple[Role, ...], one: User, other: User
) -> None:
    user = staff_member(Role.MAKER)
    given = user.role_assignments.get()

    approve(
        propose(ProposalKind.END, by=one, user=user, assignment=given, ends_on=TODAY() + timedelta(days=last)),
        by=other,
    )

    assert User.objects.get(pk=user.pk).roles == remains
    assert RoleAssignment.objects.get(pk=given.pk).ended_by is not None
    assert Event.objects.get(action=actions.ROLE_ENDED).subject_id == str(user.pk)


def test_somebody_moved_by_two_has_the_new_section_and_the_record_says_which_fields(one: User, other: User) -> None:
    user = staff_member(section="旧課")

    approve(propose(ProposalKind.MOVE, by=one, user=user, display_name=user.display_name, section="新課"), by=other)

    assert User.objects.get(pk=user.pk).section == "新課"
    assert Event.objects.get(action=actions.STAFF_MOVED).details == {"fields": ["section"]}


def test_a_leavers_sessions_end_at_once(client: Any, one: User, other: User) -> None:
    user = staff_member(Role.MAKER)
    signed_in(client, user)

    approve(propose(ProposalKind.STOP, by=one, user=user), by=other)

    assert StaffSession.objects.get(user=user).end_reason == "STOPPED"
    assert client.get("/")["Location"].startswith("/sign-in/")
    stopped = User.objects.get(pk=user.pk)
    assert (stopped.is_active, stopped.roles, stopped.role_assignments.count()) == (False, (), 1)


def test_somebody_who_leaves_on_a_day_to_come_works_until_then(client: Any, one: User, other: User) -> None:
    user, last = staff_member(Role.MAKER), TODAY() + timedelta(days=3)
    signed_in(client, user)

    approve(propose(ProposalKind.STOP, by=one, user=user, ends_on=last), by=other)

    left = User.objects.get(pk=user.pk)
    assert (left.is_active, left.valid_until, left.may_sign_in) == (True, last, True)
    assert StaffSession.objects.get(user=user).ended_at is None


def test_one_administrator_stops_at_once_and_two_let_back(client: Any, one: User, other: User) -> None:
    user = staff_member(Role.MAKER)
    signed_in(client, user)

    rights.stop_now(user, by=one, at=timezone.now(), reason="端末の紛失")
    assert StaffSession.objects.get(user=user).end_reason == "STOPPED"
    assert not User.objects.get(pk=user.pk).is_active

    approve(propose(ProposalKind.RESUME, by=one, user=user), by=other)
    back = User.objects.get(pk=user.pk)
    assert (back.is_active, back.stopped_at, back.roles) == (True, None, (Role.MAKER,))


@pytest.mark.parametrize("what", list(ResetWhat))
def test_a_reset_takes_away_what_was_lost_and_ends_the_sessions(
    what: ResetWhat, client: Any, one: User, other: User
) -> None:
    user = staff_member(Role.MAKER)
    signed_in(client, user)

    approve(propose(ProposalKind.RESET, by=one, user=user, reset=what.value), by=other)

    again = User.objects.get(pk=user.pk)
    assert again.has_usable_password() is (what is ResetWhat.FACTOR)
    assert again.must_change_password == ("" if what is ResetWhat.FACTOR else MustChange.RESET)
    assert CodeDevice.objects.filter(user=user).exists() is (what is ResetWhat.PASSWORD)
    assert StaffSession.objects.get(user=user).end_reason == "PASSWORD"


def test_somebody_shut_out_is_let_in_by_another_and_never_by_themselves(one: User) -> None:
    user = staff_member(Role.MAKER)
    shut(user)
    shut(one)

    rights.let_in(user, by=one, at=timezone.now())
    with refused("own_rights"):
        rights.let_in(one, by=one, at=timezone.now())

    assert not attempts.is_shut(user.login_id)
    assert attempts.is_shut(one.login_id)
    assert Event.objects.get(action=actions.STAFF_LET_IN).subject_id == str(user.pk)


def test_somebody_who_is_not_shut_out_needs_no_letting_in(one: User) -> None:
    with refused("not_shut"):
        rights.let_in(staff_member(), by=one, at=timezone.now())


# ── who may not ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_nobody_approves_or_rejects_what_they_proposed(one: User, other: User) -> None:
    proposal = grant(staff_member(), Role.MAKER, by=one)

    with refused("own_proposal"):
        approve(proposal, by=one)
    with refused("own_proposal"):
        rights.reject(proposal.pk, by=one, at=timezone.now(), reason="やめます")

    entry = Event.objects.filter(action=actions.PROPOSAL_REFUSED).first()
    assert entry is not None
    assert (entry.result, entry.actor_id, entry.subject_id) == (Result.REFUSED, one.pk, str(proposal.pk))
    assert Proposal.objects.get(pk=proposal.pk).outcome == ""


def test_nobody_proposes_or_approves_anything_about_themselves(one: User, other: User) -> None:
    with refused("own_rights"):
        grant(one, Role.RECORDS_KEEPER, by=one)
    with refused("own_rights"):
        approve(grant(other, Role.AUDITOR, by=one), by=other)
    with refused("own_rights"):
        rights.stop_now(one, by=one, at=timezone.now(), reason="休みます")


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.USER_ADMINISTRATOR])
def test_no_other_duty_proposes_approves_or_stops(role: Role, one: User) -> None:
    somebody, about = staff_member(role, office="CHUO"), staff_member()
    proposal = grant(about, Role.MAKER, by=one)

    with refused("not_administrator"):
        grant(about, Role.CHECKER, by=somebody)
    with refused("not_administrator"):
        approve(proposal, by=somebody)
    with refused("not_administrator"):
        rights.stop_now(about, by=somebody, at=timezone.now(), reason="いやがらせ")
    assert Event.objects.filter(actor_id=somebody.pk, result=Result.REFUSED).count() == 3


def test_only_the_proposer_withdraws_and_only_before_the_decision(one: User, other: User) -> None:
    proposal = grant(staff_member(), Role.MAKER, by=one)

    with refused("not_proposer"):
        rights.withdraw(proposal.pk, by=other, at=timezone.now())
    withdrawn = rights.withdraw(proposal.pk, by=one, at=timezone.now())
    assert withdrawn.outcome == Outcome.WITHDRAWN
    with refused("decided"):
        approve(proposal, by=other)
    with refused("decided"):
        rights.withdraw(proposal.pk, by=one, at=timezone.now())


def test_a_rejection_says_why(one: User, other: User) -> None:
    proposal = grant(staff_member(), Role.MAKER, by=one)

    with refused("no_reason"):
        rights.reject(proposal.pk, by=other, at=timezone.now(), reason="  ")
    rejected = rights.reject(proposal.pk, by=other, at=timezone.now(), reason="決裁がない")

    assert (rejected.outcome, rejected.decision_reason) == (Outcome.REJECTED, "決裁がない")
    assert not RoleAssignment.objects.filter(proposal=proposal).exists()


def test_an_administrator_whose_right_has_ended_approves_nothing(one: User, other: User) -> None:
    third = staff_member(Role.USER_ADMINISTRATOR)
    proposal = grant(staff_member(), Role.MAKER, by=one)
    assert third.roles  # what the page knew

    end = propose(
        ProposalKind.END,
        by=one,
        user=third,
        assignment=third.role_assignments.get(),
        ends_on=TODAY() - timedelta(days=1),
    )
    approve(end, by=other)

    with refused("not_administrator"):
        approve(proposal, by=third)


# ── what may not be ──────────────────────────────────────────────────────────────────────────────────────────────


def test_conflicting_duties_are_refused_and_the_reason_names_both(one: User) -> None:
    with refused("conflict") as told:
        grant(staff_member(Role.AUDITOR), Role.NUMBER_VIEWER, by=one)

    assert "番号閲覧者" in str(told.value)
    assert "監査担当" in str(told.value)


def test_a_conflict_that_came_up_while_the_proposal_waited_is_refused_when_approving(one: User, other: User) -> None:
    user = staff_member()
    first, second = grant(user, Role.MAKER, by=one), grant(user, Role.NUMBER_VIEWER, by=one)

    approve(first, by=other)
    with refused("conflict"):
        approve(second, by=other)

    assert Proposal.objects.get(pk=second.pk).outcome == ""


def test_duties_of_different_days_do_not_conflict(one: User, other: User) -> None:
    user = staff_member()
    day = TODAY() + timedelta(days=10)
    approve(grant(user, Role.MAKER, by=one, ends_on=day - timedelta(days=1)), by=other)

    approve(grant(user, Role.NUMBER_VIEWER, by=one, starts_on=day), by=other)

    assert user.role_assignments.count() == 2


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"role": "INTAKE"}, "needs_office"),
        ({"role": "INTAKE", "office": "NOWHERE"}, "unknown_office"),
        ({"role": "MAKER", "programme": "NOTHING"}, "unknown_programme"),
        ({"role": "KING"}, "unknown_role"),
        ({"role": "NUMBER_VIEWER", "network": "10.0.0.300/8"}, "unknown_network"),
        ({"role": "NUMBER_VIEWER", "network": "10.0.0.1/8"}, "unknown_network"),
        ({"role": "MAKER", "starts_on": date(2000, 1, 1)}, "dated_back"),
        ({"role": "MAKER", "ends_on": date(2000, 1, 1)}, "ends_before_start"),
        ({"role": "MAKER", "reason": "  "}, "no_reason"),
        ({"role": "MAKER", "reason": "改行\nと制御\x00文字"}, "control_character"),
        ({"role": "MAKER", "reason": "番号は" + "１２３４" * 3}, "twelve_digits"),
        ({"role": "MAKER", "reason": "長" * 201}, "invalid"),
    ],
)
def test_a_right_that_can_not_be_is_refused_with_its_own_words(parts: dict[str, Any], code: str, one: User) -> None:
    given = {"starts_on": TODAY(), **parts}

    with refused(code) as told:
        propose(ProposalKind.GRANT, by=one, user=staff_member(), **given)

    assert str(told.value).endswith(("。", "）。"))
    assert not Proposal.objects.exists()


def test_the_same_right_is_neither_given_nor_asked_for_twice(one: User, other: User) -> None:
    user = staff_member(Role.MAKER)

    with refused("given_already"):
        grant(user, Role.MAKER, by=one)
    grant(user, Role.CHECKER, by=one)
    with refused("waiting_already"):
        grant(user, Role.CHECKER, by=other)


@pytest.mark.parametrize("login_id", ["", "Ab", "ab", "1abc", "日本", "a b c", "abc\n", "a" * 41])
def test_an_id_that_can_not_be_one_is_refused(login_id: str, one: User) -> None:
    with pytest.raises(rights.Refused):
        propose(ProposalKind.HIRE, by=one, login_id=login_id + "!", display_name="新人")


def test_an_id_is_used_once_for_ever(one: User, other: User) -> None:
    gone = staff_member()
    rights.stop_now(gone, by=one, at=timezone.now(), reason="退職")

    with refused("login_id_taken"):
        propose(ProposalKind.HIRE, by=one, login_id=gone.login_id, display_name="別の人")
    propose(ProposalKind.HIRE, by=one, login_id="atarashii", display_name="新人")
    with refused("waiting_already"):
        propose(ProposalKind.HIRE, by=other, login_id="atarashii", display_name="新人")


def test_a_right_of_somebody_else_is_not_ended_under_this_name(one: User) -> None:
    mine, theirs = staff_member(Role.MAKER), staff_member(Role.MAKER)

    with refused("no_right"):
        propose(ProposalKind.END, by=one, user=mine, assignment=theirs.role_assignments.get(), ends_on=TODAY())


def test_the_last_user_administrator_is_neither_stopped_nor_relieved(one: User, other: User) -> None:
    rights.stop_now(other, by=one, at=timezone.now(), reason="退職")
    emergency = staff_member(Role.USER_ADMINISTRATOR)
    third = staff_member(Role.USER_ADMINISTRATOR)
    rights.stop_now(third, by=one, at=timezone.now(), reason="退職")

    # `emergency` is an ordinary one here: with them gone, `one` is the last
    rights.stop_now(emergency, by=one, at=timezone.now(), reason="退職")
    with pytest.raises(rights.Refused):
        rights.stop_now(one, by=emergency, at=timezone.now(), reason="退職")
    assert User.objects.get(pk=one.pk).is_active


def test_two_administrators_do_not_both_leave_on_one_day(one: User, other: User) -> None:
    third, last = staff_member(Role.USER_ADMINISTRATOR), TODAY() + timedelta(days=30)
    approve(propose(ProposalKind.STOP, by=one, user=third, ends_on=last), by=other)
    approve(propose(ProposalKind.STOP, by=third, user=other, ends_on=last), by=one)

    proposal = propose(ProposalKind.STOP, by=third, user=one, ends_on=last)
    with refused("office_keeps_a_user_administrator"):
        approve(proposal, by=other)

    assert User.objects.get(pk=one.pk).valid_until is None
    assert Proposal.objects.get(pk=proposal.pk).outcome == ""


def test_half_a_pair_of_unused_slips_is_not_issued_again_alone(one: User, other: User) -> None:
    user = hired(one, other)

    for half in (ResetWhat.PASSWORD, ResetWhat.FACTOR):
        with refused("reset_both"):
            propose(ProposalKind.RESET, by=other, user=user, reset=half.value)


def shut(user: User) -> None:
    """Put down as many tries as shut an account."""
    Attempts.objects.create(
        counted_for=attempts._account(user.login_id), tries=attempts.ACCOUNT.shut_after or 0, last_at=timezone.now()
    )
    assert attempts.is_shut(user.login_id)
