"""What an independent review found in letting numbers go, in backups and in the files of the tables (V3)."""

import io
import os
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, connections, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from benefits import deletion
from benefits.models import DeletionCertificate, DeletionList, RetentionPeriod
from benefits.models.retention import HoldingKind, ListState, PeriodOutcome
from config import checks
from config.deletion_gate import DeletionGate
from config.key_pages.forms import ReasonForm
from config.management.commands import replay_deletions, vacuum_vault
from config.office import databases, vault_files
from config.office.preparation import Preparation
from mynumber import deletion_journal, vault
from mynumber.deletion_journal import Kind, Line
from tests import factories
from tests.benefits import letting_go
from tests.conftest import Office
from tests.factories import signed_in, staff_member

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def no_file_of_another_test(office: Office, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    letting_go.no_file()
    for command in (replay_deletions, vacuum_vault):
        monkeypatch.setattr(command, "database", lambda **_options: nullcontext())
    monkeypatch.setattr(databases, "owner", lambda _home: office.owner)
    yield
    letting_go.no_file()


@pytest.fixture
def keepers(db: None) -> tuple[User, User]:
    return staff_member(Role.RECORDS_KEEPER), staff_member(Role.RECORDS_KEEPER)


def destroyed_elsewhere(person: UUID, version: int, *, at: datetime) -> None:
    """Write into the file of deletions what only a database that is gone knew."""
    facts = {
        "certificate": "2020-000007",
        "issued_at": at.isoformat(),
        "list": str(uuid4()),
        "month": "2020-05",
        "person": str(person),
        "version": version,
        "kek": 1,
        "holding": "PATIENT",
        "basis": "NANBYO",
        "period_basis": "規程",
        "since": "2014-12-31",
        "due": "2020-03-31",
        "proposed_by": 1,
        "approved_by": 2,
    }
    deletion_journal.append([Line(Kind.INTENT, "elsewhere", facts), Line(Kind.DONE, "elsewhere", {})])


def replayed() -> str:
    """Run the command, which speaks as the owner, and let Django be the app again."""
    said = io.StringIO()
    before = dict(connection.settings_dict)
    try:
        call_command("replay_deletions", stdout=said)
    finally:
        connections.close_all()
        connection.settings_dict.update(before)
    return said.getvalue()


def next_version(person: UUID) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT vault.next_version(%s)", [person])
        return int(cursor.fetchone()[0])


# ── what a backup did not know ───────────────────────────────────────────────────────────────────────────────────────


def test_a_version_that_a_backup_did_not_know_is_not_given_again_after_the_replay(maker: User) -> None:
    person = factories.draft(maker).person_id
    destroyed_elsewhere(person, 2, at=timezone.now())
    assert deletion.trouble_with_file()

    replayed()

    assert deletion.trouble_with_file() == ""
    assert next_version(person) == 3
    standing = vault.standing(person)
    assert standing is not None
    assert standing.version == 1


def test_a_number_typed_after_the_certificates_time_is_never_destroyed_for_its_version(
    maker: User, superuser_connection: psycopg.Connection[Any]
) -> None:
    person = factories.draft(maker).person_id
    destroyed_elsewhere(person, 1, at=timezone.now() - timedelta(days=1))
    assert deletion.trouble_with_file()  # the certificate is lacking

    replayed()

    assert deletion.trouble_with_file() == ""
    assert DeletionCertificate.objects.get().label == "2020-000007"
    assert "ありません" in replayed()
    held = superuser_connection.execute("SELECT state, body IS NULL FROM vault.number WHERE person = %s", [person])
    assert held.fetchall() == [("PROVISIONAL", False)]


def test_a_number_that_got_such_a_version_is_let_go_with_a_certificate_of_its_own(
    maker: User, checker: User, keepers: tuple[User, User]
) -> None:
    person = letting_go.over(maker, checker).person_id
    destroyed_elsewhere(person, 1, at=timezone.now() - timedelta(days=1))
    replayed()

    held = letting_go.destroyed(*keepers)

    assert held.state == ListState.DONE
    assert DeletionCertificate.objects.filter(person_id=person, version=1).count() == 2
    assert vault.standing(person) is None
    assert deletion.trouble_with_file() == ""


# ── a number in words ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_list_is_not_turned_down_with_a_number_in_the_reason(
    maker: User, checker: User, keepers: tuple[User, User]
) -> None:
    letting_go.over(maker, checker)
    held = letting_go.proposed(keepers[0])
    number = factories.my_number()
    address = reverse("benefits:deletion-list-reject", args=[held.pk])

    answer = signed_in(Client(), keepers[1]).post(address, {"words": f"番号 {number} が違う"}, follow=True)

    assert number not in answer.content.decode()
    left = DeletionList.objects.get(pk=held.pk)
    assert (left.state, left.decision_reason) == (ListState.PROPOSED, "")


