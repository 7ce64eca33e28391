"""The tree of applications, and the panel around it."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from tuiconsole.console.picture import Picture
from tuiconsole.console.rows.columns import CURSOR
from tuiconsole.console.rows.filtering import Filter
from tuiconsole.console.rows.foreign import plain
from tuiconsole.console.rows.grouping import AnyRow, GroupRow, any_line, grouped_rows
from tuiconsole.console.rows.line import Line, Span, Tone
from tuiconsole.console.rows.ordering import Grouping, Order
from tuiconsole.console.rows.tree import TreeRow, headings, opened_at_first, tree_rows
from tuiconsole.console.subject import Subject
from tuiconsole.console.widgets.lines.list import RowList
from tuiconsole.console.widgets.lines.pane import LinesPane
from tuiconsole.console.widgets.lines.titled import entitle


class ApplicationTree(RowList[AnyRow]):
    """Applications and, where open, their processes; or processes under their nodes or states."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right", "unfold", "Open", show=False),
        Binding("left", "fold", "Close", show=False),
    ]

    def __init__(self, order: Order = Order.NAME, grouping: Grouping = Grouping.APPLICATION) -> None:
        super().__init__()
        self._picture = Picture()
        self._opened: frozenset[str] | None = None
        self._folded: frozenset[str] = frozenset()
        self._marks: frozenset[str] = frozenset()
        self.order = order
        self.grouping = grouping
        self.wanted = Filter()

    def show(self, picture: Picture) -> None:
        """Show the applications of this picture."""
        aged = picture.stale != self._picture.stale
        self._picture = picture
        if self._opened is None and picture.status is not None:
            self._opened = opened_at_first(picture.applications)
        self.show_rows(self._visible())
        if aged:
            self.refresh()

    def _visible(self) -> tuple[AnyRow, ...]:
        applications = self._picture.applications
        if self.grouping is not Grouping.APPLICATION:
            return grouped_rows(
                applications, self.grouping, self._folded, self.wanted, order=self.order, marked=self._marks
            )
        return tree_rows(
            applications, self._opened or frozenset(), self.wanted, order=self.order, marked=self._marks
        )

    @property
    def subject(self) -> Subject:
        """What is under the cursor."""
        row = self._current()
        return row.subject if row else Subject()

    def seek(self, name: str) -> bool:
        """Put the cursor on the row about this application or namespec; False if none is shown."""
        found = next((row.key for row in self.rows if row.subject.key == name), "")
        return bool(found) and self.place(found)

    def filter(self, text: str) -> None:
        """Show only what has these words."""
        self.wanted = Filter(text)
        self.show(self._picture)

    def rearrange(self, order: Order, grouping: Grouping) -> None:
        """Show in this order and grouping; the cursor stays on what it is on."""
        name = self.subject.key
        self.order, self.grouping = order, grouping
        self.show(self._picture)
        self.seek(name) or self.seek(name.partition(":")[0])

    def open(self, *keys: str) -> None:
        """Show the processes of these applications or groups."""
        self._opened = (self._opened or frozenset()).union(keys)
        self._folded = self._folded.difference(keys)
        self.show(self._picture)

    def close(self, *keys: str) -> None:
        """Hide the processes of these applications or groups."""
        self._opened = (self._opened or frozenset()).difference(keys)
        self._folded = self._folded.union(keys)
        self.show(self._picture)

    def open_all(self) -> None:
        """Show all processes."""
        self._folded = frozenset()
        self.open(*(one.name for one in self._picture.applications))

    def close_all(self) -> None:
        """Hide all processes."""
        groups = (row.key for row in self.rows if isinstance(row, GroupRow))
        self.close(*(one.name for one in self._picture.applications), *groups)

    def toggle(self) -> None:
        """Open or close the group under the cursor."""
        row = self._current()
        if row is not None:
            (self.close if row.expanded else self.open)(row.key)

    # -- marks -----------------------------------------------------------------------------------------------

    @property
    def marked(self) -> tuple[str, ...]:
        """What is marked and still there, in the order of the rows' names."""
        if not self._marks:
            return ()
        known = {one.name for one in self._picture.applications}
        known |= {one.namespec for app in self._picture.applications for one in app.processes}
        return tuple(sorted(self._marks & known))

    def toggle_mark(self) -> None:
        """Mark what is under the cursor, or take its mark away."""
        name = self.subject.key
        if name:
            self._marks ^= {name}

    def toggle_all_marks(self) -> None:
        """Mark all that is shown; none, if all of that is marked already.

        That is the applications where they are listed, and their processes where those are.
        """
        shown = {row.subject.key for row in self.rows if isinstance(row, TreeRow) and self._heads(row)}
        self._marks = self._marks - shown if shown <= self._marks else self._marks | shown

    def unmark(self) -> None:
        """Take all marks away."""
        self._marks = frozenset()

    def _heads(self, row: TreeRow) -> bool:
        """True for what a filter's result consists of."""
        if self.grouping is not Grouping.APPLICATION:
            return row.process is not None
        if row.process is None:
            return not self.wanted or self.wanted.application(row.application)
        return bool(self.wanted) and not self.wanted.application(row.application)

    # -- keys ------------------------------------------------------------------------------------------------

    def action_unfold(self) -> None:
        row = self._current()
        if row is not None:
            self.open(row.key)

    def action_fold(self) -> None:
        row = self._current()
        if isinstance(row, TreeRow) and row.process is not None:
            above = self.rows[: self.cursor]
            heads = [one for one in above if isinstance(one, GroupRow) or one.process is None]
            if heads:
                self.place(heads[-1].key)
        elif row is not None:
            self.close(row.key)

    def draw(self, row: AnyRow, width: int) -> Line:
        return any_line(row, width + CURSOR, stale=self._picture.stale)

    def empty(self) -> Line:
        if self._picture.status is None:
            return (Span("no status yet", Tone.DIM),)
        if self.wanted:
            return (Span(f"nothing has “{plain(self.wanted.text)}”; Esc clears the filter", Tone.MINOR),)
        return (Span("no applications", Tone.DIM),)


