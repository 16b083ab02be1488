"""A simulation says what a rule would have raised, week by week, in the background, and raises nothing."""

import uuid
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.utils import timezone

from accounts.models import User
from audit.models import Hit, Rule, Simulation, SimulationState
from audit.watching import samples, simulation
from audit.watching.refusals import Refused
from audit.watching.rules import start_of
from tests.audit.watching.history import happened, look, write
from tests.audit.watching.office_of_rules import VIEW
from tests.conftest import Office

pytestmark = pytest.mark.django_db(transaction=True)


def curiosity(*staff: User, weeks_ago: int) -> list[dict[str, Any]]:
    """Return how all of ``staff`` open one person's record on one day."""
    person = uuid.uuid4()
    monday = start_of(samples.week_of(timezone.localdate()) - timedelta(weeks=weeks_ago))
    return [
        happened(VIEW, at=monday + timedelta(hours=9 + step), by=by, person=person, explanation="E0")
        for step, by in enumerate(staff)
    ]


@pytest.mark.parametrize("piece", [2, 5000])
def test_it_counts_by_week_with_examples_whatever_the_piece(
    office: Office,
    superuser_connection: psycopg.Connection[Any],
    clerk: User,
    colleague: User,
    third: User,
    auditor: User,
    monkeypatch: pytest.MonkeyPatch,
    piece: int,
) -> None:
    everybody = (clerk, colleague, third)
    entries = [
        *curiosity(*everybody, weeks_ago=3),
        *curiosity(*everybody, weeks_ago=2),
        *curiosity(*everybody, weeks_ago=2),
        *curiosity(clerk, colleague, weeks_ago=1),
        *curiosity(*everybody, weeks_ago=20),
    ]
    write(superuser_connection, entries)
    look(office)
    raised = Hit.objects.count()
    monkeypatch.setattr(simulation, "PIECE", piece)

    asked = simulation.ask(Rule.objects.get(pk="W4"), thresholds={"viewers": 3, "days": 7}, weeks=8, by=auditor)
    shares = []
    while simulation.work():
        shares.append(simulation.one(asked.pk).share_done)

    done = simulation.one(asked.pk)
    assert (done.state, done.total, done.per_week_average) == (SimulationState.DONE, 3, 3 / 8)
    assert [count for _week, count in done.week_rows] == [1, 2]
    assert shares == sorted(shares)
    assert shares[-1] == 100
    assert all(example["sentence"].startswith("7日間で3人が、") for example in done.examples)
    assert Hit.objects.count() == raised


def test_stricter_thresholds_find_more(
    office: Office,
    superuser_connection: psycopg.Connection[Any],
    clerk: User,
    colleague: User,
    auditor: User,
) -> None:
    write(superuser_connection, curiosity(clerk, colleague, weeks_ago=1))
    look(office)

    totals = []
    for viewers in (3, 2):
        asked = simulation.ask(
            Rule.objects.get(pk="W4"), thresholds={"viewers": viewers, "days": 7}, weeks=8, by=auditor
        )
        while simulation.work():
            pass
        totals.append(Simulation.objects.get(pk=asked.pk).total)

    assert totals == [0, 1]


@pytest.mark.parametrize("weeks", [0, -1, 54])
def test_it_goes_back_a_year_at_most(auditor: User, weeks: int) -> None:
    with pytest.raises(Refused) as refused:
        simulation.ask(Rule.objects.get(pk="W4"), thresholds={"viewers": 3, "days": 7}, weeks=weeks, by=auditor)

    assert refused.value.refusal.code == "unknown_weeks"


def test_one_at_a_time_for_each(auditor: User, keeper: User) -> None:
    rule = Rule.objects.get(pk="W4")
    simulation.ask(rule, thresholds=rule.thresholds, weeks=4, by=auditor)

    with pytest.raises(Refused):
        simulation.ask(rule, thresholds=rule.thresholds, weeks=4, by=auditor)
    assert simulation.ask(rule, thresholds=rule.thresholds, weeks=4, by=keeper)
