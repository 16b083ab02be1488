"""Makes exported ledgers of invented entries, good ones and ones that somebody has changed."""

import base64
import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv6Address
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from audit.ledger import body as bodies, merkle, notes, tiles
from audit.ledger.body import Body
from audit.ledger.walk import column_text

ORIGIN = "kyufu.example.lg.jp/ledger"
KEY = notes.SigningKey(ORIGIN, bytes(range(32)))
NEXT_KEY = notes.SigningKey(f"{ORIGIN}-2", bytes(range(1, 33)))
MAC_KEY = b"m" * 32
BEGAN_AT = datetime(2026, 4, 1, 0, 0, tzinfo=UTC)


@dataclass
class Ledger:
    """A ledger as the office would have it: bodies in their order, and the sizes at which it was signed."""

    entries: list[bytes] = field(default_factory=list)
    signed: list[tuple[int, notes.SigningKey]] = field(default_factory=list)
    origins: list[dict[str, Any]] = field(default_factory=list)
    pruned: list[dict[str, Any]] = field(default_factory=list)
    gone: set[int] = field(default_factory=set)
    witness: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = Random(5)  # noqa: S311  (invented entries)
        self._writers = [(self._id(), 0, bodies.NO_LEAF) for _ in range(3)]
        self._at = BEGAN_AT
        self._seen_root: bytes | None = None
        self.origins = [origin_row(KEY)]

    def _id(self) -> UUID:
        return UUID(int=self._random.getrandbits(128))

    @property
    def leaves(self) -> list[bytes]:
        return [merkle.leaf_hash(entry) for entry in self.entries]

    def add(self, count: int = 1, **changes: Any) -> None:
        """Append entries of three writers in turn, each with a line at the witness."""
        for _ in range(count):
            turn = len(self.entries) % len(self._writers)
            writer, n, previous = self._writers[turn]
            seen = self.signed[-1][0] if self.signed else None
            self._at += timedelta(seconds=7)
            values = {
                "id": self._id(),
                "at": self._at,
                "writer": writer,
                "writer_n": n + 1,
                "previous": previous,
                "seen_size": seen,
                "seen_root": self._seen_root,
                "action": "benefits.person.viewed",
                "result": "DONE",
                "actor_id": 17,
                "details": {"count": len(self.entries)},
                "client": IPv6Address("::ffff:192.0.2.1"),
                "salt": self._random.randbytes(bodies.SALT_BYTES),
            }
            body = Body(**(values | changes))
            entry = bodies.encode(body, MAC_KEY)
            leaf = merkle.leaf_hash(entry)
            self.entries.append(entry)
            self._writers[turn] = (body.writer, body.writer_n, leaf)
            self.witness.append(f"{body.at.isoformat()} {body.writer.hex} {body.writer_n} {leaf.hex()}\n")

    def sign(self, key: notes.SigningKey = KEY) -> None:
        """Sign the ledger as it stands."""
        self.signed.append((len(self.entries), key))
        self._seen_root = self.root(len(self.entries))[: bodies.ROOT_MARK_BYTES]

    def root(self, size: int) -> bytes:
        return merkle.root_of(self.leaves[:size])

    def event(self, position: int) -> UUID:
        return bodies.decode(self.entries[position]).id

    def note(self, size: int, key: notes.SigningKey = KEY) -> str:
        return notes.sign(notes.Checkpoint(key.verifier.name, size, self.root(size)).text(), key)

    def write(self, directory: Path, *, columns: bool = False) -> Path:
        """Write the export."""
        shutil.rmtree(directory, ignore_errors=True)
        leaves = self.leaves
        put(directory / "checkpoint", self.note(*self.signed[-1]))
        for size, key in self.signed:
            put(directory / "checkpoints" / f"{size}.txt", self.note(size, key))
            put(directory / "anchors" / "second-host" / f"{size}.txt", self.note(size, key))
        kept = [self.note(size, key) for size, key in self.signed]
        put(directory / "anchors" / "by-day" / "2026-04-01.log", "".join(f"{note}\n" for note in kept[:4]))
        put(directory / "anchors" / "by-day" / "2026-04-02.log", "".join(f"{note}\n" for note in kept[4:]))
        put(directory / "anchors" / "by-day" / "checkpoint", kept[-1])
        for number, row in enumerate(self.origins):
            put(directory / "keys" / f"{number}.vkey", f"{row['vkey']}\n")
        put(directory / "origins.json", json.dumps(self.origins))
        for (level, n), hashes in tiles.grown(tiles.from_mapping({}), 0, leaves).items():
            put(directory / tiles.tile_path(level, n, len(hashes) // 32), hashes)
        for n in range(-(-len(leaves) // tiles.WIDTH)):
            places = range(n * tiles.WIDTH, min((n + 1) * tiles.WIDTH, len(leaves)))
            if not self.gone.issuperset(places):
                bundle = tiles.pack([b"" if place in self.gone else self.entries[place] for place in places])
                put(directory / tiles.bundle_path(n, len(places)), bundle)
        put(directory / "pruned.json", json.dumps(self.pruned))
        put(directory / "witness" / "2026-04-01.100.log", "".join(self.witness))
        if columns:
            put(directory / "columns.csv", self.columns())
        return sealed(directory)

    def columns(self) -> str:
        names = ["position", "id", "at", "action", "actor_id", "person_id", "details", "client"]
        lines = [",".join(names)]
        for position, entry in enumerate(self.entries):
            body = bodies.decode(entry)
            values = [column_text(getattr(body, name)).replace('"', '""') for name in names[1:]]
            lines.append(",".join([str(position), *(f'"{value}"' for value in values)]))
        return "\r\n".join([*lines, ""])


def usual(count: int = 600, every: int = 70) -> Ledger:
    """Return a ledger that was signed every few entries and at its end."""
    ledger = Ledger()
    while len(ledger.entries) < count:
        ledger.add(min(every, count - len(ledger.entries)))
        ledger.sign()
    return ledger


def origin_row(key: notes.SigningKey, after: tuple[str, int, bytes] | None = None) -> dict[str, Any]:
    name, size, root = after or (None, None, None)
    return {
        "origin": key.verifier.name,
        "vkey": str(key.verifier),
        "began_at": BEGAN_AT.isoformat(),
        "after_origin": name,
        "after_size": size,
        "after_root": base64.b64encode(root).decode() if root else None,
    }


def put(path: Path, content: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def sealed(directory: Path) -> Path:
    """Write the list of hashes anew, as somebody who changes an export would."""
    files = sorted(path for path in directory.rglob("*") if path.is_file() and path.name != "manifest.json")
    hashes = {str(path.relative_to(directory)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    put(directory / "manifest.json", json.dumps(hashes))
    return directory


def rewritten(entry: bytes, **changes: Any) -> bytes:
    """Return an entry that says something else, under the same MAC key."""
    return bodies.encode(replace(bodies.decode(entry), **changes), MAC_KEY)


def change_file(path: Path, change: Callable[[bytes], bytes]) -> None:
    path.write_bytes(change(path.read_bytes()))


def change_entry(directory: Path, position: int, change: Callable[[bytes], bytes], size: int) -> None:
    """Change one body in its bundle, and nothing else."""
    n, at = divmod(position, tiles.WIDTH)
    path = directory / tiles.bundle_path(n, min(tiles.WIDTH, size - n * tiles.WIDTH))
    entries = tiles.unpack(path.read_bytes())
    entries[at] = change(entries[at])
    path.write_bytes(tiles.pack(entries))


def flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def swapped(entries: Sequence[bytes], one: int, other: int) -> list[bytes]:
    changed = list(entries)
    changed[one], changed[other] = changed[other], changed[one]
    return changed
