"""Finds every process that belongs to a program, also after it has left its parent, group or session.

Plugin and shim both need it: it imports only what costs no memory, and the C module below `signal`.
"""

from __future__ import annotations

import os
from _signal import SIGKILL, pidfd_send_signal  # type: ignore[import-not-found]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


class Entry:
    """A living process, as /proc/PID/stat tells it.

    `born`: clock ticks since boot; together with the pid it names one process for good.
    """

    __slots__ = ("born", "group", "parent", "session")

    def __init__(self, parent: int, group: int, session: int, born: int) -> None:
        self.parent = parent
        self.group = group
        self.session = session
        self.born = born


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
        try:
            fd = os.pidfd_open(pid)
        except OSError:
            continue
        try:
            entry = read_entry(pid)
            if entry is not None and entry.born == born:
                pidfd_send_signal(fd, SIGKILL)
                count += 1
        except OSError:
            continue  # gone, or another user's
        finally:
            os.close(fd)
    return count
