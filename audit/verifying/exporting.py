"""Writes the ledger out for an auditor who has neither the office's server nor its database.

What comes of it is the directory that ``docs/ledger-format.md`` describes and ``python -m audit.offline`` verifies;
the verifier itself lies in it too. Entries are read some thousand at a time, so memory stays flat.
A directory is there as a whole or not at all.
"""

import base64
import csv
import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from audit.ledger import folder, notes, tiles
from audit.ledger.body import canonical_details
from audit.sealing import anchors, origins
from audit.verifying import inspections
from audit.verifying.reading import Connection, Ledger

#: How many positions are read at a time: a multiple of a bundle's.
PIECE: Final = 32 * tiles.WIDTH
#: What of the package an auditor needs: standard library and ``cryptography`` only.
VERIFIER: Final = (
    "__init__.py",
    "offline.py",
    "ledger/__init__.py",
    *(f"ledger/{name}.py" for name in ("body", "chains", "folder", "merkle", "notes", "proofs", "tiles", "walk")),
)
_JAPAN = timedelta(hours=9)
_COLUMNS: Final = (
    "id", "at", "action", "result", "actor_id", "actor_roles", "actor_section", "subject_kind", "subject_id",
    "subject_label", "person_id", "purpose", "explanation", "reason_hash", "details", "client", "session",
    "request_id",
)  # fmt: skip
_ROWS: Final = """
    SELECT l.idx, substr(e.body, 1, 65535), e.id::text,
           to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US') || '+00:00',
           e.action, e.result, e.actor_id::text, e.actor_roles, e.actor_section, e.subject_kind, e.subject_id,
           e.subject_label, e.person_id::text, e.purpose, e.explanation, encode(sha256(e.sealed_reason), 'hex'),
           e.details::text, host(e.client), e.session, e.request_id::text, octet_length(e.body)
    FROM audit.leaf l LEFT JOIN audit.event e ON e.id = l.event_id AND e.at = l.event_at
    WHERE l.idx >= %s AND l.idx < %s ORDER BY l.idx
"""
_DETAILS: Final = _COLUMNS.index("details")


class CannotExportError(Exception):
    """The ledger cannot be written out as asked. The text says why."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: the entries from position ``first`` to the checkpoint of ``size``."""

    first: int
    size: int
    root: bytes
    origin: str
    files: int
    #: Entries that could not be written out, each with its place: the verifier says that their bodies are missing.
    left_out: tuple[str, ...] = ()


