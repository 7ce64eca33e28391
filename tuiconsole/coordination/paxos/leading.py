"""Leading: heartbeats that carry the lease, the register's writes one at a time, and the end of it."""

from __future__ import annotations

from tuiconsole.clock import BootTime
from tuiconsole.coordination.coordinator import Leadership, Versioned
from tuiconsole.coordination.messages import Accept, Accepted, Beat, BeatAck, EpochAnswer
from tuiconsole.coordination.pace import Pace
from tuiconsole.coordination.paxos.acceptor import Stamp
from tuiconsole.coordination.paxos.election import Election
from tuiconsole.coordination.paxos.leader import Leader, Proposal, WriteWanted
from tuiconsole.coordination.paxos.outcomes import Failure, Result
from tuiconsole.coordination.paxos.oversight import Oversight
from tuiconsole.coordination.paxos.post import Post
from tuiconsole.settings.timing import Timing


class Leading:
    """A voter's leadership: `leader` is the term it leads or was elected for, None while it does not."""

    def __init__(self, timing: Timing, pace: Pace, election: Election, post: Post) -> None:
        self.leader: Leader | None = None
        self.events: list[Leadership | None] = []
        """Leadership gained, or lost: for the driver, which takes them out."""
        self.results: list[tuple[int, Result]] = []
        """(request, outcome): for the driver, which takes them out."""
        self.oversight = Oversight(post, self.results)
        self._timing = timing
        self._pace = pace
        self._election = election
        self._post = post
        self._announced = 0

    # -- whether it leads ------------------------------------------------------------------------------------

    def acting(self, now: BootTime) -> Leader | None:
        """The leader, while its lease is held."""
        leader = self.leader
        return leader if leader is not None and leader.holds(now) else None

    def leadership(self, now: BootTime) -> Leadership | None:
        """This voter's leadership, if held."""
        leader = self.acting(now)
        return Leadership(leader.term, leader.lease_until) if leader is not None else None

    def known_leader(self, now: BootTime) -> tuple[str, int] | None:
        """The leader and its term, as far as this voter knows."""
        if self.leader is not None:
            return (self._post.name, self.leader.term) if self.leader.holds(now) else None
        election = self._election
        if election.heard_leader and now < election.heard_at + self._timing.election_max:
            return election.heard_leader, election.heard_term
        return None

    def announce(self, now: BootTime) -> None:
        """Say whether leadership changed since the last call."""
        leader = self.acting(now)
        held = leader.term if leader is not None else 0
        if held != self._announced:
            if self._announced:
                self.events.append(None)
            if leader is not None:
                self.events.append(Leadership(held, leader.lease_until))
            self._announced = held

    def next_timer(self, leader: Leader) -> BootTime:
        """When `lead` is due, or the end of the lease is to be announced."""
        due = min(leader.next_beat, self.oversight.next_question)
        return min(due, leader.lease_until) if self._announced else due

    # -- a term ----------------------------------------------------------------------------------------------

    def begin(self, now: BootTime, term: int, read: Stamp, value: bytes) -> None:
        """Lead the term for which this voter is elected.

        `value` is what a majority's promises show under the greatest stamp, `read`.
        """
        self.leader = leader = Leader(self._post.name, term, self._post.voters, self._timing, self._pace, now)
        self.oversight.begin()
        self._take_over(now, leader, read, value)
        self._beat(now, leader)

    def _take_over(self, now: BootTime, leader: Leader, read: Stamp, value: bytes) -> None:
        """Accept what was read again, under this term, before it is relied on (rule 2)."""
        leader.propose(Stamp(leader.term, read.version), value, 0)
        self._offer_to_all(now, leader)

    def lead(self, now: BootTime, leader: Leader) -> None:
        """Do what is due."""
        if now >= leader.lease_until + self._timing.election_max:
            # Nobody answers: followers that hear this leader without being heard would wait for it for ever.
            self.step_down(now)
            return
        self.oversight.ask_refusers(now, leader.term)
        if now >= leader.next_beat:
            self._beat(now, leader)
            self.oversight.ask_again(leader.term)

    def _beat(self, now: BootTime, leader: Leader) -> None:
        number = leader.begin_round(now)
        self._post.send_to_others(Beat(*self._post.to_voters, leader.term, number))
        leader.followed(self._post.name, number)

    def step_down(self, now: BootTime) -> None:
        """Lead no longer, if this voter does."""
        leader, self.leader = self.leader, None
        if leader is None:
            return
        self._election.give_up(now)
        if leader.proposal is not None and leader.proposal.request:
            self.results.append((leader.proposal.request, Failure.UNKNOWN))
        self.results += ((one.request, Failure.LOST_LEADERSHIP) for one in leader.waiting)
        self.oversight.end()

    # -- requests --------------------------------------------------------------------------------------------

    def read(self, now: BootTime) -> Versioned | None:
        """The register, linearizable while the lease is held; None if it is not."""
        leader = self.acting(now)
        if leader is None:
            return None
        return Versioned(leader.value, leader.chosen.term, leader.chosen.version)

    def replace(self, now: BootTime, request: int, value: bytes, expected: Stamp) -> bool:
        """Replace the value; False if this voter does not lead, which then is the outcome."""
        leader = self.acting(now)
        if leader is None:
            self.results.append((request, Failure.LOST_LEADERSHIP))
            return False
        leader.waiting.append(WriteWanted(request, value, expected))
        self._write_next(now, leader)
        return True

    def raise_epoch(self, now: BootTime, request: int, node: str) -> bool:
        """Raise the epoch of a node; False if this voter does not lead, which then is the outcome."""
        leader = self.acting(now)
        if leader is None:
            self.results.append((request, Failure.LOST_LEADERSHIP))
            return False
        self.oversight.raise_epoch(leader.term, request, node)
        return True

    def forget(self, request: int) -> Failure:
        """Nobody waits for a request any more. A proposal itself goes on being retried (rule 3)."""
        self.oversight.forget(request)
        leader = self.leader
        if leader is not None:
            for one in leader.waiting:
                if one.request == request:
                    leader.waiting.remove(one)
                    return Failure.LOST_LEADERSHIP
        return Failure.UNKNOWN

    # -- the register ----------------------------------------------------------------------------------------

    def _write_next(self, now: BootTime, leader: Leader) -> None:
        while leader.proposal is None and leader.established and leader.waiting:
            wanted = leader.waiting.popleft()
            if wanted.expected != leader.chosen:
                failure = Failure.CONFLICT if wanted.expected.term == leader.term else Failure.LOST_LEADERSHIP
                self.results.append((wanted.request, failure))
                continue
            leader.propose(self._next_stamp(leader), wanted.value, wanted.request)
            self._offer_to_all(now, leader)

    def _next_stamp(self, leader: Leader) -> Stamp:
        return Stamp(leader.term, leader.chosen.version + 1)

    def _offer_to_all(self, now: BootTime, leader: Leader) -> None:
        message = self._offer(leader)
        for voter in self._post.voters.names:
            leader.offered_at[voter] = now
            self._post.send(voter, message)

    def _offer(self, leader: Leader) -> Accept:
        stamp, value = leader.latest()
        return Accept(*self._post.to_voters, stamp.term, stamp.version, value)

    # -- answers ---------------------------------------------------------------------------------------------

    def on_beat_ack(self, now: BootTime, sender: str, message: BeatAck) -> None:
        """A voter follows: that extends the lease. If it lacks the latest value, offer that again."""
        leader = self.leader
        if leader is None or not self._of_this_term(leader, message.term):
            return
        leader.followed(sender, message.round)
        self.oversight.heard(now, sender, message.leases)
        stamp = Stamp(message.accepted_term, message.accepted_version)
        latest, _ = leader.latest()
        if leader.matches(stamp, latest):
            self._count_acceptance(now, leader, sender, stamp)
        elif stamp < latest and now - leader.offered_at.get(sender, 0.0) >= self._timing.leader_beat:
            leader.offered_at[sender] = now
            self._post.send(sender, self._offer(leader))

    def on_accepted(self, now: BootTime, sender: str, message: Accepted) -> None:
        """A voter has accepted a value."""
        leader = self.leader
        if leader is not None and self._of_this_term(leader, message.term):
            self._count_acceptance(now, leader, sender, Stamp(message.term, message.version))

    def on_epoch_answer(self, now: BootTime, sender: str, message: EpochAnswer) -> None:
        """A voter says whether a node's epoch can be, or is, raised."""
        if self.leader is not None:
            self.oversight.answered(now, self.leader.term, sender, message)

    def _of_this_term(self, leader: Leader, term: int) -> bool:
        return term == leader.term

    def _count_acceptance(self, now: BootTime, leader: Leader, voter: str, stamp: Stamp) -> None:
        chosen: Proposal | None = leader.accepted(voter, stamp)
        if chosen is None:
            return
        if chosen.request:
            self.results.append(
                (chosen.request, Versioned(chosen.value, chosen.stamp.term, chosen.stamp.version))
            )
        self._write_next(now, leader)
