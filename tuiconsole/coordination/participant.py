"""What one node does in coordination: it holds its lease and, on a core node, has one voter.

Messages and ticks go in; messages go out by the ports, records to the disk, news to the listener. It has
neither thread nor timer of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

import msgspec

from tuiconsole.clock import BootTime
from tuiconsole.coordination.coordinator import Leadership, NodeLease, Quorum
from tuiconsole.coordination.disk_writer import DiskWriter
from tuiconsole.coordination.leases.holder import LeaseEvent, LeaseHolder, LeaseState
from tuiconsole.coordination.messages import (
    FROM_ANY_NODE,
    TO_ANY_NODE,
    Hello,
    Malformed,
    Message,
    Renewed,
    RenewRefused,
    Unlike,
    decode,
)
from tuiconsole.coordination.paxos.outcomes import Result
from tuiconsole.coordination.paxos.voter import Voter
from tuiconsole.coordination.ports import Ports
from tuiconsole.coordination.voters import VoterSet
from tuiconsole.settings.timing import Timing

PRESENT = 1.0
"""Seconds after which a voter that does not answer no longer counts as present."""

KEPT_OUT = (
    "it is kept out: its cluster file differs from that of {voters} in what safety rests on; "
    "give it theirs and start its agent again"
)

DeadlineWriter = Callable[[BootTime, BootTime, BootTime, BootTime, int, str], None]
"""(deadline, stop_at, kill_at, shim_kill_at, epoch, incarnation), called in the engine's thread at each
extension."""


class EngineListener:
    """What the engine tells. Called in its thread; override what is of interest."""

    def leadership(self, leadership: Leadership | None) -> None:
        """Gained, gained again, or lost."""

    def lease(self, event: LeaseEvent, lease: NodeLease | None) -> None:
        """GAINED, LAPSING or LOST, with the lease as it last was."""

    def result(self, request: int, result: Result) -> None:
        """A request's outcome."""

    def failed(self, error: BaseException) -> None:
        """The engine's thread has ended by an error that nobody foresaw."""


class ClusterView(msgspec.Struct, frozen=True):
    """What this node sees of the nodes' leases while it leads."""

    epochs: Mapping[str, int]
    ages: Mapping[str, float]


NOTHING_SEEN = ClusterView({}, {})


