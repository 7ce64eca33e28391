"""The status that front ends show, from what an observer sees and what the master reports.

Every observer computes it for itself, so that it never goes dark: without a master the report is the last
one, or none. The rules of states and LEDs are those of docs/architecture.md, «Status of an application».
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from tuiconsole.clock import BootTime
from tuiconsole.model.ledger import FailureKind, Wanted
from tuiconsole.model.node import Node, View
from tuiconsole.model.process import ENDS_KEPT, End, Process
from tuiconsole.model.requests import ALL
from tuiconsole.model.states import ApplicationState, ClusterState, NodeState, ProcessState
from tuiconsole.model.status import (
    ApplicationStatus,
    ClusterStatus,
    ConflictStatus,
    GrantStatus,
    InstanceStatus,
    JobStatus,
    MaintenanceStatus,
    MasterStatus,
    NodeStatus,
    ProcessStatus,
    QuorumStatus,
    no_quorum,
)
from tuiconsole.planning.alarms.listing import AlarmWatch, listed
from tuiconsole.planning.alarms.standing import standing
from tuiconsole.planning.catalogue import Application, Program, Rulebook, catalogue
from tuiconsole.planning.differences import Difference, differences
from tuiconsole.planning.engine.messages import Conflict, EngineReport, JobReport
from tuiconsole.planning.engine.situation import iso
from tuiconsole.planning.operational import by_formula, judged
from tuiconsole.planning.placement import Loads

STALE_AFTER = 1.2
"""Seconds without a word from a node after which what it said is shown as old: two heartbeats."""
REASONS_NAMED = 4
"""So many failures are spelled out in the reason of one application."""

_LIVELIEST = (
    ProcessState.RUNNING,
    ProcessState.STARTING,
    ProcessState.BACKOFF,
    ProcessState.STOPPING,
    ProcessState.FATAL,
    ProcessState.UNKNOWN,
    ProcessState.EXITED,
    ProcessState.STOPPED,
)


@dataclass(frozen=True)
class Observer:
    """One observer at one moment."""

    view: View
    report: EngineReport | None
    now: BootTime
    """On the observer's CLOCK_BOOTTIME, as `Node.seen_at` is."""
    offsets: Mapping[str, float]
    """By node: seconds its machine's CLOCK_BOOTTIME is ahead of the observer's; 0 if not named."""
    stale_after: float = STALE_AFTER

    def age(self, node: Node) -> float | None:
        """Seconds since the node was heard; None if it never was."""
        return max(0.0, self.now - node.seen_at) if node.seen_at else None

    def stale(self, node: Node) -> bool:
        """True if what is known of the node is old."""
        age = self.age(node)
        return node.state is not NodeState.STOPPED and age is not None and age > self.stale_after


@dataclass(frozen=True)
class Sighting:
    """One process on one node, as it has to be read."""

    node: Node
    process: Process
    state: ProcessState
    reason: str

    @property
    def bad(self) -> bool:
        """FATAL, or an exit that was not expected."""
        if self.state is ProcessState.FATAL:
            return True
        return self.state is ProcessState.EXITED and not self.process.expected_exit


