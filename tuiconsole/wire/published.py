"""What an agent publishes of what it sees and decides, on its PUB socket."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from tuiconsole.clock import BootTime
from tuiconsole.model.events import Event
from tuiconsole.model.node import Machine, Pids
from tuiconsole.model.process import Process, Usage
from tuiconsole.model.states import NodeState
from tuiconsole.model.status import QuorumStatus
from tuiconsole.wire.version import VERSION


class Heartbeat(msgspec.Struct, frozen=True, tag=True):
    """What an agent says of its node at least every `heartbeat` seconds."""

    host: str
    state: NodeState
    reason: str
    epoch: int
    incarnation: str
    pids: Pids
    boottime: BootTime
    """The node's clock when this was sent: the master names deadlines on it, always a little too early."""
    safety_digest: str
    """Of what safety rests on in its cluster file (model.agreement)."""
    rest_digest: str
    """Of the rest, the rules included."""
    leader: tuple[str, int] | None
    """The master (node, term) that it knows."""
    quorum: QuorumStatus
    """The voters as it sees them."""
    heard: tuple[str, ...] = ()
    """The nodes that it hears."""
    maintenance_until: BootTime = 0.0
    """Until when, on the node's clock, the voters let it be silent; 0 if it is in no maintenance."""
    version: str = ""
    """Of the agent."""
    agent_started_at: BootTime = 0.0
    """On the node's clock."""
    lease_until: BootTime = 0.0
    """Until when, on the node's clock, it holds its lease; 0 if it holds none."""
    life: str = ""
    """Names the life of its supervisord: a reload, which keeps the pid, begins another one."""


class ProcessesChanged(msgspec.Struct, frozen=True, tag=True):
    """Some processes anew, and namespecs that supervisord no longer has."""

    changed: tuple[Process, ...]
    removed: tuple[str, ...] = ()


class SupervisordDied(msgspec.Struct, frozen=True, tag=True):
    """The proof of death: the shim of this incarnation has no child left."""

    incarnation: str
    supervisord: int
    """Its pid; 0 if the whole node has left."""
    reason: str


class UsageSampled(msgspec.Struct, frozen=True, tag=True):
    """What the running processes use, by namespec, and their machine."""

    usage: Mapping[str, Usage]
    machine: Machine | None = None


class Reported(msgspec.Struct, frozen=True, tag=True):
    """The master's report (planning.engine.messages.EngineReport), encoded: the wire need not know it."""

    report: bytes


class EventsSeen(msgspec.Struct, frozen=True, tag=True):
    """New lines for the event log."""

    events: tuple[Event, ...]


Publication = Heartbeat | ProcessesChanged | SupervisordDied | UsageSampled | Reported | EventsSeen


class Published(msgspec.Struct, frozen=True):
    """One publication. A heartbeat repeats the last number; everything else counts on."""

    node: str
    run: str
    """Of the agent: a new one each time it is started."""
    seq: int
    body: Publication
    version: int = VERSION
