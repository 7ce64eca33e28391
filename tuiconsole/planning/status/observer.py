"""Who looks, and when: what is known of a node has an age."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tuiconsole.clock import BootTime
from tuiconsole.model.node import Node, View
from tuiconsole.model.states import NodeState
from tuiconsole.planning.engine.messages import EngineReport

STALE_AFTER = 1.2
"""Seconds without a word from a node after which what it said is shown as old: two heartbeats."""


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

    def age(self, node: Node) -> float | None:
        """Seconds since the node was heard; None if it never was."""
        return max(0.0, self.now - node.seen_at) if node.seen_at else None

    def stale(self, node: Node) -> bool:
        """True if what is known of the node is old."""
        age = self.age(node)
        return node.state is not NodeState.STOPPED and age is not None and age > self.stale_after
