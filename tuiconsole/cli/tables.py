"""Values as plain aligned text: columns two blanks apart, so that both eyes and awk can read it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tuiconsole.client.items import ItemStatus
from tuiconsole.model.events import Event
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
    head = ("Application", "State", "Major", "Minor", "Nodes", "Reason")
    return table(
        head,
        [
            (
                one.name,
                one.state.value,
                str(one.major_failure),
                str(one.minor_failure),
                ",".join(one.nodes) or NOTHING,
                one.reason or "",
            )
            for one in status
        ],
    )


def items(status: Iterable[ItemStatus]) -> list[str]:
    """The items, the parts of each merged."""
    return table(
        ("Item", "State", "Major", "Minor", "Nodes", "Reason"),
        [
            (
                one.item,
                one.state.value,
                str(one.major_failure),
                str(one.minor_failure),
                ",".join(one.nodes) or NOTHING,
                one.reason or "",
            )
            for one in status
        ],
    )


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
