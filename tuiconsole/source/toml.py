"""TOML whose complaints name a line: tomli reads the values, a small scan remembers where each key stands.

tomli keeps no positions. The scan knows table headers, arrays of tables, dotted and quoted keys, and
skips strings and arrays that go over several lines. What it cannot place (keys within an inline table,
elements of an array) is reported at the line of the nearest key around it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import tomli

from tuiconsole.source.errors import Location, SourceError
from tuiconsole.source.text import place_within, read_text

KeyPath = tuple[str | int, ...]
"""The way to a value: keys, and indices in arrays of tables."""

_KEY = r"(?:\"(?:[^\"\\]|\\.)*\"|'[^']*'|[A-Za-z0-9_-]+)"
_DOTTED = re.compile(rf"\s*({_KEY}(?:\s*\.\s*{_KEY})*)\s*")
_PART = re.compile(_KEY)


class TomlSource:
    """The values of one TOML file and the lines of its keys."""

    def __init__(self, file: Path | str, text: str) -> None:
        """Parse `text`. Raises SourceError, at its line, if it is not TOML."""
        self.file = str(file)
        try:
            self.data: dict[str, Any] = tomli.loads(text)
        except tomli.TOMLDecodeError as error:
            what, line, column = _decode_error(error)
            raise SourceError.of(
                Location(self.file, line, column),
                f"not valid TOML: {what}",
                "see https://toml.io for the syntax",
            ) from None
        except RecursionError:
            raise SourceError.at(self.file, 0, "nested too deeply", "write it with fewer levels") from None
        except ValueError:
            # Not TOML's own: Python refuses to read a number of thousands of digits.
            found = re.search(r"\d[\d_]{4000}", text)
            line = text.count("\n", 0, found.start()) + 1 if found else 0
            raise SourceError.at(self.file, line, _TOO_GREAT, _AT_MOST) from None
        self._lines = _index(text)
        self.text = text
        self._refuse_great_numbers()

    def where(self, *path: str | int) -> Location:
        """The place of a key, or of the nearest one around it."""
        way: KeyPath = path
        while way:
            if way in self._lines:
                return Location(self.file, self._lines[way])
            way = way[:-1]
        return Location(self.file, 1 if path else 0)

    def _refuse_great_numbers(self) -> None:
        """TOML's integers have 64 bits. Greater ones cannot even be printed by everything that meets them."""
        rest: list[tuple[KeyPath, Any]] = [((), self.data)]
        while rest:
            path, value = rest.pop()
            if type(value) is int:
                if not -(2**63) <= value < 2**63:
                    raise SourceError.of(self.where(*path), _TOO_GREAT, _AT_MOST)
            elif type(value) is dict:
                rest += [((*path, key), inner) for key, inner in value.items()]
            elif type(value) is list:
                rest += [((*path, number), inner) for number, inner in enumerate(value)]

    def within(self, where: Location, value: Any, column: int) -> Location:
        """The place of a character (from 1) of a text that stands at `where`; `where` for other values."""
        return place_within(self.text, where, value, column) if isinstance(value, str) else where


_TOO_GREAT = "a number is too great"
_AT_MOST = "TOML's whole numbers have 64 bits"
_COMMENT = re.compile(
    r'''"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|(?P<comment>\#[^\n]*)''',
    re.DOTALL,
)
"""Strings are matched so that a # within them is none."""


def comments_of(text: str) -> tuple[tuple[int, str], ...]:
    """The comments of a valid TOML text: the line of each, and what stands behind the #."""
    found = []
    line, seen = 1, 0
    for match in _COMMENT.finditer(text):
        if match["comment"]:
            line += text.count("\n", seen, match.start())
            seen = match.start()
            found.append((line, match["comment"][1:]))
    return tuple(found)


def read_toml(file: Path | str) -> TomlSource:
    """Read a TOML file. Raises SourceError if it is missing, unreadable, too large, not UTF-8 or not TOML."""
    return TomlSource(file, read_text(file))


def _decode_error(error: tomli.TOMLDecodeError) -> tuple[str, int, int]:
    """What is wrong, at which line and column, whichever version of tomli says it."""
    text = str(error).partition("\n")[0]
    found = re.search(r" \(at line (\d+), column (\d+)\)$", text)
    if found:
        return text[: found.start()], int(found[1]), int(found[2])
    return text.replace(" (at end of document)", " at its end"), 0, 0


def _parts(dotted: str) -> tuple[str, ...]:
    """The keys of a dotted key, unquoted."""
    keys = []
    for part in _PART.findall(dotted):
        if part[0] == "'":
            keys.append(part[1:-1])
        elif part[0] == '"':
            try:
                keys.append(str(tomli.loads(f"k = {part}")["k"]))
            except tomli.TOMLDecodeError:
                keys.append(part[1:-1])
        else:
            keys.append(part)
    return tuple(keys)


class _Index:
    """The scan: line by line, with what is still open from the lines before."""

    def __init__(self) -> None:
        self.lines: dict[KeyPath, int] = {}
        self._table: KeyPath = ()
        self._counts: dict[KeyPath, int] = {}
        self._quotes = ""
        self._depth = 0

    def line(self, number: int, text: str) -> None:
        if self._quotes or self._depth:
            self._skip(text)
            return
        bare = text.strip()
        if bare.startswith("[["):
            self._header(number, bare[2:], array=True)
        elif bare.startswith("["):
            self._header(number, bare[1:], array=False)
        elif found := _DOTTED.match(text):
            rest = text[found.end() :]
            if rest.startswith("="):
                self._put(self._table + _parts(found[1]), number)
                self._skip(rest[1:])

    def _put(self, path: KeyPath, number: int) -> None:
        for length in range(1, len(path) + 1):
            self.lines.setdefault(path[:length], number)

    def _header(self, number: int, text: str, *, array: bool) -> None:
        found = _DOTTED.match(text)
        if not found:
            return
        path: KeyPath = ()
        parts = _parts(found[1])
        for depth, part in enumerate(parts):
            path += (part,)
            if array and depth == len(parts) - 1:
                self._counts[path] = self._counts.get(path, -1) + 1
                self._put(path, number)
            if path in self._counts:
                path += (self._counts[path],)
        self._put(path, number)
        self._table = path

    def _skip(self, text: str) -> None:
        """Go over a value, or the rest of one, keeping count of open triple quotes and brackets."""
        at = 0
        while at < len(text):
            if self._quotes:
                end = self._close(text, at)
                if end < 0:
                    return
                self._quotes = ""
                at = end
                continue
            three, one = text[at : at + 3], text[at]
            if three in {'"""', "'''"}:
                self._quotes = three
                at += 3
            elif one in "\"'":
                found = re.compile(r'"(?:[^"\\]|\\.)*"' if one == '"' else r"'[^']*'").match(text, at)
                at = found.end() if found else len(text)
            elif one == "#":
                return
            else:
                self._depth += (one in "[{") - (one in "]}")
                self._depth = max(self._depth, 0)
                at += 1

    def _close(self, text: str, at: int) -> int:
        """Behind the closing triple quotes, or -1."""
        if self._quotes == "'''":
            end = text.find("'''", at)
        else:
            found = re.compile(r'(?:[^"\\]|\\.|"(?!""))*"""').match(text, at)
            end = found.end() - 3 if found else -1
        return end + 3 if end >= 0 else -1


def _index(text: str) -> dict[KeyPath, int]:
    index = _Index()
    for number, line in enumerate(text.splitlines(), 1):
        index.line(number, line)
    return index.lines
