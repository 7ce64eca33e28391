"""A rehearsal: the master engine itself decides, on a fork of its state, in virtual time, over model nodes.

The nodes obey at once and their programs do what they should: a start runs, a `wait_exit` program exits as
expected, a stop stops. What the engine would decide is so computed by what decides; only what the real nodes
would make of it is supposed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

import msgspec

from tuiconsole.clock import BootTime
from tuiconsole.model.plan import PlannedMove
from tuiconsole.model.process import Process, Token
from tuiconsole.model.requests import Outcome
from tuiconsole.model.states import ProcessState
from tuiconsole.planning.engine.machine import Engine
from tuiconsole.planning.engine.messages import (
    Answer,
    Command,
    CommandAnswered,
    Decision,
    Input,
    Manage,
    NodeChanged,
    NodeLost,
    Now,
    ProcessChanged,
    RaiseEpoch,
    Released,
    ReleaseGrant,
    StartProcess,
    StopProcess,
    Tick,
)
from tuiconsole.planning.placement import Considered
from tuiconsole.planning.report import EngineReport

LATENCY = 0.001
"""Virtual seconds until a command has had its effect."""
HORIZON = 3600.0
"""Virtual seconds after which a rehearsal ends, whatever is still waited for."""
MOST_DECISIONS = 5000


class Rehearsal:
    """One course of events.

    Args:
        engine: a fork; it is used up.
        now: the instant at which it begins.
        lost: nodes that are silent from now on: they obey nothing, and the voters agree that they are lost.
    """

    def __init__(self, engine: Engine, now: Now, lost: Iterable[str] = ()) -> None:
        self.engine = engine
        self.moves: dict[str, list[PlannedMove]] = {}
        """By application, in order."""
        self.outcomes: dict[str, Outcome] = {}
        """By target."""
        self.report: EngineReport | None = None
        self.complete = True
        """False if it was still going on at its horizon."""
        self._began = now
        self._now = now
        self._lost = frozenset(lost)
        self._due: list[tuple[BootTime, Input]] = []
        self._told: set[tuple[str, str]] = set()
        self._pid = 0
        self._scales: dict[str, Mapping[str, int]] = {}
        """By node, as it was told last."""
        engine.situation.considered = []

    @property
    def considered(self) -> list[Considered]:
        """Each look for a node, in order."""
        return self.engine.situation.considered or []

    @property
    def passed(self) -> float:
        """Virtual seconds since it began."""
        return self._now.boot - self._began.boot

    def give(self, given: Input) -> None:
        """Let something happen now."""
        self._due.append((self._now.boot, given))

    def finish_what_is_under_way(self) -> None:
        """What is just starting or stopping comes to its end, as it should."""
        for name, node in self.engine.situation.nodes.items():
            for process in node.processes.values() if name not in self._lost else ():
                if process.state is ProcessState.STARTING:
                    self._run(name, process, process.token)
                elif process.state is ProcessState.STOPPING:
                    self._change(name, process, ProcessState.STOPPED)

    def run(self, enough: Callable[[], bool]) -> None:
        """Go on until `enough`, or until nothing more would happen by itself."""
        for _ in range(MOST_DECISIONS):
            boot = self._now.boot
            for given in self._take_due():
                self.engine.handle(given, self._now)
            self._fit()
            decision = self.engine.decide(self._now)
            self._note(decision)
            if not self._due and enough():
                return
            upcoming = [at for at, _ in self._due]
            if decision.wake_at is not None:
                upcoming.append(decision.wake_at)
            if not upcoming:
                return
            at = max(min(upcoming), boot)
            if at - self._began.boot > HORIZON:
                break
            self._now = Now(at, self._began.utc + at - self._began.boot)
        self.complete = False

    def _take_due(self) -> list[Input]:
        due = [given for at, given in self._due if at <= self._now.boot]
        self._due = [(at, given) for at, given in self._due if at > self._now.boot]
        return due or [Tick()]

    def _note(self, decision: Decision) -> None:
        self.report = decision.report
        for reply in decision.answers:
            if isinstance(reply.body, Outcome):
                self.outcomes.setdefault(reply.body.target, reply.body)
        stepped: set[str] = set()
        for command in decision.commands:
            if isinstance(command, StartProcess | StopProcess):
                self._note_move(command, stepped)
            self._obey(command)

    def _note_move(self, command: StartProcess | StopProcess, stepped: set[str]) -> None:
        if (command.command_id, command.node) in self._told:
            return
        self._told.add((command.command_id, command.node))
        application = command.namespec.partition(":")[0]
        moves = self.moves.setdefault(application, [])
        last = moves[-1].step if moves else 0
        step = last if application in stepped else last + 1
        stepped.add(application)
        action = "start" if isinstance(command, StartProcess) else "stop"
        moves.append(PlannedMove(step, action, command.namespec, command.node))

    # -- the model nodes -------------------------------------------------------------------------------------

    def _obey(self, command: Command) -> None:
        if isinstance(command, Manage):
            self._scales[command.node] = command.scales
            # An input, so that its nodes are fitted now and not at the next event.
            self._later(Tick())
            return
        if isinstance(command, RaiseEpoch):
            if command.node in self._lost:
                timing = self.engine.situation.timing
                self._later(
                    NodeLost(command.node, command.epoch + 1), timing.node_lease + timing.margin - self.passed
                )
            return
        if command.node in self._lost:
            return
        self._later(CommandAnswered(command.command_id, Answer.OK))
        if isinstance(command, ReleaseGrant):
            self._later(Released(command.node, command.grant, command.token))
        elif isinstance(command, StartProcess | StopProcess):
            process = self.engine.situation.process(command.node, command.namespec)
            if process is None:
                return
            if isinstance(command, StartProcess):
                if not process.state.alive:
                    self._run(command.node, process, command.token)
            elif process.state.alive:
                self._change(command.node, process, ProcessState.STOPPED)

    def _fit(self) -> None:
        """Each node has so many processes of a program as it was told; what runs stays until it has ended."""
        for name, scales in self._scales.items():
            node = self.engine.situation.nodes.get(name)
            if node is None or name in self._lost or not self.engine.situation.usable(name):
                continue
            fitted = fit(node.processes, scales)
            if fitted.keys() != node.processes.keys():
                self.engine.handle(NodeChanged(msgspec.structs.replace(node, processes=fitted)), self._now)

    def _run(self, node: str, process: Process, token: Token | None) -> None:
        application = self.engine.situation.apps.get(process.group)
        program = application.programs.get(process.namespec) if application else None
        self._change(node, process, ProcessState.RUNNING, token)
        if program is not None and program.rules.wait_exit:
            self._change(node, process, ProcessState.EXITED, token, after=2 * LATENCY)

    def _change(
        self,
        node: str,
        process: Process,
        state: ProcessState,
        token: Token | None = None,
        *,
        after: float = LATENCY,
    ) -> None:
        self._pid += 1
        at = self._now.boot + after
        changed = msgspec.structs.replace(
            process,
            state=state,
            pid=self._pid if state.alive else 0,
            expected_exit=True,
            exit_status=0 if state is ProcessState.EXITED else None,
            changed_at=at,
            started_at=at if state.alive else process.started_at,
            token=token or process.token,
            reason="",
        )
        self._later(ProcessChanged(node, changed), after)

    def _later(self, given: Input, after: float = LATENCY) -> None:
        self._due.append((self._now.boot + max(after, 0.0), given))


def fit(processes: Mapping[str, Process], scales: Mapping[str, int]) -> dict[str, Process]:
    """A node's processes once its programs have so many each; by namespec, as they are given."""
    fitted = dict(processes)
    programs: dict[str, dict[int, Process]] = {}
    for process in processes.values():
        if process.program:
            programs.setdefault(f"{process.group}:{process.program}", {})[process.index] = process
    for key, there in programs.items():
        model = next(iter(there.values()))
        number = scales.get(key, model.numprocs)
        for index in set(range(number)) - there.keys():
            new = _sibling(model, index)
            fitted[new.namespec] = new
        for index, process in there.items():
            if index >= number and not process.state.alive:
                del fitted[process.namespec]
    return fitted


_NUMBER = re.compile(r"\d+(?=\D*$)")


def _sibling(process: Process, index: int) -> Process:
    """Another process of the same program, which never ran, named as supervisord would: `pump_02`."""

    def number(found: re.Match[str]) -> str:
        return f"{int(found[0]) + index - process.index:0{len(found[0])}d}"

    return Process(
        process.group,
        _NUMBER.sub(number, process.name),
        ProcessState.STOPPED,
        program=process.program,
        index=index,
        numprocs=process.numprocs,
    )
