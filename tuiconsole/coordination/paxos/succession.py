"""A member that lost its disk is replaced by its new self: what each voter says and does for that.

The rules are in readmission.py; here they meet messages, the disk and the election.
"""

from __future__ import annotations

from tuiconsole.clock import BootTime
from tuiconsole.coordination.founding import HELLO_INTERVAL, Founding
from tuiconsole.coordination.leases.registrar import Registrar
from tuiconsole.coordination.messages import Hello, Heritage
from tuiconsole.coordination.paxos.acceptor import Acceptor, Ballot, Stamp
from tuiconsole.coordination.paxos.durability import Durability
from tuiconsole.coordination.paxos.election import Election
from tuiconsole.coordination.paxos.leading import Leading
from tuiconsole.coordination.paxos.post import Post
from tuiconsole.coordination.readmission import NOBODY, Inheritance
from tuiconsole.settings.timing import Timing

CORRECTION = 1.0
"""Seconds between two words to voters that speak for another set of voters."""


class Succession:
    """One voter's part in it, as one of those who remember, or as the one that does not."""

    def __init__(
        self,
        timing: Timing,
        founding: Founding,
        acceptor: Acceptor,
        registrar: Registrar,
        durability: Durability,
        post: Post,
        election: Election,
        leading: Leading,
    ) -> None:
        self._timing = timing
        self._founding = founding
        self._acceptor = acceptor
        self._registrar = registrar
        self._durability = durability
        self._post = post
        self._election = election
        self._leading = leading
        self._corrected_at: BootTime = float("-inf")
        others = [name for name in founding.voters.names if name != founding.name]
        self._inheritance = Inheritance(
            founding.name, founding.voter_id, others, timing.node_lease, timing.margin
        )

    # -- those who remember ----------------------------------------------------------------------------------

    def readmit(self, now: BootTime, name: str) -> str | None:
        """A person wants `name` back. Why that cannot be, in words; None if it is under way."""
        why = self._founding.wish(now, name)
        if why is None and self._founding.readmits != NOBODY:
            self._show_wish(now)
        return why

    @property
    def next_timer(self) -> BootTime:
        """When `tick` is due."""
        return self._founding.next_hello if self._founding.readmits != NOBODY else float("inf")

    def tick(self, now: BootTime) -> None:
        """Tell the others of the wish, until it is fulfilled."""
        if now >= self.next_timer:
            self._founding.next_hello = now + HELLO_INTERVAL
            self._post.answer_others(self._durability.duration, self._founding.hello(answer=False))

    def hear(self, now: BootTime, hello: Hello) -> None:
        """Take what a voter, a member or not, shows of itself."""
        founding = self._founding
        founding.see_blank(now, hello)
        if founding.agree(hello):
            self._show_wish(now)
        forgetful = not hello.members and founding.members.get(hello.sender) == hello.voter_id
        if forgetful and founding.generation:
            self._post.answer(self._durability.duration, hello.sender, self._heritage())

    def correct(self, now: BootTime, sender: str) -> None:
        """A voter has spoken for another set: it has missed a replacement, or has lost its disk."""
        if now >= self._corrected_at + CORRECTION:
            self._corrected_at = now
            self._post.answer(self._durability.duration, sender, self._founding.hello(answer=True))

    def settle(self, now: BootTime) -> None:
        """Replace the member, once all have written the wish down.

        Nothing that was counted under the old set may count under the new one: a leader steps down.
        """
        if self._founding.agreed and self._durability.is_durable(self._durability.duration):
            self._founding.replace()
            self._leave_the_former_set(now)
            self._election.start(now, may_have_promised=True)
            self._post.answer_others(self._durability.duration, self._founding.hello(answer=False))

    def _leave_the_former_set(self, now: BootTime) -> None:
        self._durability.note_founding()
        self._leading.step_down(now)
        self._election.give_up(now)

    def _show_wish(self, now: BootTime) -> None:
        self._durability.note_founding()
        self._founding.next_hello = now

    def _heritage(self) -> Heritage:
        acceptor, founding = self._acceptor, self._founding
        return Heritage(
            *self._post.to_nodes,
            founding.generation,
            founding.members,
            acceptor.promised.term,
            acceptor.accepted.term,
            acceptor.accepted.version,
            acceptor.value,
            dict(self._registrar.registrations),
            self._durability.lease_duration,
        )

    # -- the one that does not -------------------------------------------------------------------------------

    def forsake(self, now: BootTime, hello: Hello) -> None:
        """Vote no more, if the set that this voter founded has no other member."""
        if self._founding.is_alone(hello):
            self._founding.give_up(hello)
            self._leave_the_former_set(now)

    def inherit(self, now: BootTime, heritage: Heritage) -> None:
        """Take what one of the others remembers."""
        if not self._founding.founded:
            self._inheritance.hear(now, heritage)

    @property
    def votes_from(self) -> BootTime | None:
        """When this voter may begin to vote; None if that is not known."""
        return self._inheritance.votes_from

    def begin(self, now: BootTime) -> bool:
        """Be a member with what the others remember, if it is time; True then."""
        from_now = self._inheritance.votes_from
        if self._founding.founded or from_now is None or now < from_now:
            return False
        record = self._inheritance.record()
        stamp = Stamp(record.accepted_term, record.accepted_version)
        self._acceptor.inherit(Ballot(record.promised_term, ""), stamp, record.value)
        self._registrar.inherit(now, record.registrations, record.lease_duration)
        self._founding.generation = record.generation
        self._founding.found(record.members)
        self._election.heard_of(record.promised_term)
        self._durability.inherit(record.lease_duration, now, self._timing.margin)
        return True

    def trouble(self, now: BootTime) -> str | None:
        """What this voter waits for, if it is being readmitted."""
        if self._founding.founded or not self._inheritance.begun:
            return None
        name = self._founding.name
        if self._inheritance.missing:
            return f"{name} is readmitted, and waits to hear from {', '.join(self._inheritance.missing)}"
        wait = max(0.0, (self._inheritance.votes_from or now) - now)
        return f"{name} is readmitted, and votes in {wait:.0f} s"
