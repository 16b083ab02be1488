"""Writes the vault's tables, and those of Juki-net files, anew: what was erased is in their files no more."""

import re
import time
from contextlib import closing
from datetime import datetime
from typing import Any

import psycopg

from config.office.databases import Address

#: VACUUM alone frees the place of an erased row and leaves its bytes there; VACUUM FULL writes a new file.
TABLES = (
    "vault.number",
    "vault.wrapped_key",
    "vault.staging",
    "vault.staged_file",
    "vault.staged",
    "public.benefits_jukirow",
)
#: How long an older look at the database, which still sees what was erased, is waited for.
PATIENCE_SECONDS = 20


def write_anew(owner: Address) -> None:
    """Write the tables anew as their owner. Readers wait meanwhile: a second for 54,000 numbers.

    Raises ``psycopg.errors.LockNotAvailable`` when they are in use for longer than ten seconds.
    """
    with closing(psycopg.connect(**owner.as_psycopg(autocommit=True))) as own:
        own.execute("SET lock_timeout = '10s'")
        for table in TABLES:
            _write_table_anew(own, table)
        if _may_checkpoint(own):
            own.execute("CHECKPOINT")


def _write_table_anew(own: psycopg.Connection[Any], table: str) -> None:
    """Write one table anew, again while somebody's older look at the database keeps erased rows in it."""
    end = time.monotonic() + PATIENCE_SECONDS
    while _dead_rows_kept(own, table) and time.monotonic() < end:
        time.sleep(0.2)


def _dead_rows_kept(own: psycopg.Connection[Any], table: str) -> bool:
    """Write ``table`` anew once; say whether the server tells of erased rows that it could not leave out yet."""
    told: list[str] = []

    def listen(diagnostic: psycopg.errors.Diagnostic) -> None:
        told.append(diagnostic.message_detail or "")

    own.add_notice_handler(listen)
    try:
        own.execute(f"VACUUM (FULL, VERBOSE) {table}")
    finally:
        own.remove_notice_handler(listen)
    counts = [re.match(r"\D*(\d+)", detail) for detail in told]
    return any(count is not None and int(count[1]) > 0 for count in counts)


def last_wiped(owner: Address) -> datetime | None:
    """Return when a Juki-net file was last wiped, by the vault or by the office's own tables."""
    with closing(psycopg.connect(**owner.as_psycopg(autocommit=True))) as own:
        row = own.execute(
            "SELECT greatest((SELECT max(s.wiped_at) FROM vault.staging s),"
            " (SELECT max(b.wiped_at) FROM benefits_jukibatch b))"
        ).fetchone()
    return row[0] if row else None


def _may_checkpoint(own: psycopg.Connection[Any]) -> bool:
    row = own.execute("SELECT pg_has_role(current_user, 'pg_checkpoint', 'USAGE')").fetchone()
    return bool(row and row[0])
