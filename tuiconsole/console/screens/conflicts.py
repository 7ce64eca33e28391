"""What runs more than once, where, since when, and the ways out with what each would do."""

from __future__ import annotations

from datetime import tzinfo

from textual.app import ComposeResult

from tuiconsole.client.session import Action
from tuiconsole.console.actions import Place
from tuiconsole.console.requests import Wish
from tuiconsole.console.rows.confirm import Question
from tuiconsole.console.rows.conflicts import (
    ConflictRow,
    Remedy,
    conflict_line,
    conflict_lines,
    conflict_rows,
    remedies,
)
from tuiconsole.console.rows.foreign import plain
from tuiconsole.console.rows.line import Line, Span, Tone
from tuiconsole.console.screens.operating import OperatingScreen
from tuiconsole.console.subject import Kind, Subject
from tuiconsole.console.widgets.dialogs.choice import Choice, ChoiceDialog, Chosen
from tuiconsole.console.widgets.lines.list import RowList
from tuiconsole.console.widgets.lines.titled import Prose, TitledList


class ConflictList(TitledList[ConflictRow]):
    """The conflicts."""

    BORDER_TITLE = " Conflicts "

    def __init__(self, zone: tzinfo | None) -> None:
        super().__init__()
        self._zone = zone

    def draw(self, row: ConflictRow, width: int) -> Line:
        return conflict_line(row, width, self._zone)

    def empty(self) -> Line:
        return (Span("no conflict", Tone.DIM),)


class ConflictsScreen(OperatingScreen):
    """The conflicts above, the selected one in full below."""

    PLACE = Place.CONFLICTS
    AUTO_FOCUS = "ConflictList"

    DEFAULT_CSS = """
    ConflictsScreen {
        #panels { grid-size: 1 2; grid-rows: 1fr 2fr; }
        &.-tiny #panels { grid-size: 1 1; grid-rows: 1fr; }
        &.-tiny Prose { display: none; }
        &.-tiny ConflictList, &.-tiny ConflictList:focus { border: none; }
    }
    """

    def panels(self) -> ComposeResult:
        yield ConflictList(self.desk.zone)
        yield Prose()

    @property
    def subject(self) -> Subject:
        key = self.query_one(ConflictList).key
        return Subject(Kind.CONFLICT, key) if key else Subject()

    def select(self, subject: Subject) -> None:
        self.query_one(ConflictList).place(subject.key)

    def paint(self) -> None:
        self.query_one(ConflictList).show_rows(conflict_rows(self.picture))

    def show_subject(self) -> None:
        super().show_subject()
        conflict = self.picture.conflict(self.subject.key)
        self.query_one(Prose).show(lambda width: conflict_lines(conflict, width, self.desk.zone))

    def on_row_list_activated(self, message: RowList.Activated) -> None:
        message.stop()
        self.action_remedy()

    def action_remedy(self) -> None:
        conflict = self.picture.conflict(self.subject.key)
        if conflict is None or self.picture.read_only:
            return
        ways = {one.label: one for one in remedies(conflict)}
        choices = tuple(Choice(one.label, one.does) for one in ways.values())

        def chosen(way: Chosen | None) -> None:
            if way is not None:
                self._confirm(conflict.name, ways[way.key])

        self.app.push_screen(ChoiceDialog(plain(conflict.name), choices), chosen)

    def _confirm(self, name: str, way: Remedy) -> None:
        question = Question(
            f"{plain(name)}: {plain(way.label)}?", ((Span(plain(way.does)),),), "Conciliate", word=plain(name)
        )
        self.confirm(question, Wish(Action.CONCILIATE, (name,), strategy=way.strategy, keep=way.keep))
