"""Following the leader of a term: its heartbeats are answered, its values accepted."""

from __future__ import annotations

from tuiconsole.clock import BootTime
from tuiconsole.coordination.messages import Accept, Accepted, Beat, BeatAck
from tuiconsole.coordination.paxos.acceptor import Acceptor, Ballot, Stamp
from tuiconsole.coordination.paxos.durability import Durability
from tuiconsole.coordination.paxos.election import Election
from tuiconsole.coordination.paxos.leading import Leading
from tuiconsole.coordination.paxos.lease_desk import LeaseDesk
from tuiconsole.coordination.paxos.post import Post


class Following:
    """A voter as its leader sees it; a leader follows itself, too."""

    def __init__(
        self,
        acceptor: Acceptor,
        durability: Durability,
        post: Post,
        election: Election,
        leading: Leading,
        lease_desk: LeaseDesk,
    ) -> None:
        self._acceptor = acceptor
        self._durability = durability
        self._post = post
        self._election = election
        self._leading = leading
        self._lease_desk = lease_desk

    def on_beat(self, now: BootTime, sender: str, message: Beat) -> None:
        """Answer a heartbeat with what is accepted on disk, and how the nodes are seen."""
        if not self._follows(now, sender, message.term):
            self._post.refuse(sender, message.term, self._acceptor.promised.term)
            return
        accepted = self._durability.accepted
        answer = BeatAck(
            *self._post.to_voters,
            message.term,
            message.round,
            accepted.term,
            accepted.version,
            self._lease_desk.seen(now),
        )
        # It extends a leader's lease, for which the next life of this voter waits by what is on disk.
        needed = max(self._durability.promise, self._durability.duration)
        self._post.answer(needed, sender, answer)

    def on_accept(self, now: BootTime, sender: str, message: Accept) -> None:
        """Accept the leader's value."""
        if not self._follows(now, sender, message.term):
            self._post.refuse(sender, message.term, self._acceptor.promised.term)
            return
        stamp = Stamp(message.term, message.version)
        if self._acceptor.accept(Ballot(message.term, sender), stamp, message.value):
            self._durability.note()
            answer = Accepted(*self._post.to_voters, message.term, message.version)
            self._post.answer(self._durability.newest, sender, answer)

    def _follows(self, now: BootTime, sender: str, term: int) -> bool:
        """Follow the leader of `term`, unless a greater one was promised."""
        before = self._acceptor.promised
        if not self._acceptor.follow(Ballot(term, sender)):
            return False
        if self._acceptor.promised != before:
            self._durability.note_promise()
        self._election.heard_of(term)
        if sender != self._post.name:
            self._leading.step_down(now)
            self._election.heard(now, sender, term)
        return True
