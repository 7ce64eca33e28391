"""The help screen."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from tuiconsole.console.actions import Place
from tuiconsole.console.keymap import Keymap
from tuiconsole.console.rows.help import help_lines
from tuiconsole.console.rows.line import Line
from tuiconsole.console.subject import Subject
from tuiconsole.console.widgets.dialogs.reading import ReadingScreen
from tuiconsole.console.widgets.lines.pane import LinesPane


class Keys(LinesPane):
    """What the keys do."""

    def __init__(self, place: Place, keymap: Keymap, subject: Subject, read_only: bool) -> None:
        super().__init__()
        self._place, self._keymap, self._subject = place, keymap, subject
        self._read_only = read_only

    def lines_for(self, width: int) -> tuple[Line, ...]:
        return help_lines(width, self._place, self._keymap, self._subject, read_only=self._read_only)


class HelpScreen(ReadingScreen):
    """What the keys do on one screen."""

    DEFAULT_CSS = "HelpScreen > Vertical { width: 84; }"

    BINDINGS: ClassVar[list[BindingType]] = [Binding("question_mark", "dismiss", "Back")]

    def __init__(self, place: Place, keymap: Keymap, subject: Subject, *, read_only: bool) -> None:
        super().__init__(f"Keys of {place.heading}", Keys(place, keymap, subject, read_only))
