"""Network, disks and machines of the simulation."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from tests.timeline import Timeline
from tuiconsole.coordination.leases.holder import LeaseEvent, LeaseHolder, LeaseState
from tuiconsole.coordination.pace import Pace
from tuiconsole.coordination.paxos.voter import Voter
from tuiconsole.coordination.record import VoterRecord
from tuiconsole.coordination.voters import VoterSet
from tuiconsole.settings.timing import Timing

TIMING = Timing(
    renewal=0.25, node_lease=1.4, margin=0.1, stop_before=0.5, kill_before=0.3, shim_kill_before=0.1
)
"""Leases short enough to be lost and found again several times within one seed."""
LONGEST_LEASE = 2.2
"""Of the cluster files below."""
TIMINGS = (
    msgspec.structs.replace(TIMING, node_lease=LONGEST_LEASE),
    msgspec.structs.replace(TIMING, node_lease=1.3),
    msgspec.structs.replace(
        TIMING, node_lease=2.0, leader_lease=1.35, election_min=1.45, election_max=1.7, renewal=0.3
    ),
    msgspec.structs.replace(TIMING, leader_lease=0.4, election_min=0.5, election_max=0.8),
    msgspec.structs.replace(TIMING, node_lease=1.8, stop_before=0.9, kill_before=0.7, shim_kill_before=0.5),
)
"""What other cluster files say."""
LONG_LEASE = 0
LONG = 2
"""The one of them with the longest leases of leaders, and long ones of nodes."""
DRIFT = 0.01
"""Clocks run up to 1 % fast or slow: twenty times what real ones do."""


class File(NamedTuple):
    """What a cluster file says of voters and timings."""

    voters: VoterSet
    timing: Timing


class Machine:
    """A computer with a clock of its own rate. Crashes, pauses, and a disk that loses what was not synced."""

    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self.name = name
        self.file = world.file
        """The cluster file on this machine: a boot reads it."""
        chance = world.chance
        self.rate = 1.0 + chance.uniform(-DRIFT, DRIFT)
        self.offset = chance.uniform(10.0, 1000.0)
        # In every second world all act at the same instants, as hosts do whose wall clocks agree.
        self.pace = Pace(-self.offset if world.in_step else 0.0)
        self.up = False
        self.life = 0
        self.paused = False
        self.missed: list[tuple[Callable[..., None], Any, Any]] = []
        self.timer_at = float("inf")

    def clock(self) -> float:
        return self.offset + self.world.now * self.rate

    def next_timer(self) -> float:
        raise AssertionError

    def tick(self, now: float) -> None:
        raise AssertionError

    def pump(self) -> None:
        raise AssertionError

    def arm(self) -> None:
        """See to it that the next timer fires, in the world's time."""
        at = (self.next_timer() - self.offset) / self.rate
        if at < self.timer_at:
            self.timer_at = at
            self.world.at(at, self.fire, self.life, at)

    def fire(self, life: int, at: float) -> None:
        if life != self.life or not self.up or at != self.timer_at:
            return
        if self.paused:
            self.timer_at = float("inf")
            return
        self.timer_at = float("inf")
        now = self.clock()
        if self.next_timer() <= now + 1e-9:
            self.tick(now + 1e-9)
        self.pump()

    def pause(self) -> None:
        self.paused = True

    def resume(self) -> None:
        """Input first, then timers."""
        if not self.paused:
            return
        self.paused = False
        missed, self.missed = self.missed, []
        for handle, first, second in missed:
            if self.up:
                handle(first, second)
        if self.up:
            self.resumed()
            self.timer_at = float("inf")
            self.pump()

    def resumed(self) -> None:
        """After a pause, before timers."""


