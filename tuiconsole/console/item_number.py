"""The number of an item, typed digit by digit."""

from __future__ import annotations

from collections.abc import Callable

_TOGETHER = 0.8
"""Seconds within which digits belong to one number, by when they were typed: a console that is late with the
second one must not go to another item for that.
"""
_LONGEST = 9
"""Digits that count: a key that is held down goes on for ever, and Python reads no number of 4,300."""


class ItemNumber:
    """Digits that follow each other fast are one number; the first alone is looked for at once."""

    def __init__(self) -> None:
        """Nothing is typed yet."""
        self._digits = ""
        self._typed_at = float("-inf")

    def type(self, digit: str, at: float, go_to: Callable[[int], bool]) -> str:
        """Take one more digit, and go to the item; why that cannot be, in words, else an empty text.

        `at` is when its key was pressed, in seconds of a monotonic clock. `go_to` says whether there is an
        item of that number.
        """
        together = self._digits if at - self._typed_at < _TOGETHER else ""
        self._typed_at = at
        self._digits = (together + digit)[-_LONGEST:]
        if go_to(int(self._digits)):
            return ""
        if together and go_to(int(digit)):
            self._digits = digit
            return ""
        if not together and digit == "0":
            return ""
        return f"no item {int(self._digits)}"
