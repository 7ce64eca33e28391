"""What follows when processes die: those that died at the same instant are judged together.

STOP_APPLICATION outweighs RESTART_APPLICATION, which outweighs RESTART_PROCESS and CONTINUE. SHUTDOWN and
RESTART concern the whole system, and outweigh what concerns one application.
"""

from __future__ import annotations

from tuiconsole.model.events import Severity
from tuiconsole.model.ledger import EndKind, FailureKind, JobKind, JobPhase, Wanted, Wish
from tuiconsole.model.requests import Verdict
from tuiconsole.planning.catalogue import Application
from tuiconsole.planning.engine.ending import (
    BY_FAILURE,
    RESTARTS_AT_MOST,
    RESTARTS_IN,
    begin,
    too_many_restarts,
)
from tuiconsole.planning.engine.flapping import HELD, held, is_held_now, pause_before_restart
from tuiconsole.planning.engine.jobs import Job
from tuiconsole.planning.engine.maintenance import hands_off
from tuiconsole.planning.engine.situation import Death, Situation, iso
from tuiconsole.planning.engine.start_process import fail_process, relied_on
from tuiconsole.rulebook.rules import RunningFailureStrategy, StartingFailureStrategy

GRACE = 1.0
"""Seconds: what ends so soon after RUNNING, while its application starts, has failed to start."""

_WEIGHT = {
    RunningFailureStrategy.CONTINUE: 0,
    RunningFailureStrategy.RESTART_PROCESS: 1,
    RunningFailureStrategy.RESTART_APPLICATION: 2,
    RunningFailureStrategy.STOP_APPLICATION: 3,
    RunningFailureStrategy.RESTART: 4,
    RunningFailureStrategy.SHUTDOWN: 5,
}


def judge_deaths(s: Situation) -> None:
    """Apply the strategies to all that has died since the last decision."""
    deaths, s.deaths = s.deaths + _due(s), []
    by_application: dict[str, list[Death]] = {}
    for death in deaths:
        by_application.setdefault(death.application, []).append(death)
    for name, dead in by_application.items():
        application = s.apps.get(name)
        if application is not None and application.managed:
            _judge(s, application, dead)


def something_waited(s: Situation) -> bool:
    """True if something has died during a job that is over by now."""
    return any(death.application not in s.jobs for death in s.postponed)


def _due(s: Situation) -> list[Death]:
    """What had to wait for a job that is over by now, and still is dead and wanted."""
    due = [death for death in s.postponed if death.application not in s.jobs]
    s.postponed = [death for death in s.postponed if death.application in s.jobs]
    return [death for death in due if _still_missing(s, death)]


def _still_missing(s: Situation, death: Death) -> bool:
    wish = s.draft.wishes.get(death.application)
    wanted = wish is None or wish.wanted is Wanted.STARTED
    return wanted and not s.alive_on(death.namespec) and death.namespec not in s.draft.failures


def heaviest(application: Application, namespecs: list[str]) -> RunningFailureStrategy:
    """The strategy that outweighs those of the others."""
    return max((application.running_failure(n) for n in namespecs), key=_WEIGHT.__getitem__)


def _judge(s: Situation, application: Application, deaths: list[Death]) -> None:
    job = s.jobs.get(application.name)
    deaths = [death for death in deaths if not _asked_for(job, death)]
    _tell(s, application, deaths)
    # What is out of service may end as it likes.
    deaths = [death for death in deaths if not s.out_of_service(death.namespec)]
    if job is not None and job.starting:
        deaths = _failed_to_start(s, application, job, deaths)
    # The strategy does not compete with supervisord's own autorestart; when that gives up, it is FATAL.
    deaths = [death for death in deaths if not (death.restarts and _would_restart_it(application, death))]
    if not deaths or application.name in s.conflicts or s.draft.ending is not None:
        return
    job = s.jobs.get(application.name)
    if job is not None and not job.starting:
        if not job.whole:
            # It is about others, and this one is not to be forgotten over it.
            s.postponed += _not_taken_up(application, job, deaths)
        return
    _apply(s, application, job, deaths)


