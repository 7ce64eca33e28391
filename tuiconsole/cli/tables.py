"""Values as plain aligned text: columns two blanks apart, so that both eyes and awk can read it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from tuiconsole.client.items import ItemStatus
from tuiconsole.client.jobs import JobShown
from tuiconsole.client.top import TopShown
from tuiconsole.model.alarms import AlarmStatus
from tuiconsole.model.events import Event
from tuiconsole.model.node import Machine
from tuiconsole.model.status import ApplicationStatus, ClusterStatus, ConflictStatus, NodeStatus
from tuiconsole.source.errors import one_line

NOTHING = "-"
"""An empty cell, so that columns can be counted."""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Aligned lines; the last column may be empty or hold blanks."""
    cells = [tuple(head)] + [tuple(one_line(cell) for cell in row) for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head) - 1)]
    return [
        "  ".join((*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1])).rstrip()
        for row in cells
    ]


def applications(status: Iterable[ApplicationStatus]) -> list[str]:
    """The applications with their two LEDs."""
    return _with_leds("Application", ((one.name, one) for one in status))


def items(status: Iterable[ItemStatus]) -> list[str]:
    """The items, the parts of each merged."""
    return _with_leds("Item", ((str(one.item), one) for one in status))


def _with_leds(what: str, named: Iterable[tuple[str, ApplicationStatus | ItemStatus]]) -> list[str]:
    head = (what, "State", "Major", "Minor", "Nodes", "Reason")
    rows = [
        (
            name,
            one.state.value,
            str(one.major_failure),
            str(one.minor_failure),
            ",".join(one.nodes) or NOTHING,
            one.reason or "",
        )
        for name, one in named
    ]
    return table(head, rows)


def processes(status: Iterable[ApplicationStatus]) -> list[str]:
    """The processes of some applications."""
    return table(
        ("Process", "State", "Nodes", "Pid", "Uptime", "Cpu", "Memory", "Reason"),
        [
            (
                process.namespec,
                process.state.value + ("?" if process.stale else ""),
                ",".join(process.nodes) or NOTHING,
                str(process.pid) if process.pid else NOTHING,
                NOTHING if process.uptime is None else f"{process.uptime:.0f}s",
                NOTHING if process.cpu is None else f"{process.cpu:.1f}%",
                NOTHING if process.memory is None else f"{process.memory / 2**20:.1f}M",
                process.reason or "",
            )
            for application in status
            for process in application.processes
        ],
    )


def nodes(status: ClusterStatus) -> list[str]:
    """The nodes, the master marked."""
    master = status.master.node if status.master else ""
    return table(
        (
            "Node",
            "State",
            "Role",
            "Host",
            "Load",
            "Age",
            "Cpu",
            "Memory",
            "Uptime",
            "Lease",
            "Version",
            "Reason",
        ),
        [
            _node(node, "master" if node.name == master else "core" if node.core else "")
            for node in status.nodes
        ],
    )


def _node(node: NodeStatus, role: str) -> tuple[str, ...]:
    age = NOTHING if node.age is None else f"{node.age:.1f}s"
    machine = node.machine
    return (
        node.name,
        node.state.value,
        role or NOTHING,
        node.host,
        f"{node.load}%",
        age,
        NOTHING if machine is None else f"{machine.cpu}%",
        NOTHING if machine is None else f"{100 * machine.memory // max(1, machine.memory_total)}%",
        NOTHING if node.uptime is None else f"{node.uptime:.0f}s",
        NOTHING if node.lease is None else f"{node.lease:.1f}s",
        node.version or NOTHING,
        node.reason or "",
    )


def conflicts(status: Iterable[ConflictStatus]) -> list[str]:
    """What runs more than once, each with its instances, and with what each strategy would do."""
    lines: list[str] = []
    for one in status:
        waits = f"; {one.waits}" if one.waits else ""
        lines += [f"{one.name}  since {one.since}, conciliation {one.strategy}{waits}"]
        rows = [
            (
                instance.node,
                NOTHING if instance.token is None else f"{instance.token[0]}-{instance.token[1]}",
                instance.since,
                ",".join(name.partition(":")[2] for name in instance.processes),
            )
            for instance in one.instances
        ]
        lines += [f"  {line}" for line in table(("Node", "Token", "Started", "Processes"), rows)]
        lines += [f"  {line}" for line in table(("Strategy", "Would do"), one.options.items())]
    return lines


