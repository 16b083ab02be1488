"""What somebody with the app role's own password tries, to get a number past the record; all is refused (A3, V2).

What the kit cannot refuse is said here too: whoever can write the record can name a real number viewer in it, and then
gets one sealed number, which the database alone cannot open, with an entry that nobody can take away.
"""

import ast
import uuid
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import psycopg.types.json
import pytest
from django.core.management import CommandError, call_command
from psycopg import sql

from accounts.models import User
from audit.models import Event
from config.management.commands import set_number_limit
from config.office import databases
from mynumber import actions, limits, vault
from mynumber.limits import Limit
from mynumber.purposes import Purpose
from tests import ledger
from tests.architecture.sources import modules
from tests.conftest import Office, point_django_at
from tests.mynumber.conftest import Held
from tests.racing import together

pytestmark = pytest.mark.django_db(transaction=True)

FETCH = "SELECT * FROM vault.fetch(%s, %s)"


@pytest.fixture
def intruder(office: Office, db: None) -> Iterator[psycopg.Connection[Any]]:
    """A connection with the app role's own credentials; each statement is its own transaction."""
    with psycopg.connect(**office.app.as_psycopg(autocommit=True)) as connection:
        yield connection


def entered(
    connection: psycopg.Connection[Any],
    by: User,
    person: uuid.UUID,
    *,
    ticket: uuid.UUID | None = None,
    **changes: Any,
) -> uuid.UUID:
    """Write the entry of a reveal with plain SQL."""
    return ledger.insert(
        connection.execute,
        **{
            "action": actions.REVEALED,
            "actor_id": by.pk,
            "person_id": person,
            "purpose": Purpose.INQUIRY.value,
            "details": {"ticket": vault.ticket_digest(ticket)} if ticket else {},
            **changes,
        },
    )


def refusal(connection: psycopg.Connection[Any], event: uuid.UUID, ticket: uuid.UUID | None) -> str:
    with pytest.raises(psycopg.Error) as refused:
        connection.execute(FETCH, [event, ticket])
    return str(refused.value.sqlstate)


# ── the tables ───────────────────────────────────────────────────────────────────────────────────────────────────


TABLES = ("number", "wrapped_key", "kek", "comparison", "ticket_use", "release_use", "reveal_limit", "purpose")
TOUCHES = (
    "SELECT * FROM vault.{}",
    "SELECT 1 FROM vault.{}",
    "COPY vault.{} TO STDOUT",
    "DELETE FROM vault.{}",
    "TRUNCATE vault.{}",
    "INSERT INTO vault.{} DEFAULT VALUES",
    "BEGIN; LOCK vault.{} IN ACCESS SHARE MODE",
    "ALTER TABLE vault.{} DISABLE TRIGGER ALL",
    "ALTER TABLE vault.{} ADD COLUMN way_in text",
    "BEGIN; CREATE TEMP VIEW way_in AS SELECT * FROM vault.{}; SELECT * FROM way_in",
    "GRANT SELECT ON vault.{} TO PUBLIC",
)


@pytest.mark.parametrize("table", TABLES)
def test_no_table_of_the_vault_can_be_touched(table: str, intruder: psycopg.Connection[Any]) -> None:
    for touch in TOUCHES:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            intruder.execute(sql.SQL(touch).format(sql.Identifier(table)))  # type: ignore[arg-type]  # one of ours
        intruder.execute("ROLLBACK")


OTHER_DOORS = (
    f"SET ROLE {databases.OWNER}",
    f"SET SESSION AUTHORIZATION {databases.OWNER}",
    "SET session_replication_role = replica",
    "CREATE FUNCTION vault.way_in() RETURNS void LANGUAGE sql AS 'SELECT'",
    "CREATE OR REPLACE FUNCTION vault.fetch(uuid, uuid) RETURNS void LANGUAGE sql AS 'SELECT'",
    "ALTER FUNCTION vault.fetch(uuid, uuid) RESET search_path",
    "SELECT vault.flush()",
    "SELECT vault.erase(gen_random_uuid(), 1, 'REPLACED')",
    "UPDATE audit.event SET at = clock_timestamp()",
    "DELETE FROM audit.event",
    "TRUNCATE audit.event",
    "ALTER TABLE audit.event DISABLE TRIGGER event_is_queued",
    "CREATE RULE way_in AS ON INSERT TO audit.event DO INSTEAD NOTHING",
    "SELECT pg_read_file('PG_VERSION')",
)


