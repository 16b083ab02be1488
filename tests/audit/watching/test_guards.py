"""An app that was taken over can neither blind the rules, nor finish a simulation, nor find what is not there."""

import json
import uuid
from contextlib import closing
from datetime import timedelta
from typing import Any, LiteralString

import psycopg
import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from accounts.models import User
from audit import actions, journal
from audit.models import Event, Hit, Rule, RuleProgress, Simulation
from audit.sealing import watch
from audit.watching import engine, reading, simulation
from tests.audit.watching.history import from_the_start, happened, look, write
from tests.audit.watching.office_of_rules import MORNING, SAVED, VIEW
from tests.conftest import Office
from tests.sealing import seal_all

pytestmark = pytest.mark.django_db(transaction=True)
Superuser = psycopg.Connection[Any]
THREE = {"viewers": 3, "days": 7}


@pytest.fixture
def record(office: Office, superuser_connection: Superuser, clerk: User) -> int:
    """Five sealed entries that no rule has looked at; how many there are."""
    write(superuser_connection, [happened(SAVED, at=MORNING, by=clerk) for _ in range(5)])
    return seal_all(office)


def as_app(office: Office, statement: LiteralString, values: tuple[Any, ...] = ()) -> str:
    """Return which guard refuses, or "" when none does."""
    try:
        with closing(psycopg.connect(**office.app.as_psycopg(autocommit=True))) as app:
            app.execute(statement, values)
    except psycopg.Error as error:
        return str(error.diag.message_primary)
    return ""


def test_the_app_cannot_push_a_rule_past_the_record(office: Office, record: int) -> None:
    push: LiteralString = "UPDATE audit.rule_progress SET position = %s WHERE rule_id = 'W16'"
    for position in (9223372036854775807, record + 1, -1):
        assert as_app(office, push, (position,)) == "rule_goes_on_by_pieces"
    assert as_app(office, push, (record,)) == ""
    assert as_app(office, push, (record - 1,)) == "rule_goes_on_by_pieces"
    assert as_app(office, "UPDATE audit.rule_progress SET rule_id = 'W1'").startswith("permission denied")


def test_the_app_moves_a_rule_by_one_piece_in_a_transaction(
    office: Office, record: int, superuser_connection: Superuser
) -> None:
    one: LiteralString = "UPDATE audit.rule_progress SET position = %s WHERE rule_id = 'W16'"
    with psycopg.connect(**office.app.as_psycopg()) as app:
        app.execute(one, [1])
        with pytest.raises(psycopg.Error, match="rule_goes_on_by_pieces"):
            app.execute(one, [2])

    superuser_connection.execute("ALTER TABLE audit.checkpoint DISABLE TRIGGER USER")
    try:
        superuser_connection.execute("INSERT INTO audit.checkpoint (size, root) VALUES (9000, sha256(''))")
        assert as_app(office, one, (engine.PIECE + 1,)) == "rule_goes_on_by_pieces"
        assert as_app(office, one, (engine.PIECE,)) == ""
    finally:
        superuser_connection.execute("DELETE FROM audit.checkpoint WHERE size = 9000")
        for guard in ("checkpoint_is_never_changed", "checkpoint_is_never_truncated"):
            superuser_connection.execute(f"ALTER TABLE audit.checkpoint ENABLE ALWAYS TRIGGER {guard}")


def test_the_app_cannot_say_when_a_rule_looked(office: Office, record: int) -> None:
    before = timezone.now()

    assert as_app(office, "UPDATE audit.rule_progress SET looked_at = '2100-01-01' WHERE rule_id = 'W14'") == ""

    assert before <= RuleProgress.objects.get(pk="W14").looked_at <= timezone.now()
    assert as_app(office, "UPDATE audit.rule_progress SET moved_at = now()").startswith("permission denied")
    assert as_app(office, "DELETE FROM audit.rule_progress").startswith("permission denied")


