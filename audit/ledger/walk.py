"""One walk over an exported ledger that checks all of it, bundle by bundle, in memory that does not grow with it.

Every body is held against its leaf, every leaf and tile against the tiles above, and the root that results at each
size against every checkpoint of that size, wherever it was kept. No Django, no database.
"""

import csv
import heapq
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from itertools import islice, pairwise
from typing import Any, Protocol
from uuid import UUID

from audit.ledger import body as bodies, merkle, notes, tiles
from audit.ledger.body import Body
from audit.ledger.chains import Chains
from audit.ledger.folder import (
    ANCHORS,
    CHECKPOINT,
    COLUMNS,
    MANIFEST,
    ORIGINS,
    PRUNED,
    Folder,
    Origin,
    Pruned,
    UnreadableError,
    WitnessLine,
)

#: How far an entry's time may lie before that of an entry it must be younger than: clocks, and transactions that last.
TOLERANCE = timedelta(seconds=120)
#: What the ledger says of itself: the entries of a new name, and of a month whose period of keeping was over.
ORIGIN_RENEWED = "audit.seal.origin_renewed"
MONTH_PRUNED = "audit.month.pruned"
#: How many witness lines are held at a time.
WITNESS_LINES = 50_000

#: The ids are kept as eight bytes each, in so many parts that are sorted one by one.
WIDTH_OF_IDS = 256
_MOST_UINT64 = (1 << 64) - 1
_TOLERANCE_MICROSECONDS = TOLERANCE // timedelta(microseconds=1)


class Report(Protocol):
    """Is told each thing that is wrong, as it is found."""

    def fault(self, words: str, position: int | None = None, event: UUID | None = None, *, gap: bool = False) -> None:
        """Tell of what disagrees; ``gap`` when something is not there."""

    def unreadable(self, words: str, position: int | None = None) -> None:
        """Tell of a file that is missing or broken."""

    def notice(self, words: str) -> None:
        """Tell of what is no fault."""


@dataclass(slots=True)
class Walked:
    """What a walk has seen."""

    checkpoint: notes.Checkpoint
    entries: int = 0
    pruned: int = 0
    checkpoints: int = 0
    anchors: int = 0
    writers: int = 0
    witness_lines: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None


