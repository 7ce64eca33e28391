"""A list of rows with a cursor that stays on its row's key, whatever happens to the rows around it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from tuiconsole.console.anchor import View, kept_visible, reanchored
from tuiconsole.console.rows.line import Line, Span, Tone
from tuiconsole.console.widgets.lines.scrolled import Scrolled
from tuiconsole.console.widgets.lines.tones import Toned

CURSOR_BAR = "▌ "
"""The cursor is a bar as well as a shade, so that it is seen without colours."""


class Row(Protocol):
    """A row knows its key."""

    @property
    def key(self) -> str:
        """What the row is about; no two rows share it."""


R = TypeVar("R", bound=Row)


class RowList(Toned, Scrolled, Generic[R], can_focus=True):
    """Draws only the visible rows, one line each, and paints again only those that changed."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"rows--cursor"}
    """`rows--cursor`: the row under the cursor."""

    DEFAULT_CSS = """
    RowList {
        width: 1fr;
        height: 1fr;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 1;
        & > .rows--cursor { background: $cursor-blurred; }
        &:focus > .rows--cursor { background: $cursor; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup,ctrl+b", "page(-1)", "Page up", show=False),
        Binding("pagedown,ctrl+f", "page(1)", "Page down", show=False),
        Binding("home,g", "first", "First", show=False),
        Binding("end,G", "last", "Last", show=False),
        Binding("enter", "activate", "Open", show=False),
    ]

    class Moved(Message):
        """The cursor is on another row."""

        def __init__(self, control: RowList[Any], key: str) -> None:
            super().__init__()
            self._control = control
            self.key = key

        @property
        def control(self) -> RowList[Any]:
            """The list."""
            return self._control

    class Activated(Moved):
        """Enter was pressed on a row, or it was clicked twice."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self.rows: tuple[R, ...] = ()
        self.cursor = 0

    def draw(self, row: R, width: int) -> Line:
        """One row in `width` cells, without the cursor's two. To be overridden."""
        raise AssertionError(f"{type(self).__name__} must say how to draw {row.key} in {width} cells")

    def empty(self) -> Line:
        """What is shown when there are no rows."""
        return ()

    @property
    def key(self) -> str:
        """The key under the cursor; empty if there are no rows."""
        return self.rows[self.cursor].key if self.rows else ""

    def show_rows(self, rows: Sequence[R]) -> None:
        """Show these rows instead; cursor and scroll stay with what they were on."""
        new = tuple(rows)
        if new == self.rows:
            if not new:
                # Why there are none may have changed.
                self.refresh_line(0)
            return
        old, old_cursor, before = self.rows, self.cursor, self.key
        self.rows = new
        old_scroll = int(self.scroll_offset.y)
        keys = [row.key for row in new]
        view = View(self.cursor, old_scroll)
        if [row.key for row in old] != keys:
            view = reanchored([row.key for row in old], keys, view, self._height())
        self.cursor = view.cursor
        self.extend(len(new))
        if view.scroll != old_scroll:
            self.scroll_to(y=view.scroll, animate=False, force=True)
        self._repaint(old, old_scroll, old_cursor)
        if self.key != before:
            self.post_message(self.Moved(self, self.key))

    def place(self, key: str) -> bool:
        """Put the cursor on a key; False if no row has it."""
        for number, row in enumerate(self.rows):
            if row.key == key:
                self._to(number)
                return True
        return False

    def action_move(self, by: int) -> None:
        self._to(self.cursor + by)

    def action_page(self, by: int) -> None:
        self._to(self.cursor + by * max(1, self._height() - 1))

    def action_first(self) -> None:
        self._to(0)

    def action_last(self) -> None:
        self._to(len(self.rows) - 1)

    def action_activate(self) -> None:
        if self.rows:
            self.post_message(self.Activated(self, self.key))

    def on_click(self, event: events.Click) -> None:
        number = event.y + int(self.scroll_offset.y)
        if not 0 <= number < len(self.rows):
            return
        if number == self.cursor:
            self.action_activate()
        else:
            self._to(number)

    def on_focus(self) -> None:
        self.post_message(self.Moved(self, self.key))

    def on_resize(self) -> None:
        self._follow_cursor()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        number = y + int(self.scroll_offset.y)
        if not self.rows and y == 0:
            return self.strip_of((Span("  "), *self.empty()), width)
        if number >= len(self.rows):
            return self.strip_of((), width)
        if number != self.cursor:
            return self.strip_of((Span("  "), *self.draw(self.rows[number], width - 2)), width)
        line = (
            Span(CURSOR_BAR, Tone.ACCENT if self.has_focus else Tone.DIM),
            *self.draw(self.rows[number], width - 2),
        )
        return self.strip_of(line, width, self._cursor_style())

    def _current(self) -> R | None:
        return self.rows[self.cursor] if self.rows else None

    def _cursor_style(self) -> Style:
        return self.get_component_rich_style("rows--cursor", partial=True)

    def _to(self, number: int) -> None:
        if not self.rows:
            return
        number = max(0, min(number, len(self.rows) - 1))
        if number != self.cursor:
            self.refresh_line(self.cursor)
            self.cursor = number
            self.refresh_line(number)
            self.post_message(self.Moved(self, self.key))
        self._follow_cursor()

    def _follow_cursor(self) -> None:
        scroll = int(self.scroll_offset.y)
        wanted = kept_visible(self.cursor, scroll, self._height())
        if wanted != scroll:
            self.scroll_to(y=wanted, animate=False, force=True)

    def _repaint(self, old: tuple[R, ...], old_scroll: int, old_cursor: int) -> None:
        """Refresh the visible lines that look different from before; that is fewer than have changed."""
        scroll = int(self.scroll_offset.y)
        if scroll != old_scroll or not old or not self.rows:
            self.refresh()
            return
        width = self.scrollable_content_region.width - 2
        for y in range(scroll, scroll + self._height()):
            before = old[y] if y < len(old) else None
            after = self.rows[y] if y < len(self.rows) else None
            if (old_cursor != self.cursor and y in (old_cursor, self.cursor)) or (
                before != after
                and (before is None or after is None or self.draw(before, width) != self.draw(after, width))
            ):
                self.refresh_line(y)

    def _height(self) -> int:
        return self.scrollable_content_region.height
