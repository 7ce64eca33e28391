"""The master engine at work: what is seen goes in, what it decides is stored first and then carried out.

One `Reign` for each time that this node leads. It ends, with all that it decided and did not yet carry out,
when leadership is lost or a write's outcome is unknown.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from tuiconsole.agent.failure_detector import FailureDetector
from tuiconsole.agent.observer import Change, DeathProved, NodeSeen, Observer, ProcessSeen
from tuiconsole.agent.publisher import Publisher
from tuiconsole.agent.tasks import Tasks
from tuiconsole.agent.wording import list_of, worded
from tuiconsole.clock import BootTime, boottime
from tuiconsole.coordination.coordinator import CoordinationError, Coordinator, LostLeadership, NotYet
from tuiconsole.model.alarms import SeenAlarm
from tuiconsole.model.ledger import decode_ledger, encode_ledger
from tuiconsole.model.requests import ALARM_ACTIONS, Outcome, Progress, Verdict
from tuiconsole.model.synchronization import Synchronization
from tuiconsole.planning.catalogue import Rulebook
from tuiconsole.planning.engine.machine import Engine
from tuiconsole.planning.engine.messages import (
    AlarmsSeen,
    Answer,
    ClocksCompared,
    Command,
    CommandAnswered,
    Decision,
    Input,
    Manage,
    NodeChanged,
    NodeCommand,
    NodeDown,
    NodeLost,
    Now,
    ProcessChanged,
    RaiseEpoch,
    Released,
    ReleaseGrant,
    Request,
    RequestReceived,
    Tick,
)
from tuiconsole.settings.timing import Timing
from tuiconsole.timeouts import within
from tuiconsole.wire.orders import NodeOrder
from tuiconsole.wire.replies import Obeyed

RETRY = 0.2
"""Seconds between tries to put a list of managed programs in force."""
LOOK_EVERY = 1.0
"""Seconds between two looks at what asks for somebody's action."""
LOOK_SHARE = 30
"""A look that took long is followed by a pause of so many times that."""
SHORTEST_PAUSE = 0.005
"""Seconds between two decisions when nothing new comes in."""

_log = logging.getLogger(__name__)

Order = Callable[[str, NodeOrder, float], Awaitable[Obeyed]]
"""(node, order, seconds): carries an order to a node; answers `unknown` if it did not answer in time."""


