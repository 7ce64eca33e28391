"""When what is done over and over is due next: at the same instants on every node.

What all nodes send at the same instant arrives together and wakes a process once, not once for each of them:
an idle voter of six nodes uses half as much CPU. The instants are multiples of the period on the wall clock,
which hosts keep in step (NTP). Nothing else rests on it: where clocks differ, more wake-ups are the price.
"""

from __future__ import annotations

import math

from tuiconsole.clock import BootTime

EARLY = 0.25
"""Part of a period: an instant that is nearer than this is left out, or being early would repeat it."""


class Pace:
    """`offset`: seconds from the boot-time clock to the one that the nodes share; set by the driver."""

    def __init__(self, offset: float = 0.0) -> None:
        self.offset = offset

    def after(self, now: BootTime, period: float) -> BootTime:
        """The next instant: at least a quarter of a period and at most one and a quarter from now."""
        shared = now + self.offset
        instant = (math.floor(shared / period) + 1) * period
        if instant - shared < EARLY * period:
            instant += period
        return now + (instant - shared)
