"""Whoever speaks to the database as the application, past all its code, still needs two people for a right (A1)."""

from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts import actions, rights
from accounts.models import Proposal, RoleAssignment, User
from accounts.models.rights import ProposalKind
from accounts.roles import CONFLICTS, Role
from audit import journal
from tests.conftest import Office
from tests.factories import staff_member
from tests.racing import together

pytestmark = pytest.mark.django_db(transaction=True)

PROPOSE = """
    INSERT INTO accounts_proposal (id, kind, user_id, assignment_id, role, office, programme, network, starts_on,
        ends_on, login_id, display_name, section, reset, reason, decision_number, proposed_by_id, outcome,
        decision_reason, decided_by_id, decided_at)
    VALUES (gen_random_uuid(), %(kind)s, %(user)s, %(assignment)s, %(role)s, '', '', '', %(starts_on)s, %(ends_on)s,
        %(login_id)s, %(display_name)s, '', %(reset)s, 'forged', '', %(by)s, %(outcome)s,
        '', %(decided_by)s, %(decided_at)s)
    RETURNING id
"""
GIVE = """
    INSERT INTO accounts_roleassignment (user_id, role, office, programme, network, starts_on, ends_on, proposal_id)
    VALUES (%s, %s, '', '', '', %s, NULL, %s)
"""
EMPTY = {
    "kind": "GRANT",
    "user": None,
    "assignment": None,
    "role": "",
    "starts_on": None,
    "ends_on": None,
    "login_id": "",
    "display_name": "",
    "reset": "",
    "by": None,
    "outcome": "",
    "decided_by": None,
    "decided_at": None,
}


@pytest.fixture
def one(db: None) -> User:
    """A user administrator."""
    return staff_member(Role.USER_ADMINISTRATOR)


@pytest.fixture
def other(db: None) -> User:
    """Another one."""
    return staff_member(Role.USER_ADMINISTRATOR)