class TreeHeadings(LinesPane):
    """The headings of the tree's columns."""

    DEFAULT_CSS = """
    TreeHeadings { height: 1; }
    """

    def lines_for(self, width: int) -> tuple[Line, ...]:
        # The tree's scroll bar takes a cell; the headings leave it free so that the columns agree.
        return (headings(width - 1),)


class ApplicationsPanel(Vertical):
    """The tree with its headings; the border names filter, order, grouping and marks."""

    DEFAULT_CSS = """
    ApplicationsPanel {
        border-top: solid $rule;
        border-title-color: $tone-dim;
        border-title-style: none;
        &:focus-within {
            border-top: solid $rule-focus;
            border-title-color: $tone-strong;
        }
        ApplicationTree { height: 1fr; scrollbar-gutter: stable; }
    }
    """

    def __init__(self, order: Order = Order.NAME, grouping: Grouping = Grouping.APPLICATION) -> None:
        super().__init__()
        self._tree = ApplicationTree(order, grouping)

    def compose(self) -> ComposeResult:
        yield TreeHeadings()
        yield self._tree

    @property
    def applications(self) -> ApplicationTree:
        """The tree."""
        return self._tree

    def show(self, picture: Picture) -> None:
        """Show this picture."""
        self.applications.show(picture)
        self._title(picture)

    def _title(self, picture: Picture) -> None:
        tree = self.applications
        total = len(picture.applications)
        title = f"Applications {total}" if total else "Applications"
        if tree.wanted:
            shown = sum(isinstance(row, TreeRow) and row.process is None for row in tree.rows)
            title = f"Applications {shown} of {total} with “{plain(tree.wanted.text)}”"
        if tree.grouping is not Grouping.APPLICATION:
            title += f", by {tree.grouping.value}"
        if tree.order is not Order.NAME:
            title += f", sorted by {tree.order.value}"
        if tree.marked:
            title += f", {len(tree.marked)} marked"
        entitle(self, title)