def _apply(s: Situation, application: Application, job: Job | None, deaths: list[Death]) -> None:
    """Do what the heaviest of their running failure strategies says, unless people keep hands off."""
    strategy = heaviest(application, [death.namespec for death in deaths])
    first = max(deaths, key=lambda death: _WEIGHT[application.running_failure(death.namespec)])
    cause = f"{first.namespec} on {first.node} {first.reason}"
    crash = not all(death.with_node for death in deaths)
    if off := hands_off(s, application.name):
        s.event("application", application.name, f"{application.name} is left as it is, {off}: {cause}")
        if job is not None and not crash and application.single:
            job.turn_to_stop(cause)
    elif _WEIGHT[strategy] > 3 and _end_system(s, strategy, cause):
        return
    elif _WEIGHT[strategy] >= 3:
        _stop_application(s, application, job, cause)
    elif _restarts(strategy, job) and is_held_now(s, application, cause, counts=crash):
        _hold(s, application, job, deaths, cause, whole=_WEIGHT[strategy] == 2)
    elif _WEIGHT[strategy] == 2:
        _restart_application(s, application, job, cause, crash)
    elif job is not None:
        # Nothing but the loss of a node takes a start job's ground away; what else died waits for its end.
        if not crash and application.single:
            job.turn_to_stop(cause)
        else:
            s.postponed += _not_taken_up(application, job, deaths)
    elif strategy is RunningFailureStrategy.RESTART_PROCESS and not any(s.running(application)):
        # Nothing of it is left: its start sequence brings it back, not processes one by one.
        _restart_application(s, application, job, cause, crash)
    elif strategy is RunningFailureStrategy.RESTART_PROCESS:
        _restart_processes(s, application, deaths, cause, crash)
    else:
        _leave(s, application, deaths, crash)


def _not_taken_up(application: Application, job: Job, deaths: list[Death]) -> list[Death]:
    """Have the job bring back, too, what ended with its node; what is left has to wait until it is over.

    The ledger has the job, so that this outlives the master. What crashed must not come back without a pause,
    and what a person has asked for is answered for that alone.
    """
    if not (job.whole or (job.kind is JobKind.RESTART and not job.waiters)):
        return deaths
    again = RunningFailureStrategy.RESTART_PROCESS
    taken = [d for d in deaths if d.with_node and application.running_failure(d.namespec) is again]
    if not taken:
        return deaths
    for death in taken:
        job.marks.pop(death.namespec, None)
    job.index = 0
    if not job.whole:
        names = dict.fromkeys((*job.processes, *(death.namespec for death in taken)))
        job.processes, job.steps = tuple(names), ()
    return [death for death in deaths if death not in taken]


def _tell(s: Situation, application: Application, deaths: list[Death]) -> None:
    for death in deaths:
        if death.with_node:
            continue  # One line for the node and one for the application say it all.
        required = application.programs[death.namespec].rules.required
        again = "; its supervisord starts it again" if death.restarts else ""
        text = f"{death.namespec} on {death.node} {death.reason}{again}"
        s.event("process", death.namespec, text, Severity.MAJOR if required else Severity.MINOR)


def _would_restart_it(application: Application, death: Death) -> bool:
    return application.running_failure(death.namespec) is RunningFailureStrategy.RESTART_PROCESS


def _asked_for(job: Job | None, death: Death) -> bool:
    if job is None or job.starting or death.node in job.keep.values():
        return False
    return job.whole or death.namespec in job.processes


def _failed_to_start(s: Situation, application: Application, job: Job, deaths: list[Death]) -> list[Death]:
    """Take out what the starting failure strategy deals with; gives back what is left to the running one."""
    left = []
    for death in deaths:
        mark = job.marks.get(death.namespec)
        if mark is None or death.with_node or not job.starting:
            left.append(death)
            continue
        if not mark.over:
            continue  # The job itself watches it, and sees why it ended.
        young = mark.running_at is not None and s.now.boot - mark.running_at <= GRACE
        strategy = application.starting_failure(death.namespec)
        needed = relied_on(application.programs[death.namespec])
        stops = strategy is not StartingFailureStrategy.CONTINUE and needed
        if mark.failed:
            continue
        if young or (job.whole and stops):
            fail_process(s, job, application, death.namespec, death.reason)
            if not job.starting or s.jobs.get(job.application) is not job:
                return []
        else:
            left.append(death)
    return left


def _end_system(s: Situation, strategy: RunningFailureStrategy, cause: str) -> bool:
    """Have the whole system end; False if restarts of it have not cured such failures."""
    if strategy is RunningFailureStrategy.SHUTDOWN:
        begin(s, EndKind.SHUTDOWN, BY_FAILURE, cause)
        return True
    if too_many_restarts(s):
        text = f"restarted {RESTARTS_AT_MOST} times in {RESTARTS_IN / 60:.0f} min: not once more for {cause}"
        s.event("master", s.master, f"the system was {text}", Severity.MAJOR)
        return False
    begin(s, EndKind.RESTART, BY_FAILURE, cause)
    return True


