"""How many numbers may be shown within an hour and a day: data of the vault's owner, out of the product's reach."""

from django.db import connection, models, transaction
from django.utils.translation import gettext_lazy as _

from audit import journal
from mynumber import actions


class Limit(models.TextChoices):
    """What is limited."""

    PERSON_HOUR = "PERSON_HOUR", _("1人の職員が1時間に表示できる件数")
    PERSON_DAY = "PERSON_DAY", _("1人の職員が1日に表示できる件数")
    OFFICE_DAY = "OFFICE_DAY", _("全員で1日に表示できる件数")


def change(limit: Limit, most: int, *, reason: str) -> None:
    """Set a limit, on record in the same transaction. Only the role that owns the vault can.

    Raises ``django.db.DatabaseError`` for anybody else, and for a number outside 1 to 10,000.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("UPDATE vault.reveal_limit SET most = %s WHERE name = %s", [most, limit.value])
        journal.record(
            actions.LIMITS_CHANGED,
            by=None,
            subject=journal.Subject(kind="mynumber.limit", id=limit.value),
            reason=reason,
            details={"count": most},
        )


def all_of_them() -> dict[Limit, int]:
    """Return every limit as it stands."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, vault.reveal_limit_of(name) FROM unnest(%s::text[]) AS name", [Limit.values])
        return {Limit(name): most for name, most in cursor.fetchall()}
