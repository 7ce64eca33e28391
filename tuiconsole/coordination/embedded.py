"""The embedded engine: the core nodes are the voters; nothing else needs to run."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Mapping
from pathlib import Path

from tuiconsole.clock import BootTime, boottime
from tuiconsole.coordination.coordinator import (
    VALUE_LIMIT,
    Conflict,
    Leadership,
    LostLeadership,
    NodeLease,
    NoQuorum,
    NotYet,
    OutcomeUnknown,
    Quorum,
    TooLarge,
    Versioned,
)
from tuiconsole.coordination.disk import OtherVoters, VoterDisk
from tuiconsole.coordination.engine import Engine
from tuiconsole.coordination.leases.holder import LeaseEvent, LeaseHolder
from tuiconsole.coordination.membership import Membership
from tuiconsole.coordination.participant import DeadlineWriter, EngineListener
from tuiconsole.coordination.paxos.acceptor import Stamp
from tuiconsole.coordination.paxos.outcomes import EpochHeld, EpochRaised, Failure, Result
from tuiconsole.coordination.transport import CoordinationSockets
from tuiconsole.coordination.voters import VoterSet
from tuiconsole.settings.timing import Timing
from tuiconsole.timeouts import within

ASKED = 2.0
"""Seconds for an answer of the engine's thread."""


class _InLoop(EngineListener):
    """Passes what the engine's thread tells into the asyncio loop."""

    def __init__(self, coordinator: EmbeddedCoordinator, loop: asyncio.AbstractEventLoop) -> None:
        self._coordinator = coordinator
        self._loop = loop

    def leadership(self, leadership: Leadership | None) -> None:
        self._soon(lambda: self._coordinator.tell_leadership(leadership))

    def lease(self, event: LeaseEvent, lease: NodeLease | None) -> None:
        self._soon(lambda: self._coordinator.tell_lease(event, lease))

    def result(self, request: int, result: Result) -> None:
        self._soon(lambda: self._coordinator.tell_result(request, result))

    def failed(self, error: BaseException) -> None:
        self._soon(lambda: self._coordinator.tell_failure(error))

    def _soon(self, call: Callable[[], None]) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(call)


