"""This agent's own node: its supervisord, its lease, and what of both the others are told.

It decides nothing but its own state; what runs here is the master's matter, what must stop is the deadman's.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable

import msgspec

from tuiconsole.agent.publisher import Publisher
from tuiconsole.agent.readiness import Readiness
from tuiconsole.agent.tasks import Tasks
from tuiconsole.agent.usage import UsageSampler
from tuiconsole.clock import boottime
from tuiconsole.coordination.coordinator import Coordinator, NodeLease
from tuiconsole.model.events import Event, Severity
from tuiconsole.model.node import Pids
from tuiconsole.model.process import Process
from tuiconsole.model.states import NodeState, ProcessState
from tuiconsole.planning.engine.situation import iso
from tuiconsole.supervision import events as supervised
from tuiconsole.supervision.node import Managed, OwnRules, Supervision
from tuiconsole.timeouts import within
from tuiconsole.wire.orders import (
    Command,
    CommandAdopt,
    CommandLeave,
    CommandManage,
    CommandProbe,
    CommandRelease,
    CommandStart,
    CommandStop,
    NodeOrder,
)
from tuiconsole.wire.replies import Obeyed
from tuiconsole.wire.requests import StopHere

USAGE_INTERVAL = 5.0
"""Seconds between samples of CPU and memory."""
LONG_LEAVE = 5.0
"""Seconds between two words about a leave that goes on."""
RETRY = 0.1
"""Seconds between tries of what must succeed before the node counts as RUNNING."""
PASSING = frozenset(("expired", "no_lease", "isolated", "shutting_down", "stale_epoch", "stale_term"))
"""Codes of refusals that say nothing of the program: the same order may be obeyed later, or one under the
node's new epoch, of which the master has not heard yet."""
LOOK = 2.0
"""Seconds between looks at whether it still does, without any news."""

WallClock = Callable[[], float]
"""Seconds since 1970."""

_log = logging.getLogger(__name__)


