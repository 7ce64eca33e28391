"""One voter: acceptor, candidate, leader and registrar of node leases behind one door, without I/O.

The driver passes messages, ticks, and the completion of disk writes in; it sends what is in `outbox`, writes
what `record_due` returns, and passes `events` and `results` on. An answer that shows a change stays inside
until that change is on disk (rule 1). What does not change the state (heartbeats, renewals) never waits for
the disk.
"""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Callable
from enum import Enum
from typing import Any

import msgspec

from tuiconsole.clock import BootTime
from tuiconsole.coordination.coordinator import Leadership, Versioned
from tuiconsole.coordination.founding import HELLO_INTERVAL, Founding
from tuiconsole.coordination.leases.raising import EpochRaise
from tuiconsole.coordination.leases.registrar import Registrar
from tuiconsole.coordination.messages import (
    TO_ANY_NODE,
    Accept,
    Accepted,
    Beat,
    BeatAck,
    EpochAnswer,
    Hello,
    Leave,
    Left,
    Message,
    Prepare,
    PreVote,
    PreVoteAnswer,
    Promise,
    RaiseEpoch,
    Refusal,
    Renew,
    Renewed,
    RenewRefused,
    SeenLease,
)
from tuiconsole.coordination.paxos.acceptor import Acceptor, Ballot, Stamp
from tuiconsole.coordination.paxos.election import Election, Role
from tuiconsole.coordination.paxos.leader import Leader, Proposal, WriteWanted
from tuiconsole.coordination.record import VoterRecord
from tuiconsole.coordination.voters import VoterSet
from tuiconsole.settings.timing import Timing


class Failure(str, Enum):
    """Why a request to the leader did not succeed."""

    LOST_LEADERSHIP = "LOST_LEADERSHIP"
    CONFLICT = "CONFLICT"
    UNKNOWN = "UNKNOWN"


class EpochRaised(msgspec.Struct, frozen=True):
    """No lease below `epoch` is held, nor can be again."""

    epoch: int


class EpochHeld(msgspec.Struct, frozen=True):
    """The epoch cannot be raised before `until`."""

    until: BootTime


Result = Versioned | EpochRaised | EpochHeld | Failure
"""What became of a request: the value under its new stamp, the epoch, or why not."""


