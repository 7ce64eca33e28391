"""The status of one process, and whether it counts as failed."""

from __future__ import annotations

from tuiconsole.model.ledger import FailureKind
from tuiconsole.model.process import Process
from tuiconsole.model.states import ApplicationState, ProcessState
from tuiconsole.model.status import ProcessStatus
from tuiconsole.planning.catalogue import Application, Program
from tuiconsole.planning.report import EngineReport, JobReport
from tuiconsole.planning.status.observer import Observer
from tuiconsole.planning.status.sighting import Sighting, ends_of, foremost, words_of


def process_status(
    application: Application,
    program: Program,
    sightings: list[Sighting],
    observer: Observer,
    state: ApplicationState,
    job: JobReport | None,
) -> ProcessStatus:
    """The status of one process of an application that has this state and job."""
    best = foremost(sightings)
    alive = [sighting for sighting in sightings if sighting.state.alive]
    fails, reason = _failing(application, program, best, observer, state, job)
    only = alive[0] if len(alive) == 1 else None
    usages = [
        sighting.node.usage[program.namespec] for sighting in alive if program.namespec in sighting.node.usage
    ]
    uptime = None
    if only is not None and only.process.started_at:
        uptime = observer.uptime(only.process.started_at, only.node)
    rules = program.rules
    return ProcessStatus(
        name=best.process.name,
        namespec=program.namespec,
        state=best.state,
        nodes=tuple(sighting.node.name for sighting in alive),
        pid=(only.process.pid or None) if only else None,
        expected_exit=best.process.expected_exit,
        required=rules.required,
        expected_loading=rules.expected_loading,
        uptime=uptime,
        cpu=round(sum(usage.cpu for usage in usages), 2) if usages else None,
        memory=sum(usage.memory for usage in usages) if usages else None,
        major_failure=fails and rules.required,
        minor_failure=fails and not rules.required and rules.start_sequence > 0,
        sequence=rules.start_sequence,
        stale=any(observer.stale(sighting.node) for sighting in (alive or [best])),
        reason=reason or best.reason or None,
        ends=ends_of(sightings),
        disabled=_disabled(program.namespec, observer.report) or None,
        arguments=best.process.arguments if best.state.alive else (),
        last_node=best.node.name if not alive and best.process.started_at else None,
        program=f"{best.process.group}:{best.process.program}" if best.process.program else None,
    )


def _failing(
    application: Application,
    program: Program,
    best: Sighting,
    observer: Observer,
    state: ApplicationState,
    job: JobReport | None,
) -> tuple[bool, str]:
    """Whether a process counts as failed, and why, in words."""
    namespec = program.namespec
    if not application.managed:
        return False, ""
    if best.state is ProcessState.RUNNING:
        return _not_ready(namespec, observer.report)
    if job is not None and namespec in job.to_come:
        return False, ""
    report = observer.report
    if _disabled(namespec, report) or _surplus(best.process, report):
        # Somebody has taken it out of service: that is shown, and is no failure.
        return False, ""
    failure = report.failures.get(namespec) if report else None
    if failure is not None and not best.state.alive:
        return True, failure.reason
    if best.bad and not _seen_by_a_person(namespec, best, report):
        return True, best.reason or words_of(best)
    if job is None and state is not ApplicationState.STOPPED and best.state is ProcessState.STOPPED:
        return program.rules.start_sequence > 0 or program.rules.required, "is stopped"
    if best.bad and job is None and state is not ApplicationState.STOPPED:
        return True, best.reason or words_of(best)
    if best.state is ProcessState.UNKNOWN:
        return True, "its state is not known"
    return False, ""


def _surplus(process: Process, report: EngineReport | None) -> bool:
    """True if its program is scaled to fewer processes, and its node has not given it up yet."""
    key = f"{process.group}:{process.program}"
    return report is not None and process.index >= report.scales.get(key, process.index + 1)


def _not_ready(namespec: str, report: EngineReport | None) -> tuple[bool, str]:
    """A process that runs has failed only if it was not ready in time."""
    failure = report.failures.get(namespec) if report else None
    if failure is None or failure.kind is not FailureKind.READY:
        return False, ""
    return True, failure.reason


def _disabled(namespec: str, report: EngineReport | None) -> str:
    """Who has disabled it, in words; empty if nobody has."""
    if report is None:
        return ""
    return report.disabled.get(namespec) or report.disabled.get(namespec.partition(":")[0], "")


def _seen_by_a_person(namespec: str, sighting: Sighting, report: EngineReport | None) -> bool:
    marks = report.cleared.get(namespec, ()) if report else ()
    return any((m.node, m.changed_at) == (sighting.node.name, sighting.process.changed_at) for m in marks)
