"""A screen for an answer that is longer than a line: why something is as it is, what a loss would do."""

from __future__ import annotations

from tuiconsole.console.widgets.dialogs.answer import AnswerPane, Asking
from tuiconsole.console.widgets.dialogs.reading import ReadingScreen


class ToldScreen(ReadingScreen):
    """One answer, kept true while it is open.

    Args:
        title: the question, as plain text.
        asking: asks, and draws the answer.
    """

    def __init__(self, title: str, asking: Asking) -> None:
        answer = AnswerPane()
        super().__init__(title, answer)
        self._answer = answer
        self._asking = asking

    def on_mount(self) -> None:
        # Textual calls the base's handler as well.
        self._answer.ask(self._asking)
