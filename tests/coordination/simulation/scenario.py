"""One seed: a cluster with a small master on top, faults, and the promises checked at every step."""

from __future__ import annotations

import random
from typing import Any

from tests.coordination.simulation.world import (
    LONG,
    LONG_LEASE,
    LONGEST_LEASE,
    TIMING,
    TIMINGS,
    File,
    NodeMachine,
    VoterMachine,
    World,
)
from tests.shapes import bridge, ring
from tests.timeline import Broken
from tuiconsole.coordination.coordinator import Versioned
from tuiconsole.coordination.leases.holder import LeaseState
from tuiconsole.coordination.messages import Accept
from tuiconsole.coordination.paxos.acceptor import Stamp
from tuiconsole.coordination.paxos.outcomes import EpochRaised, Failure
from tuiconsole.coordination.voters import VoterSet

FAULTS_END = 8.0
PROGRESS = 4.0
"""Seconds after the last fault within which a leader is elected and a value is written."""
STEP = 0.2
FAULTS = (
    "crash",
    "crash all",
    "pause",
    "isolate",
    "one-way",
    "pair",
    "split",
    "bridge",
    "ring",
    "flap",
    "late and lost",
    "lost while voters restart",
    "slow disk",
    "leave",
    "trap on accept",
    "trap on gain",
)
CUTS = ("isolate", "one-way", "pair", "split", "bridge", "ring")
AMBUSHES = ("half written", "half written", "restart apart", "late and lost", "not yet synced")


class Ledger:
    """The register's history: each value is written over the one that its writer had read."""

    def __init__(self) -> None:
        self.before: dict[bytes, bytes] = {}
        self.latest = b""
        self.stamp = Stamp(0, 0)
        self.stamps: dict[Stamp, bytes] = {}

    def proposed(self, value: bytes, over: bytes) -> None:
        self.before[value] = over

    def shown(self, value: bytes, stamp: Stamp) -> None:
        """A leader read this value: it is the latest that was shown, or was written over it."""
        if not self._follows(value, self.latest):
            raise Broken(f"lost: {self.latest!r} was acknowledged or read, but now {value!r} is read")
        if stamp < self.stamp:
            raise Broken(f"the register went back from {self.stamp} to {stamp}")
        self.latest, self.stamp = value, stamp

    def acknowledged(self, value: bytes, stamp: Stamp) -> None:
        """A writer is told that its value is written.

        Others may have built on it before the writer hears that.
        """
        if self._follows(value, self.latest):
            self.latest, self.stamp = value, max(stamp, self.stamp)
        elif not self._follows(self.latest, value):
            raise Broken(
                f"lost: {value!r} is acknowledged, but {self.latest!r} was shown, which is not over it"
            )

    def _follows(self, value: bytes, earlier: bytes) -> bool:
        if value and value not in self.before:
            raise Broken(f"phantom: {value!r} was never written")
        at = value
        while at != earlier:
            if at not in self.before:
                return False
            at = self.before[at]
        return True

    def carried(self, stamp: Stamp, value: bytes) -> None:
        """An Accept with this stamp went out."""
        if self.stamps.setdefault(stamp, value) != value:
            raise Broken(f"{stamp} carries {self.stamps[stamp]!r} and {value!r}")


