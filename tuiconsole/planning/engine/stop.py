"""Stop jobs: in reverse order, step by step, then every grant is released."""

from __future__ import annotations

import msgspec

from tuiconsole.model.events import Severity
from tuiconsole.model.ledger import FailureKind, Grant, GrantState, JobKind, JobPhase, Wanted
from tuiconsole.model.requests import Verdict
from tuiconsole.planning.catalogue import Application
from tuiconsole.planning.engine.jobs import OWN_JOB_LASTS, Job
from tuiconsole.planning.engine.messages import ReleaseGrant, StopProcess
from tuiconsole.planning.engine.situation import Situation, iso
from tuiconsole.planning.sequences import stop_steps


def advance_stop(s: Situation, job: Job) -> bool:
    """Do what can be done now; True if the job changed its phase or ended."""
    application = s.apps.get(job.application)
    if application is None:
        return _forget_unknown(s, job)
    if job.kind is JobKind.CONCILIATE:
        _give_up_without_keeper(s, job, application)
    if job.phase is JobPhase.STOPPING:
        return _stop(s, job, application)
    return _release(s, job, application)


def order_stop(s: Situation, node: str, namespec: str, grant: Grant | None) -> None:
    """Command a node to stop a process, once, and again if that has no effect."""
    key = ("stop", node, namespec)
    application = s.apps[namespec.partition(":")[0]]
    token = grant.token if grant is not None and grant.node == node else None
    name = application.grant_name(namespec)
    process = s.process(node, namespec)
    void = process.token if token is None and process is not None else None
    before = s.orders.get(key)
    meant = before.command if before is not None else None
    if isinstance(meant, StopProcess) and (meant.token, meant.void) != (token, void):
        # What was stopped then ran under another token: this is another stop.
        s.orders.drop(key)
    if not s.usable(node) or not s.orders.due(key, s.now.boot):
        return
    command = StopProcess(
        s.orders.id_for(key), node, namespec, name, token, s.term, s.epoch(node), s.deadline, void
    )
    s.order(key, command)


def order_release(s: Situation, grant: Grant) -> None:
    """Take a grant back: in the ledger first, then on its node."""
    if grant.state is not GrantState.RELEASING:
        grant = _releasing(grant)
        s.draft.grants[grant.name] = grant
    key = ("release", grant.node, grant.name)
    if not s.usable(grant.node) or not s.orders.due(key, s.now.boot):
        return
    command = ReleaseGrant(
        s.orders.id_for(key),
        grant.node,
        grant.name,
        grant.token,
        s.granted_namespecs(grant),
        s.term,
        s.epoch(grant.node),
        s.deadline,
    )
    s.order(key, command)


def where_stuck(s: Situation, job: Job) -> str:
    """What a stop waits for, in words; empty if it goes on normally."""
    application = s.apps.get(job.application)
    if application is None:
        return ""
    names = {node for _, node in s.running(application)} | {grant.node for grant in s.grants_of(application)}
    stuck = [f"{name} {s.unusable().get(name, 'is not RUNNING')}" for name in names if not s.usable(name)]
    return "; ".join(sorted(stuck))


def _forget_unknown(s: Situation, job: Job) -> bool:
    if not s.settled or job.application in s.draft.grants:
        return False
    _end(s, job, ())
    return True


def _stop(s: Situation, job: Job, application: Application) -> bool:
    if not job.steps:
        programs = [p for p in application.programs.values() if job.whole or p.namespec in job.processes]
        job.steps = stop_steps(programs)
    for index, step in enumerate(job.steps):
        alive = [
            (namespec, node)
            for namespec in step
            for node in s.alive_on(namespec)
            if node != job.keep.get(application.grant_name(namespec))
        ]
        if alive:
            job.index = index
            for namespec, node in alive:
                order_stop(s, node, namespec, s.draft.grants.get(application.grant_name(namespec)))
            _tell(s, job, sorted({namespec for namespec, _ in alive}))
            return False
    for step in job.steps:
        for namespec in step:
            for node in s.nodes:
                s.orders.drop(("stop", node, namespec))
    job.enter(JobPhase.RELEASING)
    return True


