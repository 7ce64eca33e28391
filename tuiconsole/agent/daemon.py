"""The agent of one node, from its start to its end: puts the parts together and decides nothing."""

from __future__ import annotations

import asyncio
import faulthandler
import logging
import os
import secrets
import signal
import sys
import time
from functools import partial
from typing import TYPE_CHECKING

import zmq

from tuiconsole.agent.coordinating import coordinator_of
from tuiconsole.agent.dispatch import Dispatch
from tuiconsole.agent.errors import AgentError
from tuiconsole.agent.foresight import Foresight
from tuiconsole.agent.front import Front
from tuiconsole.agent.heartbeats import Heartbeats
from tuiconsole.agent.lease_keeping import LeaseKeeping
from tuiconsole.agent.local_node import LocalNode
from tuiconsole.agent.master import LOOK_EVERY, Reign
from tuiconsole.agent.masterless import Masterless
from tuiconsole.agent.obedience import Obedience
from tuiconsole.agent.observer import Change
from tuiconsole.agent.peers import Peers
from tuiconsole.agent.petitions import Petitions
from tuiconsole.agent.publications import Publications
from tuiconsole.agent.readiness import Readiness
from tuiconsole.agent.throne import Throne
from tuiconsole.agent.upkeep import Upkeep
from tuiconsole.clock import BootTime, boottime
from tuiconsole.coordination.embedded import EmbeddedCoordinator
from tuiconsole.model.alarms import SeenAlarm
from tuiconsole.model.events import Event
from tuiconsole.model.node import HANDED_OVER, SHUT_DOWN
from tuiconsole.model.states import NodeState
from tuiconsole.model.status import ClusterStatus, MasterStatus, QuorumStatus
from tuiconsole.planning.alarms.listing import AlarmWatch
from tuiconsole.planning.engine.situation import iso
from tuiconsole.planning.status.cluster import cluster_status
from tuiconsole.rulebook.rulebook import Rulebook, load_rules
from tuiconsole.rulebook.rules import ReadyCheck
from tuiconsole.settings.cluster import Cluster, ClusterNode, check_local
from tuiconsole.settings.run_dir import run_dir_of
from tuiconsole.source.errors import SourceError
from tuiconsole.supervision.deadline import DeadlineWriter
from tuiconsole.supervision.events import SupervisionError
from tuiconsole.supervision.node import OwnRules, Supervision
from tuiconsole.wire.keys import load_keyring, load_pair
from tuiconsole.wire.replies import Failed, HandedOver, ReplyBody
from tuiconsole.wire.sockets import Sockets

if TYPE_CHECKING:
    from tuiconsole.coordination.etcd.coordinator import EtcdCoordinator

ANSWER_LEAVES = 0.1
"""Seconds between the last answer of an agent that hands over and its end."""

_log = logging.getLogger(__name__)


def run_agent(cluster: Cluster, name: str) -> int:
    """Run the agent of node `name` until SIGTERM or SIGINT, or until it is asked to hand over.

    Returns the exit code: 0 after a clean leave, HANDED_OVER if another agent is to follow, SHUT_DOWN if the
    whole system was shut down.

    Raises:
        SourceError: a file that it needs is missing or wrong.
        AgentError: an address is in use, or the node cannot be supervised.
    """
    node = cluster.node(name)
    check_local(node)
    rulebook = load_rules(
        cluster.rules,
        isolation=cluster.isolation,
        conciliation=cluster.conciliation,
        starting=cluster.starting,
    )
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger("zmq.auth").setLevel(logging.WARNING)
    # For an agent that seems to hang: kill -USR1 writes where each of its threads stands into the log.
    faulthandler.register(signal.SIGUSR1)
    return asyncio.run(Agent(cluster, node, rulebook).run())


