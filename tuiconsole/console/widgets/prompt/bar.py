"""The line in which filters, commands and searches are typed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.suggester import Suggester
from textual.widget import Widget
from textual.widgets import Input, Static

from tuiconsole.console.history import History


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


class PromptInput(Input):
    """One line with a history."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "older", "Older", show=False),
        Binding("down", "newer", "Newer", show=False),
    ]

    def __init__(self) -> None:
        super().__init__(compact=True)
        self.past = History()

    def action_older(self) -> None:
        self.value = self.past.older(self.value)
        self.cursor_position = len(self.value)

    def action_newer(self) -> None:
        self.value = self.past.newer(self.value)
        self.cursor_position = len(self.value)


class PromptBar(Horizontal):
    """Shown while something is typed.

    Args:
        instead_of: whose line it takes meanwhile, so that nothing else has to move.
    """

    DEFAULT_CSS = """
    PromptBar {
        display: none;
        height: 1;
        padding: 0 1;
        background: $panel;
        Static { width: auto; color: $tone-accent; }
        Input, Input:focus {
            width: 1fr; border: none; height: 1; background: $panel; background-tint: $foreground 0%;
        }
    }
    """

    class Typed(Message):
        """What is typed has changed."""

        def __init__(self, mode: Mode, text: str) -> None:
            super().__init__()
            self.mode = mode
            self.text = text

    class Entered(Typed):
        """Enter was pressed; the line is shut."""

    def __init__(self, instead_of: Widget) -> None:
        super().__init__()
        self.mode = Mode.FILTER
        self._instead_of = instead_of
        self._open = False

    def compose(self) -> ComposeResult:
        yield Static("", markup=False)
        yield PromptInput()

    @property
    def is_open(self) -> bool:
        """True while something is typed."""
        return self._open

    def open(
        self, mode: Mode, text: str, past: History, complete: Callable[[], Iterable[str]] | None = None
    ) -> None:
        """Show the line with `text` in it, and type into it."""
        self.mode = mode
        entry = self.query_one(PromptInput)
        entry.past = past
        past.rest()
        entry.suggester = _Completing(complete) if complete else None
        with entry.prevent(Input.Changed):
            entry.value = text
        entry.cursor_position = len(text)
        entry.placeholder = _HINTS[mode]
        self.query_one(Static).update(f"{mode.value[-1]} ")
        self._show(True)
        entry.focus()

    def shut(self) -> None:
        """Hide the line."""
        self._show(False)

    def _show(self, opened: bool) -> None:
        # Not by a class: a style sheet is matched anew for all that is below.
        self._open = opened
        self.styles.display = "block" if opened else None
        self._instead_of.styles.display = "none" if opened else None

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        if self.is_open:
            self.post_message(self.Typed(self.mode, event.value))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.query_one(PromptInput).past.add(event.value.strip())
        self.shut()
        self.post_message(self.Entered(self.mode, event.value))
