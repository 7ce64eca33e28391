"""Asks for a number of processes, and shows what each number would start and stop."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar

import msgspec
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.validation import Integer
from textual.widgets import Input, Static

from tuiconsole.console.rows.foreign import plain
from tuiconsole.console.rows.line import Span, Tone
from tuiconsole.console.rows.why import plan_lines
from tuiconsole.console.widgets.dialogs.answer import AnswerPane, Drawn
from tuiconsole.console.widgets.dialogs.confirm import WHY
from tuiconsole.console.widgets.dialogs.framed import Framed
from tuiconsole.model.plan import Plan

MOST = 1000

Foretell = Callable[[int], Awaitable[Plan]]
"""What so many processes would do; raises LookupError."""


class Scaled(msgspec.Struct, frozen=True):
    """The number that was typed, and why."""

    number: int
    reason: str = ""


class ScaleDialog(Framed[Scaled | None]):
    """A number, a reason that may stay empty, and what the number would do. Enter asks for it.

    Args:
        program: `application:program`.
        number: how many processes it has now.
        foretell: what a number would do.
        proposed: what stands in the field at first; empty: the number now.
    """

    DEFAULT_CSS = """
    ScaleDialog {
        & > Vertical { width: 90; border: round $tone-minor; padding: 0 2; }
        .ask { color: $tone-dim; width: 100%; height: auto; }
        Input, Input:focus { margin: 0 0 1 0; }
        VerticalScroll { height: auto; border-top: dashed $rule; scrollbar-size-vertical: 1; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Cancel")]

    def __init__(self, program: str, number: int, foretell: Foretell, proposed: str = "") -> None:
        super().__init__()
        self._program = program
        self._number = number
        self._foretell = foretell
        self._proposed = proposed or str(number)

    def compose(self) -> ComposeResult:
        frame = Vertical()
        # Content, not markup: a name may hold brackets.
        frame.border_title = Content(f" Scale {plain(self._program)} ")
        frame.border_subtitle = Content(" Enter scales, Tab to the reason, Esc leaves ")
        with frame:
            yield Static(
                Content(f"Processes on each node that has the program: {self._number} now."), classes="ask"
            )
            yield Input(
                self._proposed,
                id="number",
                max_length=4,
                restrict=r"\d*",
                validators=[Integer(1, MOST)],
                compact=True,
                select_on_focus=True,
            )
            yield Static(Content(WHY), classes="ask")
            yield Input(id="reason", max_length=500, compact=True)
            with VerticalScroll(can_focus=False):
                yield AnswerPane()

    def on_mount(self) -> None:
        self.query_one("#number").focus()
        self._preview()

    @property
    def number(self) -> int:
        """The number that is typed; 0 if it is none."""
        text = self.query_one("#number", Input).value
        number = int(text) if text.isdecimal() else 0
        return number if 1 <= number <= MOST else 0

    @on(Input.Changed, "#number")
    def _preview(self) -> None:
        number = self.number

        async def ask() -> Drawn:
            if number in (0, self._number):
                words = "as it is now" if number else f"a number from 1 to {MOST}"
                return lambda width: ((Span(words[:width], Tone.DIM),),)
            plan = await self._foretell(number)
            return lambda width: plan_lines(plan, width)

        self.query_one(AnswerPane).ask(ask)

    @on(Input.Submitted)
    def _entered(self) -> None:
        if self.number not in (0, self._number):
            self.dismiss(Scaled(self.number, self.query_one("#reason", Input).value.strip()))

    def action_leave(self) -> None:
        self.dismiss(None)
