"""How a retention period is counted, as the Civil Code counts: the first day not included (民法140条, 143条).

Plain arithmetic on dates. Which period is for whom, and on what basis, is data (``benefits.models.retention``).
"""

import calendar
from datetime import date, timedelta

FISCAL_YEAR_BEGINS = 4


def fiscal_year(day: date) -> int:
    """Return the fiscal year (April to March) that ``day`` belongs to."""
    return day.year if day.month >= FISCAL_YEAR_BEGINS else day.year - 1


def end_of_fiscal_year(day: date) -> date:
    """Return the 31 March that ends the fiscal year of ``day``."""
    return date(fiscal_year(day) + 1, 3, 31)


def last_day(since: date, *, years: int, months: int, from_fiscal_year_end: bool) -> date:
    """Return the last day of a period that runs from the day after ``since``, or after the end of its fiscal year.

    A period ends on the day before the one that corresponds to its first; where the last month has no such day, it
    ends with the month (民法143条2項).
    """
    first = (end_of_fiscal_year(since) if from_fiscal_year_end else since) + timedelta(days=1)
    total = first.year * 12 + first.month - 1 + years * 12 + months
    year, month = divmod(total, 12)
    month += 1
    days = calendar.monthrange(year, month)[1]
    if first.day > days:
        return date(year, month, days)
    return date(year, month, first.day) - timedelta(days=1)