class Voter:
    """One voter of the cluster."""

    def __init__(
        self,
        name: str,
        voters: VoterSet,
        timing: Timing,
        record: VoterRecord,
        now: BootTime,
        chance: random.Random,
    ) -> None:
        """Start with what is on disk.

        Args:
            name: this node's.
            voters: of this cluster.
            timing: in force.
            record: read from disk; of a blank voter, already written with its new id.
            now: this machine's boot time.
            chance: spreads the election timeouts.
        """
        self.name = name
        self.voters = voters
        self.timing = timing
        self.founding = Founding(name, voters, record.voter_id, record.members)
        self.acceptor = Acceptor(
            Ballot(record.promised_term, record.promised_to),
            Stamp(record.accepted_term, record.accepted_version),
            record.value,
        )
        self.registrar = Registrar(
            timing.node_lease, timing.margin, now, record.registrations, record.lease_duration
        )
        self.election = Election(timing, voters.majority, chance)
        self.leader: Leader | None = None
        self.raises: dict[int, EpochRaise] = {}
        self.seen_leases: dict[str, tuple[BootTime, tuple[SeenLease, ...]]] = {}
        """For a leader: what each voter it hears last said about the nodes, and when it was received."""
        self.halted: str | None = None
        self.outbox: list[tuple[str, Message]] = []
        self.events: list[Leadership | None] = []
        self.results: list[tuple[int, Result]] = []
        self.rejected: Counter[str] = Counter()

        self._others = tuple(other for other in voters.names if other != name)
        self._greatest_term = record.promised_term
        self._announced = 0
        self._again: BootTime = float("inf")
        self._raise_request = 0
        self._to_self: deque[Message] = deque()
        self._seq = 0
        self._durable = 0
        self._promise_seq = 0
        self._node_seq: dict[str, int] = {}
        self._marks = (0, 0)
        self._durable_stamp = self.acceptor.accepted
        self._being_written: dict[int, Stamp] = {}
        self._withheld: list[tuple[int, str, Message]] = []
        self._lease_duration = record.lease_duration
        self._shorten_at = now + record.lease_duration + timing.margin
        if timing.node_lease > record.lease_duration:
            self._lease_duration = timing.node_lease
            self._seq += 1
        self._duration_seq = self._seq
        self._handlers: dict[type, Callable[[BootTime, str, Any], None]] = {
            Renew: self._on_renew,
            Beat: self._on_beat,
            BeatAck: self._on_beat_ack,
            Accept: self._on_accept,
            Accepted: self._on_accepted,
            PreVote: self._on_pre_vote,
            PreVoteAnswer: self._on_pre_vote_answer,
            Prepare: self._on_prepare,
            Promise: self._on_promise,
            Refusal: self._on_refusal,
            RaiseEpoch: self._on_raise_epoch,
            EpochAnswer: self._on_epoch_answer,
            Leave: self._on_leave,
            Hello: self._on_hello,
        }
        if self.founding.founded:
            self.election.start(now, may_have_promised=record.promised_term > 0)
        else:
            self._found(now, self.founding.found_if_complete(now))

    # -- what the driver calls -------------------------------------------------------------------------------

    def receive(self, now: BootTime, sender: str, message: Message) -> None:
        """Take a message of an authenticated sender."""
        if self.halted is not None:
            return
        handler = self._handlers.get(type(message))
        if handler is None:
            self.rejected["not for a voter"] += 1
            return
        if not self._admits(sender, message):
            return
        handler(now, sender, message)
        self._settle(now)

    def tick(self, now: BootTime) -> None:
        """Do what is due. Input that waits is to be passed first."""
        if self.halted is not None:
            return
        if not self.founding.founded:
            if now >= self.founding.next_hello:
                self._show(now)
        elif self.leader is not None:
            self._lead(now, self.leader)
        elif now >= self.election.deadline:
            self._seek_election(now)
        elif self.election.role is Role.CANDIDATE and now >= self._again:
            self._send_prepare(now)
        if self._lease_duration > self.timing.node_lease and now >= self._shorten_at:
            self._lease_duration = self.timing.node_lease
            self._seq += 1
        self._settle(now)

    def resumed(self, now: BootTime) -> None:
        """This process was paused for longer than its timers."""
        if self.founding.founded and self.leader is None:
            self.election.resumed(now)

    @property
    def next_timer(self) -> BootTime:
        """When `tick` is due."""
        if self.halted is not None:
            return float("inf")
        if not self.founding.founded:
            return self.founding.next_hello
        if self.leader is not None:
            if self._announced:
                return min(self.leader.next_beat, self.leader.lease_until)
            return self.leader.next_beat
        if self.election.role is Role.CANDIDATE:
            return min(self.election.deadline, self._again)
        return self.election.deadline

    def record_due(self) -> tuple[int, VoterRecord] | None:
        """The newest state and its number, if it is neither on disk nor given out for writing."""
        if self._seq <= max(self._durable, max(self._being_written, default=0)):
            return None
        acceptor = self.acceptor
        self._being_written[self._seq] = acceptor.accepted
        return self._seq, VoterRecord(
            self.founding.voter_id,
            self.founding.members,
            acceptor.promised.term,
            acceptor.promised.candidate,
            acceptor.accepted.term,
            acceptor.accepted.version,
            acceptor.value,
            dict(self.registrar.registrations),
            self._lease_duration,
        )

    def stored(self, now: BootTime, seq: int) -> None:
        """The state with this number is on disk: release the answers that waited for it."""
        if self.halted is not None or seq <= self._durable:
            return
        self._durable = seq
        self._durable_stamp = self._being_written.pop(seq, self._durable_stamp)
        for older in [one for one in self._being_written if one < seq]:
            del self._being_written[older]
        ready = [one for one in self._withheld if one[0] <= seq]
        if ready:
            self._withheld = [one for one in self._withheld if one[0] > seq]
            for _, to, message in ready:
                self._send(to, message)
        self._settle(now)

    def halt(self, now: BootTime, why: str) -> None:
        """Stop voting for good: the disk cannot be trusted."""
        if self.leader is not None:
            self._step_down(now)
        self._announce(now)
        self.halted = why
        self._withheld.clear()
        self.outbox.clear()

    def trouble(self, now: BootTime) -> str | None:
        """Why this voter does not vote, in words."""
        return self.halted or self.founding.trouble(now)

    def leadership(self, now: BootTime) -> Leadership | None:
        """This node's leadership, if held."""
        leader = self.leader
        if leader is None or not leader.holds(now):
            return None
        return Leadership(leader.term, leader.lease_until)

    def known_leader(self, now: BootTime) -> tuple[str, int] | None:
        """The leader as far as this voter knows."""
        if self.leader is not None:
            return (self.name, self.leader.term) if self.leader.holds(now) else None
        election = self.election
        if election.heard_leader and now < election.heard_at + self.timing.election_max:
            return election.heard_leader, election.heard_term
        return None

    def node_epochs(self, now: BootTime) -> dict[str, int]:
        """For a leader: the epoch of each node below which none is held, as a majority of voters says."""
        epochs: dict[str, dict[str, float]] = {}
        for voter, (_, leases) in self._views(now).items():
            for one in leases:
                epochs.setdefault(one.node, {})[voter] = one.epoch
        # A voter that was heard and names no epoch has none.
        proven = {node: self.voters.majority_value(known) for node, known in epochs.items()}
        return {node: int(epoch) for node, epoch in proven.items() if epoch}

    def lease_ages(self, now: BootTime) -> dict[str, float]:
        """For a leader: seconds since any voter it hears last acknowledged each node."""
        ages: dict[str, float] = {}
        for received_at, leases in self._views(now).values():
            for one in leases:
                if one.held and one.age >= 0:
                    age = one.age + now - received_at
                    ages[one.node] = min(age, ages.get(one.node, age))
        return ages

    def _views(self, now: BootTime) -> dict[str, tuple[BootTime, tuple[SeenLease, ...]]]:
        if self.leader is None:
            return {}
        return {**self.seen_leases, self.name: (now, self._seen_here(now))}

    def _seen_here(self, now: BootTime) -> tuple[SeenLease, ...]:
        return tuple(
            SeenLease(node, epoch, held, age)
            for node, epoch, held, age in self.registrar.seen(now)
            if self._node_seq.get(node, 0) <= self._durable
        )

    def read(self, now: BootTime) -> Versioned | None:
        """The register, linearizable while the lease is held; None if it is not."""
        leader = self.leader
        if leader is None or not leader.holds(now):
            return None
        return Versioned(leader.value, leader.chosen.term, leader.chosen.version)

    def replace(self, now: BootTime, request: int, value: bytes, expected: Stamp) -> None:
        """Replace the value; the outcome appears in `results` under `request` (more than 0)."""
        leader = self.leader
        if leader is None or not leader.holds(now):
            self.results.append((request, Failure.LOST_LEADERSHIP))
            return
        leader.waiting.append(WriteWanted(request, value, expected))
        self._write_next(now, leader)
        self._settle(now)

    def forget(self, request: int) -> Failure:
        """The caller of a replacement waits no longer. The proposal itself goes on being retried (rule 3)."""
        self.raises.pop(request, None)
        leader = self.leader
        if leader is not None:
            for one in leader.waiting:
                if one.request == request:
                    leader.waiting.remove(one)
                    return Failure.LOST_LEADERSHIP
        return Failure.UNKNOWN

    def raise_epoch(self, now: BootTime, request: int, node: str) -> None:
        """Raise the epoch of a node; the outcome appears in `results` under `request`."""
        leader = self.leader
        if leader is None or not leader.holds(now):
            self.results.append((request, Failure.LOST_LEADERSHIP))
            return
        self._raise_request += 1
        self.raises[request] = EpochRaise(node, self.voters, self._raise_request)
        self._send_raise(leader, self.raises[request])
        self._settle(now)

    # -- sending ---------------------------------------------------------------------------------------------

    def _send(self, to: str, message: Message) -> None:
        if to == self.name and not isinstance(message, TO_ANY_NODE):
            self._to_self.append(message)
        else:
            self.outbox.append((to, message))

    def _send_to_others(self, message: Message) -> None:
        for other in self._others:
            self.outbox.append((other, message))

    def _answer(self, needs: int, to: str, message: Message) -> None:
        """Send once the change numbered `needs` is on disk."""
        if self._is_durable(needs):
            self._send(to, message)
        else:
            self._withheld.append((needs, to, message))

    def _is_durable(self, needs: int) -> bool:
        return needs <= self._durable

    def _settle(self, now: BootTime) -> None:
        """Take what this voter sends itself, then say whether leadership changed."""
        while True:
            self._note_changes()
            if not self._to_self:
                break
            message = self._to_self.popleft()
            self._handlers[type(message)](now, self.name, message)
        self._announce(now)

    def _note_changes(self) -> None:
        """Number the changes of acceptor and registrar since the last call."""
        marks = (self.acceptor.changed, self.registrar.changed)
        if marks != self._marks:
            self._seq += 1
            self._marks = marks

    def _announce(self, now: BootTime) -> None:
        leader = self.leader
        held = leader.term if leader is not None and leader.holds(now) else 0
        if held != self._announced:
            if self._announced:
                self.events.append(None)
            if held and leader is not None:
                self.events.append(Leadership(held, leader.lease_until))
            self._announced = held

    def _admits(self, sender: str, message: Message) -> bool:
        if message.cluster != self.voters.cluster:
            self.rejected["other cluster"] += 1
            return False
        if isinstance(message, (Renew, Leave, Hello)):
            if message.digest != self.voters.digest:
                self.rejected["other voter set"] += 1
                return False
            return isinstance(message, Hello) or self.founding.founded
        if not self.founding.founded:
            return False
        if message.digest != self.founding.digest:
            self.rejected["other voters"] += 1
            return False
        if sender not in self.voters:
            self.rejected["not a voter"] += 1
            return False
        return True

    # -- first boot ------------------------------------------------------------------------------------------

    def _show(self, now: BootTime) -> None:
        self.founding.next_hello = now + HELLO_INTERVAL
        self._send_to_others(self.founding.hello(answer=False))
        self._found(now, self.founding.found_if_complete(now))

    def _on_hello(self, now: BootTime, sender: str, hello: Hello) -> None:
        if hello.sender != sender:
            self.rejected["not the sender it says"] += 1
            return
        founded_now = self.founding.meet(now, hello)
        self._found(now, founded_now)
        if not hello.answer and not founded_now:
            # What is shown as founded must be on disk first, as any promise.
            self._answer(self._duration_seq, sender, self.founding.hello(answer=True))

    def _found(self, now: BootTime, founded: bool) -> None:
        if founded:
            self._seq += 1
            self._duration_seq = self._seq
            self.election.start(now, may_have_promised=False)
            for other in self._others:
                self._answer(self._seq, other, self.founding.hello(answer=True))

    # -- elections -------------------------------------------------------------------------------------------

    def _refuses_for(self, now: BootTime, candidate: str) -> float:
        remaining = self.election.refuses_for(now, candidate)
        if self.leader is not None:
            followed = self.leader.heard_by_majority_at()
            if followed is not None:
                remaining = max(remaining, followed + self.timing.election_min - now)
        return remaining

    def _seek_election(self, now: BootTime) -> None:
        election = self.election
        remaining = election.refuses_for(now, self.name)
        if remaining > 0:
            election.deadline = now + remaining
            return
        term = max(self.acceptor.promised.term, self._greatest_term) + 1
        election.ask(now, term)
        if election.granted(self.name, term):
            self._stand(now, term)
        else:
            self._send_to_others(PreVote(self.voters.cluster, self.founding.digest, self.name, term))

    def _on_pre_vote(self, now: BootTime, sender: str, message: PreVote) -> None:
        self._greatest_term = max(self._greatest_term, message.term - 1)
        remaining = self._refuses_for(now, sender)
        promised = self.acceptor.promised.term
        granted = remaining <= 0 and message.term > promised
        self._send(
            sender,
            PreVoteAnswer(
                self.voters.cluster,
                self.founding.digest,
                self.name,
                message.term,
                granted,
                promised,
                remaining,
            ),
        )

    def _on_pre_vote_answer(self, now: BootTime, sender: str, message: PreVoteAnswer) -> None:
        self._greatest_term = max(self._greatest_term, message.promised_term)
        if message.granted:
            if self.election.granted(sender, message.term):
                self._stand(now, message.term)
        else:
            self.election.refused(now, message.remaining)

    def _stand(self, now: BootTime, term: int) -> None:
        if self._refuses_for(now, self.name) > 0 or not self.acceptor.promise(Ballot(term, self.name)):
            self.election.give_up(now)
            return
        self._note_changes()
        self._promise_seq = self._seq
        self.election.stand(now, term)
        self._send_prepare(now)
        self._promise_answer(self.name, term)

    def _send_prepare(self, now: BootTime) -> None:
        self._again = now + self.timing.leader_beat
        self._send_to_others(
            Prepare(self.voters.cluster, self.founding.digest, self.name, self.election.term)
        )

    def _on_prepare(self, now: BootTime, sender: str, message: Prepare) -> None:
        ballot = Ballot(message.term, sender)
        promised = self.acceptor.promised
        self._greatest_term = max(self._greatest_term, message.term)
        if ballot != promised:
            remaining = self._refuses_for(now, sender)
            if remaining > 0 or ballot.term < promised.term:
                self._refuse(sender, message.term, remaining)
                return
            if ballot.term == promised.term:
                standing = self.election.role is Role.CANDIDATE and promised.candidate == self.name
                if not standing or ballot < promised:
                    self._refuse(sender, message.term, 0.0)
                    return
                self.acceptor.yield_to(ballot)
            else:
                self.acceptor.promise(ballot)
            if self.leader is not None:
                self._step_down(now)
            self.election.give_up(now)
            self._note_changes()
            self._promise_seq = self._seq
        self._promise_answer(sender, message.term)

    def _promise_answer(self, to: str, term: int) -> None:
        accepted = self.acceptor.accepted
        # It shows all that is accepted, so it waits for all of it.
        self._answer(
            self._seq,
            to,
            Promise(
                self.voters.cluster,
                self.founding.digest,
                self.name,
                term,
                accepted.term,
                accepted.version,
                self.acceptor.value,
            ),
        )

    def _on_promise(self, now: BootTime, sender: str, message: Promise) -> None:
        if not self.election.promised(sender, message):
            return
        best = self.election.best_promise()
        term = self.election.term
        self.election.role = Role.LEADER
        self.leader = leader = Leader(self.name, term, self.voters, self.timing, now)
        self.seen_leases.clear()
        self._take_over(now, leader, Stamp(best.accepted_term, best.accepted_version), best.value)
        self._beat(now, leader)

    def _take_over(self, now: BootTime, leader: Leader, read: Stamp, value: bytes) -> None:
        """Accept what was read again, under this term, before it is relied on (rule 2)."""
        leader.propose(Stamp(leader.term, read.version), value, 0)
        self._offer_to_all(now, leader)

    def _on_refusal(self, now: BootTime, _sender: str, message: Refusal) -> None:
        self._greatest_term = max(self._greatest_term, message.promised_term)
        leader = self.leader
        if leader is not None:
            if message.term == leader.term and message.promised_term > leader.term:
                # A voter has promised a greater term, and can never follow this one again. A leader that is
                # followed by a majority goes on in a greater term itself: it has the voters'
                # ear, others have not.
                followed = leader.holds(now)
                self._step_down(now)
                if followed:
                    self._stand(now, self._greatest_term + 1)
        elif self.election.role is Role.CANDIDATE and message.term == self.election.term:
            if message.promised_term > message.term:
                self.election.give_up(now)
                self.election.deadline = now + self.election.chance.uniform(0.05, 0.25)
            elif message.remaining > 0:
                again = now + message.remaining + self.election.chance.uniform(0.0, 0.05)
                self.election.deadline = min(self.election.deadline, again)

    def _refuse(self, to: str, term: int, remaining: float) -> None:
        self._send(
            to,
            Refusal(
                self.voters.cluster,
                self.founding.digest,
                self.name,
                term,
                self.acceptor.promised.term,
                remaining,
            ),
        )

    # -- leading ---------------------------------------------------------------------------------------------

    def _lead(self, now: BootTime, leader: Leader) -> None:
        if now >= leader.lease_until + self.timing.election_max:
            # Nobody answers: followers that hear this leader without being heard would wait for it for ever.
            self._step_down(now)
        elif now >= leader.next_beat:
            self._beat(now, leader)
            for one in self.raises.values():
                self._send_raise(leader, one)

    def _beat(self, now: BootTime, leader: Leader) -> None:
        number = leader.begin_round(now)
        self._send_to_others(Beat(self.voters.cluster, self.founding.digest, self.name, leader.term, number))
        leader.followed(self.name, number)

    def _step_down(self, now: BootTime) -> None:
        leader, self.leader = self.leader, None
        if leader is None:
            return
        self.election.give_up(now)
        if leader.proposal is not None and leader.proposal.request:
            self.results.append((leader.proposal.request, Failure.UNKNOWN))
        self.results += ((one.request, Failure.LOST_LEADERSHIP) for one in leader.waiting)
        self.results += ((request, Failure.LOST_LEADERSHIP) for request in self.raises)
        self.raises.clear()

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
        stamp, value = leader.latest()
        message = Accept(
            self.voters.cluster, self.founding.digest, self.name, stamp.term, stamp.version, value
        )
        for voter in self.voters.names:
            leader.offered_at[voter] = now
            self._send(voter, message)

    def _on_beat(self, now: BootTime, sender: str, message: Beat) -> None:
        if not self._follows(now, sender, message.term):
            self._refuse(sender, message.term, 0.0)
            return
        self._answer(
            self._promise_seq,
            sender,
            BeatAck(
                self.voters.cluster,
                self.founding.digest,
                self.name,
                message.term,
                message.round,
                self._durable_stamp.term,
                self._durable_stamp.version,
                self._seen_here(now),
            ),
        )

    def _follows(self, now: BootTime, sender: str, term: int) -> bool:
        """Follow the leader of `term`, unless a greater one was promised."""
        before = self.acceptor.promised
        if not self.acceptor.follow(Ballot(term, sender)):
            return False
        if self.acceptor.promised != before:
            self._note_changes()
            self._promise_seq = self._seq
        self._greatest_term = max(self._greatest_term, term)
        if sender != self.name:
            if self.leader is not None:
                self._step_down(now)
            self.election.heard(now, sender, term)
        return True

    def _on_beat_ack(self, now: BootTime, sender: str, message: BeatAck) -> None:
        leader = self.leader
        if leader is None or not self._of_this_term(leader, message.term):
            return
        leader.followed(sender, message.round)
        self.seen_leases[sender] = (now, message.leases)
        stamp = Stamp(message.accepted_term, message.accepted_version)
        latest, value = leader.latest()
        if leader.matches(stamp, latest):
            self._count_acceptance(now, leader, sender, stamp)
        elif stamp < latest and now - leader.offered_at.get(sender, 0.0) >= self.timing.leader_beat:
            leader.offered_at[sender] = now
            self._send(
                sender,
                Accept(
                    self.voters.cluster,
                    self.founding.digest,
                    self.name,
                    latest.term,
                    latest.version,
                    value,
                ),
            )

    def _of_this_term(self, leader: Leader, term: int) -> bool:
        return term == leader.term

    def _on_accept(self, now: BootTime, sender: str, message: Accept) -> None:
        if not self._follows(now, sender, message.term):
            self._refuse(sender, message.term, 0.0)
            return
        stamp = Stamp(message.term, message.version)
        if self.acceptor.accept(Ballot(message.term, sender), stamp, message.value):
            self._note_changes()
            self._answer(
                self._seq,
                sender,
                Accepted(
                    self.voters.cluster,
                    self.founding.digest,
                    self.name,
                    message.term,
                    message.version,
                ),
            )

    def _on_accepted(self, now: BootTime, sender: str, message: Accepted) -> None:
        leader = self.leader
        if leader is not None and self._of_this_term(leader, message.term):
            self._count_acceptance(now, leader, sender, Stamp(message.term, message.version))

    def _count_acceptance(self, now: BootTime, leader: Leader, voter: str, stamp: Stamp) -> None:
        chosen: Proposal | None = leader.accepted(voter, stamp)
        if chosen is None:
            return
        if chosen.request:
            self.results.append(
                (chosen.request, Versioned(chosen.value, chosen.stamp.term, chosen.stamp.version))
            )
        self._write_next(now, leader)

    # -- node leases -----------------------------------------------------------------------------------------

    def _on_renew(self, now: BootTime, sender: str, message: Renew) -> None:
        changed = self.registrar.changed
        verdict = self.registrar.renew(now, sender, message.epoch, message.incarnation, join=message.join)
        self._note_node_change(sender, changed)
        leader, term = self.known_leader(now) or ("", 0)
        answer: Renewed | RenewRefused
        if verdict.granted:
            answer = Renewed(
                self.voters.cluster,
                self.voters.digest,
                self.name,
                message.epoch,
                message.incarnation,
                message.request,
                self.registrar.duration,
                leader,
                term,
            )
        else:
            answer = RenewRefused(
                self.voters.cluster,
                self.voters.digest,
                self.name,
                verdict.epoch,
                message.request,
                verdict.remaining,
                leader,
                term,
            )
        self._answer(max(self._duration_seq, self._node_seq.get(sender, 0)), sender, answer)

    def _on_leave(self, _now: BootTime, sender: str, message: Leave) -> None:
        changed = self.registrar.changed
        verdict = self.registrar.leave(sender, message.epoch, message.incarnation)
        self._note_node_change(sender, changed)
        if verdict.granted:
            self._answer(
                self._node_seq.get(sender, 0),
                sender,
                Left(self.voters.cluster, self.voters.digest, self.name, verdict.epoch, message.request),
            )

    def _on_raise_epoch(self, now: BootTime, sender: str, message: RaiseEpoch) -> None:
        if message.term < self.acceptor.promised.term:
            self._refuse(sender, message.term, 0.0)
            return
        changed = self.registrar.changed
        verdict = self.registrar.raise_epoch(now, message.node, message.target, dry=message.dry)
        self._note_node_change(message.node, changed)
        self._answer(
            self._node_seq.get(message.node, 0),
            sender,
            EpochAnswer(
                self.voters.cluster,
                self.founding.digest,
                self.name,
                message.request,
                message.node,
                message.dry,
                verdict.granted,
                verdict.epoch,
                verdict.held,
                verdict.remaining,
            ),
        )

    def _note_node_change(self, node: str, changed: int) -> None:
        if self.registrar.changed != changed:
            self._note_changes()
            self._node_seq[node] = self._seq

    def _send_raise(self, leader: Leader, one: EpochRaise) -> None:
        message = RaiseEpoch(
            self.voters.cluster,
            self.founding.digest,
            self.name,
            leader.term,
            one.node,
            2**53 if one.dry else one.target,
            one.dry,
            one.request,
        )
        for voter in one.unanswered:
            self._send(voter, message)

    def _on_epoch_answer(self, now: BootTime, sender: str, message: EpochAnswer) -> None:
        leader = self.leader
        if leader is None:
            return
        for request, one in list(self.raises.items()):
            if one.answered(now, sender, message):
                self._send_raise(leader, one)
            until = one.refused_until()
            if one.raised is not None:
                self.results.append((request, EpochRaised(one.raised)))
                del self.raises[request]
            elif until is not None:
                self.results.append((request, EpochHeld(until)))
                del self.raises[request]
