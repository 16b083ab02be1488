"""The months that the record is kept in: each needs its tables before its first entry."""

from datetime import date, datetime
from typing import Any

import psycopg

from audit.ledger import facets

#: How many months after this one are made, and with how few an alarm is raised.
MOST = 13
FEWEST = 2


def ahead(database: psycopg.Connection[Any]) -> int:
    """Return for how many months after this one there are tables, without a gap."""
    month, count = _next(_this_month()), 0
    while count < MOST and _is_there(database, month):
        month, count = _next(month), count + 1
    return count


def make_ahead(database: psycopg.Connection[Any]) -> int:
    """Make what is missing of this month and those after it; return how many there are then after this one.

    To make a table holds up the writers for a moment, so nobody waits long for it: ``psycopg.errors.LockNotAvailable``
    is raised instead, and it is tried another time.
    """
    if not _is_there(database, _this_month()) or ahead(database) < MOST:
        with database.transaction():
            database.execute("SET LOCAL lock_timeout = '2s'")
            database.execute("SELECT audit.make_months(%s, %s)", [_this_month(), MOST + 1])
    return ahead(database)


def _is_there(database: psycopg.Connection[Any], month: date) -> bool:
    row = database.execute(
        "SELECT to_regclass('audit.event_' || %s) IS NOT NULL AND to_regclass('audit.leaf_' || %s) IS NOT NULL",
        [f"{month:%Y_%m}", f"{month:%Y_%m}"],
    ).fetchone()
    return bool(row and row[0])


def _this_month() -> date:
    return datetime.now(facets.JAPAN).date().replace(day=1)


def _next(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)
