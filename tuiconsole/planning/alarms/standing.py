"""What stands now: each cause once, with what fails for it and what to do about it.

An alarm asks for somebody's action. So a lost node is one alarm, whatever ran there; what only informs is an
event and no alarm. Texts tell no ages, so that the same condition always gives the same value.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tuiconsole.model.alarms import Alarm, AlarmKind, Priority
from tuiconsole.model.states import NodeState
from tuiconsole.model.status import ApplicationStatus, ClusterStatus, NodeStatus, ProcessStatus

_RANK = tuple(Priority)
_UNHEARD = (NodeState.CHECKING, NodeState.ISOLATED)


def standing(status: ClusterStatus, flapping: Sequence[str] = ()) -> tuple[Alarm, ...]:
    """All conditions that stand in a status, the gravest first.

    Args:
        status: as one observer knows it.
        flapping: namespecs that the master has seen end again and again.
    """
    failed = {one.name: one for one in status.applications if one.major_failure or one.minor_failure}
    found = list(_of_cluster(status, failed))
    for node in status.nodes:
        found += _of_node(status, node, failed)
    for conflict in status.conflicts:
        failed.pop(conflict.name.partition(":")[0], None)
        found.append(
            Alarm(
                AlarmKind.CONFLICT,
                conflict.name,
                Priority.HIGH,
                f"{conflict.name} runs more than once",
                f"on {' and '.join(conflict.nodes)}",
                f"choose what stays: `tuiconsole conciliate {conflict.name}`, or C, then m on the console",
            )
        )
    found += [_of_application(application) for application in failed.values()]
    found += _of_flapping(status, flapping)
    return tuple(sorted(found, key=lambda one: _RANK.index(one.priority)))


def _of_cluster(status: ClusterStatus, failed: dict[str, ApplicationStatus]) -> Iterator[Alarm]:
    """No quorum: what fails without it, and nodes without a lease, follow from it."""
    quorum = status.quorum
    if not quorum.held:
        hit = [one.name for one in status.nodes if one.state in _UNHEARD and not one.differs]
        lost = [one for one in status.nodes if one.state is NodeState.FAILED]
        mine = [name for name, one in failed.items() if not any(_was_on(one, node) for node in lost)]
        for name in mine:
            del failed[name]
        missing = ", ".join(quorum.missing) or "core nodes"
        yield Alarm(
            AlarmKind.QUORUM,
            "",
            Priority.HIGH,
            "quorum lost",
            f"{quorum.present} of {quorum.voters} core nodes answer, {quorum.needed} are needed",
            f"bring back {missing}; without them nothing can be started",
            tuple(hit + mine),
        )
    elif status.master is None:
        yield Alarm(
            AlarmKind.MASTER,
            "",
            Priority.MEDIUM,
            "no master",
            "a majority of the core nodes answers, and none of them is elected",
            "wait for the election, a second or two; then look at the logs of the core nodes' agents",
        )


def _of_node(
    status: ClusterStatus, node: NodeStatus, failed: dict[str, ApplicationStatus]
) -> Iterator[Alarm]:
    lost = node.state is NodeState.FAILED
    if lost or (node.state is NodeState.ISOLATED and status.quorum.held and not node.differs):
        hit = {name: one for name, one in failed.items() if _was_on(one, node)}
        for name in hit:
            del failed[name]
        grave = any(one.major_failure for one in hit.values())
        yield Alarm(
            AlarmKind.NODE,
            node.name,
            Priority.HIGH if grave or node.core else Priority.MEDIUM,
            f"{node.name} is {'lost' if lost else 'isolated'}",
            (node.reason if lost else None) or "it is heard, and holds no lease",
            "start its machine and agent; if it is dead for good: "
            f"`tuiconsole confirm-dead {node.name}`, or n, then D on the console"
            if lost
            else "repair its connection to the core nodes",
            tuple(hit),
        )
    elif node.differs:
        yield Alarm(
            AlarmKind.FILES,
            node.name,
            Priority.MEDIUM,
            f"{node.name} has other files",
            node.differs,
            "give all nodes the same files, then restart its agent",
        )


def _of_application(application: ApplicationStatus) -> Alarm:
    major = application.major_failure
    return Alarm(
        AlarmKind.MAJOR if major else AlarmKind.MINOR,
        application.name,
        Priority.HIGH if major else Priority.MEDIUM,
        f"{application.name} {'has failed' if major else 'is impaired'}",
        _why(application),
        f"read its log, start it again (`tuiconsole start {application.name}`), "
        f"or clear the failure (`tuiconsole clear {application.name}`)",
    )


def _why(application: ApplicationStatus) -> str:
    """The first cause of a failure, the gravest processes first."""
    failing = [one for one in application.processes if one.major_failure]
    failing += [one for one in application.processes if one.minor_failure]
    if not failing:
        return "a process of its start sequence does not run"
    first = failing[0]
    alike = [one.name for one in failing if one.reason == first.reason]
    names = ", ".join(alike[:3]) + (f" and {len(alike) - 3} more" if len(alike) > 3 else "")
    return f"{names}: {first.reason or _words(first)}"


def _words(process: ProcessStatus) -> str:
    return f"is {process.state.value}" if process.expected_exit else "exited unexpectedly"


def _of_flapping(status: ClusterStatus, flapping: Sequence[str]) -> Iterator[Alarm]:
    if not flapping:
        return
    known = {process.namespec: process for one in status.applications for process in one.processes}
    for namespec in flapping:
        process = known.get(namespec)
        # One that has failed for good is the cause of its application's alarm already.
        if process is not None and not (process.major_failure or process.minor_failure):
            yield Alarm(
                AlarmKind.FLAPPING,
                namespec,
                Priority.LOW,
                f"{namespec} does not stay up",
                "it ends again and again, and is started again each time",
                f"read its log: `tuiconsole logs {namespec}`, or l on the console",
            )


def _was_on(application: ApplicationStatus, node: NodeStatus) -> bool:
    """True if the right to run it, or a failed process of it, is or was last on the node."""
    if application.grant is not None and application.grant.node == node.name:
        return True
    bad = [one for one in application.processes if one.major_failure or one.minor_failure]
    return any(node.name in one.nodes or node.name == one.last_node for one in bad)