class Master:
    """Grants one application to one node, through the register; moves it when the node is lost."""

    def __init__(self, scenario: Scenario, machine: VoterMachine) -> None:
        self.scenario = scenario
        self.machine = machine
        self.next_step = float("inf")
        self.requests = 0
        self.proposed: dict[int, bytes] = {}
        self.raising: dict[int, tuple[str, int]] = {}
        self.busy = False

    def told(self, now: float) -> None:
        voter = self.machine.voter
        while voter.events:
            leadership = voter.events.pop(0)
            self.scenario.tell(f"{self.machine.name} leads: {leadership}")
            if leadership is None:
                self.next_step = float("inf")
            else:
                self.scenario.check_leadership(self.machine, leadership.term)
                self.busy = False
                self.next_step = now
        while voter.results:
            request, result = voter.results.pop(0)
            if isinstance(result, Versioned):
                self.scenario.written(self.machine, result)
                self.busy = False
            elif isinstance(result, EpochRaised):
                self._raised(now, *self.raising[request], result.epoch)
            elif isinstance(result, Failure):
                self.busy = False

    def step(self, now: float) -> None:
        self.next_step = now + STEP
        voter = self.machine.voter
        read = voter.read(now)
        if read is None:
            return
        self.scenario.check_sole_leader(self.machine)
        self.scenario.read(read)
        if self.busy:
            return
        token, node, epoch = parse(read.value)
        ages = voter.lease_ages(now)
        epochs = voter.node_epochs(now)
        chance = self.scenario.chance
        if not node:
            ready = [name for name in ages if ages[name] < 0.6 and name in epochs]
            if ready:
                chosen = chance.choice(ready)
                self._write(now, read, token + 1, chosen, epochs[chosen])
            else:
                self._write(now, read, token, "", 0)
        elif epochs.get(node, 0) > epoch:
            self._write(now, read, token, "", 0)
        elif ages.get(node, 9.0) > chance.uniform(0.3, 1.0) or chance.random() < 0.05:
            self.requests += 1
            self.raising[self.requests] = (node, epoch)
            voter.raise_epoch(now, self.requests, node)
        else:
            self.scenario.send(self.machine.name, node, (epoch, token))
            if chance.random() < self.scenario.eagerness or self.scenario.now > FAULTS_END:
                self._write(now, read, token, node, epoch)

    def _raised(self, now: float, node: str, was: int, epoch: int) -> None:
        self.scenario.check_raised(node, epoch)
        read = self.machine.voter.read(now)
        if read is not None and not self.busy:
            token, granted, granted_epoch = parse(read.value)
            if granted == node and granted_epoch == was < epoch:
                self._write(now, read, token, "", 0)

    def _write(self, now: float, read: Versioned, token: int, node: str, epoch: int) -> None:
        self.busy = True
        self.requests += 1
        self.scenario.values += 1
        value = f"{token} {node or '-'} {epoch} {self.scenario.values}".encode()
        self.scenario.ledger.proposed(value, read.value)
        self.machine.voter.replace(now, self.requests, value, Stamp(read.term, read.version))


def parse(value: bytes) -> tuple[int, str, int]:
    """Token, node ('' for none) and epoch of the grant."""
    if not value:
        return 0, "", 0
    token, node, epoch, _ = value.decode().split()
    return int(token), "" if node == "-" else node, int(epoch)


