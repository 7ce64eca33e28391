"""The help screen."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen

from tuiconsole.console.rows.help import help_lines
from tuiconsole.console.rows.line import Line
from tuiconsole.console.widgets.lines.pane import LinesPane


class Keys(LinesPane):
    """All keys with what they do."""

    def __init__(self, read_only: bool) -> None:
        super().__init__()
        self._read_only = read_only

    def lines_for(self, width: int) -> tuple[Line, ...]:
        return help_lines(width, read_only=self._read_only)


class HelpScreen(ModalScreen[None]):
    """What the keys do."""

    DEFAULT_CSS = """
    HelpScreen {
        align: center middle;
        background: $background 60%;
        & > Vertical {
            width: 84;
            max-width: 100%;
            height: auto;
            max-height: 100%;
            border: round $rule-focus;
            border-title-color: $tone-strong;
            border-subtitle-color: $tone-dim;
            background: $panel;
            padding: 0 1;
        }
        VerticalScroll { height: auto; scrollbar-size-vertical: 1; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,enter", "dismiss", "Back"),
        Binding("j", "scroll(1)", "Down", show=False),
        Binding("k", "scroll(-1)", "Up", show=False),
    ]

    def __init__(self, read_only: bool) -> None:
        super().__init__()
        self._read_only = read_only

    def compose(self) -> ComposeResult:
        frame = Vertical()
        frame.border_title = "Keys"
        frame.border_subtitle = "Esc"
        with frame, VerticalScroll():
            yield Keys(self._read_only)

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()

    def action_scroll(self, by: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)
