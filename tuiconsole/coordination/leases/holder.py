"""A node's side of its lease: when to renew, until when it holds, when isolation must begin.

The lease counts from the *sending* of a renewal that a majority acknowledged, for as long as those voters
said. Once isolation has begun it is completed: a late acknowledgement extends nothing, and the node joins
again under a new epoch.
"""

from __future__ import annotations

from enum import Enum

from tuiconsole.clock import BootTime
from tuiconsole.coordination.coordinator import NodeLease
from tuiconsole.coordination.messages import Leave, Left, Message, Renew, Renewed, RenewRefused
from tuiconsole.coordination.pace import Pace
from tuiconsole.coordination.voters import VoterSet
from tuiconsole.settings.timing import Timing

REMEMBERED = 64
"""Renewals whose time of sending is remembered: more than fit in a lease at the default heartbeat."""

EAGER = 0.25
"""A node that waits for its first lease asks again after this part of a heartbeat: connections are just
made."""


class LeaseState(str, Enum):
    """OUT.

    Asks for none. JOINING: asks for a new epoch. HELD. LAPSING: isolation has begun. LEFT: gave it up.
    """

    OUT = "OUT"
    JOINING = "JOINING"
    HELD = "HELD"
    LAPSING = "LAPSING"
    LEFT = "LEFT"


class LeaseEvent(str, Enum):
    """What the driver passes on. EXTENDED: a majority acknowledged a renewal. LEFT: it heard the leave."""

    GAINED = "GAINED"
    EXTENDED = "EXTENDED"
    LAPSING = "LAPSING"
    LOST = "LOST"
    LEFT = "LEFT"


