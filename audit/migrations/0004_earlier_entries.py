"""Bring the entries that were written before the ledger into it, at their times and under their ids."""

import hashlib
import json
import os
from datetime import UTC, datetime
from ipaddress import ip_interface
from typing import Any, ClassVar
from uuid import UUID, uuid4

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

BATCH = 1_000
COLUMNS = (
    "id, at, action, result, actor_id, actor_roles, actor_section, subject_kind, subject_id, subject_label, person_id,"
    " purpose, explanation, sealed_reason, details, client, session, request_id, body, leaf, xid"
)


def bring_over(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Give each entry its bytes, as one chain of a writer of its own, and put it in the sealer's queue."""
    from audit import keyfiles
    from audit.ledger.body import NO_LEAF, Body, encode, leaf_hash

    connection = schema_editor.connection
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(at), max(at) FROM audit.event_before_ledger")
        first, last = cursor.fetchone()
        if first is None:
            return
        months = (last.year - first.year) * 12 + last.month - first.month + 2
        cursor.execute("SELECT audit.make_months((%s AT TIME ZONE 'Asia/Tokyo')::date, %s)", [first, months])
        cursor.execute("ALTER TABLE audit.event DISABLE TRIGGER USER")
        key, writer, previous, n = keyfiles.read("ledger-mac"), uuid4(), NO_LEAF, 0
        after: tuple[datetime, UUID] = (datetime(1970, 1, 1, tzinfo=UTC), UUID(int=0))
        while rows := _batch(cursor, after):
            for row in rows:
                n += 1
                reason = bytes(row["sealed_reason"]) if row["sealed_reason"] else None
                whole = encode(
                    Body(
                        id=row["id"],
                        at=row["at"],
                        writer=writer,
                        writer_n=n,
                        previous=previous,
                        action=row["action"],
                        result=row["result"],
                        actor_id=row["actor_id"],
                        actor_roles=row["actor_roles"],
                        subject_kind=row["subject_kind"],
                        subject_id=row["subject_id"],
                        subject_label=row["subject_label"],
                        person_id=row["person_id"],
                        purpose=row["purpose"],
                        reason_hash=hashlib.sha256(reason).digest() if reason else None,
                        details=_as_data(row["details"]),
                        client=ip_interface(row["client"]).ip if row["client"] else None,
                        session=row["session"],
                        request_id=row["request_id"],
                        salt=os.urandom(16),
                    ),
                    key,
                )
                previous = leaf_hash(whole)
                cursor.execute(
                    f"INSERT INTO audit.event ({COLUMNS})"  # noqa: S608  (the constant above)
                    " SELECT id, at, action, result, actor_id, actor_roles, '', subject_kind, subject_id, subject_label,"
                    " person_id, purpose, '', sealed_reason, details, client, session, request_id, %s, %s, xid"
                    " FROM audit.event_before_ledger WHERE id = %s",
                    [whole, previous, row["id"]],
                )
                cursor.execute(
                    "INSERT INTO audit.pending (id, at, leaf) VALUES (%s, %s, %s)", [row["id"], row["at"], previous]
                )
            after = (rows[-1]["at"], rows[-1]["id"])
        cursor.execute("SELECT tgname FROM pg_trigger WHERE tgrelid = 'audit.event'::regclass AND NOT tgisinternal")
        for (name,) in cursor.fetchall():
            cursor.execute(f'ALTER TABLE audit.event ENABLE ALWAYS TRIGGER "{name}"')


def _batch(cursor: Any, after: tuple[datetime, UUID]) -> list[dict[str, Any]]:
    cursor.execute(
        "SELECT id, at, action, result, actor_id, actor_roles, subject_kind, subject_id, subject_label, person_id,"
        " purpose, sealed_reason, details, client::text AS client, session, request_id FROM audit.event_before_ledger"
        " WHERE (at, id) > (%s, %s) ORDER BY at, id LIMIT %s",
        [*after, BATCH],
    )
    names = [column.name for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _as_data(details: Any) -> dict[str, Any]:
    """Return what a jsonb column holds, whichever way the connection hands it over."""
    data: dict[str, Any] = json.loads(details) if isinstance(details, str) else details
    return data


class Migration(migrations.Migration):
    dependencies: ClassVar = [("audit", "0003_the_ledger")]

    # back: migration 0003 takes every entry along
    operations: ClassVar = [migrations.RunPython(bring_over, migrations.RunPython.noop)]