class VoterMachine(Machine):
    """A core node's voter with its disk, and the model of a master on top."""

    def __init__(self, world: World, name: str) -> None:
        super().__init__(world, name)
        self.on_disk = VoterRecord(f"id of {name}")
        self.writing: VoterRecord | None = None
        self.disk_delay = 0.002
        self.wiped = 0
        self.voter: Voter
        self.master: Any = None

    def boot(self) -> None:
        self.up = True
        self.paused = False
        self.missed.clear()
        self.life += 1
        self.timer_at = float("inf")
        self.writing = None
        chance = random.Random(self.world.chance.random())
        self.voter = Voter(
            self.name, self.file.voters, self.file.timing, self.on_disk, self.clock(), chance, self.pace
        )
        self.world.boot_master(self)
        self.pump()

    def crash(self) -> None:
        """What was being written may be on disk or not; nothing that was answered may depend on it."""
        self.up = False
        if self.writing is not None and self.world.chance.random() < 0.5:
            self.on_disk = self.writing
        self.writing = None

    def wipe(self) -> None:
        """The disk is lost; the next boot finds a blank one."""
        if self.up:
            self.crash()
        self.writing = None
        self.wiped += 1
        self.on_disk = VoterRecord(f"id {self.wiped} of {self.name}")

    def next_timer(self) -> float:
        return min(self.voter.next_timer, self.master.next_step)

    def tick(self, now: float) -> None:
        self.voter.tick(now)
        if now >= self.master.next_step:
            self.master.step(now)

    def resumed(self) -> None:
        self.voter.resumed(self.clock())

    def receive(self, sender: str, message: Any) -> None:
        self.voter.receive(self.clock(), sender, message)
        self.pump()

    def stored(self, life: int, due: tuple[int, VoterRecord]) -> None:
        if life != self.life or not self.up:
            return
        if self.paused:
            self.missed.append((self.stored, life, due))
            return
        self.writing = None
        self.on_disk = due[1]
        self.voter.stored(self.clock(), due[0])
        self.pump()

    def pump(self) -> None:
        voter = self.voter
        if voter.events or voter.results:
            self.master.told(self.clock())
        if self.writing is None:
            due = voter.record_due()
            if due is not None:
                self.writing = due[1]
                delay = self.disk_delay * self.world.chance.uniform(0.5, 2.0)
                self.world.at(self.world.now + delay, self.stored, self.life, due)
        if voter.outbox:
            send = self.world.send
            for to, message in voter.outbox:
                send(self.name, to, message)
            voter.outbox.clear()
        self.arm()


class NodeMachine(Machine):
    """A node: its lease, and one application that plugin and shim kill by the recorded deadline."""

    def __init__(self, world: World, name: str) -> None:
        super().__init__(world, name)
        self.incarnation = f"shim of {name}"
        self.holder: LeaseHolder
        self.recorded: tuple[int, float] | None = None
        """(epoch, end of the lease) of the deadline record, which outlives the agent."""
        self.killed_at = 0.0
        """The last of the times in that record: what the lease covered is dead then, whatever happens."""
        self.timing = TIMING
        """By the file that the agent has read."""
        self.running = 0
        """The token of the running application; 0 if none was started, or it was stopped."""
        self.floor = 0
        self.isolated_at = float("inf")
        self.rejoin_at = float("inf")

    def boot(self) -> None:
        self.up = True
        self.paused = False
        self.missed.clear()
        self.life += 1
        self.timer_at = float("inf")
        self.isolated_at = self.rejoin_at = float("inf")
        self.timing = self.file.timing
        self.holder = LeaseHolder(
            self.name, self.file.voters, self.timing, self.incarnation, self.recorded, self.pace
        )
        if self.recorded is None:
            self.holder.join(self.clock())
        self.holder.tick(self.clock())
        self.pump()

    def crash(self) -> None:
        """The agent dies; the application goes on until the recorded deadline."""
        self.up = False

    def runs(self) -> bool:
        """Whether the application runs: started, not stopped, and the shim's deadline has not passed."""
        if not self.running or self.recorded is None:
            return False
        return self.clock() < self.killed_at

    def next_timer(self) -> float:
        return min(self.holder.next_timer, self.isolated_at, self.rejoin_at)

    def tick(self, now: float) -> None:
        self.holder.tick(now)
        if now >= self.isolated_at:
            self.isolated_at = float("inf")
            self.running = 0
            self.holder.join(now)
        if now >= self.rejoin_at:
            # Another agent: with the old one's holder it would hold a lease as the shim that has ended.
            self.boot()

    def receive(self, sender: str, message: Any) -> None:
        now = self.clock()
        if isinstance(message, tuple):
            self.commanded(now, *message)
        elif message.digest == self.file.voters.digest and sender in self.file.voters:
            self.holder.receive(now, sender, message)
        self.pump()

    def commanded(self, now: float, epoch: int, token: int) -> None:
        """The guard.

        Start only under the lease's epoch, before isolation, and with a token not yet refused.
        """
        holder = self.holder
        if holder.state is not LeaseState.HELD or now >= holder.stop_at or epoch != holder.epoch:
            return
        if token <= self.floor or token == self.running:
            return
        self.floor = token - 1
        self.running = token
        self.world.check_run(self, token, epoch)

    def leave(self) -> None:
        """Stop everything, then give the lease up; come back later."""
        # One that is in maintenance and leaves unheard is waited for until that is over: for too long.
        stays = self.up and self.holder.stays_until(self.clock())
        if self.up and not self.paused and not stays and self.holder.state is LeaseState.HELD:
            self.floor = max(self.floor, self.running)
            self.running = 0
            # Its shim ends with it: the next agent finds no lease to go on with, and has another one.
            self.recorded = None
            self.incarnation = f"shim of {self.name} since {self.world.now}"
            self.holder.leave(self.clock())
            self.rejoin_at = self.clock() + self.world.chance.uniform(0.1, 1.0)
            self.world.tell(f"{self.name} leaves")
            self.pump()

    def pump(self) -> None:
        holder = self.holder
        if holder.events:
            for event in holder.events:
                if event is LeaseEvent.EXTENDED:
                    if holder.state is LeaseState.HELD:
                        self.recorded = (holder.epoch, holder.held_until)
                        self.killed_at = holder.held_until - self.timing.shim_kill_before
                elif event is LeaseEvent.GAINED:
                    self.world.check_lease(self, holder.epoch)
                elif event is LeaseEvent.LAPSING:
                    self.world.tell(f"{self.name} is isolated")
                    kill_in = self.world.chance.uniform(
                        0.0, self.timing.stop_before - self.timing.shim_kill_before
                    )
                    self.isolated_at = self.clock() + kill_in
            holder.events.clear()
        if holder.outbox:
            send = self.world.send
            for message in holder.outbox:
                for voter in holder.voters.names:
                    if voter in self.world.machines:
                        send(self.name, voter, message)
            holder.outbox.clear()
        self.arm()


