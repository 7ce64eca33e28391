"""The thread in which coordination runs: sockets, timers and the disk's completions around the pure cores.

Nothing slow shares it: the disk has a thread of its own, and the rest of the agent is told in its own loop.
"""

from __future__ import annotations

import math
import os
import queue
import random
import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping

import msgspec
import zmq

from tuiconsole.clock import BootTime, boottime
from tuiconsole.coordination.coordinator import Leadership, NodeLease, Quorum
from tuiconsole.coordination.disk import VoterDisk
from tuiconsole.coordination.leases.holder import LeaseEvent, LeaseHolder, LeaseState
from tuiconsole.coordination.messages import (
    FROM_ANY_NODE,
    TO_ANY_NODE,
    Hello,
    Malformed,
    Message,
    Renewed,
    RenewRefused,
    decode,
    encode,
)
from tuiconsole.coordination.paxos.outcomes import Result
from tuiconsole.coordination.paxos.voter import Voter
from tuiconsole.coordination.record import VoterRecord
from tuiconsole.coordination.transport import CoordinationSockets
from tuiconsole.coordination.voters import VoterSet
from tuiconsole.settings.timing import Timing

RECHECK = 0.1
"""Seconds after which timers look at the boot-time clock again: poll() stands still while the machine
sleeps."""
PAUSE = 0.25
"""A gap between two rounds of the loop, in seconds, that means that this process was paused."""
GRACE = 0.03
"""After a pause, seconds without input before timers may fire: what arrived meanwhile is first to be read."""
BATCH = 256
"""Messages read from one socket in one round."""
PRESENT = 1.0
"""Seconds after which a voter that does not answer no longer counts as present."""

DeadlineWriter = Callable[[BootTime, BootTime, BootTime, BootTime, int, str], None]
"""(deadline, stop_at, kill_at, shim_kill_at, epoch, incarnation), called in this thread at each extension."""


class EngineListener:
    """What the engine tells. Called in its thread; override what is of interest."""

    def leadership(self, leadership: Leadership | None) -> None:
        """Gained, gained again, or lost."""

    def lease(self, event: LeaseEvent, lease: NodeLease | None) -> None:
        """GAINED, LAPSING or LOST, with the lease as it last was."""

    def result(self, request: int, result: Result) -> None:
        """A request's outcome."""


class ClusterView(msgspec.Struct, frozen=True):
    """What this node sees of the nodes' leases while it leads."""

    epochs: Mapping[str, int]
    ages: Mapping[str, float]


NOTHING_SEEN = ClusterView({}, {})


