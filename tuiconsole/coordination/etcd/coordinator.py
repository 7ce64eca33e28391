"""The etcd engine behind `Coordinator`: for sites that run etcd already."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from typing import Any, TypeVar

from tuiconsole.clock import BootTime, boottime
from tuiconsole.coordination.coordinator import (
    VALUE_LIMIT,
    Leadership,
    LostLeadership,
    NoQuorum,
    OutcomeUnknown,
    Quorum,
    TooLarge,
    Versioned,
)
from tuiconsole.coordination.etcd.engine import EtcdEngine
from tuiconsole.coordination.etcd.lease_keeper import ETCD
from tuiconsole.coordination.etcd.records import Keys
from tuiconsole.coordination.etcd.register import Register
from tuiconsole.coordination.leases.holder import LeaseHolder
from tuiconsole.coordination.membership import Membership
from tuiconsole.coordination.participant import DeadlineWriter
from tuiconsole.coordination.voters import VoterSet
from tuiconsole.model.agreement import Agreement
from tuiconsole.settings.timing import Timing
from tuiconsole.timeouts import within

_T = TypeVar("_T")


class EtcdCoordinator(Membership):
    """A `Coordinator` on etcd. Make and use it in a running asyncio loop."""

    def __init__(
        self,
        node: str,
        incarnation: str,
        cluster: str,
        candidates: Collection[str],
        timing: Timing,
        endpoints: Sequence[str],
        on_lease: DeadlineWriter | None = None,
        resume: tuple[int, BootTime] | None = None,
        agreement: Agreement | None = None,
    ) -> None:
        """Nothing is sent before `start`.

        Args:
            node: this node's name.
            incarnation: of its shim: it outlives the agent.
            cluster: the cluster's name; its keys in etcd begin with it.
            candidates: the core nodes, which may lead.
            timing: in force.
            endpoints: of etcd, host:port.
            on_lease: writes the deadline record; called in the engine's thread at each extension.
            resume: (epoch, end of lease) that the former agent of this incarnation recorded, this boot; the
                end is 0 if that lease is over.
            agreement: what all nodes must agree on; who goes by another one is kept out.
        """
        self._loop = asyncio.get_running_loop()
        holder = LeaseHolder(node, VoterSet(cluster, [ETCD]), timing, incarnation, resume)
        self._engine = EtcdEngine(
            holder,
            timing,
            endpoints,
            Keys(cluster),
            agreement or Agreement({}, {}),
            candidates,
            lambda leadership: self._soon(lambda: self.tell_leadership(leadership)),
            lambda event, lease: self._soon(lambda: self.tell_lease(event, lease)),
            on_lease,
            lambda error: self._soon(lambda: self.tell_failure(error)),
        )
        super().__init__(holder, self._engine)

    def start(self) -> None:
        """Connect and take part."""
        self._engine.start()

    async def stop(self) -> None:
        """End the engine without leaving: the lease goes on until its end, for an agent that comes back.

        A leader resigns. Call it when this node acts no more as the leader.
        """
        await self._loop.run_in_executor(None, self._engine.stop)

    @property
    def leadership(self) -> Leadership | None:
        """See `Coordinator`."""
        return self._engine.seat.leadership(boottime())

    @property
    def leader(self) -> tuple[str, int] | None:
        """See `Coordinator`."""
        return self._engine.leader()

    async def read(self) -> Versioned:
        """See `Coordinator`."""
        value = await self._ask(lambda register: register.read())
        # Between the answer and this line the loop may have been paused.
        leadership = self.leadership
        if leadership is None or leadership.term != value.term:
            raise LostLeadership("this node does not lead")
        return value

    async def replace(self, value: bytes, expected: Versioned, timeout: float = 5.0) -> Versioned:
        """See `Coordinator`."""
        if len(value) > VALUE_LIMIT:
            raise TooLarge(f"{len(value)} bytes are more than the {VALUE_LIMIT} that the register holds")
        until = boottime() + timeout
        asked = self._engine.ask(lambda register: register.replace(value, expected, until), OutcomeUnknown)
        return await asyncio.wrap_future(asked)

    @property
    def node_epochs(self) -> Mapping[str, int]:
        """See `Coordinator`."""
        if self.leadership is None:
            return {}
        return {name: held.epoch for name, (held, _) in self._engine.observation.nodes().items()}

    @property
    def lease_ages(self) -> Mapping[str, float]:
        """See `Coordinator`."""
        if self.leadership is None:
            return {}
        now = boottime()
        nodes = self._engine.observation.nodes()
        return {name: max(0.0, now - since) for name, (held, since) in nodes.items() if held.incarnation}

    async def raise_epoch(self, node: str, timeout: float = 2.0) -> int:
        """See `Coordinator`."""
        try:
            async with within(timeout):
                return await self._ask(lambda register: register.raise_epoch(node))
        except asyncio.TimeoutError:
            raise NoQuorum(f"etcd did not answer within {timeout:g} s") from None

    @property
    def quorum(self) -> Quorum:
        """See `Coordinator`."""
        return self._engine.quorum()

    @property
    def kept_out(self) -> str | None:
        """See `Coordinator`."""
        return self._engine.concord.kept_out

    @property
    def trouble(self) -> str | None:
        """See `Coordinator`; here of any node."""
        return self._engine.trouble()

    async def _ask(self, work: Callable[[Register], Coroutine[Any, Any, _T]]) -> _T:
        return await asyncio.wrap_future(self._engine.ask(work))

    def _soon(self, call: Callable[[], None]) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(call)