class Participant:
    """One node's lease holder and, on a core node, its voter with the disk."""

    def __init__(
        self,
        node: str,
        voters: VoterSet,
        timing: Timing,
        holder: LeaseHolder,
        voter: Voter | None,
        disk: DiskWriter | None,
        ports: Ports,
        listener: EngineListener,
        on_lease: DeadlineWriter | None,
        counts: Counter[str],
    ) -> None:
        self.holder = holder
        self.voter = voter
        self.view = NOTHING_SEEN
        self._node = node
        self._voters = voters
        self._timing = timing
        self._disk = disk
        self._ports = ports
        self._listener = listener
        self._on_lease = on_lease
        self._counts = counts
        self._heard: dict[str, BootTime] = {}
        self._unlike: dict[str, BootTime] = {}
        self._reported: dict[str, tuple[str, int, BootTime]] = {}
        self._last_lease: NodeLease | None = None
        self._view_at: BootTime = 0.0

    # -- what it sees; from any thread -----------------------------------------------------------------------

    def quorum(self, now: BootTime) -> Quorum:
        """The voters as this node sees them."""
        heard = dict(self._heard)
        seen = {name for name, at in heard.items() if name != self._node and now - at < PRESENT}
        if self.voter is not None and self.voter.trouble(now) is None:
            seen.add(self._node)
        missing = tuple(name for name in self._voters.names if name not in seen)
        needed = self._voters.majority
        return Quorum(len(self._voters), len(seen), needed, len(seen) >= needed, missing)

    def kept_out(self, now: BootTime) -> str | None:
        """Why the voters do not hear this node though it reaches them, in words; None if they do."""
        fresh = PRESENT + 2 * self._timing.renewal
        unlike = sorted(name for name, at in dict(self._unlike).items() if now - at < fresh)
        if not unlike or len(self._voters) - len(unlike) >= self._voters.majority:
            return None
        return KEPT_OUT.format(voters=", ".join(unlike))

    def leader(self, now: BootTime) -> tuple[str, int] | None:
        """The leader as this node knows: by its own voter, or as the voters report with each renewal."""
        best = self.voter.known_leader(now) if self.voter is not None else None
        for leader, term, at in dict(self._reported).values():
            if leader and now - at < PRESENT and (best is None or term > best[1]):
                best = (leader, term)
        return best

    # -- time ------------------------------------------------------------------------------------------------

    @property
    def next_timer(self) -> BootTime:
        """When `tick` is due."""
        timer = self.holder.next_timer
        if self.voter is not None:
            timer = min(timer, self.voter.next_timer)
        return timer

    def tick(self, now: BootTime) -> None:
        """Do what is due. Input that waits is to be passed first."""
        if now >= self.holder.next_timer:
            self.holder.tick(now)
        if self.voter is not None and now >= self.voter.next_timer:
            self.voter.tick(now)

    def resumed(self, now: BootTime) -> None:
        """This process was paused, and what arrived meanwhile has been passed."""
        if self.voter is not None:
            self.voter.resumed(now)

    def halt(self, now: BootTime, why: str) -> None:
        """Vote no more, and lead no more: the driver has failed."""
        if self.voter is not None:
            self.voter.halt(now, why)
        self._listener.leadership(None)

    # -- in --------------------------------------------------------------------------------------------------

    def take(self, now: BootTime, sender: str, frame: bytes | memoryview) -> None:
        """Take a frame of an authenticated sender."""
        try:
            message = decode(frame)
        except Malformed:
            self._counts["malformed"] += 1
            return
        if message.sender != sender:
            self._counts["not the sender it says"] += 1
        elif isinstance(message, TO_ANY_NODE):
            self._on_lease_answer(now, sender, message)
        elif self.voter is None:
            self._counts["not for this node"] += 1
        elif sender not in self._voters and not isinstance(message, FROM_ANY_NODE):
            self._counts["not a voter"] += 1
        elif (
            self.voter.receive(now, sender, message)
            and sender in self._voters
            and not isinstance(message, Hello)
        ):
            self._heard[sender] = now

    def _on_lease_answer(self, now: BootTime, voter: str, message: Message) -> None:
        if voter not in self._voters:
            self._counts["not a voter"] += 1
            return
        if isinstance(message, Unlike):
            self._unlike[voter] = now
            return
        if message.cluster != self._voters.cluster or message.digest != self._voters.digest:
            self._counts["other cluster file"] += 1
            return
        self._unlike.pop(voter, None)
        self._heard[voter] = now
        if isinstance(message, (Renewed, RenewRefused)):
            self._reported[voter] = (message.leader, message.leader_term, now)
        self.holder.receive(now, voter, message)

    def take_written(self, now: BootTime) -> None:
        """Take what the disk has finished."""
        if self.voter is None or self._disk is None:
            return
        while (written := self._disk.finished()) is not None:
            if written.trouble is not None:
                self.voter.halt(now, written.trouble)
            else:
                self.voter.stored(now, written.change)

    # -- out -------------------------------------------------------------------------------------------------

    def flush(self, now: BootTime) -> None:
        """Pass on what holder and voter have to say, write and tell."""
        self._flush_lease(now)
        if self.voter is not None:
            self._flush_voter(now, self.voter)

    def _flush_lease(self, now: BootTime) -> None:
        holder = self.holder
        # A lease that was shortened is on record before any voter hears of it.
        self._tell_lease_events()
        # This node's own voter answers at once, and its answers may hold a new message of the holder.
        while holder.outbox:
            messages, holder.outbox = holder.outbox, []
            for message in messages:
                self._ports.send_to_voters(message)
                if self.voter is not None:
                    self.voter.receive(now, self._node, message)
                    self._take_own_answers(now, self.voter)
        self._tell_lease_events()

    def _tell_lease_events(self) -> None:
        while self.holder.events:
            self._on_lease_event(self.holder.events.pop(0))

    def _take_own_answers(self, now: BootTime, voter: Voter) -> None:
        own = [message for to, message in voter.outbox if to == self._node]
        if own:
            voter.outbox[:] = [entry for entry in voter.outbox if entry[0] != self._node]
            for message in own:
                self._on_lease_answer(now, self._node, message)

    def _on_lease_event(self, event: LeaseEvent) -> None:
        holder = self.holder
        if holder.lease is not None:
            self._last_lease = holder.lease
        lease = self._last_lease
        if event is not LeaseEvent.EXTENDED:
            self._listener.lease(event, lease)
        elif self._on_lease is not None and holder.state is LeaseState.HELD and lease is not None:
            self._on_lease(
                lease.held_until,
                lease.stop_at,
                lease.kill_at,
                lease.shim_kill_at,
                lease.epoch,
                lease.incarnation,
            )

    def _flush_voter(self, now: BootTime, voter: Voter) -> None:
        if self._disk is not None and self._disk.idle:
            due = voter.record_due()
            if due is not None:
                self._disk.write(*due)
        self._take_own_answers(now, voter)
        for to, message in voter.outbox:
            self._ports.send(to, message)
        voter.outbox.clear()
        for leadership in voter.events:
            self._listener.leadership(leadership)
        voter.events.clear()
        for request, result in voter.results:
            self._listener.result(request, result)
        voter.results.clear()
        if voter.leader is None:
            self.view = NOTHING_SEEN
        elif now - self._view_at >= self._timing.leader_beat:
            self._view_at = now
            self.view = ClusterView(voter.node_epochs(now), voter.lease_ages(now))
