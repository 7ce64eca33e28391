"""The nodes as tiles."""

from __future__ import annotations

from collections.abc import Mapping

from tuiconsole.console.picture import Picture
from tuiconsole.console.rows.line import Line
from tuiconsole.console.rows.tiles import Tallies, Tally, tile_lines
from tuiconsole.console.widgets.lines.pane import LinesPane


class NodeTiles(LinesPane):
    """Each node: state, load, how much runs there, LEDs."""

    DEFAULT_CSS = """
    NodeTiles {
        padding: 0 1;
        border-top: solid $rule;
        border-title-color: $tone-dim;
        border-title-style: none;
    }
    """

    BORDER_TITLE = " Nodes "

    def __init__(self) -> None:
        super().__init__()
        self._picture = Picture()
        self._most = 4
        self._count = Tallies()
        self._tallies: Mapping[str, Tally] = {}

    def show(self, picture: Picture, most: int) -> None:
        """Show the nodes of this picture in at most `most` lines."""
        self._picture, self._most = picture, most
        self._tallies = self._count.of(picture.applications)
        self.renew()

    def lines_for(self, width: int) -> tuple[Line, ...]:
        return tile_lines(self._picture, width, self._most, self._tallies)