def test_a_rule_that_is_ahead_or_stands_still_is_told(
    office: Office, record: int, superuser_connection: Superuser
) -> None:
    assert watch.trouble() == []

    for statement in (
        "ALTER TABLE audit.rule_progress DISABLE TRIGGER rule_goes_on_by_pieces",
        "ALTER TABLE audit.checkpoint DISABLE TRIGGER checkpoint_is_never_changed",
        "UPDATE audit.checkpoint SET sealed_at = now() - interval '30 minutes'",
        "UPDATE audit.rule_progress SET moved_at = now() - interval '30 minutes', position = 5",
        "UPDATE audit.rule_progress SET position = 99 WHERE rule_id = 'W16'",
        "UPDATE audit.rule_progress SET position = 0 WHERE rule_id IN ('W5', 'W6')",
        "ALTER TABLE audit.rule_progress ENABLE ALWAYS TRIGGER rule_goes_on_by_pieces",
        "ALTER TABLE audit.checkpoint ENABLE ALWAYS TRIGGER checkpoint_is_never_changed",
    ):
        superuser_connection.execute(statement)

    ahead, still = watch.trouble()
    assert "W16 が、封印された操作記録より先" in ahead
    # W6 waits 30 minutes for the work that may follow
    assert "W5 が15分以上" in still
    from_the_start(superuser_connection)
    look(office)
    assert watch.trouble() == []


def waiting(by: User) -> Simulation:
    return simulation.ask(Rule.objects.get(pk="W4"), thresholds=THREE, weeks=4, by=by)


def test_the_app_cannot_write_a_finished_simulation(office: Office, record: int, auditor: User) -> None:
    columns: LiteralString = (
        "INSERT INTO audit.simulation (id, rule_id, thresholds, weeks, asked_by_id, asked_at, state,"
    )
    values: LiteralString = (
        " per_week, total, examples, keys) VALUES (%s, 'W4', %s, 4, %s, now(), %s, '{}', 0, '[]', '[]')"
    )
    statement = columns + values

    row = (uuid.uuid4(), json.dumps(THREE), auditor.pk)
    assert as_app(office, statement, (*row, "DONE")) == "simulation_begins_empty"
    assert as_app(office, statement, (*row, "WAITING")) == "watching_is_on_record"


def test_a_simulation_goes_through_what_was_asked_for_and_ends_on_record(
    office: Office, record: int, auditor: User
) -> None:
    asked = waiting(auditor)
    end: LiteralString = "UPDATE audit.simulation SET state = 'DONE'"
    begin: LiteralString = (
        "UPDATE audit.simulation SET state = 'RUNNING', first_position = %s, next_position = %s, end_position = %s"
    )
    assert as_app(office, end) == "simulation_begins_where_it_was_asked"
    for positions in ((5, 5, 5), (0, 0, 4), (0, 0, 6), (0, 5, 5)):
        assert as_app(office, begin, positions) == "simulation_begins_where_it_was_asked"
    assert as_app(office, begin, (0, 0, 5)) == ""
    assert as_app(office, end) == "simulation_goes_forward"
    assert as_app(office, "UPDATE audit.simulation SET total = 3") == "simulation_goes_forward"
    assert as_app(office, end + ", next_position = 5") == "watching_is_on_record"

    assert simulation.work() is True
    entry = Event.objects.get(action=actions.RULE_SIMULATION_ENDED)
    assert (entry.subject_id, entry.details) == (str(asked.pk), {"rule": "W4", "count": 0})
    assert as_app(office, "UPDATE audit.simulation SET total = 3") == "simulation_ends_once"


def test_the_app_finds_nothing_in_what_is_not_sealed_and_not_so(
    office: Office, record: int, superuser_connection: Superuser, clerk: User
) -> None:
    (event_id,) = write(superuser_connection, [happened(VIEW, at=MORNING + timedelta(hours=1), by=clerk)])
    size = seal_all(office)

    def find(**parts: Any) -> str:
        hit = Hit(
            rule_id="W5",
            severity="HIGH",
            actor_id=clerk.pk,
            people=[clerk.pk],
            last_event=event_id,
            events=[event_id],
            **{"happened_at": MORNING + timedelta(hours=1), "last_position": size - 1, **parts},
        )
        hit.key = str(hit.pk)
        try:
            with transaction.atomic():
                hit.save(force_insert=True)
                subject = journal.Subject(kind="audit.hit", id=str(hit.pk))
                journal.record(actions.HIT_RAISED, by=None, subject=subject, details={"rule": "W5"})
        except DatabaseError as error:
            return str(error).splitlines()[0]
        return ""

    assert reading.size() == size
    for parts in ({"last_position": size}, {"last_position": 0}, {"happened_at": MORNING}, {"first_position": size}):
        assert find(**parts) == "hit_is_about_what_is_sealed"
    assert find(state="EXPLAINED") == "hit_begins_open"
    assert find() == ""
