"""Start jobs: placed, granted, then step by step through the start sequence.

A step is over when each of its processes is RUNNING, and ready where the rules say `ready`, or has exited as
expected where they say `wait_exit`. The strategy for starting failures applies to required processes and to
those with `wait_exit` or `ready`: what waits for them relies on it. The failure of another is noted, and the
sequence goes on.
"""

from __future__ import annotations

from collections.abc import Sequence

from tuiconsole.model.events import Severity
from tuiconsole.model.ledger import FailureKind, Grant, GrantState, JobKind, JobPhase, Waiter, Wanted, Wish
from tuiconsole.model.process import Process
from tuiconsole.model.requests import Action, Verdict
from tuiconsole.model.states import NodeState, ProcessState
from tuiconsole.planning.catalogue import Application, Program
from tuiconsole.planning.engine.jobs import Job, Mark
from tuiconsole.planning.engine.messages import Answer, StartProcess
from tuiconsole.planning.engine.readiness import await_ready
from tuiconsole.planning.engine.situation import Situation, ended_badly, iso, words_of_end
from tuiconsole.planning.placement import Considered, Loads, Placement, eligible, hosts_without_room, place
from tuiconsole.planning.sequences import start_steps
from tuiconsole.planning.signs import number_of
from tuiconsole.rulebook.rules import Distribution, Isolation, StartingFailureStrategy, StartingStrategy


def placement_for(s: Situation, application: Application, programs: list[Program], job: Job) -> Placement:
    """Where these programs would go together, under the strategy of the job or of the rules."""
    rules = application.rules
    assert rules is not None
    strategy = StartingStrategy(job.strategy) if job.strategy else rules.starting_strategy
    own = rules.distribution is Distribution.ALL_INSTANCES
    identifiers = programs[0].rules.identifiers if own and programs else rules.identifiers
    sign = programs[0].rules.sign if own and programs else rules.sign
    number = programs[0].number if own and programs else number_of(application.name)
    unusable = s.unplaceable()
    loads = s.loads(frozenset(program.namespec for program in programs))
    if rules.distribution is Distribution.SINGLE_NODE:
        allowed, _ = eligible(identifiers, s.nodes, number, sign)
        _to_one_host(s, application, programs, job, allowed, loads, unusable)
    placement = place(
        programs,
        identifiers=identifiers,
        strategy=strategy,
        origin=job.origin,
        nodes=s.nodes,
        loads=loads,
        unusable=unusable,
        number=number,
        sign=sign,
    )
    if s.considered is not None:
        namespecs = tuple(program.namespec for program in programs)
        name = application.name if application.single or not namespecs else namespecs[0]
        said = (*identifiers, sign.value) if sign is not None else tuple(identifiers)
        s.considered.append(Considered(name, namespecs, said, strategy, placement))
    return placement


def _to_one_host(
    s: Situation,
    application: Application,
    programs: list[Program],
    job: Job,
    allowed: Sequence[str],
    loads: Loads,
    unusable: dict[str, str],
) -> None:
    """All on one host: the first process chooses one with room for all, and the others follow it there."""
    hosts = s.hosts_of(application)
    if hosts:
        reasons = {
            node.host: f"{application.name} is on host {', '.join(sorted(hosts))}"
            for node in s.nodes.values()
            if node.host not in hosts
        }
    else:
        whole = list(application.sequence()) if job.whole else programs
        reasons = hosts_without_room(whole, allowed=allowed, nodes=s.nodes, loads=loads, unusable=unusable)
    for name, node in s.nodes.items():
        if node.host in reasons:
            unusable.setdefault(name, reasons[node.host])


def advance_start(s: Situation, job: Job) -> bool:
    """Do what can be done now; True if the job changed its phase or ended."""
    application = s.apps.get(job.application)
    if application is None or not application.managed:
        return False
    if not job.steps and not _prepare(s, job, application):
        return not job.awaited
    while job.index < len(job.steps):
        step = job.steps[job.index]
        for namespec in step:
            if not _advance_process(s, job, application, namespec):
                return True
        waits = [n for n in step if n not in job.marks or not job.marks[n].over]
        if waits:
            _tell(s, job, waits)
            return False
        job.index += 1
    _finish(s, job, application)
    return True


def begin_after_pause(s: Situation, job: Job) -> None:
    """Start what had to wait, unless it was found running meanwhile."""
    application = s.apps.get(job.application)
    if application is not None and job.whole and application.single:
        nodes = s.alive_nodes(application)
        if nodes and application.name not in s.draft.grants:
            s.jobs.pop(job.application, None)
            s.outcome(job.waiters, Verdict.DONE, f"was found running on {' and '.join(nodes)}", nodes)
            return
    job.enter(JobPhase.STARTING)


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


