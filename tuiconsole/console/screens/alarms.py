"""What asks for somebody's action: each cause once, with its remedy; and what people say about it."""

from __future__ import annotations

from textual.app import ComposeResult

from tuiconsole.client.durations import seconds_of
from tuiconsole.client.session import Action
from tuiconsole.console.actions import Place
from tuiconsole.console.desk import Desk
from tuiconsole.console.requests import Wish
from tuiconsole.console.rows.alarms import (
    NO_LINK,
    AlarmRow,
    AlarmView,
    alarm_line,
    alarm_lines,
    alarm_rows,
    list_title,
)
from tuiconsole.console.rows.confirm import asked_of_service
from tuiconsole.console.rows.filtering import Filter
from tuiconsole.console.rows.foreign import plain
from tuiconsole.console.rows.line import Line, Span, Tone
from tuiconsole.console.screens.operating import OperatingScreen
from tuiconsole.console.subject import Kind, Subject
from tuiconsole.console.widgets.dialogs.choice import Choice, ChoiceDialog
from tuiconsole.console.widgets.lines.list import RowList
from tuiconsole.console.widgets.lines.titled import Prose, TitledList, entitle
from tuiconsole.model.alarms import LONGEST_SHELF, AlarmState

_WHERE = {
    Kind.APPLICATION: Place.APPLICATIONS,
    Kind.PROCESS: Place.APPLICATIONS,
    Kind.NODE: Place.NODES,
    Kind.CONFLICT: Place.CONFLICTS,
}
_SHELVES = (
    Choice("15m", "a quarter of an hour: somebody is at it"),
    Choice("1h", "an hour"),
    Choice("4h", "half a shift"),
    Choice("8h", "a shift"),
    Choice("24h", "until tomorrow; for longer, take it out of service with a reason"),
)


class AlarmList(TitledList[AlarmRow]):
    """The alarms, the gravest first."""

    BORDER_TITLE = " Alarms "

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk

    def draw(self, row: AlarmRow, width: int) -> Line:
        return alarm_line(row, width, self._desk.zone, lit=self._desk.lit)

    def empty(self) -> Line:
        return (Span("no alarm", Tone.RUNNING),)


class AlarmsScreen(OperatingScreen):
    """The alarms above, cause and remedy of the selected one below."""

    PLACE = Place.ALARMS
    AUTO_FOCUS = "AlarmList"

    DEFAULT_CSS = """
    AlarmsScreen {
        #panels { grid-size: 1 2; grid-rows: 1fr 9; }
        &.-tiny #panels { grid-size: 1 1; grid-rows: 1fr; }
        &.-tiny Prose { display: none; }
        &.-tiny AlarmList, &.-tiny AlarmList:focus { border: none; }
    }
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._view = AlarmView.CURRENT
        self._wanted = Filter()

    def panels(self) -> ComposeResult:
        yield AlarmList(self.desk)
        yield Prose()

    @property
    def row(self) -> AlarmRow | None:
        """The selected alarm."""
        found = self.query_one(AlarmList)
        return found.rows[found.cursor] if found.rows else None

    @property
    def subject(self) -> Subject:
        return self.row.subject if self.row else Subject()

    @property
    def filtered(self) -> str:
        return self._wanted.text

    def filter(self, text: str) -> None:
        self._wanted = Filter(text)
        self.paint()

    def select(self, subject: Subject) -> None:
        self.query_one(AlarmList).place(subject.key)

    def paint(self) -> None:
        found = self.query_one(AlarmList)
        entitle(found, list_title(self.picture, self._view))
        found.show_rows(alarm_rows(self.picture, self._view, self._wanted))

    def blink(self) -> None:
        super().blink()
        for found in self.query(AlarmList):
            found.refresh()

    def step_back(self) -> bool:
        if super().step_back():
            return True
        if self._view is AlarmView.CURRENT:
            return False
        self._show(AlarmView.CURRENT)
        return True

    def show_subject(self) -> None:
        super().show_subject()
        row = self.row
        self.query_one(Prose).show(lambda width: alarm_lines(row, width, self.desk.zone))

    def on_row_list_activated(self, message: RowList.Activated) -> None:
        message.stop()
        place = _WHERE.get(self.subject.kind)
        if place is not None:
            self.post_message(self.Go(place, self.subject))

    # -- what people say about alarms ------------------------------------------------------------------------

    def action_acknowledge(self) -> None:
        self._say(Action.ACKNOWLEDGE)

    def told_acknowledge(self, name: str) -> None:
        """Acknowledge the alarm of that identity."""
        self.ask(Wish(Action.ACKNOWLEDGE, (name,)))

    def action_acknowledge_all(self) -> None:
        names = tuple(
            row.key for row in self.query_one(AlarmList).rows if row.alarm.state.open and row.key != NO_LINK
        )
        if names:
            self.ask(Wish(Action.ACKNOWLEDGE, names))
        else:
            self.notify("nothing that is shown waits to be acknowledged", timeout=4, markup=False)

    def action_shelve(self) -> None:
        row = self._meant()
        if row is not None:
            self.app.push_screen(
                ChoiceDialog(f"Shelve {plain(row.alarm.title)} for", _SHELVES),
                lambda chosen: self._shelve(row.key, chosen.key if chosen else ""),
            )

    def told_shelve(self, time: str) -> None:
        """Shelve the selected alarm for this time."""
        row = self._meant()
        if row is not None:
            self._shelve(row.key, time)

    def action_unshelve(self) -> None:
        self._say(Action.UNSHELVE, AlarmState.SHELVED)

    def action_out_of_service(self) -> None:
        row = self._meant()
        if row is not None:
            self.confirm(asked_of_service(row.alarm), Wish(Action.OUT_OF_SERVICE, (row.key,)))

    def action_return_to_service(self) -> None:
        self._say(Action.RETURN_TO_SERVICE, AlarmState.OUT_OF_SERVICE)

    def action_view(self) -> None:
        views = tuple(AlarmView)
        self._show(views[(views.index(self._view) + 1) % len(views)])

    def told_view(self, name: str) -> None:
        """Show the alarms of this view."""
        if name in {view.value for view in AlarmView}:
            self._show(AlarmView(name))
        else:
            known = ", ".join(view.value for view in AlarmView)
            self.notify(plain(f"no view is named {name!r}; known: {known}"), severity="warning", markup=False)

    def _show(self, view: AlarmView) -> None:
        self._view = view
        self.paint()
        self.show_subject()

    def _meant(self) -> AlarmRow | None:
        """The selected alarm, if people can say something about it; else why not is told."""
        row = self.row
        if row is None:
            self.notify("select an alarm first", severity="warning", timeout=4, markup=False)
        elif row.key == NO_LINK:
            words = "this one goes as soon as an agent answers; nobody else has it"
            self.notify(words, severity="warning", timeout=4, markup=False)
            row = None
        return row

    def _say(self, action: Action, state: AlarmState | None = None) -> None:
        row = self._meant()
        if row is None:
            return
        if state is not None and row.alarm.state is not state:
            words = f"it is not {state.value.replace('-', ' ')}: v shows those that are"
            self.notify(words, severity="warning", timeout=4, markup=False)
            return
        self.ask(Wish(action, (row.key,)))

    def _shelve(self, name: str, time: str) -> None:
        if not time:
            return
        seconds = seconds_of(time, LONGEST_SHELF)
        if seconds is None:
            words = f"{time!r} is no time to shelve for; give 15m or 8h, at most 24h"
            self.notify(plain(words), severity="warning", markup=False)
            return
        self.ask(Wish(Action.SHELVE, (name,), seconds=seconds))
