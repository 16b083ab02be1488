"""Lets the rules look at what is new in the record, a piece at a time, and raises what they find: once, on record.

Each rule has its own place in the record. A piece is one transaction: what was found, its entries and the new place
are there together or not at all, so that a worker that dies anywhere leaves nothing out and raises nothing twice.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

from django.db import connection, transaction
from django.utils import timezone

from audit import actions, journal
from audit.models import Hit, Rule, RuleProgress
from audit.sealing import watch
from audit.watching import reading
from audit.watching.facts import REGISTRY
from audit.watching.people import WATCHERS
from audit.watching.rules import HIGH, JAPAN, LOGIC, Finding

#: How many positions one piece goes through (the database lets a rule go no further at once).
PIECE: Final = 2_000
#: How many entries a hit names.
NAMED: Final = 50
#: The rule about the record itself looks this often at what was found beside it.
INTEGRITY: Final = "W14"
INTEGRITY_EVERY: Final = timedelta(seconds=60)
_FAULTS_AT_ONCE: Final = 100


def work() -> bool:
    """Let the rule that is furthest behind do a piece, and return whether any had something to do."""
    size = reading.size()
    behind = RuleProgress.objects.filter(rule__is_on=True, position__lt=size).order_by("position", "looked_at")
    for code in list(behind.values_list("rule_id", flat=True)):
        if look(code):
            return True
    return _look_beside()


def look(code: str, *, piece: int = PIECE) -> bool:
    """Let one rule do a piece, and return whether it got any further. Two workers never do the same piece."""
    with transaction.atomic():
        progress = RuleProgress.objects.select_for_update(skip_locked=True).filter(pk=code).first()
        if progress is None:
            return False
        rule = Rule.objects.get(pk=code)
        if not rule.is_on:
            return False
        logic = LOGIC[code]
        ahead = logic.ahead(rule.thresholds)
        until = timezone.now() - ahead if ahead else None
        end = reading.end_of_piece(progress.position, span=piece, until=until)
        if end <= progress.position:
            return False
        raise_hits(rule, find(rule.pk, rule.thresholds, start=progress.position, end=end))
        progress.position, progress.looked_at = end, timezone.now()
        progress.save(update_fields=["position", "looked_at"])
    return True


def find(code: str, thresholds: dict[str, int], *, start: int, end: int) -> list[Finding]:
    """Return what a rule finds in a stretch of the record, in its order; the same finding may come again."""
    logic = LOGIC[code]
    events = reading.entries(start, end, logic.at(REGISTRY))
    company = reading.Company(logic, events, thresholds, REGISTRY)
    answers = reading.Answers(REGISTRY, events)
    return [
        finding
        for event in events
        for finding in logic.judge(event, company.around(event), thresholds, answers, REGISTRY)
    ]


def raise_hits(rule: Rule, findings: Iterable[Finding]) -> list[Hit]:
    """Keep what is new of ``findings``, each with its entry, in the transaction that is open."""
    first: dict[str, Finding] = {}
    for finding in findings:
        first.setdefault(finding.key, finding)
    there = set(Hit.objects.filter(rule=rule, key__in=first).values_list("key", flat=True))
    hits = [_hit(rule, finding) for key, finding in first.items() if key not in there]
    _keep(hits)
    return hits


def _keep(hits: Sequence[Hit]) -> None:
    if not hits:
        return
    Hit.objects.bulk_create(hits)
    journal.record_all(
        journal.Entry(
            action=actions.HIT_RAISED,
            by=None,
            subject=journal.Subject(kind="audit.hit", id=str(hit.pk)),
            details={"rule": hit.rule_id, "kind": hit.kind, "severity": hit.severity},
        )
        for hit in hits
    )


def _hit(rule: Rule, finding: Finding) -> Hit:
    event, others = finding.event, sorted(finding.others, key=lambda one: one.position)
    events = [*others, event]
    people = sorted({one.actor_id for one in events if one.actor_id is not None})
    sections = {one.section for one in events}
    roles = {code for one in events for code in one.roles.split(",") if code}
    return Hit(
        rule=rule,
        key=finding.key,
        kind=finding.kind,
        severity=finding.severity or rule.severity,
        actor_id=None if finding.of_several else event.actor_id,
        actor_roles=",".join(sorted(roles)) if len(",".join(roles)) <= 200 else event.roles,
        people=people,
        section=sections.pop() if len(sections) == 1 else "",
        is_of_watchers=bool(WATCHERS & roles),
        person_id=event.person_id,
        happened_at=event.at,
        first_event=events[0].id,
        first_position=events[0].position,
        last_event=event.id,
        last_position=event.position,
        events=[one.id for one in events[-NAMED:]],
        data=dict(finding.data),
    )


def _look_beside() -> bool:
    """Raise what is the matter with the record itself: faults that were found, and sealing that stands still."""
    with transaction.atomic():
        progress = (
            RuleProgress.objects.select_for_update(skip_locked=True)
            .filter(pk=INTEGRITY, rule__is_on=True, looked_at__lt=timezone.now() - INTEGRITY_EVERY)
            .first()
        )
        if progress is None:
            return False
        rule = Rule.objects.get(pk=INTEGRITY)
        hits = [*_faults(rule), *_troubles(rule)]
        _keep(hits)
        progress.looked_at = timezone.now()
        progress.save(update_fields=["looked_at"])
    return bool(hits)


def _faults(rule: Rule) -> list[Hit]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT f.id, f.found_at, f.kind, f.words, f.event_id, f.idx FROM audit.fault f"
            " WHERE NOT EXISTS (SELECT 1 FROM audit.hit h WHERE h.rule_id = %s AND h.key = 'fault:' || f.id)"
            " ORDER BY f.id LIMIT %s",
            [rule.pk, _FAULTS_AT_ONCE],
        )
        found = cursor.fetchall()
    return [
        Hit(
            rule=rule,
            key=f"fault:{fault}",
            kind="FAULT",
            severity=HIGH,
            happened_at=found_at,
            last_event=event_id,
            last_position=position,
            events=[event_id] if event_id else [],
            data={"words": words[:200], "fault": kind},
        )
        for fault, found_at, kind, words, event_id, position in found
    ]


def _troubles(rule: Rule) -> list[Hit]:
    """Return one hit a day for each kind of trouble; how long it has lasted changes by the minute."""
    now = timezone.now()
    hits = {}
    for sentence in watch.trouble():
        mark = hashlib.sha256(re.sub(r"\d+", "", sentence).encode()).hexdigest()[:16]
        key = f"trouble:{mark}:{now.astimezone(JAPAN):%Y-%m-%d}"
        hits[key] = Hit(
            rule=rule, key=key, kind="TROUBLE", severity=HIGH, happened_at=now, data={"words": sentence[:200]}
        )
    there = set(Hit.objects.filter(rule=rule, key__in=hits).values_list("key", flat=True))
    return [hit for key, hit in hits.items() if key not in there]
