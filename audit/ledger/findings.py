"""What a verification finds: faults, each with kind, place and a sentence, and what is no fault. No database."""

from dataclasses import dataclass, field
from uuid import UUID

#: As many are kept; the rest is only counted.
MOST = 1_000


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that should not be so. ``words`` say what, never what an entry says."""

    kind: str
    words: str
    position: int | None = None
    event_id: UUID | None = None

    @property
    def sentence(self) -> str:
        """The fault with its place, as one line."""
        where = []
        if self.position is not None:
            where.append(f"位置 {self.position}")
        if self.event_id is not None:
            where.append(f"記録 {self.event_id}")
        return f"{'・'.join(where)}：{self.words}" if where else self.words


@dataclass(slots=True)
class Findings:
    """Collects faults, each once, and notices."""

    faults: list[Fault] = field(default_factory=list)
    count: int = 0
    notices: list[str] = field(default_factory=list)

    def fault(self, kind: str, words: str, position: int | None = None, event_id: UUID | None = None) -> None:
        """Take down what is wrong."""
        self.count += 1
        if len(self.faults) < MOST:
            self.faults.append(Fault(kind, words, position, event_id))

    def notice(self, words: str) -> None:
        """Take down what a reader should know though nothing is wrong."""
        if words not in self.notices and len(self.notices) < MOST:
            self.notices.append(words)
