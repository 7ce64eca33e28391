"""Breaks parts of a node on this machine: only what is proven to be that part, and undone at the end."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path

from tuiconsole.model.status import NodeStatus
from tuiconsole.settings.cluster import ClusterNode
from tuiconsole.supervision.descendants import environment, read_entry

PARTS = ("agent", "shim", "supervisord")
DEMO = b"TUICONSOLE_DEMO"


class CannotBreakError(Exception):
    """A part is not here, or not ours; `str()` says which, and what to do."""


class Part:
    """One process, held by its descriptor: a pid that is given to another process later is left alone."""

    def __init__(self, what: str, pid: int) -> None:
        self.what = what
        self.pid = pid
        self._descriptor = os.pidfd_open(pid)

    def signal(self, number: int) -> None:
        """Signal it; nothing happens if it is gone."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._descriptor, number)

    def close(self) -> None:
        """Let go of it."""
        os.close(self._descriptor)


def missing(node: ClusterNode, status: NodeStatus) -> str | None:
    """Why the parts of a node cannot be broken from here, with a remedy; None if they can."""
    pids = status.pids
    if not all((pids.agent, pids.shim, pids.supervisord)):
        parts = f"{pids.agent}, {pids.shim}, {pids.supervisord}"
        return f"{node.name} is not whole (agent, shim, supervisord: {parts})"
    entries = [read_entry(pid) for pid in (pids.agent, pids.shim, pids.supervisord)]
    elsewhere = f"{node.name} is not on this machine: run crash-test on {node.host}"
    if None in entries or entries[2] is None or entries[2].parent != pids.shim:
        return elsewhere
    words = _command_line(pids.agent)
    if b"agent" not in words or node.name.encode() not in words:
        return elsewhere
    found = environment(pids.supervisord)
    if not found:
        return f"the processes of {node.name} are another user's: run crash-test as that user or as root"
    state = os.fsdecode(found.get(b"TUICONSOLE_STATE", b""))
    if found.get(b"TUICONSOLE_NODE") != node.name.encode() or os.path.realpath(state) != os.path.realpath(
        node.state_dir
    ):
        return elsewhere
    return None


def of_a_demo(status: NodeStatus) -> bool:
    """True if the agent of this node was started by `tuiconsole demo`."""
    return DEMO in environment(status.pids.agent)


@contextlib.contextmanager
def holding(status: NodeStatus, parts: Sequence[str]) -> Iterator[list[Part]]:
    """The parts of a node, to be signalled; whatever happens, none stays stopped.

    Raises:
        CannotBreakError: a part is gone, or another user's.
    """
    held: list[Part] = []
    try:
        for what in parts:
            pid = getattr(status.pids, what)
            try:
                os.kill(pid, 0)
                held.append(Part(what, pid))
            except ProcessLookupError:
                raise CannotBreakError(f"the {what} of {status.name} (pid {pid}) is gone") from None
            except PermissionError:
                raise CannotBreakError(
                    f"the {what} of {status.name} (pid {pid}) is another user's: run crash-test as root"
                ) from None
        yield held
    finally:
        for part in held:
            part.signal(signal.SIGCONT)
            part.close()


def _command_line(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return []
