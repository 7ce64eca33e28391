"""Automatic start and repair: what is wanted and has no place gets one; nothing that runs is touched."""

from __future__ import annotations

from tuiconsole.model.ledger import FailureKind, JobKind, JobPhase, Wanted, Wish
from tuiconsole.model.states import NodeState
from tuiconsole.planning.catalogue import Application
from tuiconsole.planning.engine.flapping import held, pause_before_restart
from tuiconsole.planning.engine.jobs import Job
from tuiconsole.planning.engine.maintenance import hands_off
from tuiconsole.planning.engine.placing import placement_for
from tuiconsole.planning.engine.situation import Situation, iso

AUTOMATIC = "automatic start"


def wish_automatic(s: Situation) -> None:
    """Applications with a start_sequence are wanted, unless someone has wanted otherwise."""
    for application in s.apps.values():
        if application.rules and application.rules.start_sequence > 0 and application.sequence():
            s.draft.wishes.setdefault(application.name, Wish(Wanted.STARTED, AUTOMATIC, iso(s.now.utc)))


def repair(s: Situation) -> bool:
    """Begin what can be begun, least start_sequence first; True if anything was."""
    due = sorted(
        (application for application in s.apps.values() if _wanted(s, application)),
        key=lambda application: (_order(application), application.name),
    )
    for application in due:
        if _earlier_goes_on(s, application):
            return False
        job = _job(s, application)
        if job is not None:
            # One at a time: the next has to see its load.
            s.jobs[application.name] = job
            return True
    return False


def _order(application: Application) -> int:
    return application.rules.start_sequence if application.rules else 0


def _earlier_goes_on(s: Situation, application: Application) -> bool:
    """Applications of a lesser start_sequence are awaited before the next are started."""
    for job in s.jobs.values():
        other = s.apps.get(job.application)
        if other is None or not job.starting or job.waiters:
            continue
        if 0 < _order(other) < _order(application):
            return True
    return False


def _wanted(s: Situation, application: Application) -> bool:
    wish = s.draft.wishes.get(application.name)
    return (
        application.managed
        and wish is not None
        and wish.wanted is Wanted.STARTED
        and application.name not in s.jobs
        and application.name not in s.conflicts
        and not held(s, application.name)
        and not hands_off(s, application.name)
    )


def _job(s: Situation, application: Application) -> Job | None:
    """A start of all of it, or of the part that could not be placed; None if there is nothing to do."""
    wish = s.draft.wishes[application.name]
    failures = {n: s.draft.failures[n] for n in application.programs if n in s.draft.failures}
    if any(s.running(application)) or s.grants_of(application):
        if application.single:
            return None
        missing = [n for n, f in failures.items() if f.kind is FailureKind.PLACEMENT and not s.alive_on(n)]
        missing = [n for n in missing if not s.out_of_service(n)]
    elif any(failure.kind is not FailureKind.PLACEMENT for failure in failures.values()):
        return None
    else:
        missing = []
        if not s.sequence(application):
            return None
    job = Job.new(
        application.name,
        JobKind.START,
        JobPhase.STARTING,
        s.now,
        requested_by=wish.requested_by,
        cause="could be placed again" if failures else AUTOMATIC,
        strategy=wish.strategy,
        origin=wish.origin,
    )
    if missing:
        fit = tuple(n for n in missing if placement_for(s, application, [application.programs[n]], job).node)
        if not fit:
            return None
        job.processes = fit
        return job
    if any(s.running(application)) or s.grants_of(application):
        return None
    if failures and not _placeable(s, application, job):
        return None
    if failures and not application.single:
        # Each part may fit alone though not all of them do: never try that in a tight loop.
        job.phase = JobPhase.WAITING
        job.pause(pause_before_restart(s, application.name), s.now)
    return job


def _placeable(s: Situation, application: Application, job: Job) -> bool:
    programs = list(s.sequence(application))
    if application.single:
        return placement_for(s, application, programs, job).node is not None
    return any(placement_for(s, application, [program], job).node for program in programs)


def all_nodes_running(s: Situation) -> bool:
    """True if there is nobody left to wait for."""
    return all(node.state is NodeState.RUNNING for node in s.nodes.values())
