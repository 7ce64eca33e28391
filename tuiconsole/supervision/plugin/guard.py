"""The guard: a managed program runs only under a current grant, whoever asks for it.

`supervisorctl start`, the XML-RPC interface and the web page, autostart and autorestart all end in a spawn,
and each spawn is asked about here, right before the fork. Programs that are not managed are never touched.
"""

from __future__ import annotations

import functools
import time

from supervisor.rpcinterface import SupervisorNamespaceRPCInterface
from supervisor.states import ProcessStates
from supervisor.xmlrpc import Faults, RPCError

from tuiconsole.supervision.plugin.processes import chronicle_of, namespec_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from tuiconsole.supervision.plugin.standing import StandingOrders

DENY, REPORT = "deny", "report"
GUARDS = (DENY, REPORT)


class GrantGuard:
    """Judges spawns by the standing orders.

    Args:
        orders: the managed programs, the floors, and whether to deny or only to report.
        may_start: whether the lease holds and its isolation has not begun, by the record, now.
    """

    def __init__(self, orders: StandingOrders, may_start: Callable[[], bool]) -> None:
        self._orders = orders
        self._may_start = may_start

    def refusal(self, process: Any) -> str | None:
        """Why a process may not be spawned now, with the remedy; None if it may."""
        chronicle = chronicle_of(process)
        namespec = namespec_of(process)
        if namespec in self._orders.disabled:
            # Whatever the guard does otherwise: a person has said so of this very program.
            return words_of_disabled(namespec, self._orders.disabled[namespec])
        if chronicle.token is not None and chronicle.grant is not None:
            floor = self._orders.floor(chronicle.grant)
            if chronicle.token <= floor or chronicle.void:
                return f"{namespec}: its token {chronicle.token[0]}-{chronicle.token[1]} is void"
        managed = self._orders.entry(process.group.config.name, namespec)
        if managed is None or self._orders.guard == REPORT:
            return None
        if chronicle.token is None:
            return f"{namespec} is managed and has no grant: tuiconsole start {managed.grant}"
        if managed.isolation == "STOP" and not self._may_start():
            return f"{namespec} may not run: the node holds no lease"
        return None

    def unguarded(self, process: Any) -> bool:
        """True if a managed program was let run without a grant."""
        managed = self._orders.entry(process.group.config.name, namespec_of(process))
        return managed is not None and chronicle_of(process).token is None


def words_of_disabled(namespec: str, who: str) -> str:
    """Why nobody starts it, and what to do."""
    return f"{namespec} is disabled by {who}: tuiconsole enable {namespec}"


def once_only(process: Any) -> None:
    """Have supervisord not try a refused autostart again at each turn of its loop."""
    if process.state == ProcessStates.STOPPED and not process.laststart:
        process.laststart = int(time.time())


def explain_refusals() -> None:
    """Have the fault of a refused start say why, and what to do: supervisor itself only names the program."""
    inner = SupervisorNamespaceRPCInterface.startProcess
    if hasattr(inner, "__wrapped__"):
        return

    @functools.wraps(inner)
    def start_process(self: Any, name: str, wait: bool = True) -> Any:
        try:
            return inner(self, name, wait)
        except RPCError as error:
            _, process = self._getGroupAndProcess(name)
            if error.code == Faults.SPAWN_ERROR and process is not None and process.spawnerr:
                raise RPCError(Faults.SPAWN_ERROR, f"{name}: {process.spawnerr}") from None
            raise

    SupervisorNamespaceRPCInterface.startProcess = start_process
