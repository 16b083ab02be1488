"""What was signed is kept out of the database's reach, and held against the tree afterwards."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from audit import journal
from audit.ledger import notes
from audit.sealing import anchors, batches as sealing, origins, signing
from tests.audit.ledger.test_signing import forget_the_last
from tests.conftest import Office

pytestmark = pytest.mark.django_db(transaction=True)

Sealer = psycopg.Connection[Any]


@pytest.fixture
def sealer(office: Office, db: None) -> Iterator[Sealer]:
    with closing(psycopg.connect(**office.sealer.as_psycopg(autocommit=True))) as own:
        yield own


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "sealer"


@pytest.fixture
def two(tmp_path: Path) -> list[Path]:
    return [tmp_path / "one", tmp_path / "two"]


def signed(sealer: Sealer, place: Path, count: int = 1) -> str:
    journal.record_all([journal.Entry(action="audit.log.searched", by=None) for _one in range(count)])
    sealing.seal_batch(sealer)
    note = signing.sign(sealer, place)
    assert note is not None
    return note


def kinds(found: list[anchors.Trouble]) -> list[str]:
    return [one.kind for one in found]


def day_file(directory: Path) -> Path:
    (file,) = directory.glob("*.log")
    return file


def test_every_anchor_has_the_newest_note_and_all_of_the_day(sealer: Sealer, place: Path, two: list[Path]) -> None:
    written = [signed(sealer, place) for _round in range(3)]
    for note in written:
        assert anchors.publish(note, two, sealer) == []
    for directory in two:
        assert (directory / anchors.NEWEST).read_text(encoding="utf-8") == written[-1]
        assert list(anchors.notes_in(day_file(directory))) == written
    assert anchors.check(two, sealer) == []
    with day_file(two[0]).open("a", encoding="utf-8") as out:
        out.write(written[0][:40])  # a power cut
    assert list(anchors.notes_in(day_file(two[0])))[:3] == written


def test_an_anchor_that_cannot_be_written_keeps_no_other_from_its_note(
    sealer: Sealer, place: Path, two: list[Path]
) -> None:
    two[0].write_text("no directory", encoding="utf-8")
    found = anchors.publish(signed(sealer, place), two, sealer)
    assert kinds(found) == ["anchor_unwritable"]
    assert "1" in found[0].words
    assert (two[1] / anchors.NEWEST).exists()
    assert kinds(anchors.check(two, sealer)) == ["anchor_unreadable"]


def test_an_anchor_knows_more_than_a_database_that_was_taken_back(
    sealer: Sealer, place: Path, two: list[Path], superuser_connection: psycopg.Connection[Any]
) -> None:
    anchors.publish(signed(sealer, place, 2), two, sealer)
    newest = signed(sealer, place, 2)
    anchors.publish(newest, two, sealer)
    forget_the_last(superuser_connection, 2)
    assert set(kinds(anchors.check(two, sealer))) == {"anchor_differs"}
    # whoever has stolen key and state signs the other branch: the anchor keeps what it has, beside what it is given
    (place / signing.STATE_FILE).unlink()
    with closing(psycopg.connect(**_as(superuser_connection))) as other:
        other.execute("ALTER TABLE audit.note DISABLE TRIGGER USER")
        other.execute("DELETE FROM audit.note")
        other.commit()
    forged = signed(sealer, place, 5)
    assert kinds(anchors.publish(forged, two, sealer)) == ["anchor_differs", "anchor_differs"]
    assert (two[0] / anchors.NEWEST).read_text(encoding="utf-8") == newest
    assert list(anchors.notes_in(day_file(two[0])))[-2:] == [newest, forged]
    with closing(psycopg.connect(**_as(superuser_connection))) as other:
        for name in ("note_is_never_changed", "note_is_never_truncated"):
            other.execute(f"ALTER TABLE audit.note ENABLE ALWAYS TRIGGER {name}")
        other.commit()


def _as(connection: psycopg.Connection[Any]) -> dict[str, Any]:
    return {**connection.info.get_parameters(), "password": connection.info.password}


def test_a_note_of_another_key_or_log_does_not_fit(sealer: Sealer, place: Path, two: list[Path]) -> None:
    anchors.publish(signed(sealer, place, 2), two, sealer)
    origin = origins.current(sealer)
    assert origin is not None
    size, root = sealing.last_checkpoint(sealer)
    by_another_key = notes.sign(
        notes.Checkpoint(origin.name, size, root).text(), notes.SigningKey(origin.name, b"x" * 32)
    )
    of_another_log = notes.sign(notes.Checkpoint("kyufu/x", size, root).text(), notes.SigningKey("kyufu/x", b"x" * 32))
    for note in (by_another_key, of_another_log, "nothing\n"):
        (two[0] / anchors.NEWEST).write_text(note, encoding="utf-8")
        assert kinds(anchors.check(two, sealer)) == ["anchor_differs"]


def test_the_days_sheet_is_a_page_to_be_stamped(sealer: Sealer, place: Path) -> None:
    note = signed(sealer, place, 3)
    assert anchors.newest_note(sealer) == note
    pdf = anchors.sheet(note, sealer)
    assert pdf.startswith(b"%PDF")
    with pytest.raises(LookupError):
        anchors.sheet(notes.sign(notes.Checkpoint("x", 1, b"x" * 32).text(), notes.SigningKey("x", b"x" * 32)), sealer)
