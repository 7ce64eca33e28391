"""The status that front ends show: what `status --json` prints (schema `tuiconsole.status/1`).

Values without cycles, of which a great cluster has 10,000 several times a second: the garbage collector is
told to leave them alone (`gc=False`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from tuiconsole.model.alarms import AlarmStatus
from tuiconsole.model.node import Machine, Pids
from tuiconsole.model.process import End, Token
from tuiconsole.model.states import ApplicationState, ClusterState, NodeState, ProcessState

SCHEMA = "tuiconsole.status/1"


class MasterStatus(msgspec.Struct, frozen=True, gc=False):
    """The elected master."""

    node: str
    term: int


class QuorumStatus(msgspec.Struct, frozen=True, gc=False):
    """Of the core nodes: how many there are, are heard, are needed, and whether the majority is held."""

    voters: int
    present: int
    needed: int
    held: bool
    missing: tuple[str, ...] = ()
    """The core nodes that do not answer as voters, by name."""


def no_quorum(present: int, voters: int, needed: int, missing: Sequence[str]) -> str:
    """Why nothing can be granted, in words: who is there, and who is not."""
    names = f"; not seen: {', '.join(missing)}" if missing else ""
    return f"no quorum: {present} of {voters} core nodes answer, {needed} are needed{names}"


class MaintenanceStatus(msgspec.Struct, frozen=True, gc=False):
    """Nothing is done by itself until `until` (UTC, ISO 8601), at the word of `requested_by`."""

    until: str
    requested_by: str
    since: str
    reason: str | None = None


class NodeStatus(msgspec.Struct, frozen=True, gc=False):
    """One node. `load`: expected loading of its host, percent; `age`: seconds since it was heard."""

    name: str
    state: NodeState
    core: bool
    host: str
    load: int
    age: float | None
    pids: Pids
    tags: tuple[str, ...] = ()
    reason: str | None = None
    stale: bool = False
    maintenance: float | None = None
    """Seconds for which the voters let its agent be silent; null if it is in no maintenance."""
    differs: str | None = None
    """In what its cluster file or rules differ from the cluster's, and what to do; null if in nothing."""
    version: str | None = None
    """Of its agent; null of one that does not tell."""
    uptime: float | None = None
    """Seconds since its agent was started; null if it is not heard."""
    lease: float | None = None
    """Seconds that are left of its lease; null if it holds none, as far as is known."""
    epoch: int = 0
    """Of its lease, or its last one; 0: none yet. It grows each time the node was cut off or began anew."""
    machine: Machine | None = None
    """What the machine is doing; null until it was sampled."""
    machine_uptime: float | None = None
    """Seconds since the machine was booted."""
    drained: str | None = None
    """Who keeps it free, since when and why; null if it takes applications."""


class GrantStatus(msgspec.Struct, frozen=True, gc=False):
    """Who holds the right to run an application, since when (UTC, ISO 8601), at whose request."""

    node: str
    token: Token
    since: str
    requested_by: str


class ProcessStatus(msgspec.Struct, frozen=True, gc=False):
    """One process. `uptime` in seconds, `cpu` in percent of a core, `memory` in bytes; null if not up."""

    name: str
    namespec: str
    state: ProcessState
    nodes: tuple[str, ...]
    pid: int | None
    expected_exit: bool
    required: bool
    expected_loading: int
    uptime: float | None
    cpu: float | None
    memory: int | None
    major_failure: bool = False
    minor_failure: bool = False
    sequence: int = 0
    """Its place in its application's start sequence; 0 if it has none."""
    stale: bool = False
    """Its node is silent: this is its last known state."""
    reason: str | None = None
    last_node: str | None = None
    """Where it ran last; null if it runs now, or never ran."""
    ends: tuple[End, ...] = ()
    """Its last ends, the newest first, at most five, as far as its agents have seen them."""
    disabled: str | None = None
    """Who disabled it, when and why: nothing starts it; null if it may be started."""
    arguments: tuple[str, ...] = ()
    """What was added to its command when it was started."""
    program: str | None = None
    """`application:program`, if that program may have several processes: what a scale names."""


class JobStatus(msgspec.Struct, frozen=True, gc=False):
    """A start or stop job that goes on: at which step of how many, and what it waits for."""

    kind: str
    """`start`, `stop`, `restart` or `conciliate`."""
    step: int
    steps: int
    waits_for: tuple[str, ...]
    """Namespecs it waits for, with what they do, in words."""


class ApplicationStatus(msgspec.Struct, frozen=True, gc=False):
    """One application with its two LEDs."""

    name: str
    managed: bool
    state: ApplicationState
    major_failure: bool
    minor_failure: bool
    nodes: tuple[str, ...]
    grant: GrantStatus | None
    reason: str | None
    processes: tuple[ProcessStatus, ...]
    job: JobStatus | None = None
    held: str | None = None
    """Why nothing but a person starts it any more, past its flap limit; null if it is not held."""
    maintenance: MaintenanceStatus | None = None
    """Its own; null if it is in none."""


class InstanceStatus(msgspec.Struct, frozen=True, gc=False):
    """What one node runs of something that runs more than once."""

    node: str
    since: str
    """When its oldest process was started; UTC, ISO 8601."""
    token: Token | None
    """Null if it was started past the lock."""
    processes: tuple[str, ...]
    """Namespecs."""


class ConflictStatus(msgspec.Struct, frozen=True, gc=False):
    """Something that runs on more than one node though it must not."""

    name: str
    nodes: tuple[str, ...]
    since: str
    strategy: str = "USER"
    """The conciliation strategy of its rules."""
    instances: tuple[InstanceStatus, ...] = ()
    options: Mapping[str, str] = {}
    """By strategy: what it would do, in words."""
    waits: str = ""
    """What goes on about it, or what it waits for, in words."""


class ClusterStatus(msgspec.Struct, frozen=True, gc=False):
    """Everything at one moment, as one observer knows it."""

    cluster: str
    state: ClusterState
    observed_at: str
    """UTC, ISO 8601 with milliseconds."""
    observer: str
    """The node whose agent says so."""
    master: MasterStatus | None
    quorum: QuorumStatus
    nodes: tuple[NodeStatus, ...]
    applications: tuple[ApplicationStatus, ...]
    conflicts: tuple[ConflictStatus, ...]
    reason: str | None = None
    """What keeps the cluster from operating, in words; null in OPERATION."""
    alarms: tuple[AlarmStatus, ...] = ()
    """What asks for somebody's action, the gravest first; those that were put aside too."""
    maintenance: MaintenanceStatus | None = None
    """Of the whole system; null if it is in none."""
    schema: str = SCHEMA
