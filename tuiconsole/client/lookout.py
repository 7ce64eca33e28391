"""Which agents a console listens to, and what it says of its connection. Decides; the clock is passed in.

The own node's agent is always listened to. While it is silent others are tried, and the first of them that
speaks stands in for it. Tries overlap: one that is slow to answer, on a poor line or a busy machine, is not
given up for the next, or nobody would ever be heard there.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Sequence

import msgspec

from tuiconsole.client.session import Link

LOST_AFTER = 2.5
"""Seconds of silence after which an agent counts as lost."""
UNEASY_AFTER = 1.6
"""Seconds of silence of the own agent after which another one is asked too, lest nobody be heard at all."""
FIRST_PATIENCE = 0.6
"""Seconds an agent has to answer at first before another one is tried as well."""
AT_ONCE = 8
"""Others that are tried at the same time."""
TRIED_FOR = 6.0
"""Seconds after which a try gives way to the next one, if more wait than are tried at once: longer than a
handshake may take (wire.sockets.HANDSHAKE), and the answer."""


class Turn(msgspec.Struct, frozen=True):
    """What is to be done now, in this order."""

    close: tuple[str, ...] = ()
    """Nodes whose agents need no longer be listened to."""
    open: tuple[str, ...] = ()
    """Nodes whose agents are to be listened to."""
    lost: bool = False
    """The own agent has fallen silent: what it was asked will not be answered."""
    told: bool = False
    """The link differs from what it was."""


class _Heard(msgspec.Struct):
    """One agent that is listened to."""

    opened: float
    heard: float = -math.inf
    odd: bool = False
    """Its last word was none that is understood here."""


class Lookout:
    """Whom to listen to.

    Args:
        own: the node on whose behalf the console asks.
        others: the other nodes, in the order in which they are to be tried.
        now: seconds, on any clock that only grows.
    """

    def __init__(self, own: str, others: Sequence[str], now: float) -> None:
        self._own = own
        self._order = tuple(others)
        self._others = deque(others)
        self._contacts = {own: _Heard(now)}
        self._stand_in = ""
        self._was_alive = False
        self._tried_at = -math.inf
        self.link = Link(connected=False, reason=f"connecting to the agent of {own}")

    def alive(self, node: str, now: float) -> bool:
        """True if that agent is listened to, and was heard within LOST_AFTER."""
        contact = self._contacts.get(node)
        return contact is not None and now - contact.heard < LOST_AFTER

    def way(self, now: float, *, anywhere: bool) -> str:
        """The node whose agent may carry a request; empty if none is heard that may.

        Args:
            now: on the lookout's clock.
            anywhere: True if another agent than the own one will do.
        """
        if self.alive(self._own, now):
            return self._own
        return self._stand_in if anywhere and self.alive(self._stand_in, now) else ""

    def hear(self, node: str, now: float, *, news: bool = True) -> Turn:
        """An agent has spoken, in words that are understood.

        Args:
            node: whose agent.
            now: on the lookout's clock.
            news: it has told of the cluster, so that it may be shown. The own one's news are the best.
        """
        contact = self._contacts.get(node)
        if contact is None:
            return Turn()
        contact.heard, contact.odd = now, False
        if not news:
            return Turn()
        dropped = self._drop(one for one in self._contacts if one not in (node, self._own))
        self._stand_in = "" if node == self._own else node
        if node == self._own:
            self._others = deque(self._order)
        reason = "" if node == self._own else f"the agent of {self._own} does not answer"
        return Turn(close=dropped, told=self._tell(Link(connected=True, agent=node, reason=reason)))

    def misunderstand(self, node: str) -> None:
        """An agent has spoken, but not in words that are understood: that does not count as heard."""
        contact = self._contacts.get(node)
        if contact is not None:
            contact.odd = True

    def disbelieve(self, node: str) -> None:
        """What an agent told last turns out not to be understood: it was not heard either."""
        contact = self._contacts.get(node)
        if contact is not None:
            contact.odd, contact.heard = True, -math.inf

    def turn(self, now: float) -> Turn:
        """What the time that has passed asks for."""
        alive = self.alive(self._own, now)
        lost, self._was_alive = self._was_alive and not alive, alive
        own = self._contacts[self._own]
        close: tuple[str, ...] = ()
        opened: tuple[str, ...] = ()
        if now - max(own.heard, own.opened) >= (UNEASY_AFTER if alive else FIRST_PATIENCE):
            close = self._given_up(now)
            opened = self._next(now)
        silent = not alive and not self.alive(self._stand_in, now)
        return Turn(close, opened, lost, silent and self._tell(self._silence()))

    def _given_up(self, now: float) -> tuple[str, ...]:
        """Ends a stand-in that was lost, and what was tried for long if others wait."""
        if self._stand_in and not self.alive(self._stand_in, now):
            lost, self._stand_in = self._stand_in, ""
            return self._drop([lost])
        tried = len(self._contacts) - 1
        if tried < AT_ONCE or not self._others:
            return ()
        return self._drop(
            node
            for node, contact in self._contacts.items()
            if node not in (self._own, self._stand_in) and now - contact.opened >= TRIED_FOR
        )

    def _next(self, now: float) -> tuple[str, ...]:
        """The next one to be tried, if it is time."""
        waits = self._stand_in or len(self._contacts) > AT_ONCE or not self._others
        if waits or now - self._tried_at < FIRST_PATIENCE:
            return ()
        node = self._others.popleft()
        self._contacts[node] = _Heard(now)
        self._tried_at = now
        return (node,)

    def _drop(self, nodes: Iterable[str]) -> tuple[str, ...]:
        """Listen to these no more; they are the last to be tried again."""
        dropped = tuple(nodes)
        for node in dropped:
            del self._contacts[node]
        self._others.extend(dropped)
        return dropped

    def _silence(self) -> Link:
        """That nobody is heard, and why."""
        odd = next((node for node, contact in self._contacts.items() if contact.odd), "")
        if odd:
            reason = f"the agent of {odd} speaks another version of tuiconsole: install the same"
        elif self.link.connected:
            reason = f"no agent answers, not even that of {self._own}"
        else:
            return self.link
        return Link(connected=False, reason=reason)

    def _tell(self, link: Link) -> bool:
        told, self.link = link != self.link, link
        return told
