"""What the master publishes beside the view, so that every observer can tell the whole status."""

from __future__ import annotations

from tuiconsole.model.ledger import EndKind, JobKind, JobPhase, Wanted
from tuiconsole.model.states import ClusterState, NodeState
from tuiconsole.planning.engine.conflicts import reported
from tuiconsole.planning.engine.drain import drain_reports
from tuiconsole.planning.engine.ending import progress
from tuiconsole.planning.engine.jobs import Job
from tuiconsole.planning.engine.repair import AUTOMATIC
from tuiconsole.planning.engine.situation import Situation, iso
from tuiconsole.planning.engine.stop import where_stuck
from tuiconsole.planning.report import EngineReport, JobReport


def engine_report(s: Situation, version: int) -> EngineReport:
    """The report at this moment."""
    state, reason = _state(s)
    return EngineReport(
        term=s.term,
        master=s.master,
        version=version,
        at=iso(s.now.utc),
        state=state,
        reason=reason,
        grants=dict(s.draft.grants),
        wishes=dict(s.draft.wishes),
        jobs={job.application: _job(s, job) for job in s.jobs.values() if job.phase is not JobPhase.WAITING},
        failures={n: f for n, f in s.draft.failures.items() if not f.cleared},
        cleared=dict(s.draft.cleared),
        held=_held(s),
        conflicts=reported(s),
        disabled=dict(s.draft.disabled),
        maintenance=dict(s.draft.maintenance),
        drained=drain_reports(s),
        scales=dict(s.draft.scales),
        epochs=dict(s.draft.epochs),
        flapping=s.crashes.flapping(s.now.boot),
        alarms=dict(s.draft.alarms),
        holds={name: known.held for name, known in s.draft.restarts.items() if known.held},
    )


def _state(s: Situation) -> tuple[ClusterState, str]:
    if s.draft.ending is not None:
        restarts = s.draft.ending.kind is EndKind.RESTART
        return ClusterState.RESTARTING if restarts else ClusterState.SHUTTING_DOWN, progress(s)
    if not s.settled:
        return ClusterState.DISTRIBUTION, "waiting for nodes to join before applications are distributed"
    if not s.synchronized:
        asked = bool(s.synchronization.options)
        return ClusterState.SYNCHRONIZATION if asked else ClusterState.DISTRIBUTION, s.waiting.words
    starting = sorted(job.application for job in s.jobs.values() if job.starting and job.cause == AUTOMATIC)
    if starting:
        return ClusterState.DISTRIBUTION, f"starting {', '.join(starting)}"
    if s.conflicts:
        names = ", ".join(conflict.name for conflict in reported(s))
        return ClusterState.CONCILIATION, f"more than once: {names}"
    return ClusterState.OPERATION, ""


def _job(s: Situation, job: Job) -> JobReport:
    application = s.apps.get(job.application)
    nodes: tuple[str, ...] = ()
    waits: tuple[str, ...] = ()
    if application is not None:
        nodes = tuple(dict.fromkeys(grant.node for grant in s.grants_of(application)))
        waits = _waits(s, job)
    steps = len(job.steps)
    to_come = job.to_come() + tuple(n for n in _current(job) if job.will_start(n)) if job.starting else ()
    if job.phase is JobPhase.RELEASING:
        steps, to_come = 1, ()
    elif job.kind is JobKind.RESTART and not job.starting and application is not None:
        to_come = job.processes or tuple(application.programs)
    return JobReport(
        job.application,
        job.kind.value,
        job.starting,
        min(job.index + 1, steps) if steps else 0,
        steps,
        waits,
        to_come,
        nodes,
        job.requested_by,
        job.cause,
        job.processes,
    )


def _current(job: Job) -> tuple[str, ...]:
    return job.steps[job.index] if job.index < len(job.steps) else ()


def _waits(s: Situation, job: Job) -> tuple[str, ...]:
    if job.phase is JobPhase.RELEASING:
        stuck = where_stuck(s, job)
        return (f"{job.application}: its node confirms that nothing runs" + (f"; {stuck}" if stuck else ""),)
    if job.index >= len(job.steps):
        return ()
    words = []
    for namespec in job.steps[job.index]:
        mark = job.marks.get(namespec)
        if job.starting:
            if mark is None or mark.over:
                continue
            process = s.process(mark.node, namespec)
            state = process.state.value if process and mark.seen_alive else "to be started"
            state += f", not ready: {mark.unready}" if mark.unready else ""
            words.append(f"{namespec} on {mark.node}: {state}")
        else:
            words += [f"{namespec} on {node}: to be stopped" for node in s.alive_on(namespec)]
    return tuple(words)


def _held(s: Situation) -> dict[str, str]:
    held: dict[str, str] = {}
    unusable = s.unusable()
    for grant in s.draft.grants.values():
        holder = grant.name.partition(":")[0]
        if grant.node in s.lost:
            held[holder] = (
                f"its grant stays with {grant.node}, which {unusable.get(grant.node, 'is lost')}: isolation "
                "KEEP waits until it is back, or its death is confirmed"
            )
        elif grant.node in s.silent:
            silent = s.nodes[grant.node].state is NodeState.RUNNING
            how = "is silent" if silent else "does not renew its lease"
            held[holder] = f"{grant.node} {how}; its lease may still hold"
        elif grant.node not in s.nodes:
            held[holder] = f"its grant is with {grant.node}, which is not in the cluster file"
    for job in s.jobs.values():
        if job.phase is JobPhase.WAITING:
            at = iso(s.now.utc + max(0.0, job.not_before - s.now.boot))
            known = s.draft.restarts.get(job.application)
            count = known.quick if known else 0
            held[job.application] = f"starts again at {at}, after {count + 1} failures in a row: {job.cause}"
    for name, known in s.draft.restarts.items():
        if known.held:
            remedy = f"`tuiconsole clear {name}` or a start lets it go on"
            held[name] = f"held since {known.since}: {known.held}; {remedy}"
    if not s.settled:
        _hold_wanted(s, held, "is started once the nodes have joined")
    elif not s.synchronized:
        _hold_wanted(s, held, f"is started once the cluster is synchronized: {s.waiting.words}")
    return held


def _hold_wanted(s: Situation, held: dict[str, str], words: str) -> None:
    for name, application in s.apps.items():
        wish = s.draft.wishes.get(name)
        if not application.managed or name in held or wish is None or wish.wanted is not Wanted.STARTED:
            continue
        if name not in s.jobs and not any(s.running(application)):
            held[name] = words
