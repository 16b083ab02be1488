"""Who opened a person's record and their number, when and why, for the person's page and for the person.

Read by key and never by offset, through the record's index by person.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from audit.models import Event, Result
from benefits import events
from benefits.models import HouseholdPerson, Person
from mynumber import actions

PAGE: Final = 50
SHOWN: Final = (
    events.PERSON_VIEWED,
    events.APPLICATION_VIEWED,
    events.CERTIFICATE_OPENED,
    events.ACCESS_STATEMENT_PRINTED,
    events.CORRECTION_VIEWED,
    actions.SEARCH_ANSWERED,
    actions.REVEALED,
    actions.REVEAL_REFUSED,
    actions.REVEAL_FAILED,
)
#: What a resident is told: what was seen of them. Attempts that were turned away are the office's to follow up.
TOLD: Final = (*SHOWN[:6], actions.REVEALED)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of accesses, the newest first, and where the next begins."""

    events: list[Event]
    older: str | None


def page(person: Person, *, before: str | None = None, size: int = PAGE) -> Page:
    """Return who opened ``person``'s record, from the cursor ``before`` on."""
    rows = list(_from(_accesses(person, SHOWN), before).order_by("-at", "-id")[: size + 1])
    shown = rows[:size]
    return Page(shown, f"{shown[-1].at.isoformat()}_{shown[-1].pk}" if len(rows) > size else None)


def told(person: Person, *, first: date, last: date, most: int) -> list[Event]:
    """Return what ``person`` is told of a period, the oldest first: at most ``most`` + 1 entries."""
    accesses = _accesses(person, TOLD).filter(
        result=Result.DONE,
        at__gte=timezone.make_aware(datetime.combine(first, time.min)),
        at__lt=timezone.make_aware(datetime.combine(last + timedelta(days=1), time.min)),
    )
    return list(accesses.order_by("at", "id")[: most + 1])


def _accesses(person: Person, which: tuple[str, ...]) -> QuerySet[Event]:
    """Return what was opened of the person, and of those whose numbers came with their applications."""
    household = list(HouseholdPerson.objects.filter(application__person=person).values_list("pk", flat=True))
    return Event.objects.filter(person_id__in=[person.pk, *household], action__in=which)


def _from(accesses: QuerySet[Event], cursor: str | None) -> QuerySet[Event]:
    """Keep what is older than the cursor; one that is not ours is the first page."""
    moment, _separator, key = (cursor or "").partition("_")
    try:
        at, pk = datetime.fromisoformat(moment), UUID(key)
    except ValueError:
        return accesses
    if at.utcoffset() != timedelta(0):
        return accesses
    return accesses.filter(Q(at__lt=at) | Q(at=at, pk__lt=pk), at__lte=at)
