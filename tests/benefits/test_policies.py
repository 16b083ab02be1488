"""A4: who may take a step now, and what they are told when they may not."""

from itertools import product

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from benefits import content, policies, workflow
from benefits.choices import Status
from benefits.lifecycle import DECISIONS, STEPS, Action
from benefits.models import Application
from tests.factories import compared, draft, my_number, staff_member, submit, submitted

pytestmark = pytest.mark.django_db

WITHOUT_NUMBER = {"number_given": "NOT_GIVEN", "number_absence_reason": "LEFT_BLANK"}


def refusal_of(action: Action, application: Application, by: User) -> str:
    refusal = policies.why_not(action, application, by=by)
    return refusal.code if refusal else ""


@pytest.mark.parametrize(("action", "role"), list(product(Action, Role)))
def test_a_step_is_open_only_to_the_roles_that_the_table_names(action: Action, role: Role) -> None:
    person = staff_member(role)
    application = Application(status=next(iter(STEPS[action].sources)), editor_ids=[], submitted_by=person)

    is_refused = refusal_of(action, application, person) == "not_permitted"

    assert is_refused is not person.has_perm(STEPS[action].permission)


@pytest.mark.parametrize(
    ("action", "status"), [pair for pair in product(Action, Status) if pair[1] not in STEPS[pair[0]].sources]
)
def test_a_status_from_which_a_step_does_not_start_is_named_to_the_clerk(action: Action, status: Status) -> None:
    everything = staff_member(Role.MAKER, Role.CHECKER)

    refusal = policies.why_not(action, Application(status=status, editor_ids=[]), by=everything)

    assert refusal is not None
    assert refusal.code == "wrong_status"
    assert str(status.label) in refusal.message


@pytest.mark.parametrize("action", sorted(DECISIONS))
def test_nobody_decides_on_what_they_typed_even_with_both_duties(action: Action) -> None:
    both = staff_member(Role.MAKER, Role.CHECKER)

    assert refusal_of(action, submitted(both, **WITHOUT_NUMBER), both) == "own_entry"


@pytest.mark.parametrize("action", sorted(DECISIONS))
def test_whoever_only_submitted_does_not_decide_either(action: Action, maker: User) -> None:
    both = staff_member(Role.MAKER, Role.CHECKER)

    assert refusal_of(action, submit(draft(maker, **WITHOUT_NUMBER), by=both), both) == "own_entry"


def test_an_approval_waits_for_every_tick(maker: User, checker: User) -> None:
    application = submitted(maker, **WITHOUT_NUMBER)
    required = content.to_be_ticked(application.content)
    assert refusal_of(Action.APPROVE, application, checker) == "not_compared"

    for left_out in required:
        workflow.check(
            application.pk,
            by=checker,
            at=timezone.now(),
            revision=application.revision,
            ticked=frozenset(required) - {left_out},
        )
        assert refusal_of(Action.APPROVE, application, checker) == "not_compared"
    compared(application, by=checker)

    assert refusal_of(Action.APPROVE, application, checker) == ""


def test_the_ticks_of_somebody_else_do_not_count(maker: User, checker: User, other_checker: User) -> None:
    application = compared(submitted(maker, **WITHOUT_NUMBER), by=other_checker)

    assert refusal_of(Action.APPROVE, application, checker) == "not_compared"


def test_the_ticks_of_an_earlier_submission_do_not_count(maker: User, checker: User) -> None:
    application = compared(submitted(maker, **WITHOUT_NUMBER), by=checker)
    application = workflow.return_to_maker(
        application.pk, by=checker, at=timezone.now(), revision=application.revision, comments={"": "直してください"}
    )

    application = submit(application, by=maker)

    assert policies.progress_of(application, checker=checker).ticked == frozenset()
    assert refusal_of(Action.APPROVE, application, checker) == "not_compared"


def test_an_approval_waits_for_the_number_to_be_confirmed(maker: User, checker: User) -> None:
    number = my_number()
    application = compared(submitted(maker, number=number), by=checker)
    assert refusal_of(Action.APPROVE, application, checker) == "number_not_confirmed"

    compared(application, by=checker, number=number)

    assert refusal_of(Action.APPROVE, application, checker) == ""


def test_a_number_confirmed_by_somebody_who_then_typed_does_not_do(maker: User, checker: User) -> None:
    both, number = staff_member(Role.MAKER, Role.CHECKER), my_number()
    application = compared(submitted(maker, number=number), by=both, number=number)
    application = workflow.return_to_maker(
        application.pk, by=both, at=timezone.now(), revision=application.revision, comments={"": "直してください"}
    )
    application = workflow.save(
        application.pk,
        by=both,
        at=timezone.now(),
        revision=application.revision,
        entry={**application.entry, "note": "自分で直した"},
    )
    application = compared(submit(application, by=maker), by=checker)

    assert refusal_of(Action.APPROVE, application, checker) == "number_confirmed_by_maker"


def test_only_the_submitter_pulls_back_and_only_before_a_checker_begins(
    maker: User, other_maker: User, checker: User
) -> None:
    application = submitted(maker, **WITHOUT_NUMBER)
    assert refusal_of(Action.PULL_BACK, application, other_maker) == "not_the_submitter"
    assert refusal_of(Action.PULL_BACK, application, maker) == ""

    workflow.check(application.pk, by=checker, at=timezone.now(), revision=application.revision, ticked=frozenset())

    assert refusal_of(Action.PULL_BACK, application, maker) == "being_checked"
