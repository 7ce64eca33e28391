"""When a voter stands for election, and whom it refuses.

Stickiness, silence after a restart, pre-vote, ballots.
"""

from __future__ import annotations

import random
from enum import Enum

from tuiconsole.clock import BootTime
from tuiconsole.coordination.messages import Promise
from tuiconsole.settings.timing import Timing

NEVER: BootTime = float("-inf")


class Role(str, Enum):
    """FOLLOWER; ASKING before a term (pre-vote); CANDIDATE for a term; LEADER of it."""

    FOLLOWER = "FOLLOWER"
    ASKING = "ASKING"
    CANDIDATE = "CANDIDATE"
    LEADER = "LEADER"


class Election:
    """One voter's view of elections. Decides, and leaves sending and promising to the voter."""

    def __init__(self, timing: Timing, majority: int, chance: random.Random) -> None:
        self.timing = timing
        self.majority = majority
        self.chance = chance
        self.role = Role.FOLLOWER
        self.term = 0
        """The term asked or stood for."""
        self.greatest_term = 0
        """The greatest term that this voter has heard of."""
        self.heard_at: BootTime = NEVER
        self.heard_leader: str = ""
        self.heard_term = 0
        self.silent_until: BootTime = NEVER
        self.deadline: BootTime = NEVER
        """When this voter stands, or tries again."""
        self._granted: set[str] = set()
        self._promises: dict[str, Promise] = {}

    def start(self, now: BootTime, *, may_have_promised: bool, silence: float = 0.0) -> None:
        """Begin to take part.

        Args:
            now: this machine's boot time.
            may_have_promised: a former life of this voter may have answered a leader: it promises nothing
                while that leader's lease can be held. `election_min` is one leader lease, and what clocks may
                drift.
            silence: the `election_min` of that life, seconds, if it was another one; the longer counts.
        """
        if may_have_promised:
            self.silent_until = now + max(self.timing.election_min, silence)
            self.deadline = now + self._patience()
        else:
            self.deadline = now + self.chance.uniform(0.0, 0.05)

    def heard_of(self, term: int) -> None:
        """A term was promised, led or sought somewhere: a later one is to be greater."""
        self.greatest_term = max(self.greatest_term, term)

    def heard(self, now: BootTime, leader: str, term: int) -> None:
        """A leader was heard, at the time of receipt."""
        self.role = Role.FOLLOWER
        self.heard_at = now
        self.heard_leader = leader
        self.heard_term = term
        self.deadline = now + self._patience()

    def resumed(self, now: BootTime) -> None:
        """This process was paused: what it heard is older than what waits for it, so wait afresh."""
        if self.role is not Role.LEADER:
            self.role = Role.FOLLOWER
            self.deadline = now + self._patience()

    def refuses_for(self, now: BootTime, candidate: str) -> float:
        """Seconds for which this voter will promise the candidate nothing; 0 if it may now.

        The leader that was heard may ask for a greater term itself: it has given up the one it had.
        """
        remaining = self.silent_until - now
        if candidate != self.heard_leader:
            remaining = max(remaining, self.heard_at + self.timing.election_min - now)
        return max(0.0, remaining)

    def ask(self, now: BootTime, term: int) -> None:
        """Begin, or repeat, a pre-vote for `term`. What was granted for this term lately goes on counting."""
        if self.role is not Role.ASKING or self.term != term:
            self._granted.clear()
        self.role = Role.ASKING
        self.term = term
        self.deadline = now + self.timing.election_min / 2 * self.chance.uniform(0.6, 1.0)

    def granted(self, voter: str, term: int) -> bool:
        """Count a pre-vote; True if a majority has granted the term."""
        if self.role is not Role.ASKING or term != self.term:
            return False
        self._granted.add(voter)
        return len(self._granted) >= self.majority

    def refused(self, now: BootTime, remaining: float) -> None:
        """A pre-vote was refused: try again as soon as the voter may grant it."""
        if self.role is Role.ASKING:
            again = now + max(0.01, min(remaining, self.timing.election_max)) + self.chance.uniform(0.0, 0.05)
            self.deadline = min(self.deadline, again)

    def stand(self, now: BootTime, term: int) -> None:
        """Become the candidate of `term`."""
        self.role = Role.CANDIDATE
        self.term = term
        self._promises.clear()
        self.deadline = now + self._patience()

    def promised(self, voter: str, promise: Promise) -> bool:
        """Count a promise of this term; True if a majority has promised it."""
        if self.role is not Role.CANDIDATE or promise.term != self.term:
            return False
        self._promises[voter] = promise
        return len(self._promises) >= self.majority

    def best_promise(self) -> Promise:
        """The promise with the greatest accepted (term, version).

        Whatever was chosen is there, or greater.
        """
        return max(self._promises.values(), key=lambda one: (one.accepted_term, one.accepted_version))

    def give_up(self, now: BootTime) -> None:
        """Stop standing: another was promised, or is ahead."""
        self.role = Role.FOLLOWER
        self.deadline = now + self._patience()

    def _patience(self) -> float:
        return self.chance.uniform(self.timing.election_min, self.timing.election_max)
