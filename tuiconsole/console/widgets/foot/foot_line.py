"""The last line: the keys, and in their place filters, commands and searches while they are typed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum
from typing import ClassVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import Reactive
from textual.strip import Strip
from textual.suggester import Suggester
from textual.widgets import Input

from tuiconsole.console.history import History
from tuiconsole.console.rows.line import Line, Span, Tone
from tuiconsole.console.subject import Subject
from tuiconsole.console.widgets.foot.keys import Keys
from tuiconsole.console.widgets.lines.tones import Toned

_SIGN = 3
"""Cells before what is typed: an edge, the sign of what it is, a blank."""


class Mode(str, Enum):
    """What is being typed; the value is its sign at the left edge."""

    FILTER = "/"
    COMMAND = ":"
    SEARCH = "?/"
    TIME = "@"


_HINTS = {
    Mode.FILTER: "filter: words in names, states, nodes, major, minor",
    Mode.COMMAND: "command: a name, and what it is about; → completes",
    Mode.SEARCH: "search: a regular expression",
    Mode.TIME: "time: 14:30, 14:30:05, 2026-11-23 14:30, or 5m for so long ago",
}


class _Completing(Suggester):
    """Completes from lines that are asked for anew each time."""

    def __init__(self, lines: Callable[[], Iterable[str]]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._lines = lines

    async def get_suggestion(self, value: str) -> str | None:
        return next((line for line in self._lines() if line.startswith(value) and line != value), None)


class FootLine(Input, Toned):
    """Shows the keys, and is the prompt while something is typed; a click on a key does what the key does.

    One widget, always there, for both: what comes up in the other's place asks for a layout of the whole
    screen, and the operator waits for that.
    """

    DEFAULT_CSS = f"""
    FootLine, FootLine:focus {{
        height: 1;
        padding: 0 1 0 {_SIGN};
        border: none;
        background: $footer-background;
        background-tint: $foreground 0%;
        pointer: default;
    }}
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "older", "Older", show=False),
        Binding("down", "newer", "Newer", show=False),
    ]

    virtual_size: Reactive[Size] = Reactive(Size(0, 0))
    """As Textual's, without a layout of the whole screen for each letter that is typed."""

    class Typed(Message):
        """What is typed has changed."""

        def __init__(self, mode: Mode, text: str) -> None:
            super().__init__()
            self.mode = mode
            self.text = text

    class Entered(Typed):
        """Enter was pressed; the keys are shown again."""

    def __init__(self, keys: Keys) -> None:
        super().__init__()
        self.mode = Mode.FILTER
        self._keys = keys
        self._shown: Line = ()
        self._open = False
        self._past = History()

    @property
    def is_open(self) -> bool:
        """True while something is typed."""
        return self._open

    def allow_focus(self) -> bool:
        return self._open

    # -- the keys --------------------------------------------------------------------------------------------

    def show(self, subject: Subject, *, read_only: bool, marked: int) -> None:
        """Show what can be done with this subject."""
        self._keys.about(subject, read_only=read_only, marked=marked)
        line = self._keys.line(self.outer_size.width)
        if line != self._shown:
            self._shown = line
            if not self._open:
                self.refresh()

    async def on_click(self, event: events.Click) -> None:
        action = "" if self._open else self._keys.action_at(event.x)
        if action:
            await self.screen.run_action(action)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        if not self._open:
            # Else the press would begin a selection in the prompt, and its cursor would blink unseen.
            event.prevent_default()

    # -- the prompt ------------------------------------------------------------------------------------------

    def open(
        self, mode: Mode, text: str, past: History, complete: Callable[[], Iterable[str]] | None = None
    ) -> None:
        """Be the prompt, with `text` in it, and have the keys."""
        self.mode = mode
        self._past = past
        past.rest()
        self.suggester = _Completing(complete) if complete else None
        with self.prevent(Input.Changed):
            self.value = text
        self.cursor_position = len(text)
        self.placeholder = _HINTS[mode]
        self._open = True
        if not self.display:
            # A screen of very few lines has no room for it at other times.
            self.styles.display = "block"
        self.refresh()
        self.focus()

    def shut(self) -> None:
        """Show the keys again."""
        self._open = False
        self.styles.display = None
        self.refresh()

    def action_older(self) -> None:
        self._recall(self._past.older(self.value))

    def action_newer(self) -> None:
        self._recall(self._past.newer(self.value))

    def _recall(self, text: str) -> None:
        self.value = text
        self.cursor_position = len(text)

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        if self._open:
            self.post_message(self.Typed(self.mode, event.value))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._past.add(event.value.strip())
        self.shut()
        self.post_message(self.Entered(self.mode, event.value))

    # -- both ------------------------------------------------------------------------------------------------

    def render_lines(self, crop: Region) -> list[Strip]:
        width = self.outer_size.width
        if self._open:
            (typed,) = super().render_lines(Region(0, 0, width, 1))
            sign = (Span(f" {self.mode.value[-1]} ", Tone.ACCENT),)
            line = Strip.join([self._filtered(sign, _SIGN), typed.crop(_SIGN)])
        else:
            line = self._filtered(self._keys.line(width), width)
        return [line.crop(crop.x, crop.right)]

    def _filtered(self, line: Line, width: int) -> Strip:
        """As it is drawn without colours or in ASCII: Textual sees to that for what it draws itself."""
        strip = self.strip_of(line, width)
        for one in self.get_line_filters():
            strip = strip.apply_filter(one, self.background_colors[1])
        return strip
