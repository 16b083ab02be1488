"""Reads an exported ledger from a directory that may hold anything: huge files, half files, files that are none.

Whatever cannot be read is :class:`UnreadableError` with the file's name, never a traceback, and never more memory than
one bundle. No Django, no database. ``docs/ledger-format.md`` says what is in the directory.
"""

import hashlib
import heapq
import json
import os
import re
import stat
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from audit.ledger import merkle, notes, tiles

CHECKPOINT = "checkpoint"
CHECKPOINTS = "checkpoints"
KEYS = "keys"
ORIGINS = "origins.json"
PRUNED = "pruned.json"
ANCHORS = "anchors"
WITNESS = "witness"
MANIFEST = "manifest.json"
COLUMNS = "columns.csv"

MOST_LINE_BYTES = 1 << 17
MOST_JSON_BYTES = 1 << 22
MOST_MANIFEST_BYTES = 1 << 28
MOST_BUNDLE_BYTES = tiles.WIDTH * (tiles.MAX_ENTRY_BYTES + 2)
_BLOCK_BYTES = 1 << 20
_TILE_BYTES = tiles.WIDTH * merkle.HASH_BYTES
_NOTE_NAME = re.compile(r"(0|[1-9][0-9]{0,18})(?:-[0-9A-Za-z]{1,20})?\.txt", re.ASCII)
_PATH = re.compile(r"(?!.*(?:^|/)\.{1,2}(?:/|$))[^\x00-\x1f\\/]+(?:/[^\x00-\x1f\\/]+)*")
_WITNESS_LINE = re.compile(rb"(\S{20,40}) ([0-9a-f]{32}) ([1-9][0-9]{0,18}) ([0-9a-f]{64})\n")
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


class UnreadableError(Exception):
    """A file of the export is missing, cut off or not what its name says. ``str()`` names it, in both languages."""

    def __init__(self, name: str, words: str) -> None:
        super().__init__(f"{name}: {words}")


@dataclass(frozen=True, slots=True)
class Origin:
    """A name the ledger was signed under, its key, and the checkpoint of the name before it that it goes on from."""

    name: str
    key: notes.VerifierKey
    after_origin: str | None
    after_size: int
    after_root: bytes | None


@dataclass(frozen=True, slots=True)
class Pruned:
    """Entries whose period of keeping is over: their bodies are gone, which the entry at ``event`` says."""

    first: int
    last: int
    count: int
    months: tuple[str, ...]
    event: int


@dataclass(frozen=True, slots=True)
class WitnessLine:
    """A line that was written outside the database when an entry was committed."""

    at: str
    writer: str
    n: int
    leaf: bytes
    where: str


