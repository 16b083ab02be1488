"""Chains of writers have no gap that a rollback made, and every gap that a deletion made (A5, V2)."""

import os
import threading
import uuid
from collections import defaultdict
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, OperationalError, connection, transaction
from django.db.backends.utils import CursorWrapper

from audit import journal
from audit.ledger import witness, writers
from audit.ledger.body import NO_LEAF, Body, decode
from audit.models import Event
from tests import ledger
from tests.audit.conftest import SAVED, happened
from tests.racing import together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def fresh() -> None:
    writers.forget()


def chains() -> dict[uuid.UUID, list[tuple[Body, bytes]]]:
    """Return the committed entries by writer, in the order of their counts."""
    found = defaultdict(list)
    for event in Event.objects.all():
        said = decode(bytes(event.body))
        found[said.writer].append((said, bytes(event.leaf)))
    return {writer: sorted(links, key=lambda link: link[0].writer_n) for writer, links in found.items()}


def assert_whole(links: list[tuple[Body, bytes]]) -> None:
    assert [said.writer_n for said, _leaf in links] == list(range(1, len(links) + 1))
    assert [said.previous for said, _leaf in links] == [NO_LEAF, *(leaf for _said, leaf in links[:-1])]


def test_entries_of_one_connection_are_one_chain() -> None:
    for _number in range(3):
        happened()
    with transaction.atomic():
        happened()
        happened()
    journal.record_all([journal.Entry(action=SAVED, by=None)] * 3)

    [links] = chains().values()
    assert len(links) == 8
    assert_whole(links)


def test_a_transaction_that_is_rolled_back_leaves_no_gap() -> None:
    happened()
    with transaction.atomic():
        happened()
        happened()
        transaction.set_rollback(True)
    happened()

    [links] = chains().values()
    assert len(links) == 2
    assert_whole(links)


def test_a_savepoint_that_is_rolled_back_leaves_no_gap() -> None:
    with transaction.atomic():
        happened()
        with transaction.atomic():
            happened()
            with transaction.atomic():
                happened()
            transaction.set_rollback(True)
        happened()
        with transaction.atomic():
            happened()
    happened()

    [links] = chains().values()
    assert len(links) == 4
    assert_whole(links)


def test_each_connection_counts_for_itself() -> None:
    def write() -> None:
        for number in range(5):
            with transaction.atomic():
                happened()
                if number % 2:
                    transaction.set_rollback(True)

    together(*[write] * 4)

    found = chains()
    assert len(found) == 4
    for links in found.values():
        assert len(links) == 3
        assert_whole(links)


def test_a_commit_that_arrived_though_its_answer_did_not_is_counted() -> None:
    happened()
    with transaction.atomic():
        happened()
        connection.run_on_commit.clear()  # as when the connection breaks after COMMIT was sent
    happened()

    [links] = chains().values()
    assert len(links) == 3
    assert_whole(links)


def test_a_chain_whose_end_nobody_knows_ends_and_the_next_one_names_it(
    monkeypatch: pytest.MonkeyPatch, superuser_connection: psycopg.Connection[Any]
) -> None:
    first = decode(bytes(happened().body))
    with transaction.atomic():
        happened()
        transaction.set_rollback(True)
    monkeypatch.setattr(writers, "_status", lambda connection, xid: "unknown")
    happened()

    found = chains()
    assert len(found) == 2
    [(begun, _leaf)] = found[next(writer for writer in found if writer != first.writer)]
    assert (begun.writer_n, begun.previous) == (1, NO_LEAF)
    assert (begun.uncertain_writer, begun.uncertain_n) == (first.writer, 2)


def test_a_savepoint_that_was_rolled_back_last_of_all_leaves_no_gap() -> None:
    happened()
    with transaction.atomic(), transaction.atomic():
        happened()
        transaction.set_rollback(True)
    with transaction.atomic():
        happened()
        with transaction.atomic():
            happened()
            transaction.set_rollback(True)
    happened()

    [links] = chains().values()
    assert len(links) == 3
    assert_whole(links)


