"""A screen for an answer that is longer than a line: why something is as it is, what a loss would do."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen

from tuiconsole.console.widgets.dialogs.answer import AnswerPane, Asking


class ToldScreen(ModalScreen[None]):
    """One answer, kept true while it is open.

    Args:
        title: the question, as plain text.
        asking: asks, and draws the answer.
    """

    DEFAULT_CSS = """
    ToldScreen {
        align: center middle;
        background: $background 60%;
        & > Vertical {
            width: 100;
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
        AnswerPane { background: $panel; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter", "dismiss", "Back"),
        Binding("j", "scroll(1)", "Down", show=False),
        Binding("k", "scroll(-1)", "Up", show=False),
    ]

    def __init__(self, title: str, asking: Asking) -> None:
        super().__init__()
        self._question = title
        self._asking = asking

    def compose(self) -> ComposeResult:
        frame = Vertical()
        # Content, not markup: a name may hold brackets.
        frame.border_title = Content(f" {self._question} ")
        frame.border_subtitle = " Esc "
        with frame, VerticalScroll():
            yield AnswerPane()

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()
        self.query_one(AnswerPane).ask(self._asking)

    def action_scroll(self, by: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)
