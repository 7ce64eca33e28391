"""The live log of one process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from textual.reactive import var
from textual.widgets import Log

from tuiconsole.console.rows.foreign import LogText, plain

LogSource = Callable[[str, bool, int], AsyncIterator[str]]
"""Opens a log: namespec, stderr or not, bytes of what is already there; yields text, raises LookupError."""

MAX_LINES = 10_000
_RETRY = (1.0, 2.0, 5.0, 10.0)
"""Seconds between attempts at a log that has ended, growing."""


class LogView(Log):
    """Shows and follows a log; following stops while it is scrolled up, and goes on at its end."""

    DEFAULT_CSS = """
    LogView {
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size: 1 1;
        background: $background;
        color: $foreground;
        &:focus { background-tint: $foreground 2%; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(highlight=False, max_lines=MAX_LINES, id=id)

    following: var[bool] = var(True)
    """True while what is appended is scrolled into view: not from scrolling up until its end is reached."""

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if new_value >= self.max_scroll_y:
            self.following = True
        elif new_value < old_value:
            self.following = False

    def on_resize(self) -> None:
        """Stay at the end when the room for it changes, or is known at last."""
        if self.following:
            self.follow()

    def follow(self) -> None:
        """Go to the end, and follow."""
        self.following = True
        self._to_end()

    def append(self, text: str) -> None:
        """Show more text at the end."""
        self.write(text, scroll_end=False)
        if self.following:
            self._to_end()

    async def run(
        self, source: LogSource, namespec: str, *, stderr: bool = False, tail: int = 65_536
    ) -> None:
        """Show this log for ever: when it ends or is not there, say so, wait, and try again."""
        self.clear()
        self.following = True
        attempt = 0
        while True:
            ended, fresh = "the log ended", True
            text = LogText()
            try:
                async for piece in source(namespec, stderr, tail):
                    if fresh:
                        # Only now: what was shown before stays until there is something to replace it.
                        following = self.following
                        self.clear()
                        self.following = following
                        fresh, attempt = False, 0
                    self.append(text.feed(piece))
            except (LookupError, OSError) as error:
                ended = plain(str(error.args[0] if error.args else error))
            if attempt == 0:
                if self.line_count and self.lines[-1]:
                    self.append("\n")
                self.append(f"── {ended} ──\n")
            await asyncio.sleep(_RETRY[min(attempt, len(_RETRY) - 1)])
            attempt += 1

    def _to_end(self) -> None:
        # Forced: Textual allows no scrolling before the scroll bar is there, which is a layout later.
        self.scroll_end(animate=False, immediate=True, x_axis=False, force=True)
