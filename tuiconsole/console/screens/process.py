"""One process: what it is, what it uses over time, what happened to it, and its log."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from textual.app import ComposeResult

from tuiconsole.console.actions import Place
from tuiconsole.console.desk import Desk
from tuiconsole.console.rows import quantity
from tuiconsole.console.rows.line import Line
from tuiconsole.console.rows.plot import plot_lines
from tuiconsole.console.screens.operating import OperatingScreen
from tuiconsole.console.subject import Kind, Subject
from tuiconsole.console.trends import EVERY, KEPT, Usage
from tuiconsole.console.widgets.details.panel import DetailsPanel
from tuiconsole.console.widgets.events.panel import EventsPanel
from tuiconsole.console.widgets.lines.pane import LinesPane
from tuiconsole.console.widgets.lines.titled import entitle


class Curve(LinesPane):
    """One curve over time."""

    DEFAULT_CSS = """
    Curve { height: 1fr; padding: 0 1 0 2; border-top: solid $rule; border-title-color: $tone-dim; }
    """

    BORDER_TITLE = f" last {quantity.duration(EVERY * KEPT)} "

    def __init__(self, title: str, words: Callable[[float], str]) -> None:
        super().__init__(id=title.lower())
        self._title = title
        self._words = words
        self._values: tuple[float, ...] = ()

    def show(self, values: Sequence[float], now: float | None) -> None:
        """Show these values, and the one of now."""
        self._values = (*values, math.nan if now is None else now)
        self.renew()

    def lines_for(self, width: int) -> tuple[Line, ...]:
        return plot_lines(self._title, self._values, self._words, width, max(1, self.size.height - 1))


class ProcessScreen(OperatingScreen):
    """Facts and log, curves, and the events about it."""

    PLACE = Place.PROCESS
    AUTO_FOCUS = "EventsPanel"

    DEFAULT_CSS = """
    ProcessScreen {
        &.-wide #panels, &.-medium #panels {
            grid-size: 2 3; grid-columns: 3fr 2fr; grid-rows: 1fr 1fr 1fr;
        }
        &.-wide DetailsPanel, &.-medium DetailsPanel { row-span: 3; }
        &.-stacked #panels { grid-size: 2 3; grid-rows: 1fr 4 5; }
        &.-stacked DetailsPanel, &.-stacked EventsPanel { column-span: 2; }
        &.-tiny #panels { grid-size: 1 1; }
        &.-tiny Curve, &.-tiny EventsPanel { display: none; }
    }
    """

    def __init__(self, desk: Desk, namespec: str) -> None:
        super().__init__(desk)
        self._namespec = namespec

    def panels(self) -> ComposeResult:
        yield DetailsPanel(self.desk.logs, self.desk.zone)
        yield Curve("CPU", quantity.cpu)
        yield Curve("Memory", quantity.memory)
        yield EventsPanel(self.desk.zone)

    @property
    def subject(self) -> Subject:
        return Subject(Kind.PROCESS, self._namespec)

    def paint(self) -> None:
        self.query_one(EventsPanel).show(self.picture, about=self._namespec)
        entitle(self.query_one(EventsPanel), "Starts, exits, failures")
        self._curves(self.desk.trends.of(self._namespec))

    def show_subject(self) -> None:
        super().show_subject()
        self.query_one(DetailsPanel).show(self.picture, self.subject)

    def _curves(self, usage: Usage) -> None:
        process = self.picture.process(self._namespec)
        self.query_one("#cpu", Curve).show(usage.cpu, process.cpu if process else None)
        self.query_one("#memory", Curve).show(usage.memory, process.memory if process else None)
