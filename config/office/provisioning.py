"""Makes the roles, the database and its schemas, and nothing that holds data.

Four roles, so that a hole in one place is not a hole in all: the owner migrates and is never served from, the app
serves and owns nothing, the sealer orders and signs the record and does nothing else, the auditor is kept for a reader
that comes from outside. Every statement may be repeated.
"""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from config.office import keys
from config.office.databases import APP, AUDITOR, OWNER, SEALER, Address

LEAST_VERSION = 150_000
SCHEMAS = ("audit", "vault")

#: What a session of the app may take before the database ends it.
LIMITS: Mapping[str, str] = MappingProxyType(
    {
        "statement_timeout": "30s",
        "lock_timeout": "10s",
        "idle_in_transaction_session_timeout": "60s",
        # names in schemas are written out; nothing is found by accident
        "search_path": "public",
    },
)
#: Only a superuser may set these: they keep what people typed out of the server's log.
DISCRETION: Mapping[str, str] = MappingProxyType(
    {
        "log_statement": "none",
        "log_min_error_statement": "panic",
        "log_min_duration_statement": "-1",
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
        "log_error_verbosity": "terse",
    },
)

#: Unicode with the order of code points: the same on every machine, and an index need not know a language.
_UNICODE: LiteralString = " ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'"


class ProvisioningTrouble(Exception):
    """The server is too old, or the administering role may not do what has to be done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passwords:
    """The passwords of the roles that sign in."""

    owner: str = field(repr=False)
    app: str = field(repr=False)
    sealer: str = field(repr=False)


def passwords_in(directory: Path) -> Passwords:
    """Return the passwords kept in ``directory``, each made at the first call."""
    return Passwords(
        owner=keys.password(directory, OWNER),
        app=keys.password(directory, APP),
        sealer=keys.password(directory, SEALER),
    )


def provision(administrator: Address, *, database: str, passwords: Passwords, again: bool = False) -> None:
    """Make what is missing of roles and database, and set the passwords and limits again.

    What somebody has since allowed the roles, or everybody in the database, is taken back only if ``again``: otherwise
    it stays for the comparison to find. ``administrator`` is a superuser, or a role with CREATEROLE and CREATEDB.
    Raises :class:`ProvisioningTrouble`.
    """
    with closing(psycopg.connect(**administrator.as_psycopg(autocommit=True, connect_timeout=5))) as server:
        if server.info.server_version < LEAST_VERSION:
            raise ProvisioningTrouble("PostgreSQL 15 以上が必要です。 / PostgreSQL 15 or newer is required.")
        is_superuser = _is_superuser(server)
        _quiet(server, is_superuser=is_superuser)
        try:
            for role, password in (
                (OWNER, passwords.owner),
                (APP, passwords.app),
                (SEALER, passwords.sealer),
                (AUDITOR, ""),
            ):
                _make_role(server, role, password, again=again)
            _limit_roles(server, is_superuser=is_superuser)
            make_database(server, database, again=again)
        except psycopg.errors.InsufficientPrivilege as error:
            message = (
                "データベースの役割を準備する権限がありません。CREATEROLE と CREATEDB を持つ利用者を"
                " DATABASE_URL に指定するか、役割を手で用意して DATABASE_APP_URL と DATABASE_OWNER_URL を"
                "指定してください（docs/operations.md）。"
            )
            raise ProvisioningTrouble(message) from error


def make_schemas(owner: Address) -> None:
    """Make the schemas in a new database, as their owner."""
    with closing(psycopg.connect(**owner.as_psycopg(autocommit=True, connect_timeout=5))) as connection:
        for schema in SCHEMAS:
            if not _exists(connection, "SELECT FROM pg_namespace WHERE nspname = %s", schema):
                connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))


def make_database(server: psycopg.Connection[Any], database: str, *, template: str = "", again: bool = False) -> None:
    """Make ``database`` for the owner role, closed to everybody else, if it is not there; or close it ``again``."""
    name, owner = sql.Identifier(database), sql.Identifier(OWNER)
    is_there = _exists(server, "SELECT FROM pg_database WHERE datname = %s", database)
    if is_there and not again:
        return
    is_superuser = _is_superuser(server)
    if not is_superuser:
        # only a member may hand a database to the owner role, or close it in the owner's name; taken back below
        server.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(owner))
    try:
        if not is_there:
            source, rest = (template, "") if template else ("template0", _UNICODE)
            server.execute(
                sql.SQL("{}{}").format(
                    sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(name, owner, sql.Identifier(source)),
                    sql.SQL(rest),
                ),
            )
        server.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
        for role in (APP, SEALER):
            server.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(name, sql.Identifier(role)))
    finally:
        if not is_superuser:
            server.execute(sql.SQL("REVOKE {} FROM CURRENT_USER").format(owner))


def _make_role(server: psycopg.Connection[Any], role: str, password: str, *, again: bool) -> None:
    """Make ``role``, or put an existing one's attributes right ``again``; without a password it cannot sign in."""
    name, attributes = sql.Identifier(role), sql.SQL(f"{'LOGIN' if password else 'NOLOGIN'} NOCREATEDB NOCREATEROLE")
    if not _exists(server, "SELECT FROM pg_roles WHERE rolname = %s", role):
        server.execute(sql.SQL("CREATE ROLE {} {}").format(name, attributes))
    elif again:
        server.execute(sql.SQL("ALTER ROLE {} {}").format(name, attributes))
    if password:
        # the server gets the verifier, never the password: it could end up in a log
        verifier = server.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
        server.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(name, sql.Literal(verifier)))


def _limit_roles(server: psycopg.Connection[Any], *, is_superuser: bool) -> None:
    for role in (OWNER, APP, SEALER, AUDITOR):
        limits = dict(LIMITS) if role != OWNER else {"search_path": "public"}
        if is_superuser:
            limits |= DISCRETION
        for name, value in limits.items():
            statement = sql.SQL("ALTER ROLE {} SET {} = {}")
            server.execute(statement.format(sql.Identifier(role), sql.Identifier(name), sql.Literal(value)))


def _quiet(server: psycopg.Connection[Any], *, is_superuser: bool) -> None:
    """Keep the statements of this session out of the log where that is allowed."""
    if is_superuser:
        for name, value in DISCRETION.items():
            server.execute("SELECT set_config(%s, %s, false)", (name, value))


def _is_superuser(server: psycopg.Connection[Any]) -> bool:
    return _exists(server, "SELECT FROM pg_roles WHERE rolname = current_user AND rolsuper")


def _exists(connection: psycopg.Connection[Any], query: LiteralString, *parameters: str) -> bool:
    return connection.execute(query, parameters).fetchone() is not None
