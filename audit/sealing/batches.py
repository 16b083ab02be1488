"""The sealer: gives committed entries their positions, in the tree whose roots are signed.

Writers wait for nobody: they leave an entry and a row in a queue. One sealer at a time takes what waits, reads each
entry again, and appends its leaf to the tree, all in one transaction; what it finds wrong goes on record and never
stops it, since a record that can be stopped by one bad row can be stopped by anybody. Only a tree that is no longer
the one it sealed last makes it stop: nothing true can be built upon that.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import psycopg
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from audit import keyfiles
from audit.ledger import body as bodies, facets, merkle, tiles
from audit.sealing import columns, telling
from audit.sealing.telling import Fault

#: The advisory lock of whoever seals; a number of this product's own.
LOCK: Final = 0x6B79_7566_7365_616C  # "kyufseal"
#: How many entries one transaction seals at most.
MOST: Final = 4_096
READ_AT_ONCE: Final = 1_024
#: The key that entries are authenticated under (audit.keyfiles).
MAC_KEY: Final = "ledger-mac"

Connection = psycopg.Connection[Any] | BaseDatabaseWrapper

_WAITING = "SELECT id, at, leaf FROM audit.pending ORDER BY at, id LIMIT %s"
_EVENTS = f"""
    SELECT {
    ", ".join(
        "host(client) || '/' || masklen(client) AS client"
        if name == "client"
        else "details::text AS details"
        if name == "details"
        else name
        for name in columns.NAMES
    )
},
           body, leaf, xid::text AS xid
    FROM audit.event WHERE at BETWEEN %s AND %s AND id = ANY(%s)
"""  # noqa: S608  (names from audit.sealing.columns)
_BEGAN = "SELECT min(began_at) FROM audit.origin"
_REAL = "SELECT actor_id FROM audit.actor_label WHERE actor_id = ANY(%s)"


class TreeBrokenError(Exception):
    """The tree in the database is not the one that was sealed last: nothing may be appended to it."""


@dataclass(slots=True)
class Sealed:
    """What one batch came to: how many rows were taken from the queue, and the tree afterwards."""

    taken: int
    size: int
    root: bytes
    faults: list[Fault] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Leaf:
    event_id: UUID
    event_at: datetime
    hash: bytes
    xid: str
    facets: list[int]
    #: What the charts count it under, when it is the application that says so: time, section, action, actor.
    counted: tuple[datetime, str, str, int | None] | None


def seal_batch(connection: Connection, *, most: int = MOST) -> int:
    """Seal at most ``most`` entries of those that wait, the oldest first, in one transaction.

    Returns how many rows were taken from the queue, 0 when none waits. ``connection`` is the sealer's role, outside a
    transaction. Raises :class:`TreeBrokenError` when the tree is not what it was, having sealed nothing.
    """
    return seal(connection, most=most).taken


def seal(connection: Connection, *, most: int = MOST) -> Sealed:
    """Do what :func:`seal_batch` does and return all of what came of it."""
    key = keyfiles.read(MAC_KEY)
    with _transaction(connection) as database:
        # an advisory lock is anybody's to take; this one is the sealer's alone, since nobody else may write the table
        database.execute("LOCK TABLE audit.tile IN EXCLUSIVE MODE")
        waiting = database.execute(_WAITING, [most]).fetchall()
        size, root = last_checkpoint(database)
        if not waiting:
            return Sealed(0, size, root)
        edge = _edge(database, size, root)
        leaves, faults = _read_again(database, waiting, key=key, size=size)
        database.execute("DELETE FROM audit.pending WHERE id = ANY(%s)", [[row[0] for row in waiting]])
        if leaves:
            _append(database, edge, leaves)
            _count(database, [one.counted for one in leaves if one.counted])
        if faults:
            keep_faults(database, faults)
        if not isinstance(connection, psycopg.Connection):
            telling.recorder().raise_alarms(faults)
    if isinstance(connection, psycopg.Connection):
        telling.recorder().raise_alarms(faults)
    return Sealed(len(waiting), edge.size, edge.root(), faults)


def last_checkpoint(database: psycopg.Connection[Any]) -> tuple[int, bytes]:
    """Return size and root of the tree as it was sealed last."""
    row = database.execute("SELECT size, root FROM audit.checkpoint ORDER BY size DESC LIMIT 1").fetchone()
    return (row[0], bytes(row[1])) if row else (0, merkle.EMPTY_ROOT)


def tile_reader(database: psycopg.Connection[Any]) -> tiles.TileReader:
    """Return what reads tiles from the database."""

    def read(level: int, n: int) -> bytes:
        row = database.execute("SELECT hashes FROM audit.tile WHERE level = %s AND n = %s", [level, n]).fetchone()
        if row is None:
            raise tiles.MissingTileError(level, n)
        return bytes(row[0])

    return read


def keep_faults(database: psycopg.Connection[Any], faults: Sequence[Fault]) -> None:
    """Write down what was found."""
    database.cursor().executemany(
        "INSERT INTO audit.fault (kind, event_id, idx, words) VALUES (%s, %s, %s, %s)",
        [(one.kind, one.event_id, one.idx, one.words) for one in faults],
    )


@contextmanager
def _transaction(connection: Connection) -> Iterator[psycopg.Connection[Any]]:
    """Open a transaction and give the driver's connection in it."""
    if isinstance(connection, psycopg.Connection):
        with connection.transaction():
            yield connection
    else:
        with transaction.atomic(using=connection.alias, durable=True):
            connection.ensure_connection()
            yield connection.connection


