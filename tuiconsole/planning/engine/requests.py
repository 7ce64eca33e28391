"""What is asked for: admitted, answered at once, or refused with the reason and where."""

from __future__ import annotations

from tuiconsole.model.events import Severity
from tuiconsole.model.ledger import Cleared, JobKind, JobPhase, RequestRecord, Waiter, Wanted, Wish
from tuiconsole.model.requests import ALARM_ACTIONS, ALL, OF_THE_CLUSTER, Action, Outcome, Verdict
from tuiconsole.planning.catalogue import Application
from tuiconsole.planning.engine.alarms import receive_alarm_request
from tuiconsole.planning.engine.conciliate import conciliate_as_asked
from tuiconsole.planning.engine.drain import admit_drain, plan_drain
from tuiconsole.planning.engine.ending import asked_to_end
from tuiconsole.planning.engine.ending import obstacle as obstacle_of_the_end
from tuiconsole.planning.engine.flapping import let_go
from tuiconsole.planning.engine.jobs import Job
from tuiconsole.planning.engine.maintenance import maintain
from tuiconsole.planning.engine.messages import Reply, Request
from tuiconsole.planning.engine.obstacles import disabled, obstacle, runs_already
from tuiconsole.planning.engine.placing import refuse_what_waited
from tuiconsole.planning.engine.queue import drop_starts, must_wait, next_in_turn, queue
from tuiconsole.planning.engine.scale import admit_scale
from tuiconsole.planning.engine.service import in_or_out_of_service
from tuiconsole.planning.engine.situation import Situation, ended_badly, iso
from tuiconsole.planning.engine.start import waits_for_exits
from tuiconsole.planning.engine.stop import where_stuck
from tuiconsole.planning.engine.synchronize import asked_to_end_synchronization
from tuiconsole.rulebook.rules import StartingStrategy

KNOWN_NAMED = 12
"""So many names are listed when an unknown one is asked for."""

_VERBS = {
    Action.MAINTAIN: "keep hands off",
    Action.CONFIRM_DEAD: "take for dead",
    Action.END_SYNC: "wait for nobody else in",
    Action.OUT_OF_SERVICE: "take out of service",
    Action.RETURN_TO_SERVICE: "return to service",
}
"""Actions that are no verbs by themselves."""


def receive(s: Situation, request: Request) -> None:
    """Carry a request out, or answer it from the ledger if it was received before."""
    if request.action in ALARM_ACTIONS:
        receive_alarm_request(s, request)
        return
    known = s.draft.requests.get(request.id)
    if known is not None:
        s.answers += [Reply(known.id, outcome) for outcome in known.outcomes]
        return
    targets = tuple(dict.fromkeys(request.targets))
    if request.dry_run:
        # Nothing is changed, so nothing need be remembered.
        s.answers += [Reply(request.id, plan_drain(s, target)) for target in targets]
        return
    s.draft.requests[request.id] = RequestRecord(
        request.id,
        request.action,
        targets,
        request.requested_by,
        request.origin,
        iso(s.now.utc),
        s.now.utc + request.timeout,
        request.timeout,
        request.strategy.value if request.strategy else "",
        arguments=request.arguments,
    )
    s.expiries[request.id] = s.now.boot + request.timeout
    verb = _VERBS.get(request.action, request.action.value)
    text = f"{request.requested_by} on {request.origin} asks to {verb} {', '.join(targets)}"
    s.event("request", ", ".join(request.targets), text)
    for target in targets:
        if must_wait(s, request, target):
            queue(s, request, target)
        else:
            _answer(s, request, target)


def admit_next(s: Situation) -> bool:
    """Carry out the first of those that wait whose turn has come; False if it is nobody's."""
    found = next_in_turn(s)
    if found is not None:
        _answer(s, *found)
    return found is not None


def _answer(s: Situation, request: Request, target: str) -> None:
    outcome = _admit(s, request, target)
    if outcome is None:
        return
    waiters = (Waiter(request.id, target),)
    s.outcome(waiters, outcome.verdict, outcome.text, outcome.nodes, outcome.details)
    if outcome.verdict is not Verdict.DONE:
        words = f"{request.action.value} {target}: {outcome.verdict.value}: {outcome.text}"
        s.event("request", target, words, Severity.MINOR)


def expire(s: Situation) -> None:
    """End what took longer than its requester gave it; starts are rolled back."""
    for job in list(s.jobs.values()):
        if job.kind in (JobKind.STOP, JobKind.CONCILIATE) or s.now.boot < job.expires:
            continue
        if not job.waiters and waits_for_exits(s, job):
            continue  # Nobody has set it a time but its rules.
        if refuse_what_waited(s, job):
            continue
        why = f"not finished within {job.lasts:.0f} s: rolled back"
        waits = job.steps[job.index] if job.starting and job.index < len(job.steps) else ()
        open_ones = [n for n in waits if n not in job.marks or not job.marks[n].over]
        stuck = where_stuck(s, job)
        if open_ones:
            why += f"; it waited for {', '.join(open_ones)}"
        if stuck:
            why += f"; {stuck}"
        s.outcome(job.waiters, Verdict.FAILED, why)
        job.waiters = ()
        job.turn_to_stop(why)
    for record in list(s.draft.requests.values()):
        if not record.open:
            s.expiries.pop(record.id, None)
            continue
        if s.now.boot < s.expires(record):
            continue
        ended = {outcome.target for outcome in record.outcomes}
        for target in record.targets:
            if target not in ended:
                going_on = s.jobs.get(target.partition(":")[0])
                stuck = where_stuck(s, going_on) if going_on else ""
                text = "not finished in time" + (f": {stuck}" if stuck else ", it goes on")
                s.outcome((Waiter(record.id, target),), Verdict.FAILED, text)


