"""The coordination thread on virtual time: the real participant on a simulated network and disk."""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from tests.simulation.loop import SLIVER, Loop
from tuiconsole.coordination.disk import OtherVoters
from tuiconsole.coordination.disk_writer import DiskWriter, Written
from tuiconsole.coordination.leases.holder import LeaseHolder
from tuiconsole.coordination.messages import Message, encode
from tuiconsole.coordination.participant import ClusterView, Participant
from tuiconsole.coordination.paxos.voter import Voter
from tuiconsole.coordination.record import VoterRecord
from tuiconsole.coordination.voters import VoterSet
from tuiconsole.settings.timing import Timing

if TYPE_CHECKING:
    from tests.simulation.host import Agency, Host
    from tuiconsole.coordination.ports import Ports


class Disk:
    """A voter's disk: what was being written when the host died is there, or is not."""

    def __init__(self, folder: object, voter: str, voters: VoterSet) -> None:
        assert Loop.current is not None
        self._host = Loop.current
        self._voters = voters

    def load_or_begin(self) -> VoterRecord:
        if self._host.record is None:
            self._host.record = VoterRecord(f"id {self._host.site.new_pid()} of {self._host.name}")
        record = self._host.record
        if record.members and tuple(sorted(record.members)) != self._voters.names:
            raise OtherVoters(f"{self._host.name} was founded with other core nodes")
        return record


class Writer:
    """In place of the thread that writes."""

    def __init__(self, agency: Agency, done: Callable[[], None]) -> None:
        self._agency = agency
        self._done = done
        self._finished: deque[Written] = deque()
        self.idle = True

    def write(self, change: int, record: VoterRecord) -> None:
        self.idle = False
        host = self._agency.host
        host.writing = record
        if host.site.is_cut(host, "a voter's record is being written"):
            host.site.at(host.site.now, host.power_off, False)
        delay = host.disk_delay * host.site.chance.uniform(0.5, 2.0)
        host.site.at(host.site.now + delay, self._written, change, record)

    def finished(self) -> Written | None:
        if not self._finished:
            return None
        self.idle = True
        return self._finished.popleft()

    def _written(self, change: int, record: VoterRecord) -> None:
        if self._agency.loop.dead:
            return
        host = self._agency.host
        host.record, host.writing = record, None
        if host.site.is_cut(host, "a voter's record is written"):
            host.power_off()
            return
        self._finished.append(Written(change, None))
        self._done()


class Engine:
    """In place of the thread and its sockets; everything else is the product's."""

    def __init__(
        self,
        node: str,
        voters: VoterSet,
        addresses: Mapping[str, str],
        timing: Timing,
        sockets: object,
        holder: LeaseHolder,
        listener: Any,
        on_lease: Any,
        votes_from: tuple[Disk, VoterRecord] | None,
    ) -> None:
        assert Loop.current is not None
        host = self._host = Loop.current
        assert host.agency is not None
        self._agency = host.agency
        self._voters = voters
        self.counts: Counter[str] = Counter()
        self.failure = None
        self.routes: dict[str, Host] = {}
        """By name: the machine that asked last, which may be a copy."""
        self.voter: Voter | None = None
        holder.pace.offset = host.offset_of_wall
        writer = None
        if votes_from is not None:
            chance = random.Random(host.site.chance.random())
            self.voter = Voter(node, voters, timing, votes_from[1], host.clock(), chance, holder.pace)
            writer = Writer(self._agency, self._wake)
        # What stands in the place of the disk and the sockets is typed as they are.
        self._participant = Participant(
            node,
            voters,
            timing,
            holder,
            self.voter,
            cast("DiskWriter | None", writer),
            cast("Ports", self),
            listener,
            on_lease,
            self.counts,
        )
        self._timer_at = float("inf")
        self._missed: list[Callable[[float], None]] = []
        self._paused = False

    # -- as the product calls it -----------------------------------------------------------------------------

    def start(self) -> None:
        self._agency.engine = self
        self._flush()

    def stop(self) -> None:
        self._agency.engine = None

    def call(self, function: Callable[[float], None]) -> None:
        self._host.site.at(self._host.site.now, self.take, function)

    def quorum(self) -> Any:
        return self._participant.quorum(self._host.clock())

    def kept_out(self) -> str | None:
        return self._participant.kept_out(self._host.clock())

    def leader(self) -> tuple[str, int] | None:
        return self._participant.leader(self._host.clock())

    @property
    def view(self) -> ClusterView:
        return self._participant.view

    def send(self, to: str, message: Message) -> None:
        self._carry(to, encode(message))

    def send_to_voters(self, message: Message) -> None:
        frame = encode(message)
        for name in self._voters.names:
            if name != self._host.name:
                self._carry(name, frame)

    # -- as time and network do ------------------------------------------------------------------------------

    def take(self, function: Callable[[float], None]) -> None:
        """Do something in this «thread»; later, if the agent is paused."""
        if self._agency.loop.dead or self._agency.engine is not self:
            return
        if self._agency.loop.frozen:
            self._missed.append(function)
            return
        function(self._host.clock())
        self._participant.take_written(self._host.clock())
        self._flush()

    def thaw(self) -> None:
        """After a pause: what has arrived first, then timers."""
        missed, self._missed = self._missed, []
        now = self._host.clock()
        for function in missed:
            function(now)
        self._participant.take_written(now)
        self._participant.resumed(now)
        self._timer_at = float("inf")
        self._flush()

    def _carry(self, to: str, frame: bytes) -> None:
        host = self._host.site.hosts[to] if to in self._voters else self.routes.get(to)
        if host is not None:
            self._host.site.network.carry(self._host.name, to, "lease", _arrived, host, self._host, frame)

    def _wake(self) -> None:
        self.take(lambda _now: None)

    def _fire(self, at: float) -> None:
        if at != self._timer_at or self._agency.loop.frozen:
            return
        self._timer_at = float("inf")
        self.take(self._participant.tick)

    def _flush(self) -> None:
        before, Loop.current = Loop.current, self._host
        try:
            self._participant.flush(self._host.clock())
        finally:
            Loop.current = before
        at = self._host.when(self._participant.next_timer) + SLIVER
        if at < self._timer_at:
            self._timer_at = at
            self._host.site.at(at, self._fire, at)


def _arrived(host: Host, sender: Host, frame: bytes) -> None:
    engine = host.agency.engine if host.agency is not None else None
    if engine is not None:
        participant = engine._participant
        engine.routes[sender.name] = sender
        engine.take(lambda now: participant.take(now, sender.name, frame))