def run(statement: str, parameters: Any = ()) -> list[Any]:
    """Say it to the database as the application's role, in the transaction that is open or one of its own."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []


def refuses(guard: str) -> Any:
    return pytest.raises(DatabaseError, match=guard)


def today(days: int = 0) -> Any:
    return timezone.localdate() + timedelta(days=days)


def propose(by: User, user: User | None = None, **parts: Any) -> Any:
    """Write a proposal by hand, with its entry of the record."""
    kind = parts.get("kind", "GRANT")
    defaults = {"role": "MAKER", "starts_on": today()} if kind == "GRANT" else {}
    with transaction.atomic():
        (row,) = run(PROPOSE, EMPTY | defaults | {"by": by.pk, "user": user.pk if user else None} | parts)
        write(actions.PROPOSAL_MADE, by=by, proposal=row[0])
    return row[0]


def write(action: str, *, by: User, proposal: Any) -> None:
    journal.record(action, by=by, subject=journal.Subject(kind="accounts.proposal", id=str(proposal)))


def decide(proposal: Any, outcome: str, by: User) -> None:
    """Decide by hand, with the entry, in the transaction that is open."""
    run(
        "UPDATE accounts_proposal SET outcome = %s, decided_by_id = %s, decided_at = now() WHERE id = %s",
        [outcome, by.pk, proposal],
    )
    write(f"accounts.proposal.{outcome.lower()}", by=by, proposal=proposal)


# ── proposals ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_by_hand_two_people_can_do_what_two_people_can(one: User, other: User) -> None:
    user = staff_member()
    proposal = propose(one, user)

    with transaction.atomic():
        decide(proposal, "APPROVED", other)
        run(GIVE, [user.pk, "MAKER", today(), proposal])

    assert User.objects.get(pk=user.pk).roles == (Role.MAKER,)


@pytest.mark.parametrize("outcome", ["APPROVED", "REJECTED"])
def test_one_person_does_not_decide_their_own_proposal(outcome: str, one: User) -> None:
    proposal = propose(one, staff_member())

    with refuses("proposal_is_decided_by_a_second_person"), transaction.atomic():
        decide(proposal, outcome, one)


def test_nobody_proposes_their_own_right(one: User) -> None:
    with refuses("proposal_is_not_about_its_proposer"):
        propose(one, one, role="SECTION_HEAD")


def test_nobody_approves_their_own_right(one: User, other: User) -> None:
    proposal = propose(one, other, role="SECTION_HEAD")

    with refuses("proposal_is_not_about_its_decider"), transaction.atomic():
        decide(proposal, "APPROVED", other)


def test_a_proposer_who_is_no_user_administrator_is_refused(one: User) -> None:
    with refuses("proposal_is_made_by_a_user_administrator"):
        propose(staff_member(Role.MAKER), staff_member())


def test_a_decider_who_is_no_user_administrator_is_refused(one: User) -> None:
    proposal = propose(one, staff_member())

    with refuses("proposal_is_decided_by_a_user_administrator"), transaction.atomic():
        decide(proposal, "APPROVED", staff_member(Role.MAKER))


def test_a_user_administrator_who_was_stopped_neither_proposes_nor_decides(
    one: User, other: User, stop: Callable[[User], None]
) -> None:
    proposal = propose(one, staff_member())
    stop(other)

    with refuses("proposal_is_decided_by_a_user_administrator"), transaction.atomic():
        decide(proposal, "APPROVED", other)
    with refuses("proposal_is_made_by_a_user_administrator"):
        propose(other, staff_member())


def test_a_proposal_without_its_entry_is_undone_at_commit(one: User) -> None:
    with refuses("proposal_is_on_record"), transaction.atomic():
        run(PROPOSE, EMPTY | {"role": "MAKER", "starts_on": today(), "by": one.pk, "user": staff_member().pk})

    assert not Proposal.objects.exists()


def test_a_proposal_in_another_persons_name_needs_an_entry_in_that_name(one: User, other: User) -> None:
    with refuses("proposal_is_on_record"), transaction.atomic():
        (row,) = run(
            PROPOSE, EMPTY | {"role": "MAKER", "starts_on": today(), "by": other.pk, "user": staff_member().pk}
        )
        write(actions.PROPOSAL_MADE, by=one, proposal=row[0])


def test_a_decision_without_its_entry_is_undone_at_commit(one: User, other: User) -> None:
    proposal = propose(one, staff_member())

    with refuses("proposal_is_on_record"), transaction.atomic():
        run(
            "UPDATE accounts_proposal SET outcome = 'REJECTED', decided_by_id = %s, decided_at = now() WHERE id = %s",
            [other.pk, proposal],
        )


def test_a_proposal_that_begins_decided_is_refused(one: User, other: User) -> None:
    with refuses("proposal_begins_undecided"):
        propose(one, staff_member(), outcome="APPROVED", decided_by=other.pk, decided_at=timezone.now())


@pytest.mark.parametrize(
    "change", ["role = 'CHECKER'", "reason = 'other'", "proposed_at = now() - interval '1 year'", "office = 'CHUO'"]
)
def test_a_proposal_is_not_changed_while_it_waits(change: str, one: User) -> None:
    proposal = propose(one, staff_member())

    with refuses("proposal_is_not_changed"):
        run(f"UPDATE accounts_proposal SET {change} WHERE id = %s", [proposal])


@pytest.mark.parametrize(
    "change", ["role = 'CHECKER'", "outcome = ''", "decision_reason = 'x'", "outcome = 'APPROVED'"]
)
def test_a_decided_proposal_is_not_changed(change: str, one: User, other: User) -> None:
    proposal = propose(one, staff_member())
    with transaction.atomic():
        decide(proposal, "REJECTED", other)

    with refuses("proposal_is_decided_once"):
        run(f"UPDATE accounts_proposal SET {change} WHERE id = %s", [proposal])


def test_a_decision_is_dated_by_the_database(one: User, other: User) -> None:
    proposal = propose(one, staff_member())

    with transaction.atomic():
        run(
            "UPDATE accounts_proposal SET outcome = 'REJECTED', decided_by_id = %s, decided_at = '2001-01-01'"
            " WHERE id = %s",
            [other.pk, proposal],
        )
        write(actions.PROPOSAL_REJECTED, by=other, proposal=proposal)

    decided = Proposal.objects.get(pk=proposal).decided_at
    assert decided is not None
    assert decided > timezone.now() - timedelta(minutes=5)


@pytest.mark.parametrize(
    "parts",
    [
        {"kind": "GRANT", "role": "MAKER", "starts_on": -1},
        {"kind": "END", "ends_on": -2},
        {"kind": "STOP", "ends_on": -1},
    ],
)
def test_nothing_is_dated_back(parts: dict[str, Any], one: User) -> None:
    user = staff_member(Role.CHECKER)
    dated = {key: today(value) if key.endswith("_on") else value for key, value in parts.items()}
    if parts["kind"] == "END":
        dated["assignment"] = user.role_assignments.get().pk

    with refuses("proposal_is_not_dated_back"):
        propose(one, user, **dated)


def test_a_right_of_somebody_else_is_not_ended_under_a_name(one: User) -> None:
    theirs = staff_member(Role.MAKER).role_assignments.get()

    with refuses("proposal_ends_a_right_of_its_person"):
        propose(one, staff_member(), kind="END", assignment=theirs.pk, ends_on=today())


# ── rights ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_right_without_a_proposal_is_refused(one: User) -> None:
    with refuses("right_follows_a_proposal"):
        run(GIVE, [staff_member().pk, "MAKER", today(), None])


def test_a_right_on_a_proposal_that_waits_or_was_rejected_is_refused(one: User, other: User) -> None:
    user = staff_member()
    proposal = propose(one, user)

    with refuses("right_follows_a_proposal"):
        run(GIVE, [user.pk, "MAKER", today(), proposal])
    with transaction.atomic():
        decide(proposal, "REJECTED", other)
    with refuses("right_follows_a_proposal"):
        run(GIVE, [user.pk, "MAKER", today(), proposal])


def test_a_right_is_given_in_the_transaction_of_its_approval_and_not_later(one: User, other: User) -> None:
    user = staff_member()
    proposal = propose(one, user)
    with transaction.atomic():
        decide(proposal, "APPROVED", other)

    with refuses("right_follows_a_proposal"):
        run(GIVE, [user.pk, "MAKER", today(), proposal])


@pytest.mark.parametrize("given", [("CHECKER", 0, False), ("MAKER", 1, False), ("MAKER", 0, True)])
def test_a_right_is_the_one_that_was_approved(given: tuple[str, int, bool], one: User, other: User) -> None:
    user, role, day, is_other = staff_member(), *given
    proposal = propose(one, user)
    whose = staff_member() if is_other else user

    with refuses("right_follows_a_proposal"), transaction.atomic():
        decide(proposal, "APPROVED", other)
        run(GIVE, [whose.pk, role, today(day), proposal])


@pytest.mark.parametrize(("first", "second"), sorted(tuple(sorted(pair)) for pair in CONFLICTS))
def test_conflicting_duties_are_refused_to_the_owner_too(
    first: Role, second: Role, owner_connection: psycopg.Connection[Any]
) -> None:
    user = staff_member(first, office="CHUO")

    with pytest.raises(psycopg.errors.CheckViolation, match="roles_of_one_person_do_not_conflict"):
        owner_connection.execute(
            "INSERT INTO accounts_roleassignment (user_id, role, office, programme, network)"
            " VALUES (%s, %s, '', '', '')",
            [user.pk, second.value],
        )


def test_of_two_conflicting_rights_given_at_once_one_stays(one: User, other: User) -> None:
    user = staff_member()
    proposals = [
        rights.propose(
            ProposalKind.GRANT, by=one, at=timezone.now(), reason="同時", user=user, role=role, starts_on=today()
        )
        for role in ("MAKER", "NUMBER_VIEWER")
    ]

    def give(proposal: Proposal) -> None:
        with transaction.atomic():
            decide(proposal.pk, "APPROVED", other)
            run(GIVE, [user.pk, proposal.role, today(), proposal.pk])

    outcomes = together(*(lambda proposal=proposal: give(proposal) for proposal in proposals))

    assert user.role_assignments.count() == 1
    assert sorted(outcome is None for outcome in outcomes) == [False, True]
    (error,) = (outcome for outcome in outcomes if outcome is not None)
    assert "roles_of_one_person_do_not_conflict" in str(error)


@pytest.mark.parametrize(
    "change",
    [
        "role = 'CHECKER'",
        "user_id = user_id + 1",
        "starts_on = '2001-01-01'",
        "ends_on = '2099-01-01'",
        "network = '0.0.0.0/0'",
        "given_at = '2001-01-01'",
    ],
)
def test_a_right_is_not_changed(change: str) -> None:
    given = staff_member(Role.MAKER).role_assignments.get()

    with refuses("right_is_ended_and_never_changed"):
        run(f"UPDATE accounts_roleassignment SET {change} WHERE id = %s", [given.pk])


def test_a_right_is_not_ended_without_a_proposal_nor_revived(one: User, other: User) -> None:
    user = staff_member(Role.MAKER)
    given = user.role_assignments.get()
    end = propose(one, user, kind="END", assignment=given.pk, ends_on=today())

    with refuses("right_ends_by_proposal"):
        run(
            "UPDATE accounts_roleassignment SET ended_on = %s, ended_by_id = %s WHERE id = %s",
            [today(), end, given.pk],
        )
    rights.approve(end, by=other, at=timezone.now())
    with refuses("right_ends_by_proposal"):
        run("UPDATE accounts_roleassignment SET ended_on = NULL, ended_by_id = NULL WHERE id = %s", [given.pk])


def test_a_right_is_not_suspended_without_a_review() -> None:
    given = staff_member(Role.MAKER).role_assignments.get()

    with refuses("right_is_suspended_by_an_unanswered_review"):
        run("UPDATE accounts_roleassignment SET suspended_at = now() WHERE id = %s", [given.pk])


@pytest.mark.parametrize("table", ["roleassignment", "proposal", "user", "staffbatch", "staffsession"])
def test_nothing_is_deleted(table: str, one: User) -> None:
    with refuses("permission denied"):
        run(f"DELETE FROM accounts_{table}")


# ── people ───────────────────────────────────────────────────────────────────────────────────────────────────────

HIRE = """
    INSERT INTO accounts_user (password, login_id, display_name, section, is_active, is_emergency)
    VALUES (%(password)s, %(login_id)s, %(display_name)s, '', true, %(is_emergency)s)
