"""The only module that writes results to stdout."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any

from tuiconsole.source.errors import one_line


class ReaderLeftError(Exception):
    """Nobody reads the results any more. Not an OSError: click would make an exit code of its own of it."""


def prepare() -> None:
    """Let no letter that the terminal's encoding lacks end a command."""
    with contextlib.suppress(AttributeError):
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def to_terminal() -> bool:
    """True if a person reads the results."""
    return sys.stdout.isatty()


def line(text: str) -> None:
    """One line, with control characters written out, at once."""
    _write(one_line(text) + "\n")


def lines(texts: list[str]) -> None:
    """Several lines in one go."""
    _write("".join(one_line(text) + "\n" for text in texts))


def text(whole: str) -> None:
    """Text of this program's own, as it is."""
    _write(whole)


def control(text: str) -> None:
    """What moves a terminal's cursor, in one piece; whatever it shows has no control characters already."""
    _write(text)


def json(value: Any) -> None:
    """A value as indented JSON."""
    import msgspec  # --help prints without it, and would wait for its import

    _write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")


def json_line(value: Any) -> None:
    """A value as JSON on one line: one of many."""
    import msgspec

    _write(msgspec.json.encode(value).decode() + "\n")


def log_piece(text: str) -> None:
    """A piece of a log. A terminal gets no control characters but line ends and tabs from it."""
    if to_terminal():
        text = "".join(
            c if c in "\n\t" or c.isprintable() else one_line(c) for c in text.replace("\r\n", "\n")
        )
    _write(text)


def document(text: str) -> None:
    """A whole file, as it is; see `log_piece` for terminals."""
    log_piece(text)


def _write(text: str) -> None:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise ReaderLeftError from None


def abandon() -> None:
    """Nobody reads any more: let the interpreter not complain about it when it ends."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