def export(
    directory: Path,
    connection: Connection,
    *,
    from_day: date | None = None,
    to_day: date | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Exported:
    """Write everything that is signed into ``directory``, or the entries of some days (in Japan) and what proves them.

    Raises :class:`CannotExportError` when the directory holds something, nothing is signed, or no entry is of those
    days. ``progress`` is told how many positions are written and how many there will be.
    """
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise CannotExportError(f"{directory} は空ではありません。空のディレクトリか、ない名前を指定してください。")
    part = directory.with_name(f"{directory.name}.part")
    if part.exists():
        raise CannotExportError(f"{part} が残っています。中断した書き出しなら、削除してからやり直してください。")
    part.mkdir(mode=0o700, parents=True)
    try:
        exported = _Export(part, Ledger(connection), from_day, to_day, progress).write()
        if directory.exists():
            directory.rmdir()
        part.rename(directory)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return exported


class _Export:
    """One export, on its way."""

    def __init__(
        self,
        root: Path,
        ledger: Ledger,
        from_day: date | None,
        to_day: date | None,
        progress: Callable[[int, int], None] | None,
    ) -> None:
        self.root = root
        self.ledger = ledger
        self.days = (from_day, to_day) if from_day or to_day else None
        self.progress = progress or (lambda _done, _of: None)
        self.digests: dict[str, str] = {}
        self.unfit: list[str] = []

    def write(self) -> Exported:
        """Write everything."""
        # what is kept elsewhere first: the checkpoint chosen after it is then no smaller than any there
        kept = [(number, Path(one)) for number, one in enumerate(settings.KYUFU_ANCHORS, 1)]
        held = {
            f"{folder.ANCHORS}/{number}/{path.name}": _held(path) for number, place in kept for path in _files(place)
        }
        first, checkpoint, text = self._chosen()
        size = checkpoint.size
        for name, found in held.items():
            self._anchor(name, found, size)
        self._witness()
        self._put(folder.CHECKPOINT, text.encode())
        self._checkpoints(first, size)
        self._origins()
        self._tiles(size)
        self._entries(first, size)
        self._pruned(first, size)
        if self.unfit:
            self._put("left-out.txt", "".join(f"{words}\n" for words in self.unfit).encode())
        for name in VERIFIER:
            self._put(f"verifier/audit/{name}", (Path(__file__).parents[1] / name).read_bytes())
        self._put("README.txt", _readme(first, checkpoint, is_part=self.days is not None).encode())
        listed = json.dumps(dict(sorted(self.digests.items())), ensure_ascii=False, indent=0)
        (self.root / folder.MANIFEST).write_text(listed, encoding="utf-8")
        return Exported(first, size, checkpoint.root, checkpoint.origin, len(self.digests) + 1, tuple(self.unfit))

    def _chosen(self) -> tuple[int, notes.Checkpoint, str]:
        """Return where the export begins (a signed size, or 0) and the note that closes it."""
        since, until = 0, None
        if self.days:
            begins, ends = (_midnight(self.days[0]), _midnight(self.days[1] and self.days[1] + timedelta(days=1)))
            lowest, highest = self.ledger.ask(
                "SELECT min(idx), max(idx) FROM audit.leaf WHERE event_at >= coalesce(%s::timestamptz, '-infinity')"
                " AND event_at < coalesce(%s::timestamptz, 'infinity')",
                (begins, ends),
            )[0]
            if lowest is None:
                raise CannotExportError("その期間に封印した記録がありません。")
            until = highest + 1
            since = self.ledger.value("SELECT coalesce(max(size), 0) FROM audit.note WHERE size <= %s", (lowest,))
        found = self.ledger.ask(
            "SELECT text FROM audit.note WHERE %s::bigint IS NULL OR size >= %s ORDER BY CASE WHEN %s::bigint IS NULL"
            " THEN -size ELSE size END, signed_at DESC LIMIT 1",
            (until, until, until),
        ) or self.ledger.ask("SELECT text FROM audit.note ORDER BY size DESC, signed_at DESC LIMIT 1")
        if not found:
            raise CannotExportError(
                "署名したチェックポイントがまだありません。封印の処理（manage.py seal）を確認してください。"
            )
        text = str(found[0][0])
        checkpoint = notes.read_checkpoint(text)
        if until is not None and since >= checkpoint.size:
            raise CannotExportError("その期間の記録は、まだ署名されていません。数秒後にやり直してください。")
        return int(since), checkpoint, text

    def _checkpoints(self, first: int, size: int) -> None:
        taken: set[int] = set()
        for origin, at, text in self.ledger.ask(
            "SELECT origin, size, text FROM audit.note WHERE size BETWEEN %s AND %s ORDER BY size, signed_at",
            (first, size),
        ):
            word = "" if at not in taken else f"-{hashlib.sha256(origin.encode()).hexdigest()[:8]}"
            taken.add(at)
            self._put(f"{folder.CHECKPOINTS}/{at}{word}.txt", text.encode())

    def _origins(self) -> None:
        known = origins.every(self.ledger.connection)
        for number, one in enumerate(known, 1):
            self._put(f"{folder.KEYS}/{number}.vkey", f"{one.vkey}\n".encode())
        self._put_json(
            folder.ORIGINS,
            [
                {
                    "origin": one.name,
                    "vkey": one.vkey,
                    "began_at": one.began_at.astimezone(UTC).isoformat(),
                    "after_origin": one.after_origin,
                    "after_size": one.after_size,
                    "after_root": base64.b64encode(one.after_root).decode("ascii") if one.after_root else None,
                }
                for one in known
            ],
        )

    def _tiles(self, size: int) -> None:
        read = self.ledger.tiles()
        for level, n, width in tiles.tiles_of(size):
            self._put(tiles.tile_path(level, n, width), read(level, n)[: width * 32])

    def _entries(self, first: int, size: int) -> None:
        start = first - first % tiles.WIDTH
        with (self.root / folder.COLUMNS).open("w", encoding="utf-8", newline="") as file:
            out = csv.writer(file, lineterminator="\n")
            out.writerow(("position", *_COLUMNS))
            for at in range(start, size, PIECE):
                end = min(at + PIECE, size)
                bodies: list[bytes] = [b""] * (end - at)
                for row in self.ledger.ask(_ROWS, (at, end)):
                    if row[1] is not None and row[-1] > tiles.MAX_ENTRY_BYTES:
                        # only whoever owns the database can have put it there; what is left is written out
                        self.unfit.append(
                            f"位置 {row[0]}・記録 {row[2]}：本文が {row[-1]:,} バイトあり、書き出せません"
                        )
                    elif row[1] is not None:
                        bodies[row[0] - at] = bytes(row[1])
                        if row[0] >= first:
                            out.writerow(_columns(row))
                for n in range(at // tiles.WIDTH, -(-end // tiles.WIDTH)):
                    entries = bodies[n * tiles.WIDTH - at : (n + 1) * tiles.WIDTH - at]
                    if any(entries):
                        self._put(tiles.bundle_path(n, len(entries)), tiles.pack(entries))
                self.progress(end - start, size - start)
        self.digests[folder.COLUMNS] = _digest(self.root / folder.COLUMNS)

    def _pruned(self, first: int, size: int) -> None:
        """Write which months are gone, as far as entries that are exported say so."""
        found = inspections.pruned_months(self.ledger, None)
        months = {
            month: one
            for month, one in found.items()
            if one.position is not None and (one.position < size or (one.first < size and one.last >= first))
        }
        # the first days' export has no checkpoint before it, and so no reason to leave the telling entry out
        if first == 0 and any(
            one.first < size and (one.position is None or one.position >= size) for one in found.values()
        ):
            raise CannotExportError(
                "保存期間の過ぎた月が削除されています。削除したという記録が署名されてから（1分ほど後に）、"
                "期間を指定せずに書き出してください。"
            )
        if months:
            rows = [
                {
                    "first": one.first,
                    "last": one.last,
                    "count": one.count,
                    "months": [one.month],
                    "event": one.position,
                }
                for one in sorted(months.values(), key=lambda one: one.first)
            ]
            self._put_json(folder.PRUNED, rows)

    def _anchor(self, name: str, found: bytes | Path, size: int) -> None:
        """Copy what an anchor holds, but for checkpoints that come after what is exported."""
        if isinstance(found, bytes):
            if notes.read_checkpoint(found).size <= size:
                self._put(name, found)
        elif found.suffix != ".log":
            self._copy(name, found)
        elif texts := [text for text in anchors.notes_in(found) if _size_of(text) <= size]:
            self._put(name, "\n".join(texts).encode())

    def _witness(self) -> None:
        days = self.days or (None, None)
        for path in _files(Path(settings.KYUFU_WITNESS_DIR)):
            day = path.name[:10]  # of UTC
            if days[0] and day < (days[0] - timedelta(days=1)).isoformat():
                continue
            if days[1] and day > (days[1] + timedelta(days=1)).isoformat():
                continue
            self._copy(f"{folder.WITNESS}/{path.name}", path)

    def _put(self, name: str, content: bytes) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        self.digests[name] = hashlib.sha256(content).hexdigest()

    def _put_json(self, name: str, value: Any) -> None:
        self._put(name, json.dumps(value, ensure_ascii=False, indent=1).encode())

    def _copy(self, name: str, source: Path) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, path)
        self.digests[name] = _digest(path)


def _columns(row: tuple[Any, ...]) -> Iterable[str]:
    values = ["" if value is None else value for value in row[2:-1]]
    values[_DETAILS] = _details(values[_DETAILS])
    return (str(row[0]), *values)


@lru_cache(maxsize=4_096)
def _details(text: str) -> str:
    try:
        canonical = canonical_details(json.loads(text))
    except (ValueError, RecursionError):
        return text  # no body says this, and whoever verifies is told so
    return canonical if canonical != "{}" else ""


def _held(path: Path) -> bytes | Path:
    """Return the newest checkpoint as it is now; of other files only where they are, for they only grow."""
    return path.read_bytes() if path.name == anchors.NEWEST else path


def _files(directory: Path) -> Iterator[Path]:
    try:
        found = sorted(path for path in directory.iterdir() if path.is_file() and not path.name.startswith("."))
    except OSError:
        return
    yield from found


def _size_of(note: str) -> int:
    try:
        return notes.read_checkpoint(note).size
    except notes.MalformedNoteError:
        return 0  # left in, for the auditor to see


def _midnight(day: date | None) -> datetime | None:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) - _JAPAN if day else None


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _readme(first: int, checkpoint: notes.Checkpoint, *, is_part: bool) -> str:
    root = checkpoint.text().split("\n")[2]
    everything = f"verify-since ../{folder.CHECKPOINTS}/{first}.txt .." if is_part and first else ".."
    return f"""監査台帳の書き出し / An exported audit ledger

台帳 (log):   {checkpoint.origin}
件数 (size):  {checkpoint.size}
根 (root):    {root}
本文の範囲 (entries with their bodies): {first} ～ {checkpoint.size - 1}

検証のしかた / How to verify (Python 3.11 + cryptography):

    cd verifier
    python -m audit.offline {everything}

検証鍵は、導入のときに受け取った控えを --vkey に渡してください。
書き出しの中の鍵だけでは、書き出した人を信じることになります。
Pass the key that you were handed at installation as --vkey: the keys in here prove nothing about whoever wrote this.
形式は docs/ledger-format.md、手順は docs/verifying.md にあります。
"""
