"""Counts attempts at a password before the password is looked at, so that forty guesses at once are forty in a row.

django-axes keeps the record of failures, but reads its counter before a check and writes it after: guesses that
arrive together all pass. Here an attempt is reserved first, in one committed statement.
"""

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils.crypto import salted_hmac

ALLOWED = 5
#: How long an account rests after its last allowed attempt. Attempts meanwhile do not lengthen it: otherwise
#: anybody could keep a colleague out for ever.
REST = timedelta(minutes=15)

_RESERVE = """
    INSERT INTO accounts_passwordattempts AS kept (account, tries, last_at) VALUES (%(account)s, 1, %(at)s)
    ON CONFLICT (account) DO UPDATE SET
        tries = CASE WHEN kept.last_at <= %(rested)s THEN 1 ELSE least(kept.tries + 1, %(allowed)s + 1) END,
        last_at = CASE WHEN kept.last_at > %(rested)s AND kept.tries >= %(allowed)s THEN kept.last_at ELSE %(at)s END
    RETURNING tries <= %(allowed)s
"""


def reserve(login_id: str, *, at: datetime) -> bool:
    """Count an attempt for ``login_id``, known or not, and say whether a password may be looked at."""
    values: dict[str, str | datetime | int] = {
        "account": _account(login_id),
        "at": at,
        "rested": at - REST,
        "allowed": ALLOWED,
    }
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(_RESERVE, values)
        is_allowed: bool = cursor.fetchone()[0]
    return is_allowed


def forget(login_id: str) -> None:
    """Begin counting anew: the person has signed in."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_passwordattempts SET tries = 0 WHERE account = %s", [_account(login_id)])


def _account(login_id: str) -> str:
    """Return what the attempts are counted under: whatever was typed cannot be read from it, nor tried out."""
    return salted_hmac("accounts.attempts", login_id, algorithm="sha256").hexdigest()
