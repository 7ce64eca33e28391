"""The first screen: the cluster at a glance, the nodes, and the items with their parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical

from tuiconsole.clock import boottime
from tuiconsole.console.actions import Place
from tuiconsole.console.arrangement import Arrangement
from tuiconsole.console.desk import Desk
from tuiconsole.console.rows.events import jump_target
from tuiconsole.console.rows.filtering import Filter
from tuiconsole.console.screens.operating import OperatingScreen
from tuiconsole.console.subject import Kind, Subject
from tuiconsole.console.widgets.details.panel import DetailsPanel
from tuiconsole.console.widgets.events.panel import EventsPanel
from tuiconsole.console.widgets.items.matrix import ItemMatrix, ItemsPanel
from tuiconsole.console.widgets.lines.list import RowList
from tuiconsole.console.widgets.nodes.tiles import NodeTiles

_TILES = {Arrangement.TINY: 0, Arrangement.STACKED: 4, Arrangement.MEDIUM: 8, Arrangement.WIDE: 12}
"""Lines of tiles at most."""
_TOGETHER = 0.8
"""Seconds within which digits belong to one number."""


class OverviewScreen(OperatingScreen):
    """Nodes as tiles, items as a matrix, details of the chosen part, and what happened last."""

    PLACE = Place.OVERVIEW
    AUTO_FOCUS = "ItemMatrix"

    DEFAULT_CSS = """
    OverviewScreen {
        &.-wide #panels { grid-size: 2 1; grid-columns: 1fr 66; }
        &.-medium #panels { grid-size: 1 2; grid-rows: 1fr 7; }
        &.-stacked #panels, &.-tiny #panels { grid-size: 1 1; }
        &.-stacked EventsPanel, &.-tiny EventsPanel { display: none; }
        &.-tiny NodeTiles, &.-tiny DetailsPanel, &.-tiny ItemHeadings { display: none; }
        &.-tiny ItemsPanel { border: none; max-height: 100%; height: 1fr; }
        DetailsPanel { height: 1fr; }
    }
    """

    def __init__(self, desk: Desk, clock: Callable[[], float] = boottime) -> None:
        super().__init__(desk)
        self._clock = clock
        self._digits = ""
        self._typed_at = 0.0

    def panels(self) -> ComposeResult:
        with Vertical():
            yield NodeTiles()
            yield ItemsPanel()
            yield DetailsPanel(self.desk.logs, self.desk.zone)
        yield EventsPanel(self.desk.zone)

    @property
    def matrix(self) -> ItemMatrix:
        """The items."""
        return self.query_one(ItemMatrix)

    @property
    def subject(self) -> Subject:
        events_panel = self.query_one(EventsPanel)
        if events_panel.has_focus:
            return Subject(Kind.EVENT, events_panel.key) if events_panel.key else Subject()
        return self.matrix.subject

    @property
    def filtered(self) -> str:
        return self.matrix.wanted.text

    def filter(self, text: str) -> None:
        self.matrix.wanted = Filter(text)
        self.query_one(ItemsPanel).show(self.picture)

    def select(self, subject: Subject) -> None:
        if subject.kind in (Kind.APPLICATION, Kind.PROCESS):
            self.matrix.to_application(subject.key.partition(":")[0])

    def painting(self) -> Iterator[None]:
        self.query_one(NodeTiles).show(self.picture, _TILES[self.arrangement])
        yield
        self.query_one(ItemsPanel).show(self.picture)
        yield
        self.query_one(EventsPanel).show(self.picture)
        yield

    def show_subject(self) -> None:
        super().show_subject()
        self.query_one(DetailsPanel).show(self.picture, self.subject)

    def on_key(self, event: events.Key) -> None:
        if event.key.isdecimal() and len(event.key) == 1 and self.matrix.has_focus:
            event.stop()
            self._digit(event.key)
        else:
            super().on_key(event)

    def on_row_list_activated(self, message: RowList.Activated) -> None:
        message.stop()
        if isinstance(message.control, EventsPanel):
            happened = self.picture.event(message.key)
            if happened is not None and self.picture.application(jump_target(happened)):
                self.post_message(self.Go(Place.APPLICATIONS, Subject.of_tree(jump_target(happened))))
        elif self.subject.key:
            self.post_message(self.Go(Place.APPLICATIONS, self.subject))

    def _digit(self, digit: str) -> None:
        """Digits that follow each other fast are one number; the first alone is looked for at once."""
        now = self._clock()
        together = self._digits if now - self._typed_at < _TOGETHER else ""
        self._typed_at = now
        self._digits = together + digit
        if self.matrix.to_item(int(self._digits)):
            return
        if together and self.matrix.to_item(int(digit)):
            self._digits = digit
        elif not together and digit == "0":
            return
        else:
            self.notify(f"no item {int(self._digits)}", severity="warning", timeout=3, markup=False)
