"""Standing for election, and answering others that do: pre-vote, promise, refusal (rule 4)."""

from __future__ import annotations

from tuiconsole.clock import BootTime
from tuiconsole.coordination.messages import (
    Prepare,
    PreVote,
    PreVoteAnswer,
    Promise,
    Refusal,
)
from tuiconsole.coordination.paxos.acceptor import Acceptor, Ballot, Stamp
from tuiconsole.coordination.paxos.durability import Durability
from tuiconsole.coordination.paxos.election import Election, Role
from tuiconsole.coordination.paxos.leading import Leading
from tuiconsole.coordination.paxos.post import Post
from tuiconsole.settings.timing import Timing


class Candidacy:
    """One voter in elections, as candidate and as elector. Who wins begins to lead."""

    def __init__(
        self,
        timing: Timing,
        acceptor: Acceptor,
        durability: Durability,
        post: Post,
        election: Election,
        leading: Leading,
    ) -> None:
        self.election = election
        self.acceptor = acceptor
        self.leading = leading
        self._timing = timing
        self._durability = durability
        self._post = post
        self._again: BootTime = float("inf")

    # -- as candidate ----------------------------------------------------------------------------------------

    @property
    def next_timer(self) -> BootTime:
        """When `tick` is due."""
        if self.election.role is Role.CANDIDATE:
            return min(self.election.deadline, self._again)
        return self.election.deadline

    def tick(self, now: BootTime) -> None:
        """Stand, or go on standing, when that is due."""
        if now >= self.election.deadline:
            self._seek(now)
        elif self.election.role is Role.CANDIDATE and now >= self._again:
            self._send_prepare(now)

    def _seek(self, now: BootTime) -> None:
        election = self.election
        remaining = election.refuses_for(now, self._post.name)
        if remaining > 0:
            election.deadline = now + remaining
            return
        term = max(self.acceptor.promised.term, election.greatest_term) + 1
        election.ask(now, term)
        if election.granted(self._post.name, term):
            self.stand(now, term)
        else:
            self._post.send_to_others(PreVote(*self._post.to_voters, term))

    def on_pre_vote_answer(self, now: BootTime, sender: str, message: PreVoteAnswer) -> None:
        """A voter says whether it would promise the term."""
        self.election.heard_of(message.promised_term)
        if message.granted:
            if self.election.granted(sender, message.term):
                self.stand(now, message.term)
        else:
            self.election.refused(now, message.remaining)

    def stand(self, now: BootTime, term: int) -> None:
        """Become the candidate of `term`, if this voter itself may promise it."""
        if self.refuses_for(now, self._post.name) > 0 or not self.acceptor.promise(
            Ballot(term, self._post.name)
        ):
            self.election.give_up(now)
            return
        self._durability.note_promise()
        self.election.stand(now, term)
        self._send_prepare(now)
        self._send_promise(self._post.name, term)

    def _send_prepare(self, now: BootTime) -> None:
        self._again = now + self._timing.leader_beat
        self._post.send_to_others(Prepare(*self._post.to_voters, self.election.term))

    def on_promise(self, now: BootTime, sender: str, message: Promise) -> None:
        """A voter promises the term; with a majority, lead it."""
        election = self.election
        if not election.promised(sender, message):
            return
        best = election.best_promise()
        election.role = Role.LEADER
        read = Stamp(best.accepted_term, best.accepted_version)
        self.leading.begin(now, election.term, read, best.value)

    def on_refusal(self, now: BootTime, _sender: str, message: Refusal) -> None:
        """A voter refuses this candidate, or this leader."""
        election = self.election
        election.heard_of(message.promised_term)
        leader = self.leading.leader
        if leader is not None:
            if message.term == leader.term and message.promised_term > leader.term:
                # A voter has promised a greater term, and can never follow this one again. A leader that is
                # followed by a majority goes on in a greater term itself: it has the voters'
                # ear, others have not.
                followed = leader.holds(now)
                self.leading.step_down(now)
                if followed:
                    self.stand(now, election.greatest_term + 1)
        elif election.role is Role.CANDIDATE and message.term == election.term:
            if message.promised_term > message.term:
                election.give_up(now)
                election.deadline = now + election.chance.uniform(0.05, 0.25)
            elif message.remaining > 0:
                again = now + message.remaining + election.chance.uniform(0.0, 0.05)
                election.deadline = min(election.deadline, again)

    # -- as elector ------------------------------------------------------------------------------------------

    def refuses_for(self, now: BootTime, candidate: str) -> float:
        """Seconds for which this voter, follower or leader, will promise the candidate nothing."""
        remaining = self.election.refuses_for(now, candidate)
        leader = self.leading.leader
        if leader is not None:
            followed = leader.heard_by_majority_at()
            if followed is not None:
                remaining = max(remaining, followed + self._timing.election_min - now)
        return remaining

    def on_pre_vote(self, now: BootTime, sender: str, message: PreVote) -> None:
        """Say whether this voter would promise the term; that changes nothing."""
        self.election.heard_of(message.term - 1)
        remaining = self.refuses_for(now, sender)
        promised = self.acceptor.promised.term
        granted = remaining <= 0 and message.term > promised
        self._post.send(
            sender,
            PreVoteAnswer(*self._post.to_voters, message.term, granted, promised, remaining),
        )

    def on_prepare(self, now: BootTime, sender: str, message: Prepare) -> None:
        """Promise the candidate its term, or refuse."""
        ballot = Ballot(message.term, sender)
        promised = self.acceptor.promised
        self.election.heard_of(message.term)
        if ballot != promised:
            remaining = self.refuses_for(now, sender)
            if remaining > 0 or ballot.term < promised.term:
                self._post.refuse(sender, message.term, promised.term, remaining)
                return
            if ballot.term == promised.term:
                standing = self.election.role is Role.CANDIDATE and promised.candidate == self._post.name
                if not standing or ballot < promised:
                    self._post.refuse(sender, message.term, promised.term)
                    return
                self.acceptor.yield_to(ballot)
            else:
                self.acceptor.promise(ballot)
            self.leading.step_down(now)
            self.election.give_up(now)
            self._durability.note_promise()
        self._send_promise(sender, message.term)

    def _send_promise(self, to: str, term: int) -> None:
        accepted = self.acceptor.accepted
        # It shows all that is accepted, so it waits for all of it.
        self._post.answer(
            self._durability.newest,
            to,
            Promise(*self._post.to_voters, term, accepted.term, accepted.version, self.acceptor.value),
        )