class LeaseHolder:
    """The lease of one node. Drive it with `tick` and `receive`; send what is in `outbox`, to every voter."""

    def __init__(
        self,
        node: str,
        voters: VoterSet,
        timing: Timing,
        incarnation: str,
        resume: tuple[int, BootTime] | None = None,
        pace: Pace | None = None,
    ) -> None:
        """A node that starts, or an agent that comes back to a shim of the same incarnation.

        Args:
            node: this node's name.
            voters: of this cluster.
            timing: in force.
            incarnation: of this node's shim; another one of the same name is kept out by the voters.
            resume: (epoch, end of the lease) of the record that the former agent of this incarnation wrote;
                the end is 0 if that is over, and then only a greater epoch is asked for.
            pace: says when renewals are due; that of the whole node.
        """
        self.node = node
        self.voters = voters
        self.timing = timing
        self.incarnation = incarnation
        self.pace = pace or Pace()
        self.state = LeaseState.OUT
        self.epoch = 0
        self.held_until: BootTime = 0.0
        self.duration = timing.node_lease
        self.outbox: list[Message] = []
        self.events: list[LeaseEvent] = []
        self.rival_until: BootTime = 0.0
        """Until when another incarnation of this name keeps this one out; 0 if none does."""
        self._request = 0
        self._sent: dict[int, BootTime] = {}
        self._next_send: BootTime = 0.0
        self._expiry: dict[str, BootTime] = {}
        self._registered: dict[str, int] = {}
        self._left: set[str] = set()
        self._over = True
        self._asked: BootTime = 0.0
        self._stay_until: BootTime = 0.0
        if resume is not None:
            self.epoch, until = resume
            if until > 0:
                self.held_until = until
                self.state = LeaseState.HELD
                self._over = False

    @property
    def stop_at(self) -> BootTime:
        """When isolation begins."""
        return self.held_until - self.timing.stop_before

    @property
    def lease(self) -> NodeLease | None:
        """The lease as it stands; None unless HELD. The caller compares `stop_at` with its clock."""
        if self.state is not LeaseState.HELD:
            return None
        until = self.held_until
        return NodeLease(
            self.epoch,
            self.incarnation,
            until,
            self.duration,
            until - self.timing.stop_before,
            until - self.timing.kill_before,
            until - self.timing.shim_kill_before,
        )

    @property
    def next_timer(self) -> BootTime:
        """When `tick` is due."""
        if self.state is LeaseState.HELD:
            return min(self._next_send, self.stop_at)
        if self.state is LeaseState.LAPSING and not self._over:
            return min(self._next_send, self.held_until)
        return self._next_send

    @property
    def left_heard(self) -> bool:
        """Whether a majority has heard that this node left."""
        return len(self._left) >= self.voters.majority

    def join(self, now: BootTime) -> None:
        """Ask for a new epoch: nothing runs here that the old one covered."""
        if self.state in (LeaseState.JOINING, LeaseState.HELD):
            return
        self._new_epoch(now, self.epoch + 1)
        self.state = LeaseState.JOINING
        self._over = True

    def lapse(self, epoch: int) -> None:
        """Hold no lease under `epoch` or an older one: its isolation has begun, whatever the voters say."""
        if self.state is LeaseState.HELD and self.epoch <= epoch:
            self._lapse()

    def stays_until(self, now: BootTime) -> BootTime:
        """The end of the maintenance that a majority has agreed to: of a lease longer than the usual one.

        0 without one. It is known to an agent that comes back as well, by the record of its predecessor.
        """
        long = self.state is LeaseState.HELD and self.held_until > now + self.timing.node_lease
        return self.held_until if long else 0.0

    def maintain(self, now: BootTime, seconds: float) -> None:
        """Ask for a lease of so many seconds from now; `lease` tells when a majority has agreed."""
        if self.state is LeaseState.HELD:
            self._asked, self._stay_until = now, now + seconds
            self._next_send = now

    def end_maintenance(self, now: BootTime) -> None:
        """Hold the usual lease again: first here, so that it is recorded, and then the voters are told."""
        if self.state is not LeaseState.HELD or now >= self.stop_at:
            return
        self._asked, self._stay_until = now, 0.0
        self.held_until = min(self.held_until, now + self.timing.node_lease)
        # What was granted before is given up, also where the answer is still on its way.
        self._sent.clear()
        self._expiry.clear()
        self.events.append(LeaseEvent.EXTENDED)
        self._next_send = now

    def leave(self, now: BootTime) -> None:
        """Give the lease up; nothing runs here that it covered."""
        self.state = LeaseState.LEFT
        self._left.clear()
        self._over = True
        self._next_send = now
        self.tick(now)

    def tick(self, now: BootTime) -> None:
        """Renew when due, begin isolation when the lease nears its end, say when it is over."""
        if self.state is LeaseState.HELD and now >= self.stop_at:
            self._lapse()
        if self.state is LeaseState.LAPSING and not self._over and now >= self.held_until:
            self._over = True
            self.events.append(LeaseEvent.LOST)
        if now < self._next_send:
            return
        self._next_send = self.pace.after(now, self.timing.renewal)
        if self.state in (LeaseState.JOINING, LeaseState.LEFT):
            self._next_send = now + self.timing.renewal * EAGER
        if self.state in (LeaseState.HELD, LeaseState.JOINING):
            self._send_renewal(now)
        elif self.state is LeaseState.LEFT and not self.left_heard:
            self._send_leave(now)
        else:
            self._send_probe(now)

    def receive(self, now: BootTime, voter: str, message: Message) -> None:
        """Take a voter's answer."""
        if isinstance(message, Renewed):
            self._on_renewed(now, voter, message)
        elif isinstance(message, RenewRefused):
            self._on_refused(now, voter, message)
        elif isinstance(message, Left) and self.state is LeaseState.LEFT and message.epoch > self.epoch:
            before = self.left_heard
            self._left.add(voter)
            if self.left_heard and not before:
                self.events.append(LeaseEvent.LEFT)

    def _number(self, now: BootTime) -> int:
        """Of the next question: greater than all of a former agent of this incarnation.

        An answer to one of those, which comes late, must not count from the sending of one of these.
        """
        self._request = max(self._request + 1, int(now * 1000))
        return self._request

    def _send_renewal(self, now: BootTime) -> None:
        request = self._number(now)
        self._sent[request] = now
        if len(self._sent) > REMEMBERED:
            del self._sent[next(iter(self._sent))]
        self.outbox.append(
            Renew(
                self.voters.cluster,
                self.voters.digest,
                self.node,
                self.epoch,
                self.incarnation,
                request,
                self.state is LeaseState.JOINING,
                max(0.0, self._stay_until - now) if self.state is LeaseState.HELD else 0.0,
                self._asked,
            )
        )

    def _send_probe(self, now: BootTime) -> None:
        """Ask for nothing: the refusals tell who leads, and that the voters are there."""
        voters = self.voters
        self.outbox.append(
            Renew(voters.cluster, voters.digest, self.node, 0, self.incarnation, self._number(now), False)
        )

    def _send_leave(self, now: BootTime) -> None:
        voters = self.voters
        self.outbox.append(
            Leave(voters.cluster, voters.digest, self.node, self.epoch, self.incarnation, self._number(now))
        )

    def _on_renewed(self, now: BootTime, voter: str, message: Renewed) -> None:
        if message.epoch != self.epoch or message.incarnation != self.incarnation:
            return
        if self.state is LeaseState.HELD and now >= self.stop_at:
            self._lapse()
        if self.state not in (LeaseState.HELD, LeaseState.JOINING):
            return
        sent = self._sent.get(message.request)
        if sent is None or not message.duration > 0:
            return
        self._registered[voter] = self.epoch
        until = sent + message.duration
        if until <= self._expiry.get(voter, 0.0):
            return
        self._expiry[voter] = until
        held_until = self.voters.majority_value(self._expiry)
        if held_until is None or held_until <= self.held_until:
            return
        if self.state is LeaseState.HELD:
            self.held_until = held_until
            self.events.append(LeaseEvent.EXTENDED)
        elif now < held_until - self.timing.stop_before:
            self.held_until = held_until
            self.state = LeaseState.HELD
            self.rival_until = 0.0
            self._over = False
            self.events += (LeaseEvent.GAINED, LeaseEvent.EXTENDED)
        self.duration = message.duration

    def _on_refused(self, now: BootTime, voter: str, message: RenewRefused) -> None:
        if message.request not in self._sent:
            return
        if message.busy > 0:
            self.rival_until = now + message.busy
        self._registered[voter] = max(self._registered.get(voter, 0), message.epoch)
        if self.state is LeaseState.JOINING:
            if message.epoch >= self.epoch and len(self._registered) >= self.voters.majority:
                again = now + (self.timing.renewal if message.busy > 0 else 0.0)
                self._new_epoch(again, max(self._registered.values()) + 1)
        elif self.state is LeaseState.HELD:
            refusing = sum(epoch > self.epoch for epoch in self._registered.values())
            if refusing >= self.voters.majority:
                self._lapse()

    def _new_epoch(self, send_at: BootTime, epoch: int) -> None:
        self.epoch = epoch
        self._asked = self._stay_until = 0.0
        self._expiry.clear()
        self._sent.clear()
        self._next_send = send_at

    def _lapse(self) -> None:
        self.state = LeaseState.LAPSING
        self.events.append(LeaseEvent.LAPSING)
