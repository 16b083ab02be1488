"""Months of the record go by two people, after their period, with an entry that says so, and in no other way."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from audit import actions, journal, pruning
from audit.models import Event, MonthPruning, PruningOutcome, Result
from audit.verifying import checking as verifying, exporting, proving
from audit.watching.refusals import Refused
from config.management.commands import set_record_years
from tests import conftest, ledger
from tests.audit import old_months
from tests.audit.ledger.copies import Copy
from tests.audit.old_months import GUARDS, REASON, keeper, moment, month
from tests.conftest import Office
from tests.racing import together
from tests.sealing import seal_all

APPROVED, REJECTED, WITHDRAWN = PruningOutcome.APPROVED, PruningOutcome.REJECTED, PruningOutcome.WITHDRAWN
#: Each test lets other months go, so that they do not depend on each other's order.
FIRST, MIDDLE, AFTER_MIDDLE = 0, 3, 4
TOLD, TELLS = 2, 5
KILLED, RACED, BUSY, WAITING, DECIDED, KEPT = 6, 7, 8, 9, 10, 11
UNTOLD, UNRENEWED = 12, 13
YOUNG = old_months.LAST_OVER + 1


@pytest.fixture(scope="module")
def made(office: Office, django_db_setup: None, django_db_blocker: Any) -> Iterator[Copy]:
    with django_db_blocker.unblock(), old_months.kept(office) as old:
        yield old


@pytest.fixture
def old(made: Copy, django_db_blocker: Any) -> Iterator[Copy]:
    with django_db_blocker.unblock(), made.here():
        yield made
        connection.close()


@pytest.fixture
def superuser(old: Copy) -> Iterator[psycopg.Connection[Any]]:
    with closing(psycopg.connect(**old.office.superuser.as_psycopg(autocommit=True))) as own:
        yield own


@pytest.fixture
def asker(old: Copy) -> User:
    return keeper(old, "保存 太郎")


@pytest.fixture
def other(old: Copy) -> User:
    return keeper(old, "鍵 花子")


def approved(n: int, *, asker: User, other: User) -> MonthPruning:
    one = pruning.ask(month(n), reason=REASON, by=asker)
    return pruning.decide(one.pk, outcome=APPROVED, by=other)


def only(one: MonthPruning) -> None:
    """Let the worker take this one: those that other tests left rest."""
    MonthPruning.objects.filter(outcome=APPROVED, done_at=None).update(tried_at=timezone.now())
    MonthPruning.objects.filter(pk=one.pk).update(tried_at=None)


def is_there(n: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT to_regclass('audit.event_' || %s) IS NOT NULL, to_regclass('audit.leaf_' || %s) IS NOT NULL",
            [f"{month(n):%Y_%m}"] * 2,
        )
        event, leaf = cursor.fetchone()
    assert event == leaf
    return bool(event)


def told(one: MonthPruning) -> list[Event]:
    return list(Event.objects.filter(action=actions.MONTH_PRUNED, subject_id=str(one.pk)).order_by("at"))


def verdict(old: Copy) -> verifying.Verdict:
    """Verify, but for the check that old_months had to take away, so that months could go before five years."""
    with closing(psycopg.connect(**old.office.app.as_psycopg(autocommit=True))) as reader:
        found = verifying.verify(reader)
    found.faults = [one for one in found.faults if "record_is_kept_five_years_at_least" not in one.words]
    return found


def offline(directory: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "audit.offline", *words],
        cwd=directory / "verifier",
        env={"PYTHONPATH": str(directory / "verifier"), "PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def refused(step: Any) -> str:
    with pytest.raises(Refused) as caught:
        step()
    return caught.value.refusal.code


# ── what goes, and what stays ────────────────────────────────────────────────────────────────────────────────────


def test_what_stays_is_proved_as_before_when_months_are_gone(
    old: Copy, asker: User, other: User, superuser: psycopg.Connection[Any], tmp_path: Path
) -> None:
    seal_all(old.office)
    with closing(psycopg.connect(**old.office.app.as_psycopg(autocommit=True))) as reader:
        exporting.export(tmp_path / "before", reader)
    kept = superuser.execute("SELECT id FROM audit.event WHERE at >= %s LIMIT 1", [moment(KEPT)]).fetchone()
    root = verdict(old).root

    MonthPruning.objects.filter(outcome=APPROVED, done_at=None).update(tried_at=timezone.now())
    prunings = [approved(n, asker=asker, other=other) for n in (MIDDLE, FIRST, AFTER_MIDDLE)]
    assert [pruning.work() for _each in range(4)] == [True, True, True, False]

    for one, n in zip(prunings, (MIDDLE, FIRST, AFTER_MIDDLE), strict=True):
        one.refresh_from_db()
        (entry,) = told(one)
        assert not is_there(n)
        assert entry.details == {
            "month": f"{month(n):%Y-%m}",
            "first": one.first_idx,
            "last": one.last_idx,
            "count": old_months.EACH,
        }
        # the last entry of each month came after the next month's
        assert one.last_idx - one.first_idx + 1 > one.count  # type: ignore[operator]  # they are there
        assert (entry.actor_id, one.told_at) == (None, entry.at)
    remembered = superuser.execute("SELECT at FROM audit.remembered ORDER BY at").fetchall()
    assert [at for (at,) in remembered if at < moment(KEPT + 1)] == [
        moment(n) for n in range(KEPT + 1) if n not in {MIDDLE, FIRST, AFTER_MIDDLE}
    ]
    assert superuser.execute(
        "SELECT count(*) FROM audit.tally_actor WHERE day >= %s AND day < %s", [month(MIDDLE), month(AFTER_MIDDLE)]
    ).fetchone() == (0,)

    # also in the moment when the entries that say so are not sealed yet
    assert [one.words for one in verdict(old).faults] == []
    size = seal_all(old.office)
    found = verdict(old)
    assert [one.words for one in found.faults] == []
    assert (found.size, found.pruned >= 3 * old_months.EACH) == (size, True)
    assert kept is not None
    with closing(psycopg.connect(**old.office.app.as_psycopg(autocommit=True))) as reader:
        certificate = proving.prove(reader, kept[0])
        proving.verify(certificate.text, proving.keys_of(reader))
        exporting.export(tmp_path / "after", reader)
        # days of a month that stays, of before anything was let go
        days = exporting.export(tmp_path / "days", reader, from_day=month(KEPT), to_day=month(KEPT).replace(day=20))
    since = ("verify-since", f"../checkpoints/{days.first}.txt", "..")
    for directory, words in (("before", ("..",)), ("after", ("..",)), ("days", since)):
        answer = offline(tmp_path / directory, *words)
        assert (answer.returncode, answer.stderr) == (0, ""), answer.stdout[:3000]
    assert root == verifying_root(old, tmp_path / "before")


def verifying_root(old: Copy, before: Path) -> bytes:
    """Return the root, in the ledger as it is now, of the tree as it was exported before."""
    newest = max((before / "checkpoints").glob("*.txt"), key=lambda path: int(path.stem))
    with closing(psycopg.connect(**old.office.app.as_psycopg(autocommit=True))) as reader:
        row = reader.execute("SELECT root FROM audit.checkpoint WHERE size = %s", [int(newest.stem)]).fetchone()
    assert row is not None
    return bytes(row[0])


def test_what_tells_of_a_month_that_went_long_ago_is_told_again_before_it_goes_itself(
    old: Copy, asker: User, other: User, superuser: psycopg.Connection[Any]
) -> None:
    earlier = old_months.told_long_ago(superuser, month_gone=month(TOLD), at=moment(TELLS, 40))
    seal_all(old.office)
    # an entry of long ago that is put in now is what a verification is to find; nothing else is amiss
    assert {one.kind for one in verdict(old).faults} <= {"inserted_late", "tally_differs"}

    one = approved(TELLS, asker=asker, other=other)
    pruning.let_go(one.pk)
    seal_all(old.office)

    # (that entry of long ago was sealed far from its month)
    assert {one.kind for one in verdict(old).faults} <= {"pruned_differs"}
    earlier.refresh_from_db()
    (again,) = told(earlier)
    assert again.details["month"] == earlier.label
    assert earlier.told_at == again.at
    renewed = Event.objects.filter(action=actions.SEAL_ORIGIN_RENEWED)
    assert [(event.details, event.at > one.asked_at) for event in renewed] == [(old_months.RENEWED, True)]


@pytest.mark.parametrize("left_out", [actions.MONTH_PRUNED, actions.SEAL_ORIGIN_RENEWED])
def test_it_does_not_go_while_what_must_be_told_again_is_not(
    old: Copy,
    asker: User,
    other: User,
    superuser: psycopg.Connection[Any],
    monkeypatch: pytest.MonkeyPatch,
    left_out: str,
) -> None:
    n = {actions.MONTH_PRUNED: UNTOLD, actions.SEAL_ORIGIN_RENEWED: UNRENEWED}[left_out]
    one = approved(n, asker=asker, other=other)
    entry = {"at": moment(n, 45), "action": actions.SEAL_ORIGIN_RENEWED, "details": old_months.RENEWED}
    if left_out == actions.SEAL_ORIGIN_RENEWED:
        old_months.write(superuser, [entry])
        seal_all(old.office)
    else:
        with superuser.transaction():
            superuser.execute("ALTER TABLE audit.pruning DISABLE TRIGGER USER")
            superuser.execute(
                "INSERT INTO audit.pruning SELECT (p).* FROM (SELECT jsonb_populate_record(p, jsonb_build_object("
                "'id', gen_random_uuid(), 'month', '2001-01-01', 'done_at', now(), 'told_at', %s::text,"
                "'first_idx', 0, 'last_idx', 0, 'count', 1)) AS p FROM audit.pruning p WHERE p.id = %s)",
                [moment(n, 45).isoformat(), one.pk],
            )
            for name in GUARDS:
                superuser.execute(f"ALTER TABLE audit.pruning ENABLE ALWAYS TRIGGER {name}")
    monkeypatch.setattr(pruning, "_told_again", lambda _month: [])
    guard = {actions.MONTH_PRUNED: "pruning_is_told_in_the_record"}.get(left_out, "renewal_is_told_again")
    with pytest.raises(DatabaseError, match=guard):
        pruning.let_go(one.pk)
    assert is_there(n)


def test_the_entry_alone_lets_nothing_go_and_the_tables_do_not_go_without_it(
    old: Copy, asker: User, other: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = approved(KILLED, asker=asker, other=other)
    with pytest.raises(DatabaseError, match="pruning_is_told_in_the_record"), connection.cursor() as cursor:
        cursor.execute("SELECT audit.prune_month(%s)", [one.pk])
    wrong = pruning.Extent(0, 5, 5)
    monkeypatch.setattr(pruning, "extent", lambda _month: wrong)
    with pytest.raises(DatabaseError, match="pruning_is_told_in_the_record"):
        pruning.let_go(one.pk)
    assert is_there(KILLED)
    assert told(one) == []


def test_a_process_killed_between_the_entry_and_the_drop_has_done_nothing(
    old: Copy, asker: User, other: User, superuser: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = MonthPruning.objects.filter(month=month(KILLED), outcome=APPROVED).first()
    one = found or approved(KILLED, asker=asker, other=other)
    write = journal.record_all

    def killed(entries: Any) -> Any:
        written = write(entries)
        superuser.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
        return written

    monkeypatch.setattr(journal, "record_all", killed)
    with pytest.raises(DatabaseError):
        pruning.let_go(one.pk)
    connection.close()
    monkeypatch.undo()
    one.refresh_from_db()
    assert is_there(KILLED)
    assert (one.done_at, told(one)) == (None, [])
    pruning.let_go(one.pk)
    assert not is_there(KILLED)
    assert len(told(one)) == 1


def test_two_workers_let_a_month_go_once(old: Copy, asker: User, other: User) -> None:
    one = approved(RACED, asker=asker, other=other)
    together(lambda: pruning.let_go(one.pk), lambda: pruning.let_go(one.pk))
    assert not is_there(RACED)
    assert len(told(one)) == 1


def test_nobody_waits_for_a_month_that_is_being_read(
    old: Copy, asker: User, other: User, superuser: psycopg.Connection[Any]
) -> None:
    one = approved(BUSY, asker=asker, other=other)
    only(one)
    with superuser.transaction():
        superuser.execute("SELECT count(*) FROM audit.event")
        assert pruning.work()
    one.refresh_from_db()
    assert (one.problem, one.done_at, is_there(BUSY)) == (pruning.BUSY, None, True)
    assert "使われています" in pruning.sentence(one.problem)
    assert not pruning.work()  # it rests
    MonthPruning.objects.filter(pk=one.pk).update(tried_at=one.tried_at - 2 * pruning.REST)  # type: ignore[operator]
    assert pruning.work()
    one.refresh_from_db()
    assert (one.problem, is_there(BUSY)) == ("", False)


def test_a_month_stays_while_an_entry_of_it_waits_or_the_record_is_in_doubt(
    old: Copy, asker: User, other: User, superuser: psycopg.Connection[Any]
) -> None:
    one = approved(WAITING, asker=asker, other=other)

    def problem() -> str:
        only(one)
        assert pruning.work()
        one.refresh_from_db()
        assert is_there(WAITING)
        assert one.done_at is None
        return one.problem

    superuser.execute("BEGIN")
    old_months.write(superuser, [{"at": moment(WAITING, 30)}])
    superuser.execute("COMMIT")
    assert problem() == "month_is_sealed_whole"
    seal_all(old.office)
    for verification, name in (
        ({"faults": 1}, "last_verification_found_nothing"),
        ({"ended_at": None}, "no_verification_is_under_way"),
    ):
        ledger.verified(superuser, **verification)
        assert problem() == name
        superuser.execute("ALTER TABLE audit.verification DISABLE TRIGGER verification_is_never_removed")
        superuser.execute("DELETE FROM audit.verification")
        superuser.execute("ALTER TABLE audit.verification ENABLE ALWAYS TRIGGER verification_is_never_removed")
    # a place whose entry somebody took away is evidence
    with superuser.transaction(force_rollback=True):
        superuser.execute("ALTER TABLE audit.event DISABLE TRIGGER event_is_never_changed")
        superuser.execute("DELETE FROM audit.event WHERE at >= %s AND at < %s", [moment(WAITING), moment(WAITING, 1)])
        kept = superuser.execute("SELECT audit.why_month_stays(%s)", [month(WAITING)]).fetchone()
        assert kept == ("month_is_sealed_whole",)
        superuser.execute("ALTER TABLE audit.note DISABLE TRIGGER note_is_never_changed")
    with superuser.transaction(force_rollback=True):
        superuser.execute("ALTER TABLE audit.note DISABLE TRIGGER note_is_never_changed")
        superuser.execute("DELETE FROM audit.note")
        kept = superuser.execute("SELECT audit.why_month_stays(%s)", [month(WAITING)]).fetchone()
        assert kept == ("month_is_under_a_signature",)


# ── who, and how often ───────────────────────────────────────────────────────────────────────────────────────────


def test_two_different_records_keepers_and_everything_on_record(old: Copy, asker: User, other: User) -> None:
    auditor = keeper(old, "監査 一子", Role.AUDITOR)
    assert refused(lambda: pruning.ask(month(DECIDED), reason=REASON, by=auditor)) == "not_permitted"
    assert refused(lambda: pruning.ask(month(DECIDED), reason="短い", by=asker)) == "too_few_words"
    assert refused(lambda: pruning.ask(month(YOUNG), reason=REASON, by=asker)) == "month_is_over_its_period"
    assert refused(lambda: pruning.ask(month(-30), reason=REASON, by=asker)) == "month_has_entries"

    one = pruning.ask(month(DECIDED), reason=REASON, by=asker)
    assert (one.reason, REASON.encode() in bytes(one.sealed_reason)) == (REASON, False)
    assert refused(lambda: pruning.ask(month(DECIDED), reason=REASON, by=other)) == "already_asked"
    assert refused(lambda: pruning.decide(one.pk, outcome=APPROVED, by=asker)) == "own_request"
    assert refused(lambda: pruning.decide(one.pk, outcome=APPROVED, by=auditor)) == "not_permitted"
    assert refused(lambda: pruning.decide(one.pk, outcome=WITHDRAWN, by=other)) == "not_own_request"
    assert refused(lambda: pruning.decide(one.pk, outcome=REJECTED, by=other)) == "too_few_words"
    assert refused(lambda: pruning.decide(one.pk, outcome="LATER", by=other)) == "unknown_outcome"
    pruning.decide(one.pk, outcome=REJECTED, reason=REASON, by=other)
    assert refused(lambda: pruning.decide(one.pk, outcome=APPROVED, by=other)) == "decided"
    again = pruning.ask(month(DECIDED), reason=REASON, by=asker)
    pruning.decide(again.pk, outcome=WITHDRAWN, by=asker)

    said = Event.objects.filter(subject_id=str(one.pk), result=Result.DONE).order_by("at")
    assert [(event.action, event.actor_id, event.details["month"]) for event in said] == [
        (actions.PRUNING_ASKED, asker.pk, one.label),
        (actions.PRUNING_REJECTED, other.pk, one.label),
    ]
    assert all(event.reason == REASON for event in said)
    assert Event.objects.filter(action=actions.PRUNING_REFUSED, result=Result.REFUSED).count() >= 9
    assert is_there(DECIDED)


def test_of_two_who_decide_at_once_one_is_first(old: Copy, asker: User, other: User) -> None:
    third = keeper(old, "三人目")
    one = pruning.ask(month(DECIDED), reason=REASON, by=asker)
    came = together(
        lambda: pruning.decide(one.pk, outcome=REJECTED, reason=REASON, by=other),
        lambda: pruning.decide(one.pk, outcome=WITHDRAWN, by=asker),
        lambda: pruning.ask(month(DECIDED), reason=REASON, by=third),
    )
    decided = [each for each in came[:2] if isinstance(each, MonthPruning)]
    assert len(decided) == 1
    assert [each.refusal.code for each in came[:2] if isinstance(each, Refused)] == ["decided"]
    for left in MonthPruning.objects.filter(month=month(DECIDED), outcome=""):
        pruning.decide(left.pk, outcome=WITHDRAWN, by=third)


@pytest.mark.parametrize(
    ("guard", "values"),
    [
        ("pruning_is_asked_by_a_records_keeper", {"asked_by_id": "auditor"}),
        ("month_is_over_its_period", {"month": YOUNG}),
        ("pruning_begins_undecided", {"outcome": "APPROVED", "decided_by_id": "other", "decided_at": "now"}),
        ("pruning_is_on_record", {}),
        ("pruning_is_of_a_month", {"day": 2}),
    ],
)
def test_the_database_itself_holds_who_asks(
    old: Copy, asker: User, other: User, guard: str, values: dict[str, Any]
) -> None:
    people = {"auditor": keeper(old, "監査 一子", Role.AUDITOR).pk, "other": other.pk}
    row = {
        "month": month(values.get("month", DECIDED)).replace(day=values.get("day", 1)),
        "asked_by_id": people.get(values.get("asked_by_id", ""), asker.pk),
        "outcome": values.get("outcome", ""),
        "decided_by_id": people.get(values.get("decided_by_id", "")),
    }
    one = MonthPruning(**row)
    one.seal_reason(REASON)
    one.decided_at = one.asked_at if "decided_at" in values else None
    with pytest.raises(DatabaseError, match=guard):
        one.save(force_insert=True)


def test_the_database_itself_holds_who_decides_and_that_nothing_is_changed_later(
    old: Copy, asker: User, other: User, superuser: psycopg.Connection[Any]
) -> None:
    auditor = keeper(old, "監査 一子", Role.AUDITOR)
    one = pruning.ask(month(DECIDED), reason=REASON, by=asker)
    for guard, how in (
        ("pruning_is_decided_by_a_second_person", f"outcome='APPROVED', decided_by_id={asker.pk}, decided_at=now()"),
        (
            "pruning_is_decided_by_a_records_keeper",
            f"outcome='APPROVED', decided_by_id={auditor.pk}, decided_at=now()",
        ),
        ("pruning_is_on_record", f"outcome='APPROVED', decided_by_id={other.pk}, decided_at=now()"),
        ("pruning_decision_is_signed_and_dated", f"decided_by_id={other.pk}"),
        ("pruning_is_rejected_with_a_reason", f"outcome='REJECTED', decided_by_id={other.pk}, decided_at=now()"),
    ):
        with pytest.raises(DatabaseError, match=guard), connection.cursor() as cursor:
            cursor.execute(f"UPDATE audit.pruning SET {how} WHERE id = %s", [one.pk])
    for guard, how in (
        ("what_was_asked_is_not_changed", f"month = '{month(KEPT)}'"),
        ("what_was_asked_is_not_changed", f"asked_by_id = {other.pk}"),
        ("pruning_is_done_once_its_month_is_gone", "done_at=now(), told_at=now(), first_idx=0, last_idx=1, count=2"),
    ):
        with pytest.raises(psycopg.errors.CheckViolation, match=guard):
            superuser.execute(f"UPDATE audit.pruning SET {how} WHERE id = %s", [one.pk])
    with pytest.raises(psycopg.errors.RestrictViolation):
        superuser.execute("DELETE FROM audit.pruning")
    pruning.decide(one.pk, outcome=WITHDRAWN, by=asker)
    with pytest.raises(psycopg.errors.CheckViolation, match="pruning_is_decided_once"):
        superuser.execute("UPDATE audit.pruning SET outcome = 'APPROVED' WHERE id = %s", [one.pk])


def test_nothing_goes_by_the_function_that_is_not_asked_and_approved(old: Copy, asker: User) -> None:
    waiting = pruning.ask(month(DECIDED), reason=REASON, by=asker)
    for pruning_id in (waiting.pk, "00000000-0000-4000-8000-00000000000a"):
        with pytest.raises(DatabaseError, match="pruning_is_approved_and_not_done"), connection.cursor() as cursor:
            cursor.execute("SELECT audit.prune_month(%s)", [pruning_id])
    pruning.decide(waiting.pk, outcome=WITHDRAWN, by=asker)


@pytest.mark.parametrize("role", ["app", "owner", "sealer"])
def test_no_entry_goes_in_any_other_way(old: Copy, role: str) -> None:
    tables = ("event", f"event_{month(KEPT):%Y_%m}", "leaf", f"leaf_{month(KEPT):%Y_%m}")
    with closing(psycopg.connect(**getattr(old.office, role).as_psycopg(autocommit=True))) as database:
        for table in tables:
            for statement in (
                f"DELETE FROM audit.{table}",
                f"TRUNCATE audit.{table}",
                f"UPDATE audit.{table} SET xid = '1'",
            ):
                with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.RestrictViolation)):
                    database.execute(statement)
            if role != "owner":
                for statement in (f"DROP TABLE audit.{table}", f"ALTER TABLE audit.{table} DISABLE TRIGGER ALL"):
                    with pytest.raises(psycopg.errors.InsufficientPrivilege):
                        database.execute(statement)
        if role == "sealer":
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                database.execute("SELECT audit.prune_month(gen_random_uuid())")


def test_a_month_that_goes_without_being_told_is_a_fault(old: Copy, superuser: psycopg.Connection[Any]) -> None:
    seal_all(old.office)
    with superuser.transaction(force_rollback=True):
        superuser.execute(f"DROP TABLE audit.event_{month(KEPT):%Y_%m}, audit.leaf_{month(KEPT):%Y_%m}")
        kinds = {one.kind for one in verifying.verify(superuser).faults}
    assert kinds & {"month_missing", "position_missing"}


# ── the period ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db
def test_the_period_is_the_owners_and_at_least_five_years(owner_connection: psycopg.Connection[Any]) -> None:
    for guard, statement in (
        ("retention_change_is_on_record", "UPDATE audit.record_retention SET years = 10"),
        ("record_is_kept_five_years_at_least", "UPDATE audit.record_retention SET years = 4"),
        ("record_has_one_period", "INSERT INTO audit.record_retention (id, years) VALUES (2, 5)"),
    ):
        with pytest.raises(psycopg.errors.CheckViolation, match=guard):
            owner_connection.execute(statement)
    for statement in ("DELETE FROM audit.record_retention", "TRUNCATE audit.record_retention"):
        with pytest.raises(psycopg.errors.RestrictViolation):
            owner_connection.execute(statement)
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        pruning.set_years(5, reason=REASON)
    assert pruning.retention().years == 7


@pytest.mark.django_db(transaction=True)
def test_the_owner_changes_it_by_a_command_on_record(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    out = StringIO()
    monkeypatch.setattr(set_record_years, "speak_as_owner", lambda _name: None)
    with pytest.raises(CommandError, match="理由"):
        call_command("set_record_years", "10")
    conftest.point_django_at(office.owner)
    try:
        with pytest.raises(CommandError, match="5年から"):
            call_command("set_record_years", "4", reason=REASON)
        call_command("set_record_years", "10", reason=REASON, stdout=out)
    finally:
        conftest.point_django_at(office.app)
    assert out.getvalue() == "操作記録の保存期間  10年\n"
    entry = Event.objects.get(action=actions.RETENTION_CHANGED)
    assert (entry.details, entry.reason) == ({"count": 10}, REASON)


def test_the_months_that_are_over_are_listed_with_as_many_entries_as_were_counted(
    old: Copy, asker: User, other: User
) -> None:
    listed = {one.month: one for one in pruning.over()}
    assert month(YOUNG) not in listed
    assert listed[month(KEPT)].count == old_months.EACH
    assert max(listed) == month(old_months.LAST_OVER)
    assert pruning.extent(month(KEPT)).count == old_months.EACH
    assert pruning.keeps(month(KEPT)) == ""
