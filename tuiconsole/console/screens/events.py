"""The event log, with all that is known of the selected event."""

from __future__ import annotations

from textual.app import ComposeResult

from tuiconsole.console.actions import Place
from tuiconsole.console.rows.events import jump_target
from tuiconsole.console.rows.filtering import Filter
from tuiconsole.console.screens.operating import OperatingScreen
from tuiconsole.console.subject import Kind, Subject
from tuiconsole.console.widgets.details.panel import DetailsPanel
from tuiconsole.console.widgets.events.panel import EventsPanel
from tuiconsole.console.widgets.lines.list import RowList


class EventsScreen(OperatingScreen):
    """The events above, the selected one in full below. Keys are about what the event is about."""

    PLACE = Place.EVENTS
    AUTO_FOCUS = "EventsPanel"

    DEFAULT_CSS = """
    EventsScreen {
        #panels { grid-size: 1 2; grid-rows: 1fr 7; }
        &.-tiny #panels { grid-size: 1 1; grid-rows: 1fr; }
        &.-tiny DetailsPanel { display: none; }
        &.-tiny EventsPanel, &.-tiny EventsPanel:focus { border: none; }
    }
    """

    def panels(self) -> ComposeResult:
        yield EventsPanel(self.desk.zone)
        yield DetailsPanel(self.desk.logs, self.desk.zone)

    @property
    def about(self) -> Subject:
        """What the selected event is about, where that can be acted upon; else the event."""
        key = self.query_one(EventsPanel).key
        event = self.picture.event(key) if key else None
        if event is None:
            return Subject()
        target = jump_target(event)
        known = target and self.picture.application(target) is not None
        return Subject.of_tree(target) if known else Subject(Kind.EVENT, key)

    @property
    def subject(self) -> Subject:
        return self.about

    @property
    def filtered(self) -> str:
        return self.query_one(EventsPanel).wanted.text

    def filter(self, text: str) -> None:
        events = self.query_one(EventsPanel)
        events.wanted = Filter(text)
        events.show(self.picture)

    def paint(self) -> None:
        self.query_one(EventsPanel).show(self.picture)

    def show_subject(self) -> None:
        super().show_subject()
        key = self.query_one(EventsPanel).key
        self.query_one(DetailsPanel).show(self.picture, Subject(Kind.EVENT, key) if key else Subject())

    def on_row_list_activated(self, message: RowList.Activated) -> None:
        message.stop()
        about = self.about
        event = self.picture.event(message.key)
        if about.kind is not Kind.EVENT and about.key:
            self.post_message(self.Go(Place.APPLICATIONS, about))
        elif event is not None and self.picture.node_status(event.subject) is not None:
            self.post_message(self.Go(Place.NODES, Subject(Kind.NODE, event.subject)))
        else:
            self.notify("it is about nothing that is shown elsewhere", timeout=3, markup=False)
