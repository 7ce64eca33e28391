"""CPU and memory of processes with all their descendants, sampled in a thread of its own pace."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Mapping
from pathlib import Path

import psutil

from tuiconsole.model.node import Machine
from tuiconsole.model.process import Usage


def _children(pid: int) -> list[int]:
    """Direct children, from the kernel's own lists: far cheaper than a walk over all processes."""
    found: list[int] = []
    for tasks in Path(f"/proc/{pid}/task").iterdir():
        found += map(int, (tasks / "children").read_text(encoding="ascii").split())
    return found


def _tree(pid: int) -> list[int]:
    tree, todo = [], [pid]
    while todo:
        current = todo.pop()
        tree.append(current)
        with contextlib.suppress(OSError):
            todo += _children(current)
    return tree


class UsageSampler:
    """Keeps what is needed to turn CPU times into percent."""

    def __init__(self) -> None:
        self._last: dict[tuple[int, float], float] = {}
        """CPU seconds by (pid, start): pids come again."""
        self._at = 0.0
        psutil.cpu_percent(interval=None)  # from here on the next call counts

    def sample(self, pids: Mapping[str, int]) -> dict[str, Usage]:
        """What each tree uses; percent of one core since the last sample. Blocks for some ms."""
        now = time.monotonic()
        elapsed, self._at = now - self._at, now
        seen: dict[tuple[int, float], float] = {}
        result = {}
        for namespec, pid in pids.items():
            cpu, memory, alive = 0.0, 0, False
            for member in _tree(pid):
                with contextlib.suppress(psutil.Error):
                    process = psutil.Process(member)
                    with process.oneshot():
                        key = (member, process.create_time())
                        times = process.cpu_times()
                        seen[key] = times.user + times.system
                        memory += process.memory_info().rss
                    # A child that is new since the last sample has used all its time since then.
                    cpu += seen[key] - self._last.get(key, 0.0 if self._last else seen[key])
                    alive = True
            if alive:
                result[namespec] = Usage(round(100 * cpu / elapsed, 1), memory)
        self._last = seen
        return result

    @staticmethod
    def machine() -> Machine:
        """What the machine is doing; processor time since the last call. Coarse, so that rest is no news."""
        memory = psutil.virtual_memory()
        step = max(1, memory.total // 1_000)
        return Machine(
            cores=os.cpu_count() or 1,
            cpu=round(psutil.cpu_percent(interval=None)),
            load=round(os.getloadavg()[0], 1),
            memory=(memory.total - memory.available) // step * step,
            memory_total=memory.total,
        )
