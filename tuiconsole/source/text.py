"""Reading a text file that a person wrote: bounded, UTF-8, and every failure is a SourceError."""

from __future__ import annotations

import glob
import itertools
import os
import stat
from collections.abc import Iterable
from pathlib import Path

from tuiconsole.source.errors import Location, SourceError

_WORDS_LOOKED_AT = 300
"""In search of the nearest word."""
LARGEST = 1024 * 1024
"""Bytes. Rules for thousands of programs take a tenth of it."""


def read_bytes(file: Path | str) -> bytes:
    """The content of a regular file of at most LARGEST bytes. Raises SourceError."""
    try:
        # O_NONBLOCK: a FIFO in place of a file must not hang the reader.
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise SourceError.at(
            file, 0, f"cannot be read: {why}", "check the path and its permissions"
        ) from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise SourceError.at(file, 0, "is not a regular file", "name a file")
    with os.fdopen(descriptor, "rb") as stream:
        try:
            content = stream.read(LARGEST + 1)
        except OSError as error:
            raise SourceError.at(file, 0, f"cannot be read: {error.strerror}", "check the disk") from None
    if len(content) > LARGEST:
        raise SourceError.at(
            file, 0, f"is larger than {LARGEST // 1024} KiB", "split it, or check what it is"
        )
    return content


def read_text(file: Path | str) -> str:
    """The text of such a file. Raises SourceError, also for what is not UTF-8."""
    content = read_bytes(file)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SourceError.at(
            file, line, f"byte 0x{content[error.start]:02x} is not UTF-8", "save it as UTF-8"
        ) from None
    # TOML knows two line ends only; a lone CR is left for it to refuse.
    return text.replace("\r\n", "\n")


def matching(pattern: Path | str, *, recursive: bool = False) -> list[str]:
    """The paths that a glob matches, sorted; none for what can be no path."""
    try:
        return sorted(glob.iglob(str(pattern), recursive=recursive))  # noqa: PTH207  absolute globs too
    except ValueError:  # a NUL character
        return []


def place_within(text: str, where: Location, value: str, column: int) -> Location:
    """The place of character `column` (from 1) of a value that stands in `text` from the line of `where` on.

    If the file does not hold the value as it is (because of escapes, say), or `column` is 0: `where`.
    """
    if not column or not where.line:
        return where
    begin = 0
    for _ in range(where.line - 1):
        begin = text.find("\n", begin) + 1
    at = text.find(value, begin) if value else -1
    if at < 0:
        return where
    at += column - 1
    return Location(where.file, text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A remedy for a word that is not known: the nearest one, or all of them."""
    import difflib

    words = list(itertools.islice(known, _WORDS_LOOKED_AT))
    near = difflib.get_close_matches(word, words, 1, 0.6) or difflib.get_close_matches(
        word.upper(), words, 1, 0.6
    )
    if near:
        return f"did you mean {near[0]}?"
    return f"expected {'one of ' if len(words) > 1 else ''}{', '.join(words)}" if words else "remove it"
