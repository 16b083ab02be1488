"""The sealer gives every committed entry a place, and tells of every one that is not as it was written."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from audit import journal, keyfiles, seal_events
from audit.ledger import body as bodies, facets, identifiers, merkle, tiles
from audit.models import Event
from audit.sealing import batches as sealing, columns
from tests import ledger
from tests.conftest import Office
from tests.sealing import seal_all

pytestmark = pytest.mark.django_db(transaction=True)

Superuser = psycopg.Connection[Any]


@pytest.fixture
def sealer(office: Office, db: None) -> Iterator[psycopg.Connection[Any]]:
    with closing(psycopg.connect(**office.sealer.as_psycopg(autocommit=True))) as own:
        yield own


def write(count: int = 1) -> list[Event]:
    return journal.record_all([journal.Entry(action="audit.log.searched", by=None) for _one in range(count)])


@contextmanager
def unguarded(superuser: Superuser, table: str = "event") -> Iterator[None]:
    """Let a superuser change what nobody may."""
    superuser.execute(sql.SQL("ALTER TABLE audit.{} DISABLE TRIGGER USER").format(sql.Identifier(table)))
    try:
        yield
    finally:
        for (name,) in superuser.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal", [f"audit.{table}"]
        ).fetchall():
            enable = sql.SQL("ALTER TABLE audit.{} ENABLE ALWAYS TRIGGER {}")
            superuser.execute(enable.format(sql.Identifier(table), sql.Identifier(name)))


def faults(connection: psycopg.Connection[Any]) -> list[tuple[str, Any, Any]]:
    return connection.execute("SELECT kind, event_id, idx FROM audit.fault ORDER BY id").fetchall()


def test_what_waits_gets_places_without_gaps_in_a_tree_of_that_size(
    office: Office, sealer: psycopg.Connection[Any]
) -> None:
    written = write(300) + write(3)
    while sealing.seal_batch(sealer, most=100):
        pass
    rows = sealer.execute("SELECT idx, event_id, hash, facets FROM audit.leaf ORDER BY idx").fetchall()
    assert [row[0] for row in rows] == list(range(len(rows)))
    assert {one.pk for one in written} <= {row[1] for row in rows}
    size, root = sealing.last_checkpoint(sealer)
    assert size == len(rows)
    assert root == merkle.root_of(row[2] for row in rows) == tiles.root(sealing.tile_reader(sealer), size)
    marks = {row[1]: row[3] for row in rows}
    assert marks[written[0].pk] == facets.of(bodies.decode(bytes(written[0].body)))
    assert faults(sealer) == []
    assert sealing.seal_batch(sealer) == 0


def test_an_entry_without_a_commit_is_not_sealed(office: Office, sealer: psycopg.Connection[Any]) -> None:
    with closing(psycopg.connect(**office.app.as_psycopg())) as app:
        ledger.insert(app.execute)
        assert sealing.seal_batch(sealer) == 0
        app.commit()
        assert sealing.seal_batch(sealer) == 1
        ledger.insert(app.execute)
        app.rollback()
        assert sealing.seal_batch(sealer) == 0


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ({"actor_id": 987_654}, "actor_unknown"),
        ({"leaf": bytes(32)}, "leaf_differs"),
        ({"id": identifiers.of_moment(datetime(2026, 1, 1, tzinfo=UTC))}, "id_differs"),
        ({"id": uuid4()}, "id_differs"),
    ],
)
def test_what_is_not_asked_of_every_writer_is_found_by_the_sealer(
    said: dict[str, Any], kind: str, office: Office, sealer: psycopg.Connection[Any]
) -> None:
    with closing(psycopg.connect(**office.app.as_psycopg(autocommit=True))) as app:
        ledger.insert(app.execute, **said)
    sealer.execute("INSERT INTO audit.origin (origin, vkey, began_at) VALUES ('here', 'key', '2026-01-01')")
    sealing.seal_batch(sealer)
    assert kind in {found[0] for found in sealer.execute("SELECT kind FROM audit.fault").fetchall()}


def test_the_sealer_counts_for_the_charts(sealer: psycopg.Connection[Any], office: Office) -> None:
    with closing(psycopg.connect(**office.app.as_psycopg(autocommit=True))) as app:
        for _one in range(2):
            ledger.insert(app.execute, actor_section="地域保健課")
            sealing.seal_batch(sealer)
    rows = sealer.execute("SELECT section, action, sum(n) FROM audit.tally_hour GROUP BY 1, 2").fetchall()
    assert rows == [("地域保健課", "benefits.application.saved", 2)]


def change(column: str, value: str) -> Callable[[Superuser, Event], None]:
    def tamper(superuser: Superuser, event: Event) -> None:
        with unguarded(superuser):
            superuser.execute(
                sql.SQL("UPDATE audit.event SET {} = {} WHERE id = %s").format(sql.Identifier(column), sql.SQL(value)),
                [event.pk],
            )

    return tamper


def delete_the_event(superuser: Superuser, event: Event) -> None:
    with unguarded(superuser):
        superuser.execute("DELETE FROM audit.event WHERE id = %s", [event.pk])


def change_the_queue(superuser: Superuser, event: Event) -> None:
    superuser.execute("UPDATE audit.pending SET leaf = sha256('another') WHERE id = %s", [event.pk])


def spoil_the_body(superuser: Superuser, event: Event) -> None:
    with unguarded(superuser):
        superuser.execute(
            "UPDATE audit.event SET body = body || '\\x00', leaf = sha256('\\x00' || body || '\\x00') WHERE id = %s",
            [event.pk],
        )


def forge_the_body(superuser: Superuser, event: Event) -> None:
    """Write another body, well-formed, with its leaf everywhere: all but the application's key is known."""
    said = bodies.decode(bytes(event.body))
    forged = bodies.encode(said, b"x" * 32)
    with unguarded(superuser):
        superuser.execute(
            "UPDATE audit.event SET body = %s, leaf = %s WHERE id = %s",
            [forged, bodies.leaf_hash(forged), event.pk],
        )
    superuser.execute("UPDATE audit.pending SET leaf = %s WHERE id = %s", [bodies.leaf_hash(forged), event.pk])


