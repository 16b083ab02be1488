"""The time that entries are dated with: this machine's clock, put right by the database's where that is another's."""

import time
from datetime import UTC, datetime, timedelta
from weakref import WeakKeyDictionary

from django.db.backends.base.base import BaseDatabaseWrapper

#: After how many seconds the clocks are compared anew.
TRUSTED_SECONDS = 300.0

_offsets: WeakKeyDictionary[BaseDatabaseWrapper, tuple[float, timedelta]] = WeakKeyDictionary()


def now(connection: BaseDatabaseWrapper) -> datetime:
    """Return the time by the clock of the database behind ``connection``, in UTC."""
    return datetime.now(UTC) + _offset(connection)


def _offset(connection: BaseDatabaseWrapper) -> timedelta:
    if str(connection.settings_dict.get("HOST", "")).startswith("/"):
        return timedelta(0)  # reached through a socket: the same machine, the same clock
    known = _offsets.get(connection)
    if known and time.monotonic() - known[0] < TRUSTED_SECONDS:
        return known[1]
    before = datetime.now(UTC)
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (theirs,) = cursor.fetchone()
    middle = before + (datetime.now(UTC) - before) / 2
    offset: timedelta = theirs - middle
    _offsets[connection] = (time.monotonic(), offset)
    return offset
