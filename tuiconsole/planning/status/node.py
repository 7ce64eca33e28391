"""The status of one node, and what all of them carry."""

from __future__ import annotations

from collections.abc import Mapping

from tuiconsole.model.node import Node, View
from tuiconsole.model.states import NodeState
from tuiconsole.model.status import NodeStatus
from tuiconsole.planning.catalogue import Application
from tuiconsole.planning.differences import Difference
from tuiconsole.planning.placement import Loads
from tuiconsole.planning.status.observer import Observer
from tuiconsole.planning.status.sighting import sighting_of


def running_loads(view: View, applications: Mapping[str, Application]) -> Loads:
    """The expected loading of what runs, on each node and each host, percent."""
    nodes = dict.fromkeys(view.nodes, 0)
    for application in applications.values():
        for program in application.programs.values():
            for name, node in view.nodes.items():
                process = node.processes.get(program.namespec)
                if process is not None and sighting_of(node, process).state.alive:
                    nodes[name] += program.rules.expected_loading
    hosts: dict[str, int] = {}
    for name, load in nodes.items():
        hosts[view.nodes[name].host] = hosts.get(view.nodes[name].host, 0) + load
    return Loads(hosts, nodes)


def node_status(node: Node, observer: Observer, loads: Loads, difference: Difference | None) -> NodeStatus:
    """The status of one node; `difference`: in what its files differ from the master's."""
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
