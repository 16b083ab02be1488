"""What a rule would have raised over the past weeks: looked through in the background, and never stored as found.

A piece is one transaction, so that a simulation goes on wherever a worker left it.
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import actions, journal, words
from audit.models import Result, Rule, Simulation, SimulationState
from audit.watching import changes, engine, reading
from audit.watching.people import CHANGE_RULES, Reader
from audit.watching.refusals import Refusal, Refused
from audit.watching.rules import Finding

LONGEST_WEEKS: Final = 53
#: How many positions one piece goes through, how many findings are shown, and where counting ends.
PIECE: Final = 5_000
EXAMPLES: Final = 20
MOST: Final = 5_000


def ask(rule: Rule, *, thresholds: dict[str, int], weeks: int, by: Reader) -> Simulation:
    """Put a simulation on the list of what is done in the background. Raises :class:`Refused` (recorded)."""
    refusal = None
    if not by.has_perm(CHANGE_RULES):
        refusal = Refusal("not_permitted", _("規則を変える権限がありません。"))
    elif not changes.fits(rule, thresholds):
        refusal = Refusal("unknown_thresholds", _("しきい値は0から100000までの整数で入力してください。"))
    elif not 1 <= weeks <= LONGEST_WEEKS:
        refusal = Refusal("unknown_weeks", _("週数は1から53までで入力してください。"))
    elif Simulation.objects.filter(asked_by_id=by.pk, state__in=[SimulationState.WAITING, SimulationState.RUNNING]):
        refusal = Refusal("one_waits", _("前の試算が終わるまでお待ちください。"))
    subject = journal.Subject(kind="audit.rule", id=rule.pk)
    if refusal:
        journal.record(
            actions.RULE_REFUSED, by=by, subject=subject, result=Result.REFUSED, details={"code": refusal.code}
        )
        raise Refused(refusal)
    with transaction.atomic():
        simulation = Simulation.objects.create(rule=rule, thresholds=thresholds, weeks=weeks, asked_by_id=by.pk)
        journal.record(
            actions.RULE_SIMULATED,
            by=by,
            subject=subject,
            details={"rule": rule.pk, "conditions": thresholds, "count": weeks},
        )
    return simulation


def one(simulation_id: UUID) -> Simulation:
    """Return a simulation, for the page: ``share_done``, ``week_rows``, ``per_week_average``, ``examples``."""
    return Simulation.objects.select_related("rule").get(pk=simulation_id)


def work() -> bool:
    """Do one piece of what waits, and return whether there was any."""
    with transaction.atomic():
        simulation = (
            Simulation.objects.select_for_update(skip_locked=True)
            .filter(state__in=[SimulationState.WAITING, SimulationState.RUNNING])
            .order_by("asked_at", "pk")
            .first()
        )
        if simulation is None:
            return False
        if simulation.next_position is None or simulation.end_position is None:
            simulation.first_position = simulation.next_position = reading.position_at(
                simulation.asked_at - timedelta(weeks=simulation.weeks)
            )
            simulation.end_position = reading.size()
            simulation.state = SimulationState.RUNNING
            simulation.save()
        _go_on(simulation, start=simulation.next_position, end=simulation.end_position)
        simulation.save()
        if simulation.state == SimulationState.DONE:
            journal.record(
                actions.RULE_SIMULATION_ENDED,
                by=None,
                subject=journal.Subject(kind="audit.simulation", id=str(simulation.pk)),
                details={"rule": simulation.rule_id, "count": simulation.total},
            )
    return True


def _go_on(simulation: Simulation, *, start: int, end: int) -> None:
    stop = min(start + PIECE, end)
    if stop > start:
        since = simulation.asked_at - timedelta(weeks=simulation.weeks)
        findings = engine.find(simulation.rule_id, simulation.thresholds, start=start, end=stop)
        _count(simulation, [finding for finding in findings if finding.event.at >= since])
    simulation.next_position = max(stop, start)
    if stop >= end or simulation.total >= MOST:
        simulation.state, simulation.finished_at = SimulationState.DONE, timezone.now()


def _count(simulation: Simulation, findings: list[Finding]) -> None:
    known = set(simulation.keys)
    for finding in findings:
        if finding.key in known or simulation.total >= MOST:
            continue
        known.add(finding.key)
        simulation.keys.append(finding.key)
        simulation.total += 1
        monday = (finding.event.day - timedelta(days=finding.event.day.weekday())).isoformat()
        simulation.per_week[monday] = simulation.per_week.get(monday, 0) + 1
        if len(simulation.examples) < EXAMPLES:
            simulation.examples.append(
                {
                    "at": finding.event.at.isoformat(),
                    "kind": finding.kind,
                    "sentence": words.sentence(simulation.rule_id, finding.kind, finding.data),
                    "actor": None if finding.of_several else finding.event.actor_id,
                    "person": str(finding.event.person_id) if finding.event.person_id else None,
                    "event": str(finding.event.id),
                }
            )
