"""The alarms: each cause once, with what follows from it and what to do about it.

After ISA-18.2: an alarm asks for somebody's action. So a lost node is one alarm, whatever ran there, and it
names its remedy; what only informs is an event, not an alarm.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tuiconsole.console.picture import Picture
from tuiconsole.console.rows import quantity
from tuiconsole.console.rows.foreign import plain
from tuiconsole.console.rows.line import Line, Span, Tone, cell, wrapped
from tuiconsole.console.rows.marks import severity_mark
from tuiconsole.console.subject import Kind, Subject
from tuiconsole.model.events import Severity
from tuiconsole.model.states import NodeState, ProcessState
from tuiconsole.model.status import ApplicationStatus, ClusterStatus, NodeStatus


class Alarm(msgspec.Struct, frozen=True):
    """One thing that somebody must do something about."""

    key: str
    severity: Severity
    title: str
    cause: str
    remedy: str
    subject: Subject = Subject()
    """Where to go about it."""
    consequences: tuple[str, ...] = ()
    """Applications that have failed for this cause."""


def alarms(picture: Picture) -> tuple[Alarm, ...]:
    """All alarms that stand now, the gravest first. While data is old they are the last known ones."""
    found = list(_of_link(picture))
    if picture.status is not None:
        found += _of_cluster(picture.status)
    rank = {Severity.MAJOR: 0, Severity.MINOR: 1, Severity.INFO: 2}
    return tuple(sorted(found, key=lambda one: rank[one.severity]))


def _of_link(picture: Picture) -> Iterator[Alarm]:
    if not picture.link.connected:
        yield Alarm(
            "link",
            Severity.MAJOR,
            "no agent answers",
            picture.link.reason or "the connection is lost",
            f"see whether the agent of {picture.node or 'this node'} runs; the console tries again by itself",
        )


def _of_cluster(status: ClusterStatus) -> Iterator[Alarm]:
    explained: set[str] = set()
    if not status.quorum.held:
        missing = ", ".join(status.quorum.missing) or "core nodes"
        yield Alarm(
            "quorum",
            Severity.MAJOR,
            "quorum lost",
            status.reason or f"{status.quorum.present} of {status.quorum.voters} core nodes answer",
            f"bring back {missing}; without them nothing can be started",
        )
    elif status.master is None:
        why = status.reason or "none is elected"
        yield Alarm("master", Severity.MINOR, "no master", why, "wait for the election: a second or two")
    for node in status.nodes:
        if node.state in (NodeState.FAILED, NodeState.ISOLATED):
            hit = tuple(one.name for one in status.applications if _failed(one) and _was_on(one, node))
            explained.update(hit)
            yield _of_node(node, hit)
        elif node.differs:
            yield Alarm(
                f"differs {node.name}",
                Severity.MINOR,
                f"{node.name} has other files",
                node.differs,
                "give all nodes the same files, then restart its agent",
                Subject(Kind.NODE, node.name),
            )
    for conflict in status.conflicts:
        explained.add(conflict.name.partition(":")[0])
        yield Alarm(
            f"conflict {conflict.name}",
            Severity.MAJOR,
            f"{conflict.name} runs more than once",
            f"on {' and '.join(conflict.nodes)}; {conflict.waits}".rstrip("; "),
            "choose what stays: C, then m",
            Subject(Kind.CONFLICT, conflict.name),
        )
    for application in status.applications:
        if _failed(application) and application.name not in explained:
            yield _of_application(application)
        yield from _of_restarts(application)


def _of_node(node: NodeStatus, hit: tuple[str, ...]) -> Alarm:
    lost = node.state is NodeState.FAILED
    heard = "never heard" if node.age is None else f"last heard {quantity.duration(node.age)} ago"
    return Alarm(
        f"node {node.name}",
        Severity.MAJOR,
        f"{node.name} is {'lost' if lost else 'isolated'}",
        node.reason or heard,
        "start its machine and agent; if it is dead for good, confirm it on the screen of the nodes (D)"
        if lost
        else "repair its connection to the core nodes",
        Subject(Kind.NODE, node.name),
        hit,
    )


def _of_application(application: ApplicationStatus) -> Alarm:
    culprit = next((one for one in application.processes if one.major_failure or one.minor_failure), None)
    why = application.reason or (culprit.reason if culprit else None)
    if culprit is not None and not why:
        exited = "exited unexpectedly" if not culprit.expected_exit else f"is {culprit.state.value}"
        why = f"{culprit.name} {exited}"
    return Alarm(
        f"application {application.name}",
        Severity.MAJOR if application.major_failure else Severity.MINOR,
        f"{application.name} has failed" if application.major_failure else f"{application.name} is impaired",
        why or "a process of its start sequence does not run",
        "read its log (l), start it again (s), or clear the failure (c)",
        Subject(Kind.APPLICATION, application.name),
    )


def _of_restarts(application: ApplicationStatus) -> Iterator[Alarm]:
    for process in application.processes:
        if process.state is ProcessState.BACKOFF:
            yield Alarm(
                f"backoff {process.namespec}",
                Severity.MINOR,
                f"{process.namespec} does not stay up",
                process.reason or "it exits too soon after each start, and is started again",
                "read its log (l)",
                Subject(Kind.PROCESS, process.namespec),
            )


def _failed(application: ApplicationStatus) -> bool:
    return application.major_failure or application.minor_failure


def _was_on(application: ApplicationStatus, node: NodeStatus) -> bool:
    """True if the grant or a failed process was on the node; a lost process says so in its reason only."""
    granted = application.grant is not None and application.grant.node == node.name
    lost = f"node lost: {node.reason or node.name}"
    return granted or any(
        node.name in one.nodes or one.reason == lost
        for one in application.processes
        if one.major_failure or one.minor_failure
    )


def alarm_line(alarm: Alarm, width: int) -> Line:
    """One alarm: how grave, what, why; and how much follows from it."""
    mark = severity_mark(alarm.severity)
    more = f"  +{len(alarm.consequences)}" if alarm.consequences else ""
    return (
        Span(f"{mark.glyph} ", mark.tone),
        cell(mark.word, 6, mark.tone),
        cell(plain(alarm.title), min(44, max(16, width // 3)), Tone.STRONG),
        Span(more, Tone.MAJOR),
        Span(f"  {plain(alarm.cause)}"),
    )


def alarm_lines(alarm: Alarm | None, width: int) -> tuple[Line, ...]:
    """All about one alarm, in lines of at most `width` cells."""
    if alarm is None:
        return ((Span("Nothing asks for anybody's action.", Tone.RUNNING),),)
    mark = severity_mark(alarm.severity)
    paragraphs: list[Line] = [
        (Span(f"{mark.text}  ", mark.tone), Span(plain(alarm.title), Tone.STRONG)),
        (Span("cause: ", Tone.DIM), Span(plain(alarm.cause))),
        (Span("remedy: ", Tone.DIM), Span(plain(alarm.remedy), Tone.ACCENT)),
    ]
    if alarm.consequences:
        names = ", ".join(map(plain, alarm.consequences))
        count = quantity.count(len(alarm.consequences), "application")
        paragraphs.append((Span(f"{count} failed for it: ", Tone.DIM), Span(names)))
    return tuple(line for paragraph in paragraphs for line in wrapped(paragraph, width, indent=2))
