"""The main screen: applications, nodes, details and events around one cursor."""

from __future__ import annotations

from datetime import tzinfo
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Footer

from tuiconsole.client.session import Action
from tuiconsole.console.actions import (
    ConsoleAction,
    Danger,
    Place,
    action_for_key,
    action_of,
    objection,
    request_target,
)
from tuiconsole.console.arrangement import Arrangement, arrangement
from tuiconsole.console.bindings import bindings_of
from tuiconsole.console.picture import Picture
from tuiconsole.console.rows.confirm import question, target_lines
from tuiconsole.console.rows.details import log_of
from tuiconsole.console.rows.events import jump_target
from tuiconsole.console.screens.log import LogScreen
from tuiconsole.console.subject import Kind, Subject
from tuiconsole.console.widgets.applications.filter_bar import FilterBar
from tuiconsole.console.widgets.applications.tree import ApplicationsPanel, ApplicationTree
from tuiconsole.console.widgets.details.log_view import LogSource, LogView
from tuiconsole.console.widgets.details.panel import DetailsPanel
from tuiconsole.console.widgets.dialogs.confirm import ConfirmDialog
from tuiconsole.console.widgets.dialogs.help import HelpScreen
from tuiconsole.console.widgets.events.panel import EventsPanel
from tuiconsole.console.widgets.header.activity import ActivityLine
from tuiconsole.console.widgets.header.cluster_header import ClusterHeader
from tuiconsole.console.widgets.lines.list import RowList
from tuiconsole.console.widgets.nodes.panel import NodesPanel


