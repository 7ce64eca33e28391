"""What this agent knows of all nodes: their publications, followed without a gap (the Clone pattern).

After a gap, or when an agent has been started again, what was known stays, until a snapshot replaces it
(chapter 5 of the ZeroMQ guide). Sans-I/O: publications and snapshots in, changes out; the clock is passed in.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

import msgspec

from tuiconsole.clock import BootTime
from tuiconsole.model.events import Event
from tuiconsole.model.node import Node, View
from tuiconsole.model.process import Process
from tuiconsole.model.states import NodeState
from tuiconsole.planning.report import EngineReport
from tuiconsole.settings.cluster import ClusterNode
from tuiconsole.wire.published import (
    EventsSeen,
    Heartbeat,
    ProcessesChanged,
    Published,
    Reported,
    SupervisordDied,
    UsageSampled,
)
from tuiconsole.wire.replies import Snapshot

EVENTS_KEPT = 1000
_report_decoder = msgspec.msgpack.Decoder(EngineReport)


class NodeSeen(msgspec.Struct, frozen=True):
    """A node's state differs, or all of it is known anew."""

    node: Node


class ProcessSeen(msgspec.Struct, frozen=True):
    """One process differs."""

    node: str
    process: Process


class DeathProved(msgspec.Struct, frozen=True):
    """The shim of a node proved that nothing of its supervisord is left."""

    node: str
    incarnation: str
    supervisord: int
    """The pid that died; 0 if all of the node did."""
    reason: str


Change = NodeSeen | ProcessSeen | DeathProved


class _Peer:
    """One agent's publications."""

    def __init__(self, node: ClusterNode) -> None:
        self.node = Node(name=node.name, host=node.host, tags=node.tags, core=node.core)
        self.run = ""
        self.seq = 0
        self.offset = 0.0
        self.leader: tuple[str, int] | None = None
        self.heard: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        return bool(self.run)


