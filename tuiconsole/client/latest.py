"""The last status of many: a great cluster sends more of them than anybody looks at."""

from __future__ import annotations

import math

from tuiconsole.model.status import ClusterStatus
from tuiconsole.wire.reading import StatusReader
from tuiconsole.wire.replies import Parts


class LatestStatus:
    """Reads a status only when somebody looks, and of it only what is new."""

    def __init__(self) -> None:
        self.at = -math.inf
        """When the last one came, on the clock of who took it."""
        self._reader = StatusReader()
        self._unread: Parts | None = None
        self._read: ClusterStatus | None = None
        self._read_at = -math.inf

    def take(self, status: Parts, now: float) -> None:
        """This one is newer."""
        self._unread, self.at = status, now

    def look(self) -> ClusterStatus | None:
        """The last one; None before the first.

        Raises:
            MalformedError: once, of what is no status; the next look gives what was seen before it.
        """
        if self._unread is not None:
            unread, self._unread = self._unread, None
            now, self.at = self.at, self._read_at
            self._read = self._reader.read(unread)
            self.at = self._read_at = now
        return self._read
