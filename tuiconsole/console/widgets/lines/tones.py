"""Lines of spans drawn by Textual: each tone is a component class of the widget."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from tuiconsole.console.rows.line import Line, Tone, fit


class Toned(Widget):
    """A widget that draws lines. Its style sheet gives each tone its colours."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"tone--{tone.value}" for tone in Tone}
    """One for each `Tone`."""

    DEFAULT_CSS = """
    Toned {
        & > .tone--strong { color: $tone-strong; text-style: bold; }
        & > .tone--dim { color: $tone-dim; }
        & > .tone--accent { color: $tone-accent; }
        & > .tone--key { color: $tone-accent; text-style: bold; }
        & > .tone--running { color: $tone-running; }
        & > .tone--moving { color: $tone-moving; }
        & > .tone--stopped { color: $tone-stopped; }
        & > .tone--major { color: $tone-major; text-style: bold; }
        & > .tone--minor { color: $tone-minor; }
        & > .tone--major-badge { color: $badge-ink; background: $tone-major; text-style: bold; }
        & > .tone--minor-badge { color: $badge-ink; background: $tone-minor; text-style: bold; }
        & > .tone--badge { color: $badge-ink; background: $tone-dim; text-style: bold; }
        & > .tone--stale { color: $tone-stale; text-style: italic; }
    }
    """

    def strip_of(self, line: Line, width: int, backdrop: Style | None = None) -> Strip:
        """The line as a strip of exactly `width` cells; `backdrop` lies under all of it."""
        base = self.rich_style if backdrop is None else self.rich_style + backdrop
        segments = [
            Segment(span.text, base + self._tone(span.tone)) for span in fit(line, width) if span.text
        ]
        return Strip(segments).adjust_cell_length(width, base)

    def _tone(self, tone: Tone) -> Style:
        if tone is Tone.NORMAL:
            return Style.null()
        return self.get_component_rich_style(f"tone--{tone.value}", partial=True)
