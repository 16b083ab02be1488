"""The record verifies itself at night, in pieces, and says what it found."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.utils import timezone

from accounts.roles import Role
from audit.models import Event, Fault, Verification, VerificationKind
from audit.sealing import batches as sealing, watch
from audit.verifying import checking as verifying, nightly
from config.worker import LABOURS
from tests import ledger
from tests.audit.conftest import happened
from tests.conftest import Office
from tests.factories import staff_member
from tests.sealing import seal_all

pytestmark = pytest.mark.django_db(transaction=True)

#: A Saturday, a Sunday and a Monday at two in the morning, and one afternoon, in Japan.
SATURDAY, SUNDAY, MONDAY = (datetime(2026, 11, day, 17, tzinfo=UTC) for day in (27, 28, 29))
AFTERNOON = datetime(2026, 11, 28, 5, tzinfo=UTC)
IS_DUE = nightly.is_due


@pytest.fixture(autouse=True)
def own_places(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    # whatever the time is now
    monkeypatch.setattr(nightly, "is_due", lambda _now: None)
    settings.KYUFU_SEALER_DIR = tmp_path / "sealer"
    settings.KYUFU_ANCHORS = [tmp_path / "anchors"]
    settings.KYUFU_WITNESS_DIR = tmp_path / "witness"
    yield
    nightly._let_go()


def tamper(superuser: psycopg.Connection[Any], event: Event) -> None:
    with superuser.transaction():
        superuser.execute("ALTER TABLE audit.event DISABLE TRIGGER event_is_never_changed")
        superuser.execute("UPDATE audit.event SET actor_section = '別の課' WHERE id = %s", [event.pk])
        superuser.execute("ALTER TABLE audit.event ENABLE ALWAYS TRIGGER event_is_never_changed")


def work() -> int:
    """Do all pieces there are, and return how many."""
    pieces = 0
    while nightly.verify_nightly():
        pieces += 1
    return pieces


def test_it_is_a_labour_of_the_workers() -> None:
    assert "audit.verifying.nightly.verify_nightly" in LABOURS


def test_everything_is_due_on_sundays_and_at_first_and_what_is_new_on_other_nights(
    superuser_connection: psycopg.Connection[Any],
) -> None:
    assert IS_DUE(AFTERNOON) is None
    assert IS_DUE(MONDAY) is VerificationKind.WHOLE  # nothing was verified ever
    ledger.verified(superuser_connection, asked_at=SATURDAY - timedelta(days=3), ended_at=SATURDAY)
    assert IS_DUE(SATURDAY) is VerificationKind.NEW
    assert IS_DUE(SUNDAY) is VerificationKind.WHOLE
    assert IS_DUE(MONDAY) is VerificationKind.NEW


def test_a_night_has_one_verification(superuser_connection: psycopg.Connection[Any]) -> None:
    ledger.verified(superuser_connection, kind="NEW", asked_at=SATURDAY, ended_at=SATURDAY)
    assert IS_DUE(SATURDAY + timedelta(minutes=90)) is None
    assert IS_DUE(SUNDAY) is VerificationKind.WHOLE


def test_what_was_asked_for_is_done_at_once_and_its_result_is_on_record(office: Office) -> None:
    auditor = staff_member(Role.AUDITOR)
    happened()
    size = seal_all(office)
    row = nightly.ask(by=auditor)
    assert work() >= 1
    row.refresh_from_db()
    assert (row.faults, row.sentences) == (0, [])
    assert (row.size, row.position) == (size, size)
    assert row.ended_at is not None
    done = Event.objects.get(action="audit.verification.done")
    assert (done.result, done.subject_id, done.details["count"]) == ("DONE", str(row.pk), 0)
    assert Event.objects.get(action="audit.verification.asked").actor_id == auditor.pk


def test_asked_for_twice_it_is_done_once() -> None:
    auditor = staff_member(Role.AUDITOR)
    assert nightly.ask(by=auditor) == nightly.ask(by=auditor)
    assert Verification.objects.count() == 1


def test_a_fault_is_written_down_once_however_often_it_is_found(
    office: Office, superuser_connection: psycopg.Connection[Any]
) -> None:
    event = happened()
    seal_all(office)
    tamper(superuser_connection, event)
    for _time in range(2):
        nightly.ask(by=staff_member(Role.AUDITOR))
        work()
    row = Verification.objects.latest("pk")
    assert row.faults >= 1
    assert any("actor_section" in sentence and str(event.pk) in sentence for sentence in row.sentences)
    assert Fault.objects.filter(kind="columns_differ", event_id=event.pk).count() == 1
    assert Event.objects.filter(action="audit.verification.done", result="FAILED").count() == 2


def test_a_night_goes_on_from_the_last_good_one(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    for _step in range(5):
        happened()
    first = seal_all(office)
    nightly.ask(by=staff_member(Role.AUDITOR))
    work()
    happened()
    last = seal_all(office)
    monkeypatch.setattr(nightly, "is_due", lambda _now: VerificationKind.NEW)
    assert nightly.verify_nightly()
    row = Verification.objects.get(kind=VerificationKind.NEW)
    # that it was asked for waits to be sealed
    assert (row.since, row.size, row.events, row.faults) == (first, last, last - first + 1, 0), row.sentences


def test_killed_on_the_way_it_is_begun_again(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    happened()
    seal_all(office)
    row = nightly.ask(by=staff_member(Role.AUDITOR))
    monkeypatch.setattr(nightly, "PIECE_SECONDS", -1.0)
    assert nightly.verify_nightly()
    nightly._let_go()  # as the end of the process does
    assert not nightly.verify_nightly()  # nobody can say yet that it was left
    monkeypatch.setattr(nightly, "LEFT_AFTER", timedelta(0))
    assert work() > 1
    row.refresh_from_db()
    assert row.ended_at is not None
    assert row.faults == 0


def test_what_is_written_and_sealed_meanwhile_is_no_fault(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    happened()
    size = seal_all(office)
    row = nightly.ask(by=staff_member(Role.AUDITOR))
    monkeypatch.setattr(nightly, "PIECE_SECONDS", -1.0)
    assert nightly.verify_nightly()
    for _step in range(3):
        happened()
    seal_all(office)
    happened()
    work()
    row.refresh_from_db()
    assert (row.size, row.faults) == (size, 0), row.sentences


def test_what_waited_for_hours_while_nobody_sealed_is_no_fault(
    office: Office, superuser_connection: psycopg.Connection[Any]
) -> None:
    for hours in (30, 20, 10):
        ledger.insert_earlier(superuser_connection, at=timezone.now() - timedelta(hours=hours))
    happened()
    with psycopg.connect(**office.sealer.as_psycopg(autocommit=True)) as sealer:
        while sealing.seal_batch(sealer, most=1):
            pass
    assert verifying.verify(connection).is_good


def test_two_workers_do_not_do_the_same_one(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    seal_all(office)
    row = nightly.ask(by=staff_member(Role.AUDITOR))
    monkeypatch.setattr(nightly, "PIECE_SECONDS", -1.0)
    assert nightly.verify_nightly()
    slow, nightly._run = nightly._run, None
    assert not nightly.verify_nightly()
    # one that took very long finds that another has begun anew, and leaves it to them
    monkeypatch.setattr(nightly, "LEFT_AFTER", timedelta(0))
    assert nightly.verify_nightly()
    other, nightly._run = nightly._run, slow
    work_of_the_slow_one = nightly.verify_nightly()
    assert work_of_the_slow_one
    assert nightly._run is None
    nightly._run = other
    work()
    row.refresh_from_db()
    assert row.ended_at is not None
    assert Event.objects.filter(action="audit.verification.done").count() == 1


def test_a_row_that_somebody_holds_is_left_to_them_and_nothing_else_can_be_held(office: Office) -> None:
    nightly.ask(by=staff_member(Role.AUDITOR))
    with psycopg.connect(**office.app.as_psycopg()) as other:
        other.execute("SELECT pg_advisory_lock(n) FROM generate_series(0, 9) n")
        other.execute("SELECT FROM audit.verification FOR UPDATE")
        assert not nightly.verify_nightly()
        other.rollback()
        assert nightly.verify_nightly()


def test_a_night_is_on_record_when_it_begins_and_when_it_ends(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    seal_all(office)
    monkeypatch.setattr(nightly, "is_due", lambda _now: VerificationKind.WHOLE)
    nightly.verify_nightly()
    written = Event.objects.filter(action__startswith="audit.verification.").order_by("at")
    assert [(one.action, one.actor_id, one.details["kind"]) for one in written] == [
        ("audit.verification.asked", None, "WHOLE"),
        ("audit.verification.done", None, "WHOLE"),
    ]


# ── as the role of the app, with SQL ─────────────────────────────────────────────────────────────────────────────

ASKED = "INSERT INTO audit.verification (kind, asked_at, since, position, size, events, faults, sentences, notices) "
OPEN = ASKED + "VALUES ('WHOLE', '2100-01-01', 0, 0, 0, 0, 0, '[]', '[]') RETURNING id"
END = "UPDATE audit.verification SET ended_at = now(), position = size, root = sha256('no tree'), faults = 0"


def refusal(
    app: psycopg.Connection[Any], *statements: str, entries: tuple[tuple[str, dict[str, Any]], ...] = ()
) -> str:
    """Do something in one transaction, with entries that say so, and return how the database refuses it."""

    def together() -> None:
        row: Any = None
        with app.transaction():
            for statement in statements:
                cursor = app.execute(statement)
                row = cursor.fetchone() if cursor.description else row
            for action, details in entries:
                ledger.insert(
                    app.execute,
                    action=action,
                    subject_kind="audit.verification",
                    subject_id=str(row[0]),
                    details=details,
                )

    with pytest.raises(psycopg.DatabaseError) as refused:
        together()
    return str(refused.value).splitlines()[0]


def test_nobody_puts_down_a_verification_that_was_none(office: Office) -> None:
    asked = ("audit.verification.asked", {"kind": "WHOLE"})
    with psycopg.connect(**office.app.as_psycopg(autocommit=True)) as app:
        ended = OPEN.replace("asked_at,", "asked_at, ended_at,").replace("'2100-01-01',", "now(), now(),")
        assert refusal(app, ended) == "verification_begins_open"
        assert refusal(app, OPEN.replace("'WHOLE'", "'NEW'").replace("1', 0", "1', 10")) == (
            "verification_goes_on_from_a_good_one"
        )
        assert refusal(app, OPEN) == "verification_is_on_record"
        assert refusal(app, OPEN, entries=(("audit.verification.asked", {"kind": "NEW"}),)) == (
            "verification_is_on_record"
        )
        begin = "UPDATE audit.verification SET started_at = '2100-01-01', size = 1 RETURNING id"
        assert refusal(app, OPEN, END, entries=(asked,)) == "verification_ends_after_its_beginning"
        assert refusal(app, OPEN, begin, END, entries=(asked,)) == "verification_finds_what_is_sealed"
        empty = begin.replace("size = 1", "size = 0")
        assert refusal(app, OPEN, empty, END, entries=(asked,)) == "verification_is_on_record"
        wrong = ("audit.verification.done", {"kind": "WHOLE", "size": 0, "count": 1})
        assert refusal(app, OPEN, empty, END, entries=(asked, wrong)) == "verification_is_on_record"
        # what is put down by the rules is dated by the database
        done = ("audit.verification.done", {"kind": "WHOLE", "size": 0, "count": 0})
        with app.transaction():
            (row,) = app.execute(OPEN).fetchone() or (0,)
            app.execute(empty)
            app.execute(END)
            for action, details in (asked, done):
                ledger.insert(
                    app.execute,
                    action=action,
                    subject_kind="audit.verification",
                    subject_id=str(row),
                    details=details,
                )
        assert app.execute(
            "SELECT greatest(asked_at, started_at, beat_at, ended_at) <= clock_timestamp() FROM audit.verification"
        ).fetchone() == (True,)


def test_one_that_has_ended_stays_as_it_is(superuser_connection: psycopg.Connection[Any]) -> None:
    row = Verification.objects.get(pk=ledger.verified(superuser_connection, faults=3))
    for statement in ("UPDATE audit.verification SET faults = 0", "DELETE FROM audit.verification"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    with pytest.raises(psycopg.DatabaseError, match="append-only"):
        superuser_connection.execute("TRUNCATE audit.verification")
    row.refresh_from_db()
    assert row.faults == 3
    connections.close_all()


def test_a_week_in_which_nobody_verified_everything_is_told(
    office: Office, superuser_connection: psycopg.Connection[Any]
) -> None:
    def told() -> str:
        return "".join(one for one in watch.trouble() if "全件検証" in one)

    happened()
    seal_all(office)
    assert not told()
    with superuser_connection.transaction():
        superuser_connection.execute("ALTER TABLE audit.checkpoint DISABLE TRIGGER checkpoint_is_never_changed")
        superuser_connection.execute("UPDATE audit.checkpoint SET sealed_at = sealed_at - interval '9 days'")
        superuser_connection.execute("ALTER TABLE audit.checkpoint ENABLE ALWAYS TRIGGER checkpoint_is_never_changed")
    assert "まだ一度も" in told()
    ledger.verified(superuser_connection, ended_at=timezone.now() - timedelta(days=8, hours=1))
    ledger.verified(superuser_connection, kind="NEW", since=7)
    assert "8 日 前から" in told()
    ledger.verified(superuser_connection, kind="ASKED")
    assert not told()
