"""What an isolation does to processes: find those that must stop, signal them, and tell supervisord.

`terminate` and `sweep` run in the handler of SIGALRM: they only read what the main loop may be changing, and
send signals. `tell` runs in the main loop.
"""

from __future__ import annotations

import contextlib
import os
import time

from supervisor.states import ProcessStates

from tuiconsole.supervision import descendants
from tuiconsole.supervision.plugin.processes import ALIVE, chronicle_of, namespec_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from tuiconsole.supervision.plugin.processes import Roster
    from tuiconsole.supervision.plugin.standing import StandingOrders

REASON = "stopped: the node has lost its lease"


class Isolation:
    """Args: the processes, the managed list, the tag of this node's processes, and the pid of the shim."""

    def __init__(self, roster: Roster, orders: StandingOrders, incarnation: str, shim_pid: int) -> None:
        self.roster = roster
        self._orders = orders
        self._tag = incarnation.encode()
        self._shim = shim_pid
        self._seen: set[tuple[int, int]] = set()

    def must_stop(self, process: Any) -> bool:
        """True for managed programs whose isolation is STOP, and for whatever else has a token."""
        managed = self._orders.managed.get(namespec_of(process))
        if managed is not None:
            return managed.isolation == "STOP"
        return chronicle_of(process).token is not None

    def doomed(self) -> Iterator[Any]:
        """The processes that must stop and are alive."""
        for process in self.roster:
            if process.state in ALIVE and self.must_stop(process):
                yield process

    def spared(self) -> Iterator[tuple[int, int, str]]:
        """The processes that go on running on an isolated node: pid, birth, namespec."""
        for process in self.roster:
            if process.pid and not self.must_stop(process):
                entry = descendants.read_entry(process.pid)
                if entry is not None:
                    yield process.pid, entry.born, namespec_of(process)

    def alive(self) -> bool:
        """True if any process that must stop is alive."""
        return next(self.doomed(), None) is not None

    def void_ended(self) -> None:
        """Void the tokens of what has ended, under an epoch that is over. With KEEP the grant stays."""
        for process in self.roster:
            managed = self._orders.managed.get(namespec_of(process))
            if process.state not in ALIVE and (managed is None or managed.isolation != "KEEP"):
                chronicle_of(process).void = True

    def terminate(self) -> None:
        """Each program's own stop signal, to its whole process group; descendants are noted for the sweep."""
        pids = [(process.pid, process.config.stopsignal) for process in self.doomed() if process.pid]
        for pid, stop_signal in pids:
            with contextlib.suppress(OSError):
                os.killpg(pid, stop_signal)
        table = descendants.process_table()
        self._seen = {(pid, table[pid].born) for pid in descendants.trees([pid for pid, _ in pids], table)}

    def sweep(self) -> int:
        """SIGKILL to all of them and all that descends from them; how many were found."""
        table = descendants.process_table()
        roots = {process.pid for process in self.doomed() if process.pid}
        found = self._seen & {(pid, entry.born) for pid, entry in table.items()}
        roots.update(pid for pid, _ in found)
        roots.update(self._strays(table))
        members = {(pid, table[pid].born) for pid in descendants.trees(roots, table) if pid != os.getpid()}
        self._seen |= members
        return descendants.kill(members)

    def tell(self) -> None:
        """Bring supervisord's states in line, so that it restarts nothing. Main loop only; repeatable."""
        for process in list(self.doomed()):
            chronicle = chronicle_of(process)
            chronicle.void = True
            chronicle.reason = REASON
            process.administrative_stop = True
            if process.state == ProcessStates.BACKOFF:
                process.change_state(ProcessStates.STOPPED)
            elif process.state != ProcessStates.STOPPING:
                process.killing = True
                process.delay = time.time() + process.config.stopwaitsecs
                process.change_state(ProcessStates.STOPPING)

    def _strays(self, table: dict[int, descendants.Entry]) -> set[int]:
        """Processes that carry a doomed program's name in their environment, and orphans of unknown owner."""
        own = os.getpid()
        strays = set()
        for pid, entry in table.items():
            if pid in (own, self._shim) or pid == 1:
                continue
            orphan = entry.parent == self._shim
            environment = descendants.environment(pid)
            if environment.get(b"TUICONSOLE_INSTANCE") != self._tag:
                if orphan:
                    strays.add(pid)
                continue
            owner = self._owner(environment)
            if owner is None:
                if orphan:
                    strays.add(pid)
            elif self.must_stop(owner):
                strays.add(pid)
        return strays

    def _owner(self, environment: dict[bytes, bytes]) -> Any | None:
        group = environment.get(b"SUPERVISOR_GROUP_NAME", b"").decode("utf-8", "replace")
        name = environment.get(b"SUPERVISOR_PROCESS_NAME", b"").decode("utf-8", "replace")
        return self.roster.find(f"{group}:{name}")
