"""The master engine: inputs in, decisions out; no I/O, no clock, no chance. One object a term."""

from __future__ import annotations

import copy

import msgspec

from tuiconsole.clock import BootTime
from tuiconsole.model.ledger import GrantState, JobPhase, Ledger
from tuiconsole.model.node import Node, View
from tuiconsole.model.states import NodeState
from tuiconsole.model.synchronization import Synchronization
from tuiconsole.planning.catalogue import Rulebook
from tuiconsole.planning.engine import nodes
from tuiconsole.planning.engine.alarms import next_alarm_at, settle_alarms
from tuiconsole.planning.engine.conciliate import conciliate
from tuiconsole.planning.engine.conflicts import find_conflicts, settle_strays
from tuiconsole.planning.engine.drain import answer_drains, move_on
from tuiconsole.planning.engine.ending import advance_ending, conclude_ending
from tuiconsole.planning.engine.failures import judge_deaths, something_waited
from tuiconsole.planning.engine.jobs import Job
from tuiconsole.planning.engine.maintenance import end_maintenance, give_up_waiting
from tuiconsole.planning.engine.messages import (
    AlarmsSeen,
    ClocksCompared,
    CommandAnswered,
    Decision,
    Input,
    Manage,
    ManagedProgram,
    NodeChanged,
    NodeDown,
    NodeHeard,
    NodeLost,
    NodeSilent,
    Now,
    ProcessChanged,
    Released,
    Request,
    RequestReceived,
    Tick,
    ViewChanged,
)
from tuiconsole.planning.engine.queue import queue_of_the_former_master
from tuiconsole.planning.engine.repair import all_nodes_running, repair, wish_automatic
from tuiconsole.planning.engine.report import engine_report
from tuiconsole.planning.engine.requests import admit_next, expire, receive
from tuiconsole.planning.engine.scale import advance_scales
from tuiconsole.planning.engine.situation import Situation
from tuiconsole.planning.engine.start import advance_start, begin_after_pause, next_at
from tuiconsole.planning.engine.stop import advance_stop, order_release
from tuiconsole.planning.engine.synchronize import begin_synchronization, synchronize
from tuiconsole.planning.report import EngineReport
from tuiconsole.rulebook.rules import Isolation
from tuiconsole.settings.timing import Timing