class Agent:
    """All parts of one agent."""

    def __init__(self, cluster: Cluster, node: ClusterNode, rulebook: Rulebook) -> None:
        self._cluster = cluster
        self._node = node
        self._rulebook = rulebook
        self._agreement = cluster.agreement.with_rules(rulebook.digest)
        self._watch = AlarmWatch()
        self._run_id = secrets.token_hex(4)
        self._run_dir = run_dir_of(cluster, node.name)
        self._tasks: list[asyncio.Task[None]] = []
        self._stop = asyncio.Event()
        self._handed_over = False
        self._exit_code = 0

    async def run(self) -> int:
        """From start to end; the exit code. Raises as `run_agent` does."""
        began = boottime()
        keyring = load_keyring(self._cluster.keys)
        pair = load_pair(self._cluster.keys / "private" / f"{self._node.name}.key_secret")
        self._sockets = Sockets(pair, keyring, serves=True)
        name = self._node.name
        self._peers = Peers(self._sockets, self._cluster.nodes)
        self._publications = Publications(
            self._cluster, name, self._run_id, self._agreement, self._peers, self._on_change
        )
        self._publisher, self._observer = self._publications.publisher, self._publications.observer
        self._local = LocalNode(name, self._publisher, time.time)
        self._lease_keeping = LeaseKeeping(self._local)
        self._own_rules = OwnRules(*self._rulebook.named, self._cluster.guard.value)
        self._obedience = Obedience(self._local, self._own_rules, self._leave)
        self._dispatch = Dispatch(name, self._obedience, self._peers)
        self._throne: Throne | None = None
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        try:
            await self._begin(began)
            await self._until(self._stop)
            if not self._handed_over:
                self._lease_keeping.close()
                await self._local.leave()
        finally:
            await self._end()
        return HANDED_OVER if self._handed_over else self._exit_code

    def _hand_over(self, by: str) -> ReplyBody:
        """End without stopping anything: shim, supervisord and programs go on under the lease."""
        lease = self._coordinator.lease
        if self._stop.is_set() and not self._handed_over:
            return Failed("refused", f"{self._node.name} is leaving")
        if lease is None or self._local.state[0] is not NodeState.RUNNING:
            state, reason = self._local.state
            return Failed(
                "refused",
                f"{self._node.name} is {state.value} ({reason}); its programs would end, so "
                "wait until it is RUNNING",
            )
        text = f"{by} has asked the agent of {self._node.name} to hand over; nothing is stopped"
        self._publisher.tell(Event(iso(time.time()), self._node.name, "node", self._node.name, text))
        self._handed_over = True
        # The sockets close without lingering: the answer has to leave first.
        asyncio.get_running_loop().call_later(ANSWER_LEAVES, self._stop.set)
        return HandedOver(os.getpid(), round(lease.stop_at - boottime(), 3))

    def _leave(self, restart: bool, after: float) -> None:
        """The whole system ends: leave in order, and tell whoever started this agent what to do next."""
        self._exit_code = HANDED_OVER if restart else SHUT_DOWN
        asyncio.get_running_loop().call_later(after, self._stop.set)

    async def _until(self, stop: asyncio.Event) -> None:
        """Until told to stop; a part that fails ends the agent, which whoever started it starts again."""
        stopping = asyncio.get_running_loop().create_task(stop.wait(), name="stop")
        done, _ = await asyncio.wait({stopping, *self._tasks}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        for task in done - {stopping}:
            if task.exception() is not None:
                raise AgentError(f"{task.get_name()} failed: {task.exception()!r}") from task.exception()

    # -- the beginning ---------------------------------------------------------------------------------------

    async def _begin(self, began: BootTime) -> None:
        publisher, router = self._bind()
        self._publications.tell_on(publisher)
        supervision = await self._supervise()
        coordinator = self._coordinate(supervision.incarnation)
        heartbeats = Heartbeats(
            self._node.host,
            self._cluster.timing.heartbeat,
            self._agreement,
            self._local,
            coordinator,
            self._observer,
            self._publisher,
            self._quorum,
            began,
        )
        self._upkeep = Upkeep(self._node.name, coordinator, self._publisher, heartbeats.announce)
        self._throne = Throne(coordinator, self._crown)
        petitions = Petitions(self._node.name, self._run_id, self._throne, coordinator, self._peers)
        self._front = Front(
            self._cluster,
            self._local,
            self._obedience,
            self._sockets,
            self._observer,
            self._publisher,
            self._peers,
            petitions,
            self._status,
            partial(self._status, coarse=True),
            self._hand_over,
            self._upkeep.maintain,
            self._upkeep.readmit,
            Masterless(self._rulebook, self._observer, petitions, self._dispatch.stop_on),
            Foresight(
                self._node.name,
                self._cluster,
                self._rulebook,
                self._observer,
                self._throne,
                coordinator,
                self._peers,
                self._quorum,
                self._status,
            ),
        )
        self._publications.follow_others(self._sockets)
        heartbeats.announce()
        self._local.announce = heartbeats.announce
        self._front.serve(router)
        for name, work in (
            ("the heartbeat", heartbeats.beat()),
            ("coordination", coordinator.until_failed()),
            ("the lease", self._lease_keeping.keep_under_lease()),
            ("the throne", self._throne.hold()),
            ("the front", self._front.tell_followers()),
            ("the sampler", self._local.sample_for_ever()),
            ("the alarms", self._watch_without_master()),
        ):
            self._tasks.append(asyncio.get_running_loop().create_task(work, name=name))

    def _bind(self) -> tuple[zmq.Socket[bytes], zmq.Socket[bytes]]:
        host = self._node.host
        try:
            publisher = self._sockets.publisher(f"tcp://{host}:{self._node.port}")
            try:
                return publisher, self._sockets.router(f"tcp://{host}:{self._node.router_port}")
            except zmq.ZMQError:
                publisher.close()
                raise
        except zmq.ZMQError as error:
            raise self._address_error(error) from None

    def _address_error(self, error: zmq.ZMQError) -> SourceError:
        ports = f"{self._node.port} to {self._node.lease_port}"
        return SourceError.of(
            self._node.origin,
            f"{self._node.name} cannot listen at {self._node.host}, ports {ports}: {error.strerror}",
            "end what listens there (another agent of this node?), or change host or port",
        )

    async def _supervise(self) -> Supervision:
        state_dir = self._node.state_dir
        try:
            state_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SourceError.at(state_dir, 0, f"the state folder cannot be made: {error.strerror}") from None
        supervision = Supervision(
            self._node.name,
            self._node.host,
            self._run_dir,
            state_dir,
            self._node.supervisord,
            self._local.on_supervision,
            {
                **self._node.env,
                "TUICONSOLE_STATE": str(state_dir),
                "TUICONSOLE_PYTHON": sys.executable,
            },
            self._own_rules,
        )
        self._local.supervision = supervision
        self._obedience.readiness = Readiness(self._node.name, self._node.host, self._own_check)
        try:
            await supervision.start()
        except SupervisionError as error:
            raise AgentError(str(error)) from None
        return supervision

    def _own_check(self, application: str, process: str) -> ReadyCheck | None:
        return self._rulebook.program(application, process).ready

    def _coordinate(self, incarnation: str) -> EmbeddedCoordinator | EtcdCoordinator:
        record = DeadlineWriter(str(self._run_dir), self._node.name, incarnation)
        coordinator = coordinator_of(
            self._cluster, self._node, incarnation, record, self._sockets, self._agreement
        )
        self._coordinator = self._local.coordinator = coordinator
        coordinator.on_lease_gained(self._lease_keeping.on_lease_gained)
        coordinator.on_lease_lapsing(self._lease_keeping.on_lease_lapsing)
        try:
            coordinator.start()
        except zmq.ZMQError as error:
            raise self._address_error(error) from None
        return coordinator

    # -- status and master -----------------------------------------------------------------------------------

    def _quorum(self) -> QuorumStatus:
        quorum = self._coordinator.quorum
        return QuorumStatus(quorum.voters, quorum.present, quorum.needed, quorum.held, quorum.missing)

    def _status(self, *, coarse: bool = False) -> ClusterStatus:
        leader = self._coordinator.leader
        return cluster_status(
            self._observer.view,
            self._observer.report,
            self._rulebook,
            cluster=self._cluster.name,
            observer=self._node.name,
            observed_at=iso(time.time()),
            now=boottime(),
            quorum=self._quorum(),
            master=MasterStatus(*leader) if leader is not None else None,
            offsets=self._observer.offsets,
            watch=self._watch,
            coarse=coarse,
        )

    def _alarms(self) -> tuple[SeenAlarm, ...]:
        """What asks for somebody's action, as this agent sees it."""
        self._status()
        return self._watch.seen

    async def _watch_without_master(self) -> None:
        """While no master can record an alarm, remember what stands, for the next one."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            if self._coordinator.leader is None or not self._quorum().held:
                self._status()

    def _on_change(self, change: Change) -> None:
        reign = self._throne.reign if self._throne else None
        if reign is not None:
            reign.take(change)

    def _crown(self, term: int) -> Reign:
        return Reign(
            self._node.name,
            term,
            self._coordinator,
            self._rulebook,
            self._cluster.timing,
            self._observer,
            self._publisher,
            self._dispatch.order,
            time.time,
            self._alarms,
            self._cluster.synchronization,
        )

    # -- the end ---------------------------------------------------------------------------------------------

    async def _end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._local.coordinator is not None:
            await self._coordinator.stop()
        if self._obedience.readiness is not None:
            self._obedience.readiness.close()
        if self._local.supervision is not None:
            await self._local.supervision.close()
        if hasattr(self, "_front"):
            self._front.close()
        self._peers.close()
        self._publications.close()
        self._sockets.close()
