"""What was typed before: `↑` goes back in it, `↓` forward again."""

from __future__ import annotations

KEPT = 50
"""Lines that are remembered."""


class History:
    """The lines typed into one prompt, oldest first, each once.

    Args:
        lines: those of earlier days.
    """

    def __init__(self, lines: tuple[str, ...] = ()) -> None:
        self.lines = lines[-KEPT:]
        self._at = len(self.lines)
        self._draft = ""

    def add(self, line: str) -> None:
        """Remember a line as the newest, and go back to the end."""
        if line.strip():
            self.lines = (*(one for one in self.lines if one != line), line)[-KEPT:]
        self.rest()

    def rest(self) -> None:
        """Go to the end: the next `older` gives the newest line."""
        self._at, self._draft = len(self.lines), ""

    def older(self, shown: str) -> str:
        """The line before the one that is shown; what was being typed is kept for the way back."""
        if self._at == len(self.lines):
            self._draft = shown
        self._at = max(0, self._at - 1)
        return self.lines[self._at] if self.lines else shown

    def newer(self, shown: str) -> str:
        """The line after the one that is shown, at last what was being typed."""
        if self._at >= len(self.lines):
            return shown
        self._at += 1
        return self.lines[self._at] if self._at < len(self.lines) else self._draft
