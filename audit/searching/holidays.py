"""The days off as the office's calendar has them: rows with their year, loaded from the Cabinet Office's file."""

import csv
from collections.abc import Iterable, Mapping
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from audit import actions, journal
from audit.models.searching import Holiday
from audit.searching import calendar_law

#: What a row says of itself when nobody has compared it with the announcement (官報) yet.
COMPUTED = "法律の規則から計算（官報で要確認）"


class UnreadableFileError(Exception):
    """The file is not the one that the Cabinet Office hands out. The text says which line, and why."""


def between(first: date | None, last: date | None) -> list[date]:
    """Return the days off from ``first`` to ``last``, both included; None is without end."""
    days = Holiday.objects.all()
    if first is not None:
        days = days.filter(day__gte=first)
    if last is not None:
        days = days.filter(day__lte=last)
    return list(days.order_by("day").values_list("day", flat=True))


def missing_years(first: date | None, last: date | None, *, today: date) -> list[int]:
    """Return the years of a period, up to this one, of which no day off is known."""
    begins, ends = (first or today).year, min((last or today).year, today.year)
    known = set(Holiday.objects.filter(day__year__gte=begins).values_list("day__year", flat=True).distinct())
    return [year for year in range(max(begins, calendar_law.FIRST_YEAR), ends + 1) if year not in known]


def read(text: str) -> Mapping[date, str]:
    """Return the days of the file 国民の祝日・休日 (syukujitsu.csv), or raise :class:`UnreadableFileError`."""
    found: dict[date, str] = {}
    for number, row in enumerate(csv.reader(text.splitlines()), start=1):
        if number == 1 or not any(row):
            continue
        try:
            day = datetime.strptime(row[0].strip(), "%Y/%m/%d").date()  # noqa: DTZ007  (a day has no zone)
            name = row[1].strip()
        except (ValueError, IndexError):
            raise UnreadableFileError(_("%d行目が「2026/1/1,元日」の形ではありません。") % number) from None
        if not name or len(name) > Holiday.LONGEST_NAME:
            raise UnreadableFileError(_("%d行目の名称が空か、長すぎます。") % number)
        found[day] = name
    if not found:
        raise UnreadableFileError(_("祝日がありません。"))
    return found


def load(days: Mapping[date, str], *, years: Iterable[int], source: str) -> int:
    """Replace the days off of ``years`` by those of ``days`` (and the turn of the year); return how many there are."""
    kept = sorted(set(years))
    rows = [
        Holiday(day=day, name=name, source=source)
        for year in kept
        for day, name in sorted(
            (
                {one: name for one, name in calendar_law.days_off(year).items() if name == "年末年始"}
                | {one: name for one, name in days.items() if one.year == year}
            ).items()
        )
    ]
    with transaction.atomic():
        Holiday.objects.filter(day__year__in=kept).delete()
        Holiday.objects.bulk_create(rows)
        journal.record(
            actions.HOLIDAYS_LOADED, by=None, details={"count": len(rows), "fields": [str(year) for year in kept]}
        )
    return len(rows)
