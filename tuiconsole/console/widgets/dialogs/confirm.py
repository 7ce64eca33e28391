"""Asks before something that runs is taken away."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Input, Static

from tuiconsole.console.rows.confirm import Question
from tuiconsole.console.rows.line import Line, wrapped
from tuiconsole.console.widgets.dialogs.answer import AnswerPane, Asking
from tuiconsole.console.widgets.dialogs.framed import Framed
from tuiconsole.console.widgets.lines.pane import LinesPane

WHY = "Why? Kept with it; may stay empty."


class Targets(LinesPane):
    """The list of targets."""

    def __init__(self, lines: tuple[Line, ...]) -> None:
        super().__init__()
        self._lines = lines

    def lines_for(self, width: int) -> tuple[Line, ...]:
        return tuple(piece for line in self._lines for piece in wrapped(line, max(1, width), indent=2))


class ConfirmDialog(Framed[str | None]):
    """A question with its targets. It rests on Cancel: Enter and Esc change nothing.

    Where a word has to be typed it rests there, and nothing is confirmed before the word is complete. The
    result is None, or, when it was confirmed, the reason that was asked for.

    Args:
        question: what is asked.
        preview: foretells what it would do; shown below the targets, and kept true.
    """

    DEFAULT_CSS = """
    ConfirmDialog {
        & > Vertical { width: 64; border: round $tone-minor; padding: 0 2; }
        .question { text-style: bold; color: $tone-strong; margin: 0 0 1 0; width: 100%; }
        .ask { color: $tone-minor; margin: 1 0 0 0; width: 100%; height: auto; }
        VerticalScroll { height: auto; max-height: 12; }
        #preview { border-top: dashed $rule; scrollbar-size-vertical: 1; }
        &.-foretells > Vertical { width: 90; }
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
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,n,q", "answer(False)", "Cancel"),
        Binding("y", "answer(True)", "Confirm"),
        Binding("left,right,h", "app.focus_next", "Other button", show=False),
    ]

    def __init__(self, question: Question, preview: Asking | None = None) -> None:
        super().__init__()
        self._question = question
        self._preview = preview
        self.set_class(preview is not None, "-foretells")

    def compose(self) -> ComposeResult:
        asked = self._question
        with Vertical():
            yield Static(Content(asked.text), classes="question")
            with VerticalScroll(can_focus=len(asked.targets) > 12):
                yield Targets(asked.targets)
            if self._preview is not None:
                with VerticalScroll(id="preview", can_focus=True):
                    yield AnswerPane()
            if asked.wants_reason or asked.offers_reason:
                words = "Why? It is kept with the event." if asked.wants_reason else WHY
                yield Static(Content(words), classes="ask")
                yield Input(id="reason", max_length=500, compact=True)
            if asked.word:
                yield Static(Content(f"Type {asked.word} to go on:"), classes="ask")
                yield Input(id="word", compact=True)
            with Horizontal():
                yield Button(Content("Cancel  Esc"), id="cancel", compact=True)
                key = "Enter" if asked.word or asked.mild else "y"
                yield Button(Content(f"{asked.verb}  {key}"), id="confirm", compact=True)

    def on_mount(self) -> None:
        asked = self._question
        first = "#reason" if asked.wants_reason or asked.mild else "#word" if asked.word else "#cancel"
        self.query_one(first).focus()
        if self._preview is not None:
            self.query_one(AnswerPane).ask(self._preview)
        self._weigh()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.action_answer(event.button.id == "confirm")

    def action_answer(self, confirmed: bool) -> None:
        if not confirmed:
            self.dismiss(None)
        elif self._complete:
            self.dismiss(self._typed("reason"))

    @on(Input.Changed)
    def _weigh(self) -> None:
        self.query_one("#confirm", Button).disabled = not self._complete

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        if event.input.id == "reason" and self._question.word and not self._complete:
            self.query_one("#word").focus()
        else:
            self.action_answer(True)

    @property
    def _complete(self) -> bool:
        """True if all that has to be typed is."""
        asked = self._question
        return (not asked.word or self._typed("word") == asked.word) and (
            not asked.wants_reason or bool(self._typed("reason"))
        )

    def _typed(self, entry: str) -> str:
        found = self.query(f"#{entry}").results(Input)
        return next((one.value.strip() for one in found), "")
