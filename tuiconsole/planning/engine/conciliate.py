"""Conflicts are ended, by the strategy of the rules or at a person's word; stopping comes first, with proof.

One job for each application does it: CONCILIATE where an instance stays, else STOP or RESTART. What stays
without a grant is adopted when the job is over. All others of the cluster go on meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence

from tuiconsole.model.ledger import FailureKind, JobKind, JobPhase, Waiter, Wanted, Wish
from tuiconsole.model.requests import Outcome, Verdict
from tuiconsole.model.states import ProcessState
from tuiconsole.planning.catalogue import Application
from tuiconsole.planning.conciliation import Doubles, Fate, Instance, Resolution, keep_on, resolve
from tuiconsole.planning.engine.conflicts import doubles_of, failure_strategy
from tuiconsole.planning.engine.flapping import pause_before_restart
from tuiconsole.planning.engine.jobs import OWN_JOB_LASTS, Job
from tuiconsole.planning.engine.maintenance import hands_off
from tuiconsole.planning.engine.messages import Request
from tuiconsole.planning.engine.situation import Situation, iso
from tuiconsole.rulebook.rules import ConciliationStrategy

BY_RULE = "conciliation"


def conciliate(s: Situation) -> None:
    """Begin to end each conflict as the rules of its application say; USER leaves it to people."""
    for application in s.apps.values():
        rules = application.rules
        if rules is None or rules.conciliation is ConciliationStrategy.USER or application.name in s.jobs:
            continue
        doubles = doubles_of(s, application)
        if hands_off(s, application.name):
            continue
        if not doubles or _obstacle(s, doubles):
            continue
        resolution = resolve(rules.conciliation, doubles, failure_strategy(application, doubles))
        pause = 0.0
        if resolution.fate is Fate.RESTART:
            pause = pause_before_restart(s, application.name)
        cause = f"{_where(doubles)}: {rules.conciliation.value}"
        _begin(s, application, doubles, resolution, cause=cause, by=BY_RULE, pause=pause)


def conciliate_as_asked(
    s: Situation, request: Request, application: Application, target: str
) -> Outcome | None:
    """Begin what a person has chosen, or refuse it with the reason."""
    found = doubles_of(s, application)
    doubles = found if target == application.name else {n: one for n, one in found.items() if n == target}
    reason = _refusal(s, request, application, target, doubles)
    if reason:
        return Outcome(target, Verdict.REFUSED, reason)
    if request.keep:
        resolution = keep_on(request.keep, doubles)
    else:
        strategy = request.conciliation or ConciliationStrategy.USER
        resolution = resolve(strategy, doubles, failure_strategy(application, doubles))
    _begin(
        s,
        application,
        doubles,
        resolution,
        cause=f"{_where(doubles)}: asked by {request.requested_by} on {request.origin}",
        by=request.requested_by,
        waiters=(Waiter(request.id, target),),
        lasts=request.timeout,
    )
    return None


def _refusal(s: Situation, request: Request, application: Application, target: str, doubles: Doubles) -> str:
    if application.single and target != application.name:
        return f"{application.name} is conciliated as one: name it without a process"
    if not doubles:
        return f"nothing of {target} runs more than once"
    job = s.jobs.get(application.name)
    if job is not None:
        return f"{application.name} has a job ({job.kind.value}, {job.cause}): ask again when that is done"
    if request.keep:
        nodes = sorted({one.node for found in doubles.values() for one in found})
        if request.keep not in nodes:
            return f"{request.keep} runs no instance of {target}: {' and '.join(nodes)} do"
    elif request.conciliation in (None, ConciliationStrategy.USER):
        return "USER leaves it to people: choose another strategy, or a node with --keep"
    return _obstacle(s, doubles)


def _obstacle(s: Situation, doubles: Doubles) -> str:
    """Why nothing can be done about it now: what has to be stopped could not be, or is ending already."""
    instances = [one for found in doubles.values() for one in found]
    for instance in instances:
        if not s.usable(instance.node):
            return f"{instance.node} {s.unusable().get(instance.node, 'is not RUNNING')}"
    for name, found in doubles.items():
        staying = [one.node for one in found if not _ending(s, one)]
        if len(staying) < 2:
            return f"an instance of {name} is ending already"
    return ""


def _ending(s: Situation, instance: Instance) -> bool:
    states = [s.nodes[instance.node].processes[namespec].state for namespec in instance.processes]
    return all(state is ProcessState.STOPPING for state in states)


def _where(doubles: Doubles) -> str:
    words = [f"{name} ran on {' and '.join(one.node for one in found)}" for name, found in doubles.items()]
    return "; ".join(words)


def _begin(
    s: Situation,
    application: Application,
    doubles: Doubles,
    resolution: Resolution,
    *,
    cause: str,
    by: str,
    waiters: Sequence[Waiter] = (),
    lasts: float = OWN_JOB_LASTS,
    pause: float = 0.0,
) -> None:
    whole = application.single or resolution.whole
    wish = s.draft.wishes.get(application.name)
    kind = {Fate.KEEP: JobKind.CONCILIATE, Fate.STOP: JobKind.STOP}.get(resolution.fate, JobKind.RESTART)
    if resolution.fate is Fate.STOP and whole:
        asked = wish.requested_by if wish else by
        s.draft.wishes[application.name] = Wish(Wanted.STOPPED, asked, iso(s.now.utc), why=cause)
    elif resolution.fate is Fate.STOP:
        for name in doubles:
            s.draft.fail(name, FailureKind.RUNNING, f"stopped: {cause}", iso(s.now.utc))
    concerned = tuple(resolution.keep) if resolution.fate is Fate.KEEP else tuple(doubles)
    s.jobs[application.name] = Job.new(
        application.name,
        kind,
        JobPhase.STOPPING,
        s.now,
        lasts=lasts,
        requested_by=wish.requested_by if wish and not waiters else by,
        cause=cause,
        processes=() if whole else concerned,
        strategy=wish.strategy if wish else "",
        origin=wish.origin if wish else "",
        waiters=tuple(waiters),
        pause=pause,
    )
    s.jobs[application.name].keep = dict(resolution.keep)
    s.event("application", application.name, f"{application.name}: conciliation ({kind.value}) of {cause}")
