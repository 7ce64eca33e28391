"""The panel of the event log."""

from __future__ import annotations

from datetime import tzinfo

from tuiconsole.console.picture import Picture
from tuiconsole.console.rows.events import EventRow, event_line, event_rows
from tuiconsole.console.rows.line import Line, Span, Tone
from tuiconsole.console.widgets.lines.list import RowList


class EventsPanel(RowList[EventRow]):
    """What happened, the newest first. While the cursor is on the newest, it stays on the newest."""

    DEFAULT_CSS = """
    EventsPanel {
        border-top: solid $rule;
        border-title-color: $tone-dim;
        border-title-style: none;
        &:focus {
            border-top: solid $rule-focus;
            border-title-color: $tone-strong;
        }
    }
    """

    BORDER_TITLE = " Events "

    def __init__(self, zone: tzinfo | None = None) -> None:
        super().__init__()
        self._zone = zone

    def show(self, picture: Picture) -> None:
        """Show the events of this picture."""
        newest = self.cursor == 0
        self.show_rows(event_rows(picture.events))
        if newest:
            self.action_first()

    def draw(self, row: EventRow, width: int) -> Line:
        return event_line(row, width, self._zone)

    def empty(self) -> Line:
        return (Span("nothing has happened since this console came up", Tone.DIM),)
