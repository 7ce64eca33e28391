"""A widget that shows a few lines without a cursor."""

from __future__ import annotations

from collections.abc import Callable
from itertools import zip_longest

from textual.geometry import Region, Size
from textual.strip import Strip

from tuiconsole.console.rows.line import Line
from tuiconsole.console.widgets.lines.tones import Toned


class LinesPane(Toned):
    """Shows what `lines_for` says, as many lines as there are; only changed lines are painted again."""

    DEFAULT_CSS = """
    LinesPane { height: auto; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._shown: tuple[Line, ...] = ()

    def lines_for(self, width: int) -> tuple[Line, ...]:
        """The lines to show in `width` cells. To be overridden."""
        del width
        return ()

    def renew(self) -> None:
        """Draw again what has changed."""
        lines, before = self.lines_for(self._room()), self._shown
        self._shown = lines
        if lines != before:
            width = self._room()
            changed = (y for y, (old, new) in enumerate(zip_longest(before, lines)) if old != new)
            self.refresh(*(Region(0, y, width, 1) for y in changed))
        if len(lines) != len(before):
            # Only then: what is news shall not wait for a layout of the whole screen.
            self.after_painting(self._fit)

    def after_painting(self, callback: Callable[[], None]) -> None:
        """Call this when what was drawn anew is painted."""
        # Twice: a frame that was due before may come first, with nothing of this widget in it.
        self.call_after_refresh(self.call_after_refresh, callback)

    def _fit(self) -> None:
        if self.content_size.height != len(self._shown):
            self.clear_cached_dimensions()
            self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        del container, viewport
        return max(1, len(self.lines_for(width)))

    def on_resize(self) -> None:
        self._shown = self.lines_for(self._room())
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self._room()
        return self.strip_of(self._shown[y] if y < len(self._shown) else (), width)

    def _room(self) -> int:
        return self.content_size.width