class Folder:
    """An exported ledger."""

    def __init__(self, root: Path) -> None:
        self.root = root
        if not root.is_dir():
            raise UnreadableError(str(root), "フォルダーがありません (there is no such directory)")

    def has(self, name: str) -> bool:
        """Tell whether there is a file or directory of this name."""
        return os.path.lexists(self.root / name)

    def read(self, name: str, most: int) -> bytes:
        """Return a whole file of at most ``most`` bytes."""
        with self._opened(name) as file:
            try:
                content = file.read(most + 1)
            except OSError as error:
                raise UnreadableError(name, _why(error)) from None
        if len(content) > most:
            raise UnreadableError(name, f"大きすぎます (larger than {most} bytes)")
        return content

    def lines(self, name: str) -> Iterator[bytes]:
        """Give the lines of a file with their line breaks, one at a time."""
        with self._opened(name) as file:
            while True:
                try:
                    line = file.readline(MOST_LINE_BYTES + 1)
                except OSError as error:
                    raise UnreadableError(name, _why(error)) from None
                if not line:
                    return
                if len(line) > MOST_LINE_BYTES:
                    raise UnreadableError(name, f"行が長すぎます (a line is longer than {MOST_LINE_BYTES} bytes)")
                yield line

    def sha256(self, name: str) -> str:
        """Return a file's SHA-256 in hex."""
        digest = hashlib.sha256()
        with self._opened(name) as file:
            try:
                while block := file.read(_BLOCK_BYTES):
                    digest.update(block)
            except OSError as error:
                raise UnreadableError(name, _why(error)) from None
        return digest.hexdigest()

    def names(self, under: str = "") -> Iterator[str]:
        """Give the names of all files below a directory, in order. A directory that is not there has none."""
        try:
            with os.scandir(self.root / under) as entries:
                found = sorted((entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries)
        except FileNotFoundError:
            return
        except OSError as error:
            raise UnreadableError(under, _why(error)) from None
        for name, is_directory in found:
            path = f"{under}/{name}" if under else name
            if is_directory:
                yield from self.names(path)
            else:
                yield path

    def json(self, name: str, most: int = MOST_JSON_BYTES) -> Any:
        """Return what a JSON file says."""
        try:
            return json.loads(self.read(name, most).decode())
        except (ValueError, RecursionError):
            raise UnreadableError(name, "JSON ではありません (not JSON)") from None

    def note(self, name: str) -> bytes:
        """Return a signed note, unopened."""
        return self.read(name, notes.MOST_BYTES)

    def checkpoints(self) -> Iterator[tuple[int, str]]:
        """Give size and file name of every signed checkpoint, the smallest first."""
        sizes, others = array("q"), []
        try:
            with os.scandir(self.root / CHECKPOINTS) as entries:
                for entry in entries:
                    name = f"{CHECKPOINTS}/{entry.name}"
                    match = _NOTE_NAME.fullmatch(entry.name)
                    if match is None or int(match[1]) > notes.MOST_LEAVES:
                        raise UnreadableError(name, "名前が大きさではありません (its name is not a size)")
                    if name == f"{CHECKPOINTS}/{match[1]}.txt":
                        sizes.append(int(match[1]))
                    else:
                        others.append((int(match[1]), name))
        except OSError as error:
            raise UnreadableError(CHECKPOINTS, _why(error)) from None
        usual = ((size, f"{CHECKPOINTS}/{size}.txt") for size in sorted(sizes))
        return heapq.merge(usual, sorted(others))

    def anchors(self) -> list[list[str]]:
        """Return for each anchor its files of signed notes, the oldest first."""
        found: dict[str, list[str]] = {}
        for name in self.names(ANCHORS):
            if name.endswith((".txt", ".log", f"/{CHECKPOINT}")):
                found.setdefault(name.split("/")[1], []).append(name)
        return [sorted(names, key=_by_age) for names in found.values()]

    def notes_in(self, name: str) -> Iterator[tuple[str, bytes]]:
        """Give the notes in a file of an anchor, each with where it stands: in a day's file there are many."""
        if not name.endswith(".log"):
            yield name, self.note(name)
            return
        text: list[bytes] = []
        is_signed = False
        began = 0
        for count, line in enumerate(self.lines(name), 1):
            is_signature = line.startswith("— ".encode())
            if is_signed and not is_signature:
                yield f"{name}:{began}", b"".join(text)
                text, is_signed = [], False
            if not text:
                if line == b"\n":
                    continue  # between two notes
                began = count
            text.append(line)
            is_signed = is_signed or is_signature
            if sum(map(len, text[-2:])) + len(text) > notes.MOST_BYTES:
                raise UnreadableError(name, f"{began} 行目からの署名文が長すぎます (too long from line {began})")
        if text:
            yield f"{name}:{began}", b"".join(text)

    def keys(self) -> dict[str, notes.VerifierKey]:
        """Return the keys in the export by their text."""
        found = {}
        for name in self.names(KEYS):
            for line in self.lines(name):
                try:
                    key = notes.VerifierKey.parse(line.decode().strip())
                except ValueError as error:
                    raise UnreadableError(name, _said(error, "検証鍵ではありません (not a key)")) from None
                found[str(key)] = key
        if not found:
            raise UnreadableError(KEYS, "検証鍵がありません (there are no keys)")
        return found

    def origins(self) -> dict[str, Origin]:
        """Return what the ledger was signed under, by name."""
        keys = self.keys()
        found: dict[str, Origin] = {}
        for row in self._rows(ORIGINS):
            try:
                origin = _origin(row, keys)
            except (KeyError, TypeError, ValueError) as error:
                raise UnreadableError(ORIGINS, _said(error, "形が違います (not a list of origins)")) from None
            if origin.name in found:
                raise UnreadableError(ORIGINS, "同じ名前が2回あります (a name stands there twice)")
            found[origin.name] = origin
        if not found:
            raise UnreadableError(ORIGINS, "名前がありません (there are no origins)")
        return found

    def pruned(self) -> list[Pruned]:
        """Return the ranges whose bodies were deleted after their period, in order."""
        if not self.has(PRUNED):
            return []
        try:
            found = [_pruned(row) for row in self._rows(PRUNED)]
        except (KeyError, TypeError, ValueError):
            raise UnreadableError(PRUNED, "形が違います (not a list of ranges)") from None
        if len({one.event for one in found}) != len(found):
            raise UnreadableError(PRUNED, "1つの記録が2つの範囲を示しています (an entry stands for two ranges)")
        return sorted(found, key=lambda one: one.first)

    def manifest(self) -> dict[str, str]:
        """Return the SHA-256 of every file by its name."""
        listed = self.json(MANIFEST, MOST_MANIFEST_BYTES)
        is_good = isinstance(listed, dict) and all(
            _PATH.fullmatch(name) and isinstance(digest, str) and _SHA256.fullmatch(digest)
            for name, digest in listed.items()
        )
        if not is_good:
            raise UnreadableError(MANIFEST, "形が違います (not a list of files and hashes)")
        return dict(listed)

    def witness(self) -> Iterator[WitnessLine]:
        """Give every line of the witnesses."""
        for name in self.names(WITNESS):
            for count, line in enumerate(self.lines(name), 1):
                if line == b"\n" or not line.endswith(b"\n"):
                    continue  # after a line that was cut off with its process, and such a line at the end
                match = _WITNESS_LINE.fullmatch(line)
                if match is None:
                    raise UnreadableError(name, f"{count} 行目の形が違います (line {count} is not a witness line)")
                at, writer, n, leaf = match.groups()
                yield WitnessLine(
                    at.decode("ascii", "replace"),
                    writer.decode(),
                    int(n),
                    bytes.fromhex(leaf.decode()),
                    f"{name}:{count}",
                )

    def tiles(self, size: int) -> tiles.TileReader:
        """Return what reads the tiles of a tree of this size."""

        def read(level: int, n: int) -> bytes:
            width = tiles.width_of(level, n, size)
            if not width:
                raise tiles.MissingTileError(level, n)
            full, partial = tiles.tile_path(level, n), tiles.tile_path(level, n, width)
            content = self._full_or_partial(full, partial, _TILE_BYTES)
            if content is None or len(content) not in (width * merkle.HASH_BYTES, _TILE_BYTES):
                raise tiles.MissingTileError(level, n)
            return content[: width * merkle.HASH_BYTES]

        return read

    def bundle(self, n: int, width: int) -> list[bytes] | None:
        """Return the bodies of the first ``width`` entries of a bundle; without a bundle, None.

        Raises :class:`tiles.MalformedBundleError` when it holds more or fewer than its name says.
        """
        content = self._full_or_partial(tiles.bundle_path(n), tiles.bundle_path(n, width), MOST_BUNDLE_BYTES)
        if content is None:
            return None
        entries = tiles.unpack(content)
        if len(entries) != width and (len(entries) != tiles.WIDTH or self.has(tiles.bundle_path(n, width))):
            message = (
                f"件数が {len(entries)} 件で、{width} 件ではありません ({len(entries)} entries instead of {width})"
            )
            raise tiles.MalformedBundleError(message)
        return entries[:width]

    def _full_or_partial(self, full: str, partial: str, most: int) -> bytes | None:
        for name in dict.fromkeys((partial, full)):
            if self.has(name):
                return self.read(name, most)
        return None

    def _rows(self, name: str) -> list[Any]:
        rows = self.json(name)
        if not isinstance(rows, list):
            raise UnreadableError(name, "一覧ではありません (not a list)")
        return rows

    def _opened(self, name: str) -> BinaryIO:
        try:
            handle = os.open(self.root / name, os.O_RDONLY | os.O_NONBLOCK)
        except (OSError, ValueError) as error:
            raise UnreadableError(name, _why(error)) from None
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise UnreadableError(name, "ファイルではありません (not a file)")
        return os.fdopen(handle, "rb")


def _origin(row: dict[str, Any], keys: dict[str, notes.VerifierKey]) -> Origin:
    name, vkey, after = row["origin"], row["vkey"], row.get("after_origin")
    if not isinstance(name, str) or not isinstance(vkey, str) or not isinstance(after, str | None):
        raise TypeError
    if vkey not in keys:
        raise notes.MalformedNoteError(
            "この名前の検証鍵が keys にありません (the key of an origin is not among the keys)"
        )
    if after is None:
        return Origin(name, keys[vkey], None, 0, None)
    size = row["after_size"]
    if not _is_position(size):
        raise TypeError
    return Origin(name, keys[vkey], after, size, notes.hash_from_base64(row["after_root"]))


def _pruned(row: dict[str, Any]) -> Pruned:
    numbers = row["first"], row["last"], row["count"], row["event"]
    months = row["months"]
    if not all(map(_is_position, numbers)) or not isinstance(months, list):
        raise TypeError
    first, last, count, event = numbers
    if not first <= last or not 1 <= count <= last - first + 1:
        raise ValueError
    return Pruned(first, last, count, tuple(map(str, months)), event)


def _by_age(name: str) -> tuple[int, str]:
    """Return what sorts an anchor's files: numbers by their size, days by date, the newest note at the end."""
    last = name.rsplit("/", 1)[1]
    number = last.removesuffix(".txt")
    if number.isascii() and number.isdecimal() and len(number) < 20:
        return int(number), name
    return (notes.MOST_LEAVES if last == CHECKPOINT else 0), name


def _is_position(value: Any) -> bool:
    return type(value) is int and 0 <= value <= notes.MOST_LEAVES


def _said(error: Exception, otherwise: str) -> str:
    return str(error) if isinstance(error, notes.MalformedNoteError) else otherwise


def _why(error: Exception) -> str:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return "ありません (it is missing)"
    reason = error.strerror if isinstance(error, OSError) else "its name is not one"
    return f"読み取れません (it cannot be read: {reason})"