@pytest.mark.parametrize(
    ("tamper", "kinds"),
    [
        (delete_the_event, {"event_missing"}),
        (change_the_queue, {"leaf_differs"}),
        (forge_the_body, {"not_authentic"}),
        (spoil_the_body, {"leaf_differs", "not_authentic", "malformed"}),
        (change("action", "'audit.other'"), {"columns_differ"}),
        (change("details", """'{"count": 1}'"""), {"columns_differ"}),
        (change("client", "'10.0.0.0/24'"), {"columns_differ"}),
        (change("sealed_reason", "'another'"), {"columns_differ"}),
    ],
)
def test_what_was_tampered_with_before_it_is_sealed_is_told_and_holds_nothing_up(
    tamper: Callable[[Superuser, Event], None],
    kinds: set[str],
    office: Office,
    sealer: psycopg.Connection[Any],
    superuser_connection: Superuser,
) -> None:
    before, event, after = write(3)
    tamper(superuser_connection, event)
    assert sealing.seal_batch(sealer) == 3
    found = faults(sealer)
    assert {kind for kind, _event, _idx in found} == kinds
    assert {event_id for _kind, event_id, _idx in found} == {event.pk}
    sealed = [row[0] for row in sealer.execute("SELECT event_id FROM audit.leaf ORDER BY idx").fetchall()]
    assert sealed == [one.pk for one in (before, event, after) if one != event or "event_missing" not in kinds]
    # what was found is on record itself, and sealed with the next
    alarm = Event.objects.filter(action="audit.seal.fault").first()
    assert alarm is not None
    assert alarm.subject_id == str(event.pk)
    assert sealing.seal_batch(sealer) == len(found)
    assert len(faults(sealer)) == len(found)


def test_an_entry_that_is_queued_again_is_not_sealed_twice(
    sealer: psycopg.Connection[Any], superuser_connection: Superuser
) -> None:
    (event,) = write()
    sealing.seal_batch(sealer)
    superuser_connection.execute(
        "INSERT INTO audit.pending (id, at, leaf) VALUES (%s, %s, %s)", [event.pk, event.at, event.leaf]
    )
    assert sealing.seal_batch(sealer) == 1
    assert [kind for kind, *_rest in faults(sealer)] == ["queued_twice"]
    assert sealing.last_checkpoint(sealer)[0] == 1


