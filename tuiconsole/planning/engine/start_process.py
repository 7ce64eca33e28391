"""One process of a start: its right to run, the order, the watch until it is up, and what if it is not."""

from __future__ import annotations

from tuiconsole.model.events import Severity
from tuiconsole.model.ledger import FailureKind, GrantState
from tuiconsole.model.process import Process
from tuiconsole.model.requests import Verdict
from tuiconsole.model.states import ProcessState
from tuiconsole.planning.catalogue import Application, Program
from tuiconsole.planning.engine.jobs import Job, Mark
from tuiconsole.planning.engine.messages import Answer, StartProcess
from tuiconsole.planning.engine.placing import awaits_node, give_grant, placement_for
from tuiconsole.planning.engine.readiness import await_ready
from tuiconsole.planning.engine.situation import Situation, ended_badly, iso, words_of_end
from tuiconsole.rulebook.rules import StartingFailureStrategy


def advance_process(s: Situation, job: Job, application: Application, namespec: str) -> bool:
    """Do what can be done now for one process of the step; False if the job does not go on."""
    mark = job.marks.get(namespec)
    granted = application.grant_name(namespec) in s.draft.grants
    if mark is not None and mark.node and not mark.over and not granted:
        # Its node was lost or has died before it was up: its right to run is free, and given anew.
        s.orders.drop(("start", mark.node, namespec))
        del job.marks[namespec]
        mark = None
    if mark is None and s.out_of_service(namespec):
        mark = job.marks[namespec] = Mark("", s.now.boot, None, done=True)
    if mark is None:
        mark = _begin(s, job, application, namespec)
        if mark is None:
            return True
    if mark.over:
        return True
    if mark.nowhere:
        return fail_process(s, job, application, namespec, mark.nowhere, FailureKind.PLACEMENT)
    reason = _watch(s, job, application, namespec, mark)
    if reason:
        kind = FailureKind.READY if mark.unready and _runs(s, mark, namespec) else FailureKind.START
        return fail_process(s, job, application, namespec, reason, kind)
    return True


def fail_process(
    s: Situation,
    job: Job,
    application: Application,
    namespec: str,
    reason: str,
    kind: FailureKind = FailureKind.START,
) -> bool:
    """Note a starting failure and apply its strategy; False if the job does not go on."""
    program = application.programs[namespec]
    job.marks[namespec].failed = reason
    s.orders.drop(("start", job.marks[namespec].node, namespec))
    s.draft.fail(namespec, kind, reason, iso(s.now.utc))
    serious = relied_on(program)
    severity = Severity.MAJOR if program.rules.required else Severity.MINOR
    s.event("process", namespec, f"{namespec} was not started: {reason}", severity)
    if not job.whole or not serious:
        return True
    strategy = application.starting_failure(namespec)
    why = f"{namespec}: {reason}"
    if strategy is StartingFailureStrategy.STOP:
        job.turn_to_stop(why)
        return False
    if strategy is StartingFailureStrategy.ABORT:
        if any(s.running(application)):
            s.jobs.pop(job.application, None)
            text = f"{why}; the start was aborted, what runs already was left"
            s.outcome(job.waiters, Verdict.FAILED, text, s.alive_nodes(application))
            s.event("application", application.name, f"{application.name}: {text}", Severity.MAJOR)
        else:
            job.turn_to_stop(why)
        return False
    return True


def relied_on(program: Program) -> bool:
    """True if the sequence does not go on without it, but for the strategy CONTINUE."""
    return program.rules.required or program.rules.wait_exit or program.rules.ready is not None


def _begin(s: Situation, job: Job, application: Application, namespec: str) -> Mark | None:
    name = application.grant_name(namespec)
    grant = s.draft.grants.get(name)
    if grant is None:
        program = application.programs[namespec]
        placement = placement_for(s, application, [program], job)
        if placement.node is None:
            if awaits_node(s, job, application, placement):
                return None
            mark = job.marks[namespec] = Mark("", s.now.boot, None)
            mark.nowhere = placement.reason
            return mark
        give_grant(s, job, name, placement.node)
        grant = s.draft.grants[name]
    elif grant.state is GrantState.RELEASING:
        return None
    process = s.process(grant.node, namespec)
    if process is None:
        if not s.usable(grant.node):
            return None
        mark = Mark(grant.node, s.now.boot, None)
    elif process.state is ProcessState.STOPPING:
        return None
    else:
        own = process.state.alive or (job.resumed and process.token == grant.token and _ran(process))
        mark = Mark(grant.node, s.now.boot, None if own else process)
    s.orders.drop(("start", grant.node, namespec))
    job.marks[namespec] = mark
    return mark