def test_the_reason_of_a_key_operation_takes_no_number() -> None:
    number = factories.my_number()

    form = ReasonForm({"reason": f"番号 {number}"})

    assert not form.is_valid()
    assert number not in form.as_p()
    assert ReasonForm({"reason": "年次の更新"}).is_valid()


# ── periods ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("days", [0, 400])
def test_raw_sql_lists_by_no_period_but_the_one_in_force(
    days: int, maker: User, checker: User, keepers: tuple[User, User]
) -> None:
    letting_go.over(maker, checker)
    shipped = RetentionPeriod.objects.get()
    values = {"years": 1, "months": 0, "counted_from": "DAY", "basis": "規程"}
    newer = deletion.propose_period(
        by=keepers[0], values=values | {"valid_from": timezone.localdate() + timedelta(days=days)}
    )
    deletion.decide_period(newer.pk, PeriodOutcome.APPROVED, by=keepers[1], at=timezone.now())
    in_force, other = (newer, shipped) if days == 0 else (shipped, newer)
    held = letting_go.made(keepers[0])
    listed = held.rows.get()
    assert listed.period_id == in_force.pk
    deletion.propose(held.pk, by=keepers[0], at=timezone.now(), revision=held.revision)
    deletion.reject(held.pk, by=keepers[1], at=timezone.now(), reason="やり直し")

    listed.pk, listed.deletion_list, listed.period = None, deletion.make_list(by=keepers[0], at=timezone.now()), other
    with pytest.raises(IntegrityError, match="row_says_what_its_clock_says"), transaction.atomic():
        listed.save(force_insert=True)
    listed.pk, listed.period = None, in_force
    listed.save(force_insert=True)
    assert listed.holding == HoldingKind.PATIENT


def test_a_list_is_not_dated_back_to_a_period_that_was_replaced(keepers: tuple[User, User]) -> None:
    today = timezone.localdate()
    with pytest.raises(IntegrityError, match="list_is_not_dated_back"), transaction.atomic():
        DeletionList.objects.create(month=today.replace(day=1), as_of=today - timedelta(days=30), made_by=keepers[0])


# ── the file while the office is open ────────────────────────────────────────────────────────────────────────────────


def test_nothing_is_destroyed_while_the_file_lacks_a_deletion(
    maker: User, checker: User, keepers: tuple[User, User]
) -> None:
    for _count in range(2):
        letting_go.over(maker, checker)
        letting_go.destroyed(*keepers)
    path = deletion_journal.path()
    whole = path.read_bytes()
    waiting = letting_go.over(maker, checker)
    letting_go.approved(*keepers)

    path.write_bytes(b"".join(whole.splitlines(keepends=True)[:2]))  # a whole deletion is cut off
    with pytest.raises(deletion_journal.JournalTrouble, match="一致しない"):
        deletion.destroy_piece()
    assert vault.standing(waiting.person_id) is not None
    assert path.read_bytes() == b"".join(whole.splitlines(keepends=True)[:2])

    path.write_bytes(whole)
    while deletion.destroy_piece():
        pass
    assert vault.standing(waiting.person_id) is None


