from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg
import pytest
from django.core.management import call_command

from config import grants
from config.office import privileges
from config.office.databases import Roles
from tests.conftest import Office


@pytest.fixture
def intruder(office: Office, db: None) -> Iterator[psycopg.Connection[Any]]:
    """A superuser inside a transaction that is never committed."""
    with closing(psycopg.connect(**office.superuser.as_psycopg())) as connection:
        yield connection
        connection.rollback()


def test_a_migrated_database_grants_exactly_what_the_table_says(office: Office, db: None) -> None:
    with closing(psycopg.connect(**office.app.as_psycopg())) as connection:
        assert privileges.differences(connection) == []


def test_the_app_itself_can_ask_for_the_comparison(
    office: Office, db: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_APP_URL", office.app.as_url())
    monkeypatch.setenv("DATABASE_OWNER_URL", office.owner.as_url())
    monkeypatch.setenv("DATABASE_SEALER_URL", office.sealer.as_url())

    call_command("check_grants")

    assert "config/grants.py のとおり" in capsys.readouterr().out


#: What somebody might change behind the product's back, and the word by which the comparison must name it.
TAMPERING = {
    "a right too many on a table": ("GRANT UPDATE ON audit.event TO kyufu_app", "audit.event"),
    "a right too few": ("REVOKE SELECT ON benefits_person FROM kyufu_app", "benefits_person"),
    "a look into the vault": ("GRANT SELECT ON vault.number TO kyufu_app", "vault.number"),
    "one column of the vault": ("GRANT SELECT (body) ON vault.number TO kyufu_app", "vault.number.body"),
    "everybody may read": ("GRANT SELECT ON benefits_person TO PUBLIC", "PUBLIC"),
    "everybody may call": ("GRANT EXECUTE ON FUNCTION vault.fetch(uuid, uuid) TO PUBLIC", "vault.fetch(uuid, uuid)"),
    "a closed function opened": (
        "GRANT EXECUTE ON FUNCTION vault.keep_all(uuid[], integer, bytea[], bytea[], bytea[], bigint[]) TO kyufu_app",
        "vault.keep_all",
    ),
    "a right that may be handed on": ("GRANT SELECT ON audit.event TO kyufu_app WITH GRANT OPTION", "audit.event"),
    "another role's right": ("GRANT SELECT ON audit.event TO kyufu_auditor", "kyufu_auditor"),
    "a table nobody thought about": ("CREATE TABLE public.forgotten (id integer)", "public.forgotten"),
    "a schema nobody thought about": ("CREATE SCHEMA side_door", "side_door"),
    "another owner": ("ALTER TABLE audit.event OWNER TO kyufu_app", "audit.event"),
    "a schema to create in": ("GRANT CREATE ON SCHEMA public TO kyufu_app", "スキーマ public"),
    "everybody in the database": ("DO $$ BEGIN EXECUTE format('GRANT CONNECT ON DATABASE %I TO PUBLIC', "
                                  "current_database()); END $$", "データベース"),
    "temporary tables": ("DO $$ BEGIN EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO kyufu_app', "
                         "current_database()); END $$", "TEMPORARY"),
    "a sequence to reset": ("GRANT UPDATE ON SEQUENCE benefits_receipt_number TO kyufu_app", "receipt_number"),
    "the app a superuser": ("ALTER ROLE kyufu_app SUPERUSER", "SUPERUSER"),
    "the app past row security": ("ALTER ROLE kyufu_app BYPASSRLS", "BYPASSRLS"),
    "the app making roles": ("ALTER ROLE kyufu_app CREATEROLE", "CREATEROLE"),
    "the app making databases": ("ALTER ROLE kyufu_app CREATEDB", "CREATEDB"),
    "the owner copying the server": ("ALTER ROLE kyufu_owner REPLICATION", "REPLICATION"),
    "the auditor signing in": ("ALTER ROLE kyufu_auditor LOGIN", "kyufu_auditor"),
    "the app in the owner's shoes": ("GRANT kyufu_owner TO kyufu_app", "kyufu_owner"),
    "the app reading everything": ("GRANT pg_read_all_data TO kyufu_app", "pg_read_all_data"),
    "rights on what is yet to come": (
        "ALTER DEFAULT PRIVILEGES FOR ROLE kyufu_owner GRANT SELECT ON TABLES TO kyufu_app",
        "既定の権限",
    ),
    "functions open again by default": (
        "ALTER DEFAULT PRIVILEGES FOR ROLE kyufu_owner GRANT EXECUTE ON FUNCTIONS TO PUBLIC",
        "今後作る関数",
    ),
    "a guard asleep": ("ALTER TABLE vault.number DISABLE TRIGGER number_is_in_use_by_approval", "ENABLE ALWAYS"),
    "a guard that replication puts to sleep": (
        "ALTER TABLE benefits_person ENABLE TRIGGER person_is_registered_once",
        "person_is_registered_once",
    ),
    "a guard gone": ("DROP TRIGGER event_is_never_changed ON audit.event", "event_is_never_changed がありません"),
    "a trigger nobody thought about": (
        "CREATE TRIGGER copies BEFORE INSERT ON vault.number FOR EACH ROW EXECUTE FUNCTION "
        "suppress_redundant_updates_trigger()",
        "copies は config/grants.py にありません",
    ),
    "a definer that can be misled": ("ALTER FUNCTION vault.fetch(uuid, uuid) RESET search_path", "vault.fetch"),
}  # fmt: skip


@pytest.mark.parametrize("change", TAMPERING)
def test_whatever_is_changed_behind_the_back_is_named(change: str, intruder: psycopg.Connection[Any]) -> None:
    statement, word = TAMPERING[change]

    intruder.execute(statement)  # type: ignore[arg-type]

    found = privileges.differences(intruder)
    assert found
    assert any(word in sentence for sentence in found)


@pytest.mark.parametrize(
    "change",
    ["a right too many on a table", "a right too few", "one column of the vault", "everybody may read",
     "everybody may call", "another role's right", "a schema to create in", "a sequence to reset",
     "functions open again by default"],
)  # fmt: skip
def test_applying_the_table_takes_away_and_gives_back(change: str, intruder: psycopg.Connection[Any]) -> None:
    intruder.execute(TAMPERING[change][0])  # type: ignore[arg-type]

    privileges.apply(intruder)

    assert privileges.differences(intruder) == []


def test_applying_the_table_twice_changes_nothing(intruder: psycopg.Connection[Any]) -> None:
    privileges.apply(intruder)
    privileges.apply(intruder)

    assert privileges.differences(intruder) == []


def test_applying_the_table_puts_no_guard_back(intruder: psycopg.Connection[Any]) -> None:
    intruder.execute("ALTER TABLE audit.event DISABLE TRIGGER event_is_never_changed")

    privileges.apply(intruder)

    [sentence] = privileges.differences(intruder)
    assert "event_is_never_changed" in sentence


def test_a_role_that_is_not_there_is_a_difference(intruder: psycopg.Connection[Any]) -> None:
    found = privileges.differences(intruder, Roles(app="nobody_here"))

    assert "役割 nobody_here がありません。" in found


def test_a_line_without_its_table_is_a_difference(
    intruder: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grants, "TABLES", {**grants.TABLES, "public.gone": grants.READ})

    assert any("public.gone" in sentence for sentence in privileges.differences(intruder))


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT body FROM vault.number",
        "UPDATE audit.event SET action = 'x'",
        "DELETE FROM audit.event",
        "TRUNCATE audit.event",
        "ALTER TABLE audit.event DISABLE TRIGGER ALL",
        "CREATE TABLE public.mine (id integer)",
        "CREATE TEMPORARY TABLE mine (id integer)",
        "CREATE SCHEMA mine",
        "SET ROLE kyufu_owner",
        "SET session_replication_role = replica",
        "DELETE FROM benefits_application",
        "COPY benefits_person TO PROGRAM 'cat'",
    ],
)
def test_the_serving_role_is_refused(statement: str, office: Office, db: None) -> None:
    with (
        closing(psycopg.connect(**office.app.as_psycopg())) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement)  # type: ignore[call-overload]
