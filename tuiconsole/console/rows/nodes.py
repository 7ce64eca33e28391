"""The nodes, as rows."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tuiconsole.console.picture import Picture
from tuiconsole.console.rows import quantity
from tuiconsole.console.rows.filtering import Filter
from tuiconsole.console.rows.foreign import plain
from tuiconsole.console.rows.line import Align, Line, Span, Tone, cell
from tuiconsole.console.rows.marks import MASTER, node_mark
from tuiconsole.console.rows.sentence import sentence
from tuiconsole.console.rows.tree import aged
from tuiconsole.model.node import Machine
from tuiconsole.model.status import ApplicationStatus, NodeStatus

_BAR = 6
"""Cells of the load's bar where there is room for one."""


class NodeRow(msgspec.Struct, frozen=True):
    """One node with its part in the cluster."""

    key: str
    node: NodeStatus
    master: bool
    here: bool
    """The node of this console."""
    age: float | None
    """Seconds since it was heard, by now."""


def node_rows(picture: Picture, wanted: Filter | None = None) -> tuple[NodeRow, ...]:
    """The nodes that the filter lets pass, in the file's order. While the link is down their ages go on."""
    status = picture.status
    if status is None:
        return ()
    master = status.master.node if status.master else ""
    silence = picture.age if picture.stale else 0.0
    return tuple(
        NodeRow(
            node.name,
            _calm(node),
            master=node.name == master,
            here=node.name == picture.node,
            # Tenths change ten times a second and tell nothing: below a second an age is just "now".
            age=None if node.age is None else float(int(node.age + silence)),
        )
        for node in status.nodes
        if not wanted or wanted.node(node)
    )


def _calm(node: NodeStatus) -> NodeStatus:
    """A node without what changes with each status and tells nothing: its row is drawn anew without need."""
    return msgspec.structs.replace(
        node,
        age=None,
        lease=None if node.lease is None else float(int(node.lease)),
        uptime=None
        if node.uptime is None
        else node.uptime // 60 * 60
        if node.uptime >= 120
        else node.uptime // 1,
        machine_uptime=None,
    )


def node_line(row: NodeRow, width: int, *, stale: bool = False) -> Line:
    """One node, drawn in `width` cells without the cursor's."""
    node = row.node
    mark = node_mark(node.state, stale=node.stale)
    role = f"{MASTER} master" if row.master else "core" if node.core else ""
    if width < 28:
        narrow = (
            Span(f"{mark.glyph} ", mark.tone),
            cell(MASTER if row.master else "", 1, Tone.ACCENT),
            cell(plain(node.name), max(1, width - 8), Tone.STRONG if row.here else Tone.NORMAL),
            cell(quantity.percent(node.load), 5, Tone.NORMAL, Align.RIGHT),
        )
        return aged(narrow) if stale else narrow
    if width < 44:
        spans: tuple[Span, ...] = (
            cell(MASTER if row.master else "", 1, Tone.ACCENT),
            Span(" "),
            cell(plain(node.name), max(1, width - 14), Tone.STRONG if row.here else Tone.NORMAL),
            Span(" "),
            cell(mark.text, 11, mark.tone),
        )
        return aged(spans) if stale else spans
    bar = _BAR + 1 if width >= 52 else 0
    name = max(10, min(24, width - 34 - bar))
    parts = [
        cell(plain(node.name), name, Tone.STRONG if row.here else Tone.NORMAL),
        cell(role, 8, Tone.ACCENT if row.master else Tone.DIM),
        cell(mark.text, 11, mark.tone),
        cell(quantity.percent(node.load), 5, Tone.NORMAL, Align.RIGHT),
    ]
    if bar:
        parts.append(Span(load_bar(node.load, _BAR), Tone.RUNNING if node.load < 80 else Tone.MINOR))
    parts.append(cell(_age(row.age), 6, Tone.MINOR if node.stale else Tone.DIM, Align.RIGHT))
    said = sentence(node.reason or node.differs or "")
    if not said:
        parts += _vitals(node, width - sum(len(part.text) + 1 for part in parts) + 1)
    spans = tuple(piece for part in parts for piece in (part, Span(" ")))[:-1]
    room = width - sum(len(span.text) for span in spans) - 2
    if room >= 8:
        spans = (*spans, Span("  "), cell(said or plain(node.host), room, Tone.NORMAL if said else Tone.DIM))
    return aged(spans) if stale else spans


def _vitals(node: NodeStatus, room: int) -> list[Span]:
    """What the machine does and how the node is, each with its name: there is no heading.

    `room`: cells for all of them, each with a space before it.
    """
    machine = node.machine
    words: list[tuple[str, str, int]] = []
    if machine is not None:
        words += [
            ("CPU", quantity.percent(machine.cpu), 10),
            ("mem", quantity.percent(memory_share(machine)), 10),
        ]
    words += [
        ("lease", "none" if node.lease is None else f"{node.lease:.0f} s", 10),
        ("up", quantity.duration(node.uptime), 9),
        ("", f"v{node.version}" if node.version else "v?", 9),
    ]
    found: list[Span] = []
    for name, value, size in words:
        if room <= size:
            break
        found.append(cell(f" {name} {value}" if name else f" {plain(value)}", size, Tone.DIM))
        room -= size + 1
    return found


def memory_share(machine: Machine) -> float:
    """Percent of the machine's memory that is in use."""
    return 100 * machine.memory / max(1, machine.memory_total)


def load_bar(load: int, width: int) -> str:
    """A bar of `width` cells, full at 100 percent."""
    full = min(width, max(0, round(load * width / 100)))
    return "█" * full + "░" * (width - full)


def processes_on(applications: Sequence[ApplicationStatus], node: str) -> tuple[str, ...]:
    """The namespecs that run on a node, or did when it was last heard."""
    return tuple(
        process.namespec
        for application in applications
        for process in application.processes
        if process.state.alive and node in process.nodes
    )


def _age(age: float | None) -> str:
    if age is None:
        return "never"
    return "now" if age < 1 else quantity.duration(age) if age >= 10 else f"{age:.0f} s"
