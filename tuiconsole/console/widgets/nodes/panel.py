"""The list of the nodes."""

from __future__ import annotations

from tuiconsole.console.picture import Picture
from tuiconsole.console.rows.filtering import Filter
from tuiconsole.console.rows.foreign import plain
from tuiconsole.console.rows.line import Line, Span, Tone
from tuiconsole.console.rows.nodes import NodeRow, node_line, node_rows
from tuiconsole.console.widgets.lines.titled import TitledList


class NodesPanel(TitledList[NodeRow]):
    """The nodes with the master marked."""

    BORDER_TITLE = " Nodes "

    def __init__(self) -> None:
        super().__init__()
        self._picture = Picture()
        self.wanted = Filter()

    def show(self, picture: Picture) -> None:
        """Show the nodes of this picture."""
        if picture.stale != self._picture.stale:
            self.refresh()
        self._picture = picture
        self.show_rows(node_rows(picture, self.wanted))

    def draw(self, row: NodeRow, width: int) -> Line:
        return node_line(row, width, stale=self._picture.stale)

    def empty(self) -> Line:
        if self.wanted and self._picture.status is not None:
            return (Span(f"no node has “{plain(self.wanted.text)}”; Esc clears the filter", Tone.MINOR),)
        return (Span("no status yet", Tone.DIM),)
