"""Orders on their way to a node, be it this one or another."""

from __future__ import annotations

import msgspec

from tuiconsole.agent.obedience import Obedience
from tuiconsole.agent.peers import NoAnswerError, Peers
from tuiconsole.wire.orders import NodeOrder
from tuiconsole.wire.replies import Obeyed
from tuiconsole.wire.requests import StopHere

STOPPED_GRACE = 0.5
"""Seconds that a node may be late with the word that something has ended or has not."""


class Dispatch:
    """From the agent of one node.

    Args:
        name: of this node.
        obedience: carries out what is for this node.
        peers: the way to all others.
    """

    def __init__(self, name: str, obedience: Obedience, peers: Peers) -> None:
        self._name = name
        self._obedience = obedience
        self._peers = peers

    async def order(self, name: str, order: NodeOrder, within: float) -> Obeyed:
        """Have a node carry out an order of the master; `unknown` if it does not answer in time (seconds)."""
        if name == self._name:
            return await self._obedience.obey(order)
        return await self._ask(name, order, within)

    async def stop_on(self, name: str, order: StopHere) -> Obeyed:
        """Have a node stop something without a master's word."""
        if name == self._name:
            return await self._obedience.stop_here(order)
        return await self._ask(name, order, order.timeout + STOPPED_GRACE)

    async def _ask(self, name: str, order: NodeOrder | StopHere, within: float) -> Obeyed:
        try:
            answer = await self._peers.call(name, order, within)
        except NoAnswerError as error:
            return Obeyed("unknown", str(error))
        if isinstance(answer, Obeyed):
            return answer
        return Obeyed("refused", f"{name} answered {msgspec.to_builtins(answer)}")