def _prepare(s: Situation, job: Job, application: Application) -> bool:
    """Find the steps, and for a single application the node; False if it cannot be placed."""
    if job.whole:
        programs = list(s.sequence(application))
        if not programs and application.sequence():
            job.turn_to_stop("all programs that start with it are disabled")
            return False
        job.steps = start_steps(programs)
    else:
        programs = [application.programs[n] for n in job.processes if n in application.programs]
        job.steps = start_steps(p for p in programs if p.rules.start_sequence > 0)
        rest = tuple(p.namespec for p in programs if p.rules.start_sequence == 0)
        job.steps += (rest,) if rest else ()
    if not application.single or application.name in s.draft.grants:
        if application.single and not job.whole and not job.resumed:
            return _room_for_more(s, job, application, programs)
        _wish_started(s, job, application)
        return True
    placement = placement_for(s, application, programs, job)
    if placement.node is None:
        if _awaits(s, job, application, placement):
            job.steps = ()  # it is placed anew when that node is there
        else:
            _fail_placement(s, job, application, programs, placement.reason)
        return False
    _give(s, job, application.name, placement.node)
    _wish_started(s, job, application)
    return True


def _room_for_more(s: Situation, job: Job, application: Application, programs: list[Program]) -> bool:
    grant = s.draft.grants[application.name]
    wanted = [p for p in programs if not s.alive_on(p.namespec)]
    placement = place(
        wanted,
        identifiers=(grant.node,),
        strategy=StartingStrategy.CONFIG,
        origin=job.origin,
        nodes=s.nodes,
        loads=s.loads(frozenset(program.namespec for program in wanted)),
        unusable=s.unusable(),
    )
    if placement.node is None:
        _fail_placement(s, job, application, programs, placement.reason)
        return False
    return True


def _awaits(s: Situation, job: Job, application: Application, placement: Placement) -> bool:
    """Whether a LOCAL start waits for the node of its request: silent for a moment, or just coming back.

    Its lease goes on, or it asks for one. As soon as it is lost, the start is refused. Who only asks what
    would be is told what stands in the way now.
    """
    job.awaited, before = "", job.awaited
    node = s.nodes.get(job.origin)
    strategy = job.strategy or (application.rules.starting_strategy.value if application.rules else "")
    passed = {one.node: one.reason for one in placement.passed_over}
    if node is None or job.origin not in passed or strategy != StartingStrategy.LOCAL.value:
        return False
    coming = node.state in (NodeState.RUNNING, NodeState.CHECKING) and not s.usable(job.origin)
    if not coming or not job.waiters or job.origin in s.lost or s.considered is not None:
        return False
    if job.origin in s.draft.drained:
        return False
    job.awaited = f"{job.origin}: {passed[job.origin]}"
    if not before:
        left = max(0.0, job.expires - s.now.boot)
        s.progress(job.waiters, f"waits for {job.awaited}; for {left:.0f} s at most", 0, 0)
    return True


def refuse_what_waited(s: Situation, job: Job) -> bool:
    """The time of a start that has waited for its node all along is over; False if it is another one."""
    application = s.apps.get(job.application)
    if not job.awaited or job.steps or application is None:
        return False
    programs = list(s.sequence(application)) if job.whole else []
    programs += [application.programs[n] for n in job.processes if n in application.programs]
    reason = f"no node can host it: {job.awaited}; waited {job.lasts:.0f} s for it"
    _fail_placement(s, job, application, programs, reason)
    return True


def _wish_started(s: Situation, job: Job, application: Application) -> None:
    for namespec in application.programs:
        if job.whole or namespec in job.processes:
            if not job.resumed:
                s.draft.failures.pop(namespec, None)
            s.draft.cleared.pop(namespec, None)
    if job.whole and not job.resumed:
        s.draft.wishes[application.name] = Wish(
            Wanted.STARTED, job.requested_by, iso(s.now.utc), job.strategy, job.origin
        )


def _give(s: Situation, job: Job, name: str, node: str) -> None:
    known = s.nodes[node]
    s.draft.grants[name] = Grant(
        name,
        node,
        s.draft.token(s.term),
        known.epoch,
        known.incarnation,
        iso(s.now.utc),
        job.requested_by,
        kept=s.isolation_of(name) is not Isolation.STOP,
    )


def _fail_placement(
    s: Situation, job: Job, application: Application, programs: list[Program], reason: str
) -> None:
    news = [
        program.namespec
        for program in programs
        if s.draft.fail(program.namespec, FailureKind.PLACEMENT, reason, iso(s.now.utc))
    ]
    s.jobs.pop(job.application, None)
    s.outcome(job.waiters, Verdict.REFUSED, reason)
    if news:
        text = f"{', '.join(job.processes) or application.name} was not started: {reason}"
        s.event("application", application.name, text, Severity.MAJOR)


