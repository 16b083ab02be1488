"""Counts attempts at proving who one is before the proof is looked at, so that forty guesses at once are forty in a row.

django-axes keeps the record of failures, but reads its counter before a check and writes it after: guesses that
arrive together all pass. Here an attempt is reserved first, in one committed statement, for the account and for the
network address it comes from, each with its own measure. Passwords, codes, unlocking and confirming count alike.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
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
#: A terminal, or whatever else has one address: more people sit behind it, and it forgets.
NETWORK = Measure(free=50, shut_after=None, forgotten_after=timedelta(hours=1))
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)

# The old row decides whether the try is allowed; a try that is not changes nothing, so that trying on does not
# lengthen the wait: otherwise anybody could keep a colleague out for ever.
_RESERVE = """
    INSERT INTO accounts_attempts AS kept (counted_for, tries, last_at, waits_until, was_allowed)
    VALUES (%(whom)s, 1, %(at)s, NULL, true)
    ON CONFLICT (counted_for) DO UPDATE SET (tries, last_at, waits_until, was_allowed) = (
        SELECT CASE WHEN t.is_allowed THEN t.tries ELSE kept.tries END,
               CASE WHEN t.is_allowed THEN %(at)s ELSE kept.last_at END,
               CASE WHEN NOT t.is_allowed THEN kept.waits_until
                    WHEN t.tries < %(free)s THEN NULL
                    ELSE %(at)s + least(%(longest)s, %(first)s * power(2, least(t.tries - %(free)s, 20))) END,
               t.is_allowed
        FROM (SELECT (kept.waits_until IS NULL OR kept.waits_until <= %(at)s)
                     AND (%(shut_after)s::integer IS NULL OR kept.tries < %(shut_after)s) AS is_allowed,
                     CASE WHEN kept.last_at < %(forgotten)s THEN 1 ELSE kept.tries + 1 END AS tries) t)
    RETURNING was_allowed
"""


def reserve(login_id: str, *, at: datetime) -> bool:
    """Count an attempt for ``login_id``, known or not, and its network, and say whether a proof may be looked at."""
    is_allowed = True
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        for whom, measure in ((_account(login_id), ACCOUNT), (_network(), NETWORK)):
            forgotten = at - measure.forgotten_after if measure.forgotten_after else None
            cursor.execute(
                _RESERVE,
                {
                    "whom": whom,
                    "at": at,
                    "free": measure.free,
                    "shut_after": measure.shut_after,
                    "forgotten": forgotten,
                    "first": FIRST_WAIT,
                    "longest": LONGEST_WAIT,
                },
            )
            is_allowed = cursor.fetchone()[0] and is_allowed
    return is_allowed


def forget(login_id: str) -> None:
    """Begin counting anew: the person has proved who they are, or a second person has let them in again."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_attempts SET tries = 0, waits_until = NULL WHERE counted_for = %s", [_account(login_id)]
        )
        cursor.execute(
            "UPDATE accounts_attempts SET tries = greatest(tries - 2, 0) WHERE counted_for = %s", [_network()]
        )


def is_shut(login_id: str) -> bool:
    """Say whether the account waits for a second person to let it in again."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tries >= %s FROM accounts_attempts WHERE counted_for = %s", [ACCOUNT.shut_after, _account(login_id)]
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


def _account(login_id: str) -> str:
    """Return what the attempts are counted under: whatever was typed cannot be read from it, nor tried out."""
    return salted_hmac("accounts.attempts", login_id, algorithm="sha256").hexdigest()


def _network() -> str:
    return salted_hmac("accounts.attempts.network", origin.current().client or "", algorithm="sha256").hexdigest()
