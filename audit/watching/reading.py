"""Reads the record for the rules: entries by position, what came around them, and what the rules ask."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from statistics import median, quantiles
from typing import Any, Final, TypeVar
from uuid import UUID

from django.db import connections, router

from audit import history, sealed_text
from audit.models import REASON_KEY, Event, Holiday
from audit.watching.facts import Registry
from audit.watching.rules import Around, Limits, Logic, Seen, start_of

T = TypeVar("T")

_COLUMNS: Final = (
    "e.id, l.idx, e.at, e.action, e.result, e.actor_id, e.actor_roles, e.actor_section, e.subject_id, e.person_id,"
    " e.explanation, e.details::text, host(e.client), e.sealed_reason"
)
_BY_POSITION: Final = (
    f"SELECT {_COLUMNS} FROM audit.leaf l JOIN audit.event e ON e.id = l.event_id AND e.at = l.event_at"  # noqa: S608  (constants)
    " WHERE l.idx >= %s AND l.idx < %s AND e.action = ANY(%s) ORDER BY l.idx"
)
_AROUND: Final = (
    f"SELECT {_COLUMNS} FROM audit.event e JOIN audit.leaf l ON l.event_at = e.at AND l.event_id = e.id"  # noqa: S608  (constants)
    " WHERE e.at > %s AND e.at <= %s AND e.action = ANY(%s) AND e.{column} = ANY(%s) ORDER BY l.idx"
)
#: Days of one's own and of the section that a day is compared with.
COMPARED_DAYS: Final = 60
_LEAST_FOR_QUANTILES: Final = 2


def size() -> int:
    """Return how many entries have a position."""
    found: int = _one("SELECT coalesce(max(idx) + 1, 0) FROM audit.leaf", [])
    return found


def end_of_piece(start: int, *, span: int, until: datetime | None) -> int:
    """Return the position after the last to be looked at now: ``span`` at most, nothing of after ``until``."""
    end = min(start + span, size())
    if until is not None and end > start:
        early = _one(
            "SELECT min(idx) FROM audit.leaf WHERE idx >= %s AND idx < %s AND event_at > %s", [start, end, until]
        )
        end = end if early is None else early
    return end


def position_at(moment: datetime) -> int:
    """Return the first position whose entry is of ``moment`` or later."""
    found = _one("SELECT min(idx) FROM audit.leaf WHERE event_at >= %s", [moment])
    return size() if found is None else found


def entries(start: int, end: int, actions: Iterable[str]) -> list[Seen]:
    """Return the entries of those actions in that stretch of the record, in its order."""
    return _rows(_BY_POSITION, [start, end, sorted(actions)])


class Company:
    """The entries around those of a piece, in the record's order."""

    def __init__(self, logic: Logic, events: Sequence[Seen], limits: Limits, registry: Registry) -> None:
        self._logic, self._limits = logic, limits
        self._back, self._ahead = logic.back(limits), logic.ahead(limits)
        self._groups: Mapping[Any, list[Seen]] = {}
        if not logic.by or not events:
            return
        column = "actor_id" if logic.by == "actor" else "person_id"
        wanted = sorted({getattr(event, column) for event in events} - {None})
        first = min(event.at for event in events) - self._back
        last = max(event.at for event in events) + self._ahead
        if logic.by == "actor" and self._back >= timedelta(days=1):
            first = min(first, start_of(min(event.day for event in events)))
        groups = defaultdict(list)
        found = _rows(_AROUND.format(column=column), [first, last, sorted(logic.company(registry)), wanted])
        for event in found:
            groups[self._key(event)].append(event)
        self._groups = groups

    def around(self, event: Seen) -> Around:
        """Return what came before ``event`` in the record, as far back as the rule looks, and after it."""
        same = self._groups.get(self._key(event), [])
        since, until = event.at - self._back, event.at + self._ahead
        return Around(
            before=[one for one in same if one.position < event.position and one.at >= since],
            after=[one for one in same if one.position > event.position and one.at <= until],
        )

    def _key(self, event: Seen) -> Any:
        if self._logic.by == "pair":
            return event.actor_id, event.person_id
        return event.actor_id if self._logic.by == "actor" else event.person_id


