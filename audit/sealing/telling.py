"""How the sealer puts on record what it finds, and that it lives: named at start, since the journal stands above."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Fault:
    """Something found that should not be so. ``words`` say what, in both languages, and nothing that an entry says."""

    kind: str
    words: str
    event_id: UUID | None = None
    idx: int | None = None


class Recorder(Protocol):
    """What writes entries about the sealing, as nobody's act."""

    def raise_alarms(self, faults: Sequence[Fault]) -> None:
        """Put faults on record."""

    def beat(self, *, size: int, count: int) -> None:
        """Put on record that the sealer lives, how large the ledger is, and how many entries it took since."""


_recorder: Recorder | None = None


def declare(recorder: Recorder) -> None:
    """Name what writes the entries."""
    global _recorder
    _recorder = recorder


def recorder() -> Recorder:
    """Return what writes the entries."""
    if _recorder is None:
        message = "nobody has said how the sealing is put on record"
        raise RuntimeError(message)
    return _recorder
