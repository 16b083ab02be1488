"""Puts signed checkpoints where the database cannot reach them, and looks whether those out there still fit.

An anchor is a directory, better on another machine or in other hands. It holds ``checkpoint``, the newest note, and a
file for each day to which every note is added and nothing is ever taken away. What an anchor holds was signed once:
when it does not lie on the tree, the tree was rewritten or somebody else signs.
"""

import os
import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import psycopg

from audit.ledger import facets, notes, tiles
from audit.sealing import batches as sealing, origins

NEWEST = "checkpoint"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\.log", re.ASCII)
#: How much of a day's file is read at most; a note has about 200 bytes.
_MOST_BYTES = 1 << 26


@dataclass(frozen=True, slots=True)
class Trouble:
    """An anchor that could not be written, or holds what does not fit. ``words`` say which by its number."""

    kind: str
    words: str


def publish(note: str, directories: Iterable[Path], database: psycopg.Connection[Any]) -> list[Trouble]:
    """Put ``note`` into each anchor; return what went wrong there. One that fails keeps no other from its note.

    An anchor's newest note is replaced only by one that it fits; the day's file gets the new one in any case.
    """
    found = []
    for number, directory in enumerate(directories, 1):
        try:
            directory.mkdir(mode=0o755, parents=True, exist_ok=True)
            misfit = _misfit(directory / NEWEST, Tree(database), number)
            _append(directory / f"{datetime.now(facets.JAPAN):%Y-%m-%d}.log", note)
            if misfit:
                found.append(misfit)
            else:
                _replace(directory / NEWEST, note)
        except OSError as error:
            words = f"チェックポイントを保管先 {number} に書けません（{error.strerror}）"
            found.append(Trouble("anchor_unwritable", f"{words} (anchor {number} cannot be written)"))
    return found


def check(directories: Iterable[Path], database: psycopg.Connection[Any]) -> list[Trouble]:
    """Hold the newest note and the last day's notes of each anchor against the tree; return what does not fit."""
    found = []
    for number, directory in enumerate(directories, 1):
        tree = Tree(database)
        try:
            days = sorted(one.name for one in directory.iterdir() if _DAY.fullmatch(one.name))
            files = [directory / NEWEST, *(directory / day for day in days[-1:])]
            found += [trouble for trouble in (_misfit(file, tree, number) for file in files) if trouble]
        except FileNotFoundError:
            continue  # nothing was ever put there
        except OSError as error:
            words = f"保管先 {number} を読み取れません（{error.strerror}）"
            found.append(Trouble("anchor_unreadable", f"{words} (anchor {number} cannot be read)"))
    return found


def contradiction(directories: Iterable[Path], database: psycopg.Connection[Any], origin: str) -> str:
    """Say which anchor holds a note of ``origin`` that is not of this tree, "" when none does.

    A machine that was set back as a whole has forgotten what it signed; what it gave away has not.
    """
    tree = Tree(database)
    for number, directory in enumerate(directories, 1):
        try:
            held = (directory / NEWEST).read_bytes()
        except OSError:
            continue  # told of hourly, and when something is put there
        if len(held) <= _MOST_BYTES and tree.contradicts(held, origin):
            return f"保管先 {number} に、この木と合わない署名があります (anchor {number} holds a note of another tree)"
    return ""


def sheet(note: str, database: psycopg.Connection[Any]) -> bytes:
    """Return the paper of a note that this ledger has signed, as PDF. Raises what ``sheet.render`` does."""
    from audit.sealing import sheet as sheets  # the typesetter is large, and nobody else here needs it

    checkpoint = notes.read_checkpoint(note)
    row = database.execute(
        "SELECT o.vkey, n.signed_at FROM audit.note n JOIN audit.origin o USING (origin)"
        " WHERE n.origin = %s AND n.size = %s",
        [checkpoint.origin, checkpoint.size],
    ).fetchone()
    if row is None:
        raise LookupError
    return sheets.render(note, key=notes.VerifierKey.parse(row[0]), signed_at=row[1])


