"""What all screens have in common: header, body, prompt, status line, keys; and the way of every action."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingsMap
from textual.containers import Container
from textual.message import Message
from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import Widget

from tuiconsole.console.actions import LISTS, Place, objection
from tuiconsole.console.arrangement import Arrangement, arrangement
from tuiconsole.console.bindings import bindings_of
from tuiconsole.console.commands import CommandError, completions, parse_command
from tuiconsole.console.desk import Desk
from tuiconsole.console.item_number import ItemNumber
from tuiconsole.console.picture import Picture
from tuiconsole.console.registry import action_of
from tuiconsole.console.rows.foreign import plain
from tuiconsole.console.subject import Kind, Subject
from tuiconsole.console.themes import THEMES
from tuiconsole.console.widgets.dialogs.help import HelpScreen
from tuiconsole.console.widgets.foot.foot_line import FootLine, Mode
from tuiconsole.console.widgets.foot.keys import Keys
from tuiconsole.console.widgets.header.activity import ActivityLine
from tuiconsole.console.widgets.header.cluster_header import ClusterHeader
from tuiconsole.console.widgets.lines.list import RowList
from tuiconsole.source.text import did_you_mean


class ConsoleScreen(Screen[None]):
    """Shows pictures. A screen says what its body is, what is selected, and how it is painted."""

    PLACE: ClassVar[Place]
    ITEMS: ClassVar[bool] = False
    """Whether digits go to the item of that number."""

    DEFAULT_CSS = """
    ConsoleScreen {
        layout: vertical;
        #panels { height: 1fr; layout: grid; grid-gutter: 0 1; }
        &.-tiny ClusterHeader { height: 1; }
        &.-lowest RowList { scrollbar-size-vertical: 0; }
        &.-tiny.-lowest ActivityLine, &.-tiny.-lowest FootLine { display: none; }
    }
    """

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    """As Textual's, without painting the whole screen whenever it moves: widgets paint their own change."""

    class Go(Message):
        """The operator wants another screen; `subject` is what is to be selected there."""

        def __init__(self, place: Place, subject: Subject | None = None) -> None:
            super().__init__()
            self.place = place
            self.subject = subject

    class Dismissed(Message):
        """The operator has read the last outcome."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.picture = Picture()
        self.drawn = Picture()
        """The last one of which all parts were drawn."""
        self.arrangement = Arrangement.STACKED
        self._restored = False
        self._number = ItemNumber()
        # The screen's own keys depend on the operator's keymap, so they are bound to the object.
        self._bindings = BindingsMap.merge(
            [self._bindings, BindingsMap(bindings_of(self.PLACE, desk.keymap))]
        )

    # -- what a screen says ----------------------------------------------------------------------------------

    def panels(self) -> ComposeResult:
        """The body."""
        yield from ()

    @property
    def subject(self) -> Subject:
        """What is selected."""
        return Subject()

    @property
    def marked(self) -> tuple[str, ...]:
        """What is marked: applications and namespecs."""
        return ()

    def paint(self) -> None:
        """Draw the picture."""

    def painting(self) -> Iterator[None]:
        """Draw the picture in parts: keys are heard in between."""
        self.paint()
        yield

    def select(self, subject: Subject) -> None:
        """Put the cursor on it, if it is there."""

    def to_item(self, number: int) -> bool:
        """Put the cursor on the item of that number; False if there is none, or none is shown here."""
        del number
        return False

    def filter(self, text: str) -> None:
        """Show only what has these words."""

    @property
    def filtered(self) -> str:
        """The words of the filter."""
        return ""

    def step_back(self) -> bool:
        """Undo what is to be undone before the screen is left; True if there was something."""
        if self.filtered:
            self.filter("")
            self.show(self.picture)
            return True
        return False

    def focus_body(self) -> None:
        """Give the keys to the main list."""
        lists = self.query(RowList)
        if lists:
            lists.first().focus()

    # -- what is remembered of it ----------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Filter as the last time, and say so: else somebody would look in vain for what it hides."""
        words = self.desk.shown.get(self.PLACE.value, "") if self.PLACE in LISTS else ""
        if words:
            self.filter(words)
            self.notify(plain(f"filtered by «{words}», as the last time: Esc shows all"), markup=False)
        self._restored = True

    def on_screen_resume(self) -> None:
        """It is the one that is shown."""
        if self.PLACE not in (Place.PROCESS, Place.LOGS):
            self.desk.place = self.PLACE.value

    # -- what all screens do ---------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        yield ClusterHeader()
        with Container(id="panels"):
            yield from self.panels()
        yield ActivityLine()
        yield FootLine(Keys(self.PLACE, self.desk.keymap))

    def show(self, picture: Picture) -> None:
        """Show this picture."""
        for _ in self.showing(picture):
            pass

    def showing(self, picture: Picture) -> Iterator[None]:
        """The same in parts, between which other things may be done."""
        self.picture = picture
        self.query_one(ClusterHeader).show(picture, lit=self.desk.lit)
        yield
        yield from self.painting()
        self.show_subject()
        self.drawn = picture

    def blink(self) -> None:
        """Show the other half of the blinking. It may come before the screen's parts are there, or after."""
        for header in self.query(ClusterHeader):
            header.show(self.picture, lit=self.desk.lit)

    def show_subject(self) -> None:
        """Show what depends on the selection."""
        subject = self.subject
        if self._restored and self.PLACE in LISTS:
            self.desk.shown[self.PLACE.value] = self.filtered
        self.query_one(ActivityLine).show(self.picture, subject.key)
        self.query_one(FootLine).show(subject, read_only=self.picture.read_only, marked=len(self.marked))

    def on_resize(self, event: events.Resize) -> None:
        self.arrangement = arrangement(event.size.width, event.size.height)
        for one in Arrangement:
            self.set_class(one is self.arrangement, one.value)
        self.set_class(event.size.height < 8, "-lowest")

    def on_key(self, event: events.Key) -> None:
        """Go to the item of a digit. Else say why a key does nothing, rather than nothing."""
        if self.query_one(FootLine).is_open:
            return
        action = self.desk.keymap.action(event.key, self.PLACE)
        if action is None:
            if self.ITEMS and len(event.key) == 1 and event.key.isdecimal():
                event.stop()
                if words := self._number.type(event.key, event.time, self.to_item):
                    self.notify(words, severity="warning", timeout=3, markup=False)
            return
        words = objection(action, self.subject, read_only=self.picture.read_only, marked=len(self.marked))
        if words:
            self.notify(words, severity="warning", timeout=4, markup=False)
            event.stop()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        del parameters
        known = action_of(action, self.PLACE)
        if known is None or not self.is_mounted:
            return True
        blocked = objection(known, self.subject, read_only=self.picture.read_only, marked=len(self.marked))
        return None if blocked else True

    @on(RowList.Moved)
    def _moved(self, message: RowList.Moved) -> None:
        message.stop()
        self.show_subject()

    # -- the prompt ------------------------------------------------------------------------------------------

    def action_filter(self) -> None:
        self.query_one(FootLine).open(Mode.FILTER, self.filtered, self.desk.filters)

    def action_command(self) -> None:
        self.query_one(FootLine).open(
            Mode.COMMAND, "", self.desk.commands, lambda: completions(self.PLACE, self.picture)
        )

    def on_foot_line_typed(self, message: FootLine.Typed) -> None:
        if message.mode is Mode.FILTER:
            self.filter(message.text)
            self.show_subject()

    def on_foot_line_entered(self, message: FootLine.Entered) -> None:
        self.focus_body()
        if message.mode is Mode.FILTER:
            for one in self.query(RowList).results():
                if one.has_focus:
                    one.action_first()
        elif message.mode is Mode.COMMAND and message.text.strip():
            self.obey(message.text)

    def obey(self, line: str) -> None:
        """Carry out a command line."""
        try:
            command = parse_command(line, self.PLACE, self.picture)
        except CommandError as error:
            self.notify(plain(str(error)), severity="warning", markup=False)
            return
        action = command.action
        subject = self.subject
        if command.subject:
            subject = Subject.of_tree(command.subject)
            if self.picture.node_status(command.subject) is not None:
                subject = Subject(Kind.NODE, command.subject)
        marked = 0 if action.scope and command.argument else len(self.marked)
        words = objection(action, subject, read_only=self.picture.read_only, marked=marked)
        if words:
            self.notify(words, severity="warning", markup=False)
        elif command.argument:
            told: Callable[[str], None] = getattr(self, f"told_{action.id}")
            told(command.argument)
        else:
            getattr(self, f"action_{action.id}")()

    def told_filter(self, words: str) -> None:
        """Filter by these words."""
        self.desk.filters.add(words)
        self.filter(words)
        self.show_subject()

    # -- getting about ---------------------------------------------------------------------------------------

    def action_overview(self) -> None:
        self.post_message(self.Go(Place.OVERVIEW))

    def action_applications(self) -> None:
        self.post_message(self.Go(Place.APPLICATIONS, self.subject))

    def action_nodes(self) -> None:
        self.post_message(self.Go(Place.NODES, self.subject))

    def action_events(self) -> None:
        self.post_message(self.Go(Place.EVENTS))

    def action_alarms(self) -> None:
        self.post_message(self.Go(Place.ALARMS))

    def action_conflicts(self) -> None:
        self.post_message(self.Go(Place.CONFLICTS, self.subject))

    def action_jobs(self) -> None:
        self.post_message(self.Go(Place.JOBS))

    def action_back(self) -> None:
        """One step back: out of the prompt, then filter and marks, then the screen."""
        bar = self.query_one(FootLine)
        if bar.is_open:
            bar.shut()
            if bar.mode is Mode.FILTER:
                self.filter("")
                self.show_subject()
            self.focus_body()
        elif not self.step_back():
            self.post_message(self.Dismissed())
            self.leave()

    def leave(self) -> None:
        """Go back to the screen before, if there is one."""
        if sum(isinstance(one, ConsoleScreen) for one in self.app.screen_stack) > 1:
            self.app.pop_screen()

    def action_help(self) -> None:
        self.app.push_screen(
            HelpScreen(self.PLACE, self.desk.keymap, self.subject, read_only=self.picture.read_only)
        )

    def action_theme(self) -> None:
        names = list(THEMES)
        at = names.index(self.app.theme) if self.app.theme in THEMES else -1
        self.told_theme(names[(at + 1) % len(names)])

    def told_theme(self, name: str) -> None:
        """Show this theme."""
        if name in THEMES:
            self.app.theme = name
            self.notify(f"theme {name}", timeout=3, markup=False)
        else:
            self.notify(
                plain(f"no theme is named {name!r}; {did_you_mean(name, THEMES)}"),
                severity="warning",
                markup=False,
            )

    def action_screenshot(self) -> None:
        name = f"tuiconsole-{datetime.now().astimezone():%Y%m%d-%H%M%S}.svg"
        if self.app.is_web:
            self.app.deliver_screenshot(filename=name)
            return
        try:
            written = self.app.save_screenshot(name, str(Path.cwd()))
        except OSError as error:
            self.notify(plain(f"{name}: {error.strerror}"), severity="error", markup=False)
        else:
            self.notify(plain(written), title="picture", markup=False)

    def action_palette(self) -> None:
        self.app.action_command_palette()

    def action_leave(self) -> None:
        self.app.exit(0)
