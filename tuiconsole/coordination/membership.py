"""This node's part in the cluster, whichever engine decides: its lease, and what its asyncio loop is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from tuiconsole.clock import BootTime, boottime
from tuiconsole.coordination.coordinator import (
    Leadership,
    LeadershipListener,
    LeaseListener,
    NodeLease,
    NoQuorum,
)
from tuiconsole.coordination.leases.holder import LeaseEvent, LeaseHolder
from tuiconsole.timeouts import within

LOOK = 0.02
"""Seconds between looks at whether a maintenance has been agreed to."""


class EngineThread(Protocol):
    """The thread in which an engine, and with it the holder of the lease, lives."""

    def call(self, function: Callable[[BootTime], None]) -> None:
        """Have `function(now)` called in the engine's thread."""


class Membership:
    """What both engines' coordinators have in common. Make and use it in a running asyncio loop."""

    def __init__(self, holder: LeaseHolder, thread: EngineThread) -> None:
        self._holder = holder
        self._thread = thread
        self._left = asyncio.Event()
        self._failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._on_leadership: list[LeadershipListener] = []
        self._on_lease_event: dict[LeaseEvent, list[LeaseListener]] = {event: [] for event in LeaseEvent}

    async def until_failed(self) -> None:
        """See `Coordinator`."""
        await asyncio.shield(self._failed)

    def on_leadership(self, listener: LeadershipListener) -> None:
        """See `Coordinator`."""
        self._on_leadership.append(listener)

    # -- this node's lease -----------------------------------------------------------------------------------

    @property
    def lease(self) -> NodeLease | None:
        """See `Coordinator`."""
        lease = self._holder.lease
        return lease if lease is not None and boottime() < lease.stop_at else None

    def on_lease_gained(self, listener: LeaseListener) -> None:
        """See `Coordinator`."""
        self._on_lease_event[LeaseEvent.GAINED].append(listener)

    def on_lease_lapsing(self, listener: LeaseListener) -> None:
        """See `Coordinator`."""
        self._on_lease_event[LeaseEvent.LAPSING].append(listener)

    def on_lease_lost(self, listener: LeaseListener) -> None:
        """See `Coordinator`."""
        self._on_lease_event[LeaseEvent.LOST].append(listener)

    async def join(self) -> None:
        """See `Coordinator`."""
        self._thread.call(self._holder.join)

    def lapse(self, epoch: int) -> None:
        """See `Coordinator`."""
        self._thread.call(lambda _now: self._holder.lapse(epoch))

    @property
    def stays_until(self) -> BootTime:
        """See `LongLeases`."""
        return self._holder.stays_until(boottime())

    async def maintain(self, seconds: float, timeout: float = 2.0) -> BootTime:
        """See `LongLeases`."""
        now = boottime()
        if seconds:
            self._thread.call(lambda called: self._holder.maintain(called, seconds))
        else:
            self._thread.call(self._holder.end_maintenance)
        while (lease := self.lease) is not None and boottime() < now + timeout:
            if lease.held_until >= now + seconds if seconds else not self.stays_until:
                return lease.held_until
            await asyncio.sleep(LOOK)
        raise NoQuorum(f"the maintenance was not agreed to within {timeout:g} s")

    async def leave(self, timeout: float = 2.0) -> bool:
        """See `Coordinator`."""
        heard = self._left = asyncio.Event()
        self._thread.call(self._holder.leave)
        try:
            async with within(timeout):
                await heard.wait()
        except asyncio.TimeoutError:
            return False
        return True

    @property
    def rival_until(self) -> BootTime | None:
        """Until when another incarnation of this node's name keeps this one out; None if none does."""
        until = self._holder.rival_until
        return until if until > boottime() else None

    # -- from the engine, in the loop ------------------------------------------------------------------------

    def tell_leadership(self, leadership: Leadership | None) -> None:
        """Leadership was gained or lost."""
        for listener in self._on_leadership:
            listener(leadership)

    def tell_lease(self, event: LeaseEvent, lease: NodeLease | None) -> None:
        """The lease was gained, is lapsing, is lost, or was given up."""
        if event is LeaseEvent.LEFT:
            self._left.set()
        for listener in self._on_lease_event[event]:
            listener(lease)

    def tell_failure(self, error: BaseException) -> None:
        """The engine's thread has ended by an error."""
        if not self._failed.done():
            self._failed.set_exception(error)
            self._failed.exception()  # whoever does not wait for it finds it in the log
