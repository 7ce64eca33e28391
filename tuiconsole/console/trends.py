"""What each process has used lately, as the console has seen it: for the curves."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Sequence

import msgspec

from tuiconsole.console.picture import Picture

EVERY = 2.0
"""Seconds between two samples."""
KEPT = 150
"""Samples of a process: five minutes."""
_SLOTS = KEPT + 1
"""One more, which is being written."""
_PART = 1_000
"""Processes that are looked at in one go: a millisecond or two."""


class Usage(msgspec.Struct, frozen=True):
    """What a process used, oldest first; NaN where it did not run."""

    cpu: Sequence[float] = ()
    """Percent of a core."""
    memory: Sequence[float] = ()
    """Bytes."""


class Trends:
    """The samples of all processes that have run since the console came up.

    A process has its whole room from its first sample on: what a console takes does not grow with its curves.
    """

    def __init__(self) -> None:
        self._rings: dict[str, tuple[array[float], array[float]]] = {}
        self._slot = 0

    def sample(self, picture: Picture) -> None:
        """Take one sample of what is known now. Old data gives gaps."""
        for _ in self.sampling(picture):
            pass

    def sampling(self, picture: Picture) -> Iterator[None]:
        """The same in parts, between which other things may be done; only one sample at a time."""
        slot, stale = self._slot, picture.stale
        known: set[str] = set()
        left = _PART
        for application in picture.applications:
            for process in application.processes:
                namespec = process.namespec
                known.add(namespec)
                up = process.cpu is not None and not stale and not process.stale
                rings = self._rings.get(namespec)
                if rings is None:
                    if not up:
                        continue
                    rings = self._rings[namespec] = (_empty(), _empty())
                cpu, memory = rings
                cpu[slot] = process.cpu if up and process.cpu is not None else math.nan
                memory[slot] = process.memory if up and process.memory is not None else math.nan
            left -= len(application.processes)
            if left <= 0:
                left = _PART
                yield
        for gone in self._rings.keys() - known:
            del self._rings[gone]
        self._slot = (slot + 1) % _SLOTS

    def of(self, namespec: str) -> Usage:
        """What that process has used."""
        rings = self._rings.get(namespec)
        return Usage() if rings is None else Usage(self._ordered(rings[0]), self._ordered(rings[1]))

    def _ordered(self, ring: array[float]) -> tuple[float, ...]:
        values = (*ring[self._slot + 1 :], *ring[: self._slot])
        first = next((number for number, value in enumerate(values) if not math.isnan(value)), len(values))
        return values[first:]


def _empty() -> array[float]:
    return array("f", [math.nan]) * _SLOTS
