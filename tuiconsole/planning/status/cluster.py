"""The status that front ends show, from what an observer sees and what the master reports.

Every observer computes it for itself, so that it never goes dark: without a master the report is the last
one, or none. The rules of states and LEDs are those of docs/architecture.md, «Status of an application».
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from tuiconsole.clock import BootTime
from tuiconsole.model.node import View
from tuiconsole.model.requests import ALL
from tuiconsole.model.states import ClusterState
from tuiconsole.model.status import (
    ClusterStatus,
    ConflictStatus,
    InstanceStatus,
    MasterStatus,
    QuorumStatus,
    no_quorum,
)
from tuiconsole.planning.alarms.listing import AlarmWatch, listed
from tuiconsole.planning.alarms.standing import standing
from tuiconsole.planning.catalogue import Rulebook, catalogue
from tuiconsole.planning.differences import differences
from tuiconsole.planning.report import Conflict, EngineReport
from tuiconsole.planning.status.application import application_status, maintenance_of
from tuiconsole.planning.status.node import node_status, running_loads
from tuiconsole.planning.status.observer import STALE_AFTER, Observer


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
    coarse: bool = False,
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
        coarse: see `Observer.coarse`.
    """
    eyes = Observer(view, report, now, offsets or {}, stale_after, coarse)
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
        nodes=tuple(node_status(node, eyes, loads, differs.get(node.name)) for node in view.nodes.values()),
        applications=tuple(application_status(item, eyes) for item in applications.values()),
        conflicts=tuple(_conflict_status(conflict) for conflict in (report.conflicts if report else ())),
        reason=reason if reason is not None else _cluster_reason(state, quorum, report),
        maintenance=maintenance_of(report, ALL),
    )
    records = report.alarms if report else {}
    conditions = standing(status, report.flapping if report else ())
    seen = (watch or AlarmWatch()).look(conditions, records, now, observed_at)
    return msgspec.structs.replace(status, alarms=listed(seen, records, observed_at))


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


def _cluster_reason(state: ClusterState, quorum: QuorumStatus, report: EngineReport | None) -> str | None:
    if not quorum.held:
        return no_quorum(quorum.present, quorum.voters, quorum.needed, quorum.missing)
    if state is ClusterState.ELECTION:
        return "no master is elected yet"
    return (report.reason or None) if report else None