class Engine:
    """Decides for the whole cluster as long as its node leads.

    Args:
        rulebook: the rules in force.
        timing: start timeout, settle time.
        master: the name of the node it runs on, for events and command ids.
        reported: version of the last report of this term, if this node led in it before.
        synchronization: what is waited for at boot.
    """

    def __init__(
        self,
        rulebook: Rulebook,
        timing: Timing,
        master: str,
        reported: int = 0,
        synchronization: Synchronization | None = None,
    ) -> None:
        self._rulebook = rulebook
        self._timing = timing
        self._master = master
        self._synchronization = synchronization or Synchronization()
        self._situation: Situation | None = None
        self._settle_at: BootTime = 0.0
        self._requests: list[Request] = []
        self._managed: dict[str, Manage] = {}
        self._told: tuple[object, dict[str, str], dict[str, int]] | None = None
        """As it was when the nodes were told last which of their programs are managed."""
        self._report: EngineReport | None = None
        self._reported = reported

    @property
    def _s(self) -> Situation:
        if self._situation is None:
            raise RuntimeError("take_over comes before everything else")
        return self._situation

    @property
    def situation(self) -> Situation:
        """What it knows now. To be read; to be changed on a fork only."""
        return self._s

    def fork(self) -> Engine:
        """A copy that goes its own way from here: what it decides is for who asks what would be."""
        shared: list[object] = [self._rulebook, self._timing, self._report]
        shared += [*self._s.nodes.values(), *self._s.apps.values(), *self._managed.values()]
        # Frozen values, most of all there is: the copy may share them.
        return copy.deepcopy(self, {id(value): value for value in shared})

    def take_over(self, ledger: Ledger, term: int, view: View, now: Now) -> None:
        """Begin a term with what the register holds and what is known of the nodes."""
        s = Situation.at_take_over(self._rulebook, self._timing, self._master, ledger, term, view, now)
        self._situation = s
        s.synchronization, s.began = self._synchronization, now.boot
        begin_synchronization(s)
        self._settle_at = now.boot + self._timing.settle
        for record in ledger.jobs.values():
            s.jobs[record.application] = Job.resume(record, now)
        queue_of_the_former_master(s)
        s.event("master", self._master, f"{self._master} is master of term {term}")
        # Nodes that hold something and are not there: whoever led before may have been asking, or not yet.
        for name in sorted({grant.node for grant in ledger.grants.values()}):
            node = s.nodes.get(name)
            if node is None:
                continue
            if node.state is not NodeState.RUNNING:
                nodes.ask_for_epoch(s, name)
            elif node.epoch >= ledger.epochs.get(name, 0):
                nodes.reconcile(s, name, died=False)
        nodes.judge_what_was_missed(s)

    def handle(self, given: Input, now: Now) -> None:
        """Take an input. Nothing follows from it before `decide`."""
        s = self._s
        s.now = now
        if isinstance(given, RequestReceived):
            self._requests.append(given.request)
        elif isinstance(given, CommandAnswered):
            s.orders.answered(given.command_id, given.answer, given.reason, now.boot)
        elif isinstance(given, Released):
            self._released(given)
        elif isinstance(given, ClocksCompared):
            s.ahead = given.ahead
        elif isinstance(given, AlarmsSeen):
            s.alarms_seen = given.alarms
        elif not isinstance(given, Tick):
            self._seen(given)

    def _seen(
        self,
        given: ViewChanged | NodeChanged | ProcessChanged | NodeSilent | NodeHeard | NodeLost | NodeDown,
    ) -> None:
        s = self._s
        if isinstance(given, ProcessChanged):
            nodes.process_changed(s, given.node, given.process)
        elif isinstance(given, NodeChanged):
            nodes.node_changed(s, given.node)
        elif isinstance(given, ViewChanged):
            for node in given.view.nodes.values():
                nodes.node_changed(s, node)
        elif isinstance(given, NodeSilent):
            nodes.node_silent(s, given.node, given.since)
        elif isinstance(given, NodeHeard):
            nodes.node_heard(s, given.node)
        elif isinstance(given, NodeLost):
            nodes.node_lost(s, given.node, given.epoch)
        else:
            nodes.node_down(s, given.node, given.incarnation, given.supervisord, given.reason)

    def decide(self, now: Now) -> Decision:
        """All that follows from what has been given since the last decision."""
        s = self._s
        s.now = now
        if not s.settled and (now.boot >= self._settle_at or all_nodes_running(s)):
            s.settled = True
            conclude_ending(s)
            synchronize(s)
            if s.draft.ending is None and s.synchronized:
                wish_automatic(s)
        find_conflicts(s)
        judge_deaths(s)
        expire(s)
        settle_alarms(s)
        end_maintenance(s)
        self._advance()
        if s.settled:
            conclude_ending(s)
            synchronize(s)
            self._answer()
            self._advance()
        if s.settled and s.draft.ending is None:
            conciliate(s)
            self._advance()
            settle_strays(s)
            self._distribute()
            if s.draft.scales:
                advance_scales(s)
                self._advance()
            if s.draft.drained:
                move_on(s)
                self._advance()
            answer_drains(s)
        elif s.settled:
            self._end_system()
        while something_waited(s):
            judge_deaths(s)
            self._advance()
        give_up_waiting(s)
        self._release_leftovers()
        self._note_isolation()
        s.draft.jobs = {name: job.record() for name, job in s.jobs.items()}
        self._manage()
        return self._decision()

    def _decision(self) -> Decision:
        s = self._s
        commands, answers, events = tuple(s.commands), tuple(s.answers), tuple(s.events)
        s.commands, s.answers, s.events = [], [], []
        last = self._report
        report = engine_report(s, last.version if last else self._reported)
        if last is not None and msgspec.structs.replace(report, at=last.at) == last:
            report = last
        else:
            report = msgspec.structs.replace(report, version=report.version + 1)
        self._report = report
        return Decision(s.draft.commit(), commands, answers, events, report, self._wake_at())

    def _distribute(self) -> None:
        """Start what starts by itself, and what has lost its place."""
        if not self._s.synchronized:
            return
        wish_automatic(self._s)
        while repair(self._s):
            self._advance()

    def _end_system(self) -> None:
        """Rank by rank: what is over at once makes room for the next."""
        s = self._s
        before = None
        while before != (before := (len(s.jobs), s.draft.ending, len(s.commands))):
            advance_ending(s)
            self._advance()

    def _answer(self) -> None:
        requests, self._requests = self._requests, []
        for request in requests:
            receive(self._s, request)
            # At once, so that the next request sees what this one has taken.
            self._advance()
        while admit_next(self._s):
            self._advance()

    def _advance(self) -> None:
        """Go on with every job until nothing more can be done now."""
        s = self._s
        moved = True
        while moved:
            moved = False
            for job in list(s.jobs.values()):
                if s.jobs.get(job.application) is not job:
                    continue
                if job.phase is JobPhase.WAITING:
                    if s.now.boot >= job.not_before:
                        moved = True
                        begin_after_pause(s, job)
                elif job.phase is JobPhase.STARTING:
                    if (s.settled or not job.resumed) and (s.synchronized or job.waiters):
                        moved |= advance_start(s, job)
                else:
                    moved |= advance_stop(s, job)

    def _released(self, given: Released) -> None:
        s = self._s
        s.orders.drop(("release", given.node, given.grant))
        grant = s.draft.grants.get(given.grant)
        if grant is None or grant.node != given.node or grant.token > given.token:
            return
        if grant.state is GrantState.RELEASING:
            del s.draft.grants[given.grant]

    def _release_leftovers(self) -> None:
        """Grants on their way back whose job is over."""
        s = self._s
        for grant in list(s.draft.grants.values()):
            if grant.state is GrantState.RELEASING and grant.name.partition(":")[0] not in s.jobs:
                order_release(s, grant)

    def _note_isolation(self) -> None:
        """In the ledger before any node hears of it: that what runs under a grant may outlive its lease."""
        s = self._s
        for grant in list(s.draft.grants.values()):
            if not grant.kept and s.isolation_of(grant.name) is not Isolation.STOP:
                s.draft.grants[grant.name] = msgspec.structs.replace(grant, kept=True)

    def _manage(self) -> None:
        s = self._s
        # Which programs a node has, and their rules, are known anew whenever either differs.
        state = (s.apps, dict(s.draft.disabled), dict(s.draft.scales))
        if self._told is not None and self._told[0] is s.apps and self._told[1:] == state[1:]:
            return
        self._told = state
        scales = state[2]
        for name, node in s.nodes.items():
            told = Manage(name, self._managed_on(node), scales if node.processes else {})
            if told != self._managed.get(name, Manage(name, ())):
                self._managed[name] = told
                s.commands.append(told)

    def _managed_on(self, node: Node) -> tuple[ManagedProgram, ...]:
        found = []
        for namespec, process in node.processes.items():
            application = self._s.apps[process.group]
            isolation = application.rules.isolation if application.rules else Isolation.STOP
            if application.managed:
                grant, disabled = application.grant_name(namespec), self._s.disabled(namespec)
                found.append(ManagedProgram(namespec, grant, isolation, disabled))
        return tuple(sorted(found, key=lambda program: program.namespec))

    def _wake_at(self) -> BootTime | None:
        s = self._s
        times: list[BootTime] = [] if s.settled else [self._settle_at]
        for job in s.jobs.values():
            at = next_at(s, job)
            if at is not None:
                times.append(at)
        if not s.synchronized and s.waiting.at is not None:
            times.append(s.waiting.at)
        if s.draft.ending is not None and s.draft.ending.leaving:
            times.append(s.now.boot + 0.5)
        times += [s.expires(record) for record in s.draft.requests.values() if record.open]
        for at in (s.orders.next_at(s.now.boot), s.crashes.next_at(s.now.boot), next_alarm_at(s)):
            if at is not None:
                times.append(at)
        times += [s.now.boot + known.until - s.now.utc for known in s.draft.maintenance.values()]
        # Never a time that has passed: a runner would spin.
        later = [at for at in times if at > s.now.boot]
        return min(later, default=None)
