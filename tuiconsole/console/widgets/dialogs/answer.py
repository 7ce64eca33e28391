"""A pane for an answer that has to be asked for: it says so until the answer is there, and stays true."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable

from tuiconsole.console.rows.line import Line, Span, Tone, wrapped
from tuiconsole.console.rows.sentence import sentence
from tuiconsole.console.widgets.lines.pane import LinesPane
from tuiconsole.console.work import begin_work

Drawn = Callable[[int], tuple[Line, ...]]
"""The lines of an answer, for a width."""
Asking = Callable[[], Awaitable[Drawn]]
"""Asks, and draws the answer; raises LookupError."""

SETTLED = 0.15
"""Seconds that a question must rest before it is asked: a cursor on its way asks nothing."""
AGAIN = 2.0
"""Seconds between two times that the same is asked."""


class AnswerPane(LinesPane):
    """What was answered to the question of this moment."""

    def __init__(self) -> None:
        super().__init__()
        self._draw: Drawn = _words("asking …", Tone.DIM)

    def ask(self, asking: Asking) -> None:
        """From now on the answer to this question is shown; the one before is forgotten."""
        self._show(_words("asking …", Tone.DIM))
        begin_work(self, functools.partial(self._keep_asking, asking), name="answer", group="answer")

    def lines_for(self, width: int) -> tuple[Line, ...]:
        return self._draw(max(1, width))

    async def _keep_asking(self, asking: Asking) -> None:
        await asyncio.sleep(SETTLED)
        while True:
            try:
                self._show(await asking())
            except LookupError as error:
                self._show(_words(str(error.args[0]) if error.args else "no answer", Tone.MINOR))
            await asyncio.sleep(AGAIN)

    def _show(self, draw: Drawn) -> None:
        self._draw = draw
        self.renew()


def _words(text: str, tone: Tone) -> Drawn:
    return lambda width: wrapped((Span(sentence(text), tone),), width)
