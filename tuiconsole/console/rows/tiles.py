"""The nodes as tiles: state, load, what runs there and the LEDs of it, in two lines each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from tuiconsole.console.picture import Picture
from tuiconsole.console.rows import quantity
from tuiconsole.console.rows.foreign import plain
from tuiconsole.console.rows.line import Line, Span, Tone, cell, fit
from tuiconsole.console.rows.marks import MAJOR, MASTER, MINOR, node_mark
from tuiconsole.console.rows.nodes import load_bar
from tuiconsole.console.rows.tree import aged
from tuiconsole.model.states import ALIVE, NodeState
from tuiconsole.model.status import ApplicationStatus, NodeStatus

WIDTH = 26
"""Cells of a tile at least."""
_BAR = 6


class Tally(msgspec.Struct):
    """What a node runs."""

    processes: int = 0
    major: int = 0
    minor: int = 0


class Tallies:
    """Counts what runs where; what of an application was counted already is not counted again."""

    def __init__(self) -> None:
        self._counted: dict[str, ApplicationStatus] = {}
        self._found: dict[str, Tally] = {}

    def of(self, applications: Sequence[ApplicationStatus]) -> Mapping[str, Tally]:
        """By node: the processes alive there, and the applications there that have failures."""
        before, self._counted = self._counted, {one.name: one for one in applications}
        for name, old in before.items():
            # A status that follows another has the very same object for what has not changed.
            if self._counted.get(name) is not old:
                self._add(old, -1)
        for name, new in self._counted.items():
            if before.get(name) is not new:
                self._add(new, 1)
        return self._found

    def _add(self, application: ApplicationStatus, sign: int) -> None:
        for process in application.processes:
            if process.state in ALIVE:
                for node in process.nodes:
                    self._of(node).processes += sign
        for node in application.nodes:
            self._of(node).major += sign * application.major_failure
            self._of(node).minor += sign * application.minor_failure

    def _of(self, node: str) -> Tally:
        return self._found.setdefault(node, Tally())


def tile_lines(
    picture: Picture, width: int, height: int, found: Mapping[str, Tally] | None = None
) -> tuple[Line, ...]:
    """The tiles in rows, `width` cells wide, at most `height` lines; if not all fit, trouble first."""
    nodes = picture.status.nodes if picture.status else ()
    if not nodes or height < 1:
        return ()
    columns = max(1, width // WIDTH)
    lines = 1 if height < 2 * -(-len(nodes) // columns) else 2
    room = columns * max(1, height // lines)
    hidden = 0
    if len(nodes) > room:
        nodes = tuple(sorted(nodes, key=lambda one: one.state is NodeState.RUNNING and not one.stale))
        nodes, hidden = nodes[: room - 1], len(nodes) - room + 1
    master = picture.status.master.node if picture.status and picture.status.master else ""
    found = Tallies().of(picture.applications) if found is None else found
    size = width // columns
    tiles = [
        _tile(node, found.get(node.name, Tally()), size - 2, node.name == master, lines) for node in nodes
    ]
    if hidden:
        more = (cell(f"… and {quantity.count(hidden, 'node')} more", size - 2, Tone.DIM),)
        tiles.append((more, (cell("", size - 2),)))
    drawn = _rows(tiles, columns, lines)
    return tuple(map(aged, drawn)) if picture.stale else drawn


def _rows(tiles: Sequence[tuple[Line, ...]], columns: int, lines: int) -> tuple[Line, ...]:
    drawn: list[Line] = []
    for first in range(0, len(tiles), columns):
        for number in range(lines):
            row: list[Span] = []
            for tile in tiles[first : first + columns]:
                row += [*tile[number], Span("  ")]
            drawn.append(tuple(row[:-1]))
    return tuple(drawn)


def _tile(node: NodeStatus, tally: Tally, width: int, master: bool, lines: int) -> tuple[Line, ...]:
    mark = node_mark(node.state, stale=node.stale)
    crown = f" {MASTER}" if master else ""
    left = width - len(mark.text) - 1 - len(crown)
    first = (
        Span(mark.text, mark.tone),
        Span(" "),
        cell(plain(node.name), max(1, left), Tone.STRONG),
        Span(crown, Tone.ACCENT),
    )
    if lines == 1:
        return (fit(first, width),)
    leds = [Span(f" {MAJOR}{tally.major}", Tone.MAJOR)] if tally.major else []
    leds += [Span(f" {MINOR}{tally.minor}", Tone.MINOR)] if tally.minor else []
    loaded = Tone.RUNNING if node.load < 80 else Tone.MINOR
    second = (
        Span(f"  {load_bar(node.load, _BAR)}", loaded),
        Span(f"{quantity.percent(node.load):>6}"),
        Span(f" {tally.processes:>2} up", Tone.DIM),
        *leds,
    )
    blank = width - sum(len(span.text) for span in second)
    return (fit(first, width), fit((*second, Span(" " * max(0, blank))), width))
