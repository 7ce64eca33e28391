"""One voter: acceptor, candidate, leader and registrar of node leases behind one door, without I/O.

The driver passes messages, ticks, and the completion of disk writes in; it sends what is in `outbox`, writes
what `record_due` returns, and passes `events` and `results` on. An answer that shows a change stays inside
until that change is on disk (rule 1). What does not change the state (heartbeats, renewals) never waits for
the disk.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

from tuiconsole.clock import BootTime
from tuiconsole.coordination.coordinator import Leadership, Versioned
from tuiconsole.coordination.founding import HELLO_INTERVAL, Founding
from tuiconsole.coordination.leases.registrar import Registrar
from tuiconsole.coordination.messages import (
    Accept,
    Accepted,
    Beat,
    BeatAck,
    EpochAnswer,
    Hello,
    Heritage,
    Leave,
    Message,
    Prepare,
    PreVote,
    PreVoteAnswer,
    Promise,
    RaiseEpoch,
    Refusal,
    Renew,
    Unlike,
)
from tuiconsole.coordination.pace import Pace
from tuiconsole.coordination.paxos.acceptor import Acceptor, Ballot, Stamp
from tuiconsole.coordination.paxos.candidacy import Candidacy
from tuiconsole.coordination.paxos.durability import Durability
from tuiconsole.coordination.paxos.election import Election
from tuiconsole.coordination.paxos.following import Following
from tuiconsole.coordination.paxos.leader import Leader
from tuiconsole.coordination.paxos.leading import Leading
from tuiconsole.coordination.paxos.lease_desk import LeaseDesk
from tuiconsole.coordination.paxos.outcomes import Failure, Result
from tuiconsole.coordination.paxos.post import Post
from tuiconsole.coordination.paxos.succession import Succession
from tuiconsole.coordination.record import VoterRecord
from tuiconsole.coordination.voters import VoterSet
from tuiconsole.settings.timing import Timing


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
        pace: Pace | None = None,
    ) -> None:
        """Start with what is on disk.

        Args:
            name: this node's.
            voters: of this cluster.
            timing: in force.
            record: read from disk; of a blank voter, already written with its new id.
            now: this machine's boot time.
            chance: spreads the election timeouts.
            pace: says when a leader's heartbeats are due; that of the whole node.
        """
        self.name = name
        self.voters = voters
        self.halted: str | None = None
        self.rejected: Counter[str] = Counter()
        """Messages dropped, by reason."""

        self.founding = founding = Founding(
            name, voters, record.voter_id, record.members, record.generation, record.readmits
        )
        self.acceptor = acceptor = Acceptor(
            Ballot(record.promised_term, record.promised_to),
            Stamp(record.accepted_term, record.accepted_version),
            record.value,
        )
        registrar = Registrar(
            timing.node_lease, timing.margin, now, record.registrations, record.lease_duration
        )
        self.election = election = Election(timing, voters.majority, chance)
        election.heard_of(record.promised_term)
        self._durability = durability = Durability(self.founding, acceptor, registrar, timing, now, record)
        self._post = post = Post(name, voters, self.founding, durability)
        self._leading = leading = Leading(timing, pace or Pace(), election, post)
        self._lease_desk = desk = LeaseDesk(registrar, acceptor, durability, post, leading)
        self.candidacy = candidacy = Candidacy(timing, acceptor, durability, post, election, leading)
        self._succession = Succession(
            timing, founding, acceptor, registrar, durability, post, election, leading
        )
        following = Following(acceptor, durability, post, election, leading, desk)

        self._handlers: dict[type, Callable[[BootTime, str, Any], None]] = {
            Renew: desk.on_renew,
            Leave: desk.on_leave,
            RaiseEpoch: desk.on_raise_epoch,
            Beat: following.on_beat,
            Accept: following.on_accept,
            BeatAck: leading.on_beat_ack,
            Accepted: leading.on_accepted,
            EpochAnswer: leading.on_epoch_answer,
            PreVote: candidacy.on_pre_vote,
            PreVoteAnswer: candidacy.on_pre_vote_answer,
            Prepare: candidacy.on_prepare,
            Promise: candidacy.on_promise,
            Refusal: candidacy.on_refusal,
            Hello: self._on_hello,
            Heritage: self._on_heritage,
        }
        if self.founding.founded:
            election.start(now, may_have_promised=record.promised_term > 0, silence=durability.election_min)
        else:
            self._found(now, self.founding.found_if_complete(now))

    # -- what goes out ---------------------------------------------------------------------------------------

    @property
    def outbox(self) -> list[tuple[str, Message]]:
        """(to, message), to be sent and taken out."""
        return self._post.outbox

    @property
    def events(self) -> list[Leadership | None]:
        """Leadership gained, or lost; to be told and taken out."""
        return self._leading.events

    @property
    def results(self) -> list[tuple[int, Result]]:
        """(request, outcome), to be told and taken out."""
        return self._leading.results

    # -- what comes in ---------------------------------------------------------------------------------------

    def receive(self, now: BootTime, sender: str, message: Message) -> bool:
        """Take a message of an authenticated sender; False if it is not heard."""
        if self.halted is not None:
            return False
        handler = self._handlers.get(type(message))
        if handler is None:
            self.rejected["not for a voter"] += 1
            return False
        if not self._admits(now, sender, message):
            return False
        handler(now, sender, message)
        self._settle(now)
        return True

    def _admits(self, now: BootTime, sender: str, message: Message) -> bool:
        if isinstance(message, (Renew, Leave)) and not self._agrees(message):
            self._post.send(sender, Unlike(*self._post.to_nodes, message.request))
            return False
        if message.cluster != self.voters.cluster:
            self.rejected["other cluster"] += 1
            return False
        if isinstance(message, (Renew, Leave, Hello, Heritage)):
            if not self._agrees(message):
                return False
            return isinstance(message, (Hello, Heritage)) or self.founding.founded
        if not self.founding.founded:
            return False
        if message.digest != self.founding.digest:
            self.rejected["other voters"] += 1
            if sender in self.voters:
                self._succession.correct(now, sender)
            return False
        if sender not in self.voters:
            self.rejected["not a voter"] += 1
            return False
        return True

    def _agrees(self, message: Message) -> bool:
        """Whether the sender's cluster file has the same voters, timings and so on."""
        agrees = message.cluster == self.voters.cluster and message.digest == self.voters.digest
        if not agrees:
            self.rejected["other cluster file"] += 1
        return agrees

    def _settle(self, now: BootTime) -> None:
        """Take what this voter sends itself, then say whether leadership changed."""
        self._durability.note()
        self._succession.settle(now)
        while (message := self._post.next_to_self()) is not None:
            self._handlers[type(message)](now, self.name, message)
            self._durability.note()
        self._leading.announce(now)

    # -- time ------------------------------------------------------------------------------------------------

    def tick(self, now: BootTime) -> None:
        """Do what is due. Input that waits is to be passed first."""
        if self.halted is not None:
            return
        if not self.founding.founded:
            if self._succession.begin(now):
                self._found(now, True, may_have_promised=True)
            elif now >= self.founding.next_hello:
                self._show(now)
        elif self.leader is not None:
            self._leading.lead(now, self.leader)
        else:
            self.candidacy.tick(now)
        self._succession.tick(now)
        self._durability.shorten_lease(now)
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
        own = self._leading.next_timer(self.leader) if self.leader is not None else self.candidacy.next_timer
        return min(own, self._succession.next_timer, self._durability.next_timer)

    # -- the disk --------------------------------------------------------------------------------------------

    def record_due(self) -> tuple[int, VoterRecord] | None:
        """The newest state and its number, if it is neither on disk nor given out for writing."""
        return self._durability.record_due()

    def stored(self, now: BootTime, change: int) -> None:
        """The state with this number is on disk: release the answers that waited for it."""
        if self.halted is None and self._durability.stored(change):
            self._post.release(change)
            self._settle(now)

    def halt(self, now: BootTime, why: str) -> None:
        """Stop voting for good: the disk cannot be trusted."""
        self._leading.step_down(now)
        self._leading.announce(now)
        self.halted = why
        self._post.discard()

    def trouble(self, now: BootTime) -> str | None:
        """Why this voter does not vote, in words."""
        return self.halted or self._succession.trouble(now) or self.founding.trouble(now)

    # -- who leads, and what a leader is asked ---------------------------------------------------------------

    @property
    def leader(self) -> Leader | None:
        """The term that this voter leads, or was elected for."""
        return self._leading.leader

    def leadership(self, now: BootTime) -> Leadership | None:
        """This node's leadership, if held."""
        return self._leading.leadership(now)

    def known_leader(self, now: BootTime) -> tuple[str, int] | None:
        """The leader as far as this voter knows."""
        return self._leading.known_leader(now)

    def node_epochs(self, now: BootTime) -> dict[str, int]:
        """For a leader: the epoch of each node below which none is held, as a majority of voters says."""
        if self.leader is None:
            return {}
        return self._leading.oversight.epochs(now, self._lease_desk.seen(now))

    def lease_ages(self, now: BootTime) -> dict[str, float]:
        """For a leader: seconds since any voter it hears last acknowledged each node."""
        if self.leader is None:
            return {}
        return self._leading.oversight.ages(now, self._lease_desk.seen(now))

    def read(self, now: BootTime) -> Versioned | None:
        """The register, linearizable while the lease is held; None if it is not."""
        return self._leading.read(now)

    def replace(self, now: BootTime, request: int, value: bytes, expected: Stamp) -> None:
        """Replace the value; the outcome appears in `results` under `request` (more than 0)."""
        if self._leading.replace(now, request, value, expected):
            self._settle(now)

    def raise_epoch(self, now: BootTime, request: int, node: str) -> None:
        """Raise the epoch of a node; the outcome appears in `results` under `request`."""
        if self._leading.raise_epoch(now, request, node):
            self._settle(now)

    def readmit(self, now: BootTime, name: str) -> str | None:
        """Let a voter that has lost its disk be a member again. Why not, in words; None if it begins."""
        why = self._succession.readmit(now, name)
        self._settle(now)
        return why

    def forget(self, request: int) -> Failure:
        """The caller of a replacement waits no longer. The proposal itself goes on being retried (rule 3)."""
        return self._leading.forget(request)

    # -- first boot ------------------------------------------------------------------------------------------

    def _show(self, now: BootTime) -> None:
        self.founding.next_hello = now + HELLO_INTERVAL
        self._post.send_to_others(self.founding.hello(answer=False))
        self._found(now, self.founding.found_if_complete(now))

    def _on_hello(self, now: BootTime, sender: str, hello: Hello) -> None:
        if hello.sender != sender:
            self.rejected["not the sender it says"] += 1
            return
        if self.founding.founded:
            self._hear_of_members(now, hello)
            if self.halted is not None:
                return
        founded_now = self.founding.meet(now, hello)
        self._found(now, founded_now)
        if not hello.answer and not founded_now:
            # What is shown as founded must be on disk first, as any promise.
            self._post.answer(self._durability.duration, sender, self.founding.hello(answer=True))

    def _hear_of_members(self, now: BootTime, hello: Hello) -> None:
        known = hello.members.get(self.name, self.founding.voter_id)
        if hello.generation > self.founding.generation and known != self.founding.voter_id:
            self.halt(
                now,
                f"{self.name} was replaced as a voter while it was away: this is its old disk, which must "
                "vote no more; remove its state folder, or put the newer one back",
            )
            return
        self._succession.forsake(now, hello)
        if self.founding.founded:
            self._succession.hear(now, hello)

    def _on_heritage(self, now: BootTime, sender: str, heritage: Heritage) -> None:
        if heritage.sender == sender and sender in self.voters:
            self._succession.inherit(now, heritage)

    def _found(self, now: BootTime, founded: bool, *, may_have_promised: bool = False) -> None:
        if founded:
            self._durability.note_founding()
            self.election.start(now, may_have_promised=may_have_promised)
            self._post.answer_others(self._durability.newest, self.founding.hello(answer=True))
