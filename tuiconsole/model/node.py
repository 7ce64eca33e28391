"""A node, and the merged view of all of them, as one observer knows them."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from tuiconsole.clock import BootTime
from tuiconsole.model.agreement import Agreement
from tuiconsole.model.process import Process, Usage
from tuiconsole.model.states import NodeState

HANDED_OVER = 75
"""The exit code of an agent that was asked to hand over: whoever started it starts the next one at once
(EX_TEMPFAIL of sysexits.h)."""


SHUT_DOWN = 79
"""The exit code of an agent that has left because the whole system was shut down: nobody but a person starts
it again (beyond the codes of sysexits.h)."""


class Pids(msgspec.Struct, frozen=True, gc=False):
    """The processes that make up a node; 0 where one is not up."""

    agent: int = 0
    shim: int = 0
    supervisord: int = 0


class Machine(msgspec.Struct, frozen=True, gc=False):
    """What a node's machine is doing, as its agent has sampled it last."""

    cores: int
    cpu: int
    """Percent of all cores since the sample before, 0 to 100."""
    load: float
    """Load average of the last minute: how many processes wanted to run."""
    memory: int
    """Bytes that a new program could not have."""
    memory_total: int
    """Bytes."""


class Node(msgspec.Struct, frozen=True):
    """One node. `seen_at` is on the observer's clock, everything else is as the node said it."""

    name: str
    host: str
    tags: tuple[str, ...] = ()
    core: bool = False
    state: NodeState = NodeState.STOPPED
    epoch: int = 0
    incarnation: str = ""
    pids: Pids = Pids()
    reason: str = ""
    """Why it is not RUNNING, in words; empty if it is or was never seen."""
    seen_at: BootTime = 0.0
    """When the observer last heard of it, seconds of the observer's CLOCK_BOOTTIME; 0 for never."""
    processes: Mapping[str, Process] = {}
    """By namespec. Kept as last reported while the node is silent."""
    usage: Mapping[str, Usage] = {}
    """By namespec, only what runs."""
    maintenance_until: BootTime = 0.0
    """Until when the voters let it be silent, on the node's own clock; 0 if it is in no maintenance."""
    safety_digest: str = ""
    """Of what safety rests on in its cluster file; empty until it is heard."""
    rest_digest: str = ""
    """Of the rest of its cluster file and of its rules."""
    agreement: Agreement | None = None
    """What the two are digests of, once that was heard."""
    version: str = ""
    """Of its agent; empty of one that does not tell."""
    agent_started_at: BootTime = 0.0
    """On the node's own clock; 0 of an agent that does not tell."""
    lease_until: BootTime = 0.0
    """Until when it holds its lease, on its own clock, as its last heartbeat said; 0 if it holds none."""
    machine: Machine | None = None
    """None until it was sampled."""
    life: str = ""
    """Names the life of its supervisord, as a reload keeps the pid; empty of an agent that does not tell."""


class View(msgspec.Struct, frozen=True):
    """All nodes of the cluster file, whatever their state."""

    nodes: Mapping[str, Node]

    def with_node(self, node: Node) -> View:
        """This view with one node replaced."""
        return View({**self.nodes, node.name: node})
