"""A condition in both languages: as marks, which sealed entries are searched by, and in SQL for those that wait."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from ipaddress import ip_network
from typing import Any, Final
from uuid import UUID

from audit.ledger import facets
from audit.ledger.body import canonical_text
from audit.searching import holidays, labels, registered
from audit.searching.conditions import NIGHT, Conditions, DayKind, Outcome, Period, period_of
from audit.searching.scopes import Reach, Scope

LOCAL: Final = "(e.at AT TIME ZONE 'Asia/Tokyo')"
HOUR: Final = f"extract(hour FROM {LOCAL})::integer"
WEEKDAY: Final = f"(extract(isodow FROM {LOCAL})::integer - 1)"
DAY: Final = f"{LOCAL}::date"
SATURDAY, SUNDAY = 5, 6
#: No entry is of before or after; dates beyond are what a hand slipped on.
EARLIEST, LATEST = date(1970, 1, 2), date(2200, 1, 1)

_ENDINGS = {Outcome.NOT_DONE: ("REFUSED", "FAILED")}


@dataclass(frozen=True, slots=True)
class Piece:
    """One condition. An entry meets it when it has any of ``marks``, or none of them where it ``is_excluding``.

    ``sql`` says the same of the columns of ``e``, an entry, with ``values`` for its placeholders.
    """

    marks: tuple[int, ...]
    sql: str
    values: tuple[Any, ...]
    is_excluding: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """All that is put to the record: pieces that must all hold, of a time that is at or after ``since``."""

    pieces: tuple[Piece, ...]
    since: datetime
    until: datetime

    @property
    def is_hopeless(self) -> bool:
        """Say whether no entry can meet it: a name that nobody has."""
        return self.since >= self.until or any(not piece.marks and not piece.is_excluding for piece in self.pieces)


def question(conditions: Conditions, scope: Scope, *, now: datetime) -> Question:
    """Return what is asked, within what may be seen."""
    period = period_of(conditions, today=facets.local_day(now))
    since, until = _span(period)
    confined = () if scope.reach is Reach.ALL else (_scope(scope),)
    return Question((*confined, *_pieces(conditions, period)), since, until)


def of_hours(hours: Sequence[int]) -> Piece:
    """Entries of these hours of the day."""
    return Piece(tuple(facets.hour(one) for one in hours), f"{HOUR} = ANY(%s)", (list(hours),))


def _scope(scope: Scope) -> Piece:
    """Return what confines everything else. A scope that names nothing confines to nothing."""
    if scope.reach is Reach.SECTION and scope.section:
        return _texts("section", "e.actor_section", (scope.section,))
    if scope.reach is Reach.OWN and scope.actor_id is not None:
        return _actors([scope.actor_id])
    return Piece((), "false", ())


def _pieces(asked: Conditions, period: Period) -> Iterable[Piece]:
    if asked.users:
        yield _actors(labels.staff_called(asked.users))
    if asked.actor_ids:
        yield _actors(asked.actor_ids)
    if asked.sections:
        yield _texts("section", "e.actor_section", asked.sections)
    if asked.roles:
        yield Piece(
            tuple(facets.role(code) for code in asked.roles),
            "string_to_array(e.actor_roles, ',') && %s",
            (list(asked.roles),),
        )
    if asked.actions:
        yield Piece(tuple(map(facets.action, asked.actions)), "e.action = ANY(%s)", (list(asked.actions),))
    if asked.outcome:
        endings = _ENDINGS.get(Outcome(asked.outcome), (asked.outcome,))
        yield Piece(tuple(map(facets.result, endings)), "e.result = ANY(%s)", (list(endings),))
    if asked.people:
        yield _people(asked.people)
    if asked.person_ids:
        yield Piece(
            tuple(map(facets.person, asked.person_ids)), "e.person_id = ANY(%s::uuid[])", (list(asked.person_ids),)
        )
    if asked.applications:
        yield _texts("label", "e.subject_label", asked.applications)
    if asked.purposes:
        yield _texts("purpose", "e.purpose", asked.purposes)
    if asked.explanations:
        yield _texts("explanation", "e.explanation", asked.explanations)
    if asked.networks:
        yield _networks(asked.networks)
    if asked.hours:
        yield of_hours(asked.hours)
    if asked.weekdays:
        yield _weekdays(asked.weekdays)
    if asked.days:
        yield from _days(DayKind(asked.days), period)
    if asked.sessions:
        yield _texts("session", "e.session", asked.sessions)
    if asked.requests:
        yield Piece(
            tuple(facets.mark("request", one) for one in asked.requests),
            "e.request_id = ANY(%s::uuid[])",
            (list(asked.requests),),
        )


def _actors(actors: Iterable[int]) -> Piece:
    found = sorted(set(actors))
    return Piece(tuple(map(facets.actor, found)), "e.actor_id = ANY(%s::bigint[])", (found,))


def _texts(kind: str, column: str, values: Iterable[str]) -> Piece:
    texts = [canonical_text(value) for value in values]
    return Piece(tuple(facets.mark(kind, text) for text in texts), f"{column} = ANY(%s)", (texts,))


def _people(typed: Sequence[str]) -> Piece:
    """Whatever is about somebody: by the beginning of a name or its reading, or by their number."""
    people: set[UUID] = set(labels.people_called(typed))
    numbers = [labels.narrow(one) for one in typed]
    for number in numbers:
        people |= registered.people_numbered(number)
    marks = (*map(facets.person, sorted(people)), *(facets.mark("label", number) for number in numbers))
    return Piece(marks, "(e.person_id = ANY(%s::uuid[]) OR e.subject_label = ANY(%s))", (sorted(people), numbers))


def _networks(typed: Iterable[str]) -> Piece:
    networks = [str(ip_network(one, strict=False)) for one in typed]
    marks = tuple(dict.fromkeys(mark for one in networks for mark in facets.network(one)))
    return Piece(marks, "e.client <<= ANY(%s::cidr[])", (networks,))


def _weekdays(weekdays: Iterable[int]) -> Piece:
    found = sorted(set(weekdays))
    return Piece(tuple(map(facets.weekday, found)), f"{WEEKDAY} = ANY(%s)", (found,))


def _days(kind: DayKind, period: Period) -> Iterable[Piece]:
    off = holidays.between(period.first, period.last)
    dated = tuple(map(facets.day, off))
    if kind is DayKind.WORKDAYS:
        yield _weekdays(range(SATURDAY))
        if off:
            yield Piece(dated, f"NOT {DAY} = ANY(%s::date[])", (off,), is_excluding=True)
        return
    marks = (facets.weekday(SATURDAY), facets.weekday(SUNDAY), *dated)
    sql = f"{WEEKDAY} >= {SATURDAY} OR {DAY} = ANY(%s::date[])"
    if kind is DayKind.DAYS_OFF:
        yield Piece(marks, f"({sql})", (off,))
    else:
        night = of_hours(NIGHT)
        yield Piece((*night.marks, *marks), f"({night.sql} OR {sql})", (*night.values, off))


def _span(period: Period) -> tuple[datetime, datetime]:
    """Return the moments from which on, and before which, entries are meant. Days are Japan's."""
    first = min(max(period.first or EARLIEST, EARLIEST), LATEST)
    last = min(max(period.last or LATEST, EARLIEST - timedelta(days=1)), LATEST)
    return _midnight(first), _midnight(last + timedelta(days=1))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, facets.JAPAN).astimezone(UTC)
