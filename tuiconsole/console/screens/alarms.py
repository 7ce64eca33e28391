"""What asks for somebody's action: each cause once, with its remedy."""

from __future__ import annotations

from textual.app import ComposeResult

from tuiconsole.console.actions import Place
from tuiconsole.console.rows.alarms import Alarm, alarm_line, alarm_lines, alarms
from tuiconsole.console.rows.line import Line, Span, Tone
from tuiconsole.console.screens.asking import AskingScreen
from tuiconsole.console.subject import Kind, Subject
from tuiconsole.console.widgets.lines.list import RowList
from tuiconsole.console.widgets.lines.titled import Prose, TitledList

_WHERE = {
    Kind.APPLICATION: Place.APPLICATIONS,
    Kind.PROCESS: Place.APPLICATIONS,
    Kind.NODE: Place.NODES,
    Kind.CONFLICT: Place.CONFLICTS,
}


class AlarmList(TitledList[Alarm]):
    """The alarms, the gravest first."""

    BORDER_TITLE = " Alarms "

    def draw(self, row: Alarm, width: int) -> Line:
        return alarm_line(row, width)

    def empty(self) -> Line:
        return (Span("no alarm", Tone.RUNNING),)


class AlarmsScreen(AskingScreen):
    """The alarms above, cause and remedy of the selected one below."""

    PLACE = Place.ALARMS
    AUTO_FOCUS = "AlarmList"

    DEFAULT_CSS = """
    AlarmsScreen {
        #panels { grid-size: 1 2; grid-rows: 1fr 8; }
        &.-tiny #panels { grid-size: 1 1; grid-rows: 1fr; }
        &.-tiny Prose { display: none; }
        &.-tiny AlarmList, &.-tiny AlarmList:focus { border: none; }
    }
    """

    def panels(self) -> ComposeResult:
        yield AlarmList()
        yield Prose()

    @property
    def alarm(self) -> Alarm | None:
        """The selected alarm."""
        found = self.query_one(AlarmList)
        return found.rows[found.cursor] if found.rows else None

    @property
    def subject(self) -> Subject:
        return self.alarm.subject if self.alarm else Subject()

    def paint(self) -> None:
        self.query_one(AlarmList).show_rows(alarms(self.picture))

    def show_subject(self) -> None:
        super().show_subject()
        alarm = self.alarm
        self.query_one(Prose).show(lambda width: alarm_lines(alarm, width))

    def on_row_list_activated(self, message: RowList.Activated) -> None:
        message.stop()
        place = _WHERE.get(self.subject.kind)
        if place is not None:
            self.post_message(self.Go(place, self.subject))
