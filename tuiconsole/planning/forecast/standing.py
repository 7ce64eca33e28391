"""What a forecast begins with: an engine that may be used up, and what it is known from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from tuiconsole.model.ledger import Drained, JobKind, JobPhase, JobRecord, Ledger, Restarts
from tuiconsole.model.node import Node, View
from tuiconsole.model.plan import Basis
from tuiconsole.model.states import NodeState
from tuiconsole.model.status import QuorumStatus, no_quorum
from tuiconsole.planning.catalogue import Rulebook
from tuiconsole.planning.engine.jobs import OWN_JOB_LASTS
from tuiconsole.planning.engine.machine import Engine
from tuiconsole.planning.engine.messages import NodeSilent, Now
from tuiconsole.planning.engine.situation import Situation
from tuiconsole.planning.report import EngineReport, JobReport
from tuiconsole.settings.timing import Timing

_LED = frozenset(Ledger.__struct_fields__) & frozenset(EngineReport.__struct_fields__) - {"jobs", "drained"}
"""What a report holds of the ledger, under the same name and in the same form."""


@dataclass(frozen=True)
class Standing:
    """The cluster at one moment, as one agent can compute from it."""

    engine: Engine
    """To be forked; it is never changed."""
    now: Now
    node: str
    """Whose agent computes."""
    basis: Basis
    quorum: QuorumStatus
    master: str
    """Empty while there is none."""
    report: EngineReport | None = None
    """The last report of a master that was heard."""
    voters_are_nodes: bool = True
    """False where etcd holds the ledger: then no majority of core nodes is needed, only one that lives."""

    @property
    def situation(self) -> Situation:
        """What is known; only to be read."""
        return self.engine.situation

    @property
    def why_impossible(self) -> str:
        """Why nothing can be granted now, in words; empty if it can."""
        quorum = self.quorum
        if not quorum.held:
            return no_quorum(quorum.present, quorum.voters, quorum.needed, quorum.missing)
        return "" if self.master else "no master is elected yet"

    def core_nodes_left(self, lost: Iterable[str]) -> tuple[str, ...]:
        """The core nodes that are there now and not among `lost`."""
        gone = {*lost, *self.quorum.missing}
        nodes = self.situation.nodes
        return tuple(name for name, node in nodes.items() if node.core and name not in gone)


def engine_from_report(
    report: EngineReport | None,
    view: View,
    rulebook: Rulebook,
    timing: Timing,
    node: str,
    silent: Iterable[str],
    now: Now,
    *,
    quorum: bool = True,
) -> Engine:
    """An engine as a master would have it that took over now, knowing no more than the last report.

    Args:
        report: the last report of a master; None if none was heard.
        view: all nodes.
        rulebook: the own rules, which may differ from those in force.
        timing: the own one, likewise.
        node: whose agent computes.
        silent: nodes that are not heard, or renew no lease.
        now: the instant of the view.
        quorum: whether there is one. If not, what a master would do is what it does once there is: nodes that
            are isolated for want of it, and are heard, count as RUNNING.
    """
    if not quorum:
        view = View({name: _with_its_lease(node) for name, node in view.nodes.items()})
    engine = Engine(rulebook, timing, node)
    engine.take_over(_ledger(report, now), (report.term if report else 0) + 1, view, now)
    for name in silent:
        engine.handle(NodeSilent(name, view.nodes[name].seen_at), now)
    return engine


def _with_its_lease(node: Node) -> Node:
    if node.state is not NodeState.ISOLATED:
        return node
    return msgspec.structs.replace(node, state=NodeState.RUNNING, reason="")


def _ledger(report: EngineReport | None, now: Now) -> Ledger:
    if report is None:
        return Ledger()
    known = {name: getattr(report, name) for name in _LED}
    number = max((grant.token[1] for grant in report.grants.values()), default=0) + 1
    return msgspec.structs.replace(
        Ledger(),
        **known,
        jobs={name: _job(job, now) for name, job in report.jobs.items()},
        drained={node: Drained(drain.by, "") for node, drain in report.drained.items()},
        restarts={name: Restarts(held=why) for name, why in report.holds.items()},
        next_token=number,
    )


def _job(job: JobReport, now: Now) -> JobRecord:
    return JobRecord(
        job.application,
        JobKind(job.kind),
        JobPhase.STARTING if job.starting else JobPhase.STOPPING,
        now.utc + OWN_JOB_LASTS,
        OWN_JOB_LASTS,
        job.requested_by,
        "goes on",
        job.processes,
    )
