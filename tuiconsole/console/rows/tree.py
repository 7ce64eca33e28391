"""The tree of applications with their processes, as rows: which there are, and how each is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet

import msgspec

from tuiconsole.console.rows import quantity
from tuiconsole.console.rows.columns import Column, columns_for
from tuiconsole.console.rows.filtering import Filter
from tuiconsole.console.rows.foreign import plain
from tuiconsole.console.rows.line import Line, Span, Tone, cell
from tuiconsole.console.rows.marks import MARKED, application_mark, major_led, minor_led, process_mark
from tuiconsole.console.rows.ordering import Order, ordered
from tuiconsole.console.rows.progress import job_words
from tuiconsole.console.rows.sentence import sentence
from tuiconsole.console.subject import Kind, Subject
from tuiconsole.model.states import ApplicationState
from tuiconsole.model.status import ApplicationStatus, ProcessStatus


class TreeRow(msgspec.Struct, frozen=True):
    """One row: an application, or one of its processes."""

    key: str
    """The application's name or the process's namespec: what actions are asked for."""
    application: ApplicationStatus
    process: ProcessStatus | None = None
    expanded: bool = False
    last: bool = False
    """The last process of its application."""
    marked: bool = False
    within: bool = True
    """It stands below its application, so that its own name is enough."""

    @property
    def subject(self) -> Subject:
        """What the row is about."""
        if self.process is not None:
            return Subject(Kind.PROCESS, self.process.namespec)
        return Subject(Kind.APPLICATION, self.application.name)


def tree_rows(
    applications: Sequence[ApplicationStatus],
    expanded: AbstractSet[str],
    wanted: Filter,
    *,
    order: Order = Order.NAME,
    marked: AbstractSet[str] = frozenset(),
) -> tuple[TreeRow, ...]:
    """The rows that are visible, in that order, processes in the order in which they start.

    An application stays if it or one of its processes has the filter's words; in the latter case it is shown
    open, with those processes only.
    """
    rows: list[TreeRow] = []
    for application in ordered(applications, order):
        opened = application.name in expanded
        processes = list(application.processes)
        if wanted and not wanted.application(application):
            processes = [one for one in processes if wanted.process(one)]
            opened = bool(processes)
            if not opened:
                continue
        processes.sort(key=lambda one: (one.sequence or 1_000_000, one.name))
        name = application.name
        rows.append(TreeRow(name, application, expanded=opened, marked=name in marked))
        if opened:
            final = len(processes) - 1
            rows.extend(
                TreeRow(one.namespec, application, one, last=number == final, marked=one.namespec in marked)
                for number, one in enumerate(processes)
            )
    return tuple(rows)


def opened_at_first(applications: Sequence[ApplicationStatus]) -> frozenset[str]:
    """What is shown open when the console comes up: what has failed or is on its way."""
    return frozenset(
        one.name
        for one in applications
        if one.major_failure
        or one.minor_failure
        or one.job is not None
        or one.state in (ApplicationState.STARTING, ApplicationState.STOPPING)
    )


def processes_of_node(applications: Sequence[ApplicationStatus], node: str) -> tuple[TreeRow, ...]:
    """What is alive on a node, or was when it was last heard, under its full name."""
    return tuple(
        TreeRow(process.namespec, application, process, within=False)
        for application in ordered(applications, Order.NAME)
        for process in application.processes
        if process.state.alive and node in process.nodes
    )


def headings(width: int) -> Line:
    """The line above the tree."""
    spans: list[Span] = [Span("  ")]
    for column, size in columns_for(width):
        spans.append(cell(column.heading, size, Tone.DIM, column.align))
        spans.append(Span(" "))
    return tuple(spans[:-1])


def tree_line(row: TreeRow, width: int, *, stale: bool = False, reasons: bool = True) -> Line:
    """One row, drawn in `width` cells, the first two of which are left to the cursor."""
    drawn = _process_cells(row, row.process) if row.process else _application_cells(row)
    spans: list[Span] = []
    for column, size in columns_for(width, reasons):
        span = drawn.get(column, Span(""))
        spans.append(cell(span.text, size, span.tone, column.align))
        spans.append(Span(" "))
    return aged(tuple(spans[:-1])) if stale else tuple(spans[:-1])


def mark_sign(marked: bool) -> str:
    """The cell that tells marked rows from others."""
    return MARKED if marked else " "


def aged(line: Line) -> Line:
    """The line with every tone but those of failures muted: what was last known."""
    kept = (Tone.MAJOR, Tone.MINOR)
    return tuple(span if span.tone in kept else Span(span.text, Tone.STALE) for span in line)


def nodes_words(nodes: Sequence[str], width: int) -> str:
    """Where something runs: the node, or how many."""
    names = ", ".join(map(plain, nodes))
    return names if len(nodes) < 2 or len(names) <= width else quantity.count(len(nodes), "node")


def _application_cells(row: TreeRow) -> dict[Column, Span]:
    application = row.application
    mark = application_mark(application)
    step = f" {application.job.step}/{application.job.steps}" if application.job else ""
    fold = "▾" if row.expanded else "▸"
    running = [one for one in application.processes if one.state.alive]
    load = sum(one.expected_loading for one in running)
    reason = application.reason or ("" if application.managed else "unmanaged")
    if application.job is not None:
        reason = job_words(application)
    return {
        Column.NAME: Span(f"{fold}{mark_sign(row.marked)}{plain(application.name)}", Tone.STRONG),
        Column.STATE: Span(mark.text + step, mark.tone),
        Column.GLYPH: Span(mark.glyph, mark.tone),
        Column.MAJOR: major_led(application.major_failure),
        Column.MINOR: minor_led(application.minor_failure),
        Column.MAJOR_LED: major_led(application.major_failure, words=False),
        Column.MINOR_LED: minor_led(application.minor_failure, words=False),
        Column.NODES: Span(nodes_words(application.nodes, 9)),
        Column.LOAD: Span(quantity.percent(load) if running else "", Tone.DIM),
        Column.CPU: Span(quantity.cpu(_sum(one.cpu for one in running)) if running else "", Tone.DIM),
        Column.MEMORY: Span(
            quantity.memory(int(_sum(one.memory for one in running))) if running else "", Tone.DIM
        ),
        Column.REASON: Span(sentence(reason), _reason_tone(application)),
    }


def _process_cells(row: TreeRow, process: ProcessStatus) -> dict[Column, Span]:
    mark = process_mark(process)
    branch = "└" if row.last else "├"
    alive = process.state.alive
    tone = Tone.STALE if process.stale else Tone.NORMAL
    name = plain(process.name if row.within else process.namespec)
    return {
        Column.NAME: Span(f"  {branch}{mark_sign(row.marked)}{name}", tone),
        Column.STATE: Span(mark.text, mark.tone),
        Column.GLYPH: Span(mark.glyph, mark.tone),
        Column.MAJOR: major_led(True) if process.major_failure else Span(""),
        Column.MINOR: minor_led(True) if process.minor_failure else Span(""),
        Column.MAJOR_LED: major_led(True, words=False) if process.major_failure else Span(""),
        Column.MINOR_LED: minor_led(True, words=False) if process.minor_failure else Span(""),
        Column.NODES: Span(nodes_words(process.nodes, 9), tone),
        Column.LOAD: Span(quantity.percent(process.expected_loading), Tone.DIM),
        Column.CPU: Span(quantity.cpu(process.cpu) if alive else "", Tone.DIM),
        Column.MEMORY: Span(quantity.memory(process.memory) if alive else "", Tone.DIM),
        Column.UPTIME: Span(quantity.duration(process.uptime) if alive else "", Tone.DIM),
        Column.REASON: Span(sentence(process.reason or (process.disabled and "disabled") or ""), Tone.DIM),
    }


def _sum(values: Iterable[float | None]) -> float:
    return float(sum(value or 0 for value in values))


def _reason_tone(application: ApplicationStatus) -> Tone:
    if application.job is not None:
        return Tone.MOVING
    return Tone.NORMAL if application.major_failure or application.minor_failure else Tone.DIM
