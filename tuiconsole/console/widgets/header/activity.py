"""The status line above the keys."""

from __future__ import annotations

from tuiconsole.console.picture import Picture
from tuiconsole.console.rows.line import Line
from tuiconsole.console.rows.progress import activity_line
from tuiconsole.console.widgets.lines.pane import LinesPane


class ActivityLine(LinesPane):
    """What this console asked for, how it ended, or why the selected thing is as it is."""

    DEFAULT_CSS = """
    ActivityLine {
        height: 1;
        padding: 0 1;
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._picture = Picture()
        self._key = ""

    def show(self, picture: Picture, key: str) -> None:
        """Show this picture's activity; `key` is the selected row of the tree."""
        self._picture, self._key = picture, key
        self.renew()

    def lines_for(self, width: int) -> tuple[Line, ...]:
        del width
        return (activity_line(self._picture, self._key),)
