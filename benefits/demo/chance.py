"""Chance that falls the same way on every machine, so that a demo office can be built again to the byte.

Only ``Random.random`` keeps its sequence from one release of Python to the next, and only whole numbers
come out the same whatever the processor; everything here is made of these two.
"""

from bisect import bisect
from collections.abc import Iterable, Sequence
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")


class Weighted(Generic[T]):
    """Things of which some are drawn more often than others."""

    def __init__(self, shares: Iterable[tuple[T, int]]) -> None:
        pairs = tuple(shares)
        self.items = tuple(item for item, _ in pairs)
        self.sums = tuple(accumulate(share for _, share in pairs))


class Dice:
    """A sequence of draws that depends on ``seed`` and on nothing else."""

    def __init__(self, seed: str) -> None:
        self._random = Random(seed).random  # noqa: S311 - people who do not exist need no secret chance

    def below(self, limit: int) -> int:
        """Return a whole number from 0 up to but not including ``limit``."""
        return int(self._random() * limit)

    def between(self, least: int, most: int) -> int:
        """Return a whole number from ``least`` to ``most``, both included."""
        return least + self.below(most - least + 1)

    def low_between(self, least: int, most: int) -> int:
        """Return a whole number from ``least`` to ``most``, the small ones more often."""
        draw = self._random()
        return least + int(draw * draw * (most - least + 1))

    def happens(self, percent: int) -> bool:
        """Tell whether something comes to pass that does so ``percent`` times in a hundred."""
        return self.below(100) < percent

    def pick(self, items: Sequence[T]) -> T:
        """Return one of the items, each as likely as the next."""
        return items[self.below(len(items))]

    def popular(self, items: Sequence[T]) -> T:
        """Return one of the items, the first ones more often."""
        draw = self._random()
        return items[int(draw * (draw + 1) / 2 * len(items))]

    def weighted(self, items: Weighted[T]) -> T:
        """Return one of the items by its share."""
        return items.items[bisect(items.sums, self.below(items.sums[-1]))]
