"""How the panels are arranged, by the size of the terminal."""

from __future__ import annotations

from enum import Enum


class Arrangement(str, Enum):
    """One arrangement; its value is the class that the screen's style sheet knows."""

    TINY = "-tiny"
    """One line of header and one panel at a time."""
    STACKED = "-stacked"
    """The applications, and one panel below them."""
    MEDIUM = "-medium"
    """The applications over the whole width; nodes and details side by side below; then events."""
    WIDE = "-wide"
    """Applications and details on the left, nodes and events on the right."""


def arrangement(width: int, height: int) -> Arrangement:
    """The arrangement for a terminal of `width` columns and `height` lines."""
    if width < 60 or height < 20:
        return Arrangement.TINY
    if width < 100 or height < 30:
        return Arrangement.STACKED
    return Arrangement.WIDE if width >= 160 else Arrangement.MEDIUM