class World(Timeline):
    """Machines and the network between them."""

    def __init__(self, chance: random.Random, voters: int, nodes: int) -> None:
        super().__init__(chance)
        self.in_step = chance.random() < 0.5
        self.voters = VoterSet("simulated", "abcdefg"[:voters])
        self.file = File(self.voters, TIMING)
        """The cluster file that all have in the end."""
        self.voter_machines = {name: VoterMachine(self, name) for name in self.voters.names}
        self.node_machines = {name: NodeMachine(self, name) for name in "xyz"[:nodes]}
        self.machines: dict[str, VoterMachine | NodeMachine] = {
            **self.voter_machines,
            **self.node_machines,
        }
        self.cut: set[tuple[str, str]] = set()
        self.late: dict[tuple[str, str], float] = {}
        """Seconds added to what goes this way."""
        self.drop = 0.0
        self.duplicate = 0.0
        self.slow = 0.0
        self.far = 0.01

    def send(self, sender: str, to: str, message: Any) -> None:
        if (sender, to) in self.cut:
            return
        roll = self.chance.random
        if self.drop and roll() < self.drop:
            return
        delay = 0.001 + self.far * roll()
        if self.slow and roll() < self.slow:
            delay += 0.6 * roll()
        if self.late:
            delay += self.late.get((sender, to), 0.0)
        self.at(self.now + delay, self.deliver, (sender, to), message)
        if self.duplicate and roll() < self.duplicate:
            self.at(self.now + delay + 2.0 * roll(), self.deliver, (sender, to), message)

    def deliver(self, route: tuple[str, str], message: Any) -> None:
        machine = self.machines[route[1]]
        if not machine.up:
            return
        if machine.paused:
            machine.missed.append((machine.receive, route[0], message))
        else:
            machine.receive(route[0], message)

    # What a scenario adds.

    def boot_master(self, machine: VoterMachine) -> None:
        raise AssertionError

    def check_run(self, machine: NodeMachine, token: int, epoch: int) -> None:
        raise AssertionError

    def check_lease(self, machine: NodeMachine, epoch: int) -> None:
        raise AssertionError