class Scenario(World):
    """A cluster, its faults by a seed, and what must hold."""

    def __init__(self, seed: int) -> None:
        chance = random.Random(seed)
        voters = chance.choices((1, 3, 5), (1, 16, 2))[0]
        super().__init__(chance, voters, 2 if chance.random() < 0.7 else 0)
        self.seed = seed
        self.ledger = Ledger()
        self.values = 0
        self.writes = 0
        self.runs = 0
        self.leader_of: dict[int, str] = {}
        self.epoch_of: dict[str, int] = {}
        self.token = 0
        self.term = 0
        self.traps: list[str] = []
        self.eagerness = 0.3
        self.returned = ""
        self.half_written_by = ""

    def play(self) -> Scenario:
        """Boot, break things until FAULTS_END, mend all, and expect progress."""
        for machine in self.machines.values():
            self.at(self.chance.uniform(0.0, 0.2), self._boot, machine, None)
        style = self.chance.random()
        self.far = self.chance.choice((0.01, 0.01, 0.1))
        if style < 0.75:
            self.drop = self.chance.choice((0.0, 0.05, 0.2))
            self.duplicate = self.chance.choice((0.0, 0.1, 0.4))
            self.slow = self.chance.choice((0.0, 0.1, 0.4))
        if style > 0.9 and len(self.voters) > 1:
            for at in (0.7, 4.4):
                self.at(at, self._stale_acknowledgement, None, None)
        elif style > 0.72 and len(self.voters) > 1:
            for at in range(5):
                self.at(0.7 + 1.5 * at, self._ambush, None, None)
        else:
            for _ in range(self.chance.randint(3, 14)):
                self.at(self.chance.uniform(0.1, FAULTS_END), self._fault, None, None)
        self._plan_maintenance()
        self._plan_wipes()
        self._plan_files()
        self.run_until(FAULTS_END)
        self._mend()
        written = self.writes
        self.run_until(FAULTS_END + PROGRESS / 2)
        while self.writes == written and self.now < FAULTS_END + PROGRESS:
            self.run_until(self.now + 0.1)
        if self.writes == written:
            raise Broken(f"no progress within {PROGRESS} s after the last fault")
        self._expect_all_to_vote()
        return self

    # -- faults ----------------------------------------------------------------------------------------------

    def _boot(self, machine: Any, _: Any) -> None:
        if not machine.up:
            self.tell(f"{machine.name} boots")
            machine.boot()

    def _fault(self, _: Any, __: Any) -> None:
        chance = self.chance
        machine = self._victim()
        lasting = chance.choice((0.05, 0.3, 1.0, 2.5)) * chance.uniform(0.5, 1.5)
        kind = chance.choice(FAULTS)
        if kind == "leave":
            for node in chance.sample(list(self.node_machines.values()), min(1, len(self.node_machines))):
                node.leave()
            return
        if kind.startswith("trap"):
            self.traps.append(kind)
            return
        self.tell(f"{kind}: {machine.name} for {lasting:.2f} s")
        if kind in CUTS:
            self._cut(kind, machine.name, lasting)
        elif kind.startswith("crash"):
            self._crash_some(kind, machine, lasting)
        elif kind == "pause":
            self._pause(machine, lasting)
        elif kind == "slow disk":
            self._slow_disk(machine, lasting)
        elif kind == "late and lost":
            self._late_and_lost(machine.name, lasting)
        elif kind == "flap":
            self._flap(machine, lasting)
        else:
            self._cut("isolate", machine.name, chance.uniform(1.0, 3.0))
            for one in self.voter_machines.values():
                if one is not machine and chance.random() < 0.8:
                    self._crash(one, 0.02)

    def _plan_maintenance(self) -> None:
        """Some nodes announce that they will be away; some end it early, or die with it or after it."""
        chance = random.Random(f"maintenance {self.seed}")
        for machine in self.node_machines.values():
            if chance.random() < 0.4:
                begin = chance.uniform(0.5, FAULTS_END - 2.0)
                lasting = chance.uniform(0.5, 1.2 * (FAULTS_END - begin))
                self.at(begin, self._maintain, machine, lasting)
                ends = chance.random() < 0.5
                if ends:
                    self.at(begin + chance.uniform(0.0, lasting), self._maintain, machine, 0.0)
                if chance.random() < 0.7:
                    away = begin + chance.uniform(0.0, 0.5) + (chance.uniform(0.0, lasting) if ends else 0.0)
                    self.at(away, self._crash, machine, chance.uniform(0.5, lasting + 0.5))
                if chance.random() < 0.5:
                    for voter in self.voter_machines.values():
                        again = begin + chance.uniform(0.1, lasting)
                        self.at(again, self._crash, voter, 0.05)

    def _plan_wipes(self) -> None:
        """A voter loses its disk, and a person has it readmitted; twice at most, one after the other."""
        chance = random.Random(f"wipes {self.seed}")
        if len(self.voters) < 3 or chance.random() < 0.6:
            return
        for at in (0.5, 0.5 + FAULTS_END / 2)[: chance.randint(1, 2)]:
            name = chance.choice(self.voters.names)
            self.at(
                chance.uniform(at, at + 2.0), self._wipe, self.voter_machines[name], chance.uniform(0.02, 0.6)
            )

    def _plan_files(self) -> None:
        """Machines restart with another cluster file than the rest; or all do, one after the other."""
        chance = random.Random(f"files {self.seed}")
        if chance.random() < 0.6:
            return
        if chance.random() < 0.5:
            for _ in range(chance.randint(1, 3)):
                of_nodes = self.node_machines and chance.random() < 0.6
                machine = chance.choice(
                    list(self.node_machines.values() if of_nodes else self.machines.values())
                )
                begin, lasting = chance.uniform(0.0, FAULTS_END - 1.0), chance.uniform(0.2, 5.0)
                self.at(begin, self._new_file, machine, self._other_file(chance, machine))
                self.at(begin + lasting, self._new_file, machine, None)
                if of_nodes and chance.random() < 0.5:
                    self.at(begin, self._part_with_one_voter, machine, lasting)
            return
        first = chance.choice((LONG, LONG_LEASE, None))
        for at, number in ((1.0, first), (4.5, None)):
            if first is not None or chance.random() < 0.7:
                self.at(at + chance.random(), self._change_all, chance, number)

    def _part_with_one_voter(self, machine: NodeMachine, lasting: float) -> None:
        """The first voter and a node hear each other, and nobody else."""
        here = {machine.name, self.voters.names[0]}
        there = set(self.machines) - here
        cut = {(a, b) for a in here for b in there} | {(b, a) for a in here for b in there}
        self.cut |= cut
        self.at(self.now + lasting, self._heal, cut, None)

    def _other_file(self, chance: random.Random, machine: VoterMachine | NodeMachine) -> File:
        names = self.voters.names
        if isinstance(machine, NodeMachine) and chance.random() < 0.7:
            # Another list of core nodes: one is missing, or is the only one, or nobody has heard of it.
            names = chance.choice((names[1:], names[:1], names[:1], (*names, "g"))) or names
            return File(VoterSet("simulated", names), TIMING)
        return self._file(chance.randrange(len(TIMINGS)))

    def _file(self, number: int) -> File:
        return File(VoterSet("simulated", self.voters.names, f"timings {number}"), TIMINGS[number])

    def _change_all(self, chance: random.Random, number: int | None) -> None:
        """All are given another file, one soon after the other; the leader or a node may be late."""
        self.file = self._file(chance.randrange(len(TIMINGS)) if number is None else number)
        spread = chance.choice((0.0, 0.1, 2.0))
        for machine in self.machines.values():
            leads = isinstance(machine, VoterMachine) and machine.up and machine.voter.leader is not None
            late = (leads or isinstance(machine, NodeMachine)) and chance.random() < 0.5
            after = chance.uniform(0.5, 2.5) if late else spread * chance.random()
            self.at(self.now + after, self._new_file, machine, self.file)

    def _new_file(self, machine: VoterMachine | NodeMachine, file: File | None) -> None:
        """An agent ends and starts with this file; without one, with the one that all have."""
        machine.file = file or self.file
        self.tell(f"{machine.name} is given the file {machine.file.voters.agreed or 'of old'}")
        if machine.up:
            self._crash(machine, 0.01)

    def _wipe(self, machine: VoterMachine, lasting: float) -> None:
        if any(not one.on_disk.members for one in self.voter_machines.values()):
            return
        self.tell(f"{machine.name} loses its disk")
        machine.wipe()
        self.at(self.now + lasting, self._boot, machine, None)
        self.at(self.now + lasting, self._readmit, machine, machine.wiped)

    def _readmit(self, machine: VoterMachine, wiped: int) -> None:
        """A person asks one of the others for it, again and again, until it belongs to them."""
        others = [one for one in self.voter_machines.values() if one is not machine]
        members = machine.on_disk.members
        if machine.wiped != wiped or (members and all(one.on_disk.members == members for one in others)):
            return
        if not members:
            asked = self.chance.choice(others)
            if asked.up and not asked.paused:
                why = asked.voter.readmit(asked.clock(), machine.name)
                self.tell(f"{asked.name} is to readmit {machine.name}: {why or 'it will'}")
                asked.pump()
        self.at(self.now + 0.3, self._readmit, machine, wiped)

    def _expect_all_to_vote(self) -> None:
        """Whoever lost its disk is a member again, of the same set as all others."""
        end = self.now + 2 * (LONGEST_LEASE + TIMING.margin) + 1.0
        machines = list(self.voter_machines.values())
        while self.now < end and any(map(self._keeps_from_voting, machines)):
            self.run_until(self.now + 0.1)
        for one in machines:
            if why := self._keeps_from_voting(one):
                raise Broken(f"{one.name} does not vote again: {why}")

    def _keeps_from_voting(self, machine: VoterMachine) -> str | None:
        sets = [one.voter.founding.members for one in self.voter_machines.values()]
        alone = sets.count(machine.voter.founding.members) <= len(sets) // 2
        return machine.voter.trouble(machine.clock()) or ("it is in a set of its own" if alone else None)

    def _maintain(self, machine: NodeMachine, seconds: float) -> None:
        if not machine.up or machine.paused or machine.holder.state is not LeaseState.HELD:
            return
        self.tell(f"{machine.name} {f'is away for {seconds:.2f} s' if seconds else 'is back'}")
        if seconds:
            machine.holder.maintain(machine.clock(), seconds)
        else:
            machine.holder.end_maintenance(machine.clock())
        machine.pump()

    def _victim(self) -> VoterMachine | NodeMachine:
        """Any machine, leaders more often."""
        leaders = [m for m in self.voter_machines.values() if m.up and m.voter.leader is not None]
        if leaders and self.chance.random() < 0.4:
            return self.chance.choice(leaders)
        return self.chance.choice(list(self.machines.values()))

    def _crash_some(self, kind: str, machine: VoterMachine | NodeMachine, lasting: float) -> None:
        if kind == "crash":
            self._crash(machine, lasting)
            return
        for one in self.voter_machines.values():
            if self.chance.random() < 0.7:
                self._crash(one, lasting * self.chance.uniform(0.05, 1.0))

    def _pause(self, machine: VoterMachine | NodeMachine, lasting: float) -> None:
        if machine.up and not machine.paused:
            machine.pause()
            self.at(self.now + lasting, self._resume, machine, machine.life)

    def _slow_disk(self, machine: VoterMachine | NodeMachine, lasting: float) -> None:
        if isinstance(machine, VoterMachine):
            machine.disk_delay = self.chance.choice((0.05, 0.5))
            self.at(self.now + lasting, self._fast_disk, machine, None)

    def _flap(self, machine: VoterMachine | NodeMachine, lasting: float) -> None:
        at = self.now
        for _ in range(3):
            self.at(at, lambda name, lasting: self._cut("isolate", name, lasting), machine.name, lasting)
            at += lasting + self.chance.uniform(0.05, 1.5)

    def _ambush(self, _: Any, __: Any) -> None:
        """Faults in an order that no independent ones would come in often enough."""
        kind = self.chance.choice(AMBUSHES)
        self.tell(kind)
        if kind == "late and lost":
            running = [name for name, node in self.node_machines.items() if node.runs()]
            if running:
                self._late_and_lost(running[0], 0.8)
        elif kind == "not yet synced":
            for one in self.voter_machines.values():
                one.disk_delay = 0.5
                self.at(self.now + 0.7, self._fast_disk, one, None)
                self.at(self.now + self.chance.uniform(0.3, 0.4), self._crash, one, 0.05)
        elif kind == "half written":
            # A value reaches some voters only; its writer vanishes for about an election; then the
            # next leader vanishes as soon as it leads, and another voter with it.
            self.traps += ["trap on accept", "ambush on gain"]
        else:
            # Two voters that cannot hear each other stand for election at the same time.
            for one in self.voter_machines.values():
                self._crash(one, 0.02)
            this, that = self.chance.sample(self.voters.names, 2)
            cut = {(this, that), (that, this)}
            self.cut |= cut
            self.at(self.now + 1.5, self._heal, cut, None)

    def _stale_acknowledgement(self, _: Any, __: Any) -> None:
        """A voter comes back with a value that only it has, under the version of the new leader's first
        value.

        It shows it in its first answer to a heartbeat, and that value of the leader has reached no other
        voter.
        """
        self.eagerness = 1.0
        self.traps.append("trap, to come back")

    def _comes_back(self, back: VoterMachine, leader: VoterMachine) -> None:
        """The new leader hears the voter that came back, and its first value reaches no other."""
        if self.now > FAULTS_END:
            return  # All was mended meanwhile; what is cut now nobody would heal.
        self.tell(f"{back.name} comes back; {leader.name} reaches no other voter")
        self.cut = {(leader.name, name) for name in self.voters.names if name != back.name}
        self.returned = back.name

    def _returned_is_lost(self, leader: VoterMachine) -> None:
        returned, self.returned = self.voter_machines[self.returned], ""
        self._crash(returned, 0.05)
        self.cut.clear()
        self._cut("isolate", leader.name, 2.0)

    def _late_and_lost(self, name: str, lasting: float) -> None:
        """What comes to a machine comes late; then nothing comes or goes."""
        late = {(other, name): self.chance.uniform(0.1, 0.6) for other in self.machines if other != name}
        self.late.update(late)

        def lost(_: Any, __: Any) -> None:
            self._cut("isolate", name, self.chance.uniform(1.0, 3.0))
            for route in late:
                self.late.pop(route, None)

        self.at(self.now + lasting, lost, None, None)

    def _spring(self, kind: str, machine: VoterMachine) -> None:
        """A trap: the fault comes just when it may hurt most."""
        if not self.traps or kind not in self.traps or self.now > FAULTS_END:
            return
        self.traps.remove(kind)
        self.half_written_by = machine.name
        lasting = self.chance.uniform(0.05, 2.5)
        self.tell(f"{kind}: {machine.name} for {lasting:.2f} s")
        if kind == "trap, to come back":
            self._cut("isolate", machine.name, 3.0)
            self.returned = f"away: {machine.name}"
        elif kind == "trap on accept":
            self._cut(self.chance.choice(("one-way out", "isolate")), machine.name, lasting)
            if self.chance.random() < 0.3:
                self.at(self.now + self.chance.uniform(0.0, 0.03), self._crash, machine, lasting / 2)
        elif kind == "ambush on gain":
            after = self.now + self.chance.uniform(0.0, 0.2)
            self.at(after, self._crash, machine, 0.05)
            other = self.chance.choice([name for name in self.voters.names if name != machine.name])
            self.at(after, lambda name, lasting: self._cut("isolate", name, lasting), other, lasting)
        else:
            fault = self.chance.choice(("isolate", "one-way", "crash"))
            after = self.now + self.chance.uniform(0.0, 0.3)
            if fault == "crash":
                self.at(after, self._crash, machine, lasting)
            else:
                self.at(after, lambda one, _: self._cut(fault, one.name, lasting), machine, None)

    def _cut(self, kind: str, name: str, lasting: float) -> None:
        others = [other for other in self.machines if other != name]
        if kind == "isolate":
            cut = {(name, other) for other in others} | {(other, name) for other in others}
        elif kind == "pair":
            other = self.chance.choice(others) if others else name
            cut = {(name, other), (other, name)}
        elif kind.startswith("one-way"):
            to = self.chance.sample(others, self.chance.randint(1, len(others))) if others else []
            out = kind == "one-way out" or self.chance.random() < 0.5
            cut = {(name, other) if out else (other, name) for other in to}
        elif kind == "bridge":
            cut = bridge(self.chance, list(self.machines), name)
        elif kind == "ring":
            cut = ring(self.chance, list(self.machines))
        else:
            here = {name, *(other for other in others if self.chance.random() < 0.4)}
            there = set(self.machines) - here
            cut = {(a, b) for a in here for b in there} | {(b, a) for a in here for b in there}
        self.cut |= cut
        self.at(self.now + lasting, self._heal, cut, None)

    def _crash(self, machine: VoterMachine | NodeMachine, lasting: float) -> None:
        if machine.up:
            machine.crash()
            self.at(self.now + lasting, self._boot, machine, None)

    def _resume(self, machine: VoterMachine | NodeMachine, life: int) -> None:
        if machine.life == life:
            machine.resume()

    def _fast_disk(self, machine: VoterMachine, _: Any) -> None:
        machine.disk_delay = 0.002

    def _heal(self, cut: set[tuple[str, str]], _: Any) -> None:
        self.cut -= cut

    def _mend(self) -> None:
        self.tell("all is mended")
        self.drop = self.duplicate = self.slow = 0.0
        self.cut.clear()
        self.late.clear()
        for machine in self.machines.values():
            if machine.file != self.file:
                self._new_file(machine, None)
            if isinstance(machine, VoterMachine):
                machine.disk_delay = 0.002
            self._boot(machine, None)
            machine.resume()

    # -- promises --------------------------------------------------------------------------------------------

    def boot_master(self, machine: VoterMachine) -> None:
        machine.master = Master(self, machine)

    def send(self, sender: str, to: str, message: Any) -> None:
        if type(message) is Accept:
            for trap in ("trap on accept", "trap, to come back"):
                self._spring(trap, self.voter_machines[sender])
            self.ledger.carried(Stamp(message.term, message.version), message.value)
        super().send(sender, to, message)

    def check_leadership(self, machine: VoterMachine, term: int) -> None:
        if self.leader_of.setdefault(term, machine.name) != machine.name:
            raise Broken(f"term {term} has two leaders: {self.leader_of[term]} and {machine.name}")
        if term < self.term:
            raise Broken(f"leadership went back from term {self.term} to {term}")
        self.term = term
        self.check_sole_leader(machine)
        away = self.returned.startswith("away: ") and self.now < FAULTS_END
        if away and machine.name not in self.returned[6:]:
            back = self.voter_machines[self.returned[6:]]
            self.cut |= {(machine.name, name) for name in self.voters.names}
            self.at(self.now + self.chance.uniform(0.02, 0.1), self._comes_back, back, machine)
        self._spring("trap on gain", machine)
        if machine.name != self.half_written_by:
            self._spring("ambush on gain", machine)

    def check_sole_leader(self, machine: VoterMachine) -> None:
        """No other leader may believe that it may act, by its own clock."""
        for other in self.voter_machines.values():
            if other is not machine and other.up and other.voter.leadership(other.clock()) is not None:
                raise Broken(f"{machine.name} and {other.name} both hold a leader's lease")

    def read(self, read: Versioned) -> None:
        self.ledger.shown(read.value, Stamp(read.term, read.version))
        token, _, _ = parse(read.value)
        if token < self.token:
            raise Broken(f"token went back from {self.token} to {token}")
        self.token = token

    def written(self, machine: VoterMachine, result: Versioned) -> None:
        if self.returned in self.voters and self.now < FAULTS_END:
            self.at(self.now, lambda leader, _: self._returned_is_lost(leader), machine, None)
            self.traps.clear()
        self.writes += 1
        self.ledger.acknowledged(result.value, Stamp(result.term, result.version))
        self.tell(f"{machine.name} wrote {result.value.decode()} as {result.term}.{result.version}")

    def check_raised(self, node: str, epoch: int) -> None:
        """Nothing below a raised epoch is held."""
        machine = self.node_machines[node]
        self.tell(f"the epoch of {node} is raised to {epoch}")
        holder = machine.holder
        held = holder.state in (LeaseState.HELD, LeaseState.LAPSING) and machine.clock() < holder.held_until
        if held and holder.epoch < epoch:
            raise Broken(f"the epoch of {node} was raised to {epoch} while it holds {holder.epoch}")

    def check_lease(self, machine: NodeMachine, epoch: int) -> None:
        self.tell(f"{machine.name} holds a lease under epoch {epoch}")
        if epoch <= self.epoch_of.get(machine.name, 0):
            raise Broken(f"{machine.name} got epoch {epoch} after {self.epoch_of[machine.name]}")
        self.epoch_of[machine.name] = epoch

    def check_run(self, machine: NodeMachine, token: int, epoch: int) -> None:
        self.runs += 1
        self.tell(f"{machine.name} runs the application with token {token} under epoch {epoch}")
        for other in self.node_machines.values():
            if other is not machine and other.runs():
                raise Broken(
                    f"{machine.name} starts with token {token} while {other.name} runs {other.running}"
                )


def play(seed: int) -> Scenario:
    """One seed; AssertionError with its story if a promise is broken."""
    scenario = Scenario(seed)
    try:
        return scenario.play()
    except Exception as error:
        story = "\n".join(f"{at:7.3f}  {what}" for at, what in scenario.story)
        raise Broken(
            f"seed {seed}: {error!r} at {scenario.now:.3f}\n{story}\n"
            f"replay: python -m tests.coordination.simulation {seed}"
        ) from error