"""
NEW = {"password": "!none", "login_id": "nise", "display_name": "偽", "is_emergency": False}


def test_nobody_is_hired_without_a_proposal(one: User) -> None:
    with refuses("person_is_hired_by_proposal"):
        run(HIRE, NEW)


@pytest.mark.parametrize(
    "change", [{"login_id": "betsu"}, {"display_name": "別"}, {"is_emergency": True}, {"password": "argon2$known"}]
)
def test_whoever_is_hired_is_the_one_that_was_approved_and_has_no_password_yet(
    change: dict[str, Any], one: User, other: User
) -> None:
    proposal = propose(one, kind="HIRE", login_id="nise", display_name="偽")

    with refuses("person_is_hired_by_proposal"), transaction.atomic():
        decide(proposal, "APPROVED", other)
        run(HIRE, NEW | change)


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        ("login_id = 'other'", "person_stays_who_they_are"),
        ("is_emergency = true", "person_stays_who_they_are"),
        ("key_handle = gen_random_uuid()", "person_stays_who_they_are"),
        ("joined_at = '2001-01-01'", "person_stays_who_they_are"),
        ("display_name = '別人'", "person_moves_by_proposal"),
        ("section = '別課'", "person_moves_by_proposal"),
        ("valid_until = '2099-01-01'", "person_returns_by_proposal"),
        ("password = 'x'", "person_change_is_on_record"),
        ("must_change_password = 'FIRST'", "person_change_is_on_record"),
        ("enrolment_digest = 'x'", "person_change_is_on_record"),
        ("is_active = false", "person_change_is_on_record"),
    ],
)
def test_a_person_is_not_changed_off_the_record(change: str, guard: str) -> None:
    user = staff_member()

    with refuses(guard):
        run(f"UPDATE accounts_user SET {change} WHERE id = %s", [user.pk])


def test_somebody_stopped_does_not_come_back_without_a_proposal(stop: Callable[[User], None]) -> None:
    user = staff_member()
    stop(user)

    with refuses("person_returns_by_proposal"), transaction.atomic():
        run("UPDATE accounts_user SET is_active = true WHERE id = %s", [user.pk])
        journal.record(actions.STAFF_RESUMED, by=user, subject=user)


def test_an_approved_stop_does_not_bring_somebody_back(one: User, other: User) -> None:
    user = staff_member()
    rights.stop_now(user, by=one, at=timezone.now(), reason="退職")
    proposal = propose(one, user, kind="STOP")

    with refuses("person_returns_by_proposal"), transaction.atomic():
        decide(proposal, "APPROVED", other)
        run("UPDATE accounts_user SET is_active = true WHERE id = %s", [user.pk])
        journal.record(actions.STAFF_STOPPED, by=other, subject=user)


def test_a_factor_is_not_changed_off_the_record() -> None:
    user = staff_member()

    for statement in (
        "DELETE FROM accounts_codedevice WHERE user_id = %s",
        "UPDATE accounts_codedevice SET sealed_seed = ''::bytea WHERE user_id = %s",
        "INSERT INTO accounts_recoverysheet (name, confirmed, user_id, made_at) VALUES ('x', true, %s, now())",
    ):
        with refuses("factor_change_is_on_record"):
            run(statement, [user.pk])


# ── the last user administrator ──────────────────────────────────────────────────────────────────────────────────


def stop_by_hand(user: User, *, by: User) -> None:
    with transaction.atomic():
        run("UPDATE accounts_user SET is_active = false WHERE id = %s", [user.pk])
        journal.record(actions.STAFF_STOPPED, by=by, subject=user)


def test_the_last_user_administrator_is_not_stopped(one: User, other: User) -> None:
    stop_by_hand(other, by=one)

    with refuses("office_keeps_a_user_administrator"):
        stop_by_hand(one, by=other)

    assert User.objects.get(pk=one.pk).is_active


def test_of_the_last_two_stopping_each_other_at_once_one_stays(one: User, other: User) -> None:
    outcomes = together(lambda: stop_by_hand(other, by=one), lambda: stop_by_hand(one, by=other))

    assert User.objects.filter(pk__in=[one.pk, other.pk], is_active=True).count() == 1
    assert sum(outcome is None for outcome in outcomes) == 1


def test_of_the_last_two_relieved_at_once_one_stays(one: User, other: User) -> None:
    third = staff_member(Role.USER_ADMINISTRATOR)
    ends = [
        propose(by, user, kind="END", assignment=user.role_assignments.get().pk, ends_on=today())
        for user, by in ((one, third), (other, third))
    ]
    stop_by_hand(third, by=one)

    def end(proposal: Any, user: User, by: User) -> None:
        with transaction.atomic():
            decide(proposal, "APPROVED", by)
            run(
                "UPDATE accounts_roleassignment SET ended_on = %s, ended_by_id = %s WHERE user_id = %s",
                [today(), proposal, user.pk],
            )

    outcomes = together(lambda: end(ends[0], one, other), lambda: end(ends[1], other, one))

    assert RoleAssignment.objects.filter(user__in=[one, other], ended_on__isnull=True).count() == 1
    assert sum(outcome is None for outcome in outcomes) == 1


def test_the_owner_needs_no_proposal_to_set_an_office_up(
    as_owner: Callable[[], AbstractContextManager[None]],
) -> None:
    with as_owner():
        user = User(login_id="hajime", display_name="初")
        user.set_password("x" * 20)
        user.save()
        RoleAssignment.objects.create(user=user, role=Role.USER_ADMINISTRATOR)

    assert User.objects.get(pk=user.pk).roles == (Role.USER_ADMINISTRATOR,)


def test_the_application_may_not_call_the_guards_questions(office: Office) -> None:
    with closing(psycopg.connect(**office.app.as_psycopg(autocommit=True))) as own:
        for question in ("accounts_holds(1, 'MAKER')", "accounts_is_owner()", "accounts_conflict('A', 'B')"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                own.execute(f"SELECT {question}")


# ── what a reviewer tried ────────────────────────────────────────────────────────────────────────────────────────


def test_a_transaction_that_sees_the_past_gives_no_right(one: User, other: User, office: Office) -> None:
    user = staff_member()
    proposal = propose(one, user, role="NUMBER_VIEWER")

    with closing(psycopg.connect(**office.app.as_psycopg(autocommit=True))) as own:
        own.execute("SET default_transaction_isolation = 'repeatable read'")
        with pytest.raises(psycopg.errors.CheckViolation, match="rights_change_in_read_committed"):
            own.execute(
                "UPDATE accounts_proposal SET outcome = 'APPROVED', decided_by_id = %s, decided_at = now()"
                " WHERE id = %s",
                [other.pk, proposal],
            )


def test_a_right_that_has_ended_is_not_revived_by_ending_it_again(one: User, other: User) -> None:
    user = staff_member(Role.ISSUER)
    right = RoleAssignment.objects.get(user=user)
    for last_day, guard in ((today(), ""), (today(900), "right_ends_once")):
        proposal = propose(one, user, kind="END", assignment=right.pk, ends_on=last_day)
        statement = "UPDATE accounts_roleassignment SET ended_on = %s, ended_by_id = %s WHERE id = %s"
        if guard:
            with refuses(guard), transaction.atomic():
                decide(proposal, "APPROVED", other)
                run(statement, [last_day, proposal, right.pk])
        else:
            with transaction.atomic():
                decide(proposal, "APPROVED", other)
                run(statement, [last_day, proposal, right.pk])


@pytest.mark.parametrize(
    "change",
    [
        "is_active = false",
        "password = 'md5$a$b'",
        "temporary_until = '2099-01-01'",
        "enrolment_until = '2099-01-01'",
        "must_change_password = 'RESET'",
    ],
)
def test_having_looked_at_somebody_does_not_put_a_change_of_them_on_record(change: str, one: User) -> None:
    user = staff_member()

    with refuses("person_change_is_on_record"), transaction.atomic():
        journal.record(actions.STAFF_VIEWED, by=one, subject=user)
        run(f"UPDATE accounts_user SET {change} WHERE id = %s", [user.pk])


def test_somebody_who_is_no_administrator_stops_nobody(one: User, other: User) -> None:
    clerk = staff_member(Role.MAKER)

    with refuses("person_change_is_on_record"), transaction.atomic():
        journal.record(actions.STAFF_STOPPED, by=clerk, subject=one)
        run("UPDATE accounts_user SET is_active = false WHERE id = %s", [one.pk])


def test_an_emergency_account_is_stopped_by_nobody_but_the_owner(
    one: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    sealed = staff_member(Role.USER_ADMINISTRATOR)
    superuser_connection.execute("UPDATE accounts_user SET is_emergency = true WHERE id = %s", [sealed.pk])

    with refuses("emergency_account_is_the_owners"), transaction.atomic():
        journal.record(actions.STAFF_STOPPED, by=one, subject=sealed)
        run("UPDATE accounts_user SET is_active = false WHERE id = %s", [sealed.pk])
    sealed.refresh_from_db()
    with pytest.raises(rights.Refused) as refused:
        rights.stop_now(sealed, by=one, at=timezone.now(), reason="試し")
    assert refused.value.refusal.code == "emergency"


def test_a_stop_never_lengthens_a_stay(one: User, other: User, superuser_connection: psycopg.Connection[Any]) -> None:
    user = staff_member()
    superuser_connection.execute("UPDATE accounts_user SET valid_until = %s WHERE id = %s", [today(-1), user.pk])
    proposal = propose(one, user, kind="STOP", ends_on=today(30))

    with refuses("person_returns_by_proposal"), transaction.atomic():
        decide(proposal, "APPROVED", other)
        run("UPDATE accounts_user SET valid_until = %s WHERE id = %s", [today(30), user.pk])