def application_status(application: Application, observer: Observer) -> ApplicationStatus:
    """The status of one application."""
    sightings = {
        namespec: [
            _read(node, node.processes[namespec])
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
        _process_status(application, program, sightings[program.namespec], observer, state, job)
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
        maintenance=_maintenance(report, application.name),
    )


def cluster_status(
    view: View,
    report: EngineReport | None,
    rulebook: Rulebook,
    *,
    cluster: str,
    observer: str,
    observed_at: str,
    now: BootTime,
    quorum: QuorumStatus,
    master: MasterStatus | None,
    state: ClusterState | None = None,
    reason: str | None = None,
    offsets: Mapping[str, float] | None = None,
    stale_after: float = STALE_AFTER,
    watch: AlarmWatch | None = None,
) -> ClusterStatus:
    """The status of everything, as one observer knows it.

    Args:
        view: all nodes, on the observer's clock.
        report: the last report of a master; None before the first.
        rulebook: the observer's rules.
        cluster: the cluster's name.
        observer: the node that observes.
        observed_at: UTC, ISO 8601 with milliseconds.
        now: the observer's CLOCK_BOOTTIME, seconds.
        quorum: of the core nodes.
        master: None while there is none, or none is known.
        state: overrides that of the report; without both it is SYNCHRONIZATION without quorum, else ELECTION.
        reason: overrides the reason for the state.
        offsets: see `Observer.offsets`.
        stale_after: seconds without a word after which a node's word is old.
        watch: the observer's memory of alarms; without one they stand since `observed_at`.
    """
    eyes = Observer(view, report, now, offsets or {}, stale_after)
    if state is None:
        if not quorum.held:
            state = ClusterState.SYNCHRONIZATION
        elif master is None or report is None:
            state = ClusterState.ELECTION
        else:
            state = report.state
    applications = catalogue(view.nodes.values(), rulebook)
    differs = differences(view, observer, master.node if master is not None else None, now)
    loads = running_loads(view, applications)
    status = ClusterStatus(
        cluster=cluster,
        state=state,
        observed_at=observed_at,
        observer=observer,
        master=master,
        quorum=quorum,
        nodes=tuple(_node_status(node, eyes, loads, differs.get(node.name)) for node in view.nodes.values()),
        applications=tuple(application_status(item, eyes) for item in applications.values()),
        conflicts=tuple(_conflict_status(conflict) for conflict in (report.conflicts if report else ())),
        reason=reason if reason is not None else _cluster_reason(state, quorum, report),
        maintenance=_maintenance(report, ALL),
    )
    records = report.alarms if report else {}
    conditions = standing(status, report.flapping if report else ())
    seen = (watch or AlarmWatch()).look(conditions, records, now, observed_at)
    return msgspec.structs.replace(status, alarms=listed(seen, records, observed_at))


def _maintenance(report: EngineReport | None, name: str) -> MaintenanceStatus | None:
    known = report.maintenance.get(name) if report else None
    if known is None:
        return None
    return MaintenanceStatus(iso(known.until), known.requested_by, known.since, known.reason or None)


def _conflict_status(conflict: Conflict) -> ConflictStatus:
    instances = tuple(
        InstanceStatus(one.node, one.since, one.token, one.processes) for one in conflict.instances
    )
    return ConflictStatus(
        conflict.name,
        conflict.nodes,
        conflict.since,
        conflict.strategy.value,
        instances,
        conflict.options,
        conflict.waits,
    )


def running_loads(view: View, applications: Mapping[str, Application]) -> Loads:
    """The expected loading of what runs, on each node and each host, percent."""
    nodes = dict.fromkeys(view.nodes, 0)
    for application in applications.values():
        for program in application.programs.values():
            for name, node in view.nodes.items():
                process = node.processes.get(program.namespec)
                if process is not None and _read(node, process).state.alive:
                    nodes[name] += program.rules.expected_loading
    hosts: dict[str, int] = {}
    for name, load in nodes.items():
        hosts[view.nodes[name].host] = hosts.get(view.nodes[name].host, 0) + load
    return Loads(hosts, nodes)


def _cluster_reason(state: ClusterState, quorum: QuorumStatus, report: EngineReport | None) -> str | None:
    if not quorum.held:
        return no_quorum(quorum.present, quorum.voters, quorum.needed, quorum.missing)
    if state is ClusterState.ELECTION:
        return "no master is elected yet"
    return (report.reason or None) if report else None


def _node_status(node: Node, observer: Observer, loads: Loads, difference: Difference | None) -> NodeStatus:
    age = observer.age(node)
    stale = observer.stale(node)
    reason = node.reason or None
    if stale and node.state is NodeState.RUNNING and age is not None:
        reason = f"silent for {age:.1f} s; its lease may still hold"
    if difference is not None:
        # Why it has no lease it may have told by itself; in what it differs, the others know as well.
        told = reason if node.state is NodeState.FAILED or not difference.keeps_out else None
        reason = "; ".join(part for part in (told, difference.words) if part)
    clock = observer.now + observer.offsets.get(node.name, 0.0)
    heard = age is not None and node.state not in (NodeState.STOPPED, NodeState.FAILED)
    lease = node.lease_until - clock if heard else 0.0
    left = 0.0
    if node.maintenance_until and node.state is NodeState.RUNNING:
        left = node.maintenance_until - clock
    if left > 0:
        silent = f", silent for {age:.1f} s" if stale and age is not None else ""
        reason = f"in maintenance for another {left:.0f} s{silent}: nothing of it is stopped or moved"
        if difference is not None:
            reason = f"{reason}; {difference.words}"
    drain = observer.report.drained.get(node.name) if observer.report else None
    if drain is not None:
        stays = "".join(f"; {name} stays: {why}" for name, why in drain.stays.items())
        reason = "; ".join(part for part in (reason, f"drained by {drain.by}{stays}") if part)
    return NodeStatus(
        name=node.name,
        state=node.state,
        core=node.core,
        host=node.host,
        load=loads.hosts.get(node.host, 0),
        age=round(age, 3) if age is not None else None,
        pids=node.pids,
        tags=node.tags,
        reason=reason,
        stale=stale,
        maintenance=round(left, 1) if left > 0 else None,
        differs=difference.words if difference is not None else None,
        version=node.version or None,
        uptime=round(clock - node.agent_started_at, 1) if heard and node.agent_started_at else None,
        lease=round(lease, 1) if lease > 0 else None,
        epoch=node.epoch,
        machine=node.machine if heard else None,
        machine_uptime=round(clock, 1) if heard else None,
        drained=drain.by if drain is not None else None,
    )


def _read(node: Node, process: Process) -> Sighting:
    """A process of a lost node is dead, whatever the node said last; one of a node that left was stopped."""
    if process.state.alive and node.state is NodeState.FAILED:
        return Sighting(node, process, ProcessState.FATAL, f"node lost: {node.reason or node.name}")
    if process.state.alive and node.state is NodeState.STOPPED:
        return Sighting(node, process, ProcessState.STOPPED, f"{node.name} has left")
    return Sighting(node, process, process.state, process.reason)


def _state(sightings: Mapping[str, list[Sighting]], job: JobReport | None) -> ApplicationState:
    states = {sighting.state for found in sightings.values() for sighting in found}
    if ProcessState.STOPPING in states or (job is not None and not job.starting):
        return ApplicationState.STOPPING
    if states & {ProcessState.STARTING, ProcessState.BACKOFF} or job is not None:
        return ApplicationState.STARTING
    return ApplicationState.RUNNING if ProcessState.RUNNING in states else ApplicationState.STOPPED


def _foremost(sightings: list[Sighting]) -> Sighting:
    """What speaks for a process seen on several nodes: the liveliest; of the dead the one granted last."""
    alive = [sighting for sighting in sightings if sighting.state.alive]
    if alive:
        return min(alive, key=lambda sighting: _LIVELIEST.index(sighting.state))
    return max(
        sightings,
        key=lambda s: (
            s.process.token or (0, 0),
            -_LIVELIEST.index(s.state),
            s.node.state is NodeState.RUNNING,
        ),
    )


def _process_status(
    application: Application,
    program: Program,
    sightings: list[Sighting],
    observer: Observer,
    state: ApplicationState,
    job: JobReport | None,
) -> ProcessStatus:
    best = _foremost(sightings)
    alive = [sighting for sighting in sightings if sighting.state.alive]
    fails, reason = _failing(application, program, best, observer, state, job)
    only = alive[0] if len(alive) == 1 else None
    usages = [
        sighting.node.usage[program.namespec] for sighting in alive if program.namespec in sighting.node.usage
    ]
    uptime = None
    if only is not None and only.process.started_at:
        there = observer.now + observer.offsets.get(only.node.name, 0.0)
        uptime = round(max(0.0, there - only.process.started_at), 3)
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
        ends=_ends(sightings),
        disabled=_disabled(program.namespec, observer.report) or None,
        arguments=best.process.arguments if best.state.alive else (),
        last_node=best.node.name if not alive and best.process.started_at else None,
        program=f"{best.process.group}:{best.process.program}" if best.process.program else None,
    )


def _ends(sightings: list[Sighting]) -> tuple[End, ...]:
    """The last ends on all nodes, the newest first."""
    told = [end for sighting in sightings for end in sighting.process.ends]
    if len(sightings) > 1:
        told.sort(key=lambda end: end.at, reverse=True)
    return tuple(told[:ENDS_KEPT])


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
        return True, best.reason or _words(best)
    if job is None and state is not ApplicationState.STOPPED and best.state is ProcessState.STOPPED:
        return program.rules.start_sequence > 0 or program.rules.required, "is stopped"
    if best.bad and job is None and state is not ApplicationState.STOPPED:
        return True, best.reason or _words(best)
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


def _words(sighting: Sighting) -> str:
    if sighting.state is ProcessState.FATAL:
        return "is FATAL"
    status = sighting.process.exit_status
    if status is not None and status < 0:
        return f"was killed by signal {-status}"
    return "exited unexpectedly" + (f" (status {status})" if status is not None else "")


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
    maintenance = _maintenance(report, application.name) or _maintenance(report, ALL)
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
