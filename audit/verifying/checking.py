"""Verifies the ledger where it lives: every entry, position, tile, root and signature, and what ought to be there.

Nothing is believed that can be computed: bodies are hashed, columns written out again, marks made anew, the tree built
up from its leaves. The database is read in pieces of some thousand positions, each by itself, so memory stays flat and
no transaction stays open; sealing goes on meanwhile, and what is sealed after the beginning is left to the next time.

A verification from a checkpoint on (``since``) reads only what follows it, and the few hashes that show the tree to
begin with it.
"""

import struct
import time
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from audit import keyfiles
from audit.ledger import body as bodies, merkle, notes, tiles
from audit.ledger.body import Body, MalformedBodyError
from audit.ledger.chains import Chains
from audit.ledger.findings import Fault, Findings
from audit.sealing import columns, origins
from audit.verifying import inspections, remembering, rows
from audit.verifying.inspections import Scope
from audit.verifying.reading import MICROSECONDS, Connection, Ledger

__all__ = ["Fault", "Progress", "Verdict", "Verification", "verify"]

#: How many positions are read at a time: a multiple of a tile's.
PIECE: Final = 32 * tiles.WIDTH
#: How far clocks may differ, in microseconds.
CLOCKS: Final = 120 * 1_000_000
#: Later than any entry, in microseconds.
FAR_AHEAD: Final = (1 << 63) - 1
#: How long an entry may have waited for its transaction while the sealer took others: longer is put in afterwards.
LATE: Final = 15 * 60 * 1_000_000
#: How many roots of checkpoints are remembered for the entries that have seen them.
REMEMBERED: Final = 50_000
#: What examining one entry may raise, whatever it holds: not what the database's driver raises.
UNREADABLE: Final = (
    ValueError, TypeError, ArithmeticError, LookupError, RecursionError, AssertionError, struct.error,
)  # fmt: skip
#: How many leaves without an entry are remembered, since another entry may follow one of them.
MOST_LOST: Final = 100_000


_BEGAN = f"SELECT coalesce({MICROSECONDS.format('min(began_at)')}, %s) FROM audit.origin"  # noqa: S608  (a constant)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a verification is."""

    position: int
    size: int
    faults: int


@dataclass(slots=True)
class Verdict:
    """What a verification came to. ``faults`` are the first of ``fault_count``."""

    since: int
    size: int
    root: bytes
    faults: list[Fault] = field(default_factory=list)
    fault_count: int = 0
    notices: list[str] = field(default_factory=list)
    events: int = 0
    pruned: int = 0
    waiting: int = 0
    checkpoints: int = 0
    notes: int = 0
    anchored: int = 0
    writers: int = 0
    witness_lines: int = 0
    seconds: float = 0.0

    @property
    def is_good(self) -> bool:
        """Say whether nothing is wrong."""
        return self.fault_count == 0


def verify(
    connection: Connection,
    *,
    since: int | tuple[int, bytes] | None = None,
    progress: Callable[[Progress], None] | None = None,
    mac: bool = True,
) -> Verdict:
    """Verify the whole ledger, or what follows the first ``since`` entries (their root too, where it is known).

    ``connection`` may be any role's that reads the audit schema. ``mac`` says whether this machine has the key that
    entries are authenticated under. Writes nothing.
    """
    verification = Verification(connection, since=since, mac=mac)
    for step in verification.steps():
        if progress:
            progress(step)
    return verification.verdict


