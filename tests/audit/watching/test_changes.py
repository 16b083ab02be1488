"""A rule changes by two people, after a simulation of exactly that, and by nobody it has found something about."""

from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from audit import actions
from audit.models import ChangeOutcome, Event, Result, Rule, RuleChange, RuleProgress, Simulation
from audit.watching import changes, simulation
from audit.watching.refusals import Refused
from tests.audit.watching.test_review import explain, found
from tests.factories import staff_member

pytestmark = pytest.mark.django_db(transaction=True)
STRICTER = {"viewers": 2, "days": 7}
WORDS = "2人でも続けば確かめたいため。"


def rule() -> Rule:
    return Rule.objects.get(pk="W4")


def simulated(by: User, thresholds: dict[str, int] = STRICTER) -> Simulation:
    asked = simulation.ask(rule(), thresholds=thresholds, weeks=4, by=by)
    while simulation.work():
        pass
    asked.refresh_from_db()
    return asked


def proposed(by: User, thresholds: dict[str, int] = STRICTER, *, is_on: bool = True) -> RuleChange:
    return changes.propose(rule(), thresholds=thresholds, is_on=is_on, words=WORDS, by=by)


def why_not(step: Any, *args: Any, **parts: Any) -> str:
    with pytest.raises(Refused) as refused:
        step(*args, **parts)
    return refused.value.refusal.code


def test_one_proposes_and_another_approves_what_was_simulated(auditor: User, keeper: User) -> None:
    run = simulated(auditor)
    change = proposed(auditor)
    assert (change.simulation, change.reason) == (run, WORDS)
    assert rule().thresholds == {"viewers": 3, "days": 7}

    changes.decide(change.pk, outcome="APPROVED", by=keeper)

    assert (rule().thresholds, rule().is_on, rule().change_id) == (STRICTER, True, change.pk)
    approval = Event.objects.get(action=actions.RULE_APPROVED)
    assert approval.details == {"rule": "W4", "status": "ON", "conditions": STRICTER}
    assert [one.outcome for one in changes.history(rule())] == [ChangeOutcome.APPROVED]


def test_switching_off_needs_no_simulation_and_switching_on_begins_with_what_is_new(
    auditor: User, keeper: User
) -> None:
    changes.decide(proposed(auditor, {"viewers": 3, "days": 7}, is_on=False).pk, outcome="APPROVED", by=keeper)
    assert not rule().is_on
    assert why_not(proposed, keeper, {"viewers": 3, "days": 7}) == "not_simulated"
    simulated(keeper, {"viewers": 3, "days": 7})

    changes.decide(proposed(keeper, {"viewers": 3, "days": 7}).pk, outcome="APPROVED", by=auditor)

    assert rule().is_on
    assert RuleProgress.objects.get(pk="W4").position >= 0


def test_a_simulation_of_other_thresholds_is_none(auditor: User) -> None:
    simulated(auditor, {"viewers": 2, "days": 8})

    assert why_not(proposed, auditor) == "not_simulated"


@pytest.mark.parametrize(
    "thresholds",
    [{}, {"viewers": 2}, {**STRICTER, "more": 1}, {"viewers": -1, "days": 7}, {"viewers": 100_001, "days": 7}]
    + [{"viewers": value, "days": 7} for value in (True, "2", 2.5, None)],
)
def test_thresholds_are_the_rules_own_and_numbers(auditor: User, thresholds: dict[str, Any]) -> None:
    assert why_not(proposed, auditor, thresholds, is_on=False) == "unknown_thresholds"
    assert why_not(simulation.ask, rule(), thresholds=thresholds, weeks=4, by=auditor) == "unknown_thresholds"


def test_nobody_decides_their_own_proposal_nor_twice_nor_anothers_withdrawal(auditor: User, keeper: User) -> None:
    change = proposed(auditor, is_on=False)

    assert why_not(changes.decide, change.pk, outcome="APPROVED", by=auditor) == "own_proposal"
    assert why_not(changes.decide, change.pk, outcome="WITHDRAWN", by=keeper) == "not_own_proposal"
    assert why_not(changes.decide, change.pk, outcome="MAYBE", by=keeper) == "unknown_outcome"
    assert why_not(proposed, keeper, is_on=False) == "one_waits"
    changes.decide(change.pk, outcome="WITHDRAWN", by=auditor)
    assert why_not(changes.decide, change.pk, outcome="REJECTED", by=keeper) == "decided"
    refusals = Event.objects.filter(action=actions.RULE_REFUSED, result=Result.REFUSED)
    assert [one.details["code"] for one in refusals.order_by("at", "id")] == [
        "own_proposal",
        "not_own_proposal",
        "unknown_outcome",
        "one_waits",
        "decided",
    ]


def test_a_rejected_change_changes_nothing(auditor: User, keeper: User) -> None:
    changes.decide(proposed(auditor, is_on=False).pk, outcome="REJECTED", by=keeper)

    assert (rule().thresholds, rule().is_on) == ({"viewers": 3, "days": 7}, True)


def test_whoever_may_not_change_rules_neither_proposes_decides_nor_simulates(
    auditor: User, head: User, clerk: User
) -> None:
    change = proposed(auditor, is_on=False)

    for one in (head, clerk):
        assert why_not(changes.decide, change.pk, outcome="APPROVED", by=one) == "not_permitted"
        assert why_not(simulation.ask, rule(), thresholds=STRICTER, weeks=4, by=one) == "not_permitted"


