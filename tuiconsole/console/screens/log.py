"""The screen of one process's log."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.widgets import Footer

from tuiconsole.console.actions import Place
from tuiconsole.console.bindings import bindings_of
from tuiconsole.console.rows.foreign import plain
from tuiconsole.console.rows.line import Line, Span, Tone, spread
from tuiconsole.console.widgets.details.log_view import LogSource, LogView
from tuiconsole.console.widgets.dialogs.help import HelpScreen
from tuiconsole.console.widgets.lines.pane import LinesPane


class LogTitle(LinesPane):
    """Whose log it is, which stream, and whether it follows."""

    DEFAULT_CSS = """
    LogTitle { height: 1; padding: 0 1; background: $panel; }
    """

    def __init__(self, namespec: str) -> None:
        super().__init__()
        self._namespec = namespec
        self._stream = "stdout"
        self._following = True

    def show(self, stream: str, following: bool) -> None:
        """Show this state."""
        self._stream, self._following = stream, following
        self.renew()

    def lines_for(self, width: int) -> tuple[Line, ...]:
        left = (Span(plain(self._namespec), Tone.STRONG), Span(f"  {self._stream}", Tone.DIM))
        right = (
            Span("● following", Tone.RUNNING) if self._following else Span("◌ held – f follows", Tone.MINOR),
        )
        return (spread(left, right, width),)


class LogScreen(Screen[None]):
    """The whole screen for one log."""

    DEFAULT_CSS = """
    LogScreen {
        LogView { height: 1fr; padding: 0 1; overflow-x: auto; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings_of(Place.LOG)

    def __init__(self, source: LogSource, namespec: str, *, read_only: bool) -> None:
        super().__init__()
        self._source = source
        self._namespec = namespec
        self._read_only = read_only
        self._stderr = False

    def compose(self) -> ComposeResult:
        yield LogTitle(self._namespec)
        yield LogView(id="log")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        view = self.query_one(LogView)
        view.focus()
        self.watch(view, "following", self._retitle, init=False)
        self._open()

    def action_back(self) -> None:
        self.dismiss()

    def action_stream(self) -> None:
        self._stderr = not self._stderr
        self._open()

    def action_follow(self) -> None:
        self.query_one(LogView).follow()

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen(self._read_only))

    def _open(self) -> None:
        view = self.query_one(LogView)
        self.run_worker(
            view.run(self._source, self._namespec, stderr=self._stderr),
            name=f"log of {self._namespec}",
            group="log",
            exclusive=True,
            exit_on_error=False,
        )
        self._retitle()

    def _retitle(self) -> None:
        stream = "stderr" if self._stderr else "stdout"
        self.query_one(LogTitle).show(stream, self.query_one(LogView).following)
