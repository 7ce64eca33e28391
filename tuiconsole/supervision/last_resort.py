"""The shim's own deadline: what must not outlive the node's lease is killed though supervisord stands still.

The plugin stops and kills at `stop_at` and `kill_at`, inside supervisord. If that is paused, or hangs,
nothing of it runs; so the shim looks at the same record, and at `shim_kill_at` kills what is left of
supervisord's programs, but for those on the list of the spared. It does so once for each end of a lease: what
supervisord starts later is the guard's matter.
"""

from __future__ import annotations

import os
import time

try:
    from tuiconsole.supervision import deadline_file, descendants, spared
except ImportError:  # in the shim, which has this directory alone
    import deadline_file  # type: ignore[import-not-found, no-redef]
    import descendants  # type: ignore[import-not-found, no-redef]
    import spared  # type: ignore[import-not-found, no-redef]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from tuiconsole.supervision.descendants import Entry
    from tuiconsole.supervision.spared import Spared

LOOK = 0.25
"""Seconds between two looks at the record: an end that was set earlier is seen by then, as is the time that
the machine slept, which poll(2) does not count."""
SWEEP = 0.01
"""Seconds between two rounds of killing."""
YOUNG = 0.1
"""Seconds: a child of supervisord that is younger may be one that is to be spared and not on the list yet."""
_TICK = 1 / os.sysconf("SC_CLK_TCK")


def doomed(
    table: dict[int, Entry],
    shim: int,
    supervisord: int,
    exempt: Spared,
    owner_of: Callable[[int], bytes],
    young: Callable[[int], bool],
) -> tuple[set[int], bool]:
    """Who is to be killed now, and whether more may be left for the next round.

    Args:
        table: all living processes.
        shim: its pid; orphans of programs are its children.
        supervisord: its pid.
        exempt: the list of the spared.
        owner_of: the namespec that an orphan's environment names; empty if it names none.
        young: whether a process was born just now.
    """
    names = set(exempt.values())
    kept, roots, waits = [], [], False
    for pid, entry in table.items():
        if pid in (shim, supervisord) or entry.parent not in (shim, supervisord):
            continue
        orphan = entry.parent == shim
        if (pid, entry.born) in exempt or (orphan and owner_of(pid) in names):
            kept.append(pid)
        elif not orphan and young(pid):
            waits = True
        else:
            roots.append(pid)
    own = descendants.trees(kept, table) | {shim, supervisord}
    found = descendants.trees(roots, table) - own
    return found, waits or bool(found)


class LastResort:
    """Looks at the record of one run directory. `look` says when it is to be called again.

    Args:
        run_dir: where the record and the list are.
        boot: this boot's id.
        incarnation: the tag that supervisord's programs bear in their environment.

    Raises:
        OSError: the run directory cannot be used.
    """

    def __init__(self, run_dir: str, boot: str, incarnation: str) -> None:
        self._deadline = deadline_file.open_deadline(run_dir)
        self._spared = spared.open_spared(run_dir)
        self._boot = boot.encode("ascii")
        self._tag = incarnation.encode()
        self._done_for = 0.0
        self.busy = False
        """True while something that must die may be left."""
        self.killed = 0
        """Signals sent since somebody set it to 0."""

    def look(self, supervisord: int) -> float:
        """Kill, if it is time. Returns the seconds until the next look."""
        due = self._due()
        if due is None or due == self._done_for:
            return LOOK
        wait = due - _boottime()
        if wait > 0:
            return min(wait, LOOK)
        table = descendants.process_table()
        found, more = doomed(
            table,
            os.getpid(),
            supervisord,
            spared.read(self._spared),
            self._owner,
            lambda pid: _young(table[pid]),
        )
        self.killed += descendants.kill((pid, table[pid].born) for pid in found)
        self.busy = more
        if more:
            return SWEEP
        self._done_for = due
        return LOOK

    def _due(self) -> float | None:
        record = deadline_file.newest(self._deadline, self._boot)
        return None if record is None else record[8]

    def _owner(self, pid: int) -> bytes:
        environment = descendants.environment(pid)
        if environment.get(b"TUICONSOLE_INSTANCE") != self._tag:
            return b""
        group = environment.get(b"SUPERVISOR_GROUP_NAME", b"")
        return group + b":" + environment.get(b"SUPERVISOR_PROCESS_NAME", b"")


def _boottime() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _young(entry: Entry) -> bool:
    return _boottime() - entry.born * _TICK < YOUNG
