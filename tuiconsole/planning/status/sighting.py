"""One process as it is seen on its nodes: which of them speaks for it, and how it has to be read."""

from __future__ import annotations

from dataclasses import dataclass

from tuiconsole.model.node import Node
from tuiconsole.model.process import ENDS_KEPT, End, Process
from tuiconsole.model.states import NodeState, ProcessState

_LIVELIEST = (
    ProcessState.RUNNING,
    ProcessState.STARTING,
    ProcessState.BACKOFF,
    ProcessState.STOPPING,
    ProcessState.FATAL,
    ProcessState.UNKNOWN,
    ProcessState.EXITED,
    ProcessState.STOPPED,
)


@dataclass(frozen=True)
class Sighting:
    """One process on one node, as it has to be read."""

    node: Node
    process: Process
    state: ProcessState
    reason: str

    @property
    def bad(self) -> bool:
        """FATAL, or an exit that was not expected."""
        if self.state is ProcessState.FATAL:
            return True
        return self.state is ProcessState.EXITED and not self.process.expected_exit


def sighting_of(node: Node, process: Process) -> Sighting:
    """A process of a lost node is dead, whatever the node said last; one of a node that left was stopped."""
    if process.state.alive and node.state is NodeState.FAILED:
        return Sighting(node, process, ProcessState.FATAL, f"node lost: {node.reason or node.name}")
    if process.state.alive and node.state is NodeState.STOPPED:
        return Sighting(node, process, ProcessState.STOPPED, f"{node.name} has left")
    return Sighting(node, process, process.state, process.reason)


def foremost(sightings: list[Sighting]) -> Sighting:
    """What speaks for a process seen on several nodes: the liveliest; of the dead the one granted last."""
    alive = [sighting for sighting in sightings if sighting.state.alive]
    if alive:
        return min(alive, key=lambda sighting: _LIVELIEST.index(sighting.state))
    return max(
        sightings,
        key=lambda s: (
            s.process.token or (0, 0),
            -_LIVELIEST.index(s.state),
            s.node.state is NodeState.RUNNING,
        ),
    )


def ends_of(sightings: list[Sighting]) -> tuple[End, ...]:
    """The last ends on all nodes, the newest first."""
    told = [end for sighting in sightings for end in sighting.process.ends]
    if len(sightings) > 1:
        told.sort(key=lambda end: end.at, reverse=True)
    return tuple(told[:ENDS_KEPT])


def words_of(sighting: Sighting) -> str:
    """How it ended, in words."""
    if sighting.state is ProcessState.FATAL:
        return "is FATAL"
    status = sighting.process.exit_status
    if status is not None and status < 0:
        return f"was killed by signal {-status}"
    return "exited unexpectedly" + (f" (status {status})" if status is not None else "")
