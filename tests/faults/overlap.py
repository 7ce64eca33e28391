"""The judge: who ran where and when, by the programs' own stamps and the kernel's word on their ends.

A killed program cannot stamp its end. A pidfd tells it within milliseconds, so that two lives of one
application on two nodes are measured against each other also where one of them was killed.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import threading
from pathlib import Path
from typing import NamedTuple

from tuiconsole.clock import boottime

_EVERY = 0.02
"""Seconds between two looks for new stamps."""
COMMON_BUS = "common_data_bus"


class Life(NamedTuple):
    """One program of an application; `end` is the latest moment it can have ended."""

    application: str
    namespec: str
    node: str
    pid: int
    start: float


class Overlap(NamedTuple):
    """Two programs of one application lived at once on two nodes, for `length` seconds or more."""

    old: Life
    new: Life
    length: float

    def __str__(self) -> str:
        return (
            f"{self.new.namespec} (pid {self.new.pid}) started on {self.new.node} while {self.old.namespec} "
            f"(pid {self.old.pid}) ran on {self.old.node}: {self.length * 1000:.0f} ms"
        )


class Judge:
    """Follows a folder of stamps, in a thread of its own, from `start` until `stop`.

    `starts` and `ends` count what it has seen. An end counts from when it is seen: a judge that was held up
    convicts too much, never too little.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[Path, int] = {}
        self._living: dict[int, Life] = {}
        self._ended: list[tuple[Life, float]] = []
        self._pairs: list[tuple[Life, Life]] = []
        self._poller = select.poll()
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="judge", daemon=True)
        self.starts = self.ends = 0

    def start(self) -> None:
        """Watch from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Watch no more."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def overlaps(self) -> list[Overlap]:
        """What ran twice so far."""
        now = boottime()
        with self._lock:
            ends = dict(self._ended)
            found = []
            for old, new in self._pairs:
                begun = max(old.start, new.start)
                length = min(ends.get(old, now), ends.get(new, now)) - begun
                if length > 0:
                    found.append(Overlap(old, new, length))
        return found

    def _run(self) -> None:
        while not self._stopping.is_set():
            for descriptor, _ in self._poller.poll(_EVERY * 1000):
                self._end(descriptor)
            for path in self._folder.glob("*.stamps"):
                self._news(path)

    def _end(self, descriptor: int) -> None:
        self._poller.unregister(descriptor)
        os.close(descriptor)
        with self._lock:
            self._ended.append((self._living.pop(descriptor), boottime()))
        self.ends += 1

    def _news(self, path: Path) -> None:
        with path.open("rb") as file:
            file.seek(self._read.get(path, 0))
            for line in file:
                if not line.endswith(b"\n"):
                    break
                self._read[path] = self._read.get(path, 0) + len(line)
                with contextlib.suppress(ValueError):
                    self._stamp(json.loads(line))

    def _stamp(self, stamp: dict[str, object]) -> None:
        application = str(stamp["namespec"]).partition(":")[0]
        if stamp["event"] != "start" or application == COMMON_BUS:
            return
        pid, at = int(str(stamp["pid"])), float(str(stamp["at"]))
        new = Life(application, str(stamp["namespec"]), str(stamp["node"]), pid, at)
        self.starts += 1
        # Ends that came before this start, and are only now told, must count as before.
        for descriptor, _ in self._poller.poll(0):
            self._end(descriptor)
        with self._lock:
            others = [*self._living.values(), *(life for life, end in self._ended[-200:] if end > at)]
            self._pairs += [
                (old, new) for old in others if old.application == application and old.node != new.node
            ]
            try:
                descriptor = os.pidfd_open(pid)
            except ProcessLookupError:
                self._ended.append((new, at))
                return
            self._living[descriptor] = new
            self._poller.register(descriptor, select.POLLIN)
