"""The heartbeat of one agent: how it stands with its node, in its time and at once when that changes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version

from tuiconsole.agent.local_node import LocalNode
from tuiconsole.agent.observer import Observer
from tuiconsole.agent.publisher import Publisher
from tuiconsole.clock import BootTime, boottime, wall_offset
from tuiconsole.coordination.coordinator import Coordinator, LongLeases
from tuiconsole.coordination.pace import Pace
from tuiconsole.model.agreement import Agreement
from tuiconsole.model.events import Severity
from tuiconsole.model.status import QuorumStatus
from tuiconsole.planning.differences import differences
from tuiconsole.timeouts import within
from tuiconsole.wire.published import Heartbeat

_log = logging.getLogger(__name__)


class Heartbeats:
    """Of one life of the agent.

    Args:
        host: of the node.
        interval: seconds between two of them.
        agreement: what this agent goes by.
        local: its node.
        coordinator: tells lease, leader and why this one does not vote.
        observer: what the others go by.
        publisher: takes the heartbeats.
        quorum: how many core nodes answer.
        began: when this life of the agent began.
    """

    def __init__(
        self,
        host: str,
        interval: float,
        agreement: Agreement,
        local: LocalNode,
        coordinator: Coordinator,
        observer: Observer,
        publisher: Publisher,
        quorum: Callable[[], QuorumStatus],
        began: BootTime,
    ) -> None:
        self._host = host
        self._interval = interval
        self._agreement = agreement
        self._local = local
        self._coordinator = coordinator
        self._long_leases = coordinator if isinstance(coordinator, LongLeases) else None
        self._observer = observer
        self._publisher = publisher
        self._quorum = quorum
        self._version = _installed()
        self._began = began
        self._differs = ""
        """In what this node's files differ from the others', as it was told last."""
        self._trouble = self._trouble_told = ""

    async def beat(self) -> None:
        """A heartbeat in its time, and at once when the node's state changes, for ever."""
        pace = Pace()
        while True:
            self._local.changed.clear()
            self.announce()
            self._tell_difference()
            self._tell_trouble()
            pace.offset = wall_offset()
            now = boottime()
            with contextlib.suppress(asyncio.TimeoutError):
                async with within(pace.after(now, self._interval) - now):
                    await self._local.changed.wait()

    def announce(self) -> None:
        """Publish one now."""
        coordinator, local = self._coordinator, self._local
        state, reason = local.state
        lease = coordinator.lease
        self._publisher.heartbeat(
            Heartbeat(
                host=self._host,
                state=state,
                reason=reason,
                epoch=local.epoch,
                incarnation=local.incarnation,
                pids=local.wire_pids(os.getpid()),
                boottime=boottime(),
                safety_digest=self._agreement.safety_digest,
                rest_digest=self._agreement.rest_digest,
                leader=coordinator.leader,
                quorum=self._quorum(),
                maintenance_until=self._long_leases.stays_until if self._long_leases else 0.0,
                version=self._version,
                agent_started_at=self._began,
                lease_until=lease.held_until if lease else 0.0,
                life=local.life,
            )
        )

    def _tell_difference(self) -> None:
        """Say once, here and to all, in what this node's files differ from the others'."""
        name = self._local.name
        leader = self._coordinator.leader
        found = differences(self._observer.view, name, leader[0] if leader else None, boottime())
        differs = found[name].words if name in found else self._coordinator.kept_out or ""
        if differs and differs != self._differs:
            _log.warning("%s: %s", name, differs)
            self._local.tell("node", f"{name}: {differs}", Severity.MINOR)
        self._differs = differs

    def _tell_trouble(self) -> None:
        """Write into the log why this core node does not vote, once that lasts for two heartbeats."""
        trouble = self._coordinator.trouble or ""
        if trouble and trouble == self._trouble and trouble != self._trouble_told:
            _log.warning("%s: %s", self._local.name, trouble)
            self._trouble_told = trouble
        self._trouble = trouble


def _installed() -> str:
    """The version of tuiconsole that runs; empty if it was never installed (a bare checkout)."""
    try:
        return version("tuiconsole")
    except PackageNotFoundError:
        return ""