def test_no_other_door_opens(intruder: psycopg.Connection[Any], in_use: Held, viewer: User) -> None:
    entered(intruder, viewer, in_use.person)

    for door in OTHER_DOORS:
        with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.RestrictViolation)):
            intruder.execute(door)  # type: ignore[call-overload]  # one of ours


# ── the ticket ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_door_itself_works_for_whoever_goes_through_it(
    intruder: psycopg.Connection[Any], in_use: Held, viewer: User
) -> None:
    ticket = uuid.uuid4()
    event = entered(intruder, viewer, in_use.person, ticket=ticket)

    assert intruder.execute(FETCH, [event, ticket]).fetchone() is not None
    assert Event.objects.filter(pk=event).exists()


def test_the_same_transaction_and_a_savepoint_of_it_open_nothing(
    intruder: psycopg.Connection[Any], in_use: Held, viewer: User
) -> None:
    ticket = uuid.uuid4()
    with intruder.transaction(force_rollback=True):
        with intruder.transaction():
            event = entered(intruder, viewer, in_use.person, ticket=ticket)
        with pytest.raises(psycopg.Error) as refused, intruder.transaction():
            intruder.execute(FETCH, [event, ticket])

    assert refused.value.sqlstate == "KY003"
    assert refusal(intruder, event, ticket) == "KY002"


def test_a_colleagues_entry_opens_nothing_without_the_ticket_drawn_for_it(
    intruder: psycopg.Connection[Any], in_use: Held, viewer: User
) -> None:
    """The record can be read by everybody who serves; what the entry says of its ticket cannot be turned back."""
    event = entered(intruder, viewer, in_use.person, ticket=uuid.uuid4())

    assert {refusal(intruder, event, ticket) for ticket in (uuid.uuid4(), event, None)} == {"KY009"}


def test_an_entry_that_names_no_ticket_opens_nothing(
    intruder: psycopg.Connection[Any], in_use: Held, viewer: User
) -> None:
    event = entered(intruder, viewer, in_use.person)

    assert {refusal(intruder, event, ticket) for ticket in (uuid.uuid4(), None)} == {"KY009"}


def test_a_ticket_of_one_entry_does_not_fit_another(
    intruder: psycopg.Connection[Any], in_use: Held, viewer: User
) -> None:
    first, second = uuid.uuid4(), uuid.uuid4()
    event = entered(intruder, viewer, in_use.person, ticket=first)
    entered(intruder, viewer, in_use.person, ticket=second)

    assert refusal(intruder, event, second) == "KY009"


def test_a_prepared_statement_and_a_cursor_fetch_once_like_any_other(
    intruder: psycopg.Connection[Any], in_use: Held, viewer: User
) -> None:
    ticket = uuid.uuid4()
    event = entered(intruder, viewer, in_use.person, ticket=ticket)
    intruder.execute("PREPARE way_in AS SELECT * FROM vault.fetch($1, $2)")
    again = sql.SQL("EXECUTE way_in ({}, {})").format(sql.Literal(str(event)), sql.Literal(str(ticket)))

    assert intruder.execute(again).fetchone() is not None
    with pytest.raises(psycopg.errors.UniqueViolation):
        intruder.execute(again)
    with pytest.raises(psycopg.errors.UniqueViolation), intruder.transaction():
        intruder.execute(
            sql.SQL("DECLARE c CURSOR WITH HOLD FOR SELECT * FROM vault.fetch({}, {})").format(str(event), str(ticket))
        )


def test_two_fetches_at_once_with_one_ticket_get_one_number(
    office: Office, intruder: psycopg.Connection[Any], in_use: Held, viewer: User
) -> None:
    ticket = uuid.uuid4()
    event = entered(intruder, viewer, in_use.person, ticket=ticket)

    def fetch() -> object:
        with psycopg.connect(**office.app.as_psycopg(autocommit=True)) as own:
            return own.execute(FETCH, [event, ticket]).fetchone()

    outcomes = together(fetch, fetch)

    assert {type(outcome) for outcome in outcomes} == {tuple, psycopg.errors.UniqueViolation}


