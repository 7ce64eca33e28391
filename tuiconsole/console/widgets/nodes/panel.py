"""The panel of the nodes."""

from __future__ import annotations

from tuiconsole.console.picture import Picture
from tuiconsole.console.rows.line import Line, Span, Tone
from tuiconsole.console.rows.nodes import NodeRow, node_line, node_rows
from tuiconsole.console.widgets.lines.list import RowList


class NodesPanel(RowList[NodeRow]):
    """The nodes with the master marked."""

    DEFAULT_CSS = """
    NodesPanel {
        border-top: solid $rule;
        border-title-color: $tone-dim;
        border-title-style: none;
        &:focus {
            border-top: solid $rule-focus;
            border-title-color: $tone-strong;
        }
    }
    """

    BORDER_TITLE = " Nodes "

    def __init__(self) -> None:
        super().__init__()
        self._stale = True

    def show(self, picture: Picture) -> None:
        """Show the nodes of this picture."""
        if picture.stale != self._stale:
            self._stale = picture.stale
            self.refresh()
        self.show_rows(node_rows(picture))

    def draw(self, row: NodeRow, width: int) -> Line:
        return node_line(row, width, stale=self._stale)

    def empty(self) -> Line:
        return (Span("no status yet", Tone.DIM),)
