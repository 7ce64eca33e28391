"""The header of the screen."""

from __future__ import annotations

from tuiconsole.console.picture import Picture
from tuiconsole.console.rows.header import header_lines
from tuiconsole.console.rows.line import Line
from tuiconsole.console.widgets.lines.pane import LinesPane


class ClusterHeader(LinesPane):
    """Name, state, failures; master, quorum, nodes, connection; what is wrong with the whole."""

    DEFAULT_CSS = """
    ClusterHeader {
        height: 3;
        padding: 0 1;
        background: $panel;
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._picture = Picture()
        self._lit = True

    def show(self, picture: Picture, *, lit: bool = True) -> None:
        """Show this picture; `lit` is the bright half of the blinking."""
        self._picture, self._lit = picture, lit
        self.renew()

    def lines_for(self, width: int) -> tuple[Line, ...]:
        return header_lines(self._picture, width, height=self.size.height or 3, lit=self._lit)
