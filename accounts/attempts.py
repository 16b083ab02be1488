"""Counts attempts at proving who one is before the proof is looked at: forty guesses at once are forty in a row.

django-axes keeps the record of failures, but reads its counter before a check and writes it after: guesses that
arrive together all pass. Here an attempt is reserved first, in one committed transaction, for the account and for the
network address it comes from, each with its own measure. Passwords, codes, unlocking and confirming count alike.

Whoever has proved only a part, the password for instance, gets that one try back (:func:`give_back`). Only the whole
proof begins the count anew (:func:`forget`): else somebody who knows a password could guess codes without end.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils.crypto import salted_hmac

from audit import origin


@dataclass(frozen=True, slots=True)
class Measure:
    """How many tries are free, after how many the account is shut, and after how long without one all is forgotten."""

    free: int
    shut_after: int | None
    forgotten_after: timedelta | None


#: Five tries, then a wait of 30 seconds that doubles up to an hour; after twenty a second person lets them in again.
ACCOUNT = Measure(free=5, shut_after=20, forgotten_after=None)
#: A terminal, or whatever else has one address: a whole office may sit behind it, where forty people sign in at once,
#: each with a password and a code. It forgets.
NETWORK = Measure(free=100, shut_after=None, forgotten_after=timedelta(hours=1))
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)

# The old row decides whether the try is allowed. Returns no row when it is not.
_RESERVE = """
    INSERT INTO accounts_attempts AS kept (counted_for, tries, last_at, waits_until)
    VALUES (%(whom)s, 1, %(at)s, NULL)
    ON CONFLICT (counted_for) DO UPDATE SET (tries, last_at, waits_until) = (
        SELECT t.tries, %(at)s,
               CASE WHEN t.tries >= %(free)s
                    THEN %(at)s + least(%(longest)s, %(first)s * power(2, least(t.tries - %(free)s, 20))) END
        FROM (SELECT CASE WHEN kept.last_at < %(forgotten)s THEN 1 ELSE kept.tries + 1 END AS tries) t)
    WHERE (kept.waits_until IS NULL OR kept.waits_until <= %(at)s)
          AND (%(shut_after)s::integer IS NULL OR kept.tries < %(shut_after)s)
    RETURNING tries
"""
_GIVE_BACK = """
    UPDATE accounts_attempts SET tries = greatest(tries - %(tries)s, 0), waits_until = NULL
    WHERE counted_for = %(whom)s
"""
_FORGET = "UPDATE accounts_attempts SET tries = 0, waits_until = NULL WHERE counted_for = %s"


def reserve(login_id: str, *, at: datetime) -> bool:
    """Count an attempt for ``login_id``, known or not, and its network, and say whether a proof may be looked at.

    A try that may not be looked at counts nowhere, so that trying on does not lengthen the wait: otherwise anybody
    could keep a colleague out for ever, or a single clerk the whole office.
    """
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        # always in this order, so that two of them cannot wait for each other
        is_allowed = _count(cursor, _account(login_id), ACCOUNT, at) and _count(cursor, _network(), NETWORK, at)
        if not is_allowed:
            transaction.set_rollback(True)
    return is_allowed


@transaction.atomic
def give_back(login_id: str) -> None:
    """Take back the one try that was just reserved: what was looked at was right, if only a part of the proof."""
    with connection.cursor() as cursor:
        for whom in (_account(login_id), _network()):
            cursor.execute(_GIVE_BACK, {"whom": whom, "tries": 1})


@transaction.atomic
def forget(login_id: str) -> None:
    """Begin counting anew: the person has proved who they are, with everything that this takes.

    Their network gets back what they needed for it at the least, a password and a code, and no more than they tried:
    one person's own success does not pay for guesses at others.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT tries FROM accounts_attempts WHERE counted_for = %s FOR UPDATE", [_account(login_id)])
        row = cursor.fetchone()
        cursor.execute(_FORGET, [_account(login_id)])
        cursor.execute(_GIVE_BACK, {"whom": _network(), "tries": min(row[0], 2) if row else 0})


def let_in(login_id: str) -> None:
    """Begin counting anew because a second person answers for whoever was shut out. No network gains by it."""
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, [_account(login_id)])


def is_shut(login_id: str) -> bool:
    """Say whether the account waits for a second person to let it in again."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tries >= %s FROM accounts_attempts WHERE counted_for = %s",
            [ACCOUNT.shut_after, _account(login_id)],
        )
        row = cursor.fetchone()
    return bool(row and row[0])


def shut_accounts(login_ids: list[str]) -> set[str]:
    """Return which of ``login_ids`` wait for a second person."""
    by_mark = {_account(login_id): login_id for login_id in login_ids}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT counted_for FROM accounts_attempts WHERE counted_for = ANY(%s) AND tries >= %s",
            [list(by_mark), ACCOUNT.shut_after],
        )
        return {by_mark[mark] for (mark,) in cursor.fetchall()}


def _count(cursor: CursorWrapper, whom: str, measure: Measure, at: datetime) -> bool:
    """Count one try, and say whether it was free to be made."""
    values: dict[str, Any] = {
        "whom": whom,
        "at": at,
        "free": measure.free,
        "shut_after": measure.shut_after,
        "forgotten": at - measure.forgotten_after if measure.forgotten_after else None,
        "first": FIRST_WAIT,
        "longest": LONGEST_WAIT,
    }
    cursor.execute(_RESERVE, values)
    return cursor.fetchone() is not None


def _account(login_id: str) -> str:
    """Return what the attempts are counted under: whatever was typed cannot be read from it, nor tried out."""
    return salted_hmac("accounts.attempts", login_id, algorithm="sha256").hexdigest()


def _network() -> str:
    return salted_hmac("accounts.attempts.network", origin.current().client or "", algorithm="sha256").hexdigest()