class Answers:
    """Answers what the rules ask, each question of a piece once: about all of ``events`` where it can be asked so."""

    def __init__(self, registry: Registry, events: Sequence[Seen]) -> None:
        self._registry, self._events = registry, events
        self._kept: dict[tuple[Any, ...], Any] = {}

    def is_protected(self, person: UUID, *, on: date) -> bool:
        def ask() -> set[UUID]:
            people = {event.person_id for event in self._events if event.person_id and event.day == on}
            return self._registry.protected(people, on=on)

        return person in self._once(("protected", on), ask)

    def relation(self, actor: int, person: UUID) -> str:
        def ask() -> dict[tuple[int, UUID], str]:
            pairs = {(event.actor_id, event.person_id) for event in self._events}
            return self._registry.related({(one, other) for one, other in pairs if one is not None and other})

        return self._once(("related",), ask).get((actor, person), "")

    def is_canary(self, person: UUID, *, at: datetime) -> bool:
        since = self._once(("canaries",), self._registry.canaries).get(person)
        return since is not None and since <= at

    def is_closed(self, on: date) -> bool:
        return self._once(("closed", on), lambda: Holiday.objects.filter(pk=on).exists())

    def has_overtime(self, actor: int, at: datetime) -> bool:
        return self._registry.overtime(actor, at)

    def has_activity(self, person: UUID, actor: int, *, since: datetime, until: datetime) -> bool:
        return self._registry.activity(person, actor, since=since, until=until)

    def leaves_on(self, actor: int, *, since: date) -> date | None:
        return self._once(("leaves", actor, since), lambda: self._registry.leaving(actor, since=since))

    def usual_views(self, actor: int, *, before: date) -> float:
        """Return the median of the days on which ``actor`` looked at anybody, of the sixty days before."""
        days = self._once(("usual", actor, before), lambda: _days([actor], before, self._registry))
        return float(median(days)) if days else 0.0

    def team_views(self, section: str, *, before: date) -> float:
        """Return what only one in twenty of a section's days reaches, of the sixty days before."""

        def ask() -> float:
            days = _days(self._registry.team(section), before, self._registry) if section else []
            if len(days) < _LEAST_FOR_QUANTILES:
                return float(max(days, default=0))
            return quantiles(days, n=20, method="inclusive")[-1]

        return self._once(("team", section, before), ask)

    def last_reveal(self, event: Seen) -> datetime | None:
        return history.last(sorted(self._registry.reveals), before=event.at, actor_id=event.actor_id)

    def is_new_terminal(self, event: Seen, *, since: datetime) -> bool:
        """Say whether ``actor`` was there before the day, and never at this terminal."""
        ever = history.Steps(actions=(), actor_id=event.actor_id)
        here = history.Steps(actions=(), actor_id=event.actor_id, client=str(event.client))
        day = start_of(event.day)
        return ever.have_been_taken(since=since, until=day) and not here.have_been_taken(since=since, until=day)

    def share(self, case: str, *, checker: int, of: int, until: datetime) -> tuple[int, int, int] | None:
        return self._registry.share(case, checker=checker, of=of, until=until)

    def words(self, event: Seen) -> str:
        """Return the reason of an entry; "" for one that does not open, which is for a verification to find."""

        def ask() -> str:
            if event.sealed_reason is None:
                return ""
            try:
                return sealed_text.unseal(event.sealed_reason, key=REASON_KEY, bound_to=f"event|{event.id}")
            except sealed_text.UnopenableError:
                return ""

        return self._once(("words", event.id), ask)

    def _once(self, question: tuple[Any, ...], ask: Callable[[], T]) -> T:
        if question not in self._kept:
            self._kept[question] = ask()
        kept: T = self._kept[question]
        return kept


def _days(actors: Sequence[int], before: date, registry: Registry) -> list[int]:
    """Return how much each of ``actors`` looked at on each day on which they did, from the sealer's tallies."""
    with connections[router.db_for_read(Event)].cursor() as cursor:
        cursor.execute(
            "SELECT sum(n)::bigint FROM audit.tally_actor"
            " WHERE day >= %s AND day < %s AND actor_id = ANY(%s) AND action = ANY(%s) GROUP BY actor_id, day",
            [before - timedelta(days=COMPARED_DAYS), before, list(actors), sorted(registry.looked)],
        )
        return [views for (views,) in cursor.fetchall()]


def _one(statement: str, values: list[Any]) -> Any:
    with connections[router.db_for_read(Event)].cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()[0]


def _rows(statement: str, values: list[Any]) -> list[Seen]:
    with connections[router.db_for_read(Event)].cursor() as cursor:
        cursor.execute(statement, values)
        return [_seen(row) for row in cursor.fetchall()]


def _seen(row: Sequence[Any]) -> Seen:
    (
        event_id,
        position,
        at,
        action,
        result,
        actor_id,
        roles,
        section,
        subject_id,
        person_id,
        explanation,
        details,
        client,
        sealed,
    ) = row
    return Seen(
        id=event_id,
        position=position,
        at=at,
        action=action,
        result=result,
        actor_id=actor_id,
        roles=roles,
        section=section,
        subject_id=subject_id,
        person_id=person_id,
        explanation=explanation,
        details=json.loads(details),
        client=client,
        sealed_reason=bytes(sealed) if sealed is not None else None,
    )