def _tell(s: Situation, job: Job, waits_for: list[str]) -> None:
    text = f"stopping {', '.join(waits_for)}"
    if text != job.told:
        job.told = text
        s.progress(job.waiters, text, job.index + 1, len(job.steps))


def _to_release(s: Situation, job: Job, application: Application) -> list[Grant]:
    grants = s.grants_of(application)
    if job.kind is JobKind.CONCILIATE:
        return [grant for grant in grants if grant.node != job.keep.get(grant.name, grant.node)]
    if job.whole:
        return grants
    if application.single:
        # One process of a single application: the grant goes with the last one, and stays for a restart.
        kept = job.kind is JobKind.RESTART or any(s.running(application))
        return [] if kept else grants
    return [grant for grant in grants if grant.name in job.processes]


def _release(s: Situation, job: Job, application: Application) -> bool:
    grants = _to_release(s, job, application)
    if any(grant.node in s.alive_on(n) for grant in grants for n in s.granted_namespecs(grant)):
        # A start that was still under way came through: stop it, then release again.
        for grant in grants:
            s.orders.drop(("release", grant.node, grant.name))
        job.enter(JobPhase.STOPPING)
        return True
    for grant in grants:
        order_release(s, grant)
    if grants:
        return False
    _end(s, job, ())
    return True


def _end(s: Situation, job: Job, nodes: tuple[str, ...]) -> None:
    if job.kind is JobKind.STOP:
        s.jobs.pop(job.application, None)
        what = ", ".join(job.processes) or job.application
        if job.failing:
            _note_failure(s, job)
            s.outcome(job.waiters, Verdict.FAILED, f"{job.failing}; it was stopped", nodes)
            s.event("application", job.application, f"{what} stopped: {job.failing}", Severity.MAJOR)
        else:
            s.outcome(job.waiters, Verdict.DONE, "stopped", nodes)
            s.event("application", job.application, f"{what} stopped ({job.cause})")
        return
    if job.kind is JobKind.CONCILIATE:
        s.jobs.pop(job.application, None)
        stays = "; ".join(f"{name} stays on {node}" for name, node in job.keep.items())
        s.outcome(job.waiters, Verdict.DONE, f"conciliated: {stays}", tuple(job.keep.values()))
        s.event("application", job.application, f"conciliated: {stays} ({job.cause})")
        return
    job.enter(JobPhase.WAITING if job.not_before > s.now.boot else JobPhase.STARTING)


def _give_up_without_keeper(s: Situation, job: Job, application: Application) -> None:
    """What was to stay has ended meanwhile: stop the rest as well, then start one, with proof in between."""
    for name, node in job.keep.items():
        namespecs = tuple(application.programs) if application.single else (name,)
        if any(node in s.alive_on(namespec) for namespec in namespecs):
            continue
        wish = s.draft.wishes.get(application.name)
        wanted = wish is None or wish.wanted is Wanted.STARTED
        job.kind, job.keep = JobKind.RESTART if wanted else JobKind.STOP, {}
        job.expires, job.expires_utc = s.now.boot + OWN_JOB_LASTS, s.now.utc + OWN_JOB_LASTS
        job.lasts = OWN_JOB_LASTS
        job.cause = f"{name} has ended on {node}, where it was to stay"
        s.event("application", job.application, f"{job.cause}: {job.kind.value}", Severity.MAJOR)
        job.enter(JobPhase.STOPPING)
        return


def _note_failure(s: Situation, job: Job) -> None:
    """A start that was given up is shown, and not tried again before someone asks."""
    application = s.apps.get(job.application)
    if application is None or not job.whole or any(n in s.draft.failures for n in application.programs):
        return
    for program in s.sequence(application):
        s.draft.fail(program.namespec, FailureKind.START, job.failing, iso(s.now.utc))


def _releasing(grant: Grant) -> Grant:
    return msgspec.structs.replace(grant, state=GrantState.RELEASING)
