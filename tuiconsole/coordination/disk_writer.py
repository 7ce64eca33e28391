"""The thread that writes a voter's records: nothing that waits for a disk shares a thread with the leases."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from tuiconsole.coordination.disk import VoterDisk
from tuiconsole.coordination.record import VoterRecord


class Written(NamedTuple):
    """What became of a record: `trouble` says why it is not on disk, and what to do; None if it is."""

    change: int
    trouble: str | None


class DiskWriter:
    """Writes one record at a time. `wake` is called in its thread whenever an outcome waits in `finished`."""

    def __init__(self, disk: VoterDisk, wake: Callable[[], None]) -> None:
        self._disk = disk
        self._wake = wake
        self._due: queue.SimpleQueue[tuple[int, VoterRecord] | None] = queue.SimpleQueue()
        self._finished: deque[Written] = deque()
        self._busy = False
        self._thread = threading.Thread(target=self._run, name="voter disk", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """Write what is due, and end; returns when that is done."""
        if self._thread.ident is not None:
            self._due.put(None)
            self._thread.join()

    @property
    def idle(self) -> bool:
        """Whether a record can be given; never again after a failure."""
        return not self._busy

    def write(self, change: int, record: VoterRecord) -> None:
        """Write the state with this number."""
        self._busy = True
        self._due.put((change, record))

    def finished(self) -> Written | None:
        """The next outcome, in the order of the writes; None if there is none."""
        if not self._finished:
            return None
        written = self._finished.popleft()
        if written.trouble is None:
            self._busy = False
        return written

    def _run(self) -> None:
        while (due := self._due.get()) is not None:
            change, record = due
            trouble: str | None = None
            try:
                self._disk.store(record)
            except OSError as error:
                trouble = (
                    f"{self._disk.path}: {error.strerror}; free or repair the disk and start this agent again"
                )
            self._finished.append(Written(change, trouble))
            self._wake()
