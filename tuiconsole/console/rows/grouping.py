"""The processes listed under the nodes on which they run, or under their states."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

import msgspec

from tuiconsole.console.rows import quantity
from tuiconsole.console.rows.columns import columns_for
from tuiconsole.console.rows.filtering import Filter
from tuiconsole.console.rows.foreign import plain
from tuiconsole.console.rows.line import Line, Span, Tone, fit
from tuiconsole.console.rows.marks import state_mark
from tuiconsole.console.rows.ordering import Grouping, Order, ordered
from tuiconsole.console.rows.tree import TreeRow, tree_line
from tuiconsole.console.subject import Subject
from tuiconsole.model.states import ProcessState
from tuiconsole.model.status import ApplicationStatus, ProcessStatus

NOWHERE = "no node"
"""The group of what runs nowhere."""
_SIGN = "\n"
"""Begins the key of a group: no name holds it."""


class GroupRow(msgspec.Struct, frozen=True):
    """The heading of a group."""

    key: str
    title: str
    number: int
    """Processes in it."""
    alive: int
    expanded: bool = False
    tone: Tone = Tone.STRONG

    @property
    def subject(self) -> Subject:
        """A group is nothing that a key could be about."""
        return Subject()


AnyRow = TreeRow | GroupRow


def group_key(title: str) -> str:
    """The key of a group's row."""
    return f"{_SIGN}{title}"


def grouped_rows(
    applications: Sequence[ApplicationStatus],
    grouping: Grouping,
    closed: AbstractSet[str],
    wanted: Filter,
    *,
    order: Order = Order.NAME,
    marked: AbstractSet[str] = frozenset(),
) -> tuple[AnyRow, ...]:
    """All groups, open unless their key is in `closed`, each with its processes in that order."""
    groups: dict[str, list[tuple[ApplicationStatus, ProcessStatus]]] = {}
    for application in ordered(applications, order):
        whole = not wanted or wanted.application(application)
        for process in application.processes:
            if whole or wanted.process(process):
                for title in _titles(process, grouping):
                    groups.setdefault(title, []).append((application, process))
    rows: list[AnyRow] = []
    for title in sorted(groups, key=lambda one: (one == NOWHERE, one)):
        members = groups[title]
        key = group_key(title)
        alive = sum(process.state.alive for _, process in members)
        rows.append(GroupRow(key, title, len(members), alive, key not in closed, _tone(title, grouping)))
        if key not in closed:
            rows += [
                TreeRow(
                    f"{process.namespec}{key}",
                    application,
                    process,
                    last=number == len(members) - 1,
                    marked=process.namespec in marked,
                    within=False,
                )
                for number, (application, process) in enumerate(members)
            ]
    return tuple(rows)


def any_line(row: AnyRow, width: int, *, stale: bool = False) -> Line:
    """One row of the tree, drawn in `width` cells, the first two of which are left to the cursor."""
    if isinstance(row, TreeRow):
        return tree_line(row, width, stale=stale)
    fold = "▾" if row.expanded else "▸"
    words = f"{quantity.count(row.number, 'process', 'processes')}, {row.alive} alive"
    room = sum(size for _, size in columns_for(width))
    return fit((Span(f"{fold} {plain(row.title)}", row.tone), Span(f"  {words}", Tone.DIM)), max(room, 8))


def _titles(process: ProcessStatus, grouping: Grouping) -> tuple[str, ...]:
    if grouping is Grouping.STATE:
        return (process.state.value,)
    return process.nodes if process.state.alive and process.nodes else (NOWHERE,)


def _tone(title: str, grouping: Grouping) -> Tone:
    return state_mark(ProcessState(title)).tone if grouping is Grouping.STATE else Tone.STRONG
