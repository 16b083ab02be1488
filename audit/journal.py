"""The only way to write down what happened.

An entry that cannot be written raises, and what it would have recorded does not happen: callers write the
entry in the transaction of the change, or, before showing something, in a committed transaction of its own.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any, Final, Protocol, cast
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import InterfaceError, OperationalError, connections, models, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.backends.utils import CursorWrapper

from audit import keyfiles, origin, sealed_text, vocabulary
from audit.ledger import clock, identifiers, writers
from audit.ledger.body import SALT_BYTES, Body, canonical_details, canonical_text, encode, leaf_hash
from audit.models import REASON_KEY, Event, PersonLabel, Result

#: The key that entries are authenticated under (audit.keyfiles).
MAC_KEY: Final = "ledger-mac"
#: As many as fit one statement without its text growing large.
MOST_AT_ONCE: Final = 500
MICROSECOND: Final = timedelta(microseconds=1)

_COLUMNS = (
    "id", "at", "action", "result", "actor_id", "actor_roles", "actor_section", "subject_kind", "subject_id",
    "subject_label", "person_id", "purpose", "explanation", "sealed_reason", "details", "client", "session",
    "request_id", "body", "leaf",
)  # fmt: skip
_INSERT = f"INSERT INTO audit.event ({', '.join(_COLUMNS)}) VALUES "  # noqa: S608  (the constant above)
_CASTS = {"details": "%s::jsonb", "client": "%s::inet"}
_ROW = f"({', '.join(_CASTS.get(name, '%s') for name in _COLUMNS)})"
_RETURNING = (
    " RETURNING xid::text,"
    " (SELECT size || ' ' || encode(root, 'hex') FROM audit.checkpoint ORDER BY size DESC LIMIT 1)"
)
_ID, _AT, _DETAILS, _LEAF = (_COLUMNS.index(name) for name in ("id", "at", "details", "leaf"))
_DATA = frozenset({str, int, bool, type(None)})


class Actor(Protocol):
    """Somebody who can be held to what they did: any member of staff."""

    @property
    def pk(self) -> int | None: ...

    @property
    def display_name(self) -> str: ...

    @property
    def role_codes(self) -> str: ...

    @property
    def section(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What was acted on: its kind, its id, and a label without personal data (a receipt number)."""

    kind: str
    id: str
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry to be written. See :func:`record` for what each part means."""

    action: str
    by: Actor | None
    subject: Subject | models.Model | None = None
    person_id: UUID | None = None
    result: Result = Result.DONE
    purpose: str = ""
    explanation: str = ""
    reason: str = ""
    details: Mapping[str, object] = field(default_factory=dict)


def record(
    action: str,
    *,
    by: Actor | None,
    subject: Subject | models.Model | None = None,
    person_id: UUID | None = None,
    result: Result = Result.DONE,
    purpose: str = "",
    explanation: str = "",
    reason: str = "",
    details: Mapping[str, object] | None = None,
) -> Event:
    """Write down that ``by`` did ``action`` to ``subject``, or was refused it.

    The entry joins the transaction that is open, so that neither it nor the change can be saved without the
    other; with none open it is committed on return. ``person_id`` is the resident concerned, ``purpose`` a
    code, ``explanation`` why a person was looked at as far as the office's work tells (E0 to E6), ``reason`` words
    (kept sealed), ``details`` only what :data:`audit.vocabulary.DETAILS` lists.
    """
    return record_all(
        [
            Entry(
                action=action,
                by=by,
                subject=subject,
                person_id=person_id,
                result=result,
                purpose=purpose,
                explanation=explanation,
                reason=reason,
                details=details or {},
            ),
        ],
    )[0]


def record_all(entries: Iterable[Entry]) -> list[Event]:
    """Write several entries in one statement, for work that concerns many things at once.

    Raises whatever keeps one of them from being written: a word that nobody declared, a detail that is not on the
    list, a text that is too long, a database that refuses. Then none is written, and an open transaction is over.
    """
    connection = connections[router.db_for_write(Event)]
    waiting = list(entries)
    if len(waiting) <= MOST_AT_ONCE:
        return _write(connection, waiting)
    with transaction.atomic(using=connection.alias):
        pieces = [waiting[first : first + MOST_AT_ONCE] for first in range(0, len(waiting), MOST_AT_ONCE)]
        return [event for piece in pieces for event in _write(connection, piece)]


def record_committed(action: str, *, by: Actor | None, **parts: object) -> Event:
    """Write an entry and commit it before returning, or raise.

    For what must be on record before it happens, a reveal above all. Raises ``RuntimeError`` inside another
    transaction, where a rollback could take the entry away again.
    """
    with transaction.atomic(durable=True):
        return record(action, by=by, **parts)  # type: ignore[arg-type]  # the same keywords, checked there


def name_person(person_id: UUID, *, name: str, kana: str) -> None:
    """Remember what a person is called, for searching the record by name."""
    name_people([(person_id, name, kana)])


def name_people(people: Iterable[tuple[UUID, str, str]]) -> None:
    """Remember what several people (id, name, kana) are called."""
    PersonLabel.objects.bulk_create(
        [PersonLabel(person_id=person_id, name=name, kana=kana) for person_id, name, kana in people],
        update_conflicts=True,
        unique_fields=["person_id"],
        update_fields=["name", "kana"],
    )


def _write(connection: BaseDatabaseWrapper, entries: Sequence[Entry]) -> list[Event]:
    if not entries:
        return []
    if not connection.in_atomic_block and not connection.get_autocommit():
        # nobody would tell the writer's chain that the entry was committed
        raise transaction.TransactionManagementError("entries are written in autocommit or in atomic()")
    now, position, key = clock.now(connection), writers.Position(connection), keyfiles.read(MAC_KEY)
    rows = []
    for step, entry in enumerate(entries):
        row = _row(entry, at=now + step * MICROSECOND, link=position.next(), key=key)
        position.fill(row[_ID], row[_AT], row[_LEAF])
        rows.append(row)
    values = [value for row in rows for value in row]
    try:
        with _cursor(connection) as cursor:
            cursor.execute(_INSERT + ", ".join([_ROW] * len(rows)) + _RETURNING, values)
            xid, seen = cursor.fetchone()
    except (OperationalError, InterfaceError):
        if not connection.in_atomic_block:
            position.lost()  # it may have been committed though its answer was lost
        raise
    size, _separator, root = seen.partition(" ") if seen else ("", "", "")
    position.taken(xid, seen_size=int(size) if size else None, seen_root=bytes.fromhex(root) if root else None)
    return [_event(row, connection.alias) for row in rows]


def _cursor(connection: BaseDatabaseWrapper) -> CursorWrapper:
    """Return a cursor whose values travel apart from the statement: the database then plans it once, not each time."""
    connection.ensure_connection()
    # Django has no public door to it; this one checks, wraps and logs as connection.cursor() does
    prepared: CursorWrapper = cast("Any", connection)._prepare_cursor(
        cast("Any", ServerBindingCursor)(connection.connection)
    )
    return prepared


def _row(entry: Entry, *, at: datetime, link: writers.Link, key: bytes) -> list[Any]:
    """Return the columns of an entry, its body and leaf among them."""
    if unknown := set(entry.details) - set(vocabulary.DETAILS):
        raise ValueError(f"not on the list of details: {', '.join(sorted(unknown))}")
    subject = entry.subject
    if isinstance(subject, models.Model):
        subject = Subject(kind=subject._meta.label_lower, id=str(subject.pk), label=getattr(subject, "label", ""))
    where, by = origin.current(), entry.by
    event_id = identifiers.of_moment(at)
    sealed = sealed_text.seal(entry.reason, key=REASON_KEY, bound_to=f"event|{event_id}") if entry.reason else None
    said = Body(
        id=event_id,
        at=at,
        writer=link.writer,
        writer_n=link.writer_n,
        previous=link.previous,
        uncertain_writer=link.uncertain_writer,
        uncertain_n=link.uncertain_n,
        seen_size=link.seen_size,
        seen_root=link.seen_root,
        action=vocabulary.require(entry.action),
        result=str(entry.result),
        actor_id=by.pk if by else None,
        actor_roles=by.role_codes if by else "",
        actor_section=canonical_text(by.section) if by else "",
        subject_kind=subject.kind if subject else "",
        subject_id=canonical_text(subject.id) if subject else "",
        subject_label=canonical_text(subject.label) if subject else "",
        person_id=entry.person_id,
        purpose=entry.purpose,
        explanation=entry.explanation,
        reason_hash=hashlib.sha256(sealed).digest() if sealed else None,
        details=_plain(entry.details),
        client=ip_address(where.client) if where.client else None,
        session=where.session,
        request_id=where.request_id,
        salt=os.urandom(SALT_BYTES),
    )
    whole = encode(said, key)
    return [
        event_id,
        at,
        said.action,
        said.result,
        said.actor_id,
        said.actor_roles,
        said.actor_section,
        said.subject_kind,
        said.subject_id,
        said.subject_label,
        said.person_id,
        said.purpose,
        said.explanation,
        sealed,
        canonical_details(said.details) if said.details else "{}",
        str(said.client) if said.client else None,
        said.session,
        said.request_id,
        whole,
        leaf_hash(whole),
    ]


def _event(row: Sequence[Any], alias: str) -> Event:
    """Return the entry that was written as what it is read as."""
    values = list(row)
    values[_DETAILS] = json.loads(values[_DETAILS])
    return Event.from_db(alias, _COLUMNS, values)


def _plain(details: Mapping[str, Any]) -> Any:
    """Return ``details`` as data: labels that are translated late, ids and codes become texts."""
    if all(type(value) in _DATA for value in details.values()):
        return dict(details)
    return json.loads(json.dumps(details, cls=DjangoJSONEncoder))
