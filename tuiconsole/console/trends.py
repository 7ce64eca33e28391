"""What each process has used lately, as the console has seen it: for the curves."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence

import msgspec

from tuiconsole.console.picture import Picture

EVERY = 2.0
"""Seconds between two samples."""
KEPT = 150
"""Samples of a process: five minutes."""


class Usage(msgspec.Struct, frozen=True):
    """What a process used, oldest first; NaN where it did not run."""

    cpu: Sequence[float] = ()
    """Percent of a core."""
    memory: Sequence[float] = ()
    """Bytes."""


class Trends:
    """The samples of all processes that have run since the console came up."""

    def __init__(self) -> None:
        self._cpu: dict[str, array[float]] = {}
        self._memory: dict[str, array[float]] = {}

    def sample(self, picture: Picture) -> None:
        """Take one sample of what is known now. Old data gives gaps."""
        known: set[str] = set()
        for application in picture.applications:
            for process in application.processes:
                known.add(process.namespec)
                up = process.cpu is not None and not picture.stale and not process.stale
                if not up and process.namespec not in self._cpu:
                    continue
                cpu = self._cpu.setdefault(process.namespec, array("f"))
                memory = self._memory.setdefault(process.namespec, array("f"))
                cpu.append(process.cpu if up and process.cpu is not None else math.nan)
                memory.append(float(process.memory) if up and process.memory is not None else math.nan)
                if len(cpu) > KEPT:
                    del cpu[0], memory[0]
        for gone in self._cpu.keys() - known:
            del self._cpu[gone], self._memory[gone]

    def of(self, namespec: str) -> Usage:
        """What that process has used."""
        return Usage(tuple(self._cpu.get(namespec, ())), tuple(self._memory.get(namespec, ())))
