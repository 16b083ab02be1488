"""How much was looked at and when, from the tallies that the sealer keeps: the record itself is never counted here."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median
from typing import Any, Final

from django.db import connection

from audit import vocabulary
from audit.models import ActorLabel
from audit.trends import reach

#: The periods that can be chosen, in weeks.
PERIODS: Final = (4, 8, 13)
#: A day is compared with the same day of this many weeks before it.
WEEKS_BEFORE: Final = 8
#: How many of those who looked most are named.
TOP: Final = 10
#: The hours that hold any of the time of work (8:30 to 17:15 on the five working days): the first, and the one after.
OPENS: Final = 8
CLOSES: Final = 18

_BY_HOUR = """
SELECT section, day, hour,
       sum(n) FILTER (WHERE action = ANY(%(views)s)), sum(n) FILTER (WHERE action = ANY(%(reveals)s))
FROM audit.tally_hour
WHERE day BETWEEN %(first)s AND %(last)s AND action = ANY(%(all)s)
  AND (%(section)s::text IS NULL OR section = %(section)s)
GROUP BY section, day, hour
"""
_BY_ACTOR = """
SELECT actor_id, sum(n)::bigint AS n
FROM audit.tally_actor
WHERE day BETWEEN %(first)s AND %(last)s AND action = ANY(%(views)s)
  AND (%(staff)s::bigint[] IS NULL OR actor_id = ANY(%(staff)s))
GROUP BY actor_id
ORDER BY n DESC, actor_id
LIMIT %(most)s
"""
_SECTIONS = "SELECT DISTINCT section FROM audit.tally_hour WHERE day BETWEEN %(first)s AND %(last)s"
_BEGINNING = "SELECT min(day) FROM audit.tally_hour"


class UnknownSectionError(LookupError):
    """A section was asked for that the watcher does not see, or that does not exist."""


@dataclass(frozen=True, slots=True)
class Day:
    """A day: views, reveals, and what is usual on that day of the week (None: nothing to compare with)."""

    on: date
    views: int
    reveals: int
    usual: float | None


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody, by how much they looked at. ``name`` is "" for nobody whose name is kept."""

    actor_id: int
    name: str
    views: int


@dataclass(frozen=True, slots=True)
class Trends:
    """What a period of some weeks looks like, in one ``section`` or (None) in all.

    ``hours`` are seven days, from Monday, of twenty-four hours each; ``began_on`` is the first day ever counted.
    """

    days: Sequence[Day]
    hours: Sequence[Sequence[int]]
    viewers: Sequence[Viewer]
    sections: Sequence[str]
    section: str | None
    began_on: date | None

    @property
    def first(self) -> date:
        return self.days[0].on

    @property
    def last(self) -> date:
        return self.days[-1].on

    @property
    def views(self) -> int:
        return sum(day.views for day in self.days)

    @property
    def reveals(self) -> int:
        return sum(day.reveals for day in self.days)


def period(weeks: int, *, today: date) -> tuple[date, date]:
    """Return the first and the last day of the period of so many weeks that ends today."""
    return today - timedelta(days=weeks * 7 - 1), today


def of(weeks: int, *, today: date, own: str | None, code: str = "") -> Trends:
    """Count the last ``weeks`` of every section, of the one called ``code``, or of ``own`` and no other.

    Raises :class:`UnknownSectionError` for a code of no section that may be seen.
    """
    first, last = period(weeks, today=today)
    tallies = _tallies(first - timedelta(weeks=WEEKS_BEFORE), last, own)
    sections = sorted({one for one, day, *_counts in tallies if day >= first})
    section = _called(code, sections, own) if code else own
    views: dict[date, int] = defaultdict(int)
    reveals: dict[date, int] = defaultdict(int)
    hours = [[0] * 24 for _weekday in range(7)]
    for of_section, day, hour, seen, shown in tallies:
        if section is not None and of_section != section:
            continue
        views[day] += seen
        reveals[day] += shown
        if day >= first:
            hours[day.weekday()][hour] += seen
    began_on = _beginning()
    days = [first + timedelta(days=step) for step in range(weeks * 7)]
    return Trends(
        days=[Day(on=day, views=views[day], reveals=reveals[day], usual=_usual(views, day, began_on)) for day in days],
        hours=hours,
        viewers=_viewers(first, last, None if section is None else reach.staff_of(section)),
        sections=sections,
        section=section,
        began_on=began_on,
    )


def section_called(code: str, weeks: int, *, today: date, own: str | None) -> str:
    """Return the section that an address means by ``code``. Raises :class:`UnknownSectionError` as :func:`of` does."""
    first, last = period(weeks, today=today)
    with connection.cursor() as cursor:
        cursor.execute(_SECTIONS, {"first": first, "last": last})
        return _called(code, [section for (section,) in cursor.fetchall()], own)


def is_working_hour(weekday: int, hour: int) -> bool:
    """Say whether any of an hour (weekday from Monday = 0) lies in the hours of work."""
    return weekday < 5 and OPENS <= hour < CLOSES


def _called(code: str, sections: Collection[str], own: str | None) -> str:
    for section in sections if own is None else [own]:
        if section and reach.code_of(section) == code:
            return section
    raise UnknownSectionError


def _tallies(first: date, last: date, section: str | None) -> list[tuple[str, date, int, int, int]]:
    if section == "":
        return []  # who belongs to no section heads none
    asked: dict[str, Any] = {
        "first": first,
        "last": last,
        "section": section,
        "views": vocabulary.views(),
        "reveals": vocabulary.reveals(),
        "all": vocabulary.views() + vocabulary.reveals(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_BY_HOUR, asked)
        return [(own, day, hour, int(seen or 0), int(shown or 0)) for own, day, hour, seen, shown in cursor.fetchall()]


def _usual(views: dict[date, int], day: date, began_on: date | None) -> float | None:
    """Return the median of the same day of the weeks before, as far back as anything was counted."""
    before = [day - timedelta(weeks=step) for step in range(1, WEEKS_BEFORE + 1)]
    counted = [views.get(one, 0) for one in before if began_on is not None and one >= began_on]
    return float(median(counted)) if counted else None


def _viewers(first: date, last: date, staff: Collection[int] | None) -> list[Viewer]:
    asked: dict[str, Any] = {
        "first": first,
        "last": last,
        "views": vocabulary.views(),
        "staff": None if staff is None else list(staff),
        "most": TOP,
    }
    with connection.cursor() as cursor:
        cursor.execute(_BY_ACTOR, asked)
        found = cursor.fetchall()
    names = dict(ActorLabel.objects.filter(pk__in=[actor for actor, _n in found]).values_list("pk", "name"))
    return [Viewer(actor_id=actor, name=names.get(actor, ""), views=n) for actor, n in found]


def _beginning() -> date | None:
    with connection.cursor() as cursor:
        cursor.execute(_BEGINNING)
        found: date | None = cursor.fetchone()[0]
    return found
