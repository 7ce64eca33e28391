"""The matrix of items: rows are items, columns their parts."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from tuiconsole.console.picture import Picture
from tuiconsole.console.rows.filtering import Filter
from tuiconsole.console.rows.foreign import plain
from tuiconsole.console.rows.items import (
    ItemRow,
    item_columns,
    item_headings,
    item_line,
    item_row,
    item_rows,
)
from tuiconsole.console.rows.line import Line, Span, Tone
from tuiconsole.console.subject import Kind, Subject
from tuiconsole.console.widgets.lines.list import RowList
from tuiconsole.console.widgets.lines.pane import LinesPane
from tuiconsole.console.widgets.lines.titled import entitle


class ItemMatrix(RowList[ItemRow]):
    """Items with their parts. At first the last part is chosen: the one that people start."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right", "part(1)", "Next part", show=False),
        Binding("left", "part(-1)", "Previous part", show=False),
    ]

    DEFAULT_CSS = """
    ItemMatrix { height: auto; max-height: 100%; scrollbar-gutter: stable; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._picture = Picture()
        self.columns: tuple[str, ...] = ()
        self.column = -1
        """The chosen part; -1 before there are any."""
        self.wanted = Filter()

    def show(self, picture: Picture) -> None:
        """Show the items of this picture."""
        aged = picture.stale != self._picture.stale
        self._picture = picture
        self.columns = item_columns(picture.applications, picture.item)
        if self.column < 0:
            self.column = len(self.columns) - 1
        self.show_rows(item_rows(picture.applications, picture.item, self.wanted))
        if aged:
            self.refresh()

    @property
    def subject(self) -> Subject:
        """The part under the cursor."""
        row = self.rows[self.cursor] if self.rows else None
        part = row.part(max(0, self.column)) if row else None
        return Subject(Kind.APPLICATION, part.name) if part else Subject()

    def to_item(self, number: int) -> bool:
        """Put the cursor on item `number`, and choose the part that people start; False if there is none."""
        row = item_row(self.rows, number)
        if row is None:
            return False
        self.action_part(len(self.columns))
        return self.place(row.key)

    def to_application(self, name: str) -> bool:
        """Put the cursor on an application."""
        for row in self.rows:
            for column, part in enumerate(row.parts):
                if part is not None and part.name == name:
                    if row.item:
                        self.column = column
                    self.refresh()
                    return self.place(row.key)
        return False

    def action_part(self, by: int) -> None:
        self.column = max(0, min(len(self.columns) - 1, self.column + by))
        self.refresh_line(self.cursor)
        self.post_message(self.Moved(self, self.key))

    def draw(self, row: ItemRow, width: int) -> Line:
        here = row is self._current()
        return item_line(row, width, self.column if here else None, stale=self._picture.stale)

    def empty(self) -> Line:
        if self._picture.status is None:
            return (Span("no status yet", Tone.DIM),)
        if self.wanted:
            return (Span(f"nothing has “{plain(self.wanted.text)}”; Esc clears the filter", Tone.MINOR),)
        return (Span("no applications", Tone.DIM),)


class ItemHeadings(LinesPane):
    """The headings of the matrix."""

    DEFAULT_CSS = """
    ItemHeadings { height: 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._columns: tuple[str, ...] = ()

    def show(self, columns: tuple[str, ...]) -> None:
        """Show these parts."""
        self._columns = columns
        self.renew()

    def lines_for(self, width: int) -> tuple[Line, ...]:
        # The scroll bar takes a cell, the cursor two.
        return (item_headings(self._columns, width - 3),) if self._columns else ()


class ItemsPanel(Vertical):
    """The matrix with its headings; the border names the filter."""

    DEFAULT_CSS = """
    ItemsPanel {
        height: auto;
        max-height: 60%;
        border-top: solid $rule;
        border-title-color: $tone-dim;
        border-title-style: none;
        &:focus-within {
            border-top: solid $rule-focus;
            border-title-color: $tone-strong;
        }
    }
    """

    def compose(self) -> ComposeResult:
        yield ItemHeadings()
        yield ItemMatrix()

    @property
    def matrix(self) -> ItemMatrix:
        """The matrix."""
        return self.query_one(ItemMatrix)

    def show(self, picture: Picture) -> None:
        """Show this picture."""
        matrix = self.matrix
        matrix.show(picture)
        self.query_one(ItemHeadings).show(matrix.columns)
        items = sum(row.item for row in matrix.rows)
        title = f"Items {items}" if items else "Applications"
        if matrix.wanted:
            title += f" with “{plain(matrix.wanted.text)}”"
        entitle(self, title)
