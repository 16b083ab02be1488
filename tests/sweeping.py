"""Puts a worker's database back to what migrations left, after a test that committed.

Django would empty tables as the role under test. That role may not, and the record refuses it to everybody; so a
superuser does it here, for a moment without triggers, in the test database alone.
"""

from contextlib import closing
from typing import Any

import psycopg
from psycopg import sql

from config.office.databases import Address

_TABLES = """
    SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
    ORDER BY 1, 2
"""
# session_replication_role silences ordinary triggers, but not those that are always on
_ALWAYS = """
    SELECT n.nspname, c.relname, t.tgname
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE t.tgenabled = 'A' AND NOT t.tgisinternal
"""
_SEQUENCES = "SELECT schemaname, sequencename, start_value FROM pg_sequences WHERE last_value IS NOT NULL"


class Sweeper:
    """Remembers what the tables held at first, and restores it."""

    def __init__(self, superuser: Address) -> None:
        self.superuser = superuser
        self.first: dict[tuple[str, str], bytes] = {}

    def remember(self) -> None:
        """Take the present content as what there is to go back to."""
        with closing(psycopg.connect(**self.superuser.as_psycopg())) as connection:
            self.first = {table: self._content(connection, table) for table in self._tables(connection)}

    def sweep(self) -> None:
        """Go back. A connection that a test left inside a transaction is an error within five seconds."""
        with closing(psycopg.connect(**self.superuser.as_psycopg())) as connection, connection.transaction():
            connection.execute("SET LOCAL lock_timeout = '5s'")
            changed = [
                table for table in self._tables(connection) if self._content(connection, table) != self.first[table]
            ]
            always = [row for row in connection.execute(_ALWAYS).fetchall() if tuple(row[:2]) in changed]
            self._switch(connection, always, "DISABLE TRIGGER")
            connection.execute("SET LOCAL session_replication_role = replica")
            for table in changed:
                connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(*table)))
                if self.first[table]:
                    with connection.cursor().copy(
                        sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(*table))
                    ) as copy:
                        copy.write(self.first[table])
            self._switch(connection, always, "ENABLE ALWAYS TRIGGER")
            for schema, sequence, start in connection.execute(_SEQUENCES).fetchall():
                if (schema, sequence) not in self._used_at_first:
                    restart = sql.SQL("ALTER SEQUENCE {} RESTART WITH {}")
                    connection.execute(restart.format(sql.Identifier(schema, sequence), sql.Literal(start)))

    @property
    def _used_at_first(self) -> set[tuple[str, str]]:
        """Sequences of tables that migrations filled go on counting."""
        return {(schema, f"{table}_id_seq") for (schema, table), content in self.first.items() if content}

    @staticmethod
    def _tables(connection: psycopg.Connection[Any]) -> list[tuple[str, str]]:
        return [(schema, table) for schema, table in connection.execute(_TABLES).fetchall()]

    @staticmethod
    def _content(connection: psycopg.Connection[Any], table: tuple[str, str]) -> bytes:
        with connection.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(*table))) as copy:
            return b"".join(bytes(part) for part in copy)

    @staticmethod
    def _switch(connection: psycopg.Connection[Any], triggers: list[Any], how: str) -> None:
        for schema, table, trigger in triggers:
            statement = sql.SQL("ALTER TABLE {} {} {}").format(
                sql.Identifier(schema, table), sql.SQL(how), sql.Identifier(trigger)
            )
            connection.execute(statement)