def _admit(s: Situation, request: Request, target: str) -> Outcome | None:
    if request.action in OF_THE_CLUSTER:
        ends = request.action is not Action.END_SYNC
        return (asked_to_end if ends else asked_to_end_synchronization)(s, request, target)
    if request.action in (Action.DRAIN, Action.UNDRAIN):
        return admit_drain(s, request, target)
    if request.action is Action.MAINTAIN and target == ALL:
        return maintain(s, request, target)
    return _admit_application(s, request, target)


def _admit_application(s: Situation, request: Request, target: str) -> Outcome | None:
    name, _, program = target.partition(":")
    application = s.apps.get(name)
    if application is None:
        known = [app.name for app in s.apps.values() if app.managed]
        listed = ", ".join(known[:KNOWN_NAMED]) or "none"
        more = f" and {len(known) - KNOWN_NAMED} more" if len(known) > KNOWN_NAMED else ""
        return _refused(target, f"no such application; known: {listed}{more}")
    if not application.managed:
        return _refused(target, f"{name} is unmanaged: use supervisorctl on its node")
    ending = obstacle_of_the_end(s)
    if ending and request.action not in (Action.CLEAR, Action.STOP):
        return _refused(target, ending)
    if request.action is Action.SCALE:
        return admit_scale(s, request, application, target)
    if program and target not in application.programs:
        names = ", ".join(n.partition(":")[2] for n in application.programs)
        return _refused(target, f"no such process; {name} has: {names}")
    return _admit_named(s, request, application, (target,) if program else (), target)


def _admit_named(
    s: Situation, request: Request, application: Application, processes: tuple[str, ...], target: str
) -> Outcome | None:
    """Of an application that is managed, or of one of its processes."""
    if request.action is Action.MAINTAIN:
        if processes:
            return _refused(target, f"a maintenance is that of an application: name {application.name}")
        return maintain(s, request, target)
    if request.action in (Action.DISABLE, Action.ENABLE):
        return in_or_out_of_service(s, request, application, target)
    if request.action is Action.CONCILIATE:
        return conciliate_as_asked(s, request, application, target)
    if request.action is Action.CLEAR:
        return _clear(s, request, application, processes, target)
    if request.action is Action.CANCEL:
        return _cancel(s, request, application, target)
    act = {Action.STOP: _stop, Action.RESTART: _restart}.get(request.action, _start)
    return act(s, request, application, processes, target)


def _refused(target: str, text: str) -> Outcome:
    return Outcome(target, Verdict.REFUSED, text)


def _start(
    s: Situation, request: Request, application: Application, processes: tuple[str, ...], target: str
) -> Outcome | None:
    if any(s.surplus(namespec) for namespec in processes):
        section = s.sections[processes[0]].key
        return _refused(target, f"{section} is scaled to {s.draft.scales[section]}: this one is surplus")
    if request.arguments and not processes:
        named = f"{application.name}:PROCESS"
        return _refused(target, f"arguments are those of one process: name it, `start {named} -- …`")
    reason = disabled(s, application, processes) or obstacle(s, application)
    reason = reason or runs_already(s, application, processes)
    if reason:
        return _refused(target, reason)
    if not processes and not application.sequence():
        return _refused(target, f"nothing to start: no program of {application.name} has a start_sequence")
    let_go(s, application.name)
    _remember_arguments(s, application, processes, request.arguments)
    job = _job(s, request, JobKind.START, JobPhase.STARTING, processes, target, application)
    pausing = s.jobs.pop(application.name, None)
    if pausing is not None:
        s.outcome(pausing.waiters, Verdict.FAILED, f"{request.requested_by} started it meanwhile")
    if s.grants_of(application) and not any(s.running(application)):
        # Nothing of it is left but its right to run there: it goes back first.
        job.phase = JobPhase.RELEASING
        job.kind = JobKind.START
        if not job.whole:
            job.phase = JobPhase.STARTING
    s.jobs[application.name] = job
    return None


