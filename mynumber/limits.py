"""How often numbers may be shown, asked after or retyped wrongly: the vault owner's data, out of reach."""

from collections.abc import Mapping
from types import MappingProxyType

from django.db import connection, models, transaction
from django.utils.translation import gettext_lazy as _

from audit import journal
from mynumber import actions


class Limit(models.TextChoices):
    """What is limited."""

    PERSON_HOUR = "PERSON_HOUR", _("1人の職員が1時間に表示できる件数")
    PERSON_DAY = "PERSON_DAY", _("1人の職員が1日に表示できる件数")
    OFFICE_DAY = "OFFICE_DAY", _("全員で1日に表示できる件数")
    SEARCH_PERSON_HOUR = "SEARCH_PERSON_HOUR", _("1人の職員が1時間に個人番号で探せる回数")
    SEARCH_PERSON_DAY = "SEARCH_PERSON_DAY", _("1人の職員が1日に個人番号で探せる回数")
    SEARCH_OFFICE_DAY = "SEARCH_OFFICE_DAY", _("全員で1日に個人番号で探せる回数")
    MISMATCHES = "MISMATCHES", _("1人の職員の照合が1時間に不一致でよい回数")


_CHANGE: Mapping[str, str] = MappingProxyType(
    {
        "SEARCH": "UPDATE vault.search_limit SET most = %s WHERE name = %s",
        "MISMATCHES": "UPDATE vault.entry_limit SET most = %s WHERE name = %s",
    }
)
_CHANGE_OF_REVEALS = "UPDATE vault.reveal_limit SET most = %s WHERE name = %s"


def change(limit: Limit, most: int, *, reason: str) -> None:
    """Set a limit, on record in the same transaction. Only the role that owns the vault can.

    Raises ``django.db.DatabaseError`` for anybody else, and for a number outside what the table allows (1 to 10,000
    reveals, 1,000 look-ups, 100 mismatches).
    """
    statement = _CHANGE.get(limit.value.partition("_")[0], _CHANGE_OF_REVEALS)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(statement, [most, limit.value])
        journal.record(
            actions.LIMITS_CHANGED,
            by=None,
            subject=journal.Subject(kind="mynumber.limit", id=limit.value),
            reason=reason,
            details={"count": most},
        )


def all_of_them() -> dict[Limit, int]:
    """Return every limit as it stands, to the role that owns the vault."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, most FROM vault.reveal_limit UNION ALL SELECT name, most FROM vault.search_limit"
            " UNION ALL SELECT name, most FROM vault.entry_limit"
        )
        found = dict(cursor.fetchall())
    return {limit: found[limit.value] for limit in Limit}
