"""Puts a worker's database back to what migrations left, after a test that committed.

Django would empty tables as the role under test. That role may not, and the record refuses it to everybody; so a
superuser does it here, for a moment without triggers, in the test database alone.
"""

from typing import Any

import psycopg
from psycopg import sql

from config.office.databases import Address

Table = tuple[str, str]

# A table in partitions is swept as one, through its parent. Its columns are named: COPY reads a parent only through a
# query, which would bring the generated ones along.
_TABLES = """
    SELECT n.nspname, c.relname,
        CASE WHEN c.relkind = 'p' THEN (
            SELECT array_agg(a.attname ORDER BY a.attnum) FROM pg_attribute a
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') END
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
    ORDER BY 1, 2
"""
# session_replication_role silences ordinary triggers, but not those that are always on. Those of a parent are switched
# with their copies on the partitions; a partition's own ones belong to its parent's sweep.
_ALWAYS = """
    SELECT n.nspname, c.relname, t.tgname, coalesce(rn.nspname, n.nspname), coalesce(r.relname, c.relname)
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_class r ON c.relispartition AND r.oid = pg_partition_root(c.oid)
    LEFT JOIN pg_namespace rn ON rn.oid = r.relnamespace
    WHERE t.tgenabled = 'A' AND NOT t.tgisinternal AND t.tgparentid = 0
"""
_USED = "SELECT schemaname || '.' || sequencename FROM pg_sequences WHERE last_value IS NOT NULL"
_RESTART = """
    SELECT setval(format('%%I.%%I', schemaname, sequencename)::regclass, start_value, false) FROM pg_sequences
    WHERE last_value IS NOT NULL AND NOT (schemaname || '.' || sequencename) = ANY(%s)
"""
# A row that was written since has another place or another writer, so the rows themselves need not be read
_MARK = "SELECT md5(string_agg(concat_ws(' ', tableoid, ctid, xmin), ',')) FROM {}"


class Sweeper:
    """Remembers what the tables held at first, and restores it. ``close`` it when there is nothing more to sweep."""

    def __init__(self, superuser: Address) -> None:
        self.superuser = superuser
        self.first: dict[Table, bytes] = {}
        self.marks: dict[Table, str | None] = {}
        self.used_at_first: list[str] = []
        self._kept: psycopg.Connection[Any] | None = None

    def remember(self) -> None:
        """Take the present content as what there is to go back to."""
        with self._connection().transaction():
            tables = self._tables()
            self.first = {table: self._content(table, columns) for table, columns in tables.items()}
            self.marks = self._marks(list(tables))
            # What counted already, and sequences of tables that are filled, go on counting
            filled = [f"{schema}.{table}_id_seq" for (schema, table), content in self.first.items() if content]
            self.used_at_first = [*filled, *(name for (name,) in self._run(_USED).fetchall())]

    def sweep(self) -> None:
        """Go back. A connection that a test left inside a transaction is an error within five seconds."""
        with self._connection().transaction():
            self._run("SET LOCAL lock_timeout = '5s'")
            tables = self._tables()
            marks = self._marks(list(tables))
            changed = [table for table, mark in marks.items() if mark != self.marks[table]]
            if changed:
                self._restore({table: tables[table] for table in changed})
            self._run(_RESTART, [self.used_at_first])

    def close(self) -> None:
        """Let go of the connection."""
        if self._kept is not None:
            self._kept.close()

    def _restore(self, tables: dict[Table, list[str] | None]) -> None:
        always = [row[:3] for row in self._run(_ALWAYS).fetchall() if tuple(row[3:]) in tables]
        silence = sql.SQL("SET LOCAL session_replication_role = replica")
        empty = [sql.SQL("DELETE FROM {}").format(sql.Identifier(*table)) for table in tables]
        self._run(sql.SQL("; ").join([*self._switched(always, "DISABLE TRIGGER"), silence, *empty]))
        filled = [table for table in tables if self.first[table]]
        for table in filled:
            into = sql.SQL("COPY {} {} FROM STDIN").format(sql.Identifier(*table), self._named(tables[table]))
            with self._connection().cursor().copy(into) as copy:
                copy.write(self.first[table])
        if always:
            self._run(sql.SQL("; ").join(self._switched(always, "ENABLE ALWAYS TRIGGER")))
        if filled:
            self.marks.update(self._marks(filled))

    def _tables(self) -> dict[Table, list[str] | None]:
        """Return every table; with the columns to copy, where it is in partitions."""
        return {(schema, table): columns for schema, table, columns in self._run(_TABLES).fetchall()}

    def _marks(self, tables: list[Table]) -> dict[Table, str | None]:
        """Return for each table what is another once a row was written; None when it is empty."""
        each = [sql.SQL(f"({_MARK})").format(sql.Identifier(*table)) for table in tables]
        row = self._run(sql.SQL("SELECT ARRAY[{}]::text[]").format(sql.SQL(", ").join(each))).fetchone()
        assert row is not None
        return dict(zip(tables, row[0], strict=True))

    def _content(self, table: Table, columns: list[str] | None) -> bytes:
        what: sql.Composable = sql.Identifier(*table)
        if columns is not None:
            named = sql.SQL(", ").join(map(sql.Identifier, columns))
            what = sql.SQL("(SELECT {} FROM {})").format(named, what)
        with self._connection().cursor().copy(sql.SQL("COPY {} TO STDOUT").format(what)) as copy:
            return b"".join(bytes(part) for part in copy)

    @staticmethod
    def _named(columns: list[str] | None) -> sql.Composable:
        return sql.SQL("({})").format(sql.SQL(", ").join(map(sql.Identifier, columns))) if columns else sql.SQL("")

    @staticmethod
    def _switched(triggers: list[Any], how: str) -> list[sql.Composed]:
        return [
            sql.SQL("ALTER TABLE {} {} {}").format(
                sql.Identifier(schema, table), sql.SQL(how), sql.Identifier(trigger)
            )
            for schema, table, trigger in triggers
        ]

    def _run(self, statement: Any, values: list[Any] | None = None) -> psycopg.Cursor[Any]:
        return self._connection().execute(statement, values)

    def _connection(self) -> psycopg.Connection[Any]:
        if self._kept is None or self._kept.closed:
            self._kept = psycopg.connect(**self.superuser.as_psycopg(autocommit=True))
        return self._kept