def alarms(found: Iterable[AlarmStatus]) -> list[str]:
    """The alarms, each with what follows from it, its remedy, and who has said what about it."""
    found = tuple(found)
    if not found:
        return []
    rows = [
        (
            one.priority.value,
            one.state.value.replace("-", " "),
            one.id,
            one.since,
            f"{one.title}: {one.cause}",
        )
        for one in found
    ]
    head, *lines = table(("Priority", "State", "Alarm", "Since", "What"), rows)
    text = [head]
    for one, line in zip(found, lines, strict=True):
        text += [line, *(f"    {more}" for more in _about(one))]
    return text


def _about(alarm: AlarmStatus) -> Iterator[str]:
    if alarm.consequences:
        now = f", {len(alarm.failing)} fail now" if alarm.failing else ", none fails now"
        yield f"{len(alarm.consequences)} failed for it{now}: {', '.join(alarm.consequences)}"
    if alarm.times > 1:
        yield f"raised {alarm.times} times since anybody has acknowledged it"
    if alarm.returned:
        yield f"its cause went at {alarm.returned}"
    mark = alarm.mark
    if mark is not None:
        until = f" until {mark.until}" if mark.until else ""
        why = f": {mark.reason}" if mark.reason else ""
        yield f"{alarm.state.value.replace('-', ' ')}{until} by {mark.by} on {mark.origin} at {mark.at}{why}"
    yield f"remedy: {alarm.remedy}"


def jobs(found: Iterable[JobShown]) -> list[str]:
    """What goes on, each job with its sequences; `>` is where it is."""
    lines: list[str] = []
    for job in found:
        where = f" on {', '.join(job.nodes)}" if job.nodes else ""
        waits = f": waits for {', '.join(job.waits_for)}" if job.waits_for else ""
        lines.append(f"{job.application}  {job.kind}{where}, step {job.step} of {job.steps}{waits}")
        for number, sequence in enumerate(job.sequences, 1):
            at = number if job.kind != "stop" else len(job.sequences) + 1 - number
            states = ", ".join(
                f"{one.namespec.partition(':')[2]} {one.state.value}" for one in sequence.processes
            )
            lines.append(f"  {'>' if at == job.step else ' '} sequence {sequence.sequence}: {states}")
    return lines


def top(shown: TopShown) -> list[str]:
    """The nodes, then the processes, the greatest users first."""
    nodes = table(
        ("Node", "State", "Cpu", "Memory", "Machine", "Load", "Processes"),
        [
            (
                one.name,
                one.state.value + ("?" if one.stale else ""),
                f"{one.cpu:.1f}%",
                f"{one.memory / 2**20:.1f}M",
                NOTHING if one.machine is None else _machine(one.machine),
                f"{one.load}%",
                str(one.processes),
            )
            for one in shown.nodes
        ],
    )
    processes = table(
        ("Process", "Pid", "Cpu", "Memory", "Uptime", "State", "Nodes"),
        [
            (
                one.namespec,
                str(one.pid) if one.pid else NOTHING,
                NOTHING if one.cpu is None else f"{one.cpu:.1f}%",
                NOTHING if one.memory is None else f"{one.memory / 2**20:.1f}M",
                NOTHING if one.uptime is None else f"{one.uptime:.0f}s",
                one.state.value + ("?" if one.stale else ""),
                ",".join(one.nodes) or NOTHING,
            )
            for one in shown.processes
        ],
    )
    return [*nodes, "", *processes]


def _machine(machine: Machine) -> str:
    """All of its cores, and its memory."""
    return f"{machine.cpu}% {machine.memory / 2**30:.1f}/{machine.memory_total / 2**30:.1f}G"


def event(one: Event) -> str:
    """One line of the event log."""
    return f"{one.at}  {one.severity.value:<5}  {one.node}  {one.subject}  {one.text}"


def cluster(status: ClusterStatus) -> str:
    """The cluster in one sentence."""
    quorum = status.quorum
    master = f"master {status.master.node} (term {status.master.term})" if status.master else "no master"
    held = "" if quorum.held else f", {quorum.needed} are needed"
    conflicts = f"; conflicts: {', '.join(one.name for one in status.conflicts)}" if status.conflicts else ""
    reason = f"; {status.reason}" if status.reason else ""
    return (
        f"{status.cluster} {status.state.value}, {master}, "
        f"{quorum.present} of {quorum.voters} core nodes{held}{conflicts}{reason}"
    )