def _stop_application(s: Situation, application: Application, job: Job | None, cause: str) -> None:
    wish = s.draft.wishes.get(application.name)
    by = wish.requested_by if wish else ""
    s.draft.wishes[application.name] = Wish(Wanted.STOPPED, by, iso(s.now.utc), why=cause)
    s.event("application", application.name, f"{application.name} is being stopped: {cause}", Severity.MAJOR)
    if job is not None:
        s.outcome(job.waiters, Verdict.FAILED, f"{cause}; the application is being stopped")
    s.jobs[application.name] = Job.new(
        application.name, JobKind.STOP, JobPhase.STOPPING, s.now, requested_by="running failure", cause=cause
    )


def _restarts(strategy: RunningFailureStrategy, job: Job | None) -> bool:
    """True if the strategy starts something again that runs no more."""
    if strategy is RunningFailureStrategy.RESTART_PROCESS:
        return job is None
    return _WEIGHT[strategy] == 2


def _hold(
    s: Situation, application: Application, job: Job | None, deaths: list[Death], cause: str, *, whole: bool
) -> None:
    """Leave what died as it is, and of an application that is restarted as a whole stop the rest as well."""
    why = held(s, application.name)
    for death in deaths:
        s.draft.fail(death.namespec, FailureKind.RUNNING, f"{HELD}{why}", iso(s.now.utc))
    if job is not None:
        s.outcome(job.waiters, Verdict.FAILED, f"{cause}; it is held: {why}")
        s.jobs.pop(application.name, None)
    if whole or not any(s.running(application)):
        s.jobs[application.name] = Job.new(
            application.name,
            JobKind.STOP,
            JobPhase.STOPPING,
            s.now,
            requested_by="flap limit",
            cause=f"held: {why}",
        )


def _restart_application(
    s: Situation, application: Application, job: Job | None, cause: str, crash: bool
) -> None:
    wish = s.draft.wishes.get(application.name)
    pause = pause_before_restart(s, application.name) if crash else 0.0
    text = f"{application.name} is being restarted" + (f" in {pause:.0f} s" if pause else "")
    s.event("application", application.name, f"{text}: {cause}", Severity.MAJOR)
    new = Job.new(
        application.name,
        JobKind.RESTART,
        JobPhase.STOPPING,
        s.now,
        requested_by=job.requested_by if job else wish.requested_by if wish else "running failure",
        cause=cause,
        strategy=job.strategy if job else wish.strategy if wish else "",
        origin=job.origin if job else wish.origin if wish else "",
        waiters=job.waiters if job else (),
        pause=pause,
    )
    if job is not None and job.waiters:
        new.expires, new.expires_utc, new.lasts = job.expires, job.expires_utc, job.lasts
    s.jobs[application.name] = new


def _restart_processes(
    s: Situation, application: Application, deaths: list[Death], cause: str, crash: bool
) -> None:
    pause = pause_before_restart(s, application.name) if crash else 0.0
    wish = s.draft.wishes.get(application.name)
    # Through the stop phase: a distributed process releases its grant first and may go elsewhere.
    s.jobs[application.name] = Job.new(
        application.name,
        JobKind.RESTART,
        JobPhase.STOPPING,
        s.now,
        requested_by=wish.requested_by if wish else "running failure",
        cause=cause,
        processes=tuple(
            # One may have been told twice: by its node, and as lost with it.
            dict.fromkeys(
                death.namespec
                for death in deaths
                if application.running_failure(death.namespec) is RunningFailureStrategy.RESTART_PROCESS
            )
        ),
        strategy=wish.strategy if wish else "",
        origin=wish.origin if wish else "",
        pause=pause,
    )


def _leave(s: Situation, application: Application, deaths: list[Death], crash: bool) -> None:
    if crash:
        return
    for death in deaths:
        reason = f"{death.reason}; its running failure strategy is CONTINUE"
        s.draft.fail(death.namespec, FailureKind.RUNNING, reason, iso(s.now.utc))
    if any(s.running(application)):
        return
    s.event(
        "application",
        application.name,
        f"{application.name} ended with its node and is left: its running failure strategy is CONTINUE",
        Severity.MAJOR,
    )
