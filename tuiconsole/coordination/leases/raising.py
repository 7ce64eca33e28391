"""The leader's side of raising an epoch: first ask whether a majority would, then have them do it."""

from __future__ import annotations

from tuiconsole.clock import BootTime
from tuiconsole.coordination.messages import EpochAnswer
from tuiconsole.coordination.voters import VoterSet

PATIENCE = 0.05
"""Seconds after which a voter that refused without naming a time is asked again."""


class EpochRaise:
    """One node's epoch on its way up.

    The question comes first so that one voter alone does not make void an epoch that the others go on
    acknowledging: such a node would live on with a voter less.

    A voter that refuses is asked again when the time is over that it named. The others may never answer:
    with one voter dead, all those left are needed, and they acknowledged the node some moments apart.
    """

    def __init__(self, node: str, voters: VoterSet, request: int) -> None:
        self.node = node
        self.voters = voters
        self.request = request
        self.dry = True
        self.target = 0
        self.raised: int | None = None
        """The epoch below which none is held any more, once a majority has agreed on disk."""
        self._agreed: dict[str, EpochAnswer] = {}
        self._refused: dict[str, BootTime] = {}

    @property
    def answers(self) -> int:
        """How many voters answered."""
        return len(self._agreed) + len(self._refused)

    @property
    def next_question(self) -> BootTime:
        """When the first of those that refused is to be asked again."""
        return min(self._refused.values(), default=float("inf"))

    def forget_refusals(self, now: BootTime) -> bool:
        """Leave out the refusals whose time is over; True if there are any: then it is time to ask again."""
        over = [voter for voter, until in self._refused.items() if until <= now]
        for voter in over:
            del self._refused[voter]
        return bool(over)

    @property
    def unanswered(self) -> tuple[str, ...]:
        """The voters still to be asked, or asked again."""
        return tuple(
            name for name in self.voters.names if name not in self._agreed and name not in self._refused
        )

    def answered(self, now: BootTime, voter: str, answer: EpochAnswer) -> bool:
        """Count an answer; True if the second question, with `target`, is to be sent now."""
        if answer.request != self.request or answer.dry != self.dry or answer.node != self.node:
            return False
        if not answer.agreed:
            self._agreed.pop(voter, None)
            self._refused[voter] = now + (answer.remaining or PATIENCE)
            return False
        self._refused.pop(voter, None)
        self._agreed[voter] = answer
        if len(self._agreed) < self.voters.majority:
            return False
        if not self.dry:
            self.raised = self.target
            return False
        self.target = max(1, *(one.epoch + one.held for one in self._agreed.values()))
        self.dry = False
        self._agreed.clear()
        self._refused.clear()
        return True

    def refused_until(self) -> BootTime | None:
        """When a majority may agree, if by the answers so far it cannot now."""
        if len(self.voters) - len(self._refused) >= self.voters.majority:
            return None
        needed = self.voters.majority - (len(self.voters) - len(self._refused))
        return sorted(self._refused.values())[needed - 1]
