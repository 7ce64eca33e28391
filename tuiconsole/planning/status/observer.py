"""Who looks, and when: what is known of a node has an age."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tuiconsole.clock import BootTime
from tuiconsole.model.node import Node, View
from tuiconsole.model.states import NodeState
from tuiconsole.planning.report import EngineReport

STALE_AFTER = 1.2
"""Seconds without a word from a node after which what it said is shown as old: two heartbeats."""
FINE_FOR = 120.0
"""Seconds for which a coarse uptime grows by seconds, not minutes."""


def coarse(seconds: float) -> float:
    """An uptime in the steps in which people read it: whole seconds, and from FINE_FOR on whole minutes."""
    step = 1.0 if seconds < FINE_FOR else 60.0
    return seconds // step * step


@dataclass(frozen=True)
class Observer:
    """One observer at one moment."""

    view: View
    report: EngineReport | None
    now: BootTime
    """On the observer's CLOCK_BOOTTIME, as `Node.seen_at` is."""
    offsets: Mapping[str, float]
    """By node: seconds its machine's CLOCK_BOOTTIME is ahead of the observer's; 0 if not named."""
    stale_after: float = STALE_AFTER
    coarse: bool = False
    """Uptimes grow in steps (`coarse`): of what is told over and over, most stays the same then."""

    def age(self, node: Node) -> float | None:
        """Seconds since the node was heard; None if it never was."""
        return max(0.0, self.now - node.seen_at) if node.seen_at else None

    def uptime(self, since: BootTime, node: Node) -> float:
        """Seconds since then, on the clock of that node's machine."""
        seconds = max(0.0, self.now + self.offsets.get(node.name, 0.0) - since)
        return coarse(seconds) if self.coarse else round(seconds, 3)

    def stale(self, node: Node) -> bool:
        """True if what is known of the node is old."""
        age = self.age(node)
        return node.state is not NodeState.STOPPED and age is not None and age > self.stale_after
