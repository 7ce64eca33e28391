"""Which entry holds for a name.

An exact name wins over any pattern. Patterns are searched anywhere in the name: the longest matched text
wins, the first declared on a tie; the empty pattern matches everything and loses to any other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Generic, TypeVar

from tuiconsole.source.pattern import LONGEST_NAME

T = TypeVar("T")


class Chooser(Generic[T]):
    """Finds the entry for a name, among (name, pattern, entry) with exactly one of the first two set."""

    def __init__(self, entries: Iterable[tuple[str | None, str | None, T]]) -> None:
        self._named: dict[str, T] = {}
        self._patterns: list[tuple[str, re.Pattern[str], T]] = []
        for name, pattern, entry in entries:
            if name is not None:
                self._named.setdefault(name, entry)
            elif pattern is not None:
                self._patterns.append((pattern, re.compile(pattern), entry))

    def best(self, name: str) -> T | None:
        """The entry that holds, None if there is none. A name beyond LONGEST_NAME matches no pattern."""
        if name in self._named:
            return self._named[name]
        if len(name) > LONGEST_NAME:
            return None
        best: T | None = None
        best_score = (-1, False)
        for text, pattern, entry in self._patterns:
            found = pattern.search(name)
            if found:
                score = (found.end() - found.start(), bool(text))
                if score > best_score:
                    best, best_score = entry, score
        return best
