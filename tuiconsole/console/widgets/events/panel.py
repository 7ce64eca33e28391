"""The list of events."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from tuiconsole.console.picture import Picture, merged_events
from tuiconsole.console.rows.ends import end_events
from tuiconsole.console.rows.events import EventRow, event_line, event_rows
from tuiconsole.console.rows.filtering import Filter
from tuiconsole.console.rows.foreign import plain
from tuiconsole.console.rows.line import Line, Span, Tone
from tuiconsole.console.widgets.lines.titled import TitledList
from tuiconsole.model.events import Event
from tuiconsole.model.process import End


class EventsPanel(TitledList[EventRow]):
    """What happened, the newest first. While the cursor is on the newest, it stays on the newest."""

    BORDER_TITLE = " Events "

    def __init__(self, zone: tzinfo | None = None) -> None:
        super().__init__()
        self._zone = zone
        self._events: tuple[Event, ...] | None = None
        self._by: tuple[str, str, tuple[End, ...]] = ("", "", ())
        self._about = ""
        self.wanted = Filter()

    def show(self, picture: Picture, about: str = "") -> None:
        """Show the events of this picture; only those about one process, with its ends, if it is named."""
        process = picture.process(about) if about else None
        ends = process.ends if process is not None else ()
        by = (self.wanted.text, about, ends)
        if picture.events is self._events and by == self._by:
            return
        self._events, self._by, self._about = picture.events, by, about
        events: Sequence[Event] = picture.events
        if about:
            events = [one for one in events if one.subject == about]
        if process is not None and ends:
            events = merged_events(events, end_events(process))
        newest = self.cursor == 0
        self.show_rows(event_rows(events, self.wanted))
        if newest:
            self.action_first()

    def draw(self, row: EventRow, width: int) -> Line:
        return event_line(row, width, self._zone, self._about)

    def empty(self) -> Line:
        if self.wanted:
            return (Span(f"no event has “{plain(self.wanted.text)}”; Esc clears the filter", Tone.MINOR),)
        return (Span("nothing has happened that anybody remembers", Tone.DIM),)
