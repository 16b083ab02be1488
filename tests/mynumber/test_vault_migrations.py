"""What the first release sealed opens after the move to wrapped keys of their own, and after the way back (A3)."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from psycopg import sql

from audit import keyfiles
from config.office import keys, provisioning
from config.office.databases import Address
from mynumber import crypto
from mynumber.crypto import Sealed
from tests.conftest import Office, point_django_at
from tests.factories import my_number

FIRST, SPLIT, LATEST = "0001_vault", "0002_wrapped_keys", "0003_key_operations"


@pytest.fixture
def own_keys(tmp_path: Path, settings: Any) -> Iterator[None]:
    """Keys of an office of the first release that had once replaced its key by hand."""
    directory = tmp_path / "keys"
    keys.ensure(directory, data_exists=False)
    keys.write_secret(directory / "number-kek-2.key", "5a" * keys.KEY_BYTES)
    settings.KYUFU_KEYS_DIR = directory
    keyfiles.read.cache_clear()
    yield
    keyfiles.read.cache_clear()


@pytest.fixture
def scratch(office: Office, transactional_db: None, own_keys: None) -> Iterator[Address]:
    """A database of its own with the record and nothing else; Django speaks to it as the owner."""
    name = f"{office.database}_scratch"
    owner = replace(office.owner, name=name)
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    with closing(psycopg.connect(**office.superuser.as_psycopg(autocommit=True))) as server:
        server.execute(drop)
        provisioning.make_database(server, name)
        provisioning.make_schemas(owner)
        point_django_at(owner)
        try:
            yield owner
        finally:
            point_django_at(office.app)
            server.execute(drop)


@dataclass(frozen=True)
class Old:
    """A number as the first release kept it."""

    person: uuid.UUID
    state: str
    number: str
    blob: bytes | None
    index: bytes | None


def old(state: str, *, kek_id: int = 1) -> Old:
    """Seal as the first release did: one text of version, key id, wrapped key, nonce and ciphertext."""
    person, number = uuid.uuid4(), my_number()
    if state == "REPLACED":
        return Old(person, state, number, None, None)
    sealed = crypto.seal(number, person=person, version=1, kek_id=kek_id)
    blob = b"\x01" + kek_id.to_bytes(2, "big") + sealed.wrapped + sealed.body[1:]
    return Old(person, state, number, blob, crypto.index(number))


def migrate(name: str) -> None:
    MigrationExecutor(connection).migrate([("mynumber", name)])


def rows(statement: str, *parameters: object) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def first_release(scratch: Address) -> list[Old]:
    """Numbers in every state, written by the first release, the last of them under its second key."""
    migrate(FIRST)
    there = [old(state) for state in ("PROVISIONAL", "CONFIRMED", "IN_USE", "REPLACED")] + [old("IN_USE", kek_id=2)]
    rows("ALTER TABLE vault.number DISABLE TRIGGER number_change_is_on_record")
    for one in there:
        rows(
            "INSERT INTO vault.number"
            " (person, version, state, blob, number_index, typed_by, confirmed_by, confirmed_at)"
            " VALUES (%s, 1, %s, %s, %s, 1, %s, %s)",
            one.person,
            one.state,
            one.blob,
            one.index,
            *((2, "2026-01-01T00:00Z") if one.state in {"CONFIRMED", "IN_USE"} else (None, None)),
        )
    rows("ALTER TABLE vault.number ENABLE ALWAYS TRIGGER number_change_is_on_record")
    return there


def opened(one: Old) -> str | None:
    """Open a number as it lies in the two tables."""
    found = rows(
        "SELECT w.kek_id, w.wrapped, n.body FROM vault.number n JOIN vault.wrapped_key w USING (person, version)"
        " WHERE n.person = %s",
        one.person,
    )
    if not found:
        return None
    ((kek_id, wrapped, body),) = found
    return crypto.unseal(Sealed(kek_id, bytes(wrapped), bytes(body)), person=one.person, version=1)


def test_numbers_of_the_first_release_open_afterwards_and_the_way_back_gives_the_same_bytes(
    first_release: list[Old],
) -> None:
    migrate(LATEST)

    assert [opened(one) for one in first_release] == [
        None if one.state == "REPLACED" else one.number for one in first_release
    ]
    assert rows("SELECT id, state FROM vault.kek ORDER BY id") == [(1, "OLD"), (2, "CURRENT")]
    assert rows("SELECT kek_id, count(*) FROM vault.wrapped_key GROUP BY 1 ORDER BY 1") == [(1, 3), (2, 1)]
    assert set(rows("SELECT kind, basis, source FROM vault.number")) == {("PATIENT", "NANBYO", "PAPER")}
    assert {state for _name, state in guards()} == {"A"}

    migrate(FIRST)

    after = {
        row[0]: (*(bytes(part) if part is not None else None for part in row[2:]), row[1])
        for row in rows("SELECT person, state, blob, number_index FROM vault.number")
    }
    assert after == {one.person: (one.blob, one.index, one.state) for one in first_release}
    assert rows("SELECT to_regclass('vault.wrapped_key'), to_regclass('vault.kek')") == [(None, None)]


def guards() -> list[tuple[str, str]]:
    return rows(  # type: ignore[return-value]  # two columns
        "SELECT tgname, tgenabled::text FROM pg_trigger WHERE tgrelid = 'vault.number'::regclass AND NOT tgisinternal"
        " ORDER BY 1"
    )


def shape() -> list[tuple[Any, ...]]:
    """Return the functions, constraints, indexes and triggers of the vault, with their text."""
    return rows(
        "SELECT 'function', p.oid::regprocedure::text, p.prosrc || p.prosecdef || coalesce(p.proacl::text, '')"
        " FROM pg_proc p WHERE p.pronamespace = 'vault'::regnamespace"
        " UNION ALL SELECT 'constraint', conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE connamespace = 'vault'::regnamespace"
        " UNION ALL SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'vault'"
        " UNION ALL SELECT 'trigger', tgname, tgenabled::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " WHERE c.relnamespace = 'vault'::regnamespace AND NOT tgisinternal ORDER BY 1, 2, 3"
    )


def test_each_way_back_leaves_the_vault_as_it_was(scratch: Address) -> None:
    def there_and_back(to: str, back: Callable[[], None]) -> None:
        before = shape()
        migrate(to)
        assert shape() != before
        back()
        assert shape() == before

    migrate(FIRST)
    there_and_back(SPLIT, lambda: migrate(FIRST))
    migrate(SPLIT)
    there_and_back(LATEST, lambda: migrate(SPLIT))


@pytest.mark.parametrize("state", ["SUPERSEDED", "DESTROYED"])
def test_there_is_no_way_back_from_what_the_first_release_could_not_hold(state: str, first_release: list[Old]) -> None:
    migrate(SPLIT)
    person = next(one.person for one in first_release if one.state == "IN_USE")
    erased = ", body = NULL, number_index = NULL" if state == "DESTROYED" else ""
    rows("ALTER TABLE vault.number DISABLE TRIGGER number_change_is_on_record")
    rows(f"UPDATE vault.number SET state = '{state}'{erased} WHERE person = %s", person)
    rows("ALTER TABLE vault.number ENABLE ALWAYS TRIGGER number_change_is_on_record")

    with pytest.raises(Exception, match="the release before cannot hold that"):
        migrate(FIRST)

    assert rows("SELECT count(*) FROM vault.number WHERE state = %s", state) == [(1,)]
