"""The thread in which coordination runs: it polls the sockets, keeps the time, and takes calls from others.

Nothing slow shares it: the disk has a thread of its own, and the rest of the agent is told in its own loop.
"""

from __future__ import annotations

import logging
import math
import os
import random
import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping
from functools import partial

import zmq

from tuiconsole.clock import BootTime, boottime, wall_offset
from tuiconsole.coordination.coordinator import Quorum
from tuiconsole.coordination.disk import VoterDisk
from tuiconsole.coordination.disk_writer import DiskWriter
from tuiconsole.coordination.leases.holder import LeaseHolder
from tuiconsole.coordination.participant import ClusterView, DeadlineWriter, EngineListener, Participant
from tuiconsole.coordination.paxos.voter import Voter
from tuiconsole.coordination.ports import Ports
from tuiconsole.coordination.record import VoterRecord
from tuiconsole.coordination.transport import CoordinationSockets
from tuiconsole.coordination.voters import VoterSet
from tuiconsole.settings.timing import Timing

RECHECK = 0.5
"""Seconds after which timers look at the boot-time clock again: poll() stands still while the machine
sleeps."""
PAUSE = 0.25
"""A gap between two rounds of the loop, in seconds, that means that this process was paused."""
GRACE = 0.03
"""After a pause, seconds without input before timers may fire: what arrived meanwhile is first to be read."""

Ready = list[tuple[object, int]]
_log = logging.getLogger(__name__)


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
        votes_from: tuple[VoterDisk, VoterRecord] | None,
    ) -> None:
        """Nothing is bound or sent before `start`.

        Args:
            node: this node's name.
            voters: of this cluster.
            addresses: of each voter's ROUTER.
            timing: in force.
            sockets: makes the sockets.
            holder: of this node's lease.
            listener: is told what happens.
            on_lease: writes the deadline record.
            votes_from: a voter's disk, and the record that was read from it; None for a node without a vote.
        """
        self.voter: Voter | None = None
        self.counts: Counter[str] = Counter()
        """Messages dropped, by reason."""
        self.failure: BaseException | None = None
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._calls: deque[Callable[[BootTime], None]] = deque()
        self._stopping = False
        self._listener = listener
        self._pace = holder.pace
        self._disk: DiskWriter | None = None
        if votes_from is not None:
            disk, record = votes_from
            self._disk = DiskWriter(disk, self._wake_up)
            self.voter = Voter(node, voters, timing, record, boottime(), random.Random(), holder.pace)  # noqa: S311 (spreads timeouts, guards nothing)
        self._ports = Ports(node, voters, addresses, sockets, self.counts)
        self._participant = Participant(
            node,
            voters,
            timing,
            holder,
            self.voter,
            self._disk,
            self._ports,
            listener,
            on_lease,
            self.counts,
        )
        self._thread = threading.Thread(target=self._run, name="coordination", daemon=True)

    # -- from other threads ----------------------------------------------------------------------------------

    def start(self) -> None:
        """Bind, connect, and run.

        Raises:
            zmq.ZMQError: the address of this voter cannot be bound.
        """
        self._ports.open(votes=self.voter is not None)
        if self._disk is not None:
            self._disk.start()
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
        if self._disk is not None:
            self._disk.stop()
        os.close(self._wake)

    def quorum(self) -> Quorum:
        """The voters as this node sees them."""
        return self._participant.quorum(boottime())

    def kept_out(self) -> str | None:
        """Why the voters do not hear this node, in words."""
        return self._participant.kept_out(boottime())

    def leader(self) -> tuple[str, int] | None:
        """The leader as this node knows: by its own voter, or as the voters report with each renewal."""
        return self._participant.leader(boottime())

    @property
    def view(self) -> ClusterView:
        """What this node sees of the nodes' leases while it leads."""
        return self._participant.view

    def _wake_up(self) -> None:
        os.eventfd_write(self._wake, 1)

    # -- the loop --------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._loop()
        except BaseException as error:  # noqa: BLE001 (the thread's owner must learn why it ended)
            self.failure = error
            _log.critical("the coordination thread failed", exc_info=error)
            self._participant.halt(boottime(), f"the coordination thread failed: {error!r}")
            self._listener.failed(error)
        finally:
            self._ports.close()

    def _loop(self) -> None:
        participant = self._participant
        poller = zmq.Poller()
        poller.register(self._wake, zmq.POLLIN)
        self._ports.register(poller)
        looked_at = boottime()
        while not self._stopping:
            wait = min(max(participant.next_timer - boottime(), 0.0), RECHECK)
            ready: Ready = poller.poll(math.ceil(wait * 1000))
            now = boottime()
            if now - looked_at > wait + PAUSE:
                ready = self._drain_after_pause(poller, ready)
                now = boottime()
                participant.resumed(now)
            looked_at = now
            self._take_input(ready, now)
            self._pace.offset = wall_offset()
            participant.tick(now)
            participant.flush(now)

    def _drain_after_pause(self, poller: zmq.Poller, ready: Ready) -> Ready:
        """Read what arrived during a pause before any timer fires; what voters then are told is not stale."""
        until = boottime() + 10 * GRACE
        while ready and boottime() < until:
            self._take_input(ready, boottime())
            ready = poller.poll(math.ceil(GRACE * 1000))
        return ready or poller.poll(math.ceil(GRACE * 1000))

    def _take_input(self, ready: Ready, now: BootTime) -> None:
        take = partial(self._participant.take, now)
        for source, _ in ready:
            if not self._ports.read(source, take):
                os.eventfd_read(self._wake)
        self._participant.take_written(now)
        while self._calls:
            self._calls.popleft()(now)
