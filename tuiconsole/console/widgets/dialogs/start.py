"""Asks how something is to be started, and with what; shows what each way would do before it is chosen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from textual.app import ComposeResult
from textual.containers import VerticalScroll

from tuiconsole.console.rows.why import plan_lines
from tuiconsole.console.widgets.dialogs.answer import AnswerPane, Drawn
from tuiconsole.console.widgets.dialogs.choice import Choice, ChoiceDialog
from tuiconsole.console.widgets.lines.list import RowList
from tuiconsole.model.plan import Plan

Foretell = Callable[[str], Awaitable[Plan]]
"""What a start by that way would do; raises LookupError."""


class StartDialog(ChoiceDialog):
    """The ways, and below them where each process would go by the one under the cursor."""

    DEFAULT_CSS = """
    StartDialog {
        & > Vertical { width: 90; }
        Choices { max-height: 7; }
        Explained { margin: 0 2; }
        VerticalScroll { height: auto; border-top: dashed $rule; scrollbar-size-vertical: 1; }
        AnswerPane { margin: 0 0 0 2; }
    }
    """

    def __init__(self, title: str, choices: tuple[Choice, ...], foretell: Foretell, entry: str = "") -> None:
        super().__init__(title, choices, entry)
        self._foretell = foretell

    def extras(self) -> ComposeResult:
        with VerticalScroll(can_focus=False):
            yield AnswerPane()

    def on_row_list_moved(self, message: RowList.Moved) -> None:
        # Textual calls the base's handler as well.
        self._preview(message.key)

    def _preview(self, way: str) -> None:
        async def ask() -> Drawn:
            plan = await self._foretell(way)
            return lambda width: plan_lines(plan, width)

        self.query_one(AnswerPane).ask(ask)