class ControlScreen(Screen[None]):
    """Shows pictures, and turns keys into requests."""

    DEFAULT_CSS = """
    ControlScreen {
        layout: vertical;
        #panels { height: 1fr; layout: grid; grid-gutter: 0 1; }

        &.-wide #panels { grid-size: 2 2; grid-columns: 1fr 66; grid-rows: 3fr 2fr; }

        &.-medium #panels { grid-size: 2 3; grid-columns: 52 1fr; grid-rows: 1fr 9 6; }
        &.-medium ApplicationsPanel { column-span: 2; }
        &.-medium EventsPanel { column-span: 2; }

        &.-stacked #panels { grid-size: 1 2; grid-rows: 1fr 8; }
        &.-stacked NodesPanel, &.-stacked EventsPanel, &.-stacked DetailsPanel { display: none; }

        &.-tiny ClusterHeader { height: 1; }
        &.-tiny #panels { grid-size: 1 1; }
        &.-tiny NodesPanel, &.-tiny EventsPanel, &.-tiny DetailsPanel { display: none; }
        &.-tiny ApplicationsPanel { border: none; }
        &.-tiny TreeHeadings { display: none; }
        &.-lowest RowList { scrollbar-size-vertical: 0; }
        &.-tiny.-lowest ActivityLine, &.-tiny.-lowest Footer { display: none; }

        &.-stacked.-on-details DetailsPanel, &.-stacked.-on-nodes NodesPanel,
        &.-stacked.-on-events EventsPanel { display: block; }
        &.-tiny.-on-details DetailsPanel, &.-tiny.-on-nodes NodesPanel,
        &.-tiny.-on-events EventsPanel { display: block; }
        &.-tiny.-on-details ApplicationsPanel, &.-tiny.-on-nodes ApplicationsPanel,
        &.-tiny.-on-events ApplicationsPanel { display: none; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings_of(Place.CONTROL)
    AUTO_FOCUS = "ApplicationTree"

    class Asked(Message):
        """The operator wants this of the cluster, and has confirmed it where that was due."""

        def __init__(self, action: Action, targets: tuple[str, ...]) -> None:
            super().__init__()
            self.action = action
            self.targets = targets

    class Dismissed(Message):
        """The operator has read the last outcome."""

    def __init__(self, source: LogSource, zone: tzinfo | None = None) -> None:
        super().__init__()
        self._source = source
        self._zone = zone
        self._picture = Picture()
        self._subject = Subject()
        self._arrangement = Arrangement.STACKED
        self._panel = ""

    def compose(self) -> ComposeResult:
        yield ClusterHeader()
        with Container(id="panels"):
            yield ApplicationsPanel()
            yield NodesPanel()
            yield DetailsPanel(self._source, self._zone)
            yield EventsPanel(self._zone)
        yield FilterBar()
        yield ActivityLine()
        yield Footer(show_command_palette=False, compact=True)

    @property
    def applications(self) -> ApplicationTree:
        """The tree of applications."""
        return self.query_one(ApplicationTree)

    @property
    def subject(self) -> Subject:
        """What is selected."""
        return self._subject

    def show(self, picture: Picture) -> None:
        """Show this picture."""
        self._picture = picture
        self.query_one(ClusterHeader).show(picture)
        self.query_one(ApplicationsPanel).show(picture)
        self.query_one(NodesPanel).show(picture)
        self.query_one(EventsPanel).show(picture)
        self._show_subject()

    def on_resize(self, event: events.Resize) -> None:
        self._arrangement = arrangement(event.size.width, event.size.height)
        for one in Arrangement:
            self.set_class(one is self._arrangement, one.value)
        self.set_class(event.size.height < 8, "-lowest")
        self._show_panel(self._panel)

    def on_key(self, event: events.Key) -> None:
        """Say why a key does nothing, rather than nothing."""
        action = action_for_key(event.key)
        if action is None or isinstance(self.focused, FilterBar):
            return
        words = objection(action, self._subject, read_only=self._picture.read_only)
        if words:
            self.notify(words, severity="warning", timeout=4, markup=False)
            event.stop()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        del parameters
        known = action_of(action)
        if known is None:
            return True
        return None if objection(known, self._subject, read_only=self._picture.read_only) else True

    @on(RowList.Moved)
    def _selected(self, message: RowList.Moved) -> None:
        message.stop()
        if isinstance(message.control, ApplicationTree):
            self._select(Subject.of_tree(message.key), message.control)
        elif isinstance(message.control, NodesPanel):
            self._select(Subject(Kind.NODE, message.key) if message.key else Subject(), message.control)
        else:
            self._select(Subject(Kind.EVENT, message.key) if message.key else Subject(), message.control)

    @on(RowList.Activated)
    def _activated(self, message: RowList.Activated) -> None:
        message.stop()
        if isinstance(message.control, ApplicationTree):
            if ":" in message.key:
                self._show_panel("details")
                if self._arrangement is not Arrangement.STACKED:
                    self.query_one(LogView).focus()
            else:
                self.applications.toggle()
        elif isinstance(message.control, EventsPanel):
            event = self._picture.event(message.key)
            if event is not None:
                self._jump(jump_target(event))
        else:
            self._show_panel("details")

    @on(FilterBar.Changed)
    def _filter_typed(self, message: FilterBar.Changed) -> None:
        self.applications.filter(message.value)
        self.query_one(ApplicationsPanel).show(self._picture)

    @on(FilterBar.Submitted)
    def _filter_applied(self) -> None:
        self.query_one(FilterBar).shut()
        self.applications.focus()
        self.applications.place(self.applications.first_application())

    def action_start(self) -> None:
        self._request("start")

    def action_stop(self) -> None:
        self._request("stop")

    def action_restart(self) -> None:
        self._request("restart")

    def action_clear(self) -> None:
        self._request("clear")

    def action_log(self) -> None:
        namespec = log_of(self._picture, self._subject.key)
        if namespec:
            self.app.push_screen(LogScreen(self._source, namespec, read_only=self._picture.read_only))
        else:
            self.notify("it has no process, so no log", severity="warning", markup=False)

    def action_filter(self) -> None:
        self._show_panel("")
        self.query_one(FilterBar).open()

    def action_nodes(self) -> None:
        self._show_panel("nodes")
        self.query_one(NodesPanel).focus()

    def action_events(self) -> None:
        self._show_panel("events")
        self.query_one(EventsPanel).focus()

    def action_expand_all(self) -> None:
        self.applications.open(*(one.name for one in self._picture.applications))

    def action_collapse_all(self) -> None:
        self.applications.close(*(one.name for one in self._picture.applications))

    def action_back(self) -> None:
        """One step back: out of the filter's line or another panel; then the filter, then the message."""
        bar = self.query_one(FilterBar)
        away = self.focused is not self.applications or self._panel
        self._show_panel("")
        if not bar.has_focus and away:
            self.applications.focus()
        elif bar.value or bar.has_focus:
            bar.value = ""
            bar.shut()
            self.applications.focus()
        else:
            self.post_message(self.Dismissed())

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen(self._picture.read_only))

    def action_leave(self) -> None:
        self.app.exit(0)

    def _request(self, action_id: str) -> None:
        action = action_of(action_id)
        if action is None or action.asks is None:
            return
        targets = (request_target(action, self._subject),)
        if action.danger is not Danger.INTERRUPTS:
            self._ask(action.asks, targets)
            return
        dialog = ConfirmDialog(
            question(action.asks, targets), target_lines(self._picture, targets), action.label
        )
        self.app.push_screen(dialog, lambda confirmed: self._confirmed(action, targets, confirmed))

    def _confirmed(self, action: ConsoleAction, targets: tuple[str, ...], confirmed: bool | None) -> None:
        if confirmed and action.asks is not None:
            self._ask(action.asks, targets)

    def _ask(self, action: Action, targets: tuple[str, ...]) -> None:
        if action in (Action.START, Action.RESTART):
            self.applications.open(*(target.partition(":")[0] for target in targets))
        self.post_message(self.Asked(action, targets))

    def _jump(self, key: str) -> None:
        """To a row of the tree: opened, and shown even if the filter would hide it."""
        if self._picture.application(key) is None:
            return
        self._show_panel("")
        if ":" in key:
            self.applications.open(key.partition(":")[0])
        if not self.applications.place(key):
            self.query_one(FilterBar).value = ""
            self.applications.filter("")
            self.applications.place(key)
        self.applications.focus()

    def _select(self, subject: Subject, panel: Widget) -> None:
        if not panel.has_focus and self._subject.kind is not Kind.NOTHING and panel is not self.applications:
            return
        if (
            panel is self.applications
            and self._subject.kind in (Kind.NODE, Kind.EVENT)
            and not panel.has_focus
        ):
            return
        changed = subject.kind is not self._subject.kind
        self._subject = subject
        self._show_subject()
        if changed:
            self.refresh_bindings()

    def _show_subject(self) -> None:
        self.query_one(DetailsPanel).show(self._picture, self._subject)
        self.query_one(ActivityLine).show(self._picture, self.applications.key)

    def _show_panel(self, panel: str) -> None:
        """Bring a panel forward where there is no room for all; none means the usual one."""
        self._panel = panel
        usual = "details" if self._arrangement is Arrangement.STACKED else ""
        for one in ("details", "nodes", "events"):
            self.set_class((panel or usual) == one, f"-on-{one}")