class EmbeddedCoordinator(Membership):
    """A `Coordinator` on the embedded engine. Make and use it in a running asyncio loop."""

    def __init__(
        self,
        node: str,
        incarnation: str,
        cluster: str,
        voters: Mapping[str, str],
        timing: Timing,
        sockets: CoordinationSockets,
        state_dir: Path,
        on_lease: DeadlineWriter | None = None,
        resume: tuple[int, BootTime] | None = None,
        agreed: str = "",
    ) -> None:
        """Read the voter's record, if this node votes. Nothing is bound or sent before `start`.

        Args:
            node: this node's name.
            incarnation: of its shim: it outlives the agent.
            cluster: the cluster's name.
            voters: name → address (tcp://host:port) of each core node's coordination ROUTER.
            timing: in force.
            sockets: makes the sockets.
            state_dir: this node's folder; a voter keeps its record in it.
            on_lease: writes the deadline record; called in the engine's thread at each extension.
            resume: (epoch, end of lease) that the former agent of this incarnation recorded, this boot; the
                end is 0 if that lease is over.
            agreed: digest of what else all nodes must agree on; who has another one is not heard.

        Raises:
            DiskError: the voter's record cannot be used. One that names other core nodes is left as it is:
                this node does not vote then, and `trouble` says so.
        """
        self._voters = VoterSet(cluster, voters, agreed)
        disk = VoterDisk(state_dir, node, self._voters) if node in self._voters else None
        self._misfit: str | None = None
        votes_from = None
        try:
            votes_from = (disk, disk.load_or_begin()) if disk is not None else None
        except OtherVoters as error:
            self._misfit = str(error)
        holder = LeaseHolder(node, self._voters, timing, incarnation, resume)
        self._engine = Engine(
            node,
            self._voters,
            voters,
            timing,
            sockets,
            holder,
            _InLoop(self, asyncio.get_running_loop()),
            on_lease,
            votes_from,
        )
        super().__init__(holder, self._engine)
        self._requests = itertools.count(1)
        self._pending: dict[int, asyncio.Future[Result]] = {}

    def start(self) -> None:
        """Bind, connect and take part.

        Raises:
            zmq.ZMQError: this voter's address cannot be bound.
        """
        self._engine.start()

    async def stop(self) -> None:
        """End the engine without leaving: the lease goes on until its end, for an agent that comes back."""
        await asyncio.get_running_loop().run_in_executor(None, self._engine.stop)
        for future in self._pending.values():
            if not future.done():
                future.set_result(Failure.UNKNOWN)

    # -- leadership and the register -------------------------------------------------------------------------

    @property
    def leadership(self) -> Leadership | None:
        """See `Coordinator`."""
        voter = self._engine.voter
        return voter.leadership(boottime()) if voter is not None else None

    @property
    def leader(self) -> tuple[str, int] | None:
        """See `Coordinator`."""
        return self._engine.leader()

    async def read(self) -> Versioned:
        """See `Coordinator`."""
        done: asyncio.Future[Versioned | None] = asyncio.get_running_loop().create_future()
        loop = asyncio.get_running_loop()
        voter = self._engine.voter

        def read(now: BootTime) -> None:
            value = voter.read(now) if voter is not None else None
            loop.call_soon_threadsafe(lambda: None if done.done() else done.set_result(value))

        self._engine.call(read)
        try:
            async with within(1.0):
                value = await done
        except asyncio.TimeoutError:
            value = None
        # Between the answer and this line the loop may have been paused: what is read must still
        # be the latest.
        leadership = self.leadership
        if value is None or leadership is None or leadership.term != value.term:
            raise LostLeadership("this node does not lead")
        return value

    async def replace(self, value: bytes, expected: Versioned, timeout: float = 5.0) -> Versioned:
        """See `Coordinator`."""
        if len(value) > VALUE_LIMIT:
            raise TooLarge(f"{len(value)} bytes are more than the {VALUE_LIMIT} that the register holds")
        stamp = Stamp(expected.term, expected.version)

        def propose(request: int, now: BootTime) -> None:
            voter = self._engine.voter
            if voter is None:
                self.tell_later(request, Failure.LOST_LEADERSHIP)
            else:
                voter.replace(now, request, value, stamp)

        result = await self._ask(propose, timeout)
        if isinstance(result, Versioned):
            return result
        if result is Failure.LOST_LEADERSHIP:
            raise LostLeadership("this node does not lead, or no longer; nothing was written")
        if result is Failure.CONFLICT:
            raise Conflict("the register is not at the expected version; read it again")
        raise OutcomeUnknown(f"no majority of the voters answered within {timeout:g} s")

    # -- the other nodes -------------------------------------------------------------------------------------

    @property
    def node_epochs(self) -> Mapping[str, int]:
        """See `Coordinator`."""
        return self._engine.view.epochs

    @property
    def lease_ages(self) -> Mapping[str, float]:
        """See `Coordinator`."""
        return self._engine.view.ages

    async def raise_epoch(self, node: str, timeout: float = 2.0) -> int:
        """See `Coordinator`."""

        def ask(request: int, now: BootTime) -> None:
            voter = self._engine.voter
            if voter is None:
                self.tell_later(request, Failure.LOST_LEADERSHIP)
            else:
                voter.raise_epoch(now, request, node)

        result = await self._ask(ask, timeout)
        if isinstance(result, EpochRaised):
            return result.epoch
        if isinstance(result, EpochHeld):
            wait = max(0.0, result.until - boottime())
            raise NotYet(result.until, f"{node} may still hold its lease for {wait:.1f} s")
        if result is Failure.LOST_LEADERSHIP:
            raise LostLeadership("this node does not lead, or no longer")
        raise NoQuorum(f"too few voters answered within {timeout:g} s")

    async def readmit(self, node: str) -> str | None:
        """See `Readmitting`."""
        voter = self._engine.voter
        if voter is None:
            return "this node has no vote; ask a core node"
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[str | None] = loop.create_future()

        def tell(why: str | None) -> None:
            if not answer.done():
                answer.set_result(why)

        def ask(now: BootTime) -> None:
            why = voter.readmit(now, node)
            loop.call_soon_threadsafe(tell, why)

        self._engine.call(ask)
        try:
            async with within(ASKED):
                return await answer
        except asyncio.TimeoutError:
            raise NoQuorum(f"coordination did not answer within {ASKED:g} s") from None

    @property
    def quorum(self) -> Quorum:
        """See `Coordinator`."""
        return self._engine.quorum()

    @property
    def trouble(self) -> str | None:
        """See `Coordinator`."""
        voter = self._engine.voter
        return voter.trouble(boottime()) if voter is not None else self._misfit

    @property
    def kept_out(self) -> str | None:
        """See `Coordinator`."""
        return self._engine.kept_out()

    @property
    def dropped(self) -> Mapping[str, int]:
        """Messages that were dropped since the start, by reason."""
        counts = self._engine.counts.copy()
        if self._engine.voter is not None:
            counts.update(self._engine.voter.rejected.copy())
        return counts

    # -- from the engine, in the loop ------------------------------------------------------------------------

    def tell_result(self, request: int, result: Result) -> None:
        """A request has its outcome."""
        future = self._pending.pop(request, None)
        if future is not None and not future.done():
            future.set_result(result)

    def tell_later(self, request: int, result: Result) -> None:
        """As `tell_result`, from the engine's thread."""
        future = self._pending.get(request)
        if future is not None:
            future.get_loop().call_soon_threadsafe(self.tell_result, request, result)

    async def _ask(self, call: Callable[[int, BootTime], None], timeout: float) -> Result:
        request = next(self._requests)
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._pending[request] = future
        self._engine.call(lambda now: call(request, now))
        try:
            async with within(timeout):
                return await asyncio.shield(future)
        except asyncio.TimeoutError:
            self._engine.call(lambda now: self._forget(request))  # noqa: ARG005 (the engine calls with its time)
        try:
            async with within(1.0):
                return await future
        except asyncio.TimeoutError:
            self._pending.pop(request, None)
            return Failure.UNKNOWN

    def _forget(self, request: int) -> None:
        voter = self._engine.voter
        self.tell_later(request, voter.forget(request) if voter is not None else Failure.LOST_LEADERSHIP)
