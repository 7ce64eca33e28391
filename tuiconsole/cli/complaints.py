"""The only module that writes words about results to stderr, each on one line."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable

from tuiconsole.source.errors import Complaint, one_line


def prepare() -> None:
    """Let no letter that the terminal's encoding lacks end a command."""
    with contextlib.suppress(AttributeError):
        sys.stderr.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def say(text: str) -> None:
    """One line of this program's own."""
    _write(f"tuiconsole: {one_line(text)}\n")


def about_source(complaints: Iterable[Complaint]) -> None:
    """One line for each complaint about a file, as compilers write them."""
    for complaint in complaints:
        _write(f"{complaint}\n")


def progress(text: str) -> None:
    """One line for a person who waits; nothing if nobody looks."""
    if sys.stderr.isatty():
        _write(f"{one_line(text)}\n")


def _write(text: str) -> None:
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        # Nobody to complain to; Python would complain of that when it ends.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