def _stop(
    s: Situation, request: Request, application: Application, processes: tuple[str, ...], target: str
) -> Outcome | None:
    waiter = Waiter(request.id, target)
    job = s.jobs.get(application.name)
    if processes and job is not None:
        if job.kind is JobKind.STOP:
            return _refused(target, f"{application.name} is being stopped already")
        return _refused(target, f"{application.name} is being started: stop it as a whole, or wait")
    _remember_arguments(s, application, processes, ())
    if not processes:
        drop_starts(s, application.name, request.requested_by)
        let_go(s, application.name)
        s.draft.wishes[application.name] = Wish(Wanted.STOPPED, request.requested_by, iso(s.now.utc))
    if job is not None and job.kind is JobKind.STOP and job.whole:
        job.waiters += (waiter,)
        return None
    if job is not None:
        s.outcome(job.waiters, Verdict.FAILED, f"{request.requested_by} asked to stop it meanwhile")
    alive = any(s.alive_on(n) for n in processes) if processes else any(s.running(application))
    grants = not processes and bool(s.grants_of(application))
    if not alive and not grants and job is None:
        return Outcome(target, Verdict.DONE, "stopped already")
    s.jobs[application.name] = _job(
        s, request, JobKind.STOP, JobPhase.STOPPING, processes, target, application
    )
    return None


def _cancel(s: Situation, request: Request, application: Application, target: str) -> Outcome | None:
    """Stop what goes on of it, and only then: what runs undisturbed by now must not be stopped."""
    job = s.jobs.get(application.name)
    if target != application.name:
        return _refused(target, f"what goes on is about the whole of it: cancel {application.name}")
    if job is None:
        return _refused(target, "nothing of it is being started or stopped")
    if job.kind not in (JobKind.START, JobKind.RESTART):
        return _refused(target, f"it is being stopped ({job.kind.value}): that is not taken back")
    s.outcome(job.waiters, Verdict.FAILED, f"{request.requested_by} cancelled it")
    drop_starts(s, application.name, request.requested_by)
    if job.whole:
        _remember_arguments(s, application, (), ())
        s.draft.wishes[application.name] = Wish(Wanted.STOPPED, request.requested_by, iso(s.now.utc))
    s.jobs[application.name] = _job(
        s, request, JobKind.STOP, JobPhase.STOPPING, job.processes, target, application
    )
    return None


def _remember_arguments(
    s: Situation, application: Application, processes: tuple[str, ...], arguments: tuple[str, ...]
) -> None:
    """What a person adds to a command holds for every restart, until a person stops or starts it again."""
    for namespec in processes or tuple(application.programs):
        if arguments:
            s.draft.arguments[namespec] = arguments
        else:
            s.draft.arguments.pop(namespec, None)


def _restart(
    s: Situation, request: Request, application: Application, processes: tuple[str, ...], target: str
) -> Outcome | None:
    reason = disabled(s, application, processes) or obstacle(s, application)
    if reason:
        return _refused(target, reason)
    if not processes and not application.sequence():
        return _refused(target, f"nothing to start: no program of {application.name} has a start_sequence")
    let_go(s, application.name)
    job = _job(s, request, JobKind.RESTART, JobPhase.STOPPING, processes, target, application)
    rules = application.rules
    assert rules is not None
    strategy = StartingStrategy(job.strategy) if job.strategy else rules.starting_strategy
    where = s.alive_nodes(application)
    if strategy is StartingStrategy.LOCAL and where:
        job.origin = where[0]
    pausing = s.jobs.pop(application.name, None)
    if pausing is not None:
        s.outcome(pausing.waiters, Verdict.FAILED, f"{request.requested_by} restarted it meanwhile")
    s.jobs[application.name] = job
    return None


def _job(
    s: Situation,
    request: Request,
    kind: JobKind,
    phase: JobPhase,
    processes: tuple[str, ...],
    target: str,
    application: Application,
) -> Job:
    strategy = request.strategy.value if request.strategy else ""
    return Job.new(
        application.name,
        kind,
        phase,
        s.now,
        lasts=request.timeout,
        requested_by=request.requested_by,
        cause=f"asked by {request.requested_by} on {request.origin}",
        processes=processes,
        strategy=strategy,
        origin=request.origin,
        waiters=(Waiter(request.id, target),),
    )


def _clear(
    s: Situation, request: Request, application: Application, processes: tuple[str, ...], target: str
) -> Outcome:
    left = let_go(s, application.name)
    if left and any(s.running(application)) and application.name not in s.jobs:
        # All that had ended with it is repaired; of what still runs only this is missing.
        s.jobs[application.name] = Job.new(
            application.name,
            JobKind.START,
            JobPhase.STARTING,
            s.now,
            requested_by=request.requested_by,
            cause=f"let go on by {request.requested_by}",
            processes=left,
        )
    for namespec in processes or tuple(application.programs):
        failure = s.draft.failures.get(namespec)
        if failure is not None and not failure.cleared:
            s.draft.failures[namespec] = type(failure)(failure.kind, failure.reason, failure.since, True)
        marks = []
        for name, node in s.nodes.items():
            process = node.processes.get(namespec)
            if process is None:
                continue
            if ended_badly(process) or (process.state.alive and not s.counts(name)):
                marks.append(Cleared(name, process.changed_at))
        if marks:
            s.draft.cleared[namespec] = tuple(marks)
    s.event("application", application.name, f"failures of {target} cleared")
    return Outcome(target, Verdict.DONE, "cleared")
