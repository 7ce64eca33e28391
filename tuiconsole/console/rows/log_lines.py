"""The lines of a log: kept within bounds, searched, broken to a width."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from rich.cells import cell_len

from tuiconsole.clock import boottime
from tuiconsole.console.rows.line import Line, Span, Tone
from tuiconsole.source.pattern import PatternError, check_pattern

MAX_LINES = 10_000
"""Lines of a log that are kept; the oldest go in tenths of that."""
_REACH = (2_000, 1_000, 200)
"""Characters of a line that are searched, by the number of repetitions: each multiplies the time."""
PATIENCE = 0.5
"""Seconds a search may take, since nothing else is done meanwhile."""


class TooLongError(Exception):
    """A search was given up."""


class LogLines:
    """The lines of one log, or of several merged."""

    def __init__(self, most: int = MAX_LINES) -> None:
        self.lines: list[str] = []
        self.arrived: list[float | None] = []
        """For each line when it came, seconds since 1970; None if it was there before."""
        self.dropped = 0
        """Lines that are no longer kept."""
        self._most = most
        self._open: str | None = None

    def feed(self, text: str, source: str = "", at: float | None = None) -> int:
        """Append what a source wrote, cut anywhere; returns the first line that is new or has changed.

        Args:
            text: what it wrote.
            source: whose it is, where several are merged.
            at: when it came, seconds since 1970; None if it was there before.
        """
        pieces = text.split("\n")
        prefix = f"{source} │ " if source else ""
        first = len(self.lines)
        if self._open == source and self.lines:
            first -= 1
            self.lines[-1] += pieces.pop(0)
            if pieces and not pieces[-1]:
                pieces.pop()
                self._open = None
        elif not pieces[-1]:
            pieces.pop()
            self._open = None
        else:
            self._open = source
        if pieces and self._open is None and not text.endswith("\n"):
            self._open = source
        self.lines += [prefix + piece for piece in pieces]
        self.arrived += [at] * len(pieces)
        if len(self.lines) > self._most:
            gone = len(self.lines) - self._most + self._most // 10
            del self.lines[:gone], self.arrived[:gone]
            self.dropped += gone
            return 0
        return first

    def clear(self) -> None:
        """Forget all lines."""
        self.lines, self.arrived = [], []
        self._open = None


@lru_cache(maxsize=8)
def search_pattern(text: str) -> re.Pattern[str]:
    """A regular expression that a person typed; without a capital letter, case does not count.

    Raises:
        PatternError: it is none, or could take long.
    """
    if _repetitions(text) >= len(_REACH):
        raise PatternError("too many repetitions", "use at most two of *, + and {n,}")
    check_pattern(text)
    return re.compile(text, 0 if any(map(str.isupper, text)) else re.IGNORECASE)


def _repetitions(text: str) -> int:
    bare = re.sub(r"\\.|\[[^]]*\]", "", text)
    return len(re.findall(r"[*+]|\{\d*,\}", bare))


@lru_cache(maxsize=8)
def _reach(pattern: re.Pattern[str]) -> int:
    return _REACH[min(_repetitions(pattern.pattern), len(_REACH) - 1)]


def next_match(
    lines: list[str],
    pattern: re.Pattern[str],
    at: int,
    step: int,
    clock: Callable[[], float] = boottime,
) -> int | None:
    """The nearest line with a match after (`step` 1) or before (-1) line `at`, going round.

    Raises:
        TooLongError: it took more than PATIENCE seconds of `clock`.
    """
    total, reach, until = len(lines), _reach(pattern), clock() + PATIENCE
    for number in range(1, total + 1):
        index = (at + step * number) % total
        if pattern.search(lines[index], 0, reach) is not None:
            return index
        if clock() > until:
            raise TooLongError
    return None


def breaks(line: str, width: int) -> list[tuple[int, int]]:
    """Where a line is broken so that each piece takes at most `width` cells: beginning and end of each."""
    width = max(2, width)
    if line.isascii():
        return [(at, min(at + width, len(line))) for at in range(0, max(1, len(line)), width)]
    found: list[tuple[int, int]] = []
    at = 0
    used = 0
    for index, letter in enumerate(line):
        size = cell_len(letter)
        if used + size > width:
            found.append((at, index))
            at, used = index, 0
        used += size
    return [*found, (at, len(line))]


def piece_line(
    line: str, start: int, end: int, pattern: re.Pattern[str] | None, *, current: bool = False
) -> Line:
    """The characters of a line from `start` to `end`, with the matches of a pattern marked.

    Args:
        line: the whole of it.
        start: counted in characters.
        end: likewise.
        pattern: None if nothing is searched for.
        current: it is the line that was gone to; without a pattern all of it is marked.
    """
    if pattern is None:
        return (Span(line[start:end], Tone.BADGE if current else Tone.NORMAL),)
    lit = Tone.MINOR_BADGE if current else Tone.BADGE
    spans: list[Span] = []
    at = start
    for match in pattern.finditer(line, 0, _reach(pattern)):
        first, last = max(start, match.start()), min(end, match.end())
        if first >= last:
            continue
        spans += [Span(line[at:first]), Span(line[first:last], lit)]
        at = last
    return (*spans, Span(line[at:end]))
