"""Findings and samples as the watching leaves them, made without waiting for a rule to find something."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from audit import actions, journal
from audit.models import Event, Hit, Rule, Sample, SampledView, Simulation, SimulationState
from audit.watching import reading

VIEWED = "benefits.person.viewed"


def viewed(by: User, *, person_id: UUID | None = None, explanation: str = "E0") -> Event:
    """Let somebody look at a resident."""
    return journal.record(VIEWED, by=by, person_id=person_id, explanation=explanation)


def found(
    rule: str = "W8",
    *,
    about: User,
    person_id: UUID | None = None,
    at: datetime | None = None,
    severity: str = "REVIEW",
    events: list[Event] | None = None,
    is_of_watchers: bool = False,
    kind: str = "",
    **data: Any,
) -> Hit:
    """Return something that a rule found about somebody, of their section, with the entries that it is about."""
    events = events if events is not None else [viewed(about, person_id=person_id)]
    hit = Hit(
        rule_id=rule,
        kind=kind,
        severity=severity,
        actor_id=about.pk,
        actor_roles=about.role_codes,
        people=[about.pk],
        section=about.section,
        is_of_watchers=is_of_watchers,
        person_id=person_id,
        happened_at=at or timezone.now(),
        events=[event.pk for event in events],
        data=data or {"days": 4, "within_days": 30},
    )
    hit.key = str(hit.pk)
    with transaction.atomic():
        hit.save(force_insert=True)
        journal.record(
            actions.HIT_RAISED,
            by=None,
            subject=journal.Subject(kind="audit.hit", id=str(hit.pk)),
            details={"rule": rule, "severity": severity},
        )
    return hit


def drawn(*viewers: User, section: str = "健康課", week: date | None = None) -> Sample:
    """Return a draw of one explained view of each of ``viewers``."""
    monday = timezone.localdate() - timedelta(days=timezone.localdate().weekday() + 7)
    sample = Sample.objects.create(
        week=week or monday, section=section, seed="5e" * 32, seed_size=1000, population=len(viewers) * 10
    )
    for rank, viewer in enumerate(viewers, start=1):
        event = viewed(viewer, explanation="E2")
        SampledView.objects.create(
            sample=sample, rank=rank, event_id=event.pk, event_at=event.at, actor_id=viewer.pk, explanation="E2"
        )
    return sample


def simulated(code: str, thresholds: dict[str, int], *, by: User, total: int = 6, weeks: int = 8) -> Simulation:
    """Return a simulation that has ended."""
    rule = Rule.objects.get(pk=code)
    asked = journal.Subject(kind="audit.rule", id=code)
    with transaction.atomic():
        simulation = Simulation.objects.create(rule=rule, thresholds=thresholds, weeks=weeks, asked_by_id=by.pk)
        journal.record(actions.RULE_SIMULATED, by=by, subject=asked, details={"rule": code})
    simulation.refresh_from_db()
    size = reading.size()
    simulation.first_position = simulation.next_position = 0
    simulation.end_position, simulation.state = size, SimulationState.RUNNING
    simulation.save()
    simulation.next_position, simulation.state, simulation.total = size, SimulationState.DONE, total
    simulation.per_week = {"2026-11-09": total // 2, "2026-11-16": total - total // 2}
    simulation.examples = [
        {
            "at": "2026-11-17T10:00:00+09:00",
            "sentence": "同じ受給者の記録を3日開きました。",
            "actor": by.pk,
            "person": None,
        }
    ]
    with transaction.atomic():
        simulation.save()
        journal.record(
            actions.RULE_SIMULATION_ENDED,
            by=None,
            subject=journal.Subject(kind="audit.simulation", id=str(simulation.pk)),
            details={"rule": code, "count": total},
        )
    simulation.refresh_from_db()
    return simulation