def test_an_entry_that_was_committed_unheard_and_is_not_there_ends_the_chain(
    superuser_connection: psycopg.Connection[Any],
) -> None:
    first = decode(bytes(happened().body))
    with transaction.atomic():
        deleted = happened()
        connection.run_on_commit.clear()  # as when the connection breaks after COMMIT was sent
    ledger.delete(superuser_connection, deleted.pk)
    happened()

    found = chains()
    [(begun, _leaf)] = found[next(writer for writer in found if writer != first.writer)]
    assert (begun.uncertain_writer, begun.uncertain_n) == (first.writer, 2)


def test_an_entry_whose_answer_was_lost_ends_the_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    first = decode(bytes(happened().body))

    class Deaf(CursorWrapper):
        def fetchone(self) -> Any:
            raise OperationalError("the connection is lost")

    with monkeypatch.context() as patched:
        patched.setattr(journal, "_cursor", lambda connection: Deaf(connection.cursor().cursor, connection))
        with pytest.raises(OperationalError):
            happened()
    happened()

    found = chains()
    assert sorted(len(links) for links in found.values()) == [1, 2]
    [(begun, _leaf)] = found[next(writer for writer in found if writer != first.writer)]
    assert (begun.uncertain_writer, begun.uncertain_n) == (first.writer, 2)


def test_nothing_is_written_where_nobody_would_hear_of_the_commit() -> None:
    connection.set_autocommit(False)
    try:
        with pytest.raises(transaction.TransactionManagementError):
            happened()
    finally:
        connection.rollback()
        connection.set_autocommit(True)

    assert not Event.objects.exists()


def test_many_entries_are_written_all_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "MOST_AT_ONCE", 2)
    entries = [journal.Entry(action=SAVED, by=None)] * 4
    wrong = journal.Entry(action=SAVED, by=None, subject=journal.Subject(kind="k" * 50, id=""))

    with pytest.raises(DatabaseError):
        journal.record_all([*entries, wrong])
    assert not Event.objects.exists()
    journal.record_all(entries)

    [links] = chains().values()
    assert len(links) == 4
    assert_whole(links)


def test_a_transaction_that_the_database_never_heard_of_is_not_known() -> None:
    assert writers._status(connection, "9223372036854775807") == "unknown"


def test_a_child_process_begins_a_chain_of_its_own() -> None:
    happened()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:  # nothing of the parent's may run here
        os.write(writing, b"1" if not len(writers._chains) else b"0")
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reading, 1) == b"1"
    os.close(reading)
    os.close(writing)
    happened()
    [links] = chains().values()
    assert_whole(links)


def test_the_witness_has_a_line_for_each_committed_entry_and_for_no_other(settings: Any, tmp_path: Any) -> None:
    settings.KYUFU_WITNESS_DIR = tmp_path / "witness"
    kept = [happened() for _number in range(2)]
    with transaction.atomic():
        happened()
        transaction.set_rollback(True)

    lines = [line.split() for file in (tmp_path / "witness").iterdir() for line in file.read_text().splitlines()]

    assert [line[3] for line in lines] == [bytes(event.leaf).hex() for event in kept]
    assert [int(line[2]) for line in lines] == [1, 2]
    assert {line[1] for line in lines} == {decode(bytes(kept[0].body)).writer.hex}
    assert all(file.stat().st_mode & 0o077 == 0 for file in (tmp_path / "witness").iterdir())


def test_a_witness_that_cannot_be_written_is_told_and_stops_nothing(
    settings: Any, tmp_path: Any, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    settings.KYUFU_WITNESS_DIR = tmp_path / "file"

    event = happened()

    assert Event.objects.filter(pk=event.pk).exists()
    assert "the witness could not be written" in caplog.text
    assert witness.write(uuid.uuid4(), []) is False


def test_threads_that_come_and_go_leave_whole_chains() -> None:
    def write() -> None:
        happened()
        connection.close()

    for _number in range(3):
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()

    assert [len(links) for links in chains().values()] == [1, 1, 1]
