"""Weeks of an office's doings, written into the record at their times and sealed."""

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from accounts.models import User
from audit.models import Hit
from audit.watching import engine
from tests.conftest import Office
from tests.ledger import columns
from tests.sealing import seal_all


def happened(action: str, *, at: datetime, by: User | None, **parts: Any) -> dict[str, Any]:
    """Return an entry's columns; ``person`` for short."""
    if "person" in parts:
        parts["person_id"] = parts.pop("person")
    return {
        "action": action,
        "at": at,
        "actor_id": by.pk if by else None,
        "actor_roles": by.role_codes if by else "",
        "actor_section": by.section if by else "",
        **parts,
    }


def write(superuser: psycopg.Connection[Any], entries: Iterable[Mapping[str, Any]]) -> list[uuid.UUID]:
    """Write entries of earlier times and queue them, in the order of their times: only a superuser can."""
    rows = [columns(**entry) for entry in sorted(entries, key=lambda entry: entry["at"])]
    if not rows:
        return []
    names = list(rows[0])
    statement = sql.SQL("INSERT INTO audit.event ({}) VALUES ({})").format(
        sql.SQL(", ").join(map(sql.Identifier, names)), sql.SQL(", ").join([sql.Placeholder()] * len(names))
    )
    with superuser.transaction(), superuser.cursor() as cursor:
        for month in sorted({row["at"].date().replace(day=1) for row in rows}):
            cursor.execute("SELECT audit.make_months(%s, 2)", [month])
        cursor.execute("ALTER TABLE audit.event DISABLE TRIGGER event_is_queued")
        cursor.executemany(
            statement,
            [[Jsonb(row[name]) if isinstance(row[name], Mapping) else row[name] for name in names] for row in rows],
        )
        cursor.execute("ALTER TABLE audit.event ENABLE ALWAYS TRIGGER event_is_queued")
        cursor.executemany(
            "INSERT INTO audit.pending (id, at, leaf) VALUES (%s, %s, %s)",
            [(row["id"], row["at"], row["leaf"]) for row in rows],
        )
    return [row["id"] for row in rows]


def from_the_start(superuser: psycopg.Connection[Any]) -> None:
    """Let every rule begin again with the first entry: only a superuser can."""
    with superuser.transaction():
        superuser.execute("ALTER TABLE audit.rule_progress DISABLE TRIGGER rule_goes_on_by_pieces")
        superuser.execute("UPDATE audit.rule_progress SET position = 0")
        superuser.execute("ALTER TABLE audit.rule_progress ENABLE ALWAYS TRIGGER rule_goes_on_by_pieces")


def look(office: Office) -> list[Hit]:
    """Seal what waits and let the rules go through all of it; return what they have raised, in its order."""
    seal_all(office)
    while engine.work():
        pass
    return list(Hit.objects.order_by("happened_at", "rule_id"))


def raised(hits: Iterable[Hit]) -> list[tuple[str, str]]:
    """Return which rules raised, and which kind."""
    return sorted((hit.rule_id, hit.kind) for hit in hits)
