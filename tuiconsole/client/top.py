"""Who uses what: CPU and memory of the processes, and of nodes by what runs on them."""

from __future__ import annotations

from enum import Enum

import msgspec

from tuiconsole.model.node import Machine
from tuiconsole.model.states import NodeState, ProcessState
from tuiconsole.model.status import ClusterStatus, NodeStatus

SCHEMA = "tuiconsole.top/1"


class Ranking(str, Enum):
    """What comes first."""

    CPU = "cpu"
    MEMORY = "memory"
    NAME = "name"


class NodeUse(msgspec.Struct, frozen=True):
    """One node. What runs on several nodes counts for none of them: nobody knows its parts."""

    name: str
    host: str
    state: NodeState
    stale: bool
    processes: int
    """How many run on it."""
    cpu: float
    """Of these with their children, percent of a core."""
    memory: int
    """Of these with their children, bytes."""
    load: int
    """Expected loading of its host, percent."""
    machine: Machine | None = None
    """What its machine is doing, whoever does it; null until it was sampled."""


class ProcessUse(msgspec.Struct, frozen=True):
    """One process that is up, with its children."""

    namespec: str
    nodes: tuple[str, ...]
    state: ProcessState
    pid: int | None
    cpu: float | None
    """Percent of a core; null until it was sampled."""
    memory: int | None
    """Bytes."""
    uptime: float | None
    """Seconds."""
    stale: bool


class TopShown(msgspec.Struct, frozen=True):
    """What `top --json` prints."""

    cluster: str
    observed_at: str
    """UTC, ISO 8601 with milliseconds."""
    observer: str
    """The node whose agent says so."""
    nodes: tuple[NodeUse, ...]
    processes: tuple[ProcessUse, ...]
    schema: str = SCHEMA


def shown_top(status: ClusterStatus, ranking: Ranking = Ranking.CPU) -> TopShown:
    """What each node and each process that is up uses, the greatest first."""
    processes = [
        ProcessUse(one.namespec, one.nodes, one.state, one.pid, one.cpu, one.memory, one.uptime, one.stale)
        for application in status.applications
        for one in application.processes
        if one.state.alive
    ]
    if ranking is not Ranking.NAME:
        processes.sort(key=lambda one: -_rank(one, ranking))
    else:
        processes.sort(key=lambda one: one.namespec)
    nodes = tuple(_node(node, processes) for node in status.nodes)
    return TopShown(status.cluster, status.observed_at, status.observer, nodes, tuple(processes))


def _rank(process: ProcessUse, ranking: Ranking) -> float:
    value = process.cpu if ranking is Ranking.CPU else process.memory
    return -1.0 if value is None else float(value)


def _node(node: NodeStatus, processes: list[ProcessUse]) -> NodeUse:
    here = [one for one in processes if one.nodes == (node.name,)]
    return NodeUse(
        node.name,
        node.host,
        node.state,
        node.stale,
        sum(node.name in one.nodes for one in processes),
        round(sum(one.cpu or 0.0 for one in here), 1),
        sum(one.memory or 0 for one in here),
        node.load,
        node.machine,
    )
