"""Start jobs, step by step through the start sequence.

A step is over when each of its processes is RUNNING, and ready where the rules say `ready`, or has exited as
expected where they say `wait_exit`. The strategy for starting failures applies to required processes and to
those with `wait_exit` or `ready`: what waits for them relies on it. The failure of another is noted, and the
sequence goes on.
"""

from __future__ import annotations

from tuiconsole.model.events import Severity
from tuiconsole.model.ledger import JobKind, JobPhase, Waiter, Wanted, Wish
from tuiconsole.model.requests import Action, Verdict
from tuiconsole.planning.catalogue import Application
from tuiconsole.planning.engine.jobs import Job
from tuiconsole.planning.engine.placing import (
    awaits_node,
    fail_placement,
    give_grant,
    place_beside,
    placement_for,
)
from tuiconsole.planning.engine.situation import Situation, iso
from tuiconsole.planning.engine.start_process import advance_process
from tuiconsole.planning.sequences import start_steps


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
            if not advance_process(s, job, application, namespec):
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
            return place_beside(s, job, application, programs)
        _wish_started(s, job, application)
        return True
    placement = placement_for(s, application, programs, job)
    if placement.node is None:
        if awaits_node(s, job, application, placement):
            job.steps = ()  # it is placed anew when that node is there
        else:
            fail_placement(s, job, application, programs, placement.reason)
        return False
    give_grant(s, job, application.name, placement.node)
    _wish_started(s, job, application)
    return True


def _wish_started(s: Situation, job: Job, application: Application) -> None:
    for namespec in application.programs:
        if job.whole or namespec in job.processes:
            # Prepared once more, for what was lost meanwhile, it tries nothing again that has failed.
            if not job.resumed and namespec not in job.marks:
                s.draft.failures.pop(namespec, None)
            s.draft.cleared.pop(namespec, None)
    if job.whole and not job.resumed:
        s.draft.wishes[application.name] = Wish(
            Wanted.STARTED, job.requested_by, iso(s.now.utc), job.strategy, job.origin
        )


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
