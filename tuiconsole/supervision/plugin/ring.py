"""The last events, numbered, for clients that come back."""

from __future__ import annotations

import json
import os
from collections import deque

EVENTS_KEPT = 4096
"""Some minutes of a busy node; about 1.5 MB when full."""


class EventRing:
    """Numbers events from 1 and keeps the last ones as encoded lines.

    `stream` names this numbering: a number of another supervisord, or of one that has
    reloaded, means nothing.
    """

    def __init__(self, kept: int = EVENTS_KEPT) -> None:
        self._lines: deque[bytes] = deque(maxlen=kept)
        self.stream = os.urandom(8).hex()
        self.last = 0

    def append(self, event: dict[str, object]) -> bytes:
        """Number the event, keep it, and give the line to send."""
        self.last += 1
        line = json.dumps({"seq": self.last, **event}, separators=(",", ":")).encode() + b"\n"
        self._lines.append(line)
        return line

    def since(self, seq: int, stream: str) -> list[bytes] | None:
        """All lines after number `seq` of `stream`; None if some are lost, or are not ours to count."""
        first = self.last - len(self._lines)
        if stream != self.stream or not first <= seq <= self.last:
            return None
        return list(self._lines)[seq - first :]
