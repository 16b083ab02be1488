"""What the database's constraints refuse, found by trying every combination of a few telling values."""

import re
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

#: By type of column: values at and beside every border that a constraint of ours draws.
TELLING = {
    "bigint": ["NULL", "1", "2"],
    "integer": ["NULL", "-1", "0", "1", "3", "4", "12", "101"],
    "smallint": ["NULL", "-1", "0", "1", "3", "4", "12", "101"],
    "boolean": ["NULL", "true", "false"],
    "date": ["NULL", "DATE '2026-04-01'", "DATE '2026-04-02'"],
    "timestamp with time zone": ["NULL", "now()"],
    "uuid": ["NULL", "gen_random_uuid()"],
    "bytea": ["NULL", "'\\x00'::bytea"],
    "bigint[]": ["'{}'::bigint[]", "'{1}'::bigint[]"],
    "jsonb": ["NULL", "'{}'::jsonb"],
}
_TEXTS = re.compile(r"'((?:[^']|'')*)'::(?:text|character varying)")
_LABEL = re.compile(r"\^([A-Z])\[0-9\]\{(\d+)\}\$")


@dataclass(frozen=True)
class Constraint:
    """One named constraint: its table, what it says, and the columns (name, type) that it looks at."""

    name: str
    table: str
    kind: str
    text: str
    columns: tuple[tuple[str, str], ...]


def named(connection: psycopg.Connection[Any]) -> list[Constraint]:
    """Return the CHECK and UNIQUE constraints of the benefits tables that were given a name."""
    rows = connection.execute(
        """
        SELECT c.conname, c.conrelid::regclass::text, c.contype::text,
               CASE c.contype WHEN 'c' THEN pg_get_expr(c.conbin, c.conrelid) ELSE '' END,
               array_agg(a.attname::text ORDER BY k.place), array_agg(format_type(a.atttypid, NULL) ORDER BY k.place)
        FROM pg_constraint c CROSS JOIN LATERAL unnest(c.conkey) WITH ORDINALITY AS k (number, place)
        JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number
        WHERE c.conrelid::regclass::text LIKE 'benefits\\_%' AND c.contype IN ('c', 'u')
          AND c.conname NOT LIKE 'benefits\\_%'
        GROUP BY c.oid ORDER BY 1
        """
    ).fetchall()
    return [
        Constraint(name, table, kind, text, tuple(zip(columns, types, strict=True)))
        for name, table, kind, text, columns, types in rows
    ]


def answers(connection: psycopg.Connection[Any], check: Constraint) -> set[bool]:
    """Return what a CHECK answers over all combinations: True where it lets a row in, False where it refuses one."""
    texts = {found.replace("''", "'") for found in _TEXTS.findall(check.text)}
    labels = {letter + "1" * int(digits) for letter, digits in _LABEL.findall(check.text)}
    spoken = ["NULL", *(f"'{text}'" for text in sorted({"", "x", *texts, *labels}))]
    sources = [
        sql.SQL("(VALUES {}) AS {} ({})").format(
            sql.SQL(", ").join(sql.SQL(f"(CAST({value} AS {kind}))") for value in TELLING.get(kind, spoken)),
            sql.Identifier(f"of_{name}"),
            sql.Identifier(name),
        )
        for name, kind in check.columns
    ]
    query = sql.SQL("SELECT bool_or(coalesce(({0}), true)), bool_or(NOT coalesce(({0}), true)) FROM {1}").format(
        sql.SQL(check.text), sql.SQL(", ").join(sources)
    )
    row = connection.execute(query).fetchone()
    assert row is not None
    lets_in, refuses = row
    return {answer for answer, is_given in ((True, lets_in), (False, refuses)) if is_given}


def refuses_a_twin(connection: psycopg.Connection[Any], unique: Constraint) -> bool:
    """Say whether a table made like the constraint's refuses the same key a second time."""
    twin = sql.Identifier("twin")
    connection.execute("DROP TABLE IF EXISTS pg_temp.twin")
    connection.execute(
        sql.SQL("CREATE TEMPORARY TABLE {} (LIKE {} INCLUDING INDEXES)").format(twin, sql.Identifier(unique.table))
    )
    others = connection.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = 'pg_temp.twin'::regclass AND attnum > 0 AND attnotnull"
    ).fetchall()
    key = {name for name, _kind in unique.columns}
    primary = connection.execute(
        "SELECT a.attname, format_type(a.atttypid, NULL) FROM pg_index i JOIN pg_attribute a"
        " ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)"
        " WHERE i.indrelid = 'pg_temp.twin'::regclass AND i.indisprimary"
    ).fetchall()
    for (name,) in others:
        if name not in {one for one, _kind in primary}:
            connection.execute(
                sql.SQL("ALTER TABLE {} ALTER COLUMN {} DROP NOT NULL").format(twin, sql.Identifier(name))
            )
    columns = [name for name, _kind in unique.columns] + [name for name, _kind in primary if name not in key]
    same = [TELLING.get(kind, ["NULL", "'x'"])[1] for _name, kind in unique.columns]
    same = [value.replace("gen_random_uuid()", "'a0000000-0000-4000-8000-00000000000a'") for value in same]
    for number in ("1", "2"):
        own = [number if kind == "bigint" else "gen_random_uuid()" for name, kind in primary if name not in key]
        try:
            connection.execute(
                sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
                    twin, sql.SQL(", ").join(map(sql.Identifier, columns)), sql.SQL(", ".join([*same, *own]))
                )
            )
        except psycopg.errors.UniqueViolation:
            return number == "2"
    return False
