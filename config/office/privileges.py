"""Gives the roles what ``config.grants`` says, and finds every place where the database differs from it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from config import grants
from config.office.databases import Roles

SCHEMAS = ["public", "audit", "vault"]
EVERYBODY = "PUBLIC"


@dataclass(frozen=True, slots=True)
class Held:
    """One privilege that somebody holds on something."""

    kind: str
    name: str
    grantee: str
    privilege: str
    is_grantable: bool


# An object without an access list has its kind's default, which acldefault() spells out.
_HELD: LiteralString = """
    WITH objects (kind, name, owner, acl) AS (
        SELECT CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'table' END, n.nspname || '.' || c.relname, c.relowner,
               coalesce(c.relacl, acldefault(
                   CASE c.relkind WHEN 'S' THEN 's'::"char" ELSE 'r'::"char" END, c.relowner))
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = ANY (%(schemas)s) AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
        UNION ALL
        SELECT 'column', n.nspname || '.' || c.relname || '.' || a.attname, c.relowner, a.attacl
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = ANY (%(schemas)s) AND a.attacl IS NOT NULL AND NOT a.attisdropped
        UNION ALL
        SELECT 'function',
               n.nspname || '.' || p.proname || '(' || coalesce((
                   SELECT string_agg(format_type(t.oid, NULL), ', ' ORDER BY t.place)
                   FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY AS t (oid, place)), '') || ')',
               p.proowner, coalesce(p.proacl, acldefault('f', p.proowner))
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname = ANY (%(schemas)s)
        UNION ALL
        SELECT 'schema', n.nspname, n.nspowner, coalesce(n.nspacl, acldefault('n', n.nspowner))
        FROM pg_namespace n WHERE n.nspname = ANY (%(schemas)s)
        UNION ALL
        SELECT 'database', 'database', d.datdba, coalesce(d.datacl, acldefault('d', d.datdba))
        FROM pg_database d WHERE d.datname = current_database()
    )
    SELECT o.kind, o.name, pg_get_userbyid(o.owner),
           CASE WHEN e.grantee = 0 THEN 'PUBLIC' WHEN e.grantee IS NOT NULL THEN pg_get_userbyid(e.grantee) END,
           e.privilege_type, e.is_grantable
    FROM objects o LEFT JOIN LATERAL aclexplode(o.acl) e ON e.grantee <> o.owner
    ORDER BY 1, 2, 4, 5
"""

_ROLE_ATTRIBUTES: LiteralString = """
    SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication, rolcanlogin
    FROM pg_roles WHERE rolname = ANY (%s)
"""

# From PostgreSQL 16 on, whoever makes a role administers it without being able to act as it: that is not membership.
_MEMBERSHIPS: LiteralString = """
    SELECT pg_get_userbyid(m.roleid), pg_get_userbyid(m.member), to_jsonb(m)
    FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member
    WHERE (pg_get_userbyid(m.roleid) = ANY (%(roles)s) OR pg_get_userbyid(m.member) = ANY (%(roles)s))
    AND NOT r.rolsuper
"""

_DEFAULTS: LiteralString = """
    SELECT pg_get_userbyid(d.defaclrole), d.defaclnamespace = 0, d.defaclobjtype::text, d.defaclacl::text[]
    FROM pg_default_acl d
"""

_FOREIGN_SCHEMAS: LiteralString = """
    SELECT nspname FROM pg_namespace
    WHERE nspname <> ALL (%s) AND nspname NOT LIKE 'pg\\_%%' AND nspname <> 'information_schema'
"""

_LOOSE_DEFINERS: LiteralString = """
    SELECT n.nspname || '.' || p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname = ANY (%s) AND p.prosecdef AND NOT p.oid = ANY (%s::regprocedure[])
    AND NOT EXISTS (SELECT FROM unnest(p.proconfig) s WHERE s ~ '^search_path=.*pg_temp"?$')
"""

# Those that PostgreSQL makes for foreign keys are its own affair.
_TRIGGERS: LiteralString = """
    SELECT n.nspname || '.' || c.relname, t.tgname, t.tgenabled = 'A'
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY (%s) AND NOT t.tgisinternal
    ORDER BY 1, 2
