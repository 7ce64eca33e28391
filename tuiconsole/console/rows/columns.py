"""The columns of the tree, and which of them a width has room for."""

from __future__ import annotations

from enum import Enum
from functools import lru_cache

from tuiconsole.console.rows.line import Align

CURSOR = 2
"""Cells at the left edge that the cursor's bar takes."""


class Column(Enum):
    """A column: its heading, and its width in cells (NAME and REASON share what is left)."""

    NAME = ("Application", 33, Align.LEFT)
    STATE = ("State", 14, Align.LEFT)
    GLYPH = ("", 1, Align.LEFT)
    MAJOR = ("Major", 7, Align.LEFT)
    MINOR = ("Minor", 7, Align.LEFT)
    MAJOR_LED = ("M", 1, Align.LEFT)
    MINOR_LED = ("m", 1, Align.LEFT)
    NODES = ("Node", 9, Align.LEFT)
    LOAD = ("Load", 5, Align.RIGHT)
    CPU = ("CPU", 6, Align.RIGHT)
    MEMORY = ("Memory", 7, Align.RIGHT)
    UPTIME = ("Up", 7, Align.RIGHT)
    REASON = ("Reason", 16, Align.LEFT)

    def __init__(self, heading: str, width: int, align: Align) -> None:
        self.heading = heading
        self.width = width
        self.align = align


_ESSENTIAL = (Column.NAME, Column.STATE, Column.MAJOR, Column.MINOR, Column.NODES)
_OPTIONAL = (Column.LOAD, Column.CPU, Column.MEMORY, Column.REASON, Column.UPTIME)
"""In the order in which a growing width gains them."""
_ORDER = (*_ESSENTIAL, Column.LOAD, Column.CPU, Column.MEMORY, Column.UPTIME, Column.REASON)

_COMPACT = (Column.NAME, Column.STATE, Column.MAJOR_LED, Column.MINOR_LED, Column.NODES)
_SMALL = (Column.NAME, Column.STATE, Column.MAJOR_LED, Column.MINOR_LED)
_TINY = (Column.NAME, Column.GLYPH, Column.MAJOR_LED, Column.MINOR_LED)
_LEAST_NAME = 16
"""Cells of a name below which the next smaller set of columns is better."""


@lru_cache(maxsize=64)
def columns_for(width: int, reasons: bool = True) -> tuple[tuple[Column, int], ...]:
    """The columns that `width` cells have room for, each with its width; the name and the reason grow.

    Without `reasons` their room is the name's.
    """
    wanted = tuple(column for column in _wanted(width) if reasons or column is not Column.REASON)
    sizes = {column: column.width for column in wanted}
    spare = width - CURSOR - _needed(wanted)
    if Column.REASON in sizes:
        sizes[Column.REASON] += spare
    else:
        sizes[Column.NAME] = max(1, sizes[Column.NAME] + spare)
    return tuple(sizes.items())


def _wanted(width: int) -> tuple[Column, ...]:
    chosen: set[Column] = set(_ESSENTIAL)
    if _fits(_ESSENTIAL, width):
        for column in _OPTIONAL:
            if not _fits((*chosen, column), width):
                break
            chosen.add(column)
        return tuple(column for column in _ORDER if column in chosen)
    shrunk = Column.NAME.width - _LEAST_NAME
    return next((small for small in (_COMPACT, _SMALL) if _fits(small, width + shrunk)), _TINY)


def _fits(columns: tuple[Column, ...], width: int) -> bool:
    return CURSOR + _needed(columns) <= width


def _needed(columns: tuple[Column, ...]) -> int:
    return sum(column.width for column in columns) + len(columns) - 1
