"""What is asked of the record. All conditions must hold; of several values in one, any."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

#: What is shown when nothing is asked for: today and the days before, so many in all.
RECENT_DAYS: Final = 7
#: A longer period is searched only for somebody, or for some one thing.
MOST_DAYS: Final = 396
#: From this hour on, and until that one, is night.
NIGHT_BEGINS: Final = 20
NIGHT_ENDS: Final = 7
NIGHT: Final = (*range(NIGHT_BEGINS, 24), *range(NIGHT_ENDS))


class DayKind(TextChoices):
    """Which days are meant."""

    WORKDAYS = "WORKDAYS", _("平日（土日・祝日・年末年始を除く）")
    DAYS_OFF = "DAYS_OFF", _("休日（土日・祝日・年末年始）")
    OFF_HOURS = "OFF_HOURS", _("夜間（20時から7時）または休日")


class Outcome(StrEnum):
    """How an attempt ended, as it is asked for."""

    DONE = "DONE"
    REFUSED = "REFUSED"
    FAILED = "FAILED"
    NOT_DONE = "NOT_DONE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """The conditions, checked. What is empty is not asked for. Both days belong to the period."""

    first: date | None = None
    last: date | None = None
    users: tuple[str, ...] = ()
    actor_ids: tuple[int, ...] = ()
    sections: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    outcome: str = ""
    people: tuple[str, ...] = ()
    person_ids: tuple[UUID, ...] = ()
    applications: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    explanations: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    hour_from: int | None = None
    hour_to: int | None = None
    single_hours: tuple[int, ...] = ()
    days: str = ""
    weekdays: tuple[int, ...] = ()
    sessions: tuple[str, ...] = ()
    requests: tuple[UUID, ...] = ()

    @property
    def is_about_one_thing(self) -> bool:
        """Say whether somebody, or some one thing, is named: then years are searched as quickly as days."""
        return bool(
            self.users
            or self.actor_ids
            or self.people
            or self.person_ids
            or self.applications
            or self.sessions
            or self.requests
        )

    @property
    def has_period(self) -> bool:
        """Say whether a day is given."""
        return self.first is not None or self.last is not None

    @property
    def hours(self) -> tuple[int, ...]:
        """The hours of the day that are meant: from the first up to the last, over midnight if need be."""
        if self.hour_from is None and self.hour_to is None:
            return self.single_hours
        begins, ends = self.hour_from or 0, 24 if self.hour_to is None else self.hour_to
        if begins < ends:
            return tuple(range(begins, ends))
        return (*range(begins, 24), *range(ends))


@dataclass(frozen=True, slots=True)
class Period:
    """The days that are searched; None is the beginning of the record, or today."""

    first: date | None
    last: date | None
    is_given: bool

    @property
    def days(self) -> int | None:
        """How many days there are, or None when it is as long as the record."""
        return None if self.first is None or self.last is None else (self.last - self.first).days + 1

    def dates(self) -> Iterable[date]:
        """Yield each day of it."""
        if self.first is not None and self.last is not None:
            for step in range((self.last - self.first).days + 1):
                yield self.first + timedelta(days=step)


def period_of(conditions: Conditions, *, today: date) -> Period:
    """Return the days to search: those given; all for one person or thing; the last week when nothing is said."""
    if conditions.has_period:
        return Period(conditions.first, conditions.last, is_given=True)
    if conditions.is_about_one_thing:
        return Period(None, None, is_given=False)
    return Period(today - timedelta(days=RECENT_DAYS - 1), today, is_given=False)


def is_too_long(conditions: Conditions, *, today: date) -> bool:
    """Say whether the period is longer than what may be searched without naming somebody or something."""
    if conditions.is_about_one_thing or not conditions.has_period:
        return False
    if conditions.first is None:
        return True
    return ((conditions.last or today) - conditions.first).days + 1 > MOST_DAYS
