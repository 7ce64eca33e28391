"""Virtual time for simulations: a heap of events and one random generator; no real clock."""

from __future__ import annotations

import random
from collections.abc import Callable
from heapq import heappop, heappush


class Broken(AssertionError):  # noqa: N818 (says what is so, not that it is an error)
    """A promise was broken."""


class Timeline:
    """What happens when. `now` is in seconds; events of one instant happen in the order they were given."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.now = 0.0
        self.events = 0
        self.story: list[tuple[float, str]] = []
        self._heap: list[tuple[float, int, Callable[..., object], tuple[object, ...]]] = []
        self._count = 0

    def at(self, when: float, handle: Callable[..., object], *given: object) -> None:
        """Have `handle(*given)` called at `when`; what is in the past happens now."""
        self._count += 1
        heappush(self._heap, (when, self._count, handle, given))

    def tell(self, what: str) -> None:
        """A line of the story that is told when a promise is broken."""
        self.story.append((self.now, what))

    def run_until(self, end: float) -> None:
        """Let time pass."""
        heap = self._heap
        while heap and heap[0][0] <= end:
            when, _, handle, given = heappop(heap)
            self.now = max(self.now, when)
            self.events += 1
            handle(*given)
        self.now = end

    def forget(self) -> None:
        """Nothing more happens."""
        self._heap.clear()
