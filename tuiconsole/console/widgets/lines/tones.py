"""Lines of spans drawn by Textual, each in the colours that the theme has for its tone."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from tuiconsole.console.rows.line import Line, Tone, fit
from tuiconsole.console.themes import DARK, THEMES


@cache
def tone_styles(theme: str) -> Mapping[Tone, Style]:
    """How each tone looks in a theme, in the dark one if it is none of the console's.

    A table and no style sheet: Textual would match its rules for each tone of each widget anew whenever one
    gets the focus or loses it.
    """
    colours = THEMES.get(theme, DARK).variables
    ink = colours["badge-ink"]
    return {
        Tone.NORMAL: Style.null(),
        Tone.STRONG: Style(color=colours["tone-strong"], bold=True),
        Tone.DIM: Style(color=colours["tone-dim"]),
        Tone.ACCENT: Style(color=colours["tone-accent"]),
        Tone.KEY: Style(color=colours["tone-accent"], bold=True),
        Tone.RUNNING: Style(color=colours["tone-running"]),
        Tone.MOVING: Style(color=colours["tone-moving"]),
        Tone.STOPPED: Style(color=colours["tone-stopped"]),
        Tone.MAJOR: Style(color=colours["tone-major"], bold=True),
        Tone.MINOR: Style(color=colours["tone-minor"]),
        Tone.MAJOR_BADGE: Style(color=ink, bgcolor=colours["tone-major"], bold=True),
        Tone.MINOR_BADGE: Style(color=ink, bgcolor=colours["tone-minor"], bold=True),
        Tone.BADGE: Style(color=ink, bgcolor=colours["tone-dim"], bold=True),
        Tone.STALE: Style(color=colours["tone-stale"], italic=True),
    }


class Toned(Widget):
    """A widget that draws lines."""

    def strip_of(self, line: Line, width: int, backdrop: Style | None = None) -> Strip:
        """The line as a strip of exactly `width` cells; `backdrop` lies under all of it."""
        base = self.rich_style if backdrop is None else self.rich_style + backdrop
        styles = tone_styles(self.app.theme)
        segments = [Segment(span.text, base + styles[span.tone]) for span in fit(line, width) if span.text]
        return Strip(segments).adjust_cell_length(width, base)
