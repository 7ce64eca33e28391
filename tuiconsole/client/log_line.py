"""A line of a log as data."""

from __future__ import annotations

import msgspec


class LogLine(msgspec.Struct, frozen=True):
    """What `logs --json` prints of each line."""

    namespec: str
    stream: str
    """`stdout` or `stderr`."""
    line: str
    """Without its end; bytes that are no UTF-8 are replaced."""
