"""Text that is painted again in place, on a terminal that is left as it was found.

Each frame is written in one piece, line over line, and nothing is erased before: so it does not flicker. It
stands on the terminal's other screen; what was shown last stays behind on the usual one.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType

from tuiconsole.cli import output
from tuiconsole.source.errors import one_line

_ENTER = "\x1b[?1049h\x1b[?25l"
_LEAVE = "\x1b[?25h\x1b[?1049l"
_BEGIN = "\x1b[?2026h\x1b[H"
"""Synchronized output, where a terminal knows it; then home."""
_END = "\x1b[J\x1b[?2026l"
_LINE = "\x1b[K\r\n"


class Frames:
    """A terminal while frames are painted on it, between `begin` and `end`."""

    def __init__(self) -> None:
        self._last: Sequence[str] = ()
        self._handlers: dict[signal.Signals, object] = {}

    def begin(self) -> None:
        """Go over to the other screen."""
        for number in (signal.SIGTERM, signal.SIGHUP):
            self._handlers[number] = signal.signal(number, _ended)
        self._handlers[signal.SIGTSTP] = signal.signal(signal.SIGTSTP, self._suspended)
        output.control(_ENTER)

    def end(self) -> None:
        """Give the terminal back, with what was shown last."""
        for number, handler in self._handlers.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        with suppress(output.ReaderLeftError):
            output.control(_LEAVE)
            output.lines(list(self._last))

    def show(self, texts: Sequence[str]) -> None:
        """Paint these lines, as many as there is room for."""
        self._last = texts
        output.control(frame(texts, *os.get_terminal_size(sys.stdout.fileno())))

    def _suspended(self, _number: int, _frame: FrameType | None) -> None:
        """Ctrl-Z: give the terminal back for that time."""
        output.control(_LEAVE)
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, self._suspended)
        output.control(_ENTER)
        if self._last:
            self.show(self._last)


def frame(texts: Sequence[str], columns: int, rows: int) -> str:
    """What paints these lines over whatever is there, in a terminal of that size."""
    from rich.cells import cell_len, set_cell_size

    lines = [one_line(text) for text in texts]
    if len(lines) > rows:
        lines = [*lines[: rows - 1], f"… and {len(lines) - rows + 1} more lines"]
    fitting = [
        line if cell_len(line) <= columns else set_cell_size(line, columns - 1) + "…" for line in lines
    ]
    # No line end after the last one: on a full screen it would scroll the first one away.
    return _BEGIN + _LINE.join(fitting) + "\x1b[K" + _END


def _ended(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
