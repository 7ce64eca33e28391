"""How long to wait before supervisord is started again."""

from __future__ import annotations

DELAYS = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Seconds before the first, second, ... start in a row; the last holds for all later ones. The first is at
once: a supervisord that was killed by accident should cost nothing."""
GOOD_AFTER = 30.0
"""Seconds that supervisord must have been up for its end to count as the first again."""


class Backoff:
    """Counts ends in a row."""

    def __init__(self) -> None:
        self._ends = 0

    def ended(self, up_for: float) -> float:
        """Supervisord has ended after `up_for` seconds: the delay before its next start, seconds."""
        if up_for >= GOOD_AFTER:
            self._ends = 0
        delay = DELAYS[min(self._ends, len(DELAYS) - 1)]
        self._ends += 1
        return delay
