"""Whether the chains of the writers are whole: what was deleted or put in before sealing shows here. No Django.

Entries are given in the order of their positions. Two entries of one writer may be sealed the wrong way round, so one
that comes early waits for those before it; what is still missing at the end is missing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from audit.ledger.body import NO_LEAF, Body

#: How many entries of one writer may come before one that is missing, until it is said to be missing.
MOST_EARLY = 4_096
#: The same for a chain that goes on after entries not read, where nobody knows which comes next.
MOST_EARLY_AFTER_UNREAD = 64

Report = Callable[[int, UUID | None, str], None]
"""Is told what is wrong: position, event and a sentence in both languages."""


@dataclass(frozen=True, slots=True)
class Loose:
    """An entry that follows one whose body was not read: its hash must be found among the leaves not read."""

    position: int
    event_id: UUID
    previous: bytes


@dataclass(frozen=True, slots=True)
class _Link:
    position: int
    event_id: UUID
    previous: bytes
    leaf: bytes
    stretch: int


@dataclass(slots=True)
class _Chain:
    """How far a writer's chain has been followed."""

    n: int = 0
    leaf: bytes = NO_LEAF
    stretch: int = 0
    early: dict[int, _Link] = field(default_factory=dict)


class Chains:
    """All writers' chains, followed entry by entry. Holds one small record for each writer."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._chains: dict[UUID, _Chain] = {}
        self._uncertain: list[tuple[int, UUID, UUID, int, int]] = []
        self._loose: list[Loose] = []
        self._stretch = 0

    def __len__(self) -> int:
        return len(self._chains)

    def skip(self) -> None:
        """Say that entries follow whose bodies are not read: after them, chains may go on from one of those."""
        self._stretch += 1

    def take(self, position: int, body: Body, leaf: bytes) -> None:
        """Follow the chain of the entry's writer."""
        chain = self._chains.get(body.writer)
        if chain is None:
            chain = self._chains[body.writer] = _Chain()
        n = body.writer_n
        if n <= chain.n or n in chain.early:
            self._report(
                position,
                body.id,
                f"書込み系列 {body.writer.hex} の {n} 番が2件以上あるか、順番が正しくありません"
                f" (writer {body.writer.hex}: place {n} is taken twice or impossible)",
            )
            return
        if body.uncertain_writer is not None or body.uncertain_n is not None:
            self._note_uncertain(position, body)
        chain.early[n] = _Link(position, body.id, body.previous, leaf, self._stretch)
        self._follow(chain, body.writer)
        if len(chain.early) > (MOST_EARLY_AFTER_UNREAD if chain.stretch < self._stretch else MOST_EARLY):
            self._jump(chain, body.writer)

    def end(self) -> list[Loose]:
        """Report what is still missing; return the entries that follow one not read."""
        for writer, chain in self._chains.items():
            while chain.early:
                self._jump(chain, writer)
        for position, event_id, writer, n, stretch in self._uncertain:
            known = self._chains.get(writer) or _Chain()
            # what was not read since may be the rest of that chain
            if known.stretch >= stretch and known.n < n - 1:
                self._report(
                    position,
                    event_id,
                    f"前の書込み系列 {writer.hex} の {n - 1} 番までがそろっていません"
                    f" (writer {writer.hex} ended before place {n - 1}, which its successor names)",
                )
        return self._loose

    def _follow(self, chain: _Chain, writer: UUID) -> None:
        while (link := chain.early.pop(chain.n + 1, None)) is not None:
            if link.previous != chain.leaf:
                self._report(
                    link.position,
                    link.event_id,
                    f"書込み系列 {writer.hex} の直前の記録とつながりません"
                    f" (writer {writer.hex}: the hash of the entry before it does not fit)",
                )
            chain.n, chain.leaf, chain.stretch = chain.n + 1, link.leaf, link.stretch

    def _jump(self, chain: _Chain, writer: UUID) -> None:
        """Go on after what is missing: it was not read, or it is not there."""
        first = min(chain.early)
        link = chain.early[first]
        if chain.stretch < link.stretch:
            self._loose.append(Loose(link.position, link.event_id, link.previous))
        else:
            self._report(
                link.position,
                link.event_id,
                f"書込み系列 {writer.hex} の {chain.n + 1}～{first - 1} 番の記録がありません"
                f" (writer {writer.hex}: entries {chain.n + 1} to {first - 1} are missing before this one)",
            )
        chain.n, chain.leaf = first - 1, link.previous
        self._follow(chain, writer)

    def _note_uncertain(self, position: int, body: Body) -> None:
        if body.writer_n != 1 or body.uncertain_writer is None or body.uncertain_n is None or body.uncertain_n < 1:
            self._report(
                position,
                body.id,
                "前の書込み系列の示し方が正しくありません (only a first entry names an uncertain end, and wholly)",
            )
        else:
            self._uncertain.append((position, body.id, body.uncertain_writer, body.uncertain_n, self._stretch))
