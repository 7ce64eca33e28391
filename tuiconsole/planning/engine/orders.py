"""Commands to nodes that are under way: each is sent again until it is answered or no longer wanted."""

from __future__ import annotations

import msgspec

from tuiconsole.clock import BootTime
from tuiconsole.planning.engine.messages import Answer, NodeCommand

LIFE = 3.0
"""Seconds a command may be obeyed after it was made. Longer than a slow round trip, shorter than a lease."""
AGAIN_UNKNOWN = 0.2
AGAIN_REFUSED = 0.5
AGAIN_WITHOUT_EFFECT = 10.0
"""Seconds after which an answered command that had no effect is given once more."""

Key = tuple[str, str, str]
"""Kind of command, node, and the namespec or grant it is about."""


class Order(msgspec.Struct):
    """One command, and what became of it so far."""

    command: NodeCommand
    again_at: BootTime
    answer: Answer | None = None
    reason: str = ""


class Orders:
    """All commands under way, each wanted once."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._number = 0
        self._orders: dict[Key, Order] = {}
        self._keys: dict[str, Key] = {}

    def new_id(self) -> str:
        """A command id that no other master has used or will use."""
        self._number += 1
        return f"{self._prefix}/{self._number}"

    def get(self, key: Key) -> Order | None:
        """What became of it so far."""
        return self._orders.get(key)

    def due(self, key: Key, now: BootTime) -> bool:
        """True if it was never given, or has to be given again."""
        order = self._orders.get(key)
        return order is None or now >= order.again_at

    def given(self, key: Key, command: NodeCommand, now: BootTime) -> None:
        """It is being sent."""
        self.drop(key)
        self._orders[key] = Order(command, now + LIFE)
        self._keys[command.command_id] = key

    def id_for(self, key: Key) -> str:
        """The id to send it under: the same as before, if it was given before and not obeyed.

        A node does nothing a second time under an id that it has obeyed.
        """
        order = self._orders.get(key)
        return order.command.command_id if order and order.answer is not Answer.OK else self.new_id()

    def answered(self, command_id: str, answer: Answer, reason: str, now: BootTime) -> None:
        """A node has answered; answers to what is no longer wanted are of no interest."""
        key = self._keys.get(command_id)
        if key is None:
            return
        order = self._orders[key]
        order.answer, order.reason = answer, reason
        pause = {
            Answer.UNKNOWN: AGAIN_UNKNOWN,
            Answer.REFUSED: AGAIN_REFUSED,
            Answer.OK: AGAIN_WITHOUT_EFFECT,
        }[answer]
        order.again_at = now + pause

    def drop(self, key: Key) -> None:
        """It is no longer wanted."""
        order = self._orders.pop(key, None)
        if order is not None:
            self._keys.pop(order.command.command_id, None)

    def drop_node(self, node: str) -> None:
        """Nothing is wanted of this node any more."""
        for key in [key for key in self._orders if key[1] == node]:
            self.drop(key)

    def next_at(self, now: BootTime) -> BootTime | None:
        """When the next one has to be given again."""
        times = [order.again_at for order in self._orders.values() if order.again_at > now]
        return min(times, default=None)
