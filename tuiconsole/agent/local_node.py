"""This agent's own node: how it stands with supervisord and lease, and what of both the others are told.

It decides nothing but its own state; what runs here is the master's matter, what must stop is the deadman's.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping

import msgspec

from tuiconsole.agent.publisher import Publisher
from tuiconsole.agent.usage import UsageSampler
from tuiconsole.clock import boottime
from tuiconsole.coordination.coordinator import Coordinator
from tuiconsole.model.events import Event, Severity
from tuiconsole.model.node import Pids
from tuiconsole.model.process import Process
from tuiconsole.model.states import NodeState, ProcessState
from tuiconsole.planning.engine.situation import iso
from tuiconsole.supervision import events as supervised
from tuiconsole.supervision.node import Supervision

USAGE_INTERVAL = 5.0
"""Seconds between samples of CPU and memory."""
LONG_LEAVE = 5.0
"""Seconds between two words about a leave that goes on."""

WallClock = Callable[[], float]
"""Seconds since 1970."""

_log = logging.getLogger(__name__)


class LocalNode:
    """One node as its agent knows it. `changed` is set whenever its state may differ."""

    def __init__(self, name: str, publisher: Publisher, wall: WallClock) -> None:
        self.name = name
        self._publisher = publisher
        self._wall = wall
        self.supervision: Supervision | None = None
        self.coordinator: Coordinator | None = None
        self.changed = asyncio.Event()
        self.due = asyncio.Event()
        """Something has happened that may call for a step towards the lease."""
        self.announce: Callable[[], None] = lambda: None
        """Publishes a heartbeat now."""
        self.up = False
        """Supervisord is up, and has told what it runs."""
        self._trouble = "supervisord is being started"
        self._ending = False
        """Supervisord is ending or dead, and what it ran is not proved to be gone."""
        self._supervisord = 0
        """The pid of the last one that was up."""
        self.life = ""
        """Names the life of supervisord that was heard last; a reload begins another one."""
        self.isolation = ""
        """The deadman's stage; empty while it rests."""
        self.isolated_epoch = 0
        """The epoch under which it acted last."""
        self.epoch = 0
        """Of the lease held, or held last."""
        self.joined: tuple[int | None, int] = (None, 0)
        """(pid of supervisord, epoch) that the plugin has acknowledged."""
        self.term = 0
        """The greatest that an order has borne."""
        self.leaving = False

    # -- what the others are told ----------------------------------------------------------------------------

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
        if self.leaving:
            return NodeState.STOPPED, "its agent was told to leave"
        if self.isolation:
            return NodeState.ISOLATED, "it lost its lease and stops what it must"
        lease = self.coordinator.lease if self.coordinator else None
        if not self.up:
            return NodeState.CHECKING, self._trouble
        if lease is None:
            if self.coordinator is not None and (kept_out := self.coordinator.kept_out):
                return NodeState.ISOLATED if self.epoch else NodeState.CHECKING, kept_out
            if self.epoch:
                return NodeState.ISOLATED, "it cannot renew its lease: no majority of the core nodes answers"
            return NodeState.CHECKING, "it waits for its first lease: no majority of the core nodes answered"
        if self.joined != (self.pids[1], lease.epoch):
            return NodeState.CHECKING, "its supervisord is being put under the new lease"
        return NodeState.RUNNING, ""

    @property
    def processes(self) -> Mapping[str, Process]:
        """By namespec, as they were told last."""
        return self._publisher.processes

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
            self.up, self._ending, self._trouble = False, True, "supervisord is shutting down"
        elif isinstance(event, supervised.SupervisordDown):
            self.up, self._ending = False, True
            self._trouble = (
                f"supervisord has died: {event.reason}" if event.reason else "supervisord has died"
            )
            if not self.leaving:
                self.tell("supervisord", self._trouble, Severity.MAJOR)
        elif isinstance(event, supervised.NodeEmpty):
            self._on_empty()
        elif isinstance(event, supervised.SupervisionFailed):
            self._trouble = event.reason
            self.tell("supervisord", event.reason, Severity.MAJOR)
        else:
            self._on_breach(event)
        self.due.set()
        self.changed.set()

    def _on_snapshot(self, snapshot: supervised.Snapshot) -> None:
        if self._ending:
            if snapshot.life == self.life:
                # Of the one that still ends: what it runs may be alive, and its end is told with its death.
                return
            # It was reloaded, or its shim was lost and a new one has swept away what was left.
            self._prove(0)
        self.life = snapshot.life
        self.up, self._trouble = True, ""
        self._publisher.replaced(snapshot.processes)

    def _on_breach(
        self, event: supervised.Isolated | supervised.DeadlineEnforced | supervised.Unguarded
    ) -> None:
        if isinstance(event, supervised.Unguarded):
            text = f"{event.namespec} was started without a grant: the guard only reports it"
            self.tell("guard", text, Severity.MAJOR)
            return
        if isinstance(event, supervised.DeadlineEnforced):
            text = f"supervisord stood still at the end of the lease: the shim sent {event.signals} SIGKILL"
            self.tell("lease", text, Severity.MAJOR)
            return
        self.isolation, self.isolated_epoch = event.stage, event.epoch
        self.tell("lease", f"isolated: the deadman is at «{event.stage}»", Severity.MAJOR)

    def _on_empty(self) -> None:
        """Nothing is left of supervisord: the master need not wait for any lease."""
        self.isolation = ""
        self.changed.set()
        self._prove(self._supervisord)
        self._publisher.replaced(tuple(_dead(process, self._trouble) for process in self.processes.values()))

    def _prove(self, supervisord: int) -> None:
        """Publish that nothing is left of what supervisord ran."""
        self._ending = False
        # The proof names an incarnation, which the others must have heard of before.
        self.announce()
        reason = self._trouble or "supervisord has died"
        self._publisher.supervisord_died(self.incarnation, supervisord, reason)

    # -- the rest --------------------------------------------------------------------------------------------

    async def sample_for_ever(self) -> None:
        """Publish CPU and memory, from a thread."""
        sampler = UsageSampler()
        while True:
            pids = {
                process.namespec: process.pid
                for process in self.processes.values()
                if process.pid and process.state.alive
            }
            usage = await asyncio.to_thread(sampler.sample, pids)
            self._publisher.sampled(usage, await asyncio.to_thread(sampler.machine))
            await asyncio.sleep(USAGE_INTERVAL)

    async def leave(self) -> None:
        """Stop everything here in order, prove it, give the lease up."""
        self.leaving = True
        self.changed.set()
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
                for process in self.processes.values()
                if process.state.alive
            )
            _log.warning(
                "leaving has taken %.0f s: %s; shim %s, supervisord %s, alive: %s",
                boottime() - began,
                self.supervision.ending or "giving up the lease",
                *self.supervision.pids,
                ", ".join(living) or "nothing",
            )

    def tell(self, kind: str, text: str, severity: Severity) -> None:
        """Publish an event of this node."""
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
