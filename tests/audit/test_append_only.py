"""An entry, once written, stays as it is, whoever tries (A3, A5, V2)."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from psycopg import sql
from psycopg.types.json import Jsonb

from accounts.models import User
from accounts.roles import Role
from audit.ledger import identifiers
from audit.models import Event
from tests import ledger
from tests.audit.conftest import SAVED, happened
from tests.conftest import Office
from tests.factories import staff_member

pytestmark = pytest.mark.django_db(transaction=True)

CHANGES = {
    "update": "UPDATE audit.event SET actor_roles = 'CHECKER'",
    "update of the time": "UPDATE audit.event SET at = now()",
    "update that changes nothing": "UPDATE audit.event SET action = action",
    "update by way of an insert": "INSERT INTO audit.event SELECT * FROM audit.event ON CONFLICT (id, at) DO UPDATE"
    " SET result = 'FAILED'",
    "merge": "MERGE INTO audit.event e USING (SELECT 1) AS one ON true WHEN MATCHED THEN DELETE",
    "delete": "DELETE FROM audit.event",
    "delete through a query": "WITH gone AS (DELETE FROM audit.event RETURNING *) SELECT count(*) FROM gone",
    "truncate": "TRUNCATE audit.event",
    "truncate with everything": "TRUNCATE audit.event RESTART IDENTITY CASCADE",
}
#: The second is met by whoever would put an entry in twice: it is in the queue already.
REFUSALS = (psycopg.errors.RestrictViolation, psycopg.errors.UniqueViolation)
#: A kind of entry that guards look back on.
REMEMBERED = "benefits.deletion.approved"
DEFENCES = {
    "disable the triggers": "ALTER TABLE audit.event DISABLE TRIGGER ALL",
    "disable the users' triggers": "ALTER TABLE audit.event DISABLE TRIGGER USER",
    "disable one trigger": "ALTER TABLE audit.event DISABLE TRIGGER event_is_never_changed",
    "drop a trigger": "DROP TRIGGER event_is_never_changed ON audit.event",
    "replace the function": "CREATE OR REPLACE FUNCTION audit.event_refuses_change() RETURNS trigger"
    " LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "drop the function": "DROP FUNCTION audit.event_refuses_change() CASCADE",
    "replicate": "SET session_replication_role = replica",
    "a rule": "CREATE RULE nothing AS ON INSERT TO audit.event DO INSTEAD NOTHING",
    "a trigger of one's own": "CREATE TRIGGER quiet BEFORE INSERT ON audit.event FOR EACH ROW"
    " EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "another column": "ALTER TABLE audit.event ADD COLUMN hidden boolean",
    "another default": "ALTER TABLE audit.event ALTER COLUMN actor_roles SET DEFAULT ''",
    "drop the table": "DROP TABLE audit.event",
    "drop the schema": "DROP SCHEMA audit CASCADE",
    "move the table": "ALTER TABLE audit.event SET SCHEMA public",
    "take the table": "ALTER TABLE audit.event OWNER TO CURRENT_USER",
    "an index that forgets": "CREATE UNIQUE INDEX one ON audit.event ((1))",
    "become the owner": "SET ROLE kyufu_owner",
}


def content(event: Event) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT event::text FROM audit.event WHERE id = %s", [event.pk])
        row = cursor.fetchone()
    assert row is not None
    return tuple(row)


@pytest.mark.parametrize("change", CHANGES)
def test_the_serving_role_changes_no_entry(change: str) -> None:
    event = happened()
    before = content(event)

    with pytest.raises(DatabaseError) as refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(CHANGES[change])

    assert isinstance(refused.value.__cause__, psycopg.errors.InsufficientPrivilege)
    assert content(event) == before


@pytest.mark.parametrize("change", CHANGES)
def test_the_owner_changes_no_entry(change: str, owner_connection: psycopg.Connection[Any]) -> None:
    event = happened()
    before = content(event)

    with pytest.raises(REFUSALS, match=r"append-only|pending_pkey"):
        owner_connection.execute(CHANGES[change])

    assert content(event) == before


@pytest.mark.parametrize("change", CHANGES)
def test_a_superuser_who_silences_triggers_as_replication_does_changes_no_entry(
    change: str, superuser_connection: psycopg.Connection[Any]
) -> None:
    event = happened()
    before = content(event)
    superuser_connection.execute("SET session_replication_role = replica")

    with pytest.raises(REFUSALS, match=r"append-only|pending_pkey"):
        superuser_connection.execute(CHANGES[change])

    assert content(event) == before


@pytest.mark.parametrize("defence", DEFENCES)
def test_the_serving_role_cannot_take_the_defences_away(defence: str, office: Office) -> None:
    event = happened()

    with psycopg.connect(**office.app.as_psycopg()) as app:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute(DEFENCES[defence])
        app.rollback()

    assert Event.objects.filter(pk=event.pk).exists()


def test_the_triggers_are_on_always_and_not_only_outside_replication(
    superuser_connection: psycopg.Connection[Any],
) -> None:
    rows = superuser_connection.execute(
        "SELECT tgname, tgenabled::text FROM pg_trigger WHERE tgrelid = 'audit.event'::regclass AND NOT tgisinternal"
    ).fetchall()

    assert dict(rows) == {
        "event_is_queued": "A",
        "event_is_never_changed": "A",
        "event_is_never_truncated": "A",
    }


def test_the_writer_forges_no_transaction(
    office: Office, owner_connection: psycopg.Connection[Any], superuser_connection: psycopg.Connection[Any]
) -> None:
    superuser_connection.execute("SET session_replication_role = replica")
    with psycopg.connect(**office.app.as_psycopg(autocommit=True)) as app:
        for writer in (app, owner_connection, superuser_connection):
            with writer.transaction():
                event = ledger.insert(writer.execute)
                ours = "SELECT xid = pg_current_xact_id() FROM audit.event WHERE id = %s"
                assert writer.execute(ours, [event]).fetchone() == (True,)
            with pytest.raises(psycopg.errors.CheckViolation, match="event_is_of_its_transaction"):
                ledger.insert(writer.execute, xid="3")


@pytest.mark.parametrize("seconds", [-62, 2, -10_000_000, 10_000_000])
def test_the_writer_dates_no_entry_back_or_ahead(
    seconds: int, office: Office, superuser_connection: psycopg.Connection[Any]
) -> None:
    at = datetime.now(UTC) + timedelta(seconds=seconds)
    superuser_connection.execute("SET session_replication_role = replica")
    superuser_connection.execute("SELECT audit.make_months(%s, 1)", [at.date()])
    with psycopg.connect(**office.app.as_psycopg(autocommit=True)) as app:
        for writer in (app, superuser_connection):
            with pytest.raises(psycopg.errors.CheckViolation, match="event_is_dated_now"):
                ledger.insert(writer.execute, at=at)

    assert not Event.objects.exists()


def test_the_number_of_an_entry_is_of_its_time_so_that_none_can_be_used_again(office: Office) -> None:
    at = datetime.now(UTC)
    with psycopg.connect(**office.app.as_psycopg(autocommit=True)) as app:
        others = [identifiers.of_moment(at + timedelta(milliseconds=step)) for step in (-1_000, -1, 1)]
        for number in (*others, uuid.uuid4()):
            with pytest.raises(psycopg.errors.CheckViolation, match="event_id_is_of_its_time"):
                ledger.insert(app.execute, at=at, id=number, action=REMEMBERED)
        for micros in (0, 1, 999, 999_999):
            five_seconds_ago = datetime.now(UTC).replace(microsecond=micros) - timedelta(seconds=5)
            ledger.insert(app.execute, at=five_seconds_ago, action=REMEMBERED)

    assert Event.objects.count() == 4


def test_an_entry_whose_leaf_is_not_of_its_body_is_refused(office: Office) -> None:
    with (
        psycopg.connect(**office.app.as_psycopg(autocommit=True)) as app,
        pytest.raises(psycopg.errors.CheckViolation, match="event_leaf_is_of_its_body"),
    ):
        ledger.insert(app.execute, leaf=bytes(32), action=REMEMBERED)


def test_an_entry_is_in_the_queue_however_it_is_written(office: Office) -> None:
    said = ledger.columns(action="forged")
    with psycopg.connect(**office.app.as_psycopg(autocommit=True)) as app:
        inserted = ledger.insert(app.execute)
        names = sql.SQL(", ").join(map(sql.Identifier, said))
        with app.cursor().copy(sql.SQL("COPY audit.event ({}) FROM STDIN").format(names)) as copy:
            copy.write_row([Jsonb(value) if name == "details" else value for name, value in said.items()])
        waiting = app.execute("SELECT id, leaf FROM audit.pending").fetchall()

    assert dict(waiting).keys() == {inserted, said["id"]}
    assert dict(waiting)[said["id"]] == said["leaf"]


@pytest.mark.parametrize(
    "changed",
    [
        {"body": b"\x01" * 63_000},
        {"details": {"conditions": "x" * 40_000}, "sealed_reason": bytes(30_000)},
        {"sealed_reason": bytes(63_000)},
    ],
    ids=["body", "details", "reason"],
)
def test_an_entry_that_is_too_long_to_be_sealed_is_refused(changed: dict[str, Any], office: Office) -> None:
    with (
        psycopg.connect(**office.app.as_psycopg(autocommit=True)) as app,
        pytest.raises(psycopg.errors.CheckViolation, match="event_fits_a_bundle"),
    ):
        ledger.insert(app.execute, **changed)


def test_the_sealer_writes_of_sealing_alone(office: Office) -> None:
    with psycopg.connect(**office.sealer.as_psycopg(autocommit=True)) as sealer:
        with pytest.raises(psycopg.errors.CheckViolation, match="event_of_the_sealer_is_about_sealing"):
            ledger.insert(sealer.execute, action="benefits.person.viewed")
        ledger.insert(sealer.execute, action="audit.seal.heartbeat")


def test_a_fault_is_dated_by_the_database(office: Office) -> None:
    with psycopg.connect(**office.app.as_psycopg(autocommit=True)) as app:
        row = app.execute(
            "INSERT INTO audit.fault (found_at, kind, words) VALUES ('2100-01-01', 'k', 'w')"
            " RETURNING found_at <= clock_timestamp()"
        ).fetchone()

    assert row == (True,)


def test_the_serving_role_takes_nothing_out_of_the_queue_and_puts_nothing_in(office: Office) -> None:
    happened()
    with psycopg.connect(**office.app.as_psycopg(autocommit=True)) as app:
        for attempt in (
            "DELETE FROM audit.pending",
            "UPDATE audit.pending SET leaf = ''",
            "INSERT INTO audit.pending VALUES (gen_random_uuid(), now(), '')",
            "TRUNCATE audit.pending",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute(attempt)


def test_the_time_is_that_of_the_entry_and_not_of_the_beginning_of_the_transaction() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT now(), pg_sleep(0.02)")
        began = cursor.fetchone()[0]
        event = happened()

    event.refresh_from_db()
    assert event.at - began >= timedelta(seconds=0.02)


def test_entries_have_no_foreign_keys_and_nothing_points_at_them(
    superuser_connection: psycopg.Connection[Any],
) -> None:
    count = "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND %s IN (conrelid, confrelid)"

    for table in ("audit.event", "audit.person_label"):
        relation = superuser_connection.execute("SELECT %s::regclass::oid", [table]).fetchone()
        assert superuser_connection.execute(count, relation).fetchone() == (0,)


def test_an_entry_without_an_action_or_with_an_unknown_result_is_refused(
    owner_connection: psycopg.Connection[Any],
) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="event_result_is_known"):
        ledger.insert(owner_connection.execute, result="MAYBE")
    with pytest.raises(psycopg.errors.CheckViolation, match="event_has_an_action"):
        ledger.insert(owner_connection.execute, action="")


@pytest.mark.parametrize("path", ["public, audit, pg_catalog", "pg_temp, pg_catalog", "", "nowhere"])
def test_the_guard_of_the_queue_is_not_led_astray_by_a_search_path(path: str, office: Office) -> None:
    with psycopg.connect(**office.app.as_psycopg(autocommit=True)) as app:
        app.execute("SELECT set_config('search_path', %s, false)", [path])
        event = ledger.insert(app.execute)
        assert app.execute("SELECT id FROM audit.pending").fetchall() == [(event,)]
        for changed, guard in (
            ({"at": datetime.now(UTC) - timedelta(hours=1)}, "event_is_dated_now"),
            ({"result": "MAYBE"}, "event_result_is_known"),
        ):
            with pytest.raises(psycopg.errors.CheckViolation, match=guard):
                ledger.insert(app.execute, **changed)
        # what could stand before the catalogue's own is not theirs to make
        for made in (
            "CREATE OPERATOR public.<> (FUNCTION = int4ne, LEFTARG = int, RIGHTARG = int)",
            "CREATE FUNCTION pg_temp.width_bucket(interval, interval[]) RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "CREATE TEMPORARY TABLE pending (id uuid)",
            "CREATE SCHEMA mine",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute(made)


# ── what guards look back on ─────────────────────────────────────────────────────────────────────────────────────


def test_what_guards_look_back_on_is_remembered_and_nothing_else(office: Office) -> None:
    with psycopg.connect(**office.app.as_psycopg(autocommit=True)) as app:
        ledger.insert(app.execute)
        event = ledger.insert(app.execute, action=REMEMBERED, subject_id="a list")
        assert app.execute("SELECT id, action, subject_id FROM audit.remembered").fetchall() == [
            (event, REMEMBERED, "a list")
        ]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("DELETE FROM audit.remembered")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("SELECT audit.event_is_sound(e) FROM audit.event e")


def taken_out(office: Office) -> None:
    """Take everything out of the queue, as the sealer does."""
    with psycopg.connect(**office.sealer.as_psycopg(autocommit=True)) as sealer:
        sealer.execute("DELETE FROM audit.pending")


def test_guards_find_one_entry_by_its_id_whatever_else_is_written_under_it(office: Office) -> None:
    at = datetime.now(UTC).replace(microsecond=1_000)
    number = identifiers.of_moment(at)
    with psycopg.connect(**office.app.as_psycopg(autocommit=True)) as app:
        ledger.insert(app.execute, at=at, id=number)
        with pytest.raises(psycopg.errors.UniqueViolation, match="pending_pkey"):
            ledger.insert(app.execute, at=at + timedelta(microseconds=5), id=number)
        taken_out(office)
        ledger.insert(app.execute, at=at + timedelta(microseconds=5), id=number, action=REMEMBERED, subject_id="one")
        taken_out(office)
        with pytest.raises(psycopg.errors.UniqueViolation, match="remembered_pkey"):
            ledger.insert(app.execute, at=at + timedelta(microseconds=9), id=number, action=REMEMBERED)
        with pytest.raises(psycopg.errors.CheckViolation, match="event_id_is_of_its_time"):
            ledger.insert(app.execute, at=at, id=uuid.uuid4(), action=REMEMBERED)
        assert app.execute("SELECT id, subject_id FROM audit.remembered").fetchall() == [(number, "one")]


def test_what_the_record_does_not_take_is_not_remembered(office: Office) -> None:
    """An entry that conflicts with one that is sealed already would be passed over in silence."""
    said = ledger.columns(at=datetime.now(UTC))
    again = {**said, "action": REMEMBERED, "subject_id": "a list"}
    with psycopg.connect(**office.app.as_psycopg(autocommit=True)) as app:
        ledger.insert(app.execute, **said)
        taken_out(office)
        names = sql.SQL(", ").join(map(sql.Identifier, again))
        values = sql.SQL(", ").join([sql.Placeholder()] * len(again))
        statement = sql.SQL("INSERT INTO audit.event ({}) VALUES ({}) ON CONFLICT DO NOTHING").format(names, values)
        with pytest.raises(psycopg.errors.UniqueViolation, match="event_is_there_already"):
            app.execute(statement, [Jsonb(value) if name == "details" else value for name, value in again.items()])
        assert app.execute("SELECT count(*) FROM audit.remembered").fetchone() == (0,)


@pytest.mark.parametrize("column", ["body", "sealed_reason", "leaf", "details"])
def test_what_is_long_is_refused_compressed_too(column: str, superuser_connection: psycopg.Connection[Any]) -> None:
    said = ledger.columns()
    long = (
        "jsonb_build_object('fields', repeat('a', 5000000))"
        if column == "details"
        else "decode(repeat('00', 5000000), 'hex')"
    )
    superuser_connection.execute(f"CREATE TEMPORARY TABLE kept AS SELECT {long} AS long")
    names = sql.SQL(", ").join(map(sql.Identifier, said))
    values = [Jsonb(value) if isinstance(value, dict) else value for name, value in said.items() if name != column]
    places: list[sql.Composable] = [sql.SQL("long") if name == column else sql.Placeholder() for name in said]
    if column not in said:
        names += sql.SQL(", {}").format(sql.Identifier(column))
        places.append(sql.SQL("long"))
    statement = sql.SQL("INSERT INTO audit.event ({}) SELECT {} FROM kept").format(names, sql.SQL(", ").join(places))
    with pytest.raises(psycopg.errors.CheckViolation, match="event_fits_a_bundle"):
        superuser_connection.execute(statement, values)


@pytest.mark.parametrize("change", ["DELETE FROM audit.remembered", "UPDATE audit.remembered SET subject_id = ''"])
def test_what_is_remembered_stays_as_long_as_its_month(
    change: str,
    office: Office,
    owner_connection: psycopg.Connection[Any],
    superuser_connection: psycopg.Connection[Any],
) -> None:
    with psycopg.connect(**office.app.as_psycopg(autocommit=True)) as app:
        ledger.insert(app.execute, action=REMEMBERED)
    superuser_connection.execute("SET session_replication_role = replica")
    for whoever in (owner_connection, superuser_connection):
        with pytest.raises(psycopg.errors.RestrictViolation):
            whoever.execute(change)


@pytest.mark.parametrize(
    "change",
    [
        lambda event: event.save(),
        lambda event: event.save(update_fields=["result"]),
        lambda event: event.delete(),
    ],
)
def test_an_entry_in_hand_is_neither_saved_again_nor_deleted(change: Callable[[Event], object]) -> None:
    event = Event.objects.get(pk=happened().pk)

    with pytest.raises(TypeError, match="never"):
        change(event)


def test_an_entry_outlives_what_it_speaks_of(misaki: User, superuser_connection: psycopg.Connection[Any]) -> None:
    event = happened(SAVED, by=misaki, label="2026-000001")
    for table, column in (("codedevice", "user_id"), ("roleassignment", "user_id"), ("user", "id")):
        superuser_connection.execute(f"DELETE FROM accounts_{table} WHERE {column} = %s", [misaki.pk])

    kept = Event.objects.get(pk=event.pk)
    assert (kept.actor_id, kept.actor_name, kept.actor_roles, kept.subject_label) == (
        misaki.pk,
        "山田 美咲",
        "MAKER",
        "2026-000001",
    )


# ── who is named ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("action", [REMEMBERED, "mynumber.staged.opened", "benefits.import.row_viewed"])
def test_nobody_is_named_who_is_not_there(
    action: str, office: Office, superuser_connection: psycopg.Connection[Any]
) -> None:
    superuser_connection.execute("SET session_replication_role = replica")
    with psycopg.connect(**office.app.as_psycopg(autocommit=True)) as app:
        for writer in (app, superuser_connection):
            with pytest.raises(psycopg.errors.CheckViolation, match="event_actor_is_real"):
                ledger.insert(writer.execute, actor_id=987_654, action=action)

    assert not Event.objects.exists()


def test_whoever_is_named_is_called_as_they_are_called_now(misaki: User, office: Office) -> None:
    with psycopg.connect(**office.app.as_psycopg(autocommit=True)) as app:
        event = ledger.insert(app.execute, actor_id=misaki.pk)

    assert Event.objects.get(pk=event).actor_name == "山田 美咲"


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.NUMBER_VIEWER])
def test_nobody_is_said_to_have_seen_a_number_who_may_not(role: Role, office: Office) -> None:
    somebody = staff_member(role)
    with (
        psycopg.connect(**office.app.as_psycopg(autocommit=True)) as app,
        pytest.raises(psycopg.errors.CheckViolation, match="event_reveal_is_by_a_number_viewer"),
    ):
        ledger.insert(app.execute, action="mynumber.number.revealed", actor_id=somebody.pk)


def test_a_number_viewer_who_was_stopped_has_seen_nothing_either(
    office: Office, superuser_connection: psycopg.Connection[Any]
) -> None:
    viewer = staff_member(Role.NUMBER_VIEWER)
    superuser_connection.execute("UPDATE accounts_user SET is_active = false WHERE id = %s", [viewer.pk])

    with (
        psycopg.connect(**office.app.as_psycopg(autocommit=True)) as app,
        pytest.raises(psycopg.errors.CheckViolation, match="event_reveal_is_by_a_number_viewer"),
    ):
        ledger.insert(app.execute, action="mynumber.number.revealed", actor_id=viewer.pk)


def test_an_entry_that_guards_rely_on_and_a_power_cut_could_take_back_is_refused(office: Office) -> None:
    with psycopg.connect(**office.app.as_psycopg(autocommit=True)) as app:
        app.execute("SET synchronous_commit = off")
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="synchronously"):
            ledger.insert(app.execute, action=REMEMBERED)

    assert not Event.objects.exists()