def test_nothing_is_destroyed_in_a_database_that_knows_less_than_the_file(
    maker: User, checker: User, keepers: tuple[User, User]
) -> None:
    letting_go.over(maker, checker)
    letting_go.approved(*keepers)
    destroyed_elsewhere(uuid4(), 1, at=timezone.now())

    with pytest.raises(deletion_journal.JournalTrouble, match="一致しない"):
        deletion.destroy_piece()


# ── whoever serves or works without ``start`` ────────────────────────────────────────────────────────────────────────


def test_a_process_serves_nothing_before_the_deletions_agree(
    maker: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    person = factories.draft(maker).person_id
    destroyed_elsewhere(person, 1, at=timezone.now())
    monkeypatch.setattr("config.deletion_gate.AGAIN_SECONDS", 0.0)
    said: list[str] = []

    def inside(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return [b"served"]

    def ask() -> bytes:
        return b"".join(gate({"REQUEST_METHOD": "GET"}, lambda status, _headers: said.append(status)))  # type: ignore[arg-type]  # no more of WSGI is asked for

    gate = DeletionGate(inside)

    assert b"served" not in ask()
    assert "replay_deletions" in caplog.text
    replayed()
    assert ask() == b"served"
    assert [status[:3] for status in said] == ["503", "200"]
    with patch("config.deletion_gate._trouble", side_effect=AssertionError("asked once only")):
        assert ask() == b"served"


def test_the_wsgi_application_stands_behind_that_gate() -> None:
    from config.wsgi import application  # sets the settings: not before they are there

    assert isinstance(application.inside, DeletionGate)


def test_the_worker_and_the_deployment_check_refuse_a_restored_database(maker: User) -> None:
    assert checks.deletions_are_all_here(None, databases=["default"]) == []
    destroyed_elsewhere(factories.draft(maker).person_id, 1, at=timezone.now())

    with pytest.raises(CommandError, match="replay_deletions"):
        call_command("work")
    assert [found.id for found in checks.deletions_are_all_here(None, databases=["default"])] == ["config.E019"]
    assert checks.deletions_are_all_here(None, databases=None) == []


# ── the files of the tables ──────────────────────────────────────────────────────────────────────────────────────────


def test_the_tables_of_juki_net_files_are_written_anew_too(superuser_connection: psycopg.Connection[Any]) -> None:
    wanted = ["vault.staging", "vault.staged_file", "vault.staged", "benefits_jukirow", "vault.number"]

    def files() -> list[Any]:
        return [
            superuser_connection.execute("SELECT pg_relation_filenode(%s::regclass)", [table]).fetchone()
            for table in wanted
        ]

    before = files()

    call_command("vacuum_vault", stdout=io.StringIO())

    assert all(old != new for old, new in zip(before, files(), strict=True))


def test_the_start_writes_them_anew_after_a_file_was_wiped_and_once_only(
    office: Office, superuser_connection: psycopg.Connection[Any], tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = uuid4()
    preparation = Preparation(lambda _line: None)
    preparation.home = tmp_path
    times: list[str] = []
    monkeypatch.setattr(vault_files, "write_anew", lambda _owner: times.append("anew"))
    preparation._write_vault_anew()
    assert times == []

    superuser_connection.execute("ALTER TABLE vault.staging DISABLE TRIGGER ALL")
    superuser_connection.execute(
        "INSERT INTO vault.staging (batch, kek_id, begun_by, wiped_at) VALUES (%s, 1, 1, now())", [batch]
    )
    preparation._write_vault_anew()
    preparation._write_vault_anew()
    assert times == ["anew"]
    stamp = tmp_path / ".vault-written-anew"
    os.utime(stamp, (0, 0))
    preparation._write_vault_anew()
    assert times == ["anew", "anew"]

    superuser_connection.execute("DELETE FROM vault.staging WHERE batch = %s", [batch])
    superuser_connection.execute("ALTER TABLE vault.staging ENABLE ALWAYS TRIGGER staging_is_on_record")