def _runs(s: Situation, mark: Mark, namespec: str) -> bool:
    process = s.process(mark.node, namespec)
    return process is not None and process.state is ProcessState.RUNNING


def _ran(process: Process) -> bool:
    return process.state in (ProcessState.EXITED, ProcessState.FATAL)


def _watch(s: Situation, job: Job, application: Application, namespec: str, mark: Mark) -> str:
    """Look at one process of the step; returns why it failed, or nothing."""
    process = s.process(mark.node, namespec)
    if process is None:
        if s.usable(mark.node):
            return f"the supervisord of {mark.node} has no such program"
        return ""
    if mark.baseline is not None and (
        _same(process, mark.baseline) or (not mark.seen_alive and _never_started(process, mark.baseline))
    ):
        return _await_answer(s, job, application, namespec, mark)
    s.orders.drop(("start", mark.node, namespec))
    if ended_badly(process):
        return words_of_end(process)
    if process.state is ProcessState.EXITED:
        mark.done = True
    elif process.state is ProcessState.RUNNING:
        return _watch_running(s, application, namespec, mark)
    elif process.state is ProcessState.STOPPED:
        # Its host is up anew and knows of no start, or lost its lease: a death, judged when it is back. What
        # becomes of its node may be heard later than this.
        died = process.token is None or process.unleased or not s.usable(mark.node)
        if died and s.usable(mark.node) and s.now.boot >= mark.since + s.timing.start_timeout:
            # No strategy has made anything of it: the start must not wait for ever.
            return "ended with its node while it was being started"
        return "" if died else "was stopped while it was being started"
    elif process.state is ProcessState.UNKNOWN:
        return "its supervisord does not know its state"
    else:
        mark.seen_alive = True
        if s.now.boot >= mark.since + s.timing.start_timeout:
            return f"is still {process.state.value} after {s.timing.start_timeout:.0f} s"
    return ""


def _watch_running(s: Situation, application: Application, namespec: str, mark: Mark) -> str:
    rules = application.programs[namespec].rules
    mark.seen_alive = True
    mark.running_at = s.now.boot if mark.running_at is None else mark.running_at
    if rules.wait_exit:
        limit = rules.start_timeout
        late = limit is not None and s.now.boot >= mark.running_at + limit
        return f"did not exit within its start_timeout of {limit:g} s" if late else ""
    if rules.ready is not None:
        return await_ready(s, mark, namespec, application.grant_name(namespec), rules.ready)
    mark.done = True
    return ""


def _same(process: Process, baseline: Process) -> bool:
    return (process.state, process.pid, process.changed_at) == (
        baseline.state,
        baseline.pid,
        baseline.changed_at,
    )


def _never_started(process: Process, baseline: Process) -> bool:
    """True if nothing but the time of its last change is new: somebody else's start of it was denied."""
    return all(one.state is ProcessState.STOPPED and one.token is None for one in (process, baseline))


def _await_answer(s: Situation, job: Job, application: Application, namespec: str, mark: Mark) -> str:
    key = ("start", mark.node, namespec)
    order = s.orders.get(key)
    if order is not None and order.answer is Answer.REFUSED:
        return f"{mark.node} refused: {order.reason or 'no reason given'}"
    if s.now.boot >= mark.since + s.timing.start_timeout:
        return f"{mark.node} did not start it within {s.timing.start_timeout:.0f} s"
    if s.usable(mark.node) and s.orders.due(key, s.now.boot):
        grant = s.draft.grants[application.grant_name(namespec)]
        command = StartProcess(
            s.orders.id_for(key),
            mark.node,
            namespec,
            grant.name,
            grant.token,
            s.term,
            s.epoch(mark.node),
            min(s.deadline, job.expires),
            s.isolation_of(grant.name),
            s.draft.arguments.get(namespec, ()),
        )
        s.order(key, command)
    return ""
