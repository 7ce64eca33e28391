"""What real processes are doing, from /proc, and how a test lets them stand still."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.waiting import until


def _state(stat: Path) -> str:
    """The letter of the state in such a file (proc_pid_stat(5)); X, dead, if it is gone."""
    try:
        text = stat.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "X"
    return text[text.rindex(")") + 2]


def alive(pid: int) -> bool:
    """True unless the process is gone or a zombie."""
    return _state(Path(f"/proc/{pid}/stat")) not in "ZX"


def _stands_still(pid: int) -> bool:
    """Whether no thread of a process can take a step."""
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return True
    return all(_state(thread / "stat") in "TtZX" for thread in threads)


@contextlib.contextmanager
def frozen(pids: Iterable[int]) -> Iterator[None]:
    """Let these processes stand still within the block.

    SIGSTOP returns when it is on its way: on a busy machine a process can answer some requests after it. The
    block begins when none can.
    """
    stopped = list(pids)
    try:
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        until(lambda: all(map(_stands_still, stopped)), f"the standstill of {stopped}", every=0.001)
        yield
    finally:
        for pid in stopped:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
