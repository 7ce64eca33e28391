"""Screens to read, which may be longer than the terminal is high."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content

from tuiconsole.console.widgets.dialogs.framed import Framed
from tuiconsole.console.widgets.lines.pane import LinesPane


class ReadingScreen(Framed[None]):
    """Lines under a title.

    Args:
        title: as plain text.
        pane: draws the lines.
    """

    DEFAULT_CSS = """
    ReadingScreen {
        & > Vertical { width: 100; }
        VerticalScroll { height: auto; scrollbar-size-vertical: 1; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter", "dismiss", "Back"),
        Binding("j", "scroll(1)", "Down", show=False),
        Binding("k", "scroll(-1)", "Up", show=False),
    ]

    def __init__(self, title: str, pane: LinesPane) -> None:
        super().__init__()
        self._heading = title
        self._pane = pane

    def compose(self) -> ComposeResult:
        frame = Vertical()
        # Content, not markup: a name may hold brackets.
        frame.border_title = Content(f" {self._heading} ")
        frame.border_subtitle = " Esc "
        with frame, VerticalScroll():
            yield self._pane

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()

    def action_scroll(self, by: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)
