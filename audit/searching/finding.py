"""Puts a question to the record: a page of entries from a key on, and how many there are, up to a limit.

Sealed entries are found by their marks (the function ``audit.search``, migration 0006), the few that still wait by
their columns. Nothing here takes longer than a limit, whatever is asked: what does is broken off and told.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.core import signing
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from psycopg.errors import QueryCanceled

from audit.ledger import facets
from audit.models import Event
from audit.searching import labels
from audit.searching.conditions import Conditions
from audit.searching.pieces import Piece, Question, question
from audit.searching.scopes import Scope

PAGE: Final = 50
#: Counting stops here: beyond it the page says "or more", which costs the same however long the record grows.
COUNTED_UP_TO: Final = 1_000
#: A question that takes longer is broken off.
MOST_MILLISECONDS: Final = 2_000
AROUND: Final = timedelta(minutes=30)

_COLUMNS: Final = (
    "id", "at", "action", "result", "actor_id", "actor_roles", "actor_section", "subject_kind", "subject_id",
    "subject_label", "person_id", "purpose", "explanation", "details", "client", "session", "request_id",
)  # fmt: skip
_FOUND: Final = """
SELECT found.at, found.id, found.idx FROM (
    SELECT s.at, s.id, s.idx
    FROM audit.search(%s::bigint[], %s::bigint[], %s::bigint[], %s, %s, %s, %s::uuid, %s) s
    UNION ALL
    (SELECT e.at, e.id, NULL::bigint
     FROM audit.pending p
     CROSS JOIN LATERAL (SELECT * FROM audit.event one WHERE one.id = p.id AND one.at = p.at OFFSET 0) e
     WHERE p.at >= %s AND p.at < %s {conditions}
     ORDER BY e.at DESC, e.id DESC LIMIT %s)
) found
ORDER BY found.at DESC, found.id DESC LIMIT %s
"""
_EVENTS: Final = f"""
SELECT {", ".join(f"e.{column}" for column in _COLUMNS)}
FROM unnest(%s::uuid[], %s::timestamptz[]) AS v(id, at)
CROSS JOIN LATERAL (SELECT * FROM audit.event one WHERE one.id = v.id AND one.at = v.at OFFSET 0) e
"""  # noqa: S608  (the names above)
_SIGNED: Final = """
SELECT n.size FROM audit.note n
WHERE n.origin = (SELECT o.origin FROM audit.origin o ORDER BY o.began_at DESC LIMIT 1)
ORDER BY n.size DESC LIMIT 1
"""
_FIRST: Final = """
SELECT least(
    (SELECT l.event_at FROM audit.leaf l ORDER BY l.event_at LIMIT 1), (SELECT min(p.at) FROM audit.pending p)
)
"""


class TooSlowError(Exception):
    """The question was broken off: it has to ask for less."""


class TwiceError(Exception):
    """Two entries have one number, so that nobody can say which is meant. Nobody could write that through the app."""


@dataclass(frozen=True, slots=True)
class Key:
    """Where a page begins: behind this entry, counting from the newest."""

    at: datetime
    id: UUID


@dataclass(frozen=True, slots=True)
class Place:
    """An entry that was found, and its position in the ledger (None until it is sealed)."""

    key: Key
    position: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An entry as lists show it."""

    event: Event
    position: int | None
    is_signed: bool
    person_name: str = ""

    @property
    def seal(self) -> str:
        """How far it is sealed: WAITING, SEALED or SIGNED."""
        return "WAITING" if self.position is None else "SIGNED" if self.is_signed else "SEALED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page, how many entries there are in all (None = more than are counted), and where the next begins."""

    rows: list[Row]
    count: int | None
    older: str | None
    is_first: bool


def find(
    conditions: Conditions, scope: Scope, *, reader_id: int, token: str | None = None, now: datetime | None = None
) -> Page:
    """Return the entries within ``scope`` that meet ``conditions``, from the page that ``token`` names on.

    A token that was not given to this reader for these conditions is the first page. Raises :class:`TooSlowError`.
    """
    seal = _seal(conditions, scope, reader_id)
    key, count = _read_token(token, seal)
    with limited():
        asked = question(conditions, scope, now=now or timezone.now())
        places = _places(asked, key, PAGE + 1 if key else COUNTED_UP_TO + 1)
        if key is None:
            count = len(places) if len(places) <= COUNTED_UP_TO else None
        shown = places[:PAGE]
        found = rows(shown, scope)
    older = _write_token(shown[-1].key, count, seal) if len(places) > PAGE else None
    return Page(rows=found, count=count, older=older, is_first=key is None)


def count(conditions: Conditions, scope: Scope, *, most: int, now: datetime | None = None) -> int:
    """Return how many entries meet ``conditions``, up to one more than ``most``. Raises :class:`TooSlowError`."""
    with limited():
        return len(_places(question(conditions, scope, now=now or timezone.now()), None, most + 1))


def walk(asked: Question, key: Key | None, scope: Scope, *, most: int, milliseconds: int) -> list[Row]:
    """Return the next ``most`` entries behind ``key``, the newest first, for a file that is written piece by piece."""
    with limited(milliseconds):
        return rows(_places(asked, key, most), scope)


def events(conditions: Conditions, scope: Scope, *, behind: Key | None = None, most: int) -> list[Event]:
    """Return the next ``most`` entries behind a key, the newest first, for pages that show a part of the record.

    Raises :class:`TooSlowError`.
    """
    with limited():
        places = _places(question(conditions, scope, now=timezone.now()), behind, most)
        found = _opened(places)
        listed = [found[place.key] for place in places if place.key in found]
        labels.name_actors(listed)
    return listed


