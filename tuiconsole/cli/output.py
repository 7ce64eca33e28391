"""The only module that writes results to stdout."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any

import msgspec

from tuiconsole.source.errors import one_line


def prepare() -> None:
    """Let no letter that the terminal's encoding lacks end a command."""
    with contextlib.suppress(AttributeError):
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def to_terminal() -> bool:
    """True if a person reads the results."""
    return sys.stdout.isatty()


def line(text: str) -> None:
    """One line, with control characters written out, at once."""
    sys.stdout.write(one_line(text) + "\n")
    sys.stdout.flush()


def lines(texts: list[str]) -> None:
    """Several lines in one go."""
    sys.stdout.write("".join(one_line(text) + "\n" for text in texts))
    sys.stdout.flush()


def screen(texts: list[str]) -> None:
    """Several lines in place of what the terminal showed."""
    sys.stdout.write("\x1b[H\x1b[2J")
    lines(texts)


def json(value: Any) -> None:
    """A value as indented JSON."""
    text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def json_line(value: Any) -> None:
    """A value as JSON on one line: one of many."""
    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")
    sys.stdout.flush()


def log_piece(text: str) -> None:
    """A piece of a log. A terminal gets no control characters but line ends and tabs from it."""
    if to_terminal():
        text = "".join(
            c if c in "\n\t" or c.isprintable() else one_line(c) for c in text.replace("\r\n", "\n")
        )
    sys.stdout.write(text)
    sys.stdout.flush()


def close() -> None:
    """Write what is left; raises BrokenPipeError if nobody reads."""
    sys.stdout.flush()


def abandon() -> None:
    """Nobody reads any more: let the interpreter not complain about it when it ends."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