def test_nobody_touches_a_rule_that_has_found_something_about_them(auditor: User, keeper: User, head: User) -> None:
    hit = found(auditor, rule="W4", is_of_watchers=True)

    assert why_not(proposed, auditor, is_on=False) == "about_oneself"
    change = proposed(keeper, is_on=False)
    assert why_not(changes.decide, change.pk, outcome="APPROVED", by=auditor) == "about_oneself"
    explain(hit, head)
    assert changes.decide(change.pk, outcome="APPROVED", by=auditor).outcome == ChangeOutcome.APPROVED


def test_unchanged_and_unreasoned_proposals_are_refused(auditor: User) -> None:
    assert why_not(proposed, auditor, {"viewers": 3, "days": 7}) == "unchanged"
    assert (
        why_not(changes.propose, rule(), thresholds=STRICTER, is_on=False, words="短い", by=auditor) == "too_few_words"
    )


def test_every_rule_stands_with_what_waits_for_it(auditor: User) -> None:
    change = proposed(auditor, is_on=False)

    standings = changes.standings()

    assert [one.rule.pk for one in standings] == [f"W{number}" for number in range(1, 17)]
    assert [one.waiting for one in standings if one.waiting] == [change]


# past the application


def raw(**parts: Any) -> str:
    """Write a proposal with plain SQL and return what the database says to it."""
    with pytest.raises(DatabaseError) as refused, transaction.atomic():
        RuleChange.objects.create(rule=rule(), sealed_reason=b"x", **parts)
    return str(refused.value)


def test_the_database_takes_no_proposal_of_others_none_decided_none_unsimulated(
    auditor: User, keeper: User, clerk: User
) -> None:
    assert "proposed_by_an_auditor_or_keeper" in raw(thresholds=STRICTER, is_on=False, proposed_by_id=clerk.pk)
    assert "rule_is_simulated_first" in raw(thresholds=STRICTER, is_on=True, proposed_by_id=auditor.pk)
    other = simulated(auditor, {"viewers": 2, "days": 8})
    assert "rule_is_simulated_first" in raw(
        thresholds=STRICTER, is_on=True, proposed_by_id=auditor.pk, simulation=other
    )
    assert "begins_undecided" in raw(
        thresholds=STRICTER,
        is_on=False,
        proposed_by_id=auditor.pk,
        outcome="APPROVED",
        decided_by_id=keeper.pk,
        decided_at=timezone.now(),
    )
    assert "watching_is_on_record" in raw(thresholds=STRICTER, is_on=False, proposed_by_id=auditor.pk)
    found(auditor, rule="W4")
    assert "proposed_by_an_auditor_or_keeper" in raw(thresholds=STRICTER, is_on=False, proposed_by_id=auditor.pk)


@pytest.mark.parametrize(
    ("parts", "guard"),
    [
        ({"by": "auditor"}, "rule_change_is_decided_by_a_second_person"),
        ({"by": "clerk"}, "decided_by_an_auditor_or_keeper"),
        ({"by": "keeper"}, "watching_is_on_record"),
        ({"by": "keeper", "thresholds": {"viewers": 99, "days": 7}}, "rule_change_is_not_changed"),
    ],
)
def test_the_database_takes_no_decision_of_others(
    request: pytest.FixtureRequest, auditor: User, parts: dict[str, Any], guard: str
) -> None:
    change = proposed(auditor, is_on=False)
    by = request.getfixturevalue(parts.pop("by"))

    with pytest.raises(DatabaseError, match=guard), transaction.atomic():
        RuleChange.objects.filter(pk=change.pk).update(
            outcome="APPROVED", decided_by_id=by.pk, decided_at=timezone.now(), **parts
        )


def test_a_rule_follows_only_its_own_change_in_the_same_transaction(auditor: User, keeper: User) -> None:
    change = proposed(auditor, is_on=False)
    changes.decide(change.pk, outcome="APPROVED", by=keeper)

    for one in ({"is_on": True}, {"thresholds": {"viewers": 9, "days": 9}}, {"severity": "REVIEW"}):
        with pytest.raises(DatabaseError):
            Rule.objects.filter(pk="W4").update(**one)
    with pytest.raises(DatabaseError):
        Rule.objects.filter(pk="W5").update(change_id=change.pk, is_on=False)


def test_a_simulation_ends_once_and_begins_empty(auditor: User) -> None:
    run = simulated(auditor)

    for one in ({"total": 7}, {"thresholds": STRICTER | {"days": 1}}, {"state": "RUNNING"}):
        with pytest.raises(DatabaseError):
            Simulation.objects.filter(pk=run.pk).update(**one)
    with pytest.raises(DatabaseError):
        Simulation.objects.create(rule=rule(), thresholds=STRICTER, weeks=4, asked_by_id=auditor.pk, state="DONE")


def test_whoever_stopped_holding_their_duty_decides_nothing(auditor: User) -> None:
    change = proposed(auditor, is_on=False)
    former = staff_member(Role.ISSUER)

    with pytest.raises(DatabaseError, match="decided_by_an_auditor_or_keeper"), transaction.atomic():
        RuleChange.objects.filter(pk=change.pk).update(
            outcome="REJECTED", decided_by_id=former.pk, decided_at=timezone.now()
        )
