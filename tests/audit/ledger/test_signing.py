"""Two signatures never contradict each other, whatever happens to the database, the state file or the key."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from audit import journal
from audit.ledger import merkle, notes
from audit.sealing import batches as sealing, origins, signing
from tests.audit.ledger.test_sealing import unguarded
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


def grow(sealer: Sealer, count: int = 1) -> None:
    journal.record_all([journal.Entry(action="audit.log.searched", by=None) for _one in range(count)])
    sealing.seal_batch(sealer)


def forget_the_last(superuser: psycopg.Connection[Any], size: int) -> None:
    """Take the ledger back to ``size`` entries, as an older copy of the database would."""
    for table in ("leaf", "tile", "checkpoint", "note"):
        with unguarded(superuser, table):
            if table == "leaf":
                superuser.execute("DELETE FROM audit.leaf WHERE idx >= %s", [size])
            elif table == "tile":
                superuser.execute("UPDATE audit.tile SET hashes = substr(hashes, 1, %s)", [32 * size])
            elif table == "checkpoint":
                superuser.execute("DELETE FROM audit.checkpoint WHERE size > %s", [size])
            else:
                superuser.execute("DELETE FROM audit.note WHERE size > %s", [size])


def test_the_tree_is_signed_under_the_offices_name(sealer: Sealer, place: Path) -> None:
    assert signing.sign(sealer, place) is None  # nothing is sealed yet
    grow(sealer, 3)
    note = signing.sign(sealer, place)
    assert note is not None
    origin = origins.current(sealer)
    assert origin is not None
    size, root = sealing.last_checkpoint(sealer)
    assert notes.open_checkpoint(note, [origin.key]) == notes.Checkpoint(origin.name, size, root)
    assert signing.read_last(place) == signing.Last(origin.name, size, root)
    assert sealer.execute("SELECT origin, size, text FROM audit.note").fetchall() == [(origin.name, size, note)]
    assert signing.sign(sealer, place) is None  # signed already
    assert (place / origins.KEY_FILE).stat().st_mode & 0o77 == 0


def test_a_kill_between_state_and_note_leads_to_the_same_note(
    sealer: Sealer, place: Path, superuser_connection: psycopg.Connection[Any]
) -> None:
    grow(sealer)
    note = signing.sign(sealer, place)
    with unguarded(superuser_connection, "note"):
        superuser_connection.execute("DELETE FROM audit.note")
    assert signing.sign(sealer, place) == note


def remove_the_state(place: Path) -> None:
    (place / signing.STATE_FILE).unlink()


def spoil_the_state(place: Path) -> None:
    (place / signing.STATE_FILE).write_text("nothing\n", encoding="utf-8")


def name_another(place: Path) -> None:
    last = signing.read_last(place)
    assert last is not None
    signing.write_last(place, signing.Last("kyufu/another", last.size, last.root))


def sign_another_root(place: Path) -> None:
    last = signing.read_last(place)
    assert last is not None
    signing.write_last(place, signing.Last(last.origin, last.size, merkle.EMPTY_ROOT))


def sign_a_larger(place: Path) -> None:
    last = signing.read_last(place)
    assert last is not None
    signing.write_last(place, signing.Last(last.origin, last.size + 100, last.root))


def take_another_key(place: Path) -> None:
    (place / origins.KEY_FILE).unlink()
    origins.make_seed(place)


@pytest.mark.parametrize("grows", [True, False])
@pytest.mark.parametrize(
    ("tamper", "kind"),
    [
        (remove_the_state, "state_missing"),
        (spoil_the_state, "state_unreadable"),
        (name_another, "another_origin"),
        (sign_another_root, "inconsistent"),
        (sign_a_larger, "smaller"),
        (take_another_key, "another_key"),
    ],
)
def test_what_would_contradict_the_last_signature_is_refused(
    tamper: Callable[[Path], None], kind: str, grows: bool, sealer: Sealer, place: Path
) -> None:
    grow(sealer, 3)
    signing.sign(sealer, place)
    tamper(place)
    if grows:
        grow(sealer, 2)
    with pytest.raises(signing.SigningRefusedError) as refused:
        signing.sign(sealer, place)
    assert refused.value.kind == kind
    assert "docs/ledger.md" in str(refused.value)
    assert sealer.execute("SELECT count(*) FROM audit.note").fetchone() == (1,)


def test_an_older_copy_of_the_database_is_not_signed_even_when_it_has_grown_past_the_last_signature(
    sealer: Sealer, place: Path, superuser_connection: psycopg.Connection[Any]
) -> None:
    grow(sealer, 3)
    signing.sign(sealer, place)
    grow(sealer, 3)
    signing.sign(sealer, place)
    forget_the_last(superuser_connection, 3)
    with pytest.raises(signing.SigningRefusedError) as refused:
        signing.sign(sealer, place)
    assert refused.value.kind == "smaller"
    grow(sealer, 10)
    with pytest.raises(signing.SigningRefusedError) as refused:
        signing.sign(sealer, place)
    assert refused.value.kind == "inconsistent"


def test_a_state_older_than_the_signatures_is_not_believed(sealer: Sealer, place: Path) -> None:
    grow(sealer, 3)
    signing.sign(sealer, place)
    older = signing.read_last(place)
    assert older is not None
    grow(sealer)
    signing.sign(sealer, place)
    signing.write_last(place, older)
    grow(sealer)
    with pytest.raises(signing.SigningRefusedError) as refused:
        signing.sign(sealer, place)
    assert refused.value.kind == "state_older"


@pytest.mark.parametrize("spoil", ["missing", "readable", "no key"])
def test_without_a_sound_key_nothing_is_signed_and_no_other_is_made(spoil: str, sealer: Sealer, place: Path) -> None:
    grow(sealer)
    signing.sign(sealer, place)
    grow(sealer)
    key = place / origins.KEY_FILE
    if spoil == "missing":
        key.unlink()
    elif spoil == "readable":
        key.chmod(0o644)
    else:
        key.write_text("no key\n", encoding="ascii")
    with pytest.raises(origins.KeyUnavailableError):
        signing.sign(sealer, place)
    assert len(origins.every(sealer)) == 1