def newest_note(database: psycopg.Connection[Any]) -> str | None:
    """Return the newest note of the name that is signed under now; None when it has signed nothing yet."""
    origin = origins.current(database)
    row = (
        origin
        and database.execute(
            "SELECT text FROM audit.note WHERE origin = %s ORDER BY size DESC LIMIT 1", [origin.name]
        ).fetchone()
    )
    return str(row[0]) if row else None


def notes_in(file: Path) -> Iterator[str]:
    """Give the notes in a day's file, one after the other; what is cut off at its end is passed over."""
    text: list[str] = []
    is_signed = False
    with file.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if is_signed and not line.startswith("— "):
                yield "".join(text)
                text, is_signed = [], False
            if not text and line == "\n":
                continue  # between two notes
            text.append(line)
            is_signed = is_signed or line.startswith("— ")
    if is_signed and text[-1].endswith("\n"):
        yield "".join(text)


class Tree:
    """The tree as it is sealed, to hold notes against. Remembers the roots it has computed."""

    def __init__(self, database: psycopg.Connection[Any]) -> None:
        self.size, root = sealing.last_checkpoint(database)
        self.origins = {one.name: one for one in origins.every(database)}
        self._roots = {self.size: root}
        self._read = lru_cache(maxsize=256)(sealing.tile_reader(database))

    def trouble_with(self, note: str | bytes) -> str:
        """Return in words why ``note`` does not fit the tree, "" when it does."""
        try:
            claimed = notes.read_checkpoint(note)
        except notes.MalformedNoteError as error:
            return f"チェックポイントではありません (not a checkpoint: {error})"
        origin = self.origins.get(claimed.origin)
        if origin is None:
            return "この台帳にない台帳名です (signed under a name that is not the ledger's)"
        try:
            notes.open_checkpoint(note, [origin.key])
        except (notes.BadSignatureError, notes.MalformedNoteError) as error:
            return str(error)
        follower = next((one for one in self.origins.values() if one.after_origin == origin.name), None)
        if follower and claimed.size > (follower.after_size or 0):
            return ""  # of the branch that was given up when the next name began
        if claimed.size > self.size:
            return f"台帳（{self.size} 件）より大きい {claimed.size} 件です (larger than the ledger)"
        if self.root(claimed.size) != claimed.root:
            return f"台帳の先頭 {claimed.size} 件と根が違います (another root at size {claimed.size})"
        return ""

    def contradicts(self, note: bytes, origin: str) -> bool:
        """Say whether ``note`` was truly signed under ``origin``, by its key, and is not of this tree."""
        try:
            claimed = notes.open_checkpoint(note, [self.origins[origin].key])
        except (KeyError, notes.BadSignatureError, notes.MalformedNoteError):
            return False  # anybody who may write there can put something else
        return claimed.origin == origin and (claimed.size > self.size or self.root(claimed.size) != claimed.root)

    def root(self, size: int) -> bytes:
        """Return the root of the first ``size`` entries, b"" where the tiles do not give one."""
        if size not in self._roots:
            try:
                self._roots[size] = tiles.root(self._read, size)
            except tiles.MissingTileError:
                self._roots[size] = b""
        return self._roots[size]


def _misfit(file: Path, tree: Tree, number: int) -> Trouble | None:
    """Return what is wrong with the first note in ``file`` that does not fit; None when all do, or without a file."""
    if not file.exists():
        return None
    if file.stat().st_size > _MOST_BYTES:
        return Trouble("anchor_differs", f"保管先 {number} の {file.name} が大きすぎます (too large)")
    held: Iterable[str | bytes] = [file.read_bytes()] if file.name == NEWEST else notes_in(file)
    for note in held:
        if words := tree.trouble_with(note):
            return Trouble("anchor_differs", f"保管先 {number} の {file.name}: {words}")
    return None


def _append(file: Path, note: str) -> None:
    handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(handle, f"{note}\n".encode())
        os.fsync(handle)
    finally:
        os.close(handle)


def _replace(file: Path, note: str) -> None:
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        with draft.open("w", encoding="utf-8") as out:
            out.write(note)
            out.flush()
            os.fsync(out.fileno())
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