def test_a_queue_row_of_nothing_is_told(sealer: psycopg.Connection[Any], superuser_connection: Superuser) -> None:
    superuser_connection.execute(
        "INSERT INTO audit.pending (id, at, leaf) VALUES (%s, clock_timestamp(), sha256('none'))", [uuid4()]
    )
    assert sealing.seal_batch(sealer) == 1
    assert [kind for kind, *_rest in faults(sealer)] == ["event_missing"]
    assert sealing.last_checkpoint(sealer)[0] == 0


@pytest.mark.parametrize("statement", ["UPDATE audit.tile SET hashes = sha256('another')", "DELETE FROM audit.tile"])
def test_upon_a_tree_that_is_another_nothing_is_sealed(
    statement: str, sealer: psycopg.Connection[Any], superuser_connection: Superuser
) -> None:
    write()
    sealing.seal_batch(sealer)
    with unguarded(superuser_connection, "tile"):
        superuser_connection.execute(statement)
    write()
    with pytest.raises(sealing.TreeBrokenError):
        sealing.seal_batch(sealer)
    assert sealing.last_checkpoint(sealer)[0] == 1
    assert sealer.execute("SELECT count(*) FROM audit.pending").fetchone() == (1,)


def test_many_faults_are_all_kept_and_raise_a_few_alarms(
    sealer: psycopg.Connection[Any], superuser_connection: Superuser
) -> None:
    written = write(seal_events.MOST_ALARMS + 5)
    superuser_connection.execute("UPDATE audit.pending SET leaf = sha256('another')")
    sealing.seal_batch(sealer)
    assert len(faults(sealer)) == len(written)
    alarms = Event.objects.filter(action="audit.seal.fault")
    assert alarms.count() == seal_events.MOST_ALARMS + 1
    assert alarms.get(details__kind="more").details["count"] == 5


def test_the_roles_can_do_no_more_than_their_part(office: Office, sealer: psycopg.Connection[Any]) -> None:
    write()
    seal_all(office)
    refused_to_the_sealer = (
        "UPDATE audit.event SET action = 'x'",
        "DELETE FROM audit.event",
        "DELETE FROM audit.leaf",
        "UPDATE audit.leaf SET idx = idx + 1",
        "DELETE FROM audit.tile",
        "UPDATE audit.checkpoint SET size = 5",
        "UPDATE audit.note SET text = ''",
        "INSERT INTO audit.pending (id, at, leaf) SELECT id, at, leaf FROM audit.event",
        "SELECT * FROM public.accounts_user",
        "SELECT * FROM vault.number",
        "SELECT vault.count_held()",
        "SELECT * FROM audit.person_label",
    )
    for statement in refused_to_the_sealer:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            sealer.execute(statement)
    refused_to_the_app = (
        "INSERT INTO audit.leaf (idx, event_id, event_at, hash, xid, facets)"
        " SELECT 99, id, at, leaf, xid, '{}' FROM audit.event",
        "INSERT INTO audit.tile (level, n, hashes) VALUES (0, 9, sha256('x'))",
        "UPDATE audit.tile SET hashes = hashes || sha256('x')",
        "INSERT INTO audit.checkpoint (size, root) VALUES (99, sha256('x'))",
        "INSERT INTO audit.note (origin, size, text) VALUES ('x', 99, 'x')",
        "INSERT INTO audit.origin (origin, vkey) VALUES ('x', 'x')",
        "DELETE FROM audit.pending",
        "UPDATE audit.pending SET leaf = sha256('x')",
        "UPDATE audit.tally_hour SET n = 0",
        "SELECT audit.make_months(current_date, 1)",
    )
    with closing(psycopg.connect(**office.app.as_psycopg(autocommit=True))) as app:
        for statement in refused_to_the_app:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute(statement)


def test_columns_are_compared_in_their_canonical_forms() -> None:
    said = ledger.columns(client="10.0.0.7", details={"count": 1}, person_id=uuid4(), subject_id="A1")
    body = bodies.decode(said["body"])
    row = {name: said.get(name) for name in columns.NAMES}
    as_text = {**row, "client": "10.0.0.7/32", "details": '{ "count": 1}', "person_id": str(said["person_id"])}
    assert columns.differences(row, body) == columns.differences(as_text, body) == []
    changed = {**as_text, "client": "10.0.0.8", "details": '{"count": 1.0}', "person_id": None, "actor_id": 1}
    del changed["subject_id"]
    assert columns.differences(changed, body) == ["actor_id", "subject_id", "person_id", "details", "client"]
    assert bodies.is_authentic(said["body"], keyfiles.read(journal.MAC_KEY))