class Signatures:
    """Opens the notes of an export with the keys of its origins; ``pinned`` are those known from elsewhere, if any."""

    def __init__(self, folder: Folder, report: Report, pinned: frozenset[str] = frozenset()) -> None:
        self.folder = folder
        self.report = report
        self.origins: dict[str, Origin] = folder.origins()
        for origin in self.origins.values():
            if pinned and str(origin.key) not in pinned:
                report.fault(f"{origin.name} の検証鍵が控えの鍵と違います: {origin.key} (not a key that was given)")

    def opened(self, name: str, note: bytes | None = None) -> notes.Checkpoint:
        """Return the checkpoint in a note, that of the file unless given; report a signature that is not good."""
        if note is None:
            note = self.folder.note(name)
        try:
            checkpoint = notes.read_checkpoint(note)
        except notes.MalformedNoteError as error:
            raise UnreadableError(name, str(error)) from None
        origin = self.origins.get(checkpoint.origin)
        if origin is None:
            self.report.fault(f"{name}: 知らない名前の署名です (signed under a name not among the origins)")
            return checkpoint
        try:
            notes.open_checkpoint(note, [origin.key])
        except notes.BadSignatureError as error:
            self.report.fault(f"{name}: {error}")
        return checkpoint


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the root at a size is held against: a note, or (of what is no note) a root."""

    size: int
    name: str
    root: bytes | None = None
    note: bytes | None = None


class Walk:
    """Checks the entries of an export, from the beginning or from an older checkpoint to the newest."""

    def __init__(
        self,
        folder: Folder,
        report: Report,
        *,
        mac_key: bytes | None = None,
        pinned: frozenset[str] = frozenset(),
    ) -> None:
        self.folder = folder
        self.report = report
        self.mac_key = mac_key
        self.signatures = Signatures(folder, report, pinned)
        self.newest = self.signatures.opened(CHECKPOINT)
        self.size = self.newest.size
        self.since: notes.Checkpoint | None = None
        self.start = 0
        self.walked = Walked(self.newest)
        self._mended: dict[tiles.Tile, bytes] = {}
        self._stored = folder.tiles(self.size)
        self._root = lru_cache(maxsize=4096)(lambda size: tiles.edge(self._read, size).root())
        self._pruned = folder.pruned()
        self._pruned_by = {one.event: one for one in self._pruned}
        self._pruned_told: set[Pruned] = set()
        self._gone = _overlapping(self._pruned)
        self._unread: list[tuple[int, int]] = []
        self._chains = Chains(lambda position, event, words: report.fault(words, position, event, gap=True))
        self._latest = array("q")
        self._ids = [array("Q") for _ in range(WIDTH_OF_IDS)]
        self._above: list[list[bytes]] = []
        self._cited: set[tuple[str, int, bytes | None]] = set()
        self._elsewhere: list[tuple[str, notes.Checkpoint, str]] = []
        self._last_good = 0
        self._bad_from = self.size + 1
        self._wrong_seen = -1
        self._columns: _Columns | None = None
        self._wanted: Iterator[_Wanted] = iter(())
        self._upcoming: _Wanted | None = None

    def run(self, since: notes.Checkpoint | None = None) -> Walked:
        """Walk, once, and return what was seen. Raises :class:`UnreadableError` where nobody can go on."""
        if since:
            self.since, self.start, self._last_good = since, since.size, since.size
        if self.folder.has(COLUMNS):
            self._columns = _Columns(self.folder, self.report, self.start)
        if self.start > self.size:
            self.report.fault(
                f"台帳が以前より短くなっています: {self.start} 件から {self.size} 件 (the ledger has become shorter)"
            )
            return self.walked
        self._wanted = self._all_wanted()
        self._upcoming = next(self._wanted, None)
        first = self.start // tiles.WIDTH
        edge = self._edge(first * tiles.WIDTH)
        if self.start:
            self._skip(0, self.start)
        self._meet(edge, [])
        for n in range(first, -(-self.size // tiles.WIDTH)):
            self._meet(edge, self._bundle(n, edge))
        while self._upcoming:
            self._compare(self._upcoming, None)
            self._upcoming = next(self._wanted, None)
        self._finish()
        return self.walked

    # Checkpoints

    def _all_wanted(self) -> Iterator[_Wanted]:
        """Give everything that roots are held against, by size; where an anchor went back, out of order."""
        others = [_Wanted(self.size, CHECKPOINT)]
        if self.since:
            others.append(_Wanted(self.since.size, "以前のチェックポイント", self.since.root))
        others += [_Wanted(one.after_size, ORIGINS, one.after_root) for one in self._followers()]
        others.sort(key=lambda one: one.size)
        named = (_Wanted(size, name) for size, name in self.folder.checkpoints())
        anchored = [self._anchored(names) for names in self.folder.anchors()]
        merged = heapq.merge(others, *anchored, named, key=lambda one: one.size)
        return (one for one in merged if one.size >= self.start)

    def _anchored(self, names: list[str]) -> Iterator[_Wanted]:
        for name in names:
            for where, note in self.folder.notes_in(name):
                try:
                    size = notes.read_checkpoint(note).size
                except notes.MalformedNoteError as error:
                    self.report.unreadable(f"{where}: {error}")
                else:
                    yield _Wanted(size, where, note=note)

    def _meet(self, edge: merkle.Edge, leaves: list[bytes]) -> None:
        """Let the tree grow by ``leaves``, and hold its roots on the way against what is wanted at those sizes."""
        end, done = edge.size + len(leaves), 0
        while self._upcoming and self._upcoming.size <= end:
            size = self._upcoming.size
            if size > edge.size:
                part = leaves[done : done + size - edge.size]
                done += len(part)
                edge.extend(part)
            self._compare(self._upcoming, edge.root() if size == edge.size else self._root_at(size))
            self._upcoming = next(self._wanted, None)
        edge.extend(leaves[done:])

    def _followers(self) -> Iterator[Origin]:
        origins = self.signatures.origins
        for origin in origins.values():
            if origin.after_origin is None:
                continue
            if origin.after_origin not in origins:
                self.report.fault(
                    f"{origin.name}: 前の名前 {origin.after_origin} がありません (its predecessor is missing)"
                )
            yield origin
        if sum(origin.after_origin is None for origin in origins.values()) != 1:
            self.report.fault("最初の名前が1つではありません (there is not exactly one first origin)")

    def _compare(self, wanted: _Wanted, root: bytes | None) -> None:
        """Hold one checkpoint against the root at its size; None for sizes that the ledger does not reach."""
        size, name = wanted.size, wanted.name
        if wanted.root is not None:
            if root != wanted.root:
                self.report.fault(f"{name}: 根が台帳と一致しません (the root does not match)", max(size - 1, 0))
            return
        checkpoint = self.signatures.opened(name, wanted.note)
        if name.startswith(f"{ANCHORS}/"):
            self.walked.anchors += 1
        else:
            self.walked.checkpoints += 1
        if checkpoint.size != size:
            self.report.fault(f"{name}: 名前と大きさが違います (its name is not its size)")
            return
        if root == checkpoint.root:
            self._last_good = size
            return
        if root is not None and self._last_good < size:
            self._bad_from = min(self._bad_from, size)
        if root is None:
            words = f"{name}: 台帳は {self.size} 件で、{size} 件に届きません (the ledger ends before this checkpoint)"
        elif self._last_good == size:
            words = (
                f"{name}: 根が台帳とも、同じ大きさの別の署名とも一致しません"
                f" (the root matches neither the ledger nor another checkpoint of this size)"
            )
        else:
            words = (
                f"{name}: 根が台帳と一致しません。変更は {self._last_good} 件目より後、{size} 件目まで"
                f" (the root does not match: something between {self._last_good} and {size} was changed)"
            )
        if any(
            one.after_origin == checkpoint.origin and size > one.after_size for one in self.signatures.origins.values()
        ):
            self._elsewhere.append((name, checkpoint, words))
        else:
            self.report.fault(words, max(size - 1, 0))

    def _judge_elsewhere(self) -> None:
        """Pass over what an old name signed on a branch that was given up when the next name began.

        Only an entry of the ledger itself can say so, since the list of origins is signed by nobody.
        """
        followers = {one.after_origin: one for one in self.signatures.origins.values() if one.after_origin}
        for name, checkpoint, words in self._elsewhere:
            follower = followers[checkpoint.origin]
            if (checkpoint.origin, follower.after_size, follower.after_root) in self._cited:
                self.report.notice(
                    f"{name}: {follower.name} への切替えで捨てられた枝です。"
                    f"{follower.after_size} 件目より後は失われました"
                    f" (on the branch given up at {follower.after_size} when {follower.name} began)"
                )
            else:
                self.report.fault(words, max(checkpoint.size - 1, 0))

    # Entries and tiles

    def _bundle(self, n: int, edge: merkle.Edge) -> list[bytes]:
        """Check one bundle and its tile, and return the leaf hashes to go on with."""
        first = n * tiles.WIDTH
        width = tiles.width_of(0, n, self.size)
        leaves = self._tile(0, n)
        entries = None
        is_told = True
        try:
            entries = self.folder.bundle(n, width)
            if entries is None and not self._is_pruned(first, first + width):
                words = f"{tiles.bundle_path(n)}: {width} 件の本文がありません ({width} bodies are missing)"
                self.report.unreadable(words, first)
            else:
                is_told = False
        except tiles.MalformedBundleError as error:
            self.report.unreadable(f"{tiles.bundle_path(n)}: {error}", first)
        if entries is None:
            self._skip(max(first, self.start), first + width)
            if is_told and self._columns:
                self._columns.pass_over(first + width)
            computed = None
        else:
            computed = [
                merkle.leaf_hash(entry) if entry else leaf for entry, leaf in zip(entries, leaves, strict=True)
            ]
        if computed is not None and computed != leaves and self._fits(n, computed, edge):
            self._blame_tile(n, leaves, computed)
            leaves = computed
        for position, (entry, leaf) in enumerate(zip(entries or (), leaves, strict=False), first):
            if position >= self.start:
                self._entry(position, entry, leaf)
        latest = self._latest[-1] if self._latest else 0
        self._latest.append(max(latest, _microseconds(self.walked.last_at)))
        if width == tiles.WIDTH:
            self._close(0, n, merkle.complete_root(leaves))
        return leaves

    def _entry(self, position: int, entry: bytes, leaf: bytes) -> None:
        if not entry:
            if not self._is_pruned(position, position + 1):
                self.report.fault("本文がありません (the body is missing)", position, gap=True)
            self._skip(position, position + 1)
            return
        self.walked.entries += 1
        try:
            body = bodies.decode(entry)
        except bodies.MalformedBodyError as error:
            body = None
            malformed = f"本文の形式が正しくありません (malformed body: {error})"
        if merkle.leaf_hash(entry) != leaf:
            words = "本文が封印された葉と一致しません (the body does not match the sealed leaf)"
            self.report.fault(words, position, body.id if body else None)
        if body is None:
            self.report.fault(malformed, position)
            return
        if self.mac_key is not None and not bodies.is_authentic(entry, self.mac_key):
            self.report.fault("アプリの認証符号が合いません (the MAC is not the application's)", position, body.id)
        self._ids[body.id.int % WIDTH_OF_IDS].append((body.id.int ^ body.id.int >> 64) & _MOST_UINT64)
        self._time(position, body)
        self._chains.take(position, body, leaf)
        self._citations(position, body, entry)
        if self._columns:
            self._columns.compare(position, body)

    def _time(self, position: int, body: Body) -> None:
        at = body.at
        if self.walked.first_at is None or at < self.walked.first_at:
            self.walked.first_at = at
        if self.walked.last_at is None or at > self.walked.last_at:
            self.walked.last_at = at
        if body.seen_size is None:
            return
        if not 0 <= body.seen_size <= position or body.seen_root is None:
            words = f"自分より後のチェックポイント（{body.seen_size} 件）を知っています (it knows a later checkpoint)"
            self.report.fault(words, position, body.id)
            return
        # where the tree is known to be wrong its roots are too: that is said once
        is_known = body.seen_size >= self._bad_from or body.seen_size == self._wrong_seen
        if not is_known and self._root_at(body.seen_size)[: bodies.ROOT_MARK_BYTES] != body.seen_root:
            self._wrong_seen = body.seen_size
            words = (
                f"知っていたチェックポイント（{body.seen_size} 件）の根が違います (the root it had seen is another)"
            )
            self.report.fault(words, position, body.id)
        before = body.seen_size // tiles.WIDTH - self.start // tiles.WIDTH - 1
        if (
            0 <= before < len(self._latest)
            and bodies.microseconds(at) + _TOLERANCE_MICROSECONDS < self._latest[before]
        ):
            words = "知っていたチェックポイントより前の日時です (it is dated before the checkpoint it had seen)"
            self.report.fault(words, position, body.id)

    def _citations(self, position: int, body: Body, entry: bytes) -> None:
        """Note what the ledger says of itself: a new name that goes on from the old one, months that were pruned."""
        details = body.details
        is_ours = self.mac_key is None or bodies.is_authentic(entry, self.mac_key)
        if body.action == ORIGIN_RENEWED and body.result == "DONE" and is_ours:
            origin, size, root = details.get("after_origin"), details.get("after_size"), details.get("after_root")
            if isinstance(origin, str) and isinstance(size, int):
                self._cited.add((origin, size, _root(root)))
        one = self._pruned_by.get(position)
        if one is None:
            return
        if body.action == MONTH_PRUNED and body.result == "DONE" and is_ours and _says_pruned(details, one):
            self._pruned_told.add(one)
            self.report.notice(
                f"{one.months[0]} の記録 {one.count} 件は保存期間の満了で削除されています（位置 {position}）"
                f" ({one.count} entries of {one.months[0]} were pruned, as the entry at {position} says)"
            )
        else:
            words = f"{PRUNED} とこの記録の内容が違います ({PRUNED} says something else than this entry)"
            self.report.fault(words, position, body.id, gap=True)

    def _read(self, level: int, n: int) -> bytes:
        """Read a tile; where the tree has shown it to be wrong, as it ought to be."""
        return self._mended.get((level, n)) or self._stored(level, n)

    def _tile(self, level: int, n: int) -> list[bytes]:
        try:
            return tiles.hashes_of(self._read, level, n, tiles.width_of(level, n, self.size))
        except tiles.MissingTileError as error:
            raise UnreadableError(tiles.tile_path(level, n), str(error)) from None

    def _edge(self, size: int) -> merkle.Edge:
        """Return the edge where the walk begins, and take up the tiles above that have begun there."""
        try:
            edge = tiles.edge(self._read, size)
            level, hashes = 1, size // tiles.WIDTH
            while hashes:
                n, width = divmod(hashes, tiles.WIDTH)
                self._above.append(tiles.hashes_of(self._read, level, n, width) if width else [])
                level, hashes = level + 1, hashes // tiles.WIDTH
        except tiles.MissingTileError as error:
            raise UnreadableError(tiles.tile_path(error.level, error.n), str(error)) from None
        return edge

    def _root_at(self, size: int) -> bytes:
        try:
            return self._root(size)
        except tiles.MissingTileError as error:
            raise UnreadableError(tiles.tile_path(error.level, error.n), str(error)) from None

    def _fits(self, n: int, computed: list[bytes], edge: merkle.Edge) -> bool:
        """Tell whether not the bodies but the leaves in the tile were changed, as the tile above or the root says."""
        if len(computed) == tiles.WIDTH:
            return self._tile(1, n // tiles.WIDTH)[n % tiles.WIDTH] == merkle.complete_root(computed)
        whole = edge.copy()
        whole.extend(computed)
        return whole.root() == self.newest.root

    def _blame_tile(self, n: int, leaves: list[bytes], computed: list[bytes]) -> None:
        for position, (stored, right) in enumerate(zip(leaves, computed, strict=True), n * tiles.WIDTH):
            if stored != right:
                words = f"{tiles.tile_path(0, n)} の葉が本文と一致しません (the tile's leaf is not that of the body)"
                self.report.fault(words, position)
        self._mended[0, n] = b"".join(computed)

    def _close(self, level: int, n: int, root: bytes) -> None:
        """Hold the root of a full tile against the tile above it, and that one, once full, against the next."""
        while len(self._above) <= level:
            self._above.append([])
        above, at = divmod(n, tiles.WIDTH)
        row = self._above[level]
        stored = self._tile(level + 1, above)
        if stored[at] != root:
            stored[at] = root
            self._mended[level + 1, above] = b"".join(stored)
            words = f"{tiles.tile_path(level + 1, above)} の {at} 番が下の段と一致しません (hash {at} is wrong)"
            self.report.fault(words, n * tiles.WIDTH ** (level + 1))
        row.append(root)
        if len(row) == tiles.WIDTH:
            self._above[level] = []
            self._close(level + 1, above, merkle.complete_root(row))

    # What is not there

    def _skip(self, first: int, end: int) -> None:
        self._chains.skip()
        if self._unread and self._unread[-1][1] == first:
            first = self._unread.pop()[0]
        self._unread.append((first, end))

    def _is_pruned(self, first: int, end: int) -> bool:
        """Tell whether each of these entries lies in a range that was pruned, and count them there."""
        for one in self._gone:
            if one.first <= first and end - 1 <= one.last:
                one.seen += end - first
                self.walked.pruned += end - first
                return True
        return False

    def _finish(self) -> None:
        self.walked.writers = len(self._chains)
        loose = {one.previous: one for one in self._chains.end()}
        for first, end in self._unread:
            if not loose:
                break
            for n in range(first // tiles.WIDTH, -(-end // tiles.WIDTH)):
                for position, leaf in enumerate(self._tile(0, n), n * tiles.WIDTH):
                    if first <= position < end:
                        loose.pop(leaf, None)
        for link in loose.values():
            words = "書込み系列の直前の記録が見つかりません (the entry before it in its writer's chain is nowhere)"
            self.report.fault(words, link.position, link.event_id, gap=True)
        self._check_ids()
        self._check_pruned()
        self._judge_elsewhere()
        if self._columns:
            self._columns.end()

    def _check_ids(self) -> None:
        """Look for ids that two entries have; only where there may be some are the bodies read a second time."""
        twice: set[int] = set()
        for held in self._ids:
            ordered = sorted(held)
            twice.update(one for one, following in pairwise(ordered) if one == following)
        if not twice:
            return
        seen: dict[UUID, int] = {}
        for position, body in self._bodies():
            key = (body.id.int ^ body.id.int >> 64) & _MOST_UINT64
            if key in twice and (first := seen.setdefault(body.id, position)) != position:
                words = f"位置 {first} の記録と同じ記録番号です (the same id as the entry at {first})"
                self.report.fault(words, position, body.id)

    def _bodies(self) -> Iterator[tuple[int, Body]]:
        for n in range(self.start // tiles.WIDTH, -(-self.size // tiles.WIDTH)):
            first = n * tiles.WIDTH
            try:
                entries = self.folder.bundle(n, tiles.width_of(0, n, self.size)) or []
            except tiles.MalformedBundleError:
                continue  # said before
            for position, entry in enumerate(entries, first):
                try:
                    if entry and position >= self.start:
                        yield position, bodies.decode(entry)
                except bodies.MalformedBodyError:
                    continue  # said before

    def _check_pruned(self) -> None:
        for one in self._gone:
            if one.first >= self.start and (one.last >= self.size or one.seen != one.count):
                self.report.fault(
                    f"{PRUNED}: 消去は {one.count} 件のはずですが、{one.seen} 件の本文がありません"
                    f" ({one.seen} bodies are missing where {one.count} were pruned)",
                    one.first,
                    gap=True,
                )
        for told in self._pruned:
            is_pruned_itself = any(other.first <= told.event <= other.last < other.event for other in self._pruned)
            if self.start and told.event >= self.size:
                self.report.notice(
                    f"{PRUNED}: 消去を記した記録（{told.event} 番）は、この書き出しの範囲の後です。"
                    "そこまでの書き出しで確かめてください"
                    f" (the entry at {told.event} that says so lies beyond this export: verify one that reaches it)"
                )
                continue
            if told.event >= self.start and told not in self._pruned_told and not is_pruned_itself:
                words = f"消去を記した記録が {told.event} 番にありません (no entry at {told.event} says it was pruned)"
                self.report.fault(f"{PRUNED}: {words}", told.first, gap=True)


@dataclass(slots=True)
class _Gone:
    """Months that were pruned and whose entries lie among each other: how many of them should be gone, and are."""

    first: int
    last: int
    count: int
    seen: int = 0


def _overlapping(ranges: list[Pruned]) -> list[_Gone]:
    """Return the ranges, those that overlap as one: which month an entry was of, its place alone does not say."""
    joined: list[_Gone] = []
    for one in ranges:
        if joined and one.first <= joined[-1].last + 1:
            joined[-1].last = max(joined[-1].last, one.last)
            joined[-1].count += one.count
        else:
            joined.append(_Gone(one.first, one.last, one.count))
    return joined


class _Columns:
    """The searchable columns as the database had them, held against the bodies row by row."""

    def __init__(self, folder: Folder, report: Report, start: int) -> None:
        self.report = report
        self._rows = self._read(folder, start)
        self._next = next(self._rows, None)

    def compare(self, position: int, body: Body) -> None:
        """Hold the row of a position against its body."""
        while self._next and self._next[0] < position:
            self._surplus()
        if self._next is None or self._next[0] > position:
            self.report.fault(
                f"{COLUMNS} に行がありません (there is no row in {COLUMNS})", position, body.id, gap=True
            )
            return
        row = self._next[1]
        self._next = next(self._rows, None)
        if wrong := [name for name, value in row.items() if not _is_same(getattr(body, name), value)]:
            words = (
                f"検索用の列 {'、'.join(wrong)} が本文と違います (columns differ from the body: {', '.join(wrong)})"
            )
            self.report.fault(words, position, body.id)

    def pass_over(self, end: int) -> None:
        """Go on to the rows from a position: the bodies before it could not be read, which was said."""
        while self._next and self._next[0] < end:
            self._next = next(self._rows, None)

    def end(self) -> None:
        """Report the rows that no body has been found for."""
        while self._next:
            self._surplus()

    def _surplus(self) -> None:
        if self._next:
            words = f"{COLUMNS} の行に本文がありません (a row of {COLUMNS} without a body, or not in order)"
            self.report.fault(words, self._next[0], gap=True)
        self._next = next(self._rows, None)

    @staticmethod
    def _read(folder: Folder, start: int) -> Iterator[tuple[int, dict[str, str]]]:
        known = {one.name for one in fields(Body)}
        try:
            lines = (line.decode("utf-8-sig" if not at else "utf-8") for at, line in enumerate(folder.lines(COLUMNS)))
            rows = csv.DictReader(lines, strict=True)
            names = rows.fieldnames or []
            if "position" not in names or not known.issuperset(set(names) - {"position"}):
                raise UnreadableError(COLUMNS, "見出しが違います (the header is not position and fields of a body)")
            for row in rows:
                if None in row or None in row.values():
                    raise UnreadableError(
                        COLUMNS, f"{rows.line_num} 行目の列数が違います (line {rows.line_num}: columns)"
                    )
                position = notes.number(row.pop("position"))
                if position >= start:
                    yield position, row
        except (csv.Error, ValueError):
            raise UnreadableError(COLUMNS, "CSV ではありません (not CSV)") from None


def _is_same(said: Any, value: str) -> bool:
    """Tell whether a column says what a body says. An address has several ways to be written."""
    if isinstance(said, IPv4Address | IPv6Address):
        try:
            return ip_address(value) == said
        except ValueError:
            return False
    return column_text(said) == bodies.canonical_text(value)


def column_text(value: Any) -> str:
    """Return how a field of a body stands in ``columns.csv``."""
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, dict):
        return bodies.canonical_details(value) if value else ""
    return str(value)


def check_manifest(folder: Folder, report: Report) -> int:
    """Hold every file against the list of hashes; return how many there are."""
    listed = folder.manifest()
    count = 0
    for name in folder.names():
        if name == MANIFEST or "__pycache__" in name.split("/"):  # what running a verifier that lies there leaves
            continue
        count += 1
        expected = listed.pop(name, None)
        if expected is None:
            report.fault(f"{name}: {MANIFEST} にないファイルです (not in {MANIFEST})")
        elif folder.sha256(name) != expected:
            report.fault(f"{name}: 内容が {MANIFEST} と違います (changed since {MANIFEST})")
    for name in listed:
        report.unreadable(f"{name}: ありません (it is missing)")
    return count


def check_witness(folder: Folder, report: Report, size: int, last_at: datetime | None) -> int:
    """Look for the leaf of every witness line; return how many lines there are.

    Reads the leaves once for each fifty thousand lines, so that memory stays flat.
    """
    read = folder.tiles(size)
    lines = folder.witness()
    count = young = found = 0
    while held := list(islice(lines, WITNESS_LINES)):
        count += len(held)
        chunk = {line.leaf: line for line in held}
        found += len(chunk)
        for n in range(-(-size // tiles.WIDTH)):
            if not chunk:
                break
            try:
                hashes = tiles.hashes_of(read, 0, n, tiles.width_of(0, n, size))
            except tiles.MissingTileError as error:
                raise UnreadableError(tiles.tile_path(0, n), str(error)) from None
            for leaf in hashes:
                chunk.pop(leaf, None)
        found -= len(chunk)
        for line in chunk.values():
            if _is_young(line, last_at):
                young += 1
            else:
                report.fault(
                    f"{line.where}: 証人にある記録（系列 {line.writer} の {line.n} 番）が台帳にありません"
                    f" (the witness saw writer {line.writer}, entry {line.n}; the ledger has no such leaf)",
                    gap=True,
                )
    if count and found < size:
        report.notice(f"証人に行のない記録が {size - found} 件あります ({size - found} entries have no witness line)")
    if young:
        report.notice(
            f"証人の最後の {young} 件はまだ封印されていません ({young} witness lines are too young to be sealed)"
        )
    return count


def _says_pruned(details: Mapping[str, Any], one: Pruned) -> bool:
    """Tell whether an entry's details say that this month was pruned, from where and how many."""
    told = {"month": one.months[0], "first": one.first, "count": one.count} if len(one.months) == 1 else {}
    return (
        bool(told)
        and all(details.get(name) == value for name, value in told.items())
        and (details.get("last", one.last) == one.last)
    )


def _root(text: Any) -> bytes | None:
    """Return the root that is written in hex or base64, None when it is neither."""
    try:
        return bytes.fromhex(text) if len(text) == 2 * merkle.HASH_BYTES else notes.hash_from_base64(text)
    except (ValueError, TypeError, AttributeError):
        return None


def _is_young(line: WitnessLine, last_at: datetime | None) -> bool:
    try:
        at = datetime.fromisoformat(line.at)
        return last_at is None or at > last_at - TOLERANCE
    except (ValueError, TypeError, OverflowError):
        return False


def _microseconds(moment: datetime | None) -> int:
    return bodies.microseconds(moment) if moment else 0
