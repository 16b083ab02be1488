"""What is kept outside the database goes missing, is cut off or falls behind: that is said, and nothing else is."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.test import override_settings

from audit import keyfiles
from audit.ledger import witness
from audit.ledger.writers import Written
from audit.sealing import anchors, batches, origins
from audit.verifying import checking, inspections, reading
from tests.audit.ledger import copies, forging
from tests.audit.ledger.copies import Copy


@pytest.fixture
def home(sealed: Copy, tmp_path: Path) -> Iterator[Path]:
    """A copy of what the ledger keeps outside, to be spoilt."""
    for name in ("sealer", "anchors", "witness"):
        shutil.copytree(sealed.home / name, tmp_path / name)
    with override_settings(
        KYUFU_SEALER_DIR=tmp_path / "sealer",
        KYUFU_ANCHORS=[tmp_path / "anchors"],
        KYUFU_WITNESS_DIR=tmp_path / "witness",
    ):
        yield tmp_path


def witness_lines(home: Path) -> tuple[Path, list[str]]:
    (path,) = (home / "witness").glob("*.log")
    return path, path.read_text("ascii").splitlines(keepends=True)


def found(reader: psycopg.Connection[Any]) -> tuple[set[str], list[str]]:
    """Return the kinds of faults, and the notices."""
    verdict = checking.verify(reader)
    return {fault.kind for fault in verdict.faults} - {"waiting_long"}, verdict.notices


def test_untouched_it_raises_nothing(reader: psycopg.Connection[Any], home: Path) -> None:
    assert found(reader) == (set(), [])


def test_without_a_witness_that_is_told_and_no_fault(reader: psycopg.Connection[Any], home: Path) -> None:
    shutil.rmtree(home / "witness")
    faults, notices = found(reader)
    assert faults == set()
    assert any("証人のファイルに行がありません" in words for words in notices)


def test_lines_that_were_taken_out_are_counted(reader: psycopg.Connection[Any], home: Path, sealed: Copy) -> None:
    path, lines = witness_lines(home)
    path.write_text("".join(lines[::2]), "ascii")
    faults, notices = found(reader)
    assert faults == set()
    missing = (sealed.sizes[-1] - sealed.sizes[0]) // 2
    assert f"証人に行のない記録が {missing} 件あります" in notices


def test_a_day_without_lines_among_days_with_them_is_a_fault(
    reader: psycopg.Connection[Any], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = (datetime.now(UTC) + timedelta(hours=9)).date()
    count = inspections._Lines.expected_by_day

    def some_more(lines: Any) -> dict[str, int]:
        return {**count(lines), (today - timedelta(days=1)).isoformat(): 3}

    monkeypatch.setattr(inspections._Lines, "expected_by_day", some_more)
    path, lines = witness_lines(home)
    assert found(reader)[0] == set()  # before the first line nothing is expected
    earlier = f"{(datetime.now(UTC) - timedelta(days=2)).isoformat()} {lines[0].split(maxsplit=1)[1]}"
    path.write_text("".join([earlier, *lines]), "ascii")
    assert found(reader)[0] == {"witness_missing", "witnessed_gone"}


@pytest.mark.parametrize(
    "bad",
    [
        lambda line: line[:100] + "\n",
        lambda line: line.replace("+00:00", ""),
        lambda line: line.replace("-", "/", 1),
        lambda line: line[:-2] + "\n",
        lambda line: "\n\0\0\n",
        lambda line: line.rsplit(" ", 1)[0] + "\n",
    ],
)
def test_one_bad_line_is_one_fault(reader: psycopg.Connection[Any], home: Path, bad: Callable[[str], str]) -> None:
    path, lines = witness_lines(home)
    lines[7] = bad(lines[7])
    path.write_text("".join(lines), "ascii")
    faults = [fault for fault in checking.verify(reader).faults if fault.kind != "waiting_long"]
    assert [fault.kind for fault in faults] == ["witness_unreadable"]
    assert path.name in faults[0].words
    assert "行目" in faults[0].words


def test_a_line_that_is_still_being_written_is_no_fault(reader: psycopg.Connection[Any], home: Path) -> None:
    path, lines = witness_lines(home)
    path.write_text("".join(lines)[:-30], "ascii")
    assert found(reader)[0] == set()


def test_an_anchor_that_was_emptied_is_told(reader: psycopg.Connection[Any], home: Path) -> None:
    shutil.rmtree(home / "anchors")
    faults, notices = found(reader)
    assert faults == set()  # one that has just been set up looks the same
    assert any("まだありません" in words for words in notices)


def test_an_anchor_without_its_days_is_a_fault(reader: psycopg.Connection[Any], home: Path) -> None:
    for path in (home / "anchors").glob("*.log"):
        path.unlink()
    assert found(reader)[0] == {"anchor_missing"}


def test_an_anchor_that_lost_a_day_among_others_is_a_fault(reader: psycopg.Connection[Any], home: Path) -> None:
    (path,) = (home / "anchors").glob("*.log")
    note = next(anchors.notes_in(path))
    day = datetime.fromisoformat(path.stem)
    for other in (day - timedelta(days=1), day + timedelta(days=1)):
        path.with_name(f"{other:%Y-%m-%d}.log").write_text(f"{note}\n", "utf-8")
    assert found(reader)[0] == set()
    path.unlink()
    assert found(reader)[0] in ({"anchor_missing"}, set())  # beside midnight it may be the other day's


def test_an_anchor_that_fell_behind_is_a_fault_after_a_while(
    reader: psycopg.Connection[Any], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (path,) = (home / "anchors").glob("*.log")
    old = next(anchors.notes_in(path))
    (home / "anchors" / "checkpoint").write_text(old, "utf-8")
    path.write_text(f"{old}\n", "utf-8")
    assert found(reader)[0] == set()  # it is being written
    monkeypatch.setattr(inspections, "UNSIGNED_SECONDS", -3_600)
    assert found(reader)[0] == {"anchor_missing"}


def test_what_was_sealed_and_never_signed_is_a_fault_after_a_while(
    reader: psycopg.Connection[Any], home: Path, sealed: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspections, "UNSIGNED_SECONDS", -3_600)
    assert found(reader)[0] == set()
    shutil.rmtree(home / "anchors")
    with sealed.connect() as database:
        database.execute("ALTER TABLE audit.note DISABLE TRIGGER note_is_never_changed")
        database.execute("DELETE FROM audit.note WHERE size = %s", [sealed.sizes[-1]])
        kinds = {fault.kind for fault in checking.verify(database).faults}
        assert "checkpoint_unsigned" in kinds
        monkeypatch.setattr(inspections, "UNSIGNED_SECONDS", 3_600)
        kinds = {fault.kind for fault in checking.verify(database).faults}
        assert "checkpoint_unsigned" not in kinds
        database.rollback()


@pytest.mark.parametrize(
    ("change", "is_believed"),
    [
        ({}, True),
        ({"second": 17}, False),
        ({"second": None}, False),
        ({"result": "REFUSED"}, False),
        ({"key": bytes(32)}, False),
        ({"origin": "kyufu/third"}, False),
        ({"after_size": 9}, False),
        ({"after_root": "00" * 32}, False),
        ({"after_origin": "kyufu/third"}, False),
    ],
)
def test_a_new_name_is_believed_when_two_people_tell_all_of_it(
    sealed: Copy, change: dict[str, Any], is_believed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audit.seal_events.journal.record_all", lambda _entries: None)  # the sealer's alarm
    with sealed.connect() as database:
        one = forging.Intruder(database)
        first = origins.every(database)[0]
        root = bytes(range(32))
        new = replace(first, name="kyufu/new", after_origin=first.name, after_size=8, after_root=root)
        details = {"origin": new.name, "after_origin": first.name, "after_size": 8, "after_root": root.hex()}
        details |= {name: value for name, value in change.items() if name in details}
        for actor in (17, change.get("second", 18)):
            said = {"action": inspections.ORIGIN_RENEWED, "actor_id": actor, "details": details}
            forging.write(one, result=change.get("result", "DONE"), key=change.get("key"), **said)
        with database.transaction():
            batches.seal_batch(database)
        known = {each.name: each for each in (first, new)}
        mac_key, ledger = keyfiles.read("ledger-mac"), reading.Ledger(database)
        found = inspections.renewed(ledger, known, mac_key, is_told_again=False)
        assert found == ({new.name} if is_believed else set())
        if change == {"second": None}:
            assert inspections.renewed(ledger, known, mac_key, is_told_again=True) == {new.name}
        database.rollback()


def test_without_the_key_it_is_told_what_rests_on_trust(
    reader: psycopg.Connection[Any], home: Path, sealed: Copy
) -> None:
    assert checking.verify(reader, mac=False).notices == []
    with sealed.connect() as database:
        forging.prune_more_than_the_month(forging.Intruder(database))
        assert any("認証符号を調べていない" in words for words in checking.verify(database, mac=False).notices)
        assert not any("認証符号を調べていない" in words for words in checking.verify(database).notices)
        database.rollback()


def written(n: int) -> Written:
    return Written(uuid4(), datetime.now(UTC), n, bytes([n]) * 32)


def test_a_line_after_one_that_was_cut_off_begins_anew(tmp_path: Path) -> None:
    with override_settings(KYUFU_WITNESS_DIR=tmp_path):
        assert witness.write(uuid4(), [written(1)])
        (path,) = tmp_path.glob("*.log")
        with path.open("ab") as file:
            file.write(b"2026-11-25T")
        witness._whole = ""  # another process of the same number
        assert witness.write(uuid4(), [written(2)])
        assert witness.write(uuid4(), [written(3)])
    lines = path.read_text("ascii").splitlines()
    assert [line.split()[2] for line in lines if line.count(" ") == 3] == ["1", "2", "3"]
    assert len(lines) == 4


def test_a_line_that_goes_out_in_pieces_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = witness.os.write
    monkeypatch.setattr("audit.ledger.witness.os.write", lambda handle, data: write(handle, data[:50]))
    with override_settings(KYUFU_WITNESS_DIR=tmp_path):
        assert witness.write(uuid4(), [written(1), written(2)])
    (path,) = tmp_path.glob("*.log")
    assert [line.split()[2] for line in path.read_text("ascii").splitlines()] == ["1", "2"]


def test_in_the_strict_mode_a_line_is_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr("audit.ledger.witness.os.fsync", synced.append)
    for is_strict in (False, True):
        with override_settings(KYUFU_WITNESS_DIR=tmp_path, KYUFU_RECORD_STRICT=is_strict):
            assert witness.write(uuid4(), [written(1)])
        assert bool(synced) is is_strict


def test_the_copy_is_as_it_was(reader: psycopg.Connection[Any], sealed: Copy) -> None:
    assert copies.wrong_with(checking.verify(reader)) == []