class LocalNode:
    """One node as its agent knows it. `changed` is set whenever its state may differ."""

    def __init__(
        self,
        name: str,
        publisher: Publisher,
        wall: WallClock,
        own_rules: OwnRules = OwnRules(),  # noqa: B008 (immutable)
    ) -> None:
        self.name = name
        self._own_rules = own_rules
        self._publisher = publisher
        self._wall = wall
        self.supervision: Supervision | None = None
        self.coordinator: Coordinator | None = None
        self.readiness: Readiness | None = None
        self.changed = asyncio.Event()
        self.announce: Callable[[], None] = lambda: None
        """Publishes a heartbeat now."""
        self.on_leave: Callable[[bool, float], None] = lambda _restart, _after: None
        """Ends the agent after so many seconds, whether or not for another to follow."""
        self._up = False
        self._trouble = "supervisord is being started"
        self._isolation = ""
        """The deadman's stage; empty while it rests."""
        self._isolated_epoch = 0
        """The epoch under which it acted last."""
        self._lease_epoch = 0
        self._ending = False
        """Supervisord is ending or dead, and what it ran is not proved to be gone."""
        self._supervisord = 0
        """The pid of the last one that was up."""
        self.life = ""
        """Names the life of supervisord that was heard last; a reload begins another one."""
        self._joined: tuple[int | None, int] = (None, 0)
        """(pid of supervisord, epoch) that the plugin has acknowledged."""
        self._leaving = False
        self._due = asyncio.Event()
        """Something has happened that may call for a step towards the lease."""
        self._term = 0
        self._tasks = Tasks(_log, "the node")

    # -- what the others are told ----------------------------------------------------------------------------

    @property
    def epoch(self) -> int:
        """Of the lease held, or held last."""
        return self._lease_epoch

    @property
    def incarnation(self) -> str:
        """Of the shim."""
        return self.supervision.incarnation if self.supervision else ""

    @property
    def pids(self) -> tuple[int, int]:
        """Of shim and supervisord; 0 where one is not up."""
        if self.supervision is None:
            return 0, 0
        pids = self.supervision.pids
        return pids.shim or 0, pids.supervisord or 0

    @property
    def state(self) -> tuple[NodeState, str]:
        """The node's state, and in words why it is not RUNNING."""
        if self._leaving:
            return NodeState.STOPPED, "its agent was told to leave"
        if self._isolation:
            return NodeState.ISOLATED, "it lost its lease and stops what it must"
        lease = self.coordinator.lease if self.coordinator else None
        if not self._up:
            return NodeState.CHECKING, self._trouble
        if lease is None:
            if self.coordinator is not None and (kept_out := self.coordinator.kept_out):
                return NodeState.ISOLATED if self._lease_epoch else NodeState.CHECKING, kept_out
            if self._lease_epoch:
                return NodeState.ISOLATED, "it cannot renew its lease: no majority of the core nodes answers"
            return NodeState.CHECKING, "it waits for its first lease: no majority of the core nodes answered"
        if self._joined != (self.pids[1], lease.epoch):
            return NodeState.CHECKING, "its supervisord is being put under the new lease"
        return NodeState.RUNNING, ""

    def wire_pids(self, agent: int) -> Pids:
        """All pids of the node."""
        shim, supervisord = self.pids
        return Pids(agent, shim, supervisord)

    # -- supervision -----------------------------------------------------------------------------------------

    def on_supervision(self, event: supervised.Event) -> None:
        """Take an event of the shim or of supervisord."""
        if isinstance(event, supervised.ProcessChanged):
            # Those that end because supervisord does are told with its death: nobody stopped them on purpose.
            if not self._ending:
                self._publisher.changed(event.process)
        elif isinstance(event, supervised.Snapshot):
            self._on_snapshot(event)
        elif isinstance(event, supervised.SupervisordUp):
            self._supervisord = event.pid
        elif isinstance(event, supervised.ProcessRemoved):
            self._publisher.removed(event.namespec)
        elif isinstance(event, supervised.SupervisordStopping):
            self._up, self._ending, self._trouble = False, True, "supervisord is shutting down"
        elif isinstance(event, supervised.SupervisordDown):
            self._up, self._ending = False, True
            self._trouble = (
                f"supervisord has died: {event.reason}" if event.reason else "supervisord has died"
            )
            self._tell("supervisord", self._trouble, Severity.MAJOR)
        elif isinstance(event, supervised.NodeEmpty):
            self._on_empty()
        elif isinstance(event, supervised.SupervisionFailed):
            self._trouble = event.reason
            self._tell("supervisord", event.reason, Severity.MAJOR)
        else:
            self._on_breach(event)
        self._due.set()
        self.changed.set()

    def _on_snapshot(self, snapshot: supervised.Snapshot) -> None:
        if self._ending:
            if snapshot.life == self.life:
                # Of the one that still ends: what it runs may be alive, and its end is told with its death.
                return
            # It was reloaded, or its shim was lost and a new one has swept away what was left.
            self._prove(0)
        self.life = snapshot.life
        self._up, self._trouble = True, ""
        self._publisher.replaced(snapshot.processes)

    def _on_breach(
        self, event: supervised.Isolated | supervised.DeadlineEnforced | supervised.Unguarded
    ) -> None:
        if isinstance(event, supervised.Unguarded):
            text = f"{event.namespec} was started without a grant: the guard only reports it"
            self._tell("guard", text, Severity.MAJOR)
            return
        if isinstance(event, supervised.DeadlineEnforced):
            text = f"supervisord stood still at the end of the lease: the shim sent {event.signals} SIGKILL"
            self._tell("lease", text, Severity.MAJOR)
            return
        self._isolation, self._isolated_epoch = event.stage, event.epoch
        self._tell("lease", f"isolated: the deadman is at «{event.stage}»", Severity.MAJOR)

    def _on_empty(self) -> None:
        """Nothing is left of supervisord: the master need not wait for any lease."""
        self._isolation = ""
        self.changed.set()
        self._prove(self._supervisord)
        self._publisher.replaced(
            tuple(_dead(process, self._trouble) for process in self._publisher.processes.values())
        )

    def _prove(self, supervisord: int) -> None:
        """Publish that nothing is left of what supervisord ran."""
        self._ending = False
        # The proof names an incarnation, which the others must have heard of before.
        self.announce()
        reason = self._trouble or "supervisord has died"
        self._publisher.supervisord_died(self.incarnation, supervisord, reason)

    # -- the lease -------------------------------------------------------------------------------------------

    def on_lease_gained(self, lease: NodeLease | None) -> None:
        """A lease under a new epoch."""
        if lease is not None:
            self._lease_epoch = lease.epoch
        self._due.set()
        self.changed.set()

    def on_lease_lapsing(self, _lease: NodeLease | None) -> None:
        """Isolation begins: the plugin stops what it must by itself, this is the second hand on it."""
        self._tell("lease", "no majority renewed the lease: stopping what it covers", Severity.MAJOR)
        self._tasks.spawn(self._stop_covered())
        self._due.set()
        self.changed.set()

    async def keep_under_lease(self) -> None:
        """Have a lease, and supervisord obey under it, for ever.

        News only say when to look. What is to be done follows from how things stand, so no news that is
        missed, or that crosses other news on its way, leaves the node where it is.
        """
        while not self._leaving:
            self._due.clear()
            pause = LOOK if await self._is_under_lease() else RETRY
            with contextlib.suppress(asyncio.TimeoutError):
                async with within(pause):
                    await self._due.wait()

    async def _is_under_lease(self) -> bool:
        """Take the next step towards it; False if one more must be tried soon."""
        assert self.coordinator is not None
        lease = self.coordinator.lease
        if lease is None:
            if not await self._clear():
                return False
            await self.coordinator.join()
            return True
        self._lease_epoch = lease.epoch
        if self._isolation and self._isolated_epoch >= lease.epoch:
            self.coordinator.lapse(self._isolated_epoch)
            return False
        joined = (self.pids[1], lease.epoch)
        if self._up and self._joined != joined:
            assert self.supervision is not None
            try:
                await self.supervision.rejoin(lease.epoch)
            except (supervised.Refused, supervised.Unavailable):
                return False
            self._joined = joined
            if self._isolated_epoch < lease.epoch:
                self._isolation = ""
            self.changed.set()
        return True

    async def _clear(self) -> bool:
        """Nothing runs that the old lease covered, so a new one may be asked for.

        What isolation KEEP or ALLOW lets go on is no obstacle. The plugin knows which those are.
        """
        if self._isolation not in ("", "done"):
            return False
        if self.pids[1] == 0:
            return True
        if not self._up or self.supervision is None:
            return False
        try:
            return not await self._covered(self.supervision)
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
        known = self._publisher.processes.values()
        return tuple(one.namespec for one in known if one.token is not None and one.state.alive)

    async def _stop_covered(self) -> None:
        supervision = self.supervision
        if supervision is None:
            return
        with contextlib.suppress(supervised.Refused, supervised.Unavailable):
            for namespec in await self._covered(supervision):
                with contextlib.suppress(supervised.Refused):
                    await supervision.stop_process(
                        namespec, term=self._term, epoch=self._lease_epoch, reason="the lease ran out"
                    )

    # -- the master's orders ---------------------------------------------------------------------------------

    async def obey(self, order: NodeOrder) -> Obeyed:
        """Carry out an order, or say why not. What is stale is refused: here, and once more by the plugin."""
        supervision = self.supervision
        if supervision is None or self._leaving:
            return Obeyed("refused", f"{self.name} is leaving")
        self._term = max(self._term, order.term)
        try:
            if isinstance(order, CommandManage):
                managed = [Managed(*msgspec.structs.astuple(name)) for name in order.managed]
                own = self._own_rules
                await supervision.manage(
                    managed, term=order.term, guard=own.guard, own=own, scales=order.scales
                )
                return Obeyed("ok")
            if not self._is_meant(order):
                return Obeyed("unknown", f"this was meant for a former life of {self.name}")
            if boottime() >= order.deadline:
                return Obeyed("unknown", "the order came after its deadline")
            if isinstance(order, CommandLeave):
                self.on_leave(order.restart, order.after)
                return Obeyed("ok")
            return await self._obey_in_time(supervision, order)
        except supervised.Refused as refused:
            # A list that its disk does not take is put in force once it does.
            passing = (*PASSING, "failed") if isinstance(order, CommandManage) else PASSING
            return Obeyed("unknown" if refused.code in passing else "refused", refused.reason)
        except supervised.Unavailable as unavailable:
            return Obeyed("unknown", str(unavailable))

    def _is_meant(self, order: Command) -> bool:
        """Whether an order is for this life of the node, and of its supervisord.

        The proof that a former one has ended frees the grants that were given until it was heard: an order
        that is under way meanwhile must not come true.
        """
        return (
            order.incarnation == self.incarnation
            and order.supervisord == self.pids[1]
            and order.life in ("", self.life)
        )

    async def _obey_in_time(
        self,
        supervision: Supervision,
        order: CommandStart | CommandStop | CommandRelease | CommandAdopt | CommandProbe,
    ) -> Obeyed:
        if isinstance(order, CommandProbe):
            return await self._look(order)
        if isinstance(order, CommandStart):
            if order.arguments and not supervision.passes_arguments:
                what = f"the supervisord of {self.name} was started by a version that passes no arguments"
                return Obeyed("refused", f"{what}: restart its node first")
            await supervision.start_process(
                order.namespec,
                grant=order.grant,
                token=order.token,
                term=order.term,
                epoch=order.epoch,
                deadline=order.deadline,
                request_id=order.command_id,
                isolation=order.isolation,
                arguments=order.arguments,
            )
        elif isinstance(order, CommandStop):
            await supervision.stop_process(
                order.namespec,
                term=order.term,
                epoch=order.epoch,
                request_id=order.command_id,
                grant=order.grant,
                floor=order.void,
            )
        elif isinstance(order, CommandRelease):
            clear = await supervision.release(
                order.grant, order.namespecs, floor=order.token, term=order.term, epoch=order.epoch
            )
            if not clear:
                return Obeyed("refused", "something of it still runs")
        # To adopt needs nothing here: the processes go on, and the deadman covers them by their names.
        return Obeyed("ok")

    async def _look(self, order: CommandProbe) -> Obeyed:
        process = self._publisher.processes.get(order.namespec)
        if process is None or process.state is not ProcessState.RUNNING:
            return Obeyed("refused", f"{order.namespec} is not RUNNING")
        if self.readiness is None:
            return Obeyed("refused", f"{self.name} cannot look")
        return await self.readiness.look(order)

    async def stop_here(self, order: StopHere) -> Obeyed:
        """Stop what a person wants stopped though there is no master; `ok` once it has ended."""
        supervision = self.supervision
        if supervision is None or self._leaving:
            return Obeyed("refused", f"{self.name} is leaving")
        until = boottime() + order.timeout
        why = f"{order.requested_by} has it stopped, without a master"
        for namespec in order.namespecs:
            try:
                await supervision.stop_process(namespec, reason=why)
            except supervised.Refused as refused:
                return Obeyed("refused", refused.reason)
            except supervised.Unavailable as unavailable:
                return Obeyed("unknown", str(unavailable))
            self._tell("request", f"{namespec}: {why}", Severity.MINOR)
        while alive := [n for n in order.namespecs if self._alive(n)]:
            if boottime() >= until:
                return Obeyed("unknown", f"{', '.join(alive)} has not ended within {order.timeout:.1f} s")
            await asyncio.sleep(RETRY)
        return Obeyed("ok")

    def _alive(self, namespec: str) -> bool:
        process = self._publisher.processes.get(namespec)
        return process is not None and process.state.alive

    # -- the rest --------------------------------------------------------------------------------------------

    async def sample_for_ever(self) -> None:
        """Publish CPU and memory, from a thread."""
        sampler = UsageSampler()
        while True:
            pids = {
                process.namespec: process.pid
                for process in self._publisher.processes.values()
                if process.pid and process.state.alive
            }
            usage = await asyncio.to_thread(sampler.sample, pids)
            self._publisher.sampled(usage, await asyncio.to_thread(sampler.machine))
            await asyncio.sleep(USAGE_INTERVAL)

    async def leave(self) -> None:
        """Stop everything here in order, prove it, give the lease up."""
        self._leaving = True
        self.changed.set()
        self._tasks.cancel()
        watch = asyncio.get_running_loop().create_task(self._tell_of_long_leave())
        try:
            if self.supervision is not None:
                # Nobody has it once the shim has ended, and a proof that names none would speak of any
                # machine that bears this node's name.
                incarnation = self.incarnation
                try:
                    await self.supervision.shutdown()
                except supervised.SupervisionError as error:
                    _log.error("%s", error)
                    return
                self._publisher.supervisord_died(incarnation, 0, "it has left")
            if self.coordinator is not None:
                await self.coordinator.leave()
        finally:
            watch.cancel()

    async def _tell_of_long_leave(self) -> None:
        """Say in the log what a leave waits for: whoever wonders must not have to guess."""
        began = boottime()
        while True:
            await asyncio.sleep(LONG_LEAVE)
            assert self.supervision is not None
            living = sorted(
                f"{process.namespec} ({process.state.value}, pid {process.pid})"
                for process in self._publisher.processes.values()
                if process.state.alive
            )
            _log.warning(
                "leaving has taken %.0f s: %s; shim %s, supervisord %s, alive: %s",
                boottime() - began,
                self.supervision.ending or "giving up the lease",
                *self.supervision.pids,
                ", ".join(living) or "nothing",
            )

    def _tell(self, kind: str, text: str, severity: Severity) -> None:
        self._publisher.tell(Event(iso(self._wall()), self.name, kind, self.name, text, severity))


def _dead(process: Process, why: str) -> Process:
    if not process.state.alive:
        return process
    return msgspec.structs.replace(
        process,
        state=ProcessState.STOPPED,
        pid=0,
        expected_exit=False,
        changed_at=boottime(),
        reason=why or "died with its supervisord",
    )