class Observer:
    """The merged view of one agent.

    Args:
        nodes: all nodes of the cluster file.
        ask: called with a node's name when a snapshot of it is needed; asks once more if none comes.
        tell: called with each change, in order.
    """

    def __init__(
        self, nodes: Iterable[ClusterNode], ask: Callable[[str], None], tell: Callable[[Change], None]
    ) -> None:
        self._peers = {node.name: _Peer(node) for node in nodes}
        self._ask = ask
        self._tell = tell
        self.report: EngineReport | None = None
        self.proofs: dict[str, DeathProved] = {}
        """The last proof of each node, for the next master; void once another supervisord is up."""
        self.events: deque[Event] = deque(maxlen=EVENTS_KEPT)
        self._event_ids: set[str] = set()
        self.version = 0
        """Grows with each thing worth showing."""
        self.events_seen = 0
        """How many events were ever taken."""
        self.dropped = 0
        """Publications of nodes that the cluster file does not name, or that were no report."""

    @property
    def view(self) -> View:
        """All nodes."""
        return View({name: self.seen(name) for name in self._peers})

    @property
    def offsets(self) -> dict[str, float]:
        """By node: seconds its clock is ahead of this machine's; never too much."""
        return {name: peer.offset for name, peer in self._peers.items()}

    def leader_of(self, name: str) -> tuple[str, int] | None:
        """The master that a node names."""
        return self._peers[name].leader

    def seen(self, name: str) -> Node:
        """One node, FAILED if the master declared lost what is known of it."""
        node = self._peers[name].node
        epochs = self.report.epochs if self.report else {}
        if node.epoch and epochs.get(name, 0) > node.epoch and node.state is not NodeState.STOPPED:
            why = "its lease is over, the voters raised its epoch"
            return msgspec.structs.replace(node, state=NodeState.FAILED, reason=why)
        return node

    def publication(self, published: Published, now: BootTime) -> None:
        """Take a publication."""
        peer = self._peers.get(published.node)
        if peer is None:
            self.dropped += 1
            return
        body = published.body
        if isinstance(body, Heartbeat):
            peer.offset = body.boottime - now
            peer.leader, peer.heard = body.leader, body.heard
        expected = peer.seq if isinstance(body, Heartbeat) else peer.seq + 1
        if published.run != peer.run or published.seq != expected:
            peer.node = msgspec.structs.replace(peer.node, seen_at=now)
            if published.run != peer.run or published.seq > expected:
                self._ask(published.node)
            return
        peer.seq = published.seq
        self._take(peer, body, now)

    def snapshot(self, snapshot: Snapshot, now: BootTime) -> None:
        """Take a snapshot that was asked for; an older one than what is known is dropped."""
        peer = self._peers.get(snapshot.node)
        if peer is None or (snapshot.run == peer.run and snapshot.seq < peer.seq):
            return
        peer.run, peer.seq = snapshot.run, snapshot.seq
        processes = {process.namespec: process for process in snapshot.processes}
        if not processes and snapshot.heartbeat.state is NodeState.CHECKING:
            # An agent that has just come back has not heard its supervisord yet: what was known stands.
            processes = dict(peer.node.processes)
        peer.node = msgspec.structs.replace(
            self._with_heartbeat(peer.node, snapshot.heartbeat, now),
            processes=processes,
            usage=snapshot.usage,
            agreement=snapshot.agreement,
            machine=snapshot.machine,
        )
        peer.offset = snapshot.heartbeat.boottime - now
        self._tell(NodeSeen(peer.node))
        if snapshot.report:
            self._take_report(snapshot.report)
        self._take_events(snapshot.events)
        self.version += 1

    def _take(self, peer: _Peer, body: object, now: BootTime) -> None:
        if isinstance(body, Heartbeat):
            before = peer.node
            peer.node = self._with_heartbeat(before, body, now)
            # A lease that is renewed, as it is all the time, is nothing worth telling.
            renewed = msgspec.structs.replace(before, seen_at=now, lease_until=peer.node.lease_until)
            if renewed != peer.node:
                self.version += 1
                self._tell(NodeSeen(peer.node))
            return
        self.version += 1
        if isinstance(body, ProcessesChanged):
            self._take_processes(peer, body, now)
        elif isinstance(body, SupervisordDied):
            proof = DeathProved(peer.node.name, body.incarnation, body.supervisord, body.reason)
            self.proofs[peer.node.name] = proof
            self._tell(proof)
        elif isinstance(body, UsageSampled):
            peer.node = msgspec.structs.replace(
                peer.node, usage=body.usage, machine=body.machine, seen_at=now
            )
        elif isinstance(body, Reported):
            self._take_report(body.report)
        elif isinstance(body, EventsSeen):
            self._take_events(body.events)

    def _take_processes(self, peer: _Peer, body: ProcessesChanged, now: BootTime) -> None:
        processes = dict(peer.node.processes)
        processes.update((process.namespec, process) for process in body.changed)
        for namespec in body.removed:
            processes.pop(namespec, None)
        peer.node = msgspec.structs.replace(peer.node, processes=processes, seen_at=now)
        for process in body.changed:
            self._tell(ProcessSeen(peer.node.name, process))
        if body.removed:
            self._tell(NodeSeen(peer.node))

    def _take_report(self, raw: bytes) -> None:
        try:
            report = _report_decoder.decode(raw)
        except msgspec.MsgspecError:
            self.dropped += 1
            return
        known = self.report
        if known is None or (report.term, report.version) > (known.term, known.version):
            self.report = report

    def _take_events(self, events: tuple[Event, ...]) -> None:
        for event in events:
            if event.id in self._event_ids:
                continue
            if len(self.events) == EVENTS_KEPT:
                self._event_ids.discard(self.events[0].id)
            self.events.append(event)
            self._event_ids.add(event.id)
            self.events_seen += 1

    @staticmethod
    def _with_heartbeat(node: Node, heartbeat: Heartbeat, now: BootTime) -> Node:
        return msgspec.structs.replace(
            node,
            state=heartbeat.state,
            reason=heartbeat.reason,
            epoch=heartbeat.epoch,
            incarnation=heartbeat.incarnation,
            pids=heartbeat.pids,
            life=heartbeat.life,
            maintenance_until=heartbeat.maintenance_until,
            safety_digest=heartbeat.safety_digest,
            rest_digest=heartbeat.rest_digest,
            version=heartbeat.version,
            agent_started_at=heartbeat.agent_started_at,
            lease_until=heartbeat.lease_until,
            seen_at=now,
        )