def _advance_process(s: Situation, job: Job, application: Application, namespec: str) -> bool:
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


def _begin(s: Situation, job: Job, application: Application, namespec: str) -> Mark | None:
    name = application.grant_name(namespec)
    grant = s.draft.grants.get(name)
    if grant is None:
        program = application.programs[namespec]
        placement = placement_for(s, application, [program], job)
        if placement.node is None:
            if _awaits(s, job, application, placement):
                return None
            mark = job.marks[namespec] = Mark("", s.now.boot, None)
            mark.nowhere = placement.reason
            return mark
        _give(s, job, name, placement.node)
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
    if mark.baseline is not None and _same(process, mark.baseline):
        return _await_answer(s, job, application, namespec, mark)
    s.orders.drop(("start", mark.node, namespec))
    if ended_badly(process):
        return words_of_end(process)
    if process.state is ProcessState.EXITED:
        mark.done = True
    elif process.state is ProcessState.RUNNING:
        return _watch_running(s, application, namespec, mark)
    elif process.state is ProcessState.STOPPED:
        # Its host is up anew and knows of no start, or lost its lease: a death, judged when it is back.
        died = process.token is None or not s.usable(mark.node)
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


def waits_for_exits(s: Situation, job: Job) -> bool:
    """True if a start waits for nothing but `wait_exit` processes that run: they take what they like."""
    application = s.apps.get(job.application)
    if application is None or not job.starting or job.index >= len(job.steps):
        return False
    waits = [n for n in job.steps[job.index] if n not in job.marks or not job.marks[n].over]
    return bool(waits) and all(
        n in job.marks and job.marks[n].running_at is not None and application.programs[n].rules.wait_exit
        for n in waits
        if n in application.programs
    )


def _same(process: Process, baseline: Process) -> bool:
    return (process.state, process.pid, process.changed_at) == (
        baseline.state,
        baseline.pid,
        baseline.changed_at,
    )


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


def _tell(s: Situation, job: Job, waits: list[str]) -> None:
    text = f"waits for {', '.join(waits)}"
    if text != job.told:
        job.told = text
        s.progress(job.waiters, text, job.index + 1, len(job.steps))


def _finish(s: Situation, job: Job, application: Application) -> None:
    failed = {namespec: mark.failed for namespec, mark in job.marks.items() if mark.failed}
    words = "; ".join(f"{namespec}: {reason}" for namespec, reason in failed.items())
    what = ", ".join(job.processes) or application.name
    if failed and not any(s.running(application)):
        job.turn_to_stop(words)
        return
    s.jobs.pop(job.application, None)
    nodes = tuple(dict.fromkeys(mark.node for mark in job.marks.values() if mark.node))
    took = s.now.boot - job.begun
    where = ", ".join(nodes)
    if failed and not job.whole:
        s.outcome(job.waiters, Verdict.FAILED, words, nodes)
        return
    if failed:
        s.outcome(job.waiters, Verdict.DONE, f"started, but not whole: {words}", nodes)
        text = f"{what} started on {where} in {took:.1f} s, but not whole: {words}"
        s.event("application", application.name, text, Severity.MINOR)
        return
    verb = "restarted" if job.kind is JobKind.RESTART else "started"
    for waiter in job.waiters:
        s.outcome((waiter,), Verdict.DONE, _done_words(s, waiter), nodes)
    s.event("application", application.name, f"{what} {verb} on {where} in {took:.1f} s ({job.cause})")


def _done_words(s: Situation, waiter: Waiter) -> str:
    """What somebody waited for: that it was started; of a program that was scaled, its number."""
    record = s.draft.requests.get(waiter.request)
    if record is None or record.action is not Action.SCALE:
        return "started"
    return f"scaled to {sum(section.key == waiter.target for section in s.sections.values())}"


def next_at(s: Situation, job: Job) -> float | None:
    """When a start job has to be looked at again though nothing happens."""
    if job.phase is JobPhase.WAITING:
        return job.not_before
    application = s.apps.get(job.application)
    ends: list[float] = []
    for namespec, mark in job.marks.items():
        program = application.programs.get(namespec) if application is not None else None
        limit = program.rules.start_timeout if program is not None else None
        if mark.over:
            continue
        if mark.running_at is None:
            ends.append(mark.since + s.timing.start_timeout)
        elif limit is not None:
            ends.append(mark.running_at + limit)
        if mark.ready_until:
            ends += [at for at in (mark.look_at, mark.ready_until) if at > s.now.boot]
    return min([job.expires, *ends])