class Engine:
    """Drives one node's lease and, on a core node, one voter."""

    def __init__(
        self,
        node: str,
        voters: VoterSet,
        addresses: Mapping[str, str],
        timing: Timing,
        sockets: CoordinationSockets,
        holder: LeaseHolder,
        listener: EngineListener,
        on_lease: DeadlineWriter | None,
        disk: VoterDisk | None,
        record: VoterRecord | None,
    ) -> None:
        self.node = node
        self.voters = voters
        self.addresses = addresses
        self.timing = timing
        self.holder = holder
        self.voter: Voter | None = None
        self.counts: Counter[str] = Counter()
        """Messages dropped, by reason."""
        self.view = NOTHING_SEEN
        self.failure: BaseException | None = None

        self._sockets = sockets
        self._listener = listener
        self._on_lease = on_lease
        self._disk = disk
        if record is not None:
            self.voter = Voter(node, voters, timing, record, boottime(), random.Random())  # noqa: S311 (spreads timeouts, guards nothing)
        self._identity = f"{node}/{os.urandom(6).hex()}".encode()
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._calls: deque[Callable[[BootTime], None]] = deque()
        self._writes: queue.SimpleQueue[tuple[int, VoterRecord] | None] = queue.SimpleQueue()
        self._written: deque[tuple[int, OSError | None]] = deque()
        self._writing = False
        self._stopping = False
        self._router: zmq.Socket[bytes] | None = None
        self._dealers: dict[str, zmq.Socket[bytes]] = {}
        self._routes: dict[str, bytes] = {}
        self._heard: dict[str, BootTime] = {}
        self._reported: dict[str, tuple[str, int, BootTime]] = {}
        self._last_lease: NodeLease | None = None
        self._last_encoded: tuple[Message | None, bytes] = (None, b"")
        self._view_at: BootTime = 0.0
        self._thread = threading.Thread(target=self._run, name="coordination", daemon=True)
        self._disk_thread = threading.Thread(target=self._write_records, name="voter disk", daemon=True)

    # -- from other threads ----------------------------------------------------------------------------------

    def start(self) -> None:
        """Bind, connect, and run.

        Raises:
            zmq.ZMQError: the address of this voter cannot be bound.
        """
        if self.voter is not None:
            self._router = self._sockets.router(self.addresses[self.node])
            self._disk_thread.start()
        for name in self.voters.names:
            if name != self.node:
                self._dealers[name] = self._sockets.dealer(self.addresses[name], name, self._identity)
        self._thread.start()

    def call(self, function: Callable[[BootTime], None]) -> None:
        """Have `function(now)` called in the engine's thread."""
        self._calls.append(function)
        self._wake_up()

    def stop(self) -> None:
        """End both threads; returns when they have ended."""
        self._stopping = True
        self._wake_up()
        if self._thread.ident is not None:
            self._thread.join()
        if self._disk_thread.ident is not None:
            self._writes.put(None)
            self._disk_thread.join()
        os.close(self._wake)

    def quorum(self) -> Quorum:
        """The voters as this node sees them."""
        now = boottime()
        heard = dict(self._heard)
        present = sum(now - at < PRESENT for name, at in heard.items() if name != self.node)
        if self.voter is not None and self.voter.trouble(now) is None:
            present += 1
        needed = self.voters.majority
        return Quorum(len(self.voters), present, needed, present >= needed)

    def leader(self) -> tuple[str, int] | None:
        """The leader as this node knows: by its own voter, or as the voters report with each renewal."""
        now = boottime()
        best = self.voter.known_leader(now) if self.voter is not None else None
        for leader, term, at in dict(self._reported).values():
            if leader and now - at < PRESENT and (best is None or term > best[1]):
                best = (leader, term)
        return best

    # -- the loop --------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._loop()
        except BaseException as error:  # the thread's owner must learn why it ended
            self.failure = error
            if self.voter is not None:
                self.voter.halt(boottime(), f"the coordination thread failed: {error!r}")
            self._listener.leadership(None)
            raise
        finally:
            for socket in (*self._dealers.values(), *((self._router,) if self._router else ())):
                socket.close(linger=0)

    def _loop(self) -> None:
        poller = zmq.Poller()
        poller.register(self._wake, zmq.POLLIN)
        readers: dict[object, Callable[[BootTime], bool]] = {}
        for name, dealer in self._dealers.items():
            poller.register(dealer, zmq.POLLIN)
            readers[dealer] = self._dealer_reader(name, dealer)
        if self._router is not None:
            poller.register(self._router, zmq.POLLIN)
            readers[self._router] = self._router_reader(self._router)
        looked_at = boottime()
        while not self._stopping:
            wait = min(max(self._next_timer() - boottime(), 0.0), RECHECK)
            ready = poller.poll(math.ceil(wait * 1000))
            now = boottime()
            if now - looked_at > wait + PAUSE:
                ready = self._drain_after_pause(poller, readers, ready)
                now = boottime()
                if self.voter is not None:
                    self.voter.resumed(now)
            looked_at = now
            self._take_input(readers, ready, now)
            self._tick(now)
            self._flush(now)

    def _next_timer(self) -> BootTime:
        timer = self.holder.next_timer
        if self.voter is not None:
            timer = min(timer, self.voter.next_timer)
        return timer

    def _drain_after_pause(
        self,
        poller: zmq.Poller,
        readers: Mapping[object, Callable[[BootTime], bool]],
        ready: list[tuple[object, int]],
    ) -> list[tuple[object, int]]:
        """Read what arrived during a pause before any timer fires; what voters then are told is not stale."""
        until = boottime() + 10 * GRACE
        while ready and boottime() < until:
            self._take_input(readers, ready, boottime())
            ready = poller.poll(math.ceil(GRACE * 1000))
        return ready or poller.poll(math.ceil(GRACE * 1000))

    def _take_input(
        self,
        readers: Mapping[object, Callable[[BootTime], bool]],
        ready: list[tuple[object, int]],
        now: BootTime,
    ) -> None:
        for source, _ in ready:
            reader = readers.get(source)
            if reader is not None:
                reader(now)
            else:
                os.eventfd_read(self._wake)
        while self._written:
            self._on_written(now, *self._written.popleft())
        while self._calls:
            self._calls.popleft()(now)

    def _tick(self, now: BootTime) -> None:
        voter = self.voter
        if now >= self.holder.next_timer:
            self.holder.tick(now)
            if voter is not None and voter.leader is not None:
                # What goes to the same voters goes together: half the wake-ups, here and there.
                voter.leader.align(now)
        if voter is not None and now >= voter.next_timer:
            voter.tick(now)

    # -- input -----------------------------------------------------------------------------------------------

    def _dealer_reader(self, name: str, dealer: zmq.Socket[bytes]) -> Callable[[BootTime], bool]:
        def read(now: BootTime) -> bool:
            for _ in range(BATCH):
                try:
                    frames = dealer.recv_multipart(zmq.NOBLOCK)
                except zmq.Again:
                    return True
                if len(frames) == 1:
                    self._on_frame(now, name, frames[0])
                else:
                    self.counts["malformed"] += 1
            return False

        return read

    def _router_reader(self, router: zmq.Socket[bytes]) -> Callable[[BootTime], bool]:
        def read(now: BootTime) -> bool:
            for _ in range(BATCH):
                try:
                    frames = router.recv_multipart(zmq.NOBLOCK, copy=False)
                except zmq.Again:
                    return True
                if len(frames) != 2:
                    self.counts["malformed"] += 1
                    continue
                sender = self._sockets.sender_of(frames[1])
                if sender is None:
                    self.counts["no node's key"] += 1
                    continue
                self._routes[sender] = frames[0].bytes
                self._on_frame(now, sender, frames[1].buffer)
            return False

        return read

    def _on_frame(self, now: BootTime, sender: str, frame: bytes | memoryview) -> None:
        try:
            message = decode(frame)
        except Malformed:
            self.counts["malformed"] += 1
            return
        if message.sender != sender:
            self.counts["not the sender it says"] += 1
        elif isinstance(message, TO_ANY_NODE):
            self._on_lease_answer(now, sender, message)
        elif self.voter is None:
            self.counts["not for this node"] += 1
        elif sender not in self.voters and not isinstance(message, FROM_ANY_NODE):
            self.counts["not a voter"] += 1
        else:
            if sender in self.voters and not isinstance(message, Hello):
                self._heard[sender] = now
            self.voter.receive(now, sender, message)

    def _on_lease_answer(self, now: BootTime, voter: str, message: Message) -> None:
        if voter not in self.voters:
            self.counts["not a voter"] += 1
            return
        if message.cluster != self.voters.cluster or message.digest != self.voters.digest:
            self.counts["other voter set"] += 1
            return
        self._heard[voter] = now
        if isinstance(message, (Renewed, RenewRefused)):
            self._reported[voter] = (message.leader, message.leader_term, now)
        self.holder.receive(now, voter, message)

    # -- output ----------------------------------------------------------------------------------------------

    def _flush(self, now: BootTime) -> None:
        self._flush_leases(now)
        if self.voter is not None:
            self._flush_voter(now, self.voter)

    def _flush_leases(self, now: BootTime) -> None:
        holder = self.holder
        # This node's own voter answers at once, and its answers may hold a new message of the holder.
        while holder.outbox:
            messages, holder.outbox = holder.outbox, []
            for message in messages:
                for name, dealer in self._dealers.items():
                    self._send_to_dealer(name, dealer, self._encoded(message))
                if self.voter is not None:
                    self.voter.receive(now, self.node, message)
                    self._take_own_answers(now, self.voter)
        while holder.events:
            self._on_lease_event(holder.events.pop(0))

    def _take_own_answers(self, now: BootTime, voter: Voter) -> None:
        own = [message for to, message in voter.outbox if to == self.node]
        if own:
            voter.outbox[:] = [entry for entry in voter.outbox if entry[0] != self.node]
            for message in own:
                self._on_lease_answer(now, self.node, message)

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
        if not self._writing:
            due = voter.record_due()
            if due is not None:
                self._writing = True
                self._writes.put(due)
        self._take_own_answers(now, voter)
        for to, message in voter.outbox:
            dealer = self._dealers.get(to)
            if dealer is not None:
                self._send_to_dealer(to, dealer, self._encoded(message))
            else:
                self._send_by_router(to, self._encoded(message))
        voter.outbox.clear()
        for leadership in voter.events:
            self._listener.leadership(leadership)
        voter.events.clear()
        for request, result in voter.results:
            self._listener.result(request, result)
        voter.results.clear()
        if voter.leader is None:
            self.view = NOTHING_SEEN
        elif now - self._view_at >= self.timing.leader_beat:
            self._view_at = now
            self.view = ClusterView(voter.node_epochs(now), voter.lease_ages(now))

    def _encoded(self, message: Message) -> bytes:
        """Encode once what goes to several."""
        if self._last_encoded[0] is not message:
            self._last_encoded = (message, encode(message))
        return self._last_encoded[1]

    def _send_to_dealer(self, name: str, dealer: zmq.Socket[bytes], frame: bytes) -> None:
        try:
            dealer.send(frame, zmq.NOBLOCK)
        except zmq.Again:
            self.counts[f"not sent to {name}"] += 1

    def _send_by_router(self, name: str, frame: bytes) -> None:
        route = self._routes.get(name)
        if self._router is None or route is None:
            self.counts["no route"] += 1
            return
        try:
            self._router.send_multipart((route, frame), zmq.NOBLOCK)
        except zmq.ZMQError:
            # Gone, or its queue is full: it asks again.
            self.counts[f"not sent to {name}"] += 1

    # -- the disk --------------------------------------------------------------------------------------------

    def _write_records(self) -> None:
        while (due := self._writes.get()) is not None:
            seq, record = due
            failure: OSError | None = None
            try:
                if self._disk is not None:
                    self._disk.store(record)
            except OSError as error:
                failure = error
            self._written.append((seq, failure))
            self._wake_up()

    def _on_written(self, now: BootTime, seq: int, failure: OSError | None) -> None:
        voter = self.voter
        if voter is None:
            return
        if failure is not None:
            path = self._disk.path if self._disk is not None else ""
            voter.halt(now, f"{path}: {failure.strerror}; free or repair the disk and start this agent again")
            return
        self._writing = False
        voter.stored(now, seq)

    def _wake_up(self) -> None:
        os.eventfd_write(self._wake, 1)
