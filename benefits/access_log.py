"""Who opened a person's record and their number, when and why, for the person's page and for the person.

Read by key and never by offset, by the marks that the record is searched by.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from audit.models import Event, Result
from audit.searching import finding
from audit.searching.conditions import Conditions
from audit.searching.finding import Key
from audit.searching.scopes import EVERYBODYS
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
    found = _accesses(person, SHOWN, behind=_key(before), most=size + 1)
    shown = found[:size]
    return Page(shown, f"{shown[-1].at.isoformat()}_{shown[-1].pk}" if len(found) > size else None)


def told(person: Person, *, first: date, last: date, most: int) -> list[Event]:
    """Return what ``person`` is told of a period, the oldest first: at most ``most`` + 1 entries, the newest."""
    return _accesses(person, TOLD, outcome=Result.DONE, first=first, last=last, most=most + 1)[::-1]


def _accesses(
    person: Person, which: tuple[str, ...], *, behind: Key | None = None, most: int, **asked: Any
) -> list[Event]:
    """Return what was opened of the person, and of those whose numbers came with their applications."""
    household = HouseholdPerson.objects.filter(application__person=person).values_list("pk", flat=True)
    conditions = Conditions(person_ids=(person.pk, *household), actions=which, **asked)
    return finding.events(conditions, EVERYBODYS, behind=behind, most=most)


def _key(cursor: str | None) -> Key | None:
    """Return where the page begins; a cursor that is not ours is the first page."""
    moment, _separator, key = (cursor or "").partition("_")
    try:
        at, pk = datetime.fromisoformat(moment), UUID(key)
    except ValueError:
        return None
    return Key(at, pk) if at.utcoffset() == timedelta(0) else None
