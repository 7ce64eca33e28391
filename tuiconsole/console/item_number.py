"""The number of an item, typed digit by digit."""

from __future__ import annotations

from collections.abc import Callable

from tuiconsole.clock import boottime

_TOGETHER = 0.8
"""Seconds within which digits belong to one number."""
_LONGEST = 9
"""Digits that count: a key that is held down goes on for ever, and Python reads no number of 4,300."""


class ItemNumber:
    """Digits that follow each other fast are one number; the first alone is looked for at once."""

    def __init__(self, clock: Callable[[], float] = boottime) -> None:
        """Nothing is typed yet. The clock tells seconds."""
        self._clock = clock
        self._digits = ""
        self._typed_at = float("-inf")

    def type(self, digit: str, go_to: Callable[[int], bool]) -> str:
        """Take one more digit, and go to the item; why that cannot be, in words, else an empty text.

        `go_to` says whether there is an item of that number.
        """
        now = self._clock()
        together = self._digits if now - self._typed_at < _TOGETHER else ""
        self._typed_at = now
        self._digits = (together + digit)[-_LONGEST:]
        if go_to(int(self._digits)):
            return ""
        if together and go_to(int(digit)):
            self._digits = digit
            return ""
        if not together and digit == "0":
            return ""
        return f"no item {int(self._digits)}"
