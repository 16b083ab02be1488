"""What the record's guards are made of in a database: functions, triggers, checks and columns, each as a hash.

A guard that stands where it should and does nothing looks like one: only what it is made of tells. What ought to be
there is in ``shipped.py``, drawn from a database that the migrations have just made (``manage.py draw_guards``), so
that nobody has to remember to add to a list.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from audit.verifying import references
from audit.verifying.reading import Connection, Ledger

#: SHA-256 in letters alone: among hexadecimal digits a run can look like somebody's number.
_HASH: Final = "translate(encode(sha256(convert_to({}, 'UTF8')), 'hex'), '0123456789', 'ghijklmnop')"

#: What a function is: its text, with whose rights it runs, whether it is the record's owner's, and what it sets.
_FUNCTIONS: Final = f"""
    SELECT n.nspname || '.' || p.proname || '(' || replace(oidvectortypes(p.proargtypes), 'audit.', '') || ')',
           {
    _HASH.format(
        "concat_ws('|', p.prosrc, p.proconfig::text, p.prosecdef, l.lanname, p.provolatile, p.prokind,"
        " p.proowner = (SELECT c.relowner FROM pg_class c WHERE c.oid = 'audit.event'::regclass))"
    )
}
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
    WHERE n.nspname = 'audit' OR n.nspname || '.' || p.proname = ANY(%s)
"""  # noqa: S608  (this module's)
_SOURCES: Final = """
    SELECT n.nspname || '.' || p.proname, p.prosrc FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    JOIN pg_language l ON l.oid = p.prolang
    WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND l.lanname IN ('sql', 'plpgsql')
"""
#: Tables with what they are a part of: a month is held against the whole record.
_TABLES: Final = """
    WITH of_audit AS (
        SELECT c.oid, c.relname, c.relispartition AS is_part, c.relkind, root.relname AS root
        FROM pg_class c
        JOIN pg_class root ON root.oid = CASE WHEN c.relispartition THEN pg_partition_root(c.oid) ELSE c.oid END
        WHERE c.relnamespace = 'audit'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
    )
"""
_TRIGGERS: Final = f"""
    {_TABLES}
    SELECT t.relname::text, t.root::text, g.tgname::text, g.tgenabled::text, n.nspname || '.' || p.proname,
           {
    _HASH.format(
        "regexp_replace(replace(pg_get_triggerdef(g.oid), ' ON ' || format('%%I.%%I', 'audit', t.relname) || ' ',"
        " ' ON audit.' || t.root || ' '), ' EXECUTE FUNCTION .*$', '')"
        " || '|' || n.nspname || '.' || p.proname || '|' || encode(g.tgargs, 'hex')"
    )
}
    FROM pg_trigger g JOIN of_audit t ON t.oid = g.tgrelid JOIN pg_proc p ON p.oid = g.tgfoid
    JOIN pg_namespace n ON n.oid = p.pronamespace WHERE NOT g.tgisinternal
"""  # noqa: S608  (this module's)
#: Keys and checks, and what a table's columns are. PostgreSQL 18 has a constraint for each NOT NULL, 15 has none.
_CHECKS: Final = f"""
    {_TABLES}
    SELECT t.relname::text, t.root::text, CASE k.contype WHEN 'p' THEN 'primary key' ELSE k.conname::text END,
           {_HASH.format("replace(pg_get_constraintdef(k.oid), ' REFERENCES audit.', ' REFERENCES ')")}
    FROM pg_constraint k JOIN of_audit t ON t.oid = k.conrelid WHERE k.contype NOT IN ('n', 't')
    UNION ALL
    SELECT t.relname::text, t.root::text, 'columns',
           {
    _HASH.format("CASE WHEN t.is_part THEN 'p' ELSE t.relkind::text END || string_agg(c.said, '|' ORDER BY c.name)")
}
    FROM of_audit t JOIN LATERAL (
        SELECT a.attname COLLATE "C" AS name,
               concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
                         pg_get_expr(d.adbin, d.adrelid)) AS said
        FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
    ) c ON true
    GROUP BY t.oid, t.relname, t.root, t.is_part, t.relkind
"""  # noqa: S608  (this module's)


@dataclass(frozen=True, slots=True)
class Trigger:
    """A trigger of a table or of one of its months; ``root`` is the whole table."""

    table: str
    root: str
    name: str
    state: str
    function: str
    digest: str


@dataclass(frozen=True, slots=True)
class Check:
    """A key, a check or the columns of a table or of one of its months."""

    table: str
    root: str
    name: str
    digest: str


def triggers(ledger: Ledger) -> list[Trigger]:
    """Return every trigger of the record's tables."""
    return [Trigger(*row) for row in ledger.ask(_TRIGGERS)]


def checks(ledger: Ledger) -> list[Check]:
    """Return the keys, checks and columns of the record's tables."""
    return [Check(*row) for row in ledger.ask(_CHECKS)]


def functions(ledger: Ledger, others: Sequence[str]) -> dict[str, str]:
    """Return what every function of the record is made of, and those of ``others`` (names with their schemas)."""
    return dict(ledger.ask(_FUNCTIONS, (sorted(set(others)),)))


def name_of(function: str) -> str:
    """Return a function's name without its arguments."""
    return function.split("(")[0]


def drawn(connection: Connection) -> dict[str, str]:
    """Return what the record's guards are made of in this database, by names; months are left out.

    Functions of other schemas are among them when a trigger of the record calls them, when a verification asks them,
    or when one of those names them.
    """
    ledger = Ledger(connection)
    hung = [one for one in triggers(ledger) if one.table == one.root]
    found = {f"trigger {one.root}.{one.name}": one.digest for one in hung}
    found |= {f"check {one.root}.{one.name}": one.digest for one in checks(ledger) if one.table == one.root}
    wanted = {one.function for one in hung} | {name_of(one.function) for one in references.every()}
    called = functions(ledger, _named_by(wanted, ledger))
    return dict(sorted((found | {f"function {name}": digest for name, digest in called.items()}).items()))


def _named_by(wanted: set[str], ledger: Ledger) -> list[str]:
    """Return those functions and all that their texts name."""
    sources: dict[str, str] = {}
    for name, text in ledger.ask(_SOURCES):
        sources[name] = sources.get(name, "") + str(text)
    known = {name for name in sources if name.startswith("audit.")} | wanted
    ahead = list(known)
    while ahead:
        for called in _CALLED.findall(sources.get(ahead.pop(), "")):
            name = called if "." in called else f"public.{called}"
            if name in sources and name not in known:
                known.add(name)
                ahead.append(name)
    return sorted(known)


_CALLED = re.compile(r"((?:\b[a-z_]+\.)?\b[a-z_0-9]+)\s*\(")


def as_module(found: Mapping[str, Any]) -> str:
    """Return the text of ``shipped.py``."""
    lines = "".join(f'    "{name}":\n        "{digest}",\n' for name, digest in found.items())
    return f"{_HEAD}{lines}}}\n"


_HEAD = '''\
"""What the record's guards are made of, as the migrations make them. Drawn: ``manage.py draw_guards``."""

from collections.abc import Mapping
from typing import Final

# ruff: noqa: E501  (names as the catalogue writes them)
# fmt: off
SHIPPED: Final[Mapping[str, str]] = {
'''
