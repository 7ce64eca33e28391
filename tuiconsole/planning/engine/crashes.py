"""Processes that do not stay up: those that ended unexpectedly again and again of late."""

from __future__ import annotations

from collections import deque

from tuiconsole.clock import BootTime

LIMIT = 3
"""Unexpected ends within WINDOW that make a process flap."""
WINDOW = 60.0
"""Seconds."""


class Crashes:
    """The unexpected ends of all processes of late, as one master has seen them."""

    def __init__(self) -> None:
        self._ends: dict[str, deque[BootTime]] = {}

    def ended(self, namespec: str, now: BootTime) -> None:
        """A process has ended unexpectedly."""
        self._ends.setdefault(namespec, deque(maxlen=LIMIT)).append(now)

    def flapping(self, now: BootTime) -> tuple[str, ...]:
        """Those that flap now, sorted; what is older than the window is forgotten."""
        for namespec in [name for name, ends in self._ends.items() if now - ends[-1] >= WINDOW]:
            del self._ends[namespec]
        return tuple(sorted(name for name, ends in self._ends.items() if self._flaps(ends, now)))

    def next_at(self, now: BootTime) -> BootTime | None:
        """When the next one will have stayed up long enough; None if none flaps."""
        return min((ends[0] + WINDOW for ends in self._ends.values() if self._flaps(ends, now)), default=None)

    @staticmethod
    def _flaps(ends: deque[BootTime], now: BootTime) -> bool:
        return len(ends) == LIMIT and now - ends[0] < WINDOW