def _edge(database: psycopg.Connection[Any], size: int, root: bytes) -> merkle.Edge:
    """Return the tree's right edge, once it is sure that its tiles give the last checkpoint's root."""
    try:
        edge = tiles.edge(tile_reader(database), size)
    except tiles.MissingTileError as error:
        raise TreeBrokenError(str(error)) from None
    if edge.root() != root:
        raise TreeBrokenError(
            f"タイルから求めた {size} 件の根が、最後のチェックポイントと違います"
            f" (the tiles do not give the root of the last checkpoint, at size {size})"
        )
    return edge


def _read_again(
    database: psycopg.Connection[Any], waiting: Sequence[tuple[Any, ...]], *, key: bytes, size: int
) -> tuple[list[_Leaf], list[Fault]]:
    """Return the leaves of the entries that are really there, in order, and what is wrong with any.

    A part at a time: somebody may have written 4,096 entries of 60,000 bytes.
    """
    leaves: list[_Leaf] = []
    faults: list[Fault] = []
    for first in range(0, len(waiting), READ_AT_ONCE):
        more, wrong = _read_part(database, waiting[first : first + READ_AT_ONCE], key=key, size=size + len(leaves))
        leaves += more
        faults += wrong
    return leaves, faults


def _is_of_another_time(event_id: UUID, at: datetime) -> bool:
    """Say whether the milliseconds that an id of version 7 begins with are not those of ``at``."""
    return event_id.int >> 80 != bodies.microseconds(at) // 1_000


def _read_part(
    database: psycopg.Connection[Any], waiting: Sequence[tuple[Any, ...]], *, key: bytes, size: int
) -> tuple[list[_Leaf], list[Fault]]:
    ids, moments = [row[0] for row in waiting], [row[1] for row in waiting]
    period = [min(moments), max(moments)]
    with database.cursor() as cursor:
        cursor.execute(_EVENTS, [*period, ids])
        names = [column.name for column in cursor.description or ()]
        found = {(row[0], row[1]): dict(zip(names, row, strict=True)) for row in cursor}
        cursor.execute(
            "SELECT event_id, event_at FROM audit.leaf WHERE event_at BETWEEN %s AND %s AND event_id = ANY(%s)",
            [*period, ids],
        )
        sealed = {(event_id, event_at) for event_id, event_at in cursor}
        actors = {row["actor_id"] for row in found.values() if row["actor_id"] is not None}
        cursor.execute(_REAL, [list(actors)])
        unreal = actors - {actor for (actor,) in cursor}
        (began,) = cursor.execute(_BEGAN).fetchone() or (None,)
    leaves: list[_Leaf] = []
    faults: list[Fault] = []
    for event_id, at, queued in waiting:
        row = found.get((event_id, at))
        if row is None:
            words = (
                f"封印待ちの記録の本体がありません。葉のハッシュ {bytes(queued).hex()}"
                " (a queued entry is not there; the hash is that of its leaf)"
            )
            faults.append(Fault("event_missing", words, event_id))
        elif (event_id, at) in sealed:
            words = "封印済みの記録が、もう一度封印待ちになっています (an entry that is sealed was queued again)"
            faults.append(Fault("queued_twice", words, event_id))
        else:
            idx = size + len(leaves)
            leaf, wrong = _examined(row, bytes(queued), key)
            leaves.append(leaf)
            # what came over from before the ledger has ids without a time
            if _is_of_another_time(event_id, at) if event_id.version == 7 else began is not None and at >= began:
                wrong.append(("id_differs", "記録番号の中の日時が、記録の日時と違います (the id is of another time)"))
            if row["actor_id"] in unreal:
                words = (
                    f"操作した人とされる番号 {row['actor_id']} の職員はいません"
                    " (there is no member of staff with the actor's number)"
                )
                wrong.append(("actor_unknown", words))
            faults += [Fault(kind, words, event_id, idx) for kind, words in wrong]
    return leaves, faults