class Verification:
    """A verification that can be done in steps: after each, the caller may do something else."""

    def __init__(
        self, connection: Connection, *, since: int | tuple[int, bytes] | None = None, mac: bool = True
    ) -> None:
        self.ledger = Ledger(connection)
        self.findings = Findings()
        self.since: int
        self.since_root: bytes | None
        self.since, self.since_root = since if isinstance(since, tuple) else (since or 0, None)
        size, root = self.ledger.size()
        self.verdict = Verdict(self.since, size, root)
        self._mac_key = keyfiles.read("ledger-mac") if mac else None
        self._chains = Chains(lambda position, event, words: self._fault("chain_broken", words, position, event))
        self._pruned = inspections.pruned_months(self.ledger, self._mac_key)
        self._gone = inspections.gone(self._pruned)
        self._lost_months: dict[str, int] = {}
        self._lost_leaves: set[bytes] = set()
        self._roots = _Roots(self.ledger)
        self._first_at: int | None = None
        self._began_at: int = self.ledger.ask(_BEGAN, (FAR_AHEAD,))[0][0]
        self._last_gone = max((one.last for one in self._gone), default=-1)
        self._spanning: set[str] = set()

    def steps(self) -> Generator[Progress, None, None]:
        """Do it, piece by piece."""
        began = time.monotonic()
        try:
            yield from self._steps()
        finally:
            verdict = self.verdict
            verdict.faults, verdict.fault_count = self.findings.faults, self.findings.count
            verdict.notices = self.findings.notices
            verdict.seconds = time.monotonic() - began

    def _steps(self) -> Iterator[Progress]:
        size = self.verdict.size
        inspections.guards(self.ledger, self._fault)
        inspections.months(self.ledger, self._fault, self._pruned)
        if self.since > size:
            words = f"台帳（{size} 件）が、以前に検証したとき（{self.since} 件）より短くなっています"
            self._fault("ledger_shorter", words, size)
            return
        yield self._progress(self.since)
        walk = _Walk(self, size)
        for position in walk.run():
            yield self._progress(position)
        yield from self._after(walk)
        yield self._progress(size)

    def _after(self, walk: "_Walk") -> Iterator[Progress]:
        """Look for what is not in the tree: what waits, what has gone, what is kept elsewhere."""
        size, verdict = self.verdict.size, self.verdict
        if self._mac_key is None and (self._pruned or len(walk.origins) > 1):
            self._notice(
                "月の削除と台帳名の切替えの記録は、認証符号を調べていないため、書いてあるとおりに信じています"
            )
        scope = Scope(self.ledger, self._fault, self._notice, size, self._first_at if self.since else None)
        self._waiting()
        self._end_of_chains()
        verdict.writers = len(self._chains)
        for month, count in sorted(self._lost_months.items()):
            self._fault("month_missing", f"{month} の記録 {count} 件が、削除の手続きなしに失われています")
        if not self.since:
            inspections.pruned_as_told(scope, self._gone)
        inspections.leaves_beyond(scope, self._count_pruned)
        inspections.unsealed(scope)
        inspections.ids_used_twice(scope)
        remembering.remembered(scope)
        inspections.unsigned(scope)
        yield self._progress(size)
        inspections.tallies(scope, self._pruned)
        yield self._progress(size)
        inspections.unreferenced(scope, self._pruned)
        judge = inspections.Judge(scope, walk.origins, self._roots.root, self._mac_key, self._pruned)
        verdict.anchored = inspections.anchored(judge, self.since)
        inspections.last_signed(judge)
        yield self._progress(size)
        verdict.witness_lines = inspections.witnessed(scope, self._pruned)

    def _count_pruned(self) -> int:
        return sum(one.count for one in inspections.pruned_months(self.ledger, self._mac_key).values())

    def _waiting(self) -> None:
        """Follow what was sealed meanwhile, and examine what has no position yet, as the end of every chain."""
        end = self.verdict.size
        while self.ledger.size()[0] - end > inspections.MOST_WAITING // 2:
            for row in self.ledger.rows(end, end + inspections.MOST_WAITING // 2):
                self._follow(row[6:])
            end += inspections.MOST_WAITING // 2
        for row in self.ledger.tail(end, inspections.MOST_WAITING):
            if row[-1] is not None:
                self._follow(row)
                continue
            self.verdict.waiting += 1
            leaf = rows.leaf_of(row[18] or b"")
            try:
                self._examine(None, row, leaf, leaf)
            except UNREADABLE as error:
                self._unreadable(None, row[0], error)

    def _follow(self, event: rows.Row) -> None:
        """Follow the writer of an entry that is left to the next verification."""
        try:
            self._chains.take(-1, rows.said_alike(event), event[19] or b"")  # type: ignore[arg-type]  # as below
        except (rows.NotAlikeError, *UNREADABLE):
            self._chains.skip()

    def _unreadable(self, position: int | None, event_id: bytes | None, error: Exception) -> None:
        """Take down an entry that cannot be examined: whoever writes one would otherwise stop every verification."""
        self._chains.skip()
        words = f"調べられない値が入っています（{type(error).__name__}）"
        event = event_id if event_id is not None and len(event_id) == 16 else None
        self._fault("unreadable", words, position, event)

    def _end_of_chains(self) -> None:
        loose = {one.previous: one for one in self._chains.end() if one.previous not in self._lost_leaves}
        end = self.since
        width = tiles.WIDTH * tiles.WIDTH
        while loose and end > 0:
            first = max(0, end - width)
            for leaf in self._hashes(first // tiles.WIDTH, -(-end // tiles.WIDTH)):
                loose.pop(leaf, None)
            end = first
        for one in loose.values():
            if not self._pruned:
                words = "書込み系列の直前の記録が台帳のどこにもありません"
                self._fault("chain_broken", words, one.position, one.event_id)

    def _hashes(self, first: int, end: int) -> Iterator[bytes]:
        for (tile,) in self.ledger.ask(
            "SELECT hashes FROM audit.tile WHERE level = 0 AND n >= %s AND n < %s", (first, end)
        ):
            hashes = bytes(tile)
            yield from tiles.split(hashes, len(hashes) // merkle.HASH_BYTES)

    # One entry

    def _examine(self, position: int | None, event: rows.Row, leaf: bytes, of_body: bytes) -> rows.Said | None:
        """Hold an entry's columns, hash and MAC against its body; follow its writer. Return what it says."""
        body = event[18] or b""
        self.verdict.events += 1
        if event[19] != of_body:
            words = "leaf の列が、本文のハッシュと違います"
            self._fault("leaf_differs", words, position, _id_of(event))
        if self._mac_key is not None and not rows.is_authentic(body, self._mac_key):
            words = "アプリの認証符号（MAC）が合いません。このシステムが書いた記録ではありません"
            self._fault("not_authentic", words, position, _id_of(event))
        try:
            said = rows.said_alike(event)
        except rows.NotAlikeError:
            decoded = self._taken_apart(position, _id_of(event), event, body)
            if decoded is None:
                self._chains.skip()
                return None
            said = rows.said_by(decoded, bodies.microseconds(decoded.at))
        self._chains.take(-1 if position is None else position, said, leaf)  # type: ignore[arg-type]  # the names it needs
        return said

    def _taken_apart(self, position: int | None, event_id: UUID, event: rows.Row, body: bytes) -> Body | None:
        """Name the columns that differ; return the body, None when it is malformed."""
        try:
            said = bodies.decode(body)
        except MalformedBodyError as error:
            self._fault("body_malformed", f"本文の形式が正しくありません（{error}）", position, event_id)
            return None
        wrong = columns.differences(inspections.as_values(self.ledger, event), said)
        if wrong:
            words = f"列 {'、'.join(wrong)} が本文と違います"
            self._fault("columns_differ", words, position, event_id)
        return said

    def times(self, position: int, said: rows.Said, sealed: "_Sealed") -> None:
        """Ask whether the entry's time fits what it had seen, and when it was sealed."""
        if said.seen_size is not None and said.seen_root is not None:
            known = self._roots.at(said.seen_size) if 0 <= said.seen_size <= position else None
            if known is None or known.root[: bodies.ROOT_MARK_BYTES] != said.seen_root:
                words = (
                    f"書いたときに知っていたチェックポイント（{said.seen_size} 件）が、この台帳のものではありません"
                )
                self._fault("seen_differs", words, position, said.id)
            elif said.at + CLOCKS < known.at:
                words = f"日時が、知っていたチェックポイント（{said.seen_size} 件）より前です"
                self._fault("dated_before_seen", words, position, said.id)
        is_timed = said.id[6] >> 4 == 7
        # what came over from before the ledger has ids without a time
        if int.from_bytes(said.id[:6]) != said.at // 1_000 if is_timed else said.at >= self._began_at:
            self._fault("id_differs", "記録番号の中の日時が、記録の日時と違います", position, said.id)
        if position <= self._last_gone:
            self._survivor(position, said.at)
        if said.at > sealed.at + CLOCKS:
            self._fault("dated_after_sealing", "日時が、封印した時刻より後です", position, said.id)
        # the oldest is sealed first, also after a pause, and also what came over from before the ledger
        if said.at + LATE < sealed.latest_before:
            words = (
                "15分以上後の日時の記録が、先に封印されています。後から差し込まれたか、"
                "トランザクションが15分より長く開いていました"
            )
            self._fault("inserted_late", words, position, said.id)
        sealed.latest = max(sealed.latest, min(said.at, sealed.at + CLOCKS))

    def _survivor(self, position: int, at: int) -> None:
        """Ask whether an entry that is there among those of a pruned month can have been sealed beside it."""
        for one in self._pruned.values():
            if one.first <= position <= one.last and one.month not in self._spanning:
                begins, ends = inspections.bounds(one.month)
                if not begins - LATE <= at < ends + LATE:
                    self._spanning.add(one.month)
                    words = (
                        f"{one.month} として削除した範囲（位置 {one.first}～{one.last}）に、"
                        "その月から離れた日時の記録が残っています。ほかの月の記録も一緒に削除された疑いがあります"
                    )
                    self._fault("pruned_differs", words, position)

    def lost(self, position: int, event_id: UUID, at: int, leaf: bytes) -> None:
        """Take down that a sealed entry is not there: it was pruned, or it is missing."""
        self._chains.skip()
        if len(self._lost_leaves) < MOST_LOST:
            self._lost_leaves.add(leaf)
        month = inspections.month_of(at)
        if month in self._pruned and self.note_pruned(position, position + 1):
            return
        if not inspections.has_month(self.ledger, month):
            self._lost_months[month] = self._lost_months.get(month, 0) + 1
            if self._lost_months[month] == 1:
                words = f"封印した記録がありません（{month} の月の表がなく、以下その月の記録も同じです）"
                self._fault("event_missing", words, position, event_id)
        else:
            self._fault("event_missing", "封印した記録がありません（削除されています）", position, event_id)

    def examine_sealed(self, position: int, row: rows.Row, sealed: "_Sealed", of_body: bytes | None) -> None:
        """Hold one leaf and its entry against each other."""
        _idx, event_id, event_at, leaf, xid, marks = row[:6]
        event = row[6:]
        if event[0] is None:
            gone, at = UUID(bytes=bytes(event_id or b"")), rows.moment(bytes(event_at or b""))
            self.lost(position, gone, at, bytes(leaf or b""))
            return
        said = self._examine(position, event, leaf or b"", of_body or b"")
        if said is None:
            return
        if not rows.has_its_marks(event, marks):
            self._fault("marks_differ", "検索の印（facets）が本文と違います", position, said.id)
        if event[20] != xid:
            words = "トランザクション番号（xid）が、封印のときの番号と違います"
            self._fault("xid_differs", words, position, said.id)
        self.times(position, said, sealed)
        if self._first_at is None or said.at < self._first_at:
            self._first_at = said.at

    def _fault(self, kind: str, words: str, position: int | None = None, event_id: UUID | bytes | None = None) -> None:
        event = UUID(bytes=event_id) if isinstance(event_id, bytes) else event_id
        self.findings.fault(kind, words, None if position == -1 else position, event)

    def _notice(self, words: str) -> None:
        self.findings.notice(words)

    def _progress(self, position: int) -> Progress:
        return Progress(position, self.verdict.size, self.findings.count)

    # for the walk

    @property
    def report(self) -> Callable[..., None]:
        """Take down a fault."""
        return self._fault

    @property
    def unreadable(self) -> Callable[[int | None, bytes | None, Exception], None]:
        """Take down an entry that cannot be examined."""
        return self._unreadable

    @property
    def chains(self) -> Chains:
        """The writers' chains."""
        return self._chains

    @property
    def roots(self) -> "_Roots":
        """The checkpoints that entries may have seen."""
        return self._roots

    def note_pruned(self, first: int, end: int) -> bool:
        """Take down that entries are gone from where months were pruned; say whether all of these were."""
        for one in self._gone:
            if one.first <= first and end - 1 <= one.last:
                one.seen += end - first
                self.verdict.pruned += end - first
                return True
        return False


def _id_of(event: rows.Row) -> UUID:
    return UUID(bytes=bytes(event[0] or b""))


@dataclass(frozen=True, slots=True)
class _Checkpoint:
    size: int
    root: bytes
    at: int


@dataclass(slots=True)
class _Sealed:
    """When the entries at hand were sealed, and the latest time among all so far and among those sealed before."""

    at: int = 0
    latest: int = 0
    latest_before: int = 0
    size: int = -1

    def cover(self, checkpoint: _Checkpoint | None) -> None:
        """Go on to the entries that ``checkpoint`` covers first."""
        size = checkpoint.size if checkpoint else -2
        if size != self.size:
            self.size, self.at = size, checkpoint.at if checkpoint else 1 << 62
            self.latest_before = self.latest


class _Roots:
    """Roots by size: those of checkpoints lately read, others asked for."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._known: OrderedDict[int, _Checkpoint | None] = OrderedDict()
        self._computed: dict[int, bytes | None] = {}

    def remember(self, checkpoint: _Checkpoint) -> None:
        """Keep one for the entries that follow."""
        self._known[checkpoint.size] = checkpoint
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)

    def at(self, size: int) -> _Checkpoint | None:
        """Return the checkpoint of this size, None when there is none."""
        if size not in self._known:
            found = self._ledger.ask(_CHECKPOINTS.format("WHERE size = %s"), (size,))
            if not found:
                self._known[size] = None
            else:
                self.remember(_checkpoint(found[0]))
        return self._known[size]

    def root(self, size: int) -> bytes | None:
        """Return the root of the first ``size`` entries as the tiles have it, None when they do not reach there."""
        if size not in self._computed:
            if len(self._computed) > REMEMBERED:
                self._computed.clear()
            try:
                self._computed[size] = tiles.root(self._ledger.tiles(), size)
            except tiles.MissingTileError:
                self._computed[size] = None
        return self._computed[size]


_CHECKPOINTS = f"SELECT size, root, {MICROSECONDS.format('sealed_at')} FROM audit.checkpoint {{}} ORDER BY size"  # noqa: S608  (this module's)


def _checkpoint(row: tuple[Any, ...]) -> _Checkpoint:
    return _Checkpoint(row[0], bytes(row[1]), row[2])


@dataclass(frozen=True, slots=True)
class _Piece:
    """Some thousand positions with what the database has of them; the last checkpoint may lie beyond."""

    start: int
    end: int
    rows: list[tuple[bytes | None, ...]]
    checkpoints: list[_Checkpoint]
    tiles: dict[int, bytes]
    notes: dict[int, list[tuple[str, str]]]


class _Walk:
    """Goes over the positions in order and builds the tree."""

    def __init__(self, verification: Verification, size: int) -> None:
        self.verification = verification
        self.ledger = verification.ledger
        self.size = size
        self.since = verification.since
        self.origins = {one.name: one for one in origins.every(self.ledger.connection)}
        self._fault = verification.report
        self._read = self.ledger.tiles()
        self._above: list[list[bytes]] = []
        self._last_good = self.since
        self._sealed = _Sealed()
        self._followed = [one for one in self.origins.values() if one.after_size is not None]

    def run(self) -> Iterator[int]:
        """Walk; give the position reached after each piece."""
        first = self.since - self.since % tiles.WIDTH
        edge = self._edge(first)
        if self.since:
            self.verification.chains.skip()
        inspections.origins_in_line(self.origins, self._fault)
        self._sealed.latest = self._latest_before(self.since)
        with ThreadPoolExecutor(max_workers=1) as pool:
            # the database reads the next piece while this process examines one
            ahead = pool.submit(self.ledger.rows, first, min(first + PIECE, self.size))
            for start in range(first, max(self.size, first + 1), PIECE):
                end = min(start + PIECE, self.size)
                piece = self._piece(start, end, ahead.result())
                if end < self.size:
                    ahead = pool.submit(self.ledger.rows, end, min(end + PIECE, self.size))
                leaves = self._entries(piece)
                self._compare(edge, leaves, piece)
                yield end
        self._end(edge)

    def _piece(self, start: int, end: int, found: list[tuple[bytes | None, ...]]) -> "_Piece":
        """Read what belongs to a piece beside its rows."""
        hashes = self.ledger.ask(
            "SELECT n, hashes FROM audit.tile WHERE level = 0 AND n >= %s AND n < %s",
            (start // tiles.WIDTH, -(-end // tiles.WIDTH)),
        )
        tile_rows = {n: bytes(tile) for n, tile in hashes}
        return _Piece(start, end, found, self._checkpoints(start, end), tile_rows, self._notes(start, end))

    # Entries

    def _entries(self, piece: "_Piece") -> list[bytes]:
        """Examine the rows of a piece; return its leaf hashes."""
        leaves: list[bytes] = []
        tile_rows = piece.tiles
        examine, since = self.verification.examine_sealed, self.since
        upcoming = iter([*piece.checkpoints, None])
        covering, sealed = next(upcoming), self._sealed
        sealed.cover(covering)
        expected = piece.start
        for row in piece.rows:
            position = rows.number(bytes(row[0] or b""))
            if position != expected:
                if position < expected:
                    words = f"位置 {position} が2回使われています"
                    self._fault("position_twice", words, position, UUID(bytes=bytes(row[1] or b"")))
                    continue
                leaves += self._missing(expected, position, tile_rows)
            while covering is not None and covering.size <= position:
                covering = next(upcoming)
                sealed.cover(covering)
            leaf = bytes(row[3] or b"")
            leaves.append(self._agreed(position, leaf, row, tile_rows))
            if position >= since:
                try:
                    examine(position, row, sealed, self._of_body)
                except UNREADABLE as error:
                    self.verification.unreadable(position, row[1], error)
            expected = position + 1
        if expected < piece.end:
            leaves += self._missing(expected, piece.end, tile_rows)
        return leaves

    def _agreed(self, position: int, leaf: bytes, row: rows.Row, tile_rows: dict[int, bytes]) -> bytes:
        """Return the leaf to build the tree with: of the body's, the row's and the tile's, what two agree on."""
        at = position % tiles.WIDTH * merkle.HASH_BYTES
        in_tile = tile_rows.get(position // tiles.WIDTH, b"")[at : at + merkle.HASH_BYTES]
        body = row[24]
        of_body = rows.leaf_of(bytes(body)) if body is not None else None
        self._of_body = of_body
        if leaf == in_tile and of_body in (leaf, None):
            return leaf
        event_id = UUID(bytes=bytes(row[1] or b""))
        if of_body not in (leaf, in_tile, None):
            self._fault(
                "body_differs", "本文が、封印した葉と違います（本文が書き換えられています）", position, event_id
            )
        if leaf != in_tile and of_body == in_tile:
            words = "位置の表（audit.leaf）のハッシュが、本文と木のどちらとも違います"
            self._fault("leaf_row_differs", words, position, event_id)
            return in_tile
        if leaf != in_tile:
            n = position // tiles.WIDTH
            words = f"木のタイル 0/{n} の葉が、位置の表と違います"
            self._fault("tile_differs", words, position, event_id)
        return leaf

    def _missing(self, first: int, end: int, tile_rows: dict[int, bytes]) -> list[bytes]:
        """Take down that positions have no row; return what the tiles say of them, to go on with."""
        self.verification.chains.skip()
        leaves = []
        for position in range(first, end):
            n, at = divmod(position, tiles.WIDTH)
            hashes = tile_rows.get(n, b"")[at * merkle.HASH_BYTES : (at + 1) * merkle.HASH_BYTES]
            leaves.append(hashes if len(hashes) == merkle.HASH_BYTES else bytes(merkle.HASH_BYTES))
        if not self.verification.note_pruned(first, end):
            where = f"位置 {first}" if end == first + 1 else f"位置 {first}～{end - 1}"
            self._fault("position_missing", f"{where} の行がありません（{end - first} 件）", first)
        return leaves

    # Tree

    def _compare(self, edge: merkle.Edge, leaves: list[bytes], piece: "_Piece") -> None:
        """Append a piece's leaves, and hold the root at each checkpoint's size against it and against its notes."""
        start = edge.size
        for n in range(start // tiles.WIDTH, (start + len(leaves)) // tiles.WIDTH):
            at = n * tiles.WIDTH - start
            self._close(0, n, merkle.complete_root(leaves[at : at + tiles.WIDTH]))
        noted = piece.notes
        by_size = {one.size: one for one in piece.checkpoints if one.size <= piece.end}
        sizes = sorted(set(by_size) | set(noted) | self._given(start, piece.end))
        done = 0
        for size in sizes:
            edge.extend(leaves[done : size - start])
            done = size - start
            root = edge.root()
            checkpoint = by_size.get(size)
            if checkpoint is not None:
                self._hold(checkpoint, root)
            for note in noted.get(size, ()):
                self._hold_note(note, size, root)
            if size == self.since and self.verification.since_root not in (None, root):
                words = f"台帳の先頭 {size} 件の根が、以前に検証したときと違います"
                self._fault("root_differs", words, max(size - 1, 0))
            for origin in self._followed:
                if origin.after_size == size and origin.after_root != root:
                    words = f"台帳名 {origin.name} が引き継いだ根（{size} 件）が、台帳と違います"
                    self._fault("origin_differs", words, max(size - 1, 0))
        edge.extend(leaves[done:])

    def _given(self, start: int, end: int) -> set[int]:
        """Return further sizes at which a root is known from elsewhere."""
        sizes = {one.after_size for one in self._followed if one.after_size is not None}
        if self.since:
            sizes.add(self.since)
        return {size for size in sizes if start <= size <= end and size >= self.since and size > 0}

    def _hold(self, checkpoint: _Checkpoint, root: bytes) -> None:
        if checkpoint.size < self.since:
            return
        self.verification.verdict.checkpoints += 1
        self.verification.roots.remember(checkpoint)
        if root == checkpoint.root:
            self._last_good = checkpoint.size
            return
        words = (
            f"チェックポイント（{checkpoint.size} 件）の根が、台帳から計算した根と違います。"
            f"変更は位置 {self._last_good}～{checkpoint.size - 1} の間か、チェックポイントそのものにあります"
        )
        self._fault("root_differs", words, checkpoint.size - 1)

    def _notes(self, start: int, end: int) -> dict[int, list[tuple[str, str]]]:
        found: dict[int, list[tuple[str, str]]] = {}
        for origin, size, text in self.ledger.ask(
            "SELECT origin, size, text FROM audit.note WHERE size > %s AND size <= %s ORDER BY size",
            (max(start, self.since - 1), end),
        ):
            found.setdefault(size, []).append((origin, text))
        return found

    def _hold_note(self, note: tuple[str, str], size: int, root: bytes) -> None:
        name, text = note
        self.verification.verdict.notes += 1
        where = f"署名したチェックポイント（{size} 件）"
        origin = self.origins.get(name)
        if origin is None:
            self._fault("note_unsigned", f"{where}の台帳名が、登録されていません", size - 1)
            return
        try:
            said = notes.open_checkpoint(text, [origin.key])
        except (notes.MalformedNoteError, notes.BadSignatureError) as error:
            self._fault("note_unsigned", f"{where}の署名が正しくありません：{error}", size - 1)
            return
        if (said.origin, said.size) != (name, size):
            self._fault("note_differs", f"{where}の署名文が、別の件数か別の名前のものです", size - 1)
        elif said.root != root:
            self._fault("note_differs", f"{where}の根が、台帳から計算した根と違います", size - 1)

    def _checkpoints(self, start: int, end: int) -> list[_Checkpoint]:
        """Return the checkpoints of a piece, and the one that covers its last entries."""
        found = self.ledger.ask(_CHECKPOINTS.format("WHERE size > %s AND size <= %s"), (start, end))
        after = self.ledger.ask(_CHECKPOINTS.format("WHERE size > %s") + " LIMIT 1", (end,))
        return [_checkpoint(row) for row in (*found, *after)]

    def _latest_before(self, position: int) -> int:
        """Return the latest time among the entries just before a position."""
        found = self.ledger.value(
            f"SELECT {MICROSECONDS.format('max(event_at)')} FROM audit.leaf WHERE idx >= %s AND idx < %s",  # noqa: S608  (a constant)
            (position - tiles.WIDTH, position),
        )
        return int(found or 0)

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
            self._fault("tile_missing", str(error), max(size - 1, 0))
            return merkle.Edge(size, [bytes(merkle.HASH_BYTES)] * size.bit_count())
        return edge

    def _close(self, level: int, n: int, root: bytes) -> None:
        """Hold the root of a full tile against the tile above, and that one, once full, against the next."""
        while len(self._above) <= level:
            self._above.append([])
        above, at = divmod(n, tiles.WIDTH)
        row = self._above[level]
        try:
            stored = tiles.hashes_of(self._read_above, level + 1, above, at + 1)[at]
        except tiles.MissingTileError:
            stored = b""
        if stored != root:
            position = n * tiles.WIDTH ** (level + 1)
            words = f"木のタイル {level + 1}/{above} の {at} 番のハッシュが、下の段（位置 {position} から）と違います"
            self._fault("tile_differs", words, position)
        row.append(root)
        if len(row) == tiles.WIDTH:
            self._above[level] = []
            self._close(level + 1, above, merkle.complete_root(row))

    _tile: tuple[int, int, bytes] = (-1, -1, b"")
    _of_body: bytes | None = None

    def _read_above(self, level: int, n: int) -> bytes:
        """Read a tile above the leaves; the last one is asked for 256 times in a row."""
        if self._tile[:2] != (level, n) or level > 1:
            self._tile = (level, n, self._read(level, n))
        return self._tile[2]

    def _end(self, edge: merkle.Edge) -> None:
        """Compare what the tiles, on their own, say of the whole."""
        try:
            root = tiles.root(self._read, self.size)
        except tiles.MissingTileError as error:
            self._fault("tile_missing", str(error), max(self.size - 1, 0))
            return
        if edge.size == self.size and root != edge.root() and self.verification.findings.count == 0:
            self._fault("tile_differs", "木のタイルから計算した根が、台帳と違います", max(self.size - 1, 0))
