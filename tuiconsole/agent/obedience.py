"""What a node is told to do, and does: by the master, and by a person while there is no master.

What is stale is refused here, and once more by the plugin.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec

from tuiconsole.agent.local_node import LocalNode
from tuiconsole.agent.readiness import Readiness
from tuiconsole.clock import boottime
from tuiconsole.model.events import Severity
from tuiconsole.model.states import ProcessState
from tuiconsole.supervision import events as supervised
from tuiconsole.supervision.node import Managed, OwnRules, Supervision
from tuiconsole.wire.orders import (
    Command,
    CommandAdopt,
    CommandLeave,
    CommandManage,
    CommandProbe,
    CommandRelease,
    CommandStart,
    CommandStop,
    NodeOrder,
)
from tuiconsole.wire.replies import Obeyed
from tuiconsole.wire.requests import StopHere

PASSING = frozenset(("expired", "no_lease", "isolated", "shutting_down", "stale_epoch", "stale_term"))
"""Codes of refusals that say nothing of the program: the same order may be obeyed later, or one under the
node's new epoch, of which the master has not heard yet."""
LOOK_AGAIN = 0.1
"""Seconds between two looks at whether what a person has stopped has ended."""


class Obedience:
    """Of one node.

    Args:
        local: the node.
        own_rules: in force there besides the master's list.
        leave: ends the agent after so many seconds, whether or not for another to follow.
    """

    def __init__(self, local: LocalNode, own_rules: OwnRules, leave: Callable[[bool, float], None]) -> None:
        self._local = local
        self._own_rules = own_rules
        self._leave = leave
        self.readiness: Readiness | None = None
        """Looks at whether a process is ready; None before there is supervision."""

    async def obey(self, order: NodeOrder) -> Obeyed:
        """Carry out an order of the master, or say why not."""
        local = self._local
        supervision = local.supervision
        if supervision is None or local.leaving:
            return Obeyed("refused", f"{local.name} is leaving")
        local.term = max(local.term, order.term)
        try:
            if isinstance(order, CommandManage):
                managed = [Managed(*msgspec.structs.astuple(name)) for name in order.managed]
                own = self._own_rules
                await supervision.manage(
                    managed, term=order.term, guard=own.guard, own=own, scales=order.scales
                )
                return Obeyed("ok")
            if not self._is_meant(order):
                return Obeyed("unknown", f"this was meant for a former life of {local.name}")
            if boottime() >= order.deadline:
                return Obeyed("unknown", "the order came after its deadline")
            if isinstance(order, CommandLeave):
                self._leave(order.restart, order.after)
                return Obeyed("ok")
            return await self._obey_in_time(supervision, order)
        except supervised.Refused as refused:
            # A list that its disk does not take is put in force once it does.
            passing = (*PASSING, "failed") if isinstance(order, CommandManage) else PASSING
            return Obeyed("unknown" if refused.code in passing else "refused", refused.reason)
        except supervised.Unavailable as unavailable:
            return Obeyed("unknown", str(unavailable))

    def _is_meant(self, order: Command) -> bool:
        """Whether an order is for this life of the node, and of its supervisord.

        The proof that a former one has ended frees the grants that were given until it was heard: an order
        that is under way meanwhile must not come true.
        """
        local = self._local
        return (
            order.incarnation == local.incarnation
            and order.supervisord == local.pids[1]
            and order.life in ("", local.life)
        )

    async def _obey_in_time(
        self,
        supervision: Supervision,
        order: CommandStart | CommandStop | CommandRelease | CommandAdopt | CommandProbe,
    ) -> Obeyed:
        if isinstance(order, CommandProbe):
            return await self._look(order)
        if isinstance(order, CommandStart):
            if order.arguments and not supervision.passes_arguments:
                name = self._local.name
                what = f"the supervisord of {name} was started by a version that passes no arguments"
                return Obeyed("refused", f"{what}: restart its node first")
            await supervision.start_process(
                order.namespec,
                grant=order.grant,
                token=order.token,
                term=order.term,
                epoch=order.epoch,
                deadline=order.deadline,
                request_id=order.command_id,
                isolation=order.isolation,
                arguments=order.arguments,
            )
        elif isinstance(order, CommandStop):
            await supervision.stop_process(
                order.namespec,
                term=order.term,
                epoch=order.epoch,
                request_id=order.command_id,
                grant=order.grant,
                floor=order.void,
            )
        elif isinstance(order, CommandRelease):
            clear = await supervision.release(
                order.grant, order.namespecs, floor=order.token, term=order.term, epoch=order.epoch
            )
            if not clear:
                return Obeyed("refused", "something of it still runs")
        # To adopt needs nothing here: the processes go on, and the deadman covers them by their names.
        return Obeyed("ok")

    async def _look(self, order: CommandProbe) -> Obeyed:
        process = self._local.processes.get(order.namespec)
        if process is None or process.state is not ProcessState.RUNNING:
            return Obeyed("refused", f"{order.namespec} is not RUNNING")
        if self.readiness is None:
            return Obeyed("refused", f"{self._local.name} cannot look")
        return await self.readiness.look(order)

    async def stop_here(self, order: StopHere) -> Obeyed:
        """Stop what a person wants stopped though there is no master; `ok` once it has ended."""
        local = self._local
        supervision = local.supervision
        if supervision is None or local.leaving:
            return Obeyed("refused", f"{local.name} is leaving")
        until = boottime() + order.timeout
        why = f"{order.requested_by} has it stopped, without a master"
        for namespec in order.namespecs:
            try:
                await supervision.stop_process(namespec, reason=why)
            except supervised.Refused as refused:
                return Obeyed("refused", refused.reason)
            except supervised.Unavailable as unavailable:
                return Obeyed("unknown", str(unavailable))
            local.tell("request", f"{namespec}: {why}", Severity.MINOR)
        while alive := [namespec for namespec in order.namespecs if self._alive(namespec)]:
            if boottime() >= until:
                return Obeyed("unknown", f"{', '.join(alive)} has not ended within {order.timeout:.1f} s")
            await asyncio.sleep(LOOK_AGAIN)
        return Obeyed("ok")

    def _alive(self, namespec: str) -> bool:
        process = self._local.processes.get(namespec)
        return process is not None and process.state.alive
