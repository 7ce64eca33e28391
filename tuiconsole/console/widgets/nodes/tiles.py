"""The nodes as tiles."""

from __future__ import annotations

from tuiconsole.clock import boottime
from tuiconsole.console.picture import Picture
from tuiconsole.console.rows.line import Line
from tuiconsole.console.rows.tiles import Tally, tallies, tile_lines
from tuiconsole.console.widgets.lines.pane import LinesPane

_MANY = 50
"""Applications from which on counting what runs where costs more than it tells at each change."""
_COUNT_EVERY = 0.5
"""Seconds between two counts then."""


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
        self._tallies: dict[str, Tally] = {}
        self._counted: object = None
        self._counted_at = 0.0

    def show(self, picture: Picture, most: int) -> None:
        """Show the nodes of this picture in at most `most` lines."""
        self._picture, self._most = picture, most
        now = boottime()
        many = len(picture.applications) > _MANY
        if self._counted is not picture.status and (not many or now - self._counted_at >= _COUNT_EVERY):
            self._tallies = tallies(picture)
            self._counted, self._counted_at = picture.status, now
        self.renew()

    def lines_for(self, width: int) -> tuple[Line, ...]:
        return tile_lines(self._picture, width, self._most, self._tallies)
