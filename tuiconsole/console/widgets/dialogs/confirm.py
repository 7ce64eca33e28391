"""Asks before something that runs is taken away."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from tuiconsole.console.rows.line import Line
from tuiconsole.console.widgets.lines.pane import LinesPane


class Targets(LinesPane):
    """The list of targets."""

    def __init__(self, lines: tuple[Line, ...]) -> None:
        super().__init__()
        self._lines = lines

    def lines_for(self, width: int) -> tuple[Line, ...]:
        del width
        return self._lines


class ConfirmDialog(ModalScreen[bool]):
    """A question with its targets. It rests on Cancel: Enter and Esc change nothing."""

    DEFAULT_CSS = """
    ConfirmDialog {
        align: center middle;
        background: $background 60%;
        & > Vertical {
            width: 64;
            max-width: 100%;
            height: auto;
            max-height: 100%;
            border: round $tone-minor;
            background: $panel;
            padding: 0 2;
        }
        .question { text-style: bold; color: $tone-strong; margin: 0 0 1 0; width: 100%; }
        VerticalScroll { height: auto; max-height: 12; }
        Horizontal { height: 1; margin: 1 0 0 0; align-horizontal: right; }
        #cancel, #confirm {
            height: 1;
            min-width: 14;
            margin: 0 0 0 2;
            border: none;
            background: $cursor;
            color: $foreground;
            text-style: none;
            &:focus {
                background: $tone-accent;
                background-tint: $tone-accent 0%;
                color: $badge-ink;
                text-style: bold;
            }
        }
        &.-short > Vertical { padding: 0 1; border: none; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,n,q", "answer(False)", "Cancel"),
        Binding("y", "answer(True)", "Confirm"),
        Binding("left,right,h", "app.focus_next", "Other button", show=False),
    ]

    def __init__(self, question: str, targets: tuple[Line, ...], verb: str) -> None:
        super().__init__()
        self._question = question
        self._targets = targets
        self._verb = verb

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Content(self._question), classes="question")
            with VerticalScroll(can_focus=len(self._targets) > 12):
                yield Targets(self._targets)
            with Horizontal():
                yield Button(Content("Cancel  Esc"), id="cancel", compact=True)
                yield Button(Content(f"{self._verb}  y"), id="confirm", compact=True)

    def on_mount(self) -> None:
        self.query_one("#cancel", Button).focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "confirm")

    def action_answer(self, confirmed: bool) -> None:
        self.dismiss(confirmed)
