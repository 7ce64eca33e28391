"""What a voter says: at once, or once it is on disk; to others, or to itself."""

from __future__ import annotations

from collections import deque

from tuiconsole.coordination.founding import Founding
from tuiconsole.coordination.messages import TO_ANY_NODE, Message, Refusal
from tuiconsole.coordination.paxos.durability import Durability
from tuiconsole.coordination.voters import VoterSet

From = tuple[str, str, str]
"""Cluster, digest and sender: how every message begins."""


class Post:
    """The messages of one voter, on their way out.

    What it says to itself as one voter to another does not leave: it waits in `next_to_self`, so that one
    message is dealt with before the next.
    """

    def __init__(self, name: str, voters: VoterSet, founding: Founding, durability: Durability) -> None:
        self.name = name
        self.voters = voters
        self.outbox: list[tuple[str, Message]] = []
        """(to, message): for the driver, which takes them out."""
        self.to_nodes: From = (voters.cluster, voters.digest, name)
        """Begins a message to any node, voter or not."""
        self._founding = founding
        self._durability = durability
        self._others = tuple(other for other in voters.names if other != name)
        self._to_self: deque[Message] = deque()
        self._withheld: list[tuple[int, str, Message]] = []

    @property
    def to_voters(self) -> From:
        """Begins a message from voter to voter."""
        return (self.voters.cluster, self._founding.digest, self.name)

    def send(self, to: str, message: Message) -> None:
        """Send now: it shows no change that is not on disk."""
        if to == self.name and not isinstance(message, TO_ANY_NODE):
            self._to_self.append(message)
        else:
            self.outbox.append((to, message))

    def send_to_others(self, message: Message) -> None:
        """Send to every other voter now."""
        for other in self._others:
            self.outbox.append((other, message))

    def answer(self, change: int, to: str, message: Message) -> None:
        """Send once the change with this number is on disk."""
        if self._durability.is_durable(change):
            self.send(to, message)
        else:
            self._withheld.append((change, to, message))

    def answer_others(self, change: int, message: Message) -> None:
        """Send to every other voter once the change with this number is on disk."""
        for other in self._others:
            self.answer(change, other, message)

    def refuse(self, to: str, term: int, promised_term: int, remaining: float = 0.0) -> None:
        """Refuse what was asked in `term`: for `remaining` seconds, or for good by what is promised."""
        self.send(to, Refusal(*self.to_voters, term, promised_term, remaining))

    def release(self, change: int) -> None:
        """Send what waited for the change with this number, or for an earlier one."""
        ready = [one for one in self._withheld if one[0] <= change]
        if ready:
            self._withheld = [one for one in self._withheld if one[0] > change]
            for _, to, message in ready:
                self.send(to, message)

    def next_to_self(self) -> Message | None:
        """The next message of this voter to itself."""
        return self._to_self.popleft() if self._to_self else None

    def discard(self) -> None:
        """Say nothing of what has not left yet."""
        self._withheld.clear()
        self.outbox.clear()
