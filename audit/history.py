"""Whether and when something was done before: for pages and rules that look back, by the marks of the record.

The record itself has no index by person or action, since every writer would pay for it (ADR 0021). What is sealed is
found by its marks; the few entries that still wait, by their columns.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from audit.ledger import facets
from audit.models.ledger import Leaf, Pending
from audit.models.record import Event, Result

_LAST = """
SELECT max(at) FROM (
    -- not to be walked backwards from the newest entry: what is asked for may never have happened
    (SELECT l.event_at AS at FROM audit.leaf l WHERE l.facets @> %s AND l.facets && %s AND l.event_at < %s OFFSET 0)
    UNION ALL
    (SELECT e.at FROM audit.pending p JOIN audit.event e ON e.id = p.id AND e.at = p.at
     WHERE e.action = ANY (%s) AND e.result = %s AND (%s::bigint IS NULL OR e.actor_id = %s) AND e.at < %s)
) found
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """What is asked for: any of ``actions`` that was done, by this person and about that one where they are given."""

    actions: Sequence[str]
    actor_id: int | None = None
    person_id: UUID | None = None
    explanation: str = ""
    client: str = ""

    def found(self, *, since: datetime, until: datetime | None = None) -> list[QuerySet[Any]]:
        """Return two questions, for what is sealed and for what waits: whether either has rows is the answer."""
        marks = [facets.result(Result.DONE)]
        columns: dict[str, Any] = {"result": Result.DONE}
        if self.actor_id is not None:
            marks.append(facets.actor(self.actor_id))
            columns["actor_id"] = self.actor_id
        if self.person_id is not None:
            marks.append(facets.person(self.person_id))
            columns["person_id"] = self.person_id
        if self.explanation:
            marks.append(facets.mark("explanation", self.explanation))
            columns["explanation"] = self.explanation
        if self.client:
            marks += facets.network(self.client)
            columns["client"] = self.client
        sealed = Leaf.objects.filter(facets__contains=marks, event_at__gte=since)
        waiting = Event.objects.filter(pk__in=Pending.objects.values("id"), at__gte=since, **columns)
        if self.actions:
            sealed = sealed.filter(facets__overlap=[facets.action(one) for one in self.actions])
            waiting = waiting.filter(action__in=self.actions)
        if until is not None:
            sealed, waiting = sealed.filter(event_at__lt=until), waiting.filter(at__lt=until)
        return [sealed, waiting]

    def have_been_taken(self, *, since: datetime, until: datetime | None = None) -> bool:
        """Say whether there was any."""
        return any(question.exists() for question in self.found(since=since, until=until))

    def number(self, *, since: datetime, until: datetime | None = None) -> int:
        """Return how many there were: for a person's, or for what is rare."""
        return sum(question.count() for question in self.found(since=since, until=until))


def last(actions: Sequence[str], *, before: datetime, actor_id: int | None = None) -> datetime | None:
    """Return when one of ``actions`` was last done before a moment, by somebody if one is named."""
    marks = [facets.result(Result.DONE), *([facets.actor(actor_id)] if actor_id is not None else [])]
    with connection.cursor() as cursor:
        cursor.execute(
            _LAST,
            [
                *(marks, [facets.action(one) for one in actions], before),
                *(list(actions), Result.DONE.value, actor_id, actor_id, before),
            ],
        )
        (at,) = cursor.fetchone()
    found: datetime | None = at
    return found
