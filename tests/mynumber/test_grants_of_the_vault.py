"""What the database itself keeps from the role that serves: the vault's tables and most functions (A3, V2)."""

from typing import Any

import psycopg
import pytest

from config import grants
from config.office.databases import APP, AUDITOR, OWNER
from tests.mynumber.conftest import Held, refused_by_the_database, run

TABLES = tuple(sorted(table for table in grants.TABLES if table.startswith("vault.")))
FORBIDDEN = "42501"
#: What hands out something sealed, each against a committed entry of the record.
SEALED = {"fetch", "staged_numbers", "staged_parts"}
FOR_MANY = {
    "keep_all": (
        "SELECT vault.keep_all(ARRAY[]::uuid[], 1, ARRAY[]::bytea[], ARRAY[]::bytea[], ARRAY[]::bytea[], "
        "ARRAY[]::bigint[])"
    ),
    "confirm_all": "SELECT vault.confirm_all(ARRAY[]::uuid[], ARRAY[]::bytea[], ARRAY[]::bigint[])",
    "put_all_in_use": "SELECT vault.put_all_in_use(ARRAY[]::uuid[])",
}

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM {}",
        "SELECT count(*) FROM {}",
        "SELECT ctid FROM {}",
        "TABLE {}",
        "COPY {} TO STDOUT",
        "INSERT INTO {} DEFAULT VALUES",
        "DELETE FROM {}",
        "DELETE FROM {} WHERE false",
        "TRUNCATE {}",
        "LOCK TABLE {} IN ACCESS SHARE MODE",
        "CREATE VIEW window_into_the_vault AS SELECT * FROM {}",
        "CREATE TRIGGER listener AFTER INSERT ON {} EXECUTE FUNCTION vault.keep()",
        "ALTER TABLE {} DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE {} OWNER TO CURRENT_USER",
        "GRANT SELECT ON {} TO PUBLIC",
        "DROP TABLE {}",
    ],
)
def test_the_serving_role_can_do_nothing_with_a_table_of_the_vault(table: str, statement: str) -> None:
    with refused_by_the_database(FORBIDDEN):
        run(statement.replace("{}", table))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE vault.number SET state = 'IN_USE'",
        "UPDATE vault.number SET typed_by = 0",
        "UPDATE vault.comparison SET tries = 1",
        "UPDATE vault.ticket_use SET used_at = now()",
        "SELECT body FROM vault.number FOR UPDATE",
        "INSERT INTO vault.ticket_use (event_id, actor_id) VALUES (gen_random_uuid(), 1)",
    ],
)
def test_the_serving_role_changes_nothing_in_the_vault(statement: str) -> None:
    with refused_by_the_database(FORBIDDEN):
        run(statement)


@pytest.mark.parametrize("name", FOR_MANY)
def test_functions_for_many_numbers_are_refused_to_the_serving_role(name: str) -> None:
    with refused_by_the_database(FORBIDDEN):
        run(FOR_MANY[name])


@pytest.mark.parametrize("name", FOR_MANY)
def test_functions_for_many_numbers_are_there_for_the_owner(
    name: str, owner_connection: psycopg.Connection[Any]
) -> None:
    assert owner_connection.execute(FOR_MANY[name]).fetchone() is not None


def functions() -> list[tuple[str, str, bool, list[str] | None, bool, bool]]:
    return run(  # type: ignore[return-value]
        """
        SELECT n.nspname || '.' || p.proname || '(' || oidvectortypes(p.proargtypes) || ')',
               pg_get_userbyid(p.proowner), p.prosecdef, p.proconfig,
               has_function_privilege(%s, p.oid, 'EXECUTE'),
               EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE a.grantee = 0)
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname IN ('vault', 'audit')
        """,
        APP,
    )


def test_the_serving_role_may_call_the_functions_on_the_list_and_no_other() -> None:
    callable_ones = {name for name, _owner, _definer, _config, is_callable, _public in functions() if is_callable}

    assert callable_ones == {name for name in grants.FUNCTIONS if not name.startswith("public.")}


def test_no_function_is_everybodys_and_each_belongs_to_the_owner() -> None:
    assert len(functions()) > len(grants.FUNCTIONS)
    for name, owner, _definer, _config, _callable, is_public in functions():
        assert (name, owner, is_public) == (name, OWNER, False)


def test_every_function_looks_for_names_in_the_catalogue_first_and_in_temporary_tables_last() -> None:
    for name, _owner, is_definer, config, _callable, _public in functions():
        # an inlined expression has no path of its own; the other is asked about in tests/audit/test_append_only.py
        if name in {"audit.is_remembered(text)", *grants.OPEN_PATHS}:
            continue
        assert "search_path=pg_catalog, pg_temp" in (config or []), name
        assert is_definer or not name.startswith("vault."), name


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TEMPORARY TABLE number (person uuid)",
        "CREATE TABLE public.number (person uuid)",
        "CREATE FUNCTION public.hashtextextended(text, bigint) RETURNS bigint LANGUAGE sql AS 'SELECT 1'",
        "CREATE OPERATOR public.= (FUNCTION = byteaeq, LEFTARG = bytea, RIGHTARG = bytea)",
        "CREATE OR REPLACE FUNCTION vault.remove(p_person uuid) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
        "ALTER FUNCTION vault.fetch(uuid, uuid) RESET search_path",
        "ALTER FUNCTION vault.fetch(uuid, uuid) SECURITY INVOKER",
        "DROP FUNCTION vault.fetch(uuid, uuid)",
        "CREATE SCHEMA elsewhere",
        "SET ROLE kyufu_owner",
        "SET SESSION AUTHORIZATION kyufu_owner",
        "SET session_replication_role = replica",
    ],
)
def test_the_serving_role_cannot_put_anything_in_the_way_of_a_function(statement: str) -> None:
    with refused_by_the_database(FORBIDDEN):
        run(statement)


@pytest.mark.django_db(transaction=True)
def test_a_role_that_is_nobody_in_particular_reaches_nothing(
    provisional: Held, superuser_connection: psycopg.Connection[Any]
) -> None:
    superuser_connection.execute(f"SET ROLE {AUDITOR}")

    for statement in (
        *(f"SELECT * FROM {table}" for table in TABLES),
        "SELECT * FROM vault.standing(gen_random_uuid())",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            superuser_connection.execute(statement)


def test_what_may_be_known_of_a_number_holds_neither_the_seal_nor_the_index(provisional: Held) -> None:
    columns = run(
        """
        SELECT p.proname, a.name FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        CROSS JOIN LATERAL unnest(p.proargnames, p.proargmodes) AS a (name, mode)
        WHERE n.nspname = 'vault' AND a.mode IN ('o', 't')
        """
    )

    assert {function for function, column in columns if column in {"body", "number_index"}} == SEALED
    assert {column for function, column in columns if function == "standing"} == {
        "version",
        "state",
        "typed_by",
        "typed_at",
        "confirmed_by",
    }
