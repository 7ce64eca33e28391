"""Finds every process that belongs to a program, also after it has left its parent, group or session."""

from __future__ import annotations

import contextlib
import os
import signal
from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


class Entry(NamedTuple):
    """A living process, as /proc/PID/stat tells it."""

    parent: int
    group: int
    session: int
    born: int
    """Clock ticks since boot: together with the pid it names one process for good."""


def read_entry(pid: int) -> Entry | None:
    """What /proc knows; None if the process is gone or only waits to be reaped."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 (called in a signal handler: no detours)
            text = file.read()
    except OSError:
        return None
    fields = text[text.rindex(b")") + 2 :].split()
    if fields[0] in (b"Z", b"X"):
        return None
    return Entry(int(fields[1]), int(fields[2]), int(fields[3]), int(fields[19]))


def process_table() -> dict[int, Entry]:
    """All living processes that can be seen."""
    table = {}
    for name in os.listdir("/proc"):  # noqa: PTH208 (called in a signal handler: no detours)
        if name.isdigit():
            entry = read_entry(int(name))
            if entry is not None:
                table[int(name)] = entry
    return table


def trees(roots: Collection[int], table: dict[int, Entry]) -> set[int]:
    """The roots that live, their descendants, and whoever is in a group or session they lead."""
    members = {pid for pid in roots if pid in table}
    leaders = set(roots)
    grown = True
    while grown:
        grown = False
        for pid, entry in table.items():
            if pid not in members and (
                entry.parent in members or entry.group in leaders or entry.session in leaders
            ):
                members.add(pid)
                leaders.add(pid)
                grown = True
    return members


def environment(pid: int) -> dict[bytes, bytes]:
    """The environment a process was started with; empty if it is gone or not ours to read."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:  # noqa: PTH123 (called in a signal handler: no detours)
            text = file.read()
    except OSError:
        return {}
    return dict(pair for item in text.split(b"\0") if len(pair := tuple(item.split(b"=", 1))) == 2)  # type: ignore[misc]  # mypy cannot see the length


def kill(found: Iterable[tuple[int, int]]) -> int:
    """SIGKILL each (pid, born) unless the pid is another process by now. Returns how many were signalled."""
    count = 0
    for pid, born in found:
        with contextlib.suppress(OSError):
            fd = os.pidfd_open(pid)
            try:
                entry = read_entry(pid)
                if entry is not None and entry.born == born:
                    signal.pidfd_send_signal(fd, signal.SIGKILL)
                    count += 1
            finally:
                os.close(fd)
    return count
