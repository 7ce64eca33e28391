"""Lists and texts under a line with a title."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from textual.content import Content
from textual.widget import Widget

from tuiconsole.console.rows.line import Line
from tuiconsole.console.widgets.lines.list import Row, RowList
from tuiconsole.console.widgets.lines.pane import LinesPane

R = TypeVar("R", bound=Row)


def entitle(widget: Widget, title: str) -> None:
    """Show this title in the border; it is no markup: a name in it may hold brackets.

    Setting `border_title` draws a widget and all that it contains again, even if it is the same.
    """
    wanted = Content(f" {title} ")
    if widget.border_title != wanted.markup:
        widget.border_title = wanted


class TitledList(RowList[R]):
    """A list under a line with its title."""

    DEFAULT_CSS = """
    TitledList {
        border-top: solid $rule;
        border-title-color: $tone-dim;
        border-title-style: none;
        &:focus {
            border-top: solid $rule-focus;
            border-title-color: $tone-strong;
        }
    }
    """


class Prose(LinesPane):
    """Text under a line with its title, from a function that knows how to break it into lines."""

    DEFAULT_CSS = """
    Prose {
        height: 1fr;
        padding: 0 1 0 2;
        border-top: solid $rule;
        border-title-color: $tone-dim;
        border-title-style: none;
    }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._broken: Callable[[int], tuple[Line, ...]] = lambda _width: ()

    def show(self, broken: Callable[[int], tuple[Line, ...]]) -> None:
        """Show these lines; `broken` is given the width in cells."""
        self._broken = broken
        self.renew()

    def lines_for(self, width: int) -> tuple[Line, ...]:
        return self._broken(max(1, width))