def test_rolling_back_a_fetch_lets_the_same_look_be_had_again_and_nothing_else(
    intruder: psycopg.Connection[Any], in_use: Held, viewer: User
) -> None:
    """One entry stands for one look at one number within sixty seconds, however often the connection breaks in it."""
    ticket = uuid.uuid4()
    event = entered(intruder, viewer, in_use.person, ticket=ticket)
    with intruder.transaction(force_rollback=True):
        with intruder.transaction(force_rollback=True):
            first = intruder.execute(FETCH, [event, ticket]).fetchone()
        second = intruder.execute(FETCH, [event, ticket]).fetchone()

    assert first == second == intruder.execute(FETCH, [event, ticket]).fetchone()
    assert refusal(intruder, event, ticket) == "23505"
    assert Event.objects.filter(action=actions.REVEALED, person_id=in_use.person).count() == 1


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_a_transaction_that_sees_the_world_as_it_was_fetches_nothing(
    level: str, intruder: psycopg.Connection[Any], in_use: Held, viewer: User
) -> None:
    ticket = uuid.uuid4()
    event = entered(intruder, viewer, in_use.person, ticket=ticket)

    intruder.execute(f"BEGIN ISOLATION LEVEL {level}")  # type: ignore[call-overload]  # one of two
    assert refusal(intruder, event, ticket) == "KY010"
    intruder.execute("ROLLBACK")


# ── the entry ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_entry_is_not_written_without_synchronous_commit(
    intruder: psycopg.Connection[Any], in_use: Held, viewer: User
) -> None:
    intruder.execute("SET synchronous_commit = off")

    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
        entered(intruder, viewer, in_use.person, ticket=uuid.uuid4())


def test_turning_synchronous_commit_off_after_the_entry_gains_nothing(
    intruder: psycopg.Connection[Any], in_use: Held, viewer: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    """Before a number is handed out, everything that was committed is on the disk, its entry among it."""
    ticket = uuid.uuid4()
    with intruder.transaction():
        event = entered(intruder, viewer, in_use.person, ticket=ticket)
        intruder.execute("SET LOCAL synchronous_commit = off")
    committed = superuser_connection.execute("SELECT pg_current_wal_insert_lsn()").fetchone()
    assert committed is not None

    assert intruder.execute(FETCH, [event, ticket]).fetchone() is not None
    on_disk = superuser_connection.execute("SELECT pg_current_wal_flush_lsn() >= %s::pg_lsn", committed).fetchone()
    assert on_disk == (True,)


def test_the_transaction_of_an_entry_cannot_be_forged(
    intruder: psycopg.Connection[Any], in_use: Held, viewer: User
) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="event_is_of_its_transaction"):
        entered(intruder, viewer, in_use.person, ticket=uuid.uuid4(), xid="700")


def test_an_entry_cannot_be_dated_ahead_to_open_a_number_for_longer(
    intruder: psycopg.Connection[Any], in_use: Held, viewer: User
) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="event_is_dated_now"):
        entered(intruder, viewer, in_use.person, ticket=uuid.uuid4(), at=datetime.now(UTC) + timedelta(seconds=5))


def test_an_entry_names_nobody_who_is_not_a_number_viewer(
    intruder: psycopg.Connection[Any], in_use: Held, maker: User
) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="event_reveal_is_by_a_number_viewer"):
        entered(intruder, maker, in_use.person, ticket=uuid.uuid4())


def test_a_purpose_that_is_not_on_the_list_opens_nothing(
    intruder: psycopg.Connection[Any], in_use: Held, viewer: User
) -> None:
    ticket = uuid.uuid4()

    for purpose in ("", "CURIOSITY", "inquiry", "INQUIRY "):
        event = entered(intruder, viewer, in_use.person, ticket=ticket, purpose=purpose)
        assert refusal(intruder, event, ticket) == "KY002"


def test_an_entry_about_somebody_else_opens_that_persons_number_or_none(
    intruder: psycopg.Connection[Any], in_use: Held, viewer: User
) -> None:
    ticket = uuid.uuid4()

    assert refusal(intruder, entered(intruder, viewer, uuid.uuid4(), ticket=ticket), ticket) == "KY005"


def test_entries_written_in_bulk_use_up_the_quota_before_the_first_is_used(
    intruder: psycopg.Connection[Any], in_use: Held, viewer: User
) -> None:
    ticket = uuid.uuid4()
    events = [entered(intruder, viewer, in_use.person, ticket=ticket) for _number in range(61)]

    assert {refusal(intruder, event, ticket) for event in events} == {"KY007"}


TRICKS = (
    "CREATE TEMP TABLE event AS SELECT * FROM audit.event",
    "CREATE FUNCTION pg_temp.sha256(bytea) RETURNS bytea LANGUAGE sql AS 'SELECT $1'",
    "CREATE FUNCTION pg_temp.pg_xact_status(xid8) RETURNS text LANGUAGE sql AS $$SELECT 'committed'$$",
    "CREATE FUNCTION pg_temp.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS $$SELECT now()$$",
    "CREATE FUNCTION pg_temp.reveal_limit_of(text) RETURNS integer LANGUAGE sql AS 'SELECT 9999'",
    "CREATE DOMAIN pg_temp.interval AS text",
)


