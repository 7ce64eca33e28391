"""For terminals without Unicode: all that is drawn becomes ASCII, each state with a letter of its own."""

from __future__ import annotations

from functools import lru_cache

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_LETTERS = {
    "►": ">",
    "□": "=",
    "◐": "(",
    "◑": ")",
    "↻": "~",
    "✓": "v",
    "✗": "X",
    "⊘": "!",
    "◇": "%",
    "★": "*",
    "●": "@",
    "○": "o",
    "▲": "^",
    "▼": "_",
    "△": "'",
    "◆": "#",
    "›": "[",
    "▌": "]",
    "▎": "|",
    "▾": "-",
    "▸": "+",
    "├": "|",
    "└": "`",
    "│": "|",
    "─": "-",
    "━": "-",
    "┄": "-",
    "╌": "-",
    "╍": "-",
    "╭": "+",
    "╮": "+",
    "╯": "+",
    "╰": "+",
    "┌": "+",
    "┐": "+",
    "┘": "+",
    "█": "#",
    "▇": "#",
    "▆": "#",
    "▅": "=",
    "▄": "=",
    "▃": "-",
    "▂": "_",
    "▁": "_",
    "░": ".",
    "▔": "-",
    "▊": "#",
    "▋": "#",
    "▍": "|",
    "▐": "|",
    "▕": "|",
    "▏": "|",
    "…": "~",
    "·": ".",
    "–": "-",
    "“": '"',
    "”": '"',
    "‘": "'",
    "’": "'",
    "«": '"',
    "»": '"',
    "◌": "o",
    "↪": ">",
    "↑": "^",
    "↓": "v",
    "→": ">",
    "←": "<",
    "⏎": "<",
}
_TABLE = str.maketrans(_LETTERS)


@lru_cache(maxsize=4096)
def in_ascii(text: str) -> str:
    """`text` in ASCII, letter for letter as wide as it was; what has no likeness becomes `?`."""
    if text.isascii():
        return text
    likened = text.translate(_TABLE)
    return "".join(one if one.isascii() else "?" * cell_len(one) for one in likened)


class AsciiFilter(LineFilter):
    """Goes over every line before it is written to the terminal."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same segments in ASCII."""
        del background
        return [
            segment
            if segment.text.isascii()
            else Segment(in_ascii(segment.text), segment.style, segment.control)
            for segment in segments
        ]
