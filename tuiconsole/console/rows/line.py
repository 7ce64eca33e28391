"""What a screen is made of: lines of spans, each with a tone. No Textual here: rows are values.

A *tone* says what a span means; the palette decides which colour that is, and a monochrome terminal may show
none of them. So nothing here may say by tone alone what no glyph and no word says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum
from functools import lru_cache

import msgspec
from rich.cells import cell_len, chop_cells, set_cell_size

ELLIPSIS = "…"


class Tone(str, Enum):
    """What a span means. The order of severity is that of the palette, not of this list."""

    NORMAL = "normal"
    STRONG = "strong"
    DIM = "dim"
    ACCENT = "accent"
    KEY = "key"
    """What can be pressed."""
    RUNNING = "running"
    MOVING = "moving"
    """On its way from one state to another: starting, stopping, electing."""
    STOPPED = "stopped"
    MAJOR = "major"
    MINOR = "minor"
    MAJOR_BADGE = "major-badge"
    MINOR_BADGE = "minor-badge"
    BADGE = "badge"
    STALE = "stale"
    """Not known to be true now: the last known value."""


class Span(msgspec.Struct, frozen=True):
    """A piece of a line. `text` is already harmless (see `plain`) and holds no line break."""

    text: str
    tone: Tone = Tone.NORMAL


Line = tuple[Span, ...]
"""One line of the screen, from left to right."""


class Align(str, Enum):
    """Where a text stands in its column."""

    LEFT = "left"
    RIGHT = "right"


def width_of(line: Iterable[Span]) -> int:
    """The cells that a line takes."""
    return sum(cell_len(span.text) for span in line)


def text_of(line: Iterable[Span]) -> str:
    """The line without its tones."""
    return "".join(span.text for span in line)


def shorten(text: str, width: int) -> str:
    """`text`, cut to `width` cells with an ellipsis if it is longer."""
    if width <= 0:
        return ""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1) + ELLIPSIS


def cell(text: str, width: int, tone: Tone = Tone.NORMAL, align: Align = Align.LEFT) -> Span:
    """`text` in a column of exactly `width` cells."""
    text = shorten(text, width)
    blank = " " * (width - cell_len(text))
    return Span(blank + text if align is Align.RIGHT else text + blank, tone)


def fit(line: Line, width: int) -> Line:
    """The line, cut to `width` cells; the ellipsis keeps the tone of what was cut."""
    if width_of(line) <= width:
        return line
    spans: list[Span] = []
    left = width
    for span in line:
        taken = cell_len(span.text)
        if taken >= left:
            spans.append(Span(shorten(span.text + ELLIPSIS, left), span.tone))
            break
        spans.append(span)
        left -= taken
    return tuple(spans)


def spread(left: Line, right: Line, width: int) -> Line:
    """`left` at the left edge, `right` at the right one; `left` is cut first."""
    right = fit(right, width)
    room = width - width_of(right)
    left = fit(left, max(0, room - 1)) if right else fit(left, room)
    return (*left, Span(" " * (room - width_of(left))), *right)


def joined(parts: Iterable[Line], separator: str = " · ") -> Line:
    """The parts that are not empty, with a dim separator between them."""
    spans: list[Span] = []
    for part in parts:
        if not part:
            continue
        if spans:
            spans.append(Span(separator, Tone.DIM))
        spans.extend(part)
    return tuple(spans)


@lru_cache(maxsize=256)
def wrapped(line: Line, width: int, indent: int = 0) -> tuple[Line, ...]:
    """The line, broken between words into lines of at most `width` cells; later ones are indented."""
    if width <= indent + 1:
        return (fit(line, max(width, 0)),)
    lines: list[Line] = []
    current: list[Span] = []
    used = 0
    for text, tone in _words(line, width - indent):
        size = cell_len(text)
        if used + size > width and used > indent:
            lines.append(tuple(current))
            current, used = ([Span(" " * indent)] if indent else []), indent
            if text.isspace():
                continue
        current.append(Span(text, tone))
        used += size
    if current or not lines:
        lines.append(tuple(current))
    return tuple(lines)


def _words(line: Line, longest: int) -> Iterator[tuple[str, Tone]]:
    """Words and blanks in turn; a word longer than `longest` cells is cut into pieces."""
    for span in line:
        for number, word in enumerate(span.text.split(" ")):
            if number:
                yield " ", span.tone
            if word:
                for piece in chop_cells(word, longest):
                    yield piece, span.tone
