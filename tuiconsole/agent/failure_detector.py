"""Nodes that fall silent, as the master finds them, and their epochs, which the voters raise in its name.

Silence is a suspicion only: a node is lost when the voters have agreed that its lease is over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from tuiconsole.agent.observer import Observer
from tuiconsole.clock import BootTime, boottime
from tuiconsole.coordination.coordinator import CoordinationError, Coordinator, LostLeadership, NotYet
from tuiconsole.model.node import Node
from tuiconsole.model.states import NodeState
from tuiconsole.planning.engine.messages import (
    Input,
    NodeChanged,
    NodeHeard,
    NodeLost,
    NodeSilent,
    RaiseEpoch,
)

SILENT_AFTER = 1.2
"""Seconds without a word after which the voters are asked about a node: two heartbeats. They agree only when
its lease is over, so that asking early costs nothing."""
RETRY = 0.2
"""Seconds between tries of what the voters do not agree to yet."""


class FailureDetector:
    """Of one reign.

    Args:
        node: this one, which is never silent.
        coordinator: the way to the voters.
        observer: when each node was heard last.
        give: takes what is found while nobody looks: that a node is lost, or alive after all.
    """

    def __init__(
        self, node: str, coordinator: Coordinator, observer: Observer, give: Callable[[Input], None]
    ) -> None:
        self._node = node
        self._coordinator = coordinator
        self._observer = observer
        self._give = give
        self._silent: dict[str, BootTime] = {}
        self._raising: dict[str, asyncio.Task[None]] = {}

    def look(self, now: BootTime) -> list[Input]:
        """Which nodes have fallen silent or were heard again since the last look."""
        found: list[Input] = []
        ages = self._coordinator.lease_ages
        for name, node in self._observer.view.nodes.items():
            if name == self._node or not node.seen_at:
                continue
            silent = now - node.seen_at > SILENT_AFTER or _unleased(node, ages)
            if silent and name not in self._silent and node.state is not NodeState.STOPPED:
                self._silent[name] = node.seen_at
                found.append(NodeSilent(name, node.seen_at))
            elif not silent and name in self._silent:
                del self._silent[name]
                self._stop_raising(name)
                found += (NodeHeard(name), NodeChanged(self._observer.seen(name)))
        return found

    def sign_of_life(self, name: str) -> str:
        """That a node is alive, in words; empty if nothing is heard of it."""
        node = self._observer.seen(name)
        silence = boottime() - node.seen_at
        if name != self._node and (not node.seen_at or silence >= SILENT_AFTER):
            return ""
        return f"{name} is alive: it was heard {silence:.1f} s ago; stop it, or cut it off, first"

    def begin_raising(self, command: RaiseEpoch) -> None:
        """Ask the voters until they agree, or the node is heard."""
        self._stop_raising(command.node)
        self._raising[command.node] = asyncio.get_running_loop().create_task(self._raise(command))

    def close(self) -> None:
        """Ask no more."""
        for task in self._raising.values():
            task.cancel()

    def _stop_raising(self, node: str) -> None:
        task = self._raising.pop(node, None)
        if task is not None:
            task.cancel()

    async def _raise(self, command: RaiseEpoch) -> None:
        while True:
            seen = self._observer.view.nodes[command.node]
            heard = seen.seen_at and boottime() - seen.seen_at < SILENT_AFTER
            if heard and seen.state is NodeState.RUNNING:
                self._give(NodeChanged(seen))
                return
            try:
                epoch = await self._coordinator.raise_epoch(command.node)
            except NotYet as later:
                await asyncio.sleep(max(0.01, min(RETRY * 5, later.until - boottime())))
            except LostLeadership:
                return
            except CoordinationError:
                await asyncio.sleep(RETRY)
            else:
                self._give(NodeLost(command.node, epoch))
                return


def _unleased(node: Node, ages: Mapping[str, float]) -> bool:
    """A node is heard, and no voter acknowledges it: they refuse its file, or only its way to them is cut.

    It stops what its lease covered, as a silent one does, and must not keep the grants of that either.
    """
    if node.state not in (NodeState.ISOLATED, NodeState.CHECKING):
        return False
    unknown = float("inf") if node.state is NodeState.ISOLATED else 0.0
    return ages.get(node.name, unknown) > SILENT_AFTER
