"""Asks the database for the ledger on behalf of whoever verifies, exports or proves it: few rows at a time, read only.

Values come as plain ones whatever the connection's owner has set for dates and documents: numbers, texts, bytes and
ids. Moments are asked for in microseconds since 1970 (:data:`MICROSECONDS`).
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final, TypeAlias
from uuid import UUID

import psycopg
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.connection import ConnectionProxy
from psycopg.rows import tuple_row
from psycopg.types.string import ByteaBinaryLoader

from audit.ledger import facets, merkle, tiles
from audit.verifying import rows

Connection: TypeAlias = "psycopg.Connection[Any] | BaseDatabaseWrapper | ConnectionProxy[BaseDatabaseWrapper]"

MICROSECONDS: Final = "(extract(epoch FROM {}) * 1000000)::bigint"
#: What the columns of leaf and event are: their bytes are compared, not their values.
_TYPES: Final = ("int8", "uuid", "timestamptz", "bytea", "_int8", "varchar", "text", "jsonb", "inet")
_XID8: Final = 5069
_ROWS: Final = f"""
    SELECT {", ".join(f"l.{name}" for name in rows.LEAF_COLUMNS)},
           {", ".join(f"e.{name}" for name in rows.EVENT_COLUMNS)}
    FROM audit.leaf l LEFT JOIN audit.event e ON e.id = l.event_id AND e.at = l.event_at
    WHERE l.idx >= %s AND l.idx < %s ORDER BY l.idx
"""  # noqa: S608  (names of this package)
#: One statement, so that an entry that is being sealed is seen once: as waiting, or with its position.
_TAIL: Final = f"""
    SELECT {", ".join(f"e.{name}" for name in rows.EVENT_COLUMNS)}, t.idx
    FROM (
        SELECT l.event_id AS id, l.event_at AS at, l.idx FROM audit.leaf l WHERE l.idx >= %s
        UNION ALL
        SELECT p.id, p.at, NULL FROM audit.pending p
        WHERE NOT EXISTS (SELECT FROM audit.leaf l WHERE l.event_at = p.at AND l.event_id = p.id)
    ) t JOIN audit.event e ON e.id = t.id AND e.at = t.at
    ORDER BY t.idx NULLS LAST, t.at, t.id LIMIT %s
"""  # noqa: S608  (the same)


class Ledger:
    """The ledger in the database behind ``connection``."""

    def __init__(self, connection: Connection) -> None:
        self.connection = driver_of(connection)

    def ask(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query for numbers, texts, bytes and ids."""
        with psycopg.Cursor(self.connection, row_factory=tuple_row) as cursor:
            # planned each time: what suits the first of many months does not suit the last
            cursor.execute(query, values, prepare=False)
            found: list[tuple[Any, ...]] = cursor.fetchall()
        return found

    def value(self, query: str, values: Sequence[Any] = ()) -> Any:
        """Return the only value of a query, None when there is no row."""
        found = self.ask(query, values)
        return found[0][0] if found else None

    def rows(self, first: int, end: int) -> list[tuple[bytes | None, ...]]:
        """Return leaves with entries from position ``first`` to before ``end``, each value as PostgreSQL sends it."""
        return self._bytes(_ROWS, (first, end))

    def tail(self, first: int, most: int) -> list[tuple[bytes | None, ...]]:
        """Return at most so many entries from position ``first`` on and that wait for one, the position last.

        Those that have a position come first, then those without, the oldest first.
        """
        return self._bytes(_TAIL, (first, most))

    def size(self) -> tuple[int, bytes]:
        """Return size and root of the newest checkpoint."""
        found = self.ask("SELECT size, root FROM audit.checkpoint ORDER BY size DESC LIMIT 1")
        return (found[0][0], bytes(found[0][1])) if found else (0, merkle.EMPTY_ROOT)

    def tiles(self) -> tiles.TileReader:
        """Return what reads tiles."""

        def read(level: int, n: int) -> bytes:
            found = self.value("SELECT hashes FROM audit.tile WHERE level = %s AND n = %s", (level, n))
            if found is None:
                raise tiles.MissingTileError(level, n)
            return bytes(found)

        return read

    def entries_of(self, action: str) -> list[tuple[int, UUID, bytes, dict[str, Any]]]:
        """Return position, id, body and details of every sealed entry of a rare action, in order."""
        return [
            (position, event_id, bytes(body), rows.details_of(bytes(body)))
            for position, event_id, body in self.ask(
                "SELECT l.idx, e.id, e.body FROM audit.leaf l"
                " JOIN audit.event e ON e.id = l.event_id AND e.at = l.event_at"
                " WHERE l.facets @> ARRAY[%s::bigint] AND e.action = %s ORDER BY l.idx",
                (facets.action(action), action),
            )
        ]

    def waiting_entries_of(self, action: str) -> list[tuple[UUID, bytes, dict[str, Any]]]:
        """Return id, body and details of every entry of an action that is not sealed yet."""
        return [
            (event_id, bytes(body), rows.details_of(bytes(body)))
            for event_id, body in self.ask(
                "SELECT e.id, e.body FROM audit.pending p JOIN audit.event e ON e.id = p.id AND e.at = p.at"
                " WHERE e.action = %s ORDER BY e.at",
                (action,),
            )
        ]

    def _bytes(self, query: str, values: Sequence[Any]) -> list[tuple[bytes | None, ...]]:
        with psycopg.Cursor(self.connection, row_factory=tuple_row) as cursor:
            for oid in _oids():
                cursor.adapters.register_loader(oid, ByteaBinaryLoader)
            cursor.execute(query, values, binary=True, prepare=False)
            found: list[tuple[bytes | None, ...]] = cursor.fetchall()
        return found


def driver_of(connection: Connection) -> psycopg.Connection[Any]:
    """Return the driver's connection behind Django's, opened; one of the driver's own as it is."""
    if isinstance(connection, psycopg.Connection):
        return connection
    connection.ensure_connection()
    found: psycopg.Connection[Any] = connection.connection
    return found


@lru_cache(maxsize=1)
def _oids() -> tuple[int, ...]:
    known = [psycopg.adapters.types[name.removeprefix("_")] for name in _TYPES]
    oids = [one.array_oid if name.startswith("_") else one.oid for name, one in zip(_TYPES, known, strict=True)]
    return (*oids, _XID8)
