"""The states of processes, applications, nodes and the cluster, under the names operators know.

Process states and their names are Supervisor's (http://supervisord.org/subprocess.html#process-states);
cluster states are those that operators of Supvisors know.
"""

from __future__ import annotations

from enum import Enum


class ProcessState(str, Enum):
    """Supervisor's process states."""

    STOPPED = "STOPPED"
    STARTING = "STARTING"
    RUNNING = "RUNNING"
    BACKOFF = "BACKOFF"
    STOPPING = "STOPPING"
    EXITED = "EXITED"
    FATAL = "FATAL"
    UNKNOWN = "UNKNOWN"

    @property
    def alive(self) -> bool:
        """True if a process of the operating system exists, or may be spawned again at any moment."""
        return self in ALIVE


ALIVE = frozenset({ProcessState.STARTING, ProcessState.RUNNING, ProcessState.BACKOFF, ProcessState.STOPPING})


class ApplicationState(str, Enum):
    """What an application does as a whole; failures are told apart from it, by its two LEDs."""

    STOPPED = "STOPPED"
    STARTING = "STARTING"
    RUNNING = "RUNNING"
    STOPPING = "STOPPING"


class NodeState(str, Enum):
    """What the cluster knows of a node.

    STOPPED: never seen, or left cleanly. CHECKING: seen, not yet under a lease, or its supervisord is not up.
    RUNNING: holds its lease. ISOLATED: alive, but without a lease. FAILED: lost.
    """

    STOPPED = "STOPPED"
    CHECKING = "CHECKING"
    RUNNING = "RUNNING"
    ISOLATED = "ISOLATED"
    FAILED = "FAILED"


class ClusterState(str, Enum):
    """What the cluster as a whole is doing."""

    SYNCHRONIZATION = "SYNCHRONIZATION"
    ELECTION = "ELECTION"
    DISTRIBUTION = "DISTRIBUTION"
    OPERATION = "OPERATION"
    CONCILIATION = "CONCILIATION"
    RESTARTING = "RESTARTING"
    SHUTTING_DOWN = "SHUTTING_DOWN"
