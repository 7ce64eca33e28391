"""The items as a matrix: a row for each item, a column for each part, what is part of none below."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import msgspec

from tuiconsole.console.rows.filtering import Filter
from tuiconsole.console.rows.foreign import plain
from tuiconsole.console.rows.line import Line, Span, Tone, cell
from tuiconsole.console.rows.marks import CHOSEN, application_mark, major_led, minor_led
from tuiconsole.console.rows.sentence import sentence
from tuiconsole.console.rows.tree import aged, nodes_words
from tuiconsole.model.status import ApplicationStatus
from tuiconsole.source.pattern import LONGEST_NAME, check_pattern

_ITEM = 6
"""Cells of the column of the items."""
_CHOICE = 2
"""Cells in front of each part, where the chosen one is marked."""
_STATE = 14
_WORDS = 41
"""Cells of a part from which on its LEDs have words."""


class ItemRow(msgspec.Struct, frozen=True):
    """One item with its parts, or one application that is part of none."""

    key: str
    """The item's number; or the application's name."""
    parts: tuple[ApplicationStatus | None, ...]
    item: bool = True

    def part(self, column: int) -> ApplicationStatus | None:
        """What stands in a column; the nearest one if that is empty."""
        if not self.parts:
            return None
        there = self.parts[min(column, len(self.parts) - 1)]
        return there or next((one for one in reversed(self.parts) if one is not None), None)


@lru_cache(maxsize=8)
def part_names(pattern: str) -> tuple[str, ...]:
    """The parts that an item pattern lists, in its order: `(?P<part>srv|hci)` has two; else none."""
    found = re.search(r"\(\?P<part>([\w|-]+)\)", pattern)
    return tuple(found[1].split("|")) if found else ()


def item_columns(applications: Sequence[ApplicationStatus], pattern: str) -> tuple[str, ...]:
    """The columns: the parts as the pattern lists them, else as the names have them."""
    return _columns(tuple(one.name for one in applications), pattern)


def item_rows(applications: Sequence[ApplicationStatus], pattern: str, wanted: Filter) -> tuple[ItemRow, ...]:
    """The items in order, then the applications that are part of none. A filter keeps items with a match."""
    rows = []
    for key, item, places in _layout(tuple(one.name for one in applications), pattern):
        parts = tuple(applications[place] if place is not None else None for place in places)
        if not wanted or any(one is not None and _passes(one, wanted) for one in parts):
            rows.append(ItemRow(key, parts, item))
    return tuple(rows)


def item_row(rows: Sequence[ItemRow], number: int) -> ItemRow | None:
    """The row of item number `number`; None if there is none."""
    return next((row for row in rows if row.item and _number(row.key) == number), None)


def item_of(applications: Sequence[ApplicationStatus], pattern: str, number: int) -> ItemRow | None:
    """The same, whatever is filtered."""
    return item_row(item_rows(applications, pattern, Filter()), number)


def item_headings(columns: Sequence[str], width: int) -> Line:
    """The line above the matrix, for rows of `width` cells."""
    spans = [Span("  "), cell("Item", _ITEM, Tone.DIM)]
    size = _part_width(len(columns), width)
    for column in columns:
        spans += [Span(" " * _CHOICE), cell(plain(column), size - _CHOICE, Tone.DIM)]
    return tuple(spans)


def item_line(row: ItemRow, width: int, chosen: int | None = None, *, stale: bool = False) -> Line:
    """One row in `width` cells; the part in column `chosen` is marked."""
    spans: list[Span] = []
    if row.item:
        spans.append(cell(plain(row.key), _ITEM, Tone.STRONG))
        size = _part_width(len(row.parts), width)
        for number, part in enumerate(row.parts):
            spans += _part_cells(part, size, chosen=number == chosen)
    elif row.parts[0] is not None:
        name = min(33, max(12, width // 3))
        spans.append(cell(plain(row.key), name, Tone.STRONG))
        spans += _part_cells(row.parts[0], max(4, min(48, width - name)), chosen=False)
        why = row.parts[0].reason or ("" if row.parts[0].managed else "unmanaged")
        spans += [Span(" "), Span(sentence(why), Tone.DIM)]
    return aged(tuple(spans)) if stale else tuple(spans)


def _part_cells(part: ApplicationStatus | None, width: int, *, chosen: bool) -> tuple[Span, ...]:
    choice = Span(f"{CHOSEN} " if chosen else "  ", Tone.ACCENT)
    room = width - _CHOICE
    if part is None:
        return (choice, cell("–", room, Tone.DIM))
    mark = application_mark(part)
    step = f" {part.job.step}/{part.job.steps}" if part.job else ""
    if room < 9:
        leds = (major_led(part.major_failure, words=False), minor_led(part.minor_failure, words=False))
        return (choice, Span(mark.glyph, mark.tone), Span(" "), *leds, Span(" " * (room - 4)))
    if room < 24:
        leds = (major_led(part.major_failure, words=False), minor_led(part.minor_failure, words=False))
        return (choice, cell(mark.text + step, room - 4, mark.tone), Span(" "), *leds, Span(" "))
    words = width >= _WORDS
    state = cell(mark.text + step, _STATE, mark.tone)
    major, minor = (
        cell(led.text, 7 if words else 1, led.tone)
        for led in (major_led(part.major_failure, words=words), minor_led(part.minor_failure, words=words))
    )
    left = room - _STATE - (14 if words else 2) - 4
    where = cell(nodes_words(part.nodes, left), left, Tone.NORMAL)
    return (choice, state, Span(" "), major, Span(" "), minor, Span(" "), where, Span(" "))


_checked = lru_cache(maxsize=8)(check_pattern)


@lru_cache(maxsize=4)
def _columns(names: tuple[str, ...], pattern: str) -> tuple[str, ...]:
    if not pattern:
        return ()
    listed = part_names(pattern)
    if listed:
        return listed
    found = (_found(pattern, name) for name in names)
    return tuple(sorted({one[1] for one in found if one is not None}))


@lru_cache(maxsize=4)
def _layout(names: tuple[str, ...], pattern: str) -> tuple[tuple[str, bool, tuple[int | None, ...]], ...]:
    """Each row's key, whether it is an item, and where among the names its parts are."""
    columns = _columns(names, pattern)
    items: dict[str, dict[str, int]] = {}
    loose: list[tuple[str, int]] = []
    for place, name in enumerate(names):
        found = _found(pattern, name)
        cells = items.setdefault(found[0], {}) if found is not None else None
        if found is None or cells is None or found[1] in cells:
            loose.append((name, place))
        else:
            cells[found[1]] = place
    rows: list[tuple[str, bool, tuple[int | None, ...]]] = [
        (item, True, tuple(cells.get(column) for column in columns))
        for item, cells in sorted(items.items(), key=lambda one: (_number(one[0]), one[0]))
    ]
    return (*rows, *((name, False, (place,)) for name, place in sorted(loose)))


@lru_cache(maxsize=8192)
def _found(pattern: str, name: str) -> tuple[str, str] | None:
    """The item and the part that a name says, if it says one."""
    match = _checked(pattern).search(name) if pattern and len(name) <= LONGEST_NAME else None
    if match is None:
        return None
    groups = match.groupdict()
    return str(groups["item"]), str(groups.get("part") or "")


def _part_width(columns: int, width: int) -> int:
    return max(6, min(56, (width - _ITEM) // max(1, columns)))


def _number(item: str) -> int:
    return int(item) if item.isdecimal() else 1_000_000_000


def _passes(application: ApplicationStatus, wanted: Filter) -> bool:
    return (
        not wanted
        or wanted.application(application)
        or any(wanted.process(process) for process in application.processes)
    )
