"""The tree of applications, and the panel around it."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content

from tuiconsole.console.picture import Picture
from tuiconsole.console.rows.columns import CURSOR
from tuiconsole.console.rows.filtering import Filter
from tuiconsole.console.rows.foreign import plain
from tuiconsole.console.rows.line import Line, Span, Tone
from tuiconsole.console.rows.tree import TreeRow, headings, opened_at_first, tree_line, tree_rows
from tuiconsole.console.widgets.lines.list import RowList
from tuiconsole.console.widgets.lines.pane import LinesPane


class ApplicationTree(RowList[TreeRow]):
    """Applications and, where open, their processes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right", "unfold", "Open", show=False),
        Binding("left", "fold", "Close", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._picture = Picture()
        self._opened: frozenset[str] | None = None
        self.wanted = Filter()

    def show(self, picture: Picture) -> None:
        """Show the applications of this picture."""
        aged = picture.stale != self._picture.stale
        self._picture = picture
        if self._opened is None and picture.status is not None:
            self._opened = opened_at_first(picture.applications)
        self.show_rows(tree_rows(picture.applications, self._opened or frozenset(), self.wanted))
        if aged:
            self.refresh()

    def filter(self, text: str) -> None:
        """Show only what has these words."""
        self.wanted = Filter(text)
        self.show(self._picture)

    def open(self, *applications: str) -> None:
        """Show the processes of these applications."""
        self._opened = (self._opened or frozenset()).union(applications)
        self.show(self._picture)

    def close(self, *applications: str) -> None:
        """Hide the processes of these applications."""
        self._opened = (self._opened or frozenset()).difference(applications)
        self.show(self._picture)

    def first_application(self) -> str:
        """The first application that is shown; empty if none is."""
        return self.rows[0].key if self.rows else ""

    def toggle(self) -> None:
        """Open or close the application under the cursor."""
        row = self._current()
        if row is not None:
            (self.close if row.expanded else self.open)(row.application.name)

    def action_unfold(self) -> None:
        row = self._current()
        if row is not None:
            self.open(row.application.name)

    def action_fold(self) -> None:
        row = self._current()
        if row is None:
            return
        if row.process is not None:
            self.place(row.application.name)
        else:
            self.close(row.application.name)

    def draw(self, row: TreeRow, width: int) -> Line:
        return tree_line(row, width + CURSOR, stale=self._picture.stale)

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
    """The tree with its headings; the border names the filter."""

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

    def compose(self) -> ComposeResult:
        yield TreeHeadings()
        yield ApplicationTree()

    @property
    def applications(self) -> ApplicationTree:
        """The tree."""
        return self.query_one(ApplicationTree)

    def show(self, picture: Picture) -> None:
        """Show this picture."""
        self.applications.show(picture)
        self._title(picture)

    def _title(self, picture: Picture) -> None:
        total = len(picture.applications)
        title = f"Applications {total}" if total else "Applications"
        if self.applications.wanted:
            shown = sum(row.process is None for row in self.applications.rows)
            title = f"Applications {shown} of {total} with “{plain(self.applications.wanted.text)}”"
        # Content, not markup: a filter may hold brackets.
        self.border_title = Content(f" {title} ")
