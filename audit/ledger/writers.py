"""Chains of writers: each connection of each process counts its entries and remembers the last one's hash.

An entry that is deleted before it is sealed, or is put in between, leaves a gap or a hash that does not fit. Nobody
waits for anybody: a chain belongs to one connection, and its count goes on only when a transaction has committed, so a
rollback leaves no gap. Where nobody can say whether a COMMIT arrived, the chain ends and the next one names its end.
"""

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from uuid import UUID, uuid4
from weakref import WeakKeyDictionary

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from audit.ledger import witness
from audit.ledger.body import NO_LEAF, ROOT_MARK_BYTES

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Link:
    """Where an entry stands in its writer's chain: the fields of its body that say so."""

    writer: UUID
    writer_n: int
    previous: bytes
    uncertain_writer: UUID | None
    uncertain_n: int | None
    seen_size: int | None
    seen_root: bytes | None


@dataclass(frozen=True, slots=True)
class Written:
    """An entry that the database has taken, in a transaction that is still open."""

    id: UUID
    at: datetime
    n: int
    leaf: bytes


@dataclass(slots=True)
class _Chain:
    writer: UUID = field(default_factory=uuid4)
    n: int = 0
    leaf: bytes = NO_LEAF
    uncertain_writer: UUID | None = None
    uncertain_n: int | None = None
    seen_size: int | None = None
    seen_root: bytes | None = None
    #: The transaction whose COMMIT was answered last.
    answered: str = ""
    open: list["_Piece"] = field(default_factory=list)


class _Answer:
    """Django calls it when the transaction is committed, whatever was rolled back to a savepoint meanwhile."""

    def __init__(self, chain: _Chain, xid: str) -> None:
        self.chain, self.xid = chain, xid

    def __call__(self) -> None:
        self.chain.answered = self.xid


class _Piece:
    """Entries of one statement. Django calls it when they are committed, and forgets it when they are rolled back."""

    def __init__(self, chain: _Chain, written: Sequence[Written], xid: str) -> None:
        self.chain, self.written, self.xid = chain, written, xid

    def __call__(self) -> None:
        chain = self.chain
        if self not in chain.open:
            return
        # whatever was written before it in the same transaction is committed too
        for piece in chain.open[: chain.open.index(self) + 1]:
            last = piece.written[-1]
            chain.n, chain.leaf = last.n, last.leaf
            witness.write(chain.writer, piece.written)
        del chain.open[: chain.open.index(self) + 1]


_chains: WeakKeyDictionary[BaseDatabaseWrapper, _Chain] = WeakKeyDictionary()
# a child that went on counting where its parent does would look like a forger
os.register_at_fork(after_in_child=_chains.clear)


def forget() -> None:
    """Let every chain of this process end here: the next entries begin new ones."""
    _chains.clear()


class Position:
    """The next free places of the chain of ``connection``, to be filled in one statement."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection
        self.chain = _settled(connection)
        last = self.chain.open[-1].written[-1] if self.chain.open else None
        self._n, self._leaf = (last.n, last.leaf) if last else (self.chain.n, self.chain.leaf)
        self._written: list[Written] = []

    def next(self) -> Link:
        """Return where the next entry stands."""
        chain = self.chain
        is_first = self._n == 0
        return Link(
            writer=chain.writer,
            writer_n=self._n + 1,
            previous=self._leaf,
            uncertain_writer=chain.uncertain_writer if is_first else None,
            uncertain_n=chain.uncertain_n if is_first else None,
            seen_size=chain.seen_size,
            seen_root=chain.seen_root,
        )

    def fill(self, event: UUID, at: datetime, leaf: bytes) -> None:
        """Take the place for an entry with this id, time and leaf hash."""
        self._n, self._leaf = self._n + 1, leaf
        self._written.append(Written(event, at, self._n, leaf))

    def taken(self, xid: str, *, seen_size: int | None, seen_root: bytes | None) -> None:
        """Say that the database took the entries in transaction ``xid``, and which checkpoint it showed meanwhile."""
        chain = self.chain
        if seen_size is not None and seen_root is not None:
            chain.seen_size, chain.seen_root = seen_size, seen_root[:ROOT_MARK_BYTES]
        if self.connection.in_atomic_block and xid not in {piece.xid for piece in chain.open}:
            # not through on_commit(): a savepoint that is rolled back takes along what was registered inside it
            hooks = cast("list[Any]", self.connection.run_on_commit)
            hooks.append((set(), _Answer(chain, xid), True))
        piece = _Piece(chain, self._written, xid)
        chain.open.append(piece)
        transaction.on_commit(piece, using=self.connection.alias)

    def lost(self) -> None:
        """Say that nobody knows whether the database took the entries: the chain ends, the next one names its end."""
        _chains[self.connection] = _after(self.chain)


def _settled(connection: BaseDatabaseWrapper) -> _Chain:
    """Return the chain, without the entries that were rolled back since."""
    chain = _chains.get(connection)
    if chain is None:
        chain = _chains[connection] = _Chain()
        return chain
    if not chain.open:
        return chain
    kept = {id(hook[1]) for hook in connection.run_on_commit} if connection.in_atomic_block else set()
    gone = [piece for piece in chain.open if id(piece) not in kept]
    if not gone:
        return chain
    chain.open = [piece for piece in chain.open if id(piece) in kept]
    # They were rolled back, or their COMMIT was never answered. The database knows, unless it was lost meanwhile.
    became = {id(piece): _became(connection, piece) for piece in gone}
    committed = [piece for piece in gone if became[id(piece)] == "committed"]
    for piece in committed:
        last = piece.written[-1]
        chain.n, chain.leaf = last.n, last.leaf
        witness.write(chain.writer, piece.written)
    if not {"committed", "aborted", "ours"}.issuperset(became.values()):
        chain = _chains[connection] = _after(chain)
    return chain


def _after(lost: _Chain) -> _Chain:
    logger.warning("a writer's chain ended: whether its last entry was committed is not known")
    return _Chain(uncertain_writer=lost.writer, uncertain_n=lost.n + 1)


def _became(connection: BaseDatabaseWrapper, piece: _Piece) -> str:
    """Return what became of a piece that was not confirmed; one that is committed and not there is "unknown"."""
    if piece.xid == piece.chain.answered:
        return "aborted"  # rolled back to a savepoint, in a transaction that was committed
    status = _status(connection, piece.xid)
    if status != "committed":
        return status
    last = piece.written[-1]
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM audit.event WHERE id = %s AND at = %s", [last.id, last.at])
        return "committed" if cursor.fetchone() else "unknown"


def _status(connection: BaseDatabaseWrapper, xid: str) -> str:
    """Return what became of a transaction; "ours" when it is the one that is open (a savepoint was rolled back)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT CASE WHEN %s::xid8 = pg_current_xact_id_if_assigned() THEN 'ours'"
            " WHEN %s::xid8 >= pg_snapshot_xmax(pg_current_snapshot()) THEN 'unknown'"
            " ELSE coalesce(pg_xact_status(%s::xid8), 'unknown') END",
            [xid, xid, xid],
        )
        row = cursor.fetchone()
    return str(row[0]) if row else "unknown"