def test_names_of_ones_own_put_before_the_vaults_change_nothing(
    intruder: psycopg.Connection[Any], in_use: Held, viewer: User
) -> None:
    event = entered(intruder, viewer, in_use.person, ticket=uuid.uuid4())
    for trick in TRICKS:
        with suppress(psycopg.errors.InsufficientPrivilege):  # not even that far
            intruder.execute(trick)  # type: ignore[call-overload]  # one of ours
    intruder.execute("SET search_path = pg_temp, public, pg_catalog")

    assert refusal(intruder, event, uuid.uuid4()) == "KY009"
    with intruder.transaction(force_rollback=True):
        ticket = uuid.uuid4()
        own = entered(intruder, viewer, in_use.person, ticket=ticket)
        with pytest.raises(psycopg.Error) as refused, intruder.transaction():
            intruder.execute(FETCH, [own, ticket])
        assert refused.value.sqlstate == "KY003"


# ── copies ───────────────────────────────────────────────────────────────────────────────────────────────────────


def callers_of(attribute: str, *, on: str) -> set[str]:
    """Return the modules of the product that call ``attribute`` of something called ``on``."""
    return {
        path
        for path, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == attribute
        if isinstance(node.func.value, ast.Name) and node.func.value.id == on
    }


def test_no_file_and_no_export_carries_a_number_one_page_alone_opens_one() -> None:
    """A copy of many numbers would need a ticket that names each person. There is none, and so no such copy."""
    assert callers_of("unseal", on="crypto") == {"mynumber/vault.py"}
    assert callers_of("digits", on="secret") == {"benefits/views/showing.py"}
    assert callers_of("reveal", on="vault") == {"benefits/views/showing.py"}


# ── the limits ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_limits_cannot_be_raised_by_who_is_limited(intruder: psycopg.Connection[Any]) -> None:
    for statement in (
        "UPDATE vault.reveal_limit SET most = 9999",
        "CREATE OR REPLACE FUNCTION vault.reveal_limit_of(text) RETURNS integer LANGUAGE sql AS 'SELECT 9999'",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            intruder.execute(statement)  # type: ignore[call-overload]  # one of two
    with pytest.raises(Exception, match="permission denied"):
        limits.change(Limit.PERSON_HOUR, 9999, reason="繁忙期のため")
    assert not Event.objects.filter(action=actions.LIMITS_CHANGED).exists()


def test_even_the_owner_changes_a_limit_only_on_record(owner_connection: psycopg.Connection[Any]) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="reveal_limit_change_is_on_record"):
        owner_connection.execute("UPDATE vault.reveal_limit SET most = 9999")
    for statement in ("DELETE FROM vault.reveal_limit", "TRUNCATE vault.reveal_limit"):
        with pytest.raises(psycopg.errors.RestrictViolation):
            owner_connection.execute(statement)  # type: ignore[call-overload]  # one of two


def test_the_owners_command_changes_a_limit_and_the_record_says_so(
    in_use: Held, viewer: User, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(set_number_limit, "speak_as_owner", lambda _name: None)
    point_django_at(office.owner)
    try:
        with pytest.raises(CommandError, match="理由"):
            call_command("set_number_limit", "PERSON_HOUR", "1")
        with pytest.raises(CommandError, match="10000"):
            call_command("set_number_limit", "PERSON_HOUR", "0", reason="総第1号")
        call_command("set_number_limit", "PERSON_HOUR", "1", reason="総第1号")
    finally:
        point_django_at(office.app)

    entry = Event.objects.get(action=actions.LIMITS_CHANGED)
    assert (entry.subject_id, entry.details, entry.reason) == ("PERSON_HOUR", {"count": 1}, "総第1号")
    shown = vault.reveal(in_use.person, by=viewer, purpose=Purpose.INQUIRY, reason="照会への回答")
    assert shown.digits() == in_use.number
    with pytest.raises(vault.RefusedError, match="件数の上限"):
        vault.reveal(in_use.person, by=viewer, purpose=Purpose.INQUIRY, reason="照会への回答")


@pytest.mark.parametrize("limit", Limit)
def test_the_owner_changes_every_limit_on_record(limit: Limit, office: Office) -> None:
    point_django_at(office.owner)
    try:
        limits.change(limit, 7, reason="総第1号")
        assert limits.all_of_them()[limit] == 7
    finally:
        point_django_at(office.app)

    assert Event.objects.get(action=actions.LIMITS_CHANGED).subject_id == limit.value
