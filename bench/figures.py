"""What a measurement comes to: a figure beside its limit, or beside a peer that was measured in the same run."""

import os
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Goal:
    """What a figure has to reach: its value or its ratio to the peer, at least or at most so much."""

    of: Literal["value", "ratio"]
    sense: Literal["at least", "at most"]
    bound: float

    def is_met_by(self, number: float) -> bool:
        """Say whether ``number`` reaches it."""
        return number >= self.bound if self.sense == "at least" else number <= self.bound

    def __str__(self) -> str:
        sign = "≥" if self.sense == "at least" else "≤"
        return f"{sign} {self.bound:,g}" + (" × peer" if self.of == "ratio" else "")


def at_least(bound: float) -> Goal:
    """Ask that the value reach ``bound``."""
    return Goal("value", "at least", bound)


def at_most(bound: float) -> Goal:
    """Ask that the value stay within ``bound``."""
    return Goal("value", "at most", bound)


def share_of_peer(bound: float) -> Goal:
    """Ask that the value reach this share of the peer's."""
    return Goal("ratio", "at least", bound)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One thing that was measured several times.

    ``peer_samples`` were taken in turn with ``samples``, so that each pair met the same machine; the ratio is the
    median of the pairs' ratios.
    """

    name: str
    what: str
    unit: str
    samples: Sequence[float]
    peer: str = ""
    peer_samples: Sequence[float] = ()
    goal: Goal | None = None
    note: str = ""

    @property
    def value(self) -> float:
        """The median."""
        return statistics.median(self.samples)

    @property
    def peer_value(self) -> float | None:
        """The peer's median."""
        return statistics.median(self.peer_samples) if self.peer_samples else None

    @property
    def ratio(self) -> float | None:
        """The figure in units of its peer."""
        pairs = [own / other for own, other in zip(self.samples, self.peer_samples, strict=False) if other]
        return statistics.median(pairs) if pairs else None

    @property
    def is_met(self) -> bool | None:
        """Whether the goal is met; None without one."""
        if self.goal is None:
            return None
        number = self.value if self.goal.of == "value" else self.ratio
        return number is not None and self.goal.is_met_by(number)

    def as_json(self) -> dict[str, Any]:
        """Return all of it as plain data."""
        return {
            "name": self.name,
            "what": self.what,
            "unit": self.unit,
            "value": self.value,
            "spread": [min(self.samples), max(self.samples)],
            "samples": list(self.samples),
            "peer": self.peer or None,
            "peer_value": self.peer_value,
            "peer_samples": list(self.peer_samples),
            "ratio": self.ratio,
            "goal": str(self.goal) if self.goal else None,
            "is_met": self.is_met,
            "note": self.note or None,
        }


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that could not be measured, and why: silence would look like success."""

    name: str
    why: str

    def as_json(self) -> dict[str, Any]:
        """Return all of it as plain data."""
        return {"name": self.name, "why": self.why}


Outcome = Figure | LeftOut


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured. ``runs`` is how often each figure is taken, ``seconds`` how long one time is."""

    is_quick: bool
    runs: int
    seconds: float
    #: How many entries the search looks through.
    events: int
    #: How many entries are verified.
    verified: int

    @classmethod
    def quick(cls) -> "Scale":
        """Return what fits into three minutes."""
        return cls(is_quick=True, runs=5, seconds=0.25, events=_wanted(200_000), verified=5_000)

    @classmethod
    def whole(cls) -> "Scale":
        """Return what the figures of a release are taken with."""
        return cls(is_quick=False, runs=5, seconds=4.0, events=_wanted(5_000_000), verified=100_000)


#: What there is to measure, in the order in which it is done: the module of each has ``figures(scale)``.
SUBJECTS: Mapping[str, str] = {
    "sealing": "bench.sealing",
    "verifying": "bench.verifying",
    # leaves entries without a place in the queue, so it comes after those that look at the ledger
    "writing": "bench.writing",
    "searching": "bench.searching",
    "sign_in": "bench.sign_in_timing",
    "rewrap": "bench.rewrap",
    "juki": "bench.juki",
}
#: These open an office of their own, with settings of their own, and so have a process each; the others share one.
APART = ("juki",)


def measuring(subject: str) -> Callable[[Scale], Iterator[Outcome]]:
    """Return what measures ``subject``."""
    figures: Callable[[Scale], Iterator[Outcome]] = import_module(SUBJECTS[subject]).figures
    return figures


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest of ``values`` that ``share`` of them do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def _wanted(events: int) -> int:
    return int(os.environ.get("KYUFU_BENCH_EVENTS", "") or events)
