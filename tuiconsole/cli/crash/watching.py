"""Looks at the processes of a cluster on this machine, in /proc: no part under test is asked."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from pathlib import Path

from tuiconsole.cli.crash.judging import Life, Look
from tuiconsole.clock import boottime
from tuiconsole.supervision.descendants import environment, process_table, read_entry

_EVERY = 0.02
_UNSURE = 2.0
"""Seconds for which a stranger may yet turn out a program: it has forked, and not executed it."""


class Watch:
    """Looks again and again, in a thread of its own, within the `with` block.

    Args:
        states: the state directory of each node, by which its processes are known.
    """

    def __init__(self, states: Mapping[str, Path]) -> None:
        self._states = {name: os.path.realpath(path) for name, path in states.items()}
        self._known: dict[tuple[int, int], Life] = {}
        self._strangers: dict[tuple[int, int], float] = {}
        self._looks: list[Look] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watch", daemon=True)
        self._began = boottime()
        self.before = self._look()

    def __enter__(self) -> None:
        self._began = boottime()
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def looks(self) -> list[Look]:
        """All looks so far, oldest first."""
        return list(self._looks)

    def _watch(self) -> None:
        while True:
            last = self._stop.is_set()  # one more look after the last thing that happened
            lives = self._look()
            self._looks.append(Look(boottime() - self._began, lives))
            if last:
                return
            self._stop.wait(_EVERY)

    def _look(self) -> frozenset[Life]:
        now = boottime()
        lives = []
        for pid, entry in process_table().items():
            key = (pid, entry.born)
            life = self._known.get(key)
            if life is None and now - self._strangers.setdefault(key, now) < _UNSURE:
                life = self._identify(*key)
                if life is not None:
                    self._known[key] = life
            if life is not None:
                lives.append(life)
        # One pass takes a few milliseconds: what ended while it went on was not there together with the rest.
        return frozenset(life for life in lives if _lives_on(life))

    def _identify(self, pid: int, born: int) -> Life | None:
        words = environment(pid)
        node = words.get(b"TUICONSOLE_NODE", b"").decode("utf-8", "replace")
        token = words.get(b"TUICONSOLE_TOKEN", b"").decode("utf-8", "replace")
        state = os.fsdecode(words.get(b"TUICONSOLE_STATE", b""))
        if not token or node not in self._states or os.path.realpath(state) != self._states[node]:
            return None
        group, name = words.get(b"SUPERVISOR_GROUP_NAME", b""), words.get(b"SUPERVISOR_PROCESS_NAME", b"")
        return Life((group + b":" + name).decode("utf-8", "replace"), node, token, pid, born)


def _lives_on(life: Life) -> bool:
    entry = read_entry(life.pid)
    return entry is not None and entry.born == life.born
