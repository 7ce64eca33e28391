"""The nodes: state, load, age, and what runs on the selected one."""

from __future__ import annotations

from textual.app import ComposeResult

from tuiconsole.client.on_node import targets_on
from tuiconsole.client.session import Action
from tuiconsole.console.actions import Place
from tuiconsole.console.arrangement import Arrangement
from tuiconsole.console.picture import Picture
from tuiconsole.console.requests import Wish
from tuiconsole.console.rows.columns import CURSOR
from tuiconsole.console.rows.confirm import asked_of_death, asked_of_drain, asked_of_node
from tuiconsole.console.rows.filtering import Filter
from tuiconsole.console.rows.foreign import plain
from tuiconsole.console.rows.line import Line, Span, Tone
from tuiconsole.console.rows.tree import TreeRow, processes_of_node, tree_line
from tuiconsole.console.screens.operating import OperatingScreen
from tuiconsole.console.subject import Kind, Subject
from tuiconsole.console.widgets.details.panel import DetailsPanel
from tuiconsole.console.widgets.dialogs.told import ToldScreen
from tuiconsole.console.widgets.lines.list import RowList
from tuiconsole.console.widgets.lines.titled import TitledList
from tuiconsole.console.widgets.nodes.panel import NodesPanel
from tuiconsole.model.plan import Question as Plans
from tuiconsole.model.states import NodeState


class ProcessesHere(TitledList[TreeRow]):
    """The processes on one node."""

    BORDER_TITLE = " Processes on it "

    def __init__(self) -> None:
        super().__init__()
        self._picture = Picture()

    def show(self, picture: Picture, node: str) -> None:
        """Show what runs on this node."""
        self._picture = picture
        self.show_rows(processes_of_node(picture.applications, node))

    def draw(self, row: TreeRow, width: int) -> Line:
        return tree_line(row, width + CURSOR, stale=self._picture.stale, reasons=False)

    def empty(self) -> Line:
        return (Span("nothing runs on it", Tone.DIM),)


class NodesScreen(OperatingScreen):
    """The nodes above, the selected one's facts and processes below."""

    PLACE = Place.NODES
    AUTO_FOCUS = "NodesPanel"

    DEFAULT_CSS = """
    NodesScreen {
        &.-wide #panels { grid-size: 2 2; grid-columns: 1fr 1fr; grid-rows: 1fr 2fr; }
        &.-wide NodesPanel { row-span: 2; }
        &.-medium #panels { grid-size: 1 3; grid-rows: 2fr 7 2fr; }
        &.-stacked #panels { grid-size: 1 3; grid-rows: 8 1fr 6; }
        &.-tiny #panels { grid-size: 1 1; }
        &.-tiny DetailsPanel, &.-tiny ProcessesHere { display: none; }
        &.-tiny NodesPanel, &.-tiny NodesPanel:focus { border: none; }
    }
    """

    def panels(self) -> ComposeResult:
        yield NodesPanel()
        yield DetailsPanel(self.desk.logs, self.desk.zone)
        yield ProcessesHere()

    @property
    def node(self) -> str:
        """The selected node."""
        return self.query_one(NodesPanel).key

    @property
    def subject(self) -> Subject:
        here = self.query_one(ProcessesHere)
        if here.has_focus and here.rows:
            return here.rows[here.cursor].subject
        return Subject(Kind.NODE, self.node) if self.node else Subject()

    @property
    def filtered(self) -> str:
        return self.query_one(NodesPanel).wanted.text

    def filter(self, text: str) -> None:
        nodes = self.query_one(NodesPanel)
        nodes.wanted = Filter(text)
        nodes.show(self.picture)

    def select(self, subject: Subject) -> None:
        name = subject.key
        if subject.kind is not Kind.NODE:
            found = self.picture.process(name) or self.picture.application(name)
            name = found.nodes[0] if found is not None and found.nodes else ""
        self.query_one(NodesPanel).place(name)

    def step_back(self) -> bool:
        nodes = self.query_one(NodesPanel)
        if not nodes.has_focus and self.focused is not None:
            nodes.focus()
            return True
        return super().step_back()

    def paint(self) -> None:
        self.query_one(NodesPanel).show(self.picture)

    def show_subject(self) -> None:
        super().show_subject()
        self.query_one(ProcessesHere).show(self.picture, self.node)
        self.query_one(DetailsPanel).show(self.picture, self.subject)

    def on_row_list_activated(self, message: RowList.Activated) -> None:
        message.stop()
        if isinstance(message.control, ProcessesHere):
            self.action_process()
        elif self.arrangement is Arrangement.TINY:
            self.post_message(self.Go(Place.APPLICATIONS))
        else:
            self.query_one(ProcessesHere).focus()

    def action_stop_all(self) -> None:
        targets, spared = targets_on(self.picture.applications, self.node)
        if not targets:
            self.notify(f"nothing runs on {self.node} alone", severity="warning", markup=False)
            return
        self.confirm(asked_of_node(self.picture, self.node, targets, spared), Wish(Action.STOP, targets))

    def action_loss(self) -> None:
        self.told_loss(self.node)

    def told_loss(self, name: str) -> None:
        """Say what would become of everything if this node were lost."""
        self.app.push_screen(ToldScreen(f"If {plain(name)} were lost now", self.preview(Plans.LOSS, name)))

    def action_drain(self) -> None:
        self.told_drain(self.node)

    def told_drain(self, name: str) -> None:
        """Drain this node."""
        node = self.picture.node_status(name)
        if node is not None and node.drained:
            self.notify(
                plain(f"{name} is drained already, by {node.drained}"), severity="warning", markup=False
            )
            return
        self.confirm(asked_of_drain(name), Wish(Action.DRAIN, (name,)), self.preview(Plans.DRAIN, name))

    def action_undrain(self) -> None:
        self.told_undrain(self.node)

    def told_undrain(self, name: str) -> None:
        """Let this node take applications again."""
        self.ask(Wish(Action.UNDRAIN, (name,)))

    def action_confirm_dead(self) -> None:
        node = self.picture.node_status(self.node)
        if node is not None and node.state is NodeState.RUNNING and not node.stale:
            self.notify(f"{node.name} is heard: it is not dead", severity="warning", markup=False)
            return
        self.confirm(asked_of_death(self.picture, self.node), Wish(Action.CONFIRM_DEAD, (self.node,)))
