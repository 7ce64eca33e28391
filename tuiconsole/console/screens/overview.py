"""The first screen: the cluster at a glance, the nodes, and the items with their parts."""

from __future__ import annotations

from collections.abc import Iterator

from textual.app import ComposeResult
from textual.containers import Vertical

from tuiconsole.console.actions import Place
from tuiconsole.console.arrangement import Arrangement
from tuiconsole.console.rows.events import jump_target
from tuiconsole.console.rows.filtering import Filter
from tuiconsole.console.rows.items import item_of
from tuiconsole.console.screens.operating import OperatingScreen
from tuiconsole.console.subject import Kind, Subject
from tuiconsole.console.widgets.details.panel import DetailsPanel
from tuiconsole.console.widgets.events.panel import EventsPanel
from tuiconsole.console.widgets.items.matrix import ItemMatrix, ItemsPanel
from tuiconsole.console.widgets.lines.list import RowList
from tuiconsole.console.widgets.nodes.tiles import NodeTiles

_TILES = {Arrangement.TINY: 0, Arrangement.STACKED: 4, Arrangement.MEDIUM: 8, Arrangement.WIDE: 12}
"""Lines of tiles at most."""


class OverviewScreen(OperatingScreen):
    """Nodes as tiles, items as a matrix, details of the chosen part, and what happened last."""

    PLACE = Place.OVERVIEW
    ITEMS = True
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

    def to_item(self, number: int) -> bool:
        self.set_focus(self.matrix)
        if self.matrix.to_item(number):
            return True
        if item_of(self.picture.applications, self.picture.item, number) is None:
            return False
        self.filter("")  # which hides it
        return self.matrix.to_item(number)

    def on_row_list_activated(self, message: RowList.Activated) -> None:
        message.stop()
        if isinstance(message.control, EventsPanel):
            happened = self.picture.event(message.key)
            if happened is not None and self.picture.application(jump_target(happened)):
                self.post_message(self.Go(Place.APPLICATIONS, Subject.of_tree(jump_target(happened))))
        elif self.subject.key:
            self.post_message(self.Go(Place.APPLICATIONS, self.subject))
