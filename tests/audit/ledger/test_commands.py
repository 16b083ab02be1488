"""The commands by which the record is verified, written out and proven."""

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command

from accounts.roles import Role
from audit.models import Event
from audit.verifying import nightly
from tests.audit.conftest import happened
from tests.conftest import Office
from tests.factories import staff_member
from tests.sealing import seal_all

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def own_places(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nightly, "is_due", lambda _now: None)
    settings.KYUFU_SEALER_DIR = tmp_path / "sealer"
    settings.KYUFU_ANCHORS = [tmp_path / "anchors"]
    settings.KYUFU_WITNESS_DIR = tmp_path / "witness"


def tamper(superuser: psycopg.Connection[Any], event: Event) -> None:
    with superuser.transaction():
        superuser.execute("ALTER TABLE audit.event DISABLE TRIGGER event_is_never_changed")
        superuser.execute("UPDATE audit.event SET actor_section = '別の課' WHERE id = %s", [event.pk])
        superuser.execute("ALTER TABLE audit.event ENABLE ALWAYS TRIGGER event_is_never_changed")


def test_verifying_says_what_it_looked_at(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    happened()
    size = seal_all(office)
    call_command("verify_audit")
    said = capsys.readouterr()
    assert "操作記録は正しい状態です" in said.out
    assert f"件数：{size}" in said.out
    assert f"{size} / {size} 件" in said.err


def test_verifying_names_faults_and_ends_with_one(
    office: Office, superuser_connection: psycopg.Connection[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    event = happened()
    seal_all(office)
    tamper(superuser_connection, event)
    with pytest.raises(CommandError) as failed:
        call_command("verify_audit", "--json")
    assert failed.value.returncode == 1
    found = json.loads(capsys.readouterr().out)
    assert found["good"] is False
    assert ("columns_differ", str(event.pk), 0) in [
        (fault["kind"], fault["event"], fault["position"]) for fault in found["faults"]
    ]


def test_verifying_goes_on_from_the_last_time(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    happened()
    seal_all(office)
    row = nightly.ask(by=staff_member(Role.AUDITOR))
    while nightly.verify_nightly():
        pass
    row.refresh_from_db()
    assert row.ended_at is not None
    happened()
    seal_all(office)
    call_command("verify_audit", "--since", "last", "--json")
    found = json.loads(capsys.readouterr().out)
    assert (found["since"], found["good"]) == (row.size, True)
    with pytest.raises(CommandError, match="--since"):
        call_command("verify_audit", "--since", "yesterday")


def test_an_export_is_on_record_with_its_reason(office: Office, tmp_path: Path) -> None:
    happened()
    seal_all(office)
    call_command("export_audit", str(tmp_path / "export"), "--reason", "監査第3号")
    assert (tmp_path / "export" / "checkpoint").exists()
    entry = Event.objects.get(action="audit.ledger.exported")
    assert entry.reason == "監査第3号"
    with pytest.raises(CommandError, match="空ではありません"):
        call_command("export_audit", str(tmp_path / "export"), "--reason", "監査第3号")
    with pytest.raises(CommandError, match="reason"):
        call_command("export_audit", str(tmp_path / "other"))


def test_a_proof_is_written_checked_and_on_record(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    event = happened()
    path = tmp_path / "proof.txt"
    with pytest.raises(CommandError, match="まだ封印されていません"):
        call_command("prove", str(event.pk), "--out", str(path))
    seal_all(office)
    call_command("prove", str(event.pk), "--out", str(path))
    call_command("verify_proof", str(path))
    assert f"記録番号：{event.pk}" in capsys.readouterr().out
    assert Event.objects.filter(action="audit.proof.made", subject_id=str(event.pk)).exists()
    with pytest.raises(CommandError, match="上書き"):
        call_command("prove", str(event.pk), "--out", str(path))
    path.write_text(path.read_text(encoding="utf-8").replace("index 0", "index 1"), encoding="utf-8")
    with pytest.raises(CommandError) as failed:
        call_command("verify_proof", str(path))
    assert failed.value.returncode == 1
