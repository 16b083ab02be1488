"""The export is what an auditor's own machine accepts, without Django and without the database."""

import os
import subprocess
import sys
import uuid
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from audit import keyfiles
from audit.verifying import exporting, proving
from tests.audit.ledger import forging
from tests.audit.ledger.copies import Copy


@pytest.fixture(scope="module")
def whole(sealed_once: Copy, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("audit") / "export"
    with sealed_once.places(), psycopg.connect(**sealed_once.office.app.as_psycopg(autocommit=True)) as database:
        exporting.export(directory, database)
    return directory


def offline(directory: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the verifier that lies in the export, where there is nothing else of the product."""
    blocked = directory.parent / "blocked"
    for name in ("django", "psycopg"):
        (blocked / name).mkdir(parents=True, exist_ok=True)
        (blocked / name / "__init__.py").write_text("raise ImportError('not here')")
    return subprocess.run(
        [sys.executable, "-m", "audit.offline", *map(str, arguments)],
        cwd=directory / "verifier",
        env={
            "PYTHONPATH": f"{blocked}{os.pathsep}{directory / 'verifier'}",
            "PATH": "",
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_it_is_verified_without_django_and_without_the_database(whole: Path, sealed: Copy, tmp_path: Path) -> None:
    key = tmp_path / "mac"
    key.write_text(keyfiles.read("ledger-mac").hex())
    answer = offline(whole, "..", "--mac-key", key)
    assert (answer.returncode, answer.stderr) == (0, ""), answer.stdout[:2000]
    for word in (str(sealed.sizes[-1]), f"anchors):       {len(sealed.sizes) + 1}", f"bodies): {sealed.sizes[-1]}"):
        assert word in answer.stdout


def test_each_command_of_the_verifier_accepts_it(whole: Path, sealed: Copy) -> None:
    older = f"../checkpoints/{sealed.sizes[2]}.txt"
    for words in (("verify-since", older, ".."), ("compare-anchors", ".."), ("find-gaps", "..")):
        answer = offline(whole, *words)
        assert (answer.returncode, answer.stderr) == (0, ""), answer.stdout[:2000]


def test_a_change_of_the_export_is_found(whole: Path) -> None:
    path = whole / "tile" / "entries" / "001"
    content = path.read_bytes()
    path.write_bytes(content[:300] + bytes([content[300] ^ 1]) + content[301:])
    try:
        assert offline(whole, "..").returncode == 1
    finally:
        path.write_bytes(content)


def test_some_days_are_verified_from_the_checkpoint_before_them(
    reader: psycopg.Connection[Any], sealed: Copy, tmp_path: Path
) -> None:
    today = (datetime.now(UTC) + timedelta(hours=9)).date()
    directory = tmp_path / "days"
    exported = exporting.export(directory, reader, from_day=today - timedelta(days=1), to_day=today)
    assert (exported.first, exported.size) == (sealed.sizes[0], sealed.sizes[-1])
    answer = offline(directory, "verify-since", f"../checkpoints/{exported.first}.txt", "..")
    assert (answer.returncode, answer.stderr) == (0, ""), answer.stdout[:2000]


def test_days_without_entries_are_refused(reader: psycopg.Connection[Any], tmp_path: Path) -> None:
    with pytest.raises(exporting.CannotExportError, match="その期間"):
        exporting.export(tmp_path / "none", reader, to_day=date(2001, 1, 1))
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_over(reader: psycopg.Connection[Any], tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    with pytest.raises(exporting.CannotExportError, match="空ではありません"):
        exporting.export(tmp_path / "full", reader)
    (tmp_path / "half.part").mkdir()
    with pytest.raises(exporting.CannotExportError, match="残っています"):
        exporting.export(tmp_path / "half", reader)


def test_an_export_that_breaks_off_leaves_nothing(
    reader: psycopg.Connection[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(_done: int, _of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        exporting.export(tmp_path / "broken", reader, progress=breaks)
    assert list(tmp_path.iterdir()) == []


def test_nobody_else_can_read_it(whole: Path) -> None:
    assert whole.stat().st_mode & 0o777 == 0o700


def test_a_certificate_is_good_for_the_offline_verifier(
    whole: Path, reader: psycopg.Connection[Any], tmp_path: Path
) -> None:
    (event,) = reader.execute("SELECT event_id FROM audit.leaf WHERE idx = 300").fetchone() or (uuid.uuid4(),)
    certificate = proving.prove(reader, event)
    path = tmp_path / "proof.txt"
    path.write_text(certificate.text, encoding="utf-8")
    (vkey,) = reader.execute("SELECT vkey FROM audit.origin").fetchone() or ("",)
    answer = offline(whole, "verify-proof", path, "--vkey", vkey)
    assert (answer.returncode, answer.stderr) == (0, ""), answer.stdout
    assert str(event) in answer.stdout


def test_a_body_too_large_for_a_bundle_is_named_and_the_rest_written(sealed: Copy, tmp_path: Path) -> None:
    directory = tmp_path / "export"
    with sealed.connect() as database:
        intruder = forging.Intruder(database)
        forging.stumbling_block("body = decode(repeat('00', 70000), 'hex')")(intruder)
        event = intruder.at(forging.VICTIM + 1)
        nested = "details = (repeat('[', 3000) || repeat(']', 3000))::jsonb WHERE id = %s"
        intruder.do(f"UPDATE audit.event SET {nested}", (event,), table="event")
        exported = exporting.export(directory, database)
        database.rollback()
    assert len(exported.left_out) == 1
    assert f"位置 {forging.VICTIM}・" in exported.left_out[0]
    assert (directory / "left-out.txt").read_text("utf-8") == f"{exported.left_out[0]}\n"
    answer = offline(directory, "..")
    assert answer.returncode == 1
    assert f"position {forging.VICTIM} " in answer.stdout
    assert f"position {forging.VICTIM + 1} " in answer.stdout
