"""What the database refuses to the role that serves, and what a kill at any moment leaves behind."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from accounts.models import User
from accounts.roles import Role
from audit import journal
from audit.models import Event
from benefits import events
from benefits.juki import applying, checking, deciding, labour, matching, staging_lines, steps
from benefits.models.juki import BatchState, ErrorMode, JukiBatch, JukiRow
from mynumber import actions, staging, vault
from tests import ledger
from tests.benefits.juki.conftest import (
    applied,
    brought,
    compare_all,
    file_of,
    line,
    registered,
    reviewed,
    started,
    work,
)
from tests.factories import staff_member
from tests.racing import together

pytestmark = pytest.mark.django_db(transaction=True)


def run(statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []


def attempt(statement: str, *parameters: Any, entry: Callable[[], object] = lambda: None) -> None:
    with transaction.atomic():
        run(statement, *parameters)
        entry()
        run("SET CONSTRAINTS ALL IMMEDIATE")


def refused(statement: str, *parameters: Any, by: str) -> None:
    """Try to get past the database as the app role does, and be told by which rule not."""
    with pytest.raises(DatabaseError) as told:
        attempt(statement, *parameters)
    cause: Any = told.value.__cause__
    assert by in f"{cause.sqlstate} {cause}"


def test_the_app_role_does_nothing_with_what_is_staged(db: None) -> None:
    for table in ("staging", "staged_file", "staged", "imported"):
        for statement in ("SELECT * FROM {}", "DELETE FROM {}", "INSERT INTO {} DEFAULT VALUES"):
            refused(statement.format(f"vault.{table}"), by="42501")


TICKET = uuid.uuid4()


def opening(
    batch: JukiBatch, by: User, *, kind: str = "NUMBERS", count: int = 1, lines: str = "2", committed: bool = True
) -> Event:
    write = journal.record_committed if committed else journal.record
    return write(
        actions.STAGED_OPENED,
        by=by,
        subject=journal.Subject(kind="mynumber.staging", id=str(batch.pk)),
        details={
            "kind": kind,
            "count": count,
            "page": "2",
            "ticket": vault.ticket_digest(TICKET, bound_to=f"{kind}{lines}".encode()),
        },
    )


def test_a_staged_number_is_handed_out_once_against_a_fresh_committed_entry_that_says_so(
    maker: User, checker: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    registered(maker, checker)
    batch = reviewed(file_of(line()), by=maker)
    fetch = f"SELECT * FROM vault.staged_numbers(%s, '{TICKET}', ARRAY[2])"

    entry = opening(batch, maker)
    handed = run(fetch, entry.pk)
    assert len(handed) == 1
    refused(fetch, entry.pk, by="23505")  # a second time
    refused(fetch, opening(batch, maker, kind="FILE").pk, by="KY002")
    refused(fetch, opening(batch, maker, count=2).pk, by="KY002")
    refused("SELECT * FROM vault.staged_parts(%s, %s, 0, 9)", entry.pk, TICKET, by="KY021")
    refused("SELECT * FROM vault.staged_numbers(%s, %s, ARRAY[]::integer[])", entry.pk, TICKET, by="KY002")
    # whoever reads somebody's entry has neither its ticket nor other lines by it, rolled back or not
    fresh = opening(batch, maker)
    refused("SELECT * FROM vault.staged_numbers(%s, %s, ARRAY[2])", fresh.pk, uuid.uuid4(), by="KY009")
    refused("SELECT * FROM vault.staged_numbers(%s, %s, ARRAY[3])", fresh.pk, TICKET, by="KY009")
    other = journal.record_committed(actions.STAGING_BEGUN, by=maker)
    refused(fetch, other.pk, by="KY002")
    nobody = opening(batch, None)  # type: ignore[arg-type]
    refused(fetch, nobody.pk, by="KY002")
    with pytest.raises(DatabaseError) as told, transaction.atomic():
        run(fetch, opening(batch, maker, committed=False).pk)
    assert getattr(told.value.__cause__, "sqlstate", "") == "KY003"
    old = opening(batch, maker)
    ledger.backdate(superuser_connection, old.pk, old.at - timedelta(seconds=61))
    refused(fetch, old.pk, by="KY004")


def test_nothing_is_linked_applied_or_wiped_alone_by_raw_sql(maker: User, checker: User) -> None:
    person = registered(maker, checker)
    stranger = registered(maker, checker, given_name="次郎", given_kana="ジロウ", birth_on="S50.1.1")
    batch = reviewed(file_of(line(), line(name="見本　太田")), by=maker)
    row, waiting = batch.rows.order_by("line")
    change = "UPDATE benefits_jukirow SET {} WHERE id = %s"

    # counts and what is wiped are the database's own
    for column in ("lines_in = 9", "linked = 0", "wiped_at = now()", "sample_size = 1", "uploaded_by_id = 1"):
        refused(f"UPDATE benefits_jukibatch SET {column}", by="42501")
    refused("DELETE FROM benefits_jukirow", by="42501")
    refused("DELETE FROM benefits_jukibatch", by="42501")
    refused("INSERT INTO benefits_jukisample (batch_id, line) VALUES (%s, 2)", batch.pk, by="42501")
    refused("SELECT benefits_juki_wipe(%s)", batch.pk, by="juki_file_is_wiped_once_it_has_ended")
    # lines say what the file says, and are linked by hand only, only as the record says
    refused(change.format("name = 'だれか'"), row.pk, by="juki_row_says_what_the_file_says")
    refused(change.format("is_applied = true"), row.pk, by="juki_row")
    refused(change.format(f"person_id = '{stranger.pk}'"), row.pk, by="juki_row_moves_by_the_table")
    by_hand = (
        "state = 'LINKED', code = 'BY_HAND', person_id = '{}', decided_by_id = {}, decided_at = now(),"
        ' link_reasons = \'{{"name": "GAIJI"}}\''
    )
    refused(change.format(by_hand.format(person.pk, checker.pk)), waiting.pk, by="juki_row_moves_by_the_table")
    refused(change.format(by_hand.format(stranger.pk, maker.pk)), waiting.pk, by="juki_row_moves_by_the_table")
    refused(
        change.format(f"state = 'LINKED', code = 'EXACT', person_id = '{person.pk}'"),
        waiting.pk,
        by="juki_row_moves_by_the_table",
    )
    refused(
        change.format(
            f"state = 'REJECTED', code = 'REFUSED', reason = 'x', decided_by_id = {maker.pk}, decided_at = now()"
        ),
        waiting.pk,
        by="juki_decision_is_on_record",
    )
    # nothing is applied without everything that has to come before
    apply = (
        "UPDATE benefits_jukibatch SET state = 'APPLYING', applied_by_id = {}, applied_at = now()"
        f" WHERE id = '{batch.pk}'"
    )
    refused(apply.format(maker.pk), by="juki_file_is_applied_by_a_checker")
    refused(apply.format(checker.pk), by="juki_file_is_applied_once_every_line_is_decided")
    deciding.reject(batch.pk, waiting.line, by=maker, reason="別の人")
    refused(apply.format(checker.pk), by="juki_file_is_applied_once_its_sample_agrees")
    deciding.draw(batch.pk, by=checker)
    refused(apply.format(checker.pk), by="juki_file_is_applied_once_its_sample_agrees")
    refused(
        f"UPDATE benefits_jukisample SET agrees = true, opened_at = now(), opened_by_id = {maker.pk}",
        by="juki_sample_is_answered_by_a_checker",
    )
    compare_all(batch, by=checker)
    refused(apply.format(checker.pk), by="juki_step_is_on_record")
    refused(
        f"UPDATE benefits_jukibatch SET state = 'APPLIED' WHERE id = '{batch.pk}'", by="juki_file_moves_by_the_table"
    )
    refused(f"UPDATE benefits_jukibatch SET layout_id = NULL WHERE id = '{batch.pk}'", by="juki_file_is_read_one_way")
    # a version of a layout is for ever
    refused("UPDATE benefits_jukilayout SET items = 3", by="layout_version_is_never_changed")
    # and no number goes into use past the file
    keep = "SELECT vault.import_staged(%s, 2, %s, 1, vault.current_kek(), %s, '\\x01', %s, 'NANBYO')"
    refused(keep, batch.pk, person.pk, b"w" * 60, checker.pk, by="23514")
    refused(keep, batch.pk, stranger.pk, b"w" * 60, checker.pk, by="KY020")
    with pytest.raises(DatabaseError, match="number_is_let_go_in_its_time"):
        attempt(
            keep,
            *(batch.pk, person.pk, b"w" * 60, checker.pk),
            entry=lambda: journal.record(actions.IMPORTED, by=checker, person_id=person.pk),
        )
    assert vault.standing(person.pk) is None
    with pytest.raises(DatabaseError, match="number_is_let_go_in_its_time"), transaction.atomic():
        run("SELECT vault.wipe_staging(%s)", batch.pk)


def test_an_imported_number_is_not_taken_back_past_the_file(maker: User, checker: User) -> None:
    person = registered(maker, checker)
    batch = applied(file_of(line()), by=maker, checker=checker)

    with pytest.raises(DatabaseError, match="import_is_undone_by_two"), transaction.atomic():
        staging.undo(batch.pk, person.pk, by=checker)
    undo = f"UPDATE benefits_jukibatch SET state = 'UNDOING', undone_by_id = {checker.pk}, undone_at = now()"
    refused(undo, by="juki_undo_takes_a_maker_and_a_checker")
    refused(
        f"{undo}, undo_proposed_by_id = {checker.pk}, undo_proposed_at = now()",
        by="juki_undo_takes_a_maker_and_a_checker",
    )
    held = vault.standing(person.pk)
    assert held is not None


class Killed(BaseException):
    """The worker is gone: nothing catches it, as nothing catches SIGKILL."""


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (staging_lines, "_keep"),
        (staging_lines, "_finish"),
        (matching, "_save"),
        (checking, "_waiting"),
        (applying, "_still_holds"),
        (steps, "lock"),
        (staging, "wipe"),
    ],
)
def test_a_worker_killed_at_any_moment_leaves_whole_pieces_and_the_next_one_ends_the_work(
    maker: User, checker: User, monkeypatch: pytest.MonkeyPatch, module: Any, name: str
) -> None:
    person = registered(maker, checker)
    monkeypatch.setattr(staging, "PART_BYTES", 256)
    strangers = [line(name=f"別　人{'あ' * index}", birth="19600101") for index in range(1, 12)]
    batch = started(file_of(line(), *strangers), by=maker, mode=ErrorMode.SKIP)
    genuine, calls = getattr(module, name), 0

    def killing(*arguments: Any, **keywords: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls in {1, 3, 6, 8}:
            raise Killed
        return genuine(*arguments, **keywords)

    monkeypatch.setattr(module, name, killing)
    decided = False
    for _turn in range(400):
        batch.refresh_from_db()
        assert batch.lines_in == batch.linked + batch.queued + batch.rejected
        counted = JukiRow.objects.filter(batch=batch).count()
        assert batch.wiped_at is not None or batch.lines_in == counted
        try:
            if not labour.work():
                if decided or batch.state != BatchState.REVIEW:
                    break
                monkeypatch.setattr(module, name, genuine)
                deciding.reject_nobodys(batch.pk, by=maker, reason="対象外")
                compare_all(batch, by=checker)
                deciding.apply(batch.pk, by=checker)
                decided = True
                monkeypatch.setattr(module, name, killing)
        except Killed:
            connection.close()
    batch.refresh_from_db()
    assert (batch.state, batch.lines_in, batch.applied, batch.rejected) == (BatchState.APPLIED, 12, 1, 11)
    assert Event.objects.filter(action=actions.IMPORTED, person_id=person.pk).count() == 1
    assert staging.left(batch.pk) == (0, 0, False)


def test_two_who_apply_at_once_and_two_workers_at_once_do_everything_once(
    maker: User, checker: User, other_checker: User
) -> None:
    person = registered(maker, checker)
    batch = reviewed(file_of(line()), by=maker)
    compare_all(batch, by=checker)

    outcomes = together(
        lambda: deciding.apply(batch.pk, by=checker),
        lambda: deciding.apply(batch.pk, by=checker),
        lambda: deciding.cancel(batch.pk, by=maker),
    )
    assert sum(outcome is None for outcome in outcomes) == 1
    together(labour.work, labour.work)
    together(labour.work, labour.work)
    work()

    batch.refresh_from_db()
    applied_ones = Event.objects.filter(action=actions.IMPORTED, person_id=person.pk).count()
    assert applied_ones == (1 if batch.state == BatchState.APPLIED else 0)
    assert Event.objects.filter(action=events.IMPORT_WIPED).count() == 1


def test_two_files_at_once_are_one(maker: User) -> None:
    makers = [maker, *(staff_member(Role.MAKER) for _each in range(2))]
    outcomes = together(*(partial(brought, file_of(line()), by=each) for each in makers))

    assert sum(isinstance(outcome, JukiBatch) for outcome in outcomes) == 1
    assert JukiBatch.objects.count() == 1


def test_a_key_counts_as_used_while_a_file_waits_under_it(
    maker: User, owner_connection: psycopg.Connection[Any]
) -> None:
    batch = brought(file_of(line()), by=maker)
    used = "SELECT uses FROM vault.kek_uses() WHERE place = 'vault.staging'"

    assert owner_connection.execute(used).fetchall() == [(1,)]
    deciding.cancel(batch.pk, by=maker)
    assert owner_connection.execute(used).fetchall() == []