def _examined(row: Mapping[str, Any], queued: bytes, key: bytes) -> tuple[_Leaf, list[tuple[str, str]]]:
    """Return the leaf of what the body says now, and what is wrong with the entry: kinds with words."""
    whole = bytes(row["body"])
    leaf, marks, counted = bodies.leaf_hash(whole), list[int](), None
    wrong: list[tuple[str, str]] = []
    if leaf != queued or leaf != bytes(row["leaf"]):
        where = [name for name, value in (("event", bytes(row["leaf"])), ("pending", queued)) if value != leaf]
        wrong.append(
            (
                "leaf_differs",
                f"本文が、書込み時の葉のハッシュと違います（{'、'.join(where)}）"
                f" (the body is not that of the leaf in {', '.join(where)})",
            )
        )
    is_authentic = bodies.is_authentic(whole, key)
    if not is_authentic:
        wrong.append(("not_authentic", "アプリの認証符号が合いません (the MAC is not the application's)"))
    try:
        said = bodies.decode(whole)
        marks = facets.of(said)
    except (bodies.MalformedBodyError, ValueError, OverflowError):
        wrong.append(("malformed", "本文の形式が正しくありません (the body is malformed)"))
    else:
        if is_authentic:
            counted = said.at, said.actor_section, said.action, said.actor_id
        if others := columns.differences(row, said):
            wrong.append(
                (
                    "columns_differ",
                    f"検索用の列 {'、'.join(others)} が本文と違います"
                    f" (columns differ from the body: {', '.join(others)})",
                )
            )
    return _Leaf(row["id"], row["at"], leaf, row["xid"], marks, counted), wrong


def _append(database: psycopg.Connection[Any], edge: merkle.Edge, leaves: Sequence[_Leaf]) -> None:
    """Write leaves, tiles, checkpoint; then read the tiles back and prove that the old tree begins the new one."""
    old_size, old_root = edge.size, edge.root()
    hashes = [one.hash for one in leaves]
    with (
        database.cursor() as cursor,
        cursor.copy("COPY audit.leaf (idx, event_id, event_at, hash, xid, facets) FROM STDIN") as copy,
    ):
        for idx, one in enumerate(leaves, old_size):
            copy.write_row((idx, one.event_id, one.event_at, one.hash, one.xid, one.facets))
    changed = tiles.grown(tile_reader(database), old_size, hashes)
    database.cursor().executemany(
        "INSERT INTO audit.tile (level, n, hashes) VALUES (%s, %s, %s)"
        " ON CONFLICT (level, n) DO UPDATE SET hashes = EXCLUDED.hashes",
        [(level, n, hashes) for (level, n), hashes in changed.items()],
    )
    edge.extend(hashes)
    node = tiles.nodes(tile_reader(database))
    proof = merkle.consistency_proof(old_size, edge.size, node)
    is_consistent = merkle.proves_consistency(
        proof, first=old_size, first_root=old_root, second=edge.size, second_root=edge.root()
    )
    if not is_consistent or tiles.root(tile_reader(database), edge.size) != edge.root():
        raise TreeBrokenError("書いたタイルから新しい根が得られません (the tiles as written do not give the new root)")
    database.execute("INSERT INTO audit.checkpoint (size, root) VALUES (%s, %s)", [edge.size, edge.root()])


def _count(database: psycopg.Connection[Any], entries: Sequence[tuple[datetime, str, str, int | None]]) -> None:
    """Add to what the charts are drawn from."""
    hours: Counter[tuple[Any, ...]] = Counter()
    actors: Counter[tuple[Any, ...]] = Counter()
    for at, section, action, actor in entries:
        local = at.astimezone(facets.JAPAN)
        hours[local.date(), local.hour, section, action] += 1
        if actor is not None:
            actors[local.date(), actor, action] += 1
    with database.cursor() as cursor:
        # in the order of their keys
        cursor.executemany(
            "INSERT INTO audit.tally_hour AS t (day, hour, section, action, n) VALUES (%s, %s, %s, %s, %s)"
            " ON CONFLICT (day, hour, section, action) DO UPDATE SET n = t.n + EXCLUDED.n",
            [(*key, n) for key, n in sorted(hours.items())],
        )
        cursor.executemany(
            "INSERT INTO audit.tally_actor AS t (day, actor_id, action, n) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (day, actor_id, action) DO UPDATE SET n = t.n + EXCLUDED.n",
            [(*key, n) for key, n in sorted(actors.items())],
        )
