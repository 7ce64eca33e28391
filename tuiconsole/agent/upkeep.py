"""What people ask of a node's coordination: maintenance, and the return of a core node without its disk."""

from __future__ import annotations

import time
from collections.abc import Callable

from tuiconsole.agent.publisher import Publisher
from tuiconsole.clock import boottime
from tuiconsole.coordination.coordinator import LongLeases, NoQuorum, Readmitting
from tuiconsole.model.events import Event
from tuiconsole.planning.engine.situation import iso
from tuiconsole.wire.replies import Failed, Maintained, Readmitted, ReplyBody

LONGEST_MAINTENANCE = 4 * 3600.0


class Upkeep:
    """Of one node. Not each engine can do it: those that cannot say so."""

    def __init__(
        self, node: str, coordinator: object, publisher: Publisher, announce: Callable[[], None]
    ) -> None:
        self._node = node
        self._coordinator = coordinator
        self._publisher = publisher
        self._announce = announce

    async def maintain(self, seconds: float, by: str) -> ReplyBody:
        """Begin or end (0 s) this node's maintenance, and have it recorded."""
        if not isinstance(self._coordinator, LongLeases):
            return Failed("refused", "this cluster's coordinator gives no long leases")
        if not 0 <= seconds <= LONGEST_MAINTENANCE:
            return Failed("usage", f"a maintenance lasts at most {LONGEST_MAINTENANCE:.0f} s")
        try:
            until = await self._coordinator.maintain(seconds)
        except NoQuorum as error:
            return Failed("no_answer", f"{self._node} cannot have its lease changed: {error}")
        what = f"begins its maintenance of {seconds:g} s" if seconds else "ends its maintenance"
        self._record(self._node, f"{self._node} {what}, {by} has asked for it")
        return Maintained(max(0.0, until - boottime()) if seconds else 0.0)

    async def readmit(self, node: str, by: str) -> ReplyBody:
        """Take a core node back that has lost its disk, and have it recorded."""
        if not isinstance(self._coordinator, Readmitting):
            return Failed("refused", "this cluster's coordinator keeps nothing on the nodes' disks")
        try:
            why = await self._coordinator.readmit(node)
        except NoQuorum as error:
            return Failed("no_answer", f"{self._node}: {error}")
        if why is not None:
            return Failed("refused", f"{self._node}: {why}")
        self._record(node, f"{by} vouches that the former disk of {node} is gone: its voter is readmitted")
        return Readmitted(node)

    def _record(self, node: str, text: str) -> None:
        self._publisher.tell(Event(iso(time.time()), self._node, "node", node, text))
        self._announce()
