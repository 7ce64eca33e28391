"""The keys that the line at the foot shows while nothing is typed into it."""

from __future__ import annotations

from tuiconsole.console.actions import Place
from tuiconsole.console.keymap import Keymap
from tuiconsole.console.rows.footer import FooterKey, footer
from tuiconsole.console.rows.line import Line
from tuiconsole.console.subject import Subject


class Keys:
    """What can be done with the selection, and where on the line each key stands.

    Drawn as a whole: Textual's footer makes a widget of each key whenever the selection changes.
    """

    def __init__(self, place: Place, keymap: Keymap) -> None:
        self._place, self._keymap = place, keymap
        self._subject = Subject()
        self._read_only = False
        self._marked = 0
        self._drawn: tuple[FooterKey, ...] = ()
        self._line: Line = ()
        self._drawn_for: object = None

    def about(self, subject: Subject, *, read_only: bool, marked: int) -> None:
        """From now on they are about this subject."""
        self._subject, self._read_only, self._marked = subject, read_only, marked

    def line(self, width: int) -> Line:
        """The line in `width` cells."""
        wanted = (self._subject, width, self._read_only, self._marked)
        if wanted != self._drawn_for:
            self._drawn_for = wanted
            self._line, self._drawn = footer(
                self._place,
                self._keymap,
                self._subject,
                width,
                read_only=self._read_only,
                marked=self._marked,
            )
        return self._line

    def action_at(self, x: int) -> str:
        """The action of the key at this cell of the line drawn last; empty if there is none."""
        return next((key.action for key in self._drawn if key.first <= x < key.last), "")
