"""The applications with their processes, in any order and grouping; details of what is selected."""

from __future__ import annotations

from collections.abc import Iterator

from textual.app import ComposeResult

from tuiconsole.console.actions import Place
from tuiconsole.console.desk import Desk
from tuiconsole.console.rows.events import jump_target
from tuiconsole.console.rows.items import item_of
from tuiconsole.console.rows.ordering import Grouping
from tuiconsole.console.screens.operating import OperatingScreen
from tuiconsole.console.subject import Kind, Subject
from tuiconsole.console.widgets.applications.tree import ApplicationsPanel, ApplicationTree
from tuiconsole.console.widgets.details.panel import DetailsPanel
from tuiconsole.console.widgets.events.panel import EventsPanel
from tuiconsole.console.widgets.lines.list import RowList


class ApplicationsScreen(OperatingScreen):
    """The tree; details, and the event log where there is room."""

    PLACE = Place.APPLICATIONS
    ITEMS = True
    AUTO_FOCUS = "ApplicationTree"

    DEFAULT_CSS = """
    ApplicationsScreen {
        &.-wide #panels { grid-size: 2 2; grid-columns: 1fr 66; grid-rows: 1fr 1fr; }
        &.-wide ApplicationsPanel { row-span: 2; }
        &.-medium #panels { grid-size: 2 2; grid-columns: 1fr 50; grid-rows: 1fr 11; }
        &.-medium ApplicationsPanel { column-span: 2; }
        &.-stacked #panels { grid-size: 1 2; grid-rows: 1fr 8; }
        &.-stacked EventsPanel { display: none; }
        &.-tiny #panels { grid-size: 1 1; }
        &.-tiny EventsPanel, &.-tiny DetailsPanel, &.-tiny TreeHeadings { display: none; }
        &.-tiny ApplicationsPanel { border: none; }
    }
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)

    def panels(self) -> ComposeResult:
        yield ApplicationsPanel(self.desk.order, self.desk.grouping)
        yield DetailsPanel(self.desk.logs, self.desk.zone)
        yield EventsPanel(self.desk.zone)

    @property
    def applications(self) -> ApplicationTree:
        """The tree of applications."""
        return self.query_one(ApplicationTree)

    @property
    def subject(self) -> Subject:
        events_panel = self.query_one(EventsPanel)
        if events_panel.has_focus:
            return Subject(Kind.EVENT, events_panel.key) if events_panel.key else Subject()
        return self.applications.subject

    @property
    def marked(self) -> tuple[str, ...]:
        return self.applications.marked

    @property
    def filtered(self) -> str:
        return self.applications.wanted.text

    def filter(self, text: str) -> None:
        self.applications.filter(text)
        self.query_one(ApplicationsPanel).show(self.picture)

    def select(self, subject: Subject) -> None:
        """To a row of the tree: opened, and shown even if the filter or the grouping would hide it.

        Whoever comes here for something acts on it next; the cursor must not stay on something else.
        """
        key = subject.key
        if subject.kind not in (Kind.APPLICATION, Kind.PROCESS) or self.picture.application(key) is None:
            return
        if ":" in key:
            self.applications.open(key.partition(":")[0])
        elif self.desk.grouping is not Grouping.APPLICATION:
            self._ungroup()  # no other grouping has rows of applications
        if not self.applications.seek(key):
            self.filter("")
            if not self.applications.seek(key):
                self._ungroup()  # its group is closed
                self.applications.seek(key)

    def _ungroup(self) -> None:
        self.desk.grouping = Grouping.APPLICATION
        self._arrange()

    def to_item(self, number: int) -> bool:
        """To the part of the item that people start, the last one, as on the overview."""
        found = item_of(self.picture.applications, self.picture.item, number)
        part = found.part(len(found.parts) - 1) if found is not None else None
        if part is None:
            return False
        self.set_focus(self.applications)
        self.select(Subject(Kind.APPLICATION, part.name))
        return self.applications.subject.key == part.name

    def step_back(self) -> bool:
        if not self.applications.has_focus and self.focused is not None:
            self.applications.focus()
            return True
        if self.applications.marked:
            self.applications.unmark()
            self.show(self.picture)
            return True
        return super().step_back()

    def started(self, targets: tuple[str, ...]) -> None:
        self.applications.open(*(target.partition(":")[0] for target in targets))

    def painting(self) -> Iterator[None]:
        self.query_one(ApplicationsPanel).show(self.picture)
        yield
        self.query_one(EventsPanel).show(self.picture)
        yield

    def show_subject(self) -> None:
        super().show_subject()
        self.query_one(DetailsPanel).show(self.picture, self.subject)

    def on_row_list_activated(self, message: RowList.Activated) -> None:
        message.stop()
        if isinstance(message.control, EventsPanel):
            happened = self.picture.event(message.key)
            if happened is not None:
                self.applications.focus()
                self.select(Subject.of_tree(jump_target(happened)))
        elif self.subject.kind is Kind.PROCESS:
            self.action_process()
        else:
            self.applications.toggle()

    def action_mark(self) -> None:
        self.applications.toggle_mark()
        self.show(self.picture)
        self.applications.action_move(1)

    def action_mark_all(self) -> None:
        self.applications.toggle_all_marks()
        self.show(self.picture)

    def action_expand_all(self) -> None:
        self.applications.open_all()

    def action_collapse_all(self) -> None:
        self.applications.close_all()

    def action_sort(self) -> None:
        self.desk.order = self.desk.order.next
        self._arrange()

    def action_group(self) -> None:
        self.desk.grouping = self.desk.grouping.next
        self._arrange()

    def _arrange(self) -> None:
        self.applications.rearrange(self.desk.order, self.desk.grouping)
        self.query_one(ApplicationsPanel).show(self.picture)
        self.show_subject()
