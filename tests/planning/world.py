"""A tiny world in virtual time: nodes that obey a master, die, fall silent and come back; masters that die.

It checks after each event what must always hold: no single application on two nodes, no host over 100 %; and
at each start command that its grant stands in the stored ledger.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from functools import partial

import msgspec

from tuiconsole.model.alarms import AlarmState, AlarmStatus
from tuiconsole.model.events import Event
from tuiconsole.model.ledger import Ledger, decode_ledger, encode_ledger
from tuiconsole.model.node import Node, View
from tuiconsole.model.process import Process, Token
from tuiconsole.model.requests import Action, Outcome, Progress
from tuiconsole.model.states import NodeState, ProcessState
from tuiconsole.model.status import ApplicationStatus, ClusterStatus, MasterStatus, QuorumStatus
from tuiconsole.model.synchronization import Synchronization
from tuiconsole.planning.alarms.listing import AlarmWatch
from tuiconsole.planning.engine import messages as m
from tuiconsole.planning.engine.machine import Engine
from tuiconsole.planning.engine.situation import iso
from tuiconsole.planning.report import EngineReport
from tuiconsole.planning.status.cluster import cluster_status
from tuiconsole.rulebook.rules import ConciliationStrategy, StartingStrategy
from tuiconsole.settings.timing import Timing

from .scenario import Rules, view

UTC0 = 1_800_000_000.0
LATENCY = 0.002
Behaviour = Callable[[str, str], tuple[str, float]]


class World:
    """`run(seconds)` lets it live; everything else happens at its present instant."""

    def __init__(
        self, rules: Rules | None = None, start: View | None = None, timing: Timing | None = None
    ) -> None:
        self.rules = rules or Rules()
        self.timing = timing or Timing()
        self.synchronization: Synchronization | None = None
        self.now = 100.0
        self.nodes: dict[str, Node] = dict((start or view()).nodes)
        self.mute: set[str] = set()
        self.dead: set[str] = set()
        self.stuck: set[str] = set()
        """Namespecs whose stop takes for ever."""
        self.unheard: dict[str, m.Manage] = {}
        """By node: the last list that it could not be given yet."""
        self.unready: dict[str, str] = {}
        """By namespec: why it is not ready."""
        self.looks: list[tuple[float, str, str]] = []
        self.floors: dict[tuple[str, str], Token] = {}
        self.fate: dict[str, tuple[str, float]] = {}
        """By namespec: `run`, `exit` (as expected), `crash`, `fatal`, after so many seconds; or `hang`."""
        self.obeyed: set[str] = set()
        """Ids of starts and stops: a node obeys none a second time."""
        self.queue: list[tuple[float, int, Callable[[], object]]] = []
        self.number = 0
        self.stored = encode_ledger(Ledger())
        self.term = 0
        self.engine: Engine | None = None
        self.report: EngineReport | None = None
        self.outcomes: dict[str, list[Outcome]] = {}
        self.progress: list[tuple[str, Progress]] = []
        self.events: list[str] = []
        self.told: list[Event] = []
        self.started: list[tuple[float, str, str]] = []
        self.stopped: list[tuple[float, str, str]] = []
        self.commands: list[m.Command] = []
        self.writes = 0
        self.wake: float | None = None
        self.doubles_allowed = False
        self.watch = AlarmWatch()
        self.master = ""
        self.left: dict[str, float] = {}
        """By node that was told to leave: when it did."""

    # The master

    @property
    def clock(self) -> m.Now:
        return m.Now(self.now, UTC0 + self.now)

    @property
    def ledger(self) -> Ledger:
        return decode_ledger(self.stored)

    def elect(self, master: str = "server_1") -> World:
        """A new master, which knows the register and what it hears."""
        self.term += 1
        self.master = master
        self.engine = Engine(self.rules, self.timing, master, synchronization=self.synchronization)
        self.engine.take_over(self.ledger, self.term, View(dict(self.nodes)), self.clock)
        for name in sorted(self.mute):
            self.engine.handle(m.NodeSilent(name, self.now), self.clock)
        self.decide()
        return self

    def depose(self) -> None:
        self.engine = None

    def tell(self, given: m.Input) -> None:
        if self.engine is not None:
            self.engine.handle(given, self.clock)
            self.decide()

    def tell_together(self, *given: m.Input) -> None:
        if self.engine is not None:
            for one in given:
                self.engine.handle(one, self.clock)
            self.decide()

    def decide(self) -> None:
        assert self.engine is not None
        decision = self.engine.decide(self.clock)
        assert self.engine.decide(self.clock).ledger is None, "a decision must be complete"
        if decision.ledger is not None:
            self.stored = encode_ledger(decision.ledger)
            self.writes += 1
        self.report = decision.report
        self.events += [event.text for event in decision.events]
        self.told += decision.events
        for reply in decision.answers:
            if isinstance(reply.body, Outcome):
                self.outcomes.setdefault(reply.request, []).append(reply.body)
            else:
                self.progress.append((reply.request, reply.body))
        for command in decision.commands:
            self.commands.append(command)
            self.check_command(command)
            self.later(LATENCY, partial(self.obey, command))
        if decision.wake_at is not None:
            assert decision.wake_at > self.now
            engine = self.engine
            self.later(decision.wake_at - self.now, lambda: engine is self.engine and self.tell(m.Tick()))

    def check_command(self, command: m.Command) -> None:
        if isinstance(command, m.StartProcess):
            grant = self.ledger.grants[command.grant]
            assert (grant.node, grant.token) == (command.node, command.token)
            assert grant.epoch >= self.ledger.epochs.get(command.node, 0)

    # The nodes

    def obey(self, command: m.Command) -> None:
        if isinstance(command, m.Manage):
            if command.node in self.dead or command.node in self.mute:
                self.unheard[command.node] = command
            else:
                self.scale(command.node, command.scales)
            return
        node = command.node
        if isinstance(command, m.RaiseEpoch):
            self.later(
                self.timing.node_lease + self.timing.margin, lambda: self.raise_epoch(node, command.epoch)
            )
            return
        if node in self.dead or node in self.mute:
            self.later(1.0, lambda: self.tell(m.CommandAnswered(command.command_id, m.Answer.UNKNOWN)))
            return
        answer, reason = self.carry_out(command)
        self.later(LATENCY, lambda: self.tell(m.CommandAnswered(command.command_id, answer, reason)))

    def carry_out(self, command: m.NodeCommand) -> tuple[m.Answer, str]:
        node = self.nodes[command.node]
        key = (command.node, "" if isinstance(command, m.LeaveNode) else command.grant)
        if command.epoch < node.epoch or self.now > command.deadline:
            return m.Answer.REFUSED, "stale"
        if command.command_id in self.obeyed:
            return m.Answer.OK, ""
        if isinstance(command, m.ProbeProcess):
            self.looks.append((self.now, command.node, command.namespec))
            reason = self.unready.get(command.namespec, "")
            return (m.Answer.REFUSED, reason) if reason else (m.Answer.OK, "")
        if isinstance(command, m.StartProcess):
            if command.token <= self.floors.get(key, (0, 0)):
                return m.Answer.REFUSED, f"token {command.token} was released"
            self.obeyed.add(command.command_id)
            self.spawn(command.node, command.namespec, command.token)
        elif isinstance(command, m.StopProcess):
            if command.void is not None:
                self.floors[key] = max(self.floors.get(key, (0, 0)), command.void)
            self.obeyed.add(command.command_id)
            self.stop(command.node, command.namespec)
        elif isinstance(command, m.LeaveNode):
            self.later(command.after, lambda: self.leave(command.node, restart=command.restart))
        elif isinstance(command, m.ReleaseGrant):
            self.floors[key] = max(self.floors.get(key, (0, 0)), command.token)
            if any(node.processes[n].state.alive for n in command.namespecs if n in node.processes):
                return m.Answer.REFUSED, "something runs"
            given = m.Released(command.node, command.grant, command.token)
            self.later(LATENCY, lambda: self.tell(given))
        return m.Answer.OK, ""

    def scale(self, name: str, scales: Mapping[str, int]) -> None:
        """A node's supervisord has so many processes of a program; what runs stays until it has ended."""
        node = self.nodes[name]
        processes = dict(node.processes)
        of: dict[str, dict[int, Process]] = {}
        for process in node.processes.values():
            if process.program:
                of.setdefault(f"{process.group}:{process.program}", {})[process.index] = process
        for key, there in of.items():
            number = scales.get(key, there[0].numprocs)
            for index in range(number):
                if index not in there:
                    new = msgspec.structs.replace(
                        there[0],
                        name=f"{there[0].program}_{index}",
                        index=index,
                        state=ProcessState.STOPPED,
                        pid=0,
                        token=None,
                    )
                    processes[new.namespec] = new
            for index, process in there.items():
                if index >= number and process.state.alive:
                    self.later(0.1, lambda: self.scale(name, scales))
                elif index >= number:
                    del processes[process.namespec]
        if processes != node.processes:
            self.nodes[name] = msgspec.structs.replace(node, processes=processes)
            if name not in self.mute and name not in self.dead:
                self.tell(m.NodeChanged(self.nodes[name]))

    def spawn(self, node: str, namespec: str, token: Token | None = None) -> None:
        process = self.nodes[node].processes[namespec]
        if process.state.alive:
            return
        self.started.append((self.now, node, namespec))
        pid = 1000 + len(self.started)
        self.become(node, namespec, ProcessState.STARTING, pid=pid, token=token, started_at=self.now)
        fate, delay = self.fate.get(namespec, ("exit", 0.1) if "check" in namespec else ("run", 0.0))
        if fate == "fatal":
            self.later(delay, lambda: self.die(node, namespec, pid, ProcessState.FATAL, False))
            return
        if fate == "hang":
            return
        self.later(0.01, lambda: self.up(node, namespec, pid))
        if fate in ("exit", "crash"):
            self.later(
                0.01 + delay, lambda: self.die(node, namespec, pid, ProcessState.EXITED, fate == "exit")
            )

    def up(self, node: str, namespec: str, pid: int) -> None:
        process = self.nodes[node].processes[namespec]
        if process.pid == pid and process.state is ProcessState.STARTING:
            self.become(node, namespec, ProcessState.RUNNING)

    def die(self, node: str, namespec: str, pid: int, state: ProcessState, expected: bool) -> None:
        process = self.nodes[node].processes[namespec]
        if process.pid == pid and process.state.alive and process.state is not ProcessState.STOPPING:
            self.become(
                node, namespec, state, pid=0, expected_exit=expected, exit_status=0 if expected else 1
            )

    def stop(self, node: str, namespec: str) -> None:
        process = self.nodes[node].processes[namespec]
        if not process.state.alive or process.state is ProcessState.STOPPING:
            return
        self.stopped.append((self.now, node, namespec))
        self.become(node, namespec, ProcessState.STOPPING)
        if namespec not in self.stuck:
            self.later(0.05, lambda: self.become(node, namespec, ProcessState.STOPPED, pid=0))

    def crash(self, node: str, namespec: str) -> None:
        """A process is killed from outside."""
        self.die(node, namespec, self.nodes[node].processes[namespec].pid, ProcessState.EXITED, False)

    def become(self, node: str, namespec: str, state: ProcessState, **changes: object) -> None:
        known = self.nodes[node]
        process = msgspec.structs.replace(
            known.processes[namespec], state=state, changed_at=self.now, **changes
        )
        self.nodes[node] = msgspec.structs.replace(known, processes={**known.processes, namespec: process})
        self.check()
        if node not in self.mute and node not in self.dead:
            self.tell(m.ProcessChanged(node, process))

    def _all(self, node: str, state: ProcessState) -> None:
        known = self.nodes[node]
        processes = {
            n: msgspec.structs.replace(p, state=state, pid=0, changed_at=self.now) if p.state.alive else p
            for n, p in known.processes.items()
        }
        self.nodes[node] = msgspec.structs.replace(known, processes=processes)

    def go_silent(self, node: str) -> None:
        """Cut off: it stops all before its lease ends, and is declared lost after it."""
        self.mute.add(node)
        self.later(0.8, lambda: self.tell(m.NodeSilent(node, self.now)) if node in self.mute else None)
        self.later(
            self.timing.node_lease - self.timing.kill_before,
            lambda: self._all(node, ProcessState.STOPPED) if node in self.mute else None,
        )

    def cut_off(self, node: str) -> None:
        """Cut off, and what runs there goes on whatever becomes of the lease: isolation KEEP or ALLOW."""
        self.mute.add(node)
        self.later(0.8, lambda: self.tell(m.NodeSilent(node, self.now)) if node in self.mute else None)

    def rejoin(self, node: str) -> None:
        """The network has healed: it holds a lease under a new epoch, and what runs there still does."""
        self.mute.discard(node)
        known = self.nodes[node]
        epoch = max(known.epoch + 1, self.ledger.epochs.get(node, 0))
        self.nodes[node] = msgspec.structs.replace(known, epoch=epoch, seen_at=self.now)
        self.tell_together(m.NodeHeard(node), m.NodeChanged(self.nodes[node]))

    def raise_epoch(self, node: str, above: int) -> None:
        if (node in self.mute or node in self.dead) and self.engine is not None:
            epoch = max(above, self.nodes[node].epoch) + 1
            self.tell(m.NodeLost(node, epoch))

    def heard(self, node: str) -> None:
        """Back before its lease ended."""
        self.mute.discard(node)
        self.tell_together(m.NodeHeard(node), m.NodeChanged(self.nodes[node]))

    def kill_node(self, node: str) -> None:
        """supervisord and its programs die; the shim proves it."""
        self.dead.add(node)
        self._all(node, ProcessState.STOPPED)
        self.nodes[node] = msgspec.structs.replace(self.nodes[node], state=NodeState.FAILED)
        proof = m.NodeDown(node, self.nodes[node].incarnation)
        self.later(0.05, lambda: self.tell(proof))

    def leave(self, node: str, *, restart: bool) -> None:
        """Its agent ends in order; whoever started it starts it again if it is to be restarted."""
        if node in self.left or node in self.dead:
            return
        self.left[node] = self.now
        self.dead.add(node)
        self._all(node, ProcessState.STOPPED)
        self.nodes[node] = msgspec.structs.replace(self.nodes[node], state=NodeState.STOPPED)
        if node == self.master:
            self.depose()
        self.tell(m.NodeChanged(self.nodes[node]))
        if restart:
            self.later(0.3, lambda: self.bring_back(node))

    def bring_back(self, node: str) -> None:
        """A new incarnation, nothing of it runs."""
        self.dead.discard(node)
        self.mute.discard(node)
        self._all(node, ProcessState.STOPPED)
        known = self.nodes[node]
        number = int(known.incarnation.rpartition("/")[2]) + 1
        epoch = max(known.epoch, self.ledger.epochs.get(node, 0))
        processes = {n: msgspec.structs.replace(p, token=None) for n, p in known.processes.items()}
        self.nodes[node] = msgspec.structs.replace(
            known, state=NodeState.RUNNING, epoch=epoch, incarnation=f"{node}/{number}", processes=processes
        )
        self.tell(m.NodeChanged(self.nodes[node]))
        if node in self.unheard:
            self.obey(self.unheard.pop(node))

    # Time

    def later(self, delay: float, action: Callable[[], object]) -> None:
        self.number += 1
        heapq.heappush(self.queue, (self.now + delay, self.number, action))

    def run(self, seconds: float) -> World:
        end = self.now + seconds
        while self.queue and self.queue[0][0] <= end:
            at, _, action = heapq.heappop(self.queue)
            self.now = max(self.now, at)
            action()
            self.check()
        self.now = end
        return self

    # What people do and see

    def ask(
        self,
        action: Action,
        *targets: str,
        on: str = "console_1",
        request_id: str = "",
        by: str = "ada",
        timeout: float = 60.0,
        strategy: StartingStrategy | None = None,
        conciliation: ConciliationStrategy | None = None,
        keep: str = "",
        reason: str = "",
        seconds: float = 0.0,
        dry_run: bool = False,
        arguments: tuple[str, ...] = (),
        number: int = 0,
    ) -> str:
        request = request_id or f"r{len(self.commands)}.{self.number}"
        self.number += 1
        asked = m.Request(
            request,
            action,
            targets,
            on,
            by,
            timeout,
            strategy,
            conciliation,
            keep,
            reason,
            seconds,
            dry_run,
            arguments,
            number,
        )
        self.tell(m.RequestReceived(asked))
        return request

    def answer(self, request: str) -> Outcome:
        [outcome] = self.outcomes[request]
        return outcome

    def answer_within(self, request: str, seconds: float) -> Outcome:
        """Live until the request has its outcome."""
        until = self.now + seconds
        while request not in self.outcomes and self.now < until:
            self.run(0.05)
        return self.answer(request)

    def status(self) -> ClusterStatus:
        nodes = {
            name: msgspec.structs.replace(node, seen_at=node.seen_at if name in self.mute else self.now)
            for name, node in self.nodes.items()
        }
        return cluster_status(
            View(nodes),
            self.report,
            self.rules,
            cluster="scenario_2",
            observer="console_1",
            observed_at=iso(self.clock.utc),
            now=self.now,
            quorum=QuorumStatus(3, 3, 2, True),
            master=MasterStatus("server_1", self.term),
            watch=self.watch,
        )

    def look(self) -> None:
        """The master's agent looks at what asks for somebody's action."""
        self.status()
        self.tell(m.AlarmsSeen(self.watch.seen))

    def alarm(self, name: str) -> AlarmStatus:
        [found] = [one for one in self.status().alarms if one.id == name]
        return found

    def alarms(self) -> dict[str, AlarmState]:
        """Where each alarm stands."""
        return {one.id: one.state for one in self.status().alarms}

    def app(self, name: str) -> ApplicationStatus:
        [found] = [app for app in self.status().applications if app.name == name]
        return found

    def alive(self, application: str) -> Mapping[str, list[str]]:
        """By node: the namespecs of an application that are alive."""
        return {
            name: found
            for name, node in self.nodes.items()
            if (found := [n for n, p in node.processes.items() if p.group == application and p.state.alive])
        }

    def order_of_starts(self, application: str) -> list[str]:
        return [n.partition(":")[2] for _, _, n in self.started if n.startswith(application + ":")]

    def check(self) -> None:
        loads: dict[str, int] = {}
        where: dict[str, set[str]] = {}
        for name, node in self.nodes.items():
            for process in node.processes.values():
                if not process.state.alive or self.rules.application(process.group) is None:
                    continue
                rules = self.rules.program(process.group, process.name)
                loads[node.host] = loads.get(node.host, 0) + rules.expected_loading
                where.setdefault(process.group, set()).add(name)
        assert all(load <= 100 for load in loads.values()), loads
        if not self.doubles_allowed:
            for group, nodes in where.items():
                wanted = self.rules.application(group)
                assert wanted is not None
                if wanted.distribution.value == "SINGLE_INSTANCE":
                    assert len(nodes) == 1, (group, nodes)
