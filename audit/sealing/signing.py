"""Signs the tree as it was sealed, and never two trees that disagree.

What was signed last stands in a small file of the signer's own, outside the database, written through before a
signature leaves the process. Whatever the database says, nothing is signed that is smaller than that, another tree of
the same size, or a larger one that does not begin with it: a database restored from a backup, or rewritten by whoever
owns it, is refused here, loudly, until two people begin a new name (``manage.py renew_origin``).
"""

import fcntl
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from audit.ledger import merkle, notes, tiles
from audit.sealing import batches as sealing, origins

logger = logging.getLogger(__name__)

STATE_FILE = "last-signed"
_LOCK_FILE = "signing.lock"


class SigningRefusedError(Exception):
    """To sign this would contradict what was signed before. ``kind`` is a word for it; the text says what to do."""

    def __init__(self, kind: str, words: str) -> None:
        super().__init__(f"{words} docs/ledger.md の「署名が拒否されたとき」に従ってください。")
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Last:
    """What was signed last: under which name, how large the tree was, and its root."""

    origin: str
    size: int
    root: bytes


def read_last(directory: Path) -> Last | None:
    """Return what was signed last; None when the file is not there. Raises :class:`SigningRefusedError`."""
    try:
        lines = (directory / STATE_FILE).read_text(encoding="utf-8").split("\n")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError):
        lines = []
    try:
        origin, size, root, end = lines
        last = Last(origin, notes.number(size), bytes.fromhex(root))
    except ValueError:
        last, end = None, ""
    if last is None or not last.origin or len(last.root) != merkle.HASH_BYTES or end:
        raise SigningRefusedError("state_unreadable", f"署名の控え {STATE_FILE} を読み取れません。")
    return last


def write_last(directory: Path, last: Last) -> None:
    """Write down what is about to be signed."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    origins.write_durably(directory / STATE_FILE, f"{last.origin}\n{last.size}\n{last.root.hex()}\n")


def sign(database: psycopg.Connection[Any], directory: Path) -> str | None:
    """Sign the tree as it stands and keep the note; return it, or None when it was signed already or is empty.

    ``database`` is the sealer's role, outside any transaction. Raises :class:`SigningRefusedError` when this would
    contradict what was signed before, :class:`origins.KeyUnavailableError` without the key.
    """
    with alone(directory):
        origin = origins.ensure(database, directory)
        key = notes.SigningKey(origin.name, origins.read_seed(directory))
        if str(key.verifier) != origin.vkey:
            raise SigningRefusedError("another_key", "署名鍵が、台帳に登録した検証鍵のものではありません。")
        size, root = sealing.last_checkpoint(database)
        if size == 0:
            return None
        with database.transaction():
            _require_successor(database, directory, Last(origin.name, size, root))
        known = database.execute(
            "SELECT 1 FROM audit.note WHERE origin = %s AND size = %s", [origin.name, size]
        ).fetchone()
        if known:
            return None
        keys = [key]
        is_handed_over = (directory / origins.FORMER_KEY_FILE).exists() and origin.after_origin is not None
        if is_handed_over and origin.after_origin:
            keys.append(notes.SigningKey(origin.after_origin, origins.read_seed(directory, origins.FORMER_KEY_FILE)))
        note = notes.sign(notes.Checkpoint(origin.name, size, root).text(), *keys)
        # from here on nothing else may be signed, even if this process ends before it has handed the note over
        write_last(directory, Last(origin.name, size, root))
        database.execute(
            "INSERT INTO audit.note (origin, size, text) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
            [origin.name, size, note],
        )
        if is_handed_over:
            origins.destroy_seed(directory, origins.FORMER_KEY_FILE)
        return note


def _require_successor(database: psycopg.Connection[Any], directory: Path, wanted: Last) -> None:
    """Raise :class:`SigningRefusedError` unless ``wanted`` can follow what was signed last."""
    last = read_last(directory)
    if last is None:
        if database.execute("SELECT 1 FROM audit.note LIMIT 1").fetchone():
            raise SigningRefusedError("state_missing", f"署名の控え {STATE_FILE} がないのに、署名した記録があります。")
        return
    if last.origin != wanted.origin:
        raise SigningRefusedError("another_origin", "最後に署名した名前と、台帳の名前が違います。")
    (signed,) = database.execute(
        "SELECT coalesce(max(size), 0) FROM audit.note WHERE origin = %s", [wanted.origin]
    ).fetchone() or (0,)
    if signed > last.size:
        raise SigningRefusedError(
            "state_older",
            f"署名の控え {STATE_FILE}（{last.size} 件）が、署名した記録（{signed} 件）より古くなっています。",
        )
    if wanted.size < last.size:
        raise SigningRefusedError(
            "smaller",
            f"台帳（{wanted.size} 件）が、最後に署名したとき（{last.size} 件）より小さくなっています。"
            "控えから復元したか、巻き戻されています。",
        )
    if not is_begun_by(last, wanted, tiles.nodes(sealing.tile_reader(database))):
        raise SigningRefusedError(
            "inconsistent", f"台帳の先頭 {last.size} 件が、最後に署名したときの内容と違います。書き換えられています。"
        )


def is_begun_by(first: Last | notes.Checkpoint, whole: Last | notes.Checkpoint, node: merkle.NodeHash) -> bool:
    """Tell whether the tree that ``node`` reads, of the size and root of ``whole``, begins with ``first``."""
    try:
        proof = merkle.consistency_proof(first.size, whole.size, node)
    except (tiles.MissingTileError, ValueError):
        return False
    return merkle.proves_consistency(
        proof, first=first.size, first_root=first.root, second=whole.size, second_root=whole.root
    )


@contextmanager
def alone(directory: Path) -> Iterator[None]:
    """Let one process of this machine sign at a time: one that lost its connection may still be at it."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (directory / _LOCK_FILE).open("w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
