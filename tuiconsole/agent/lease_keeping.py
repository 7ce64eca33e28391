"""A node's way to its lease, and back to one after isolation.

What must end by itself is the deadman's matter; here is the second hand on it, and the way back.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging

from tuiconsole.agent.local_node import LocalNode
from tuiconsole.agent.tasks import Tasks
from tuiconsole.coordination.coordinator import NodeLease
from tuiconsole.model.events import Severity
from tuiconsole.model.process import LEASE_RAN_OUT
from tuiconsole.supervision import events as supervised
from tuiconsole.supervision.node import Supervision
from tuiconsole.timeouts import within

RETRY = 0.1
"""Seconds between tries of what must succeed before the node counts as RUNNING."""
LOOK = 2.0
"""Seconds between looks at whether it still does, without any news."""

_log = logging.getLogger(__name__)


class LeaseKeeping:
    """Keeps one node under a lease."""

    def __init__(self, local: LocalNode) -> None:
        self._local = local
        self._tasks = Tasks(_log, "the lease")

    def on_lease_gained(self, lease: NodeLease | None) -> None:
        """A lease under a new epoch."""
        local = self._local
        if lease is not None:
            local.epoch = lease.epoch
        local.due.set()
        local.changed.set()

    def on_lease_lapsing(self, _lease: NodeLease | None) -> None:
        """Isolation begins: the plugin stops what it must by itself, this is the second hand on it."""
        local = self._local
        local.tell("lease", "no majority renewed the lease: stopping what it covers", Severity.MAJOR)
        self._tasks.spawn(self._stop_covered())
        local.due.set()
        local.changed.set()

    async def keep_under_lease(self) -> None:
        """Have a lease, and supervisord obey under it, until the node leaves.

        News only say when to look. What is to be done follows from how things stand, so no news that is
        missed, or that crosses other news on its way, leaves the node where it is.
        """
        while not self._local.leaving:
            self._local.due.clear()
            pause = LOOK if await self._is_under_lease() else RETRY
            with contextlib.suppress(asyncio.TimeoutError):
                async with within(pause):
                    await self._local.due.wait()

    def close(self) -> None:
        """Stop nothing any more: the node leaves, and all of it is stopped in order."""
        self._tasks.cancel()

    async def _is_under_lease(self) -> bool:
        """Take the next step towards it; False if one more must be tried soon."""
        local = self._local
        assert local.coordinator is not None
        lease = local.coordinator.lease
        if lease is None:
            if not await self._clear():
                return False
            await local.coordinator.join()
            return True
        local.epoch = lease.epoch
        if local.isolation and local.isolated_epoch >= lease.epoch:
            local.coordinator.lapse(local.isolated_epoch)
            return False
        joined = (local.pids[1], lease.epoch)
        if local.up and local.joined != joined:
            assert local.supervision is not None
            try:
                await local.supervision.rejoin(lease.epoch)
            except (supervised.Refused, supervised.Unavailable):
                return False
            local.joined = joined
            if local.isolated_epoch < lease.epoch:
                local.isolation = ""
            local.changed.set()
        return True

    async def _clear(self) -> bool:
        """Nothing runs that the old lease covered, so a new one may be asked for.

        What isolation KEEP or ALLOW lets go on is no obstacle. The plugin knows which those are.
        """
        local = self._local
        if local.isolation not in ("", "done"):
            return False
        if local.pids[1] == 0:
            return True
        if not local.up or local.supervision is None:
            return False
        try:
            return not await self._covered(local.supervision)
        except (supervised.Refused, supervised.Unavailable):
            return False

    async def _covered(self, supervision: Supervision) -> tuple[str, ...]:
        """What is alive and may be so under a lease only."""
        try:
            return await supervision.covered()
        except supervised.Refused as refused:
            if refused.code != "bad_request":
                raise
        # A supervisord that outlived its agent's upgrade has an older plugin: all that was granted, then.
        known = self._local.processes.values()
        return tuple(one.namespec for one in known if one.token is not None and one.state.alive)

    async def _stop_covered(self) -> None:
        local, supervision = self._local, self._local.supervision
        if supervision is None:
            return
        with contextlib.suppress(supervised.Refused, supervised.Unavailable):
            for namespec in await self._covered(supervision):
                with contextlib.suppress(supervised.Refused):
                    await supervision.stop_process(
                        namespec, term=local.term, epoch=local.epoch, reason=LEASE_RAN_OUT
                    )