class Reign:
    """This node's leadership of one term."""

    def __init__(
        self,
        node: str,
        term: int,
        coordinator: Coordinator,
        rulebook: Rulebook,
        timing: Timing,
        observer: Observer,
        publisher: Publisher,
        order: Order,
        wall: Callable[[], float],
        alarms: Callable[[], tuple[SeenAlarm, ...]],
        synchronization: Synchronization | None = None,
    ) -> None:
        self.term = term
        self._coordinator = coordinator
        self._observer = observer
        self._publisher = publisher
        self._order = order
        self._wall = wall
        self._alarms = alarms
        self._alarms_told: tuple[SeenAlarm, ...] | None = None
        self._look_at: BootTime = 0.0
        # A reign that ended for a write without an outcome may be followed by another one of the same term.
        last = observer.report
        reported = last.version if last is not None and last.term == term else 0
        self._engine = Engine(rulebook, timing, node, reported, synchronization)
        self._inputs: list[Input] = []
        self._awake = asyncio.Event()
        self._detector = FailureDetector(node, coordinator, observer, self._give)
        self._tasks = Tasks(_log, "the master")
        self._waiting: dict[str, list[asyncio.Queue[Progress | Outcome]]] = {}
        self._stored: list[asyncio.Future[None]] = []
        """Done when what was given before is in the ledger."""
        self._lists: dict[str, Manage] = {}
        """By node: the managed programs that are being put in force there."""
        self._published_version = -1
        self._began = False

    def fork(self) -> Engine | None:
        """A copy of the engine, for who asks what would be; None if it has not begun yet."""
        return self._engine.fork() if self._began else None

    # -- inputs ----------------------------------------------------------------------------------------------

    def take(self, change: Change) -> None:
        """Something was seen."""
        if not self._began:
            return
        if isinstance(change, ProcessSeen):
            self._give(ProcessChanged(change.node, change.process))
        elif isinstance(change, NodeSeen):
            self._give(NodeChanged(change.node))
        else:
            assert isinstance(change, DeathProved)
            self._give(NodeDown(change.node, change.incarnation, change.supervisord, change.reason))

    def ask(self, request: Request) -> asyncio.Queue[Progress | Outcome]:
        """Hand a request to the engine; its progress and outcomes come in the queue."""
        queue: asyncio.Queue[Progress | Outcome] = asyncio.Queue()
        self._waiting.setdefault(request.id, []).append(queue)
        if request.action in ALARM_ACTIONS:
            # What an operator has on the screen must be known here as well.
            self._look_at_alarms()
        self._give(RequestReceived(request))
        return queue

    def confirm_dead(self, request: Request, reason: str) -> asyncio.Queue[Progress | Outcome]:
        """Take a person's word that nodes are dead, if their leases are over; outcomes come in the queue."""
        queue: asyncio.Queue[Progress | Outcome] = asyncio.Queue()
        self._waiting.setdefault(request.id, []).append(queue)
        for name in request.targets:
            self._tasks.spawn(self._confirm_dead(name, request.requested_by, reason, queue))
        return queue

    async def _confirm_dead(
        self, name: str, by: str, reason: str, queue: asyncio.Queue[Progress | Outcome]
    ) -> None:
        try:
            refusal = await self._take_word(name, by, reason)
        except LostLeadership:
            return  # The next master is asked again.
        except CoordinationError as error:
            refusal = f"whether its lease is over cannot be known: {error}"
        if refusal:
            queue.put_nowait(Outcome(name, Verdict.REFUSED, refusal))
        else:
            queue.put_nowait(Outcome(name, Verdict.DONE, "confirmed dead: its grants are free"))

    async def _take_word(self, name: str, by: str, reason: str) -> str:
        """Release what a dead node holds; else why not. That its lease is over is proved by the voters."""
        if name not in self._observer.view.nodes:
            return f"no node is named {name}"
        if sign := self._detector.sign_of_life(name):
            return sign
        try:
            epoch = await self._coordinator.raise_epoch(name)
        except NotYet as later:
            wait = max(0.0, later.until - boottime())
            return f"the lease of {name} may hold for another {wait:.1f} s; ask again then"
        # It may have rejoined while the voters were asked.
        if sign := self._detector.sign_of_life(name):
            return sign
        self._give(NodeLost(name, epoch))
        self._give(NodeDown(name, "", 0, f"is dead, {by} confirms: {reason}"))
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._stored.append(stored)
        await stored
        return ""

    def forget(self, request: str, queue: asyncio.Queue[Progress | Outcome]) -> None:
        """Nobody waits for it any more; it goes on all the same."""
        queues = self._waiting.get(request, [])
        if queue in queues:
            queues.remove(queue)
        if not queues:
            self._waiting.pop(request, None)

    def _give(self, given: Input) -> None:
        self._inputs.append(given)
        self._awake.set()

    # -- the loop --------------------------------------------------------------------------------------------

    async def rule(self) -> None:
        """Lead until it is cancelled, or leadership is lost.

        Raises:
            CoordinationError: the register could not be read or written in this node's name.
            LedgerError: the register holds no ledger.
        """
        try:
            await self._rule()
        finally:
            self._tasks.cancel()
            self._detector.close()
            self._publisher.reported(b"")

    async def _rule(self) -> None:
        versioned = await self._coordinator.read()
        self._began = True
        self._engine.take_over(decode_ledger(versioned.value), self.term, self._observer.view, self._now())
        for proof in self._observer.proofs.values():
            # One that names no supervisord would also seem to speak of the one that is up by now.
            if proof.supervisord:
                self.take(proof)
        wake_at: BootTime | None = None
        while True:
            self._inputs += self._detector.look(boottime())
            if boottime() >= self._look_at:
                self._look_at_alarms()
            now = self._now()
            inputs, self._inputs = self._inputs, []
            stored, self._stored = self._stored, []
            self._awake.clear()
            self._engine.handle(ClocksCompared(self._observer.offsets), now)
            for given in inputs or (Tick(),):
                self._engine.handle(given, now)
            decision = self._engine.decide(now)
            # The write may take long, and a supervisord that dies meanwhile have a successor: what was
            # decided for the one must not be worded for the other.
            orders = tuple(map(self._worded, decision.commands))
            if decision.ledger is not None:
                value = encode_ledger(decision.ledger)
                versioned = await self._coordinator.replace(value, versioned)
            for waiting in stored:
                if not waiting.done():
                    waiting.set_result(None)
            self._carry_out(decision, orders)
            wake_at = decision.wake_at
            if self._inputs:
                continue
            pause = min(0.5, max(0.0, wake_at - boottime())) if wake_at is not None else 0.5
            with contextlib.suppress(asyncio.TimeoutError):
                async with within(max(pause, SHORTEST_PAUSE)):
                    await self._awake.wait()

    def _carry_out(self, decision: Decision, orders: Sequence[NodeOrder | None]) -> None:
        for command, order in zip(decision.commands, orders, strict=True):
            if isinstance(command, RaiseEpoch):
                self._detector.begin_raising(command)
            elif order is not None:
                self._tasks.spawn(self._command(command, order))
        for reply in decision.answers:
            for queue in self._waiting.get(reply.request, ()):
                queue.put_nowait(reply.body)
        self._publisher.tell(*decision.events)
        report = decision.report
        if report.version != self._published_version:
            self._published_version = report.version
            self._publisher.reported(msgspec.msgpack.encode(report))

    def _look_at_alarms(self) -> None:
        began = boottime()
        seen = self._alarms()
        if seen != self._alarms_told:
            self._alarms_told = seen
            self._inputs.append(AlarmsSeen(seen))
        self._look_at = began + max(LOOK_EVERY, LOOK_SHARE * (boottime() - began))

    def _now(self) -> Now:
        return Now(boottime(), self._wall())

    # -- orders ----------------------------------------------------------------------------------------------

    async def _command(self, command: NodeCommand | Manage, order: NodeOrder) -> None:
        if isinstance(command, Manage):
            self._lists[command.node] = command
            await self._put_in_force(command, order)
            return
        answered = await self._order(command.node, order, max(0.05, command.deadline - boottime()))
        if isinstance(command, ReleaseGrant) and answered.answer == "ok":
            self._give(Released(command.node, command.grant, command.token))
        self._give(CommandAnswered(command.command_id, Answer(answered.answer), answered.reason))

    async def _put_in_force(self, command: Manage, order: NodeOrder) -> None:
        """Until it is acknowledged: what a node does not know as managed it would not stop.

        Or until there is another list for that node, after which this one must not come.
        """
        while self._lists.get(command.node) is command:
            answered = await self._order(command.node, order, 2.0)
            if answered.answer != Answer.UNKNOWN.value:
                return
            await asyncio.sleep(RETRY)

    def _worded(self, command: Command) -> NodeOrder | None:
        """The command as its node must have it; None if it is for none."""
        if isinstance(command, RaiseEpoch):
            return None
        if isinstance(command, Manage):
            return list_of(command, self.term)
        node = self._observer.view.nodes[command.node]
        return worded(command, node, self._observer.offsets.get(command.node, 0.0))
