"""The live log of one process, or of several merged."""

from __future__ import annotations

import asyncio
import re
import time
from datetime import datetime
from typing import ClassVar

import msgspec
from textual.binding import Binding, BindingType
from textual.reactive import var
from textual.strip import Strip

from tuiconsole.clock import boottime
from tuiconsole.console.rows.foreign import LogText, plain
from tuiconsole.console.rows.log_lines import LogLines, breaks, next_match, piece_line
from tuiconsole.console.rows.log_times import line_at, times_of
from tuiconsole.console.sources import LogSource
from tuiconsole.console.widgets.lines.scrolled import Scrolled
from tuiconsole.console.widgets.lines.tones import Toned

_RETRY = (1.0, 2.0, 5.0, 10.0)
"""Seconds between attempts at a log that has ended, growing."""
_ALREADY = 1.0
"""What comes within so many seconds was there before the log was opened."""
_SIDEWAYS = 20
"""Characters by which a key moves lines that are not wrapped."""


class Silence(msgspec.Struct, frozen=True):
    """What is said of a log in which nothing is."""

    words: str
    lasts: bool = False
    """It explains more than the reason why there is no log."""


class LogView(Toned, Scrolled, can_focus=True):
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

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_by(-1)", "Up", show=False),
        Binding("down,j", "scroll_by(1)", "Down", show=False),
        Binding("pageup,ctrl+b", "page(-1)", "Page up", show=False),
        Binding("pagedown,ctrl+f", "page(1)", "Page down", show=False),
        Binding("home,g", "first", "First", show=False),
        Binding("end,G", "follow", "Last", show=False),
        Binding("right", f"sideways({_SIDEWAYS})", "Right", show=False),
        Binding("left", f"sideways({-_SIDEWAYS})", "Left", show=False),
    ]

    following: var[bool] = var(True)
    """True while what is appended is scrolled into view: not from scrolling up until its end is reached."""

    def __init__(self, *, id: str | None = None, wrap: bool = False) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._content = LogLines()
        self._rows: list[tuple[int, int, int]] = []
        self._wrap = wrap
        self._left = 0
        self._pattern: re.Pattern[str] | None = None
        self._match: int | None = None

    @property
    def lines(self) -> list[str]:
        """The lines that are kept."""
        return self._content.lines

    @property
    def visible_lines(self) -> list[str]:
        """The lines that are on the screen, each whole."""
        top = int(self.scroll_offset.y)
        shown = self._rows[top : top + self._height]
        return [self.lines[line] for line in dict.fromkeys(row[0] for row in shown)]

    @property
    def match(self) -> int | None:
        """The line of the present match, counted from 0."""
        return self._match

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if new_value >= self.max_scroll_y:
            self.following = True
        elif new_value < old_value:
            self.following = False

    def on_resize(self) -> None:
        """Break the lines to the new width, and stay at the end."""
        self._rebreak(0)
        if self.following:
            self.follow()

    def clear(self) -> None:
        """Forget all lines."""
        self._content.clear()
        self._match = None
        self._rebreak(0)

    def append(self, text: str, source: str = "", at: float | None = None) -> None:
        """Show more text at the end; with several sources, each line bears its source's name.

        `at` is when it came, seconds since 1970; None if it was there before.
        """
        before = self._content.dropped
        changed = self._content.feed(text, source, at)
        if self._content.dropped != before and self._match is not None:
            moved = self._match - (self._content.dropped - before)
            self._match = moved if moved >= 0 else None
        self._rebreak(changed)
        if self.following:
            self._to_end()

    def wrap(self, wrapped: bool) -> None:
        """Wrap long lines, or cut them."""
        self._wrap = wrapped
        self._left = 0
        self._rebreak(0)
        if self.following:
            self._to_end()

    def search(self, pattern: re.Pattern[str] | None) -> None:
        """Mark the matches of a pattern; None marks none."""
        self._pattern = pattern
        self._match = None
        self.refresh()

    def mark(self, pattern: re.Pattern[str] | None) -> None:
        """Mark the matches of a pattern, and stay where it is."""
        self._pattern = pattern
        self.refresh()

    def to_match(self, step: int) -> bool:
        """Go to the match after (1) or before (-1) the present one; False if there is none."""
        if self._pattern is None or not self.lines:
            return False
        at = self._match
        if at is None:
            top = int(self.scroll_offset.y)
            at = self._rows[min(top, len(self._rows) - 1)][0] - step
            if self.following and step < 0:
                at = len(self.lines)
        found = next_match(self.lines, self._pattern, at, step)
        if found is None:
            return False
        self._to_line(found)
        return True

    def to_time(self, wanted: datetime, now: datetime) -> datetime | None:
        """Go to the first line that was written then or later; when that was, None if no line has a time."""
        times = times_of(self.lines, self._content.arrived, now)
        found = line_at(times, wanted)
        if found is None:
            return None
        self._to_line(found)
        return times[found]

    def _to_line(self, line: int) -> None:
        """Hold the log there, with the line marked."""
        self._match = line
        row = next(number for number, one in enumerate(self._rows) if one[0] == line)
        self.following = False
        self.scroll_to(y=max(0, row - self._height // 2), animate=False, force=True)
        self.refresh()

    def follow(self) -> None:
        """Go to the end, and follow."""
        self.following = True
        self._to_end()

    async def run(
        self,
        source: LogSource,
        namespec: str,
        *,
        stderr: bool = False,
        tail: int = 65_536,
        name: str = "",
        silence: Silence | None = None,
    ) -> None:
        """Show this log for ever: when it ends or is not there, say so, wait, and try again.

        Args:
            source: opens it.
            namespec: whose it is.
            stderr: that stream instead of stdout.
            tail: bytes of what is already there.
            name: put before each line, where several logs are merged; nothing is cleared then.
            silence: what is said until something is there.
        """
        if not name:
            self.clear()
            self.following = True
        if silence is not None:
            self.append(f"── {plain(silence.words)} ──\n", name, time.time())
        attempt = 0
        while True:
            opened = boottime()
            ended, fresh = "the log ended", True
            text = LogText()
            try:
                async for piece in source(namespec, stderr, tail):
                    if fresh and not name:
                        # Only now: what was shown before stays until there is something to replace it.
                        following = self.following
                        self.clear()
                        self.following = following
                    fresh, attempt = False, 0
                    before = boottime() - opened < _ALREADY
                    self.append(text.feed(piece), name, None if before else time.time())
            except (LookupError, OSError) as error:
                ended = plain(str(error.args[0] if error.args else error))
            if attempt == 0 and not (fresh and silence is not None and silence.lasts):
                if fresh and not name:
                    self.clear()
                if self.lines and not name and self._content.lines[-1]:
                    self.append("\n")
                self.append(f"── {ended} ──\n", name, time.time())
            await asyncio.sleep(_RETRY[min(attempt, len(_RETRY) - 1)])
            attempt += 1

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        number = y + int(self.scroll_offset.y)
        if number >= len(self._rows):
            return self.strip_of((), width)
        line, start, end = self._rows[number]
        text = self.lines[line]
        if not self._wrap:
            start, end = self._left, len(text)
        return self.strip_of(piece_line(text, start, end, self._pattern, current=line == self._match), width)

    def action_scroll_by(self, by: int) -> None:
        self.scroll_to(y=int(self.scroll_offset.y) + by, animate=False)

    def action_page(self, by: int) -> None:
        self.action_scroll_by(by * max(1, self._height - 1))

    def action_first(self) -> None:
        self.scroll_to(y=0, animate=False)

    def action_follow(self) -> None:
        self.follow()

    def action_sideways(self, by: int) -> None:
        if not self._wrap:
            self._left = max(0, self._left + by)
            self.refresh()

    @property
    def _height(self) -> int:
        return self.scrollable_content_region.height

    def _rebreak(self, first: int) -> None:
        """Break the lines from `first` on to the width, and draw again."""
        lines = self.lines
        while self._rows and self._rows[-1][0] >= first:
            self._rows.pop()
        if first == 0:
            self._rows = []
        if self._wrap:
            width = self.scrollable_content_region.width
            for number in range(first, len(lines)):
                self._rows += [(number, start, end) for start, end in breaks(lines[number], width)]
        else:
            self._rows += [(number, 0, 0) for number in range(first, len(lines))]
        self.extend(len(self._rows))
        self.refresh()

    def _to_end(self) -> None:
        # Forced: Textual allows no scrolling before the scroll bar is there, which is a layout later.
        self.scroll_end(animate=False, immediate=True, x_axis=False, force=True)
