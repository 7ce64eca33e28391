"""The leader of one term: its lease, counted from sending, and its one proposal at a time."""

from __future__ import annotations

from collections import deque

import msgspec

from tuiconsole.clock import BootTime
from tuiconsole.coordination.pace import Pace
from tuiconsole.coordination.paxos.acceptor import Stamp
from tuiconsole.coordination.voters import VoterSet
from tuiconsole.settings.timing import Timing

SHORT = 0.15
"""Seconds: with less than this left of its lease at the next heartbeat, a leader does not wait for that."""
HURRY = 0.05
"""Seconds between two heartbeats then. Answers that take nearly a lease still come one after the other in
time: on a line of 0.6 s for both ways a lease of 0.7 s lasts with heartbeats every 0.1 s, not every 0.2 s."""
REMEMBERED = 64
"""Rounds whose time of sending is remembered; an older answer could extend no lease."""


class Proposal(msgspec.Struct, frozen=True):
    """A value on its way to a majority. `request` is 0 for the value that a new leader accepts again."""

    stamp: Stamp
    value: bytes
    request: int


class WriteWanted(msgspec.Struct, frozen=True):
    """A replacement that waits for its turn."""

    request: int
    value: bytes
    expected: Stamp


class Leader:
    """Volatile state of a leader-elect, and of a leader once its first proposal is chosen."""

    def __init__(
        self, name: str, term: int, voters: VoterSet, timing: Timing, pace: Pace, elected_at: BootTime
    ) -> None:
        self.name = name
        self.term = term
        self.voters = voters
        self.timing = timing
        self.pace = pace
        self.established = False
        """Whether the value that was read is accepted again, under this term, by a majority (rule 2)."""
        self.chosen = Stamp(term, 0)
        self.value = b""
        self.proposal: Proposal | None = None
        self.waiting: deque[WriteWanted] = deque()
        self.lease_until: BootTime = elected_at
        self.next_beat: BootTime = elected_at
        self.round = 0
        self._rounds: dict[int, BootTime] = {}
        self._followed: dict[str, BootTime] = {}
        self._accepted: set[str] = set()
        self.offered_at: dict[str, BootTime] = {}
        """When the latest proposal, or the chosen value, was last sent to each voter."""

    def holds(self, now: BootTime) -> bool:
        """Whether this leader may act."""
        return self.established and now < self.lease_until

    def begin_round(self, now: BootTime) -> int:
        """A new heartbeat goes out now."""
        self.round += 1
        self._rounds[self.round] = now
        if len(self._rounds) > REMEMBERED:
            del self._rounds[next(iter(self._rounds))]
        self.next_beat = self.pace.after(now, self.timing.leader_beat)
        if self.lease_until - self.next_beat < SHORT:
            self.next_beat = min(self.next_beat, now + HURRY)
        return self.round

    def followed(self, voter: str, round_number: int) -> bool:
        """Count an answer to a heartbeat of this term; True if that extends the lease."""
        sent = self._rounds.get(round_number)
        if sent is None or sent <= self._followed.get(voter, float("-inf")):
            return False
        self._followed[voter] = sent
        since = self.voters.majority_value(self._followed)
        if since is None or since + self.timing.leader_lease <= self.lease_until:
            return False
        self.lease_until = since + self.timing.leader_lease
        return True

    def heard_by_majority_at(self) -> BootTime | None:
        """When the latest heartbeat was sent that a majority answered."""
        return self.voters.majority_value(self._followed)

    def propose(self, stamp: Stamp, value: bytes, request: int) -> Proposal:
        """Put a value on its way.

        Its stamp must be new: a (term, version) never carries two values (rule 3).
        """
        if self.proposal is not None or (self.established and stamp <= self.chosen):
            raise ValueError("one proposal at a time, each with a new stamp")
        self.proposal = Proposal(stamp, value, request)
        self._accepted.clear()
        self.offered_at.clear()
        return self.proposal

    def accepted(self, voter: str, stamp: Stamp) -> Proposal | None:
        """Count a voter's acceptance; the proposal, if a majority has it now.

        Another stamp counts nothing.
        """
        proposal = self.proposal
        if proposal is None or not self.matches(stamp, proposal.stamp):
            return None
        self._accepted.add(voter)
        if len(self._accepted) < self.voters.majority:
            return None
        self.proposal = None
        self.chosen, self.value = proposal.stamp, proposal.value
        self.established = True
        return proposal

    def latest(self) -> tuple[Stamp, bytes]:
        """What every voter should have by now."""
        if self.proposal is not None:
            return self.proposal.stamp, self.proposal.value
        return self.chosen, self.value

    def matches(self, acknowledged: Stamp, proposed: Stamp) -> bool:
        """Whether an acknowledgement is one of this proposal: it names both term and version."""
        return acknowledged == proposed
