"""The help screen."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen

from tuiconsole.console.actions import Place
from tuiconsole.console.keymap import Keymap
from tuiconsole.console.rows.help import help_lines
from tuiconsole.console.rows.line import Line
from tuiconsole.console.subject import Subject
from tuiconsole.console.widgets.lines.pane import LinesPane


class Keys(LinesPane):
    """What the keys do."""

    def __init__(self, place: Place, keymap: Keymap, subject: Subject, read_only: bool) -> None:
        super().__init__()
        self._place, self._keymap, self._subject = place, keymap, subject
        self._read_only = read_only

    def lines_for(self, width: int) -> tuple[Line, ...]:
        return help_lines(width, self._place, self._keymap, self._subject, read_only=self._read_only)


class HelpScreen(ModalScreen[None]):
    """What the keys do on one screen."""

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

    def __init__(self, place: Place, keymap: Keymap, subject: Subject, *, read_only: bool) -> None:
        super().__init__()
        self._place = place
        self._keys = Keys(place, keymap, subject, read_only)

    def compose(self) -> ComposeResult:
        frame = Vertical()
        frame.border_title = f" Keys of {self._place.heading} "
        frame.border_subtitle = " Esc "
        with frame, VerticalScroll():
            yield self._keys

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()

    def action_scroll(self, by: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)
