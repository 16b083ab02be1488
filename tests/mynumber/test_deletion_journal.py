"""The file of deletions: what is written stays, and what was changed is noticed."""

import json
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from audit import keyfiles
from mynumber import deletion_journal
from mynumber.deletion_journal import JournalTrouble, Kind, Line


@pytest.fixture(autouse=True)
def file(settings: Settings, tmp_path: Path) -> Path:
    settings.KYUFU_HOME = tmp_path
    return tmp_path / "deletions" / "deletions.jsonl"


def written() -> None:
    deletion_journal.append([Line(Kind.INTENT, "a", {"person": "1"}), Line(Kind.INTENT, "b", {"person": "2"})])
    deletion_journal.append([Line(Kind.DONE, "a", {})])
    deletion_journal.append([Line(Kind.VOID, "b", {})])
    deletion_journal.append([Line(Kind.INTENT, "c", {"person": "3"})])


def test_what_was_written_is_read_again_with_what_became_of_it(file: Path) -> None:
    assert not deletion_journal.read().exists

    written()

    said = deletion_journal.read()
    assert [(line.kind, line.deletion) for line in said.lines] == [
        (Kind.INTENT, "a"),
        (Kind.INTENT, "b"),
        (Kind.DONE, "a"),
        (Kind.VOID, "b"),
        (Kind.INTENT, "c"),
    ]
    assert list(said.deletions()) == ["a", "c"]
    assert list(said.open()) == ["c"]


def test_only_its_owner_reads_the_file(file: Path) -> None:
    written()

    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("line", range(5))
def test_a_line_that_is_changed_is_noticed(file: Path, line: int) -> None:
    written()
    lines = file.read_text(encoding="utf-8").splitlines()
    said = json.loads(lines[line])
    said["deletion"] = "z"
    lines[line] = json.dumps(said)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")

    with pytest.raises(JournalTrouble, match=f"{line + 1}行目"):
        deletion_journal.read()
    with pytest.raises(JournalTrouble):
        deletion_journal.append([Line(Kind.DONE, "c", {})])


@pytest.mark.parametrize("line", range(4))
def test_a_line_that_is_taken_out_or_moved_is_noticed(file: Path, line: int) -> None:
    written()
    lines = file.read_text(encoding="utf-8").splitlines()
    shorter = lines[:line] + lines[line + 1 :]
    moved = [*shorter, lines[line]]

    for changed in (shorter, moved):
        file.write_text("\n".join(changed) + "\n", encoding="utf-8")
        with pytest.raises(JournalTrouble):
            deletion_journal.read()


def test_a_line_that_was_being_written_when_the_machine_stopped_said_nothing_yet(file: Path) -> None:
    written()
    before = file.read_bytes()
    file.write_bytes(before + b'{"kind":"DONE","del')

    assert list(deletion_journal.read().open()) == ["c"]
    deletion_journal.append([Line(Kind.DONE, "c", {})])

    assert not deletion_journal.read().open()
    assert file.read_bytes().startswith(before)


def test_another_offices_key_does_not_verify_the_file(file: Path, settings: Settings, tmp_path: Path) -> None:
    written()
    other = tmp_path / "keys"
    other.mkdir(mode=0o700)
    (other / "reason.key").write_text("ab" * 32, encoding="ascii")
    (other / "reason.key").chmod(0o600)
    settings.KYUFU_KEYS_DIR = other
    keyfiles.read.cache_clear()
    try:
        with pytest.raises(JournalTrouble):
            deletion_journal.read()
    finally:
        keyfiles.read.cache_clear()


def test_a_file_that_cannot_be_written_stops_the_deletion(file: Path) -> None:
    file.parent.mkdir()
    file.mkdir()

    with pytest.raises(JournalTrouble):
        deletion_journal.append([Line(Kind.DONE, "a", {})])
    with pytest.raises(JournalTrouble):
        deletion_journal.read()