def around(event: Event, scope: Scope) -> list[Row]:
    """Return what the same person did within half an hour of ``event``, as far as ``scope`` shows it."""
    if event.actor_id is None:
        return []
    asked = question(Conditions(actor_ids=(event.actor_id,)), scope, now=event.at)
    with limited():
        near = Question(asked.pieces, event.at - AROUND, event.at + AROUND + timedelta(microseconds=1))
        return rows(_places(near, None, PAGE), scope)


def rows(places: Sequence[Place], scope: Scope) -> list[Row]:
    """Return the entries at ``places`` with what a list says of them: a few queries, however many entries."""
    if not places:
        return []
    events = _opened(places)
    size = signed_size()
    kept = [place for place in places if place.key in events]
    names: Mapping[UUID, str] = labels.name([events[place.key] for place in kept]) if kept else {}
    return [
        Row(
            event=(event := events[place.key]),
            position=place.position,
            is_signed=place.position is not None and place.position < size,
            person_name=names.get(event.person_id, "") if event.person_id and scope.names_people else "",
        )
        for place in kept
    ]


def _opened(places: Sequence[Place]) -> dict[Key, Event]:
    if not places:
        return {}
    found = Event.objects.raw(_EVENTS, [[place.key.id for place in places], [place.key.at for place in places]])
    return {Key(event.at, event.pk): event for event in found}


def one(event_id: UUID) -> Event | None:
    """Return the entry of a number, or None. Raises :class:`TwiceError` when there are two, of two times."""
    found = list(Event.objects.filter(pk=event_id)[:2])
    if len(found) > 1:
        raise TwiceError
    return found[0] if found else None


def signed_size() -> int:
    """Return up to which position the ledger is signed."""
    with connection.cursor() as cursor:
        cursor.execute(_SIGNED)
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def begins_on() -> date | None:
    """Return the day of the oldest entry there is, or None before the first."""
    with limited(), connection.cursor() as cursor:
        cursor.execute(_FIRST)
        (first,) = cursor.fetchone()
    return facets.local_day(first) if first else None


@contextmanager
def limited(milliseconds: int = MOST_MILLISECONDS) -> Iterator[None]:
    """Break off what takes longer, with a transaction around it; raise :class:`TooSlowError` then."""
    is_outermost = not connection.in_atomic_block
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT current_setting('statement_timeout'), set_config('statement_timeout', %s, true)",
                    [str(milliseconds)],
                )
                (before, _now) = cursor.fetchone()
            yield
            if not is_outermost:  # otherwise it ends with the transaction
                with connection.cursor() as cursor:
                    cursor.execute("SELECT set_config('statement_timeout', %s, true)", [before])
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TooSlowError from error
        raise


def _places(asked: Question, key: Key | None, most: int) -> list[Place]:
    if asked.is_hopeless:
        return []
    wanted = [piece for piece in asked.pieces if not piece.is_excluding]
    all_of = [piece.marks[0] for piece in wanted if len(piece.marks) == 1]
    any_of = _rectangle([list(piece.marks) for piece in wanted if len(piece.marks) > 1])
    none_of = [mark for piece in asked.pieces if piece.is_excluding for mark in piece.marks]
    sql, values = _of_columns(asked.pieces, key)
    with connection.cursor() as cursor:
        cursor.execute(
            _FOUND.format(conditions=sql),
            [
                *(all_of, any_of, none_of, asked.since, asked.until),
                *((key.at, key.id) if key else (None, None)),
                most,
                *(asked.since, asked.until, *values, most, most),
            ],
        )
        found = cursor.fetchall()
    # one that was sealed while the question was answered stands in both halves
    keys = [(Key(at, event_id), position) for at, event_id, position in found]
    places = {key: Place(key, None) for key, position in keys if position is None}
    places |= {key: Place(key, position) for key, position in keys if position is not None}
    return sorted(places.values(), key=lambda place: (place.key.at, place.key.id), reverse=True)


def _of_columns(pieces: Sequence[Piece], key: Key | None) -> tuple[str, list[Any]]:
    """Return the conditions for entries that have no marks yet."""
    conditions = [f" AND {piece.sql}" for piece in pieces]
    values = [value for piece in pieces for value in piece.values]
    if key is not None:
        conditions.append(" AND (e.at, e.id) < (%s, %s)")
        values += [key.at, key.id]
    return "".join(conditions), values


def _rectangle(groups: list[list[int]]) -> list[list[int]]:
    """Return ``groups`` in rows of one length, as the database's arrays have them: a mark again changes nothing."""
    widest = max(map(len, groups), default=0)
    return [[*group, *[group[0]] * (widest - len(group))] for group in groups]


def _seal(conditions: Conditions, scope: Scope, reader_id: int) -> str:
    """Return what binds a page's token to who asked, for what, within what."""
    return hashlib.sha256(repr((conditions, scope, reader_id)).encode()).hexdigest()[:20]


def _signer() -> signing.Signer:
    return signing.Signer(salt="audit.page")


def _write_token(key: Key, total: int | None, seal: str) -> str:
    return _signer().sign_object([key.at.isoformat(), str(key.id), total, seal])


def _read_token(token: str | None, seal: str) -> tuple[Key | None, int | None]:
    if not token:
        return None, None
    try:
        at, event_id, total, bound_to = _signer().unsign_object(token)
    except (signing.BadSignature, ValueError, TypeError):
        return None, None
    if bound_to != seal:
        return None, None
    return Key(datetime.fromisoformat(at), UUID(event_id)), total
