"""How many people may be looked up by number within an hour and a day: data of the vault's owner, out of reach."""

from django.db import connection, models, transaction
from django.utils.translation import gettext_lazy as _

from audit import journal
from mynumber import actions


class SearchLimit(models.TextChoices):
    """What is limited."""

    PERSON_HOUR = "SEARCH_PERSON_HOUR", _("1人の職員が1時間に個人番号で探せる回数")
    PERSON_DAY = "SEARCH_PERSON_DAY", _("1人の職員が1日に個人番号で探せる回数")
    OFFICE_DAY = "SEARCH_OFFICE_DAY", _("全員で1日に個人番号で探せる回数")


def change(limit: SearchLimit, most: int, *, reason: str) -> None:
    """Set a limit, on record in the same transaction. Only the role that owns the vault can.

    Raises ``django.db.DatabaseError`` for anybody else, and for a number outside 1 to 1,000.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("UPDATE vault.search_limit SET most = %s WHERE name = %s", [most, limit.value])
        journal.record(
            actions.LIMITS_CHANGED,
            by=None,
            subject=journal.Subject(kind="mynumber.limit", id=limit.value),
            reason=reason,
            details={"count": most},
        )


def all_of_them() -> dict[SearchLimit, int]:
    """Return every limit as it stands, to the role that owns the vault."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, most FROM vault.search_limit ORDER BY name")
        return {SearchLimit(name): most for name, most in cursor.fetchall()}