"""

# Months of a table: nobody is granted anything on them, and each has the guards of the whole.
_PARTITIONS: LiteralString = """
    SELECT n.nspname || '.' || c.relname, p.relnamespace::regnamespace || '.' || p.relname
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY (%s) AND c.relispartition AND c.relkind = 'r'
"""


def apply(connection: psycopg.Connection[Any], roles: Roles = Roles()) -> None:  # noqa: B008  (frozen)
    """Take everything away and give what the table says, in one transaction. Runs as the owner.

    Triggers, roles and the database itself are left as they are.
    """
    with connection.transaction():
        connection.execute(
            sql.SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC").format(
                sql.Identifier(roles.owner)
            )
        )
        existing = _objects(connection)
        others = {EVERYBODY, roles.app, roles.sealer} | {held.grantee for held in _held(connection)} - {roles.owner}
        if connection.execute("SELECT FROM pg_roles WHERE rolname = %s", (roles.auditor,)).fetchone():
            others.add(roles.auditor)
        everyone = sql.SQL(", ").join(
            sql.SQL("PUBLIC") if name == EVERYBODY else sql.Identifier(name) for name in sorted(others)
        )
        for kind, name, _owner in existing:
            if kind != "database":
                thing = _named(kind, name)
                connection.execute(sql.SQL("REVOKE ALL ON {} FROM {}").format(thing, everyone))
        present = {(kind, name) for kind, name, _owner in existing}
        for role, kind, name, privileges in _wanted(roles):
            # what is not there is reported by differences(), not by a failing GRANT
            if privileges and (kind, name) in present:
                listed = sql.SQL(", ").join(sql.SQL(privilege) for privilege in sorted(privileges))
                statement = sql.SQL("GRANT {} ON {} TO {}")
                connection.execute(statement.format(listed, _named(kind, name), sql.Identifier(role)))
        for table, columns in grants.COLUMNS.items():
            if ("table", table) in present:
                for column, privileges in columns.items():
                    for privilege in sorted(privileges):
                        statement = sql.SQL("GRANT {} ({}) ON {} TO {}")
                        connection.execute(
                            statement.format(
                                sql.SQL(privilege),
                                sql.Identifier(column),
                                _named("table", table),
                                sql.Identifier(roles.app),
                            ),
                        )


def differences(connection: psycopg.Connection[Any], roles: Roles = Roles()) -> list[str]:  # noqa: B008  (frozen)
    """Return a sentence for each place where the database grants or guards something else than the tables say.

    Any role may ask: the catalogues are readable by all.
    """
    return [
        *_privilege_differences(connection, roles),
        *_owner_differences(connection, roles),
        *_role_differences(connection, roles),
        *_default_differences(connection, roles),
        *trigger_differences(connection),
        *(
            f"スキーマ {name} は config/grants.py にありません。"
            for (name,) in connection.execute(_FOREIGN_SCHEMAS, (SCHEMAS,)).fetchall()
        ),
        *(
            f"関数 {name} は所有者の権限で動くのに、search_path を pg_temp で閉じていません。"
            for (name,) in connection.execute(_LOOSE_DEFINERS, (SCHEMAS, list(grants.OPEN_PATHS))).fetchall()
        ),
    ]


def trigger_differences(connection: psycopg.Connection[Any]) -> list[str]:
    """Return a sentence for each guard that is missing, that can be put to sleep, or that nobody listed."""
    found = {(table, name): always for table, name, always in connection.execute(_TRIGGERS, (SCHEMAS,)).fetchall()}
    wanted = {(table, name) for table, names in grants.TRIGGERS.items() for name in names}
    for month, whole in connection.execute(_PARTITIONS, (SCHEMAS,)).fetchall():
        for name in grants.TRIGGERS.get(whole, ()):
            # what is amiss with the whole table is said once
            if found.get((whole, name)):
                wanted.add((month, name))
            else:
                found.pop((month, name), None)
    return [
        *(f"表 {table} のトリガー {name} がありません。" for table, name in sorted(wanted - set(found))),
        *(
            f"表 {table} のトリガー {name} は config/grants.py にありません。"
            for table, name in sorted(set(found) - wanted)
        ),
        *(
            f"表 {table} のトリガー {name} が、常に働く設定（ENABLE ALWAYS）になっていません。"
            for (table, name), always in sorted(found.items())
            if not always
        ),
    ]


def _wanted(roles: Roles) -> Iterator[tuple[str, str, str, Collection[str]]]:
    """Return role, kind, name and privileges of everything in the tables, columns apart."""
    yield from ((roles.app, "schema", name, {"USAGE"}) for name in grants.SCHEMAS)
    yield from ((roles.app, "table", name, privileges) for name, privileges in grants.TABLES.items())
    yield from ((roles.app, "sequence", name, privileges) for name, privileges in grants.SEQUENCES.items())
    yield from ((roles.app, "function", name, {"EXECUTE"}) for name in grants.FUNCTIONS)
    yield from ((roles.sealer, "schema", name, {"USAGE"}) for name in grants.SEALER_SCHEMAS)
    yield from ((roles.sealer, "table", name, privileges) for name, privileges in grants.SEALER_TABLES.items())
    yield from ((roles.sealer, "function", name, {"EXECUTE"}) for name in grants.SEALER_FUNCTIONS)


def _privilege_differences(connection: psycopg.Connection[Any], roles: Roles) -> Iterator[str]:
    ours = (roles.app, roles.sealer)
    actual: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for held in _held(connection):
        if held.grantee not in ours:
            yield f"{_label(held.kind, held.name)}: {held.grantee} に {held.privilege} が許されています。"
        else:
            actual[held.grantee, held.kind, held.name].add(held.privilege)
            if held.is_grantable:
                yield f"{_label(held.kind, held.name)}: {held.grantee} が {held.privilege} をほかの役割に渡せます。"
    wanted = {(role, kind, name): set(some) for role, kind, name, some in _wanted(roles)}
    for table, columns in grants.COLUMNS.items():
        wanted |= {
            (roles.app, "column", f"{table}.{column}"): set(privileges) for column, privileges in columns.items()
        }
    wanted |= {(role, "database", "database"): {"CONNECT"} for role in ours}
    months = {("table", month) for month, _whole in connection.execute(_PARTITIONS, (SCHEMAS,)).fetchall()}
    existing = {(kind, name) for kind, name, _owner in _objects(connection)}
    listed = {(kind, name) for _role, kind, name in wanted}
    for kind, name in sorted(existing - listed - months):
        if kind == "table":
            yield f"表 {name} は config/grants.py にありません。"
    for kind, name in sorted(listed - existing):
        if kind != "column":
            yield f"{_label(kind, name)} は config/grants.py にありますが、データベースにありません。"
    for role, kind, name in sorted(set(wanted) | set(actual)):
        missing = wanted.get((role, kind, name), set()) - actual[role, kind, name]
        excess = actual[role, kind, name] - wanted.get((role, kind, name), set())
        if missing and ((kind, name) in existing or kind == "column"):
            yield f"{_label(kind, name)}: {role} に {_listed(missing)} がありません。"
        if excess:
            yield f"{_label(kind, name)}: {role} に {_listed(excess)} が余分に許されています。"


def _owner_differences(connection: psycopg.Connection[Any], roles: Roles) -> Iterator[str]:
    for kind, name, owner in _objects(connection):
        allowed = {roles.owner, "pg_database_owner"} if (kind, name) == ("schema", "public") else {roles.owner}
        if owner not in allowed:
            yield f"{_label(kind, name)} の所有者が {roles.owner} ではなく {owner} です。"


def _role_differences(connection: psycopg.Connection[Any], roles: Roles) -> Iterator[str]:
    ours = [roles.owner, roles.app, roles.sealer, roles.auditor]
    powers = ("SUPERUSER", "BYPASSRLS", "CREATEROLE", "CREATEDB", "REPLICATION")
    found = {row[0]: row[1:] for row in connection.execute(_ROLE_ATTRIBUTES, (ours,)).fetchall()}
    for role in (roles.owner, roles.app, roles.sealer):
        if role not in found:
            yield f"役割 {role} がありません。"
    for role, attributes in found.items():
        for power, is_held in zip(powers, attributes, strict=False):
            if is_held:
                yield f"役割 {role} に {power} が許されています。"
        if role == roles.auditor and attributes[-1]:
            yield f"役割 {role} でサインインできます。"
    for role, member, row in connection.execute(_MEMBERSHIPS, {"roles": ours}).fetchall():
        if row.get("set_option", True) or row.get("inherit_option", True):
            yield f"{member} が役割 {role} の一員です。"


def _default_differences(connection: psycopg.Connection[Any], roles: Roles) -> Iterator[str]:
    is_closed = False
    for role, is_global, kind, acl in connection.execute(_DEFAULTS).fetchall():
        if (role, is_global, kind) == (roles.owner, True, "f") and acl == [f"{roles.owner}=X/{roles.owner}"]:
            is_closed = True
        else:
            yield f"{role} が今後作るもの（{kind}）に、既定の権限 {_listed(acl)} が付きます。"
    if not is_closed:
        yield f"{roles.owner} が今後作る関数は、だれでも実行できます。"


def _held(connection: psycopg.Connection[Any]) -> list[Held]:
    rows = connection.execute(_HELD, {"schemas": SCHEMAS}).fetchall()
    return [
        Held(kind, name, grantee, privilege, is_grantable)
        for kind, name, _owner, grantee, privilege, is_grantable in rows
        if grantee is not None
    ]


def _objects(connection: psycopg.Connection[Any]) -> list[tuple[str, str, str]]:
    """Return kind, name and owner of everything that privileges can be held on, columns apart."""
    rows = connection.execute(_HELD, {"schemas": SCHEMAS}).fetchall()
    return list(dict.fromkeys((kind, name, owner) for kind, name, owner, *_rest in rows if kind != "column"))


def _named(kind: str, name: str) -> sql.Composed:
    """Return ``TABLE audit.event`` and the like, quoted."""
    if kind == "schema":
        return sql.SQL("SCHEMA {}").format(sql.Identifier(name))
    schema, rest = name.split(".", 1)
    if kind == "function":
        function, arguments = rest.split("(", 1)
        # the arguments are type names as the catalogue writes them
        return sql.SQL("FUNCTION {}({}").format(sql.Identifier(schema, function), sql.SQL(arguments))
    return sql.SQL("{} {}").format(
        sql.SQL("SEQUENCE" if kind == "sequence" else "TABLE"), sql.Identifier(schema, rest)
    )


def _label(kind: str, name: str) -> str:
    kinds = {"table": "表", "sequence": "順序", "column": "列", "function": "関数", "schema": "スキーマ"}
    return "データベース" if kind == "database" else f"{kinds[kind]} {name}"


def _listed(privileges: Iterable[str]) -> str:
    return "・".join(sorted(privileges))
