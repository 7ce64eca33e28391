"""The line of keys at the bottom."""

from __future__ import annotations

from textual import events

from tuiconsole.console.actions import Place
from tuiconsole.console.keymap import Keymap
from tuiconsole.console.rows.footer import FooterKey, footer
from tuiconsole.console.rows.line import Line
from tuiconsole.console.subject import Subject
from tuiconsole.console.widgets.lines.pane import LinesPane


class KeyLine(LinesPane):
    """One line, drawn as a whole: Textual's footer makes a widget of each key whenever the selection changes.

    A click on a key does what the key does.
    """

    DEFAULT_CSS = """
    KeyLine { height: 1; background: $footer-background; }
    """

    def __init__(self, place: Place, keymap: Keymap) -> None:
        super().__init__()
        self._place, self._keymap = place, keymap
        self._subject = Subject()
        self._read_only = False
        self._marked = 0
        self._keys: tuple[FooterKey, ...] = ()

    def show(self, subject: Subject, *, read_only: bool, marked: int) -> None:
        """Show what can be done with this subject."""
        self._subject, self._read_only, self._marked = subject, read_only, marked
        self.renew()

    def lines_for(self, width: int) -> tuple[Line, ...]:
        line, self._keys = footer(
            self._place, self._keymap, self._subject, width, read_only=self._read_only, marked=self._marked
        )
        return (line,)

    async def on_click(self, event: events.Click) -> None:
        for key in self._keys:
            if key.first <= event.x < key.last:
                await self.screen.run_action(key.action)
