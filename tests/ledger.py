"""Entries written past the journal: with SQL, as an intruder would, or at another time, as a superuser can."""

import os
import uuid
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from audit import keyfiles
from audit.journal import MAC_KEY
from audit.ledger import identifiers
from audit.ledger.body import NO_LEAF, Body, encode, leaf_hash

_TEXTS = (
    "actor_roles",
    "actor_section",
    "subject_kind",
    "subject_id",
    "subject_label",
    "purpose",
    "explanation",
    "session",
)


def columns(**given: Any) -> dict[str, Any]:
    """Return every column of an entry that says what is ``given``, with a body of a chain of its own and its leaf.

    ``body`` and ``leaf`` may be given too, to be wrong.
    """
    at = given.get("at") or datetime.now(UTC)
    said: dict[str, Any] = {
        "id": identifiers.of_moment(at),
        "at": at,
        "action": "benefits.application.saved",
        "result": "DONE",
        "actor_id": None,
        "person_id": None,
        "details": {},
        "client": None,
        "request_id": None,
        **dict.fromkeys(_TEXTS, ""),
        **given,
    }
    known = {field.name for field in fields(Body)}
    body = Body(
        **{name: value for name, value in said.items() if name in known and name != "client"},
        client=ip_address(said["client"]) if said["client"] else None,
        writer=uuid.uuid4(),
        writer_n=1,
        previous=NO_LEAF,
        salt=os.urandom(16),
    )
    said.setdefault("body", encode(body, keyfiles.read(MAC_KEY)))
    said.setdefault("leaf", leaf_hash(said["body"]))
    return said


def insert(execute: Callable[[sql.Composed, list[Any]], Any], **given: Any) -> uuid.UUID:
    """Write an entry with plain SQL and return its id; the guards of the table apply."""
    values = columns(**given)
    statement = sql.SQL("INSERT INTO audit.event ({}) VALUES ({})").format(
        sql.SQL(", ").join(map(sql.Identifier, values)), sql.SQL(", ").join([sql.Placeholder()] * len(values))
    )
    execute(statement, [Jsonb(value) if isinstance(value, Mapping) else value for value in values.values()])
    event: uuid.UUID = values["id"]
    return event


def insert_earlier(superuser: psycopg.Connection[Any], *, at: datetime, **given: Any) -> uuid.UUID:
    """Write an entry of ``at`` and queue it: only a superuser can, with the guard off that dates entries."""
    values = columns(at=at, **given)
    with superuser.transaction():
        superuser.execute("SELECT audit.make_months((%s AT TIME ZONE 'Asia/Tokyo')::date, 1)", [at])
        superuser.execute("ALTER TABLE audit.event DISABLE TRIGGER event_is_queued")
        insert(superuser.execute, **values)
        superuser.execute("ALTER TABLE audit.event ENABLE ALWAYS TRIGGER event_is_queued")
        superuser.execute(
            "INSERT INTO audit.pending (id, at, leaf) VALUES (%s, %s, %s)", [values["id"], at, values["leaf"]]
        )
        remember(superuser, values["id"])
    event: uuid.UUID = values["id"]
    return event


def remember(superuser: psycopg.Connection[Any], event: uuid.UUID) -> None:
    """Let guards find an entry that was written while theirs slept, when it is of a kind that they look back on."""
    guards = ("event_actor_is_real", "reveal_without_a_case_is_reviewed")
    for guard in guards:
        superuser.execute(sql.SQL("ALTER TABLE audit.remembered DISABLE TRIGGER {}").format(sql.Identifier(guard)))
    superuser.execute(
        "INSERT INTO audit.remembered SELECT id, at, action, result, actor_id, subject_kind, subject_id, person_id,"
        " purpose, details, xid FROM audit.event WHERE id = %s AND audit.is_remembered(action)",
        [event],
    )
    for guard in guards:
        enable = sql.SQL("ALTER TABLE audit.remembered ENABLE ALWAYS TRIGGER {}")
        superuser.execute(enable.format(sql.Identifier(guard)))


def verified(superuser: psycopg.Connection[Any], **given: Any) -> int:
    """Put down that a verification ended, or is open, as only a superuser can, and return its id."""
    now = datetime.now(UTC)
    values = {
        "kind": "WHOLE",
        "asked_at": now,
        "started_at": now,
        "ended_at": now,
        "root": bytes(32),
        **dict.fromkeys(("since", "position", "size", "events", "faults"), 0),
        **dict.fromkeys(("sentences", "notices"), Jsonb([])),
        **given,
    }
    guards = [sql.Identifier(f"verification_{guard}") for guard in ("begins_open", "is_on_record")]
    statement = sql.SQL("INSERT INTO audit.verification ({}) VALUES ({}) RETURNING id").format(
        sql.SQL(", ").join(map(sql.Identifier, values)), sql.SQL(", ").join([sql.Placeholder()] * len(values))
    )
    with superuser.transaction():
        for guard in guards:
            superuser.execute(sql.SQL("ALTER TABLE audit.verification DISABLE TRIGGER {}").format(guard))
        row = superuser.execute(statement, list(values.values())).fetchone()
        for guard in guards:
            superuser.execute(sql.SQL("ALTER TABLE audit.verification ENABLE ALWAYS TRIGGER {}").format(guard))
    assert row is not None
    return int(row[0])


def delete(superuser: psycopg.Connection[Any], event: uuid.UUID) -> None:
    """Take an entry and its place in the queue away, as only a superuser can."""
    with superuser.transaction():
        superuser.execute("ALTER TABLE audit.event DISABLE TRIGGER event_is_never_changed")
        superuser.execute("DELETE FROM audit.event WHERE id = %s", [event])
        superuser.execute("DELETE FROM audit.pending WHERE id = %s", [event])
        superuser.execute("ALTER TABLE audit.event ENABLE ALWAYS TRIGGER event_is_never_changed")


def backdate(superuser: psycopg.Connection[Any], event: uuid.UUID, at: datetime) -> None:
    """Give an entry another time than it was written at; its body still says the old one."""
    with superuser.transaction():
        superuser.execute("SELECT audit.make_months((%s AT TIME ZONE 'Asia/Tokyo')::date, 1)", [at])
        for guard in ("event_is_never_changed", "event_is_queued"):
            superuser.execute(sql.SQL("ALTER TABLE audit.event DISABLE TRIGGER {}").format(sql.Identifier(guard)))
        superuser.execute("UPDATE audit.event SET at = %s WHERE id = %s", [at, event])
        superuser.execute("ALTER TABLE audit.remembered DISABLE TRIGGER remembered_is_never_changed")
        superuser.execute("UPDATE audit.remembered SET at = %s WHERE id = %s", [at, event])
        superuser.execute("ALTER TABLE audit.remembered ENABLE ALWAYS TRIGGER remembered_is_never_changed")
        for guard in ("event_is_never_changed", "event_is_queued"):
            superuser.execute(
                sql.SQL("ALTER TABLE audit.event ENABLE ALWAYS TRIGGER {}").format(sql.Identifier(guard))
            )
