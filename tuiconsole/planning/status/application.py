"""The status of one application: its state, its LEDs, and why it is not running well."""

from __future__ import annotations

from collections.abc import Mapping

from tuiconsole.model.ledger import Wanted
from tuiconsole.model.requests import ALL
from tuiconsole.model.states import ApplicationState, ProcessState
from tuiconsole.model.status import (
    ApplicationStatus,
    GrantStatus,
    JobStatus,
    MaintenanceStatus,
    ProcessStatus,
)
from tuiconsole.planning.catalogue import Application
from tuiconsole.planning.engine.situation import iso
from tuiconsole.planning.operational import by_formula, judged
from tuiconsole.planning.report import EngineReport, JobReport
from tuiconsole.planning.status.observer import Observer
from tuiconsole.planning.status.process import process_status
from tuiconsole.planning.status.sighting import Sighting, sighting_of

REASONS_NAMED = 4
"""So many failures are spelled out in the reason of one application."""


def application_status(application: Application, observer: Observer) -> ApplicationStatus:
    """The status of one application."""
    sightings = {
        namespec: [
            sighting_of(node, node.processes[namespec])
            for node in observer.view.nodes.values()
            if namespec in node.processes
        ]
        for namespec in application.programs
    }
    report = observer.report
    job = report.jobs.get(application.name) if report and application.managed else None
    state = _state(sightings, job) if application.managed else ApplicationState.STOPPED
    ordered = sorted(
        application.programs.values(),
        key=lambda program: (program.rules.start_sequence or 1_000_000, program.rules.start_sequence),
    )
    processes = tuple(
        process_status(application, program, sightings[program.namespec], observer, state, job)
        for program in ordered
    )
    major, why = any(process.major_failure for process in processes), ""
    if application.rules is not None and application.rules.formula is not None:
        major, why = judged(application, processes, state, job.to_come if job else ())
        processes = by_formula(processes)
    minor = any(process.minor_failure for process in processes)
    nodes = {node: None for process in processes for node in process.nodes}
    waits = _aged(application, processes, job) if job else ()
    reasons = (why, _reason(application, state, processes, observer, job, waits))
    grant = report.grants.get(application.name) if report else None
    return ApplicationStatus(
        name=application.name,
        managed=application.managed,
        state=state,
        major_failure=major,
        minor_failure=minor,
        nodes=tuple(name for name in observer.view.nodes if name in nodes),
        grant=GrantStatus(grant.node, grant.token, grant.since, grant.requested_by) if grant else None,
        reason="; ".join(reason for reason in reasons if reason) or None,
        processes=processes,
        job=JobStatus(job.kind, job.step, job.steps, waits) if job else None,
        held=report.holds.get(application.name) if report else None,
        maintenance=maintenance_of(report, application.name),
    )


def maintenance_of(report: EngineReport | None, name: str) -> MaintenanceStatus | None:
    """The maintenance of an application, or of all (`ALL`); None if there is none."""
    known = report.maintenance.get(name) if report else None
    if known is None:
        return None
    return MaintenanceStatus(iso(known.until), known.requested_by, known.since, known.reason or None)


def _state(sightings: Mapping[str, list[Sighting]], job: JobReport | None) -> ApplicationState:
    states = {sighting.state for found in sightings.values() for sighting in found}
    if ProcessState.STOPPING in states or (job is not None and not job.starting):
        return ApplicationState.STOPPING
    if states & {ProcessState.STARTING, ProcessState.BACKOFF} or job is not None:
        return ApplicationState.STARTING
    return ApplicationState.RUNNING if ProcessState.RUNNING in states else ApplicationState.STOPPED


def _aged(application: Application, processes: tuple[ProcessStatus, ...], job: JobReport) -> tuple[str, ...]:
    """What a job waits for; of programs whose exit it waits for, how long they run."""
    ages = {
        f"{one.namespec} ": f", runs for {one.uptime:.0f} s, its exit is waited for"
        for one in processes
        if one.uptime is not None and application.programs[one.namespec].rules.wait_exit and job.starting
    }
    return tuple(
        words + next((age for begin, age in ages.items() if words.startswith(begin)), "")
        for words in job.waits_for
    )


def _reason(
    application: Application,
    state: ApplicationState,
    processes: tuple[ProcessStatus, ...],
    observer: Observer,
    job: JobReport | None,
    waits_for: tuple[str, ...],
) -> str | None:
    """Why it is not running well, in words; None if it is."""
    if not application.managed:
        return "unmanaged: no rules name it"
    parts: list[str] = []
    report = observer.report
    parts += [
        f"{conflict.name} runs more than once: on {', '.join(conflict.nodes)}"
        for conflict in (report.conflicts if report else ())
        if conflict.name.partition(":")[0] == application.name
    ]
    if job is not None:
        waits = ": " + ", ".join(waits_for) if waits_for else ""
        parts.append(f"{job.kind}, step {job.step} of {job.steps}{waits}")
    parts += _set_aside(application, processes, report)
    if report and application.name in report.held:
        parts.append(report.held[application.name])
    failing: dict[str, list[str]] = {}
    for process in processes:
        if process.major_failure or process.minor_failure:
            failing.setdefault(process.reason or process.state.value, []).append(process.name)
    told = [f"{', '.join(names)}: {why}" for why, names in failing.items()]
    parts += told[:REASONS_NAMED]
    if len(told) > REASONS_NAMED:
        parts.append(f"and {len(told) - REASONS_NAMED} more")
    silent = sorted({name for process in processes if process.stale for name in process.nodes})
    for name in silent:
        age = observer.age(observer.view.nodes[name])
        parts.append(f"{name} is silent for {age:.1f} s" if age is not None else f"{name} is silent")
    if state is ApplicationState.STOPPED and not parts:
        parts.append(_why_stopped(application, report))
    return "; ".join(parts) or None


def _set_aside(
    application: Application, processes: tuple[ProcessStatus, ...], report: EngineReport | None
) -> list[str]:
    """That people have put it in maintenance, or disabled some of it, in words."""
    parts = []
    maintenance = maintenance_of(report, application.name) or maintenance_of(report, ALL)
    if maintenance is not None:
        why = f": {maintenance.reason}" if maintenance.reason else ""
        by = f"{maintenance.requested_by}{why}"
        parts.append(f"in maintenance until {maintenance.until} ({by}): nothing is done to it by itself")
    out: dict[str, list[str]] = {}
    for process in processes:
        if process.disabled:
            out.setdefault(process.disabled, []).append(process.name)
    for who, names in out.items():
        what = "" if len(names) == len(processes) else f"{', '.join(names)}: "
        parts.append(f"{what}disabled by {who}")
    return parts


def _why_stopped(application: Application, report: EngineReport | None) -> str:
    wish = report.wishes.get(application.name) if report else None
    if wish is not None and wish.wanted is Wanted.STOPPED:
        if wish.why:
            return f"stopped: {wish.why}"
        return f"stopped by {wish.requested_by} at {wish.since}"
    if wish is None:
        return "was not asked for yet"
    return "all its processes have ended"
