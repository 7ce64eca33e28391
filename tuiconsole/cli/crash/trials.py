"""Makes one fault after the other, waits until the cluster is well again, and puts everything back."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import NamedTuple

from tuiconsole.cli.crash.breaking import holding
from tuiconsole.cli.crash.judging import Finding, Trial, judge
from tuiconsole.cli.crash.watching import Watch
from tuiconsole.client.oneshot import Lines, act, converse
from tuiconsole.client.tally import Tally
from tuiconsole.client.unanswered import NoAnswerError
from tuiconsole.model.requests import Action, Outcome, Verdict
from tuiconsole.model.states import ApplicationState, ClusterState, NodeState
from tuiconsole.model.status import ApplicationStatus, ClusterStatus, NodeStatus
from tuiconsole.settings.cluster import Cluster
from tuiconsole.wire.replies import StatusIs
from tuiconsole.wire.requests import Act, AskStatus

PATIENCE = 40.0
"""Seconds until the cluster must be well again: a lease, a start in sequence, and a busy machine."""
_ASK_EVERY = 0.1
_SETTLED = 0.5
"""Seconds for which it must stay well."""


class Fault(NamedTuple):
    """What is done to a node. `pause`: in leases; 0 kills."""

    parts: tuple[str, ...]
    pause: float
    spares: bool
    """True if not even the node's own processes may end."""
    what: str


FAULTS = {
    "agent-kill": Fault(("agent",), 0, True, "killed the agent"),
    "agent-pause": Fault(("agent",), 2, False, "stopped (SIGSTOP) the agent for two leases"),
    "supervisord-kill": Fault(("supervisord",), 0, False, "killed supervisord"),
    "both-pause": Fault(
        ("agent", "supervisord"), 2, False, "stopped (SIGSTOP) agent and supervisord for two leases"
    ),
    "shim-kill": Fault(("shim",), 0, False, "killed the shim"),
}
"""In the order in which they are made."""


class Field:
    """The cluster as crash-test sees and breaks it.

    Args:
        cluster: the cluster file.
        lines: opens connections under the key of who asks.
    """

    def __init__(self, cluster: Cluster, lines: Callable[[], Lines]) -> None:
        self._cluster = cluster
        self._open = lines
        self._lines = lines()
        self._states = {name: node.state_dir for name, node in cluster.nodes.items()}

    def close(self) -> None:
        """Hang up."""
        self._lines.close()

    def status(self, but: str = "") -> ClusterStatus | None:
        """As one of the agents sees it, rather another one than `but`; None if none answers."""
        nodes = sorted(self._cluster.nodes.values(), key=lambda node: node.name == but)
        try:
            for body in converse(self._lines, nodes, AskStatus()):
                if isinstance(body, StatusIs):
                    return body.status
        except NoAnswerError:
            return None
        return None

    def fault(self, name: str, node: str, before: ClusterStatus) -> Finding:
        """Make one fault on one node, and judge what follows."""
        fault = FAULTS[name]
        status = node_of(before, node)
        pause = fault.pause * self._cluster.timing.node_lease
        complaints: list[str] = []
        watch = Watch(self._states)
        with watch:
            with holding(status, fault.parts) as parts:
                began = time.monotonic()
                for part in parts:
                    part.signal(signal.SIGSTOP if pause else signal.SIGKILL)
                broken = f"{fault.what} of {node} (pid {', '.join(str(part.pid) for part in parts)})"
                if pause:
                    time.sleep(pause)
            changed = () if pause else fault.parts
            well = self._well_again(before, node, changed, began, complaints)
        nodes = set(self._cluster.nodes)
        return judge(
            Trial(
                fault=name,
                broken=broken,
                before=watch.before,
                looks=watch.looks,
                spared=nodes if fault.spares else nodes - {node},
                single=single(before),
                well_after=well,
                patience=pause + PATIENCE,
                complaints=tuple(complaints),
            )
        )

    def race(self, application: str, nodes: Sequence[str], before: ClusterStatus) -> Finding:
        """Ask for one application on two nodes at once; it is stopped again."""
        outcomes: dict[str, Outcome] = {}
        barrier = threading.Barrier(len(nodes))

        def ask(node: str) -> None:
            with closing(self._open()) as lines:
                lines.first_up([self._cluster.node(node)])
                barrier.wait(PATIENCE)
                outcomes[node] = self._act(lines, Action.START, application, node)

        complaints: list[str] = []
        watch = Watch(self._states)
        with watch:
            began = time.monotonic()
            askers = [threading.Thread(target=ask, args=(node,)) for node in nodes]
            for asker in askers:
                asker.start()
            for asker in askers:
                asker.join()
            time.sleep(_SETTLED)  # a double would show itself now
            self._act(self._lines, Action.STOP, application, nodes[0])
            well = self._well_again(before, "", (), began, complaints)
        verdicts = sorted(outcome.verdict.value for outcome in outcomes.values())
        if verdicts != [Verdict.DONE.value, Verdict.REFUSED.value]:
            told = "; ".join(f"{node}: {outcome.text}" for node, outcome in sorted(outcomes.items()))
            complaints.append(f"one of two must be done and one refused, not {told or 'no answer'}")
        return judge(
            Trial(
                fault="race",
                broken=f"asked for {application} on {' and '.join(nodes)} at once",
                before=watch.before,
                looks=watch.looks,
                spared=set(self._cluster.nodes),
                single={*single(before), application},
                well_after=well,
                patience=PATIENCE,
                complaints=tuple(complaints),
            )
        )

    def _well_again(
        self,
        before: ClusterStatus,
        node: str,
        changed: Sequence[str],
        began: float,
        complaints: list[str],
    ) -> float | None:
        """Seconds from `began` until all is as before; starts again what nothing but a person starts."""
        until = time.monotonic() + PATIENCE
        old = node_of(before, node).pids if node else None
        since: float | None = None
        while time.monotonic() < until:
            status = self.status(but=node)
            now = time.monotonic()
            calm = status is not None and settled(status, before)
            if calm and old is not None:
                assert status is not None
                new = node_of(status, node).pids
                calm = all(getattr(new, part) not in (0, getattr(old, part)) for part in changed)
            if not calm or status is None:
                since = None
            elif lost := ended(status, before):
                since = None
                for application in lost:
                    outcome = self._act(
                        self._lines, Action.START, application.name, application.nodes[0], but=node
                    )
                    if outcome.verdict is not Verdict.DONE:
                        complaints.append(f"{application.name} could not be put back: {outcome.text}")
                        return None
            else:
                since = since if since is not None else now
                if now - since >= _SETTLED:
                    return since - began
            time.sleep(_ASK_EVERY)
        return None

    def _act(self, lines: Lines, action: Action, application: str, node: str, but: str = "") -> Outcome:
        body = Act(action, (application,), node, PATIENCE / 2)
        others = [self._cluster.node(node)]
        if action is Action.STOP or node == but:
            others = sorted(self._cluster.nodes.values(), key=lambda one: one.name == but)
        outcome = Outcome(application, Verdict.NO_ANSWER, "no answer")
        for step in act(lines, others, body, Tally(body.targets)):
            if isinstance(step, Outcome):
                outcome = step
        return outcome


def node_of(status: ClusterStatus, name: str) -> NodeStatus:
    """One node of a status."""
    return next(node for node in status.nodes if node.name == name)


def single(status: ClusterStatus) -> frozenset[str]:
    """The applications that one grant binds to one node."""
    return frozenset(one.name for one in status.applications if one.grant is not None)


def settled(status: ClusterStatus, before: ClusterStatus) -> bool:
    """True if a master operates, all nodes that ran run, and nothing goes on or is less well than before."""
    was = {one.name: one for one in before.applications}
    return (
        status.state is ClusterState.OPERATION
        and status.master is not None
        and status.quorum.held
        and all(
            node.state is NodeState.RUNNING and not node.stale and node.pids.supervisord != 0
            for node in status.nodes
            if node_of(before, node.name).state is NodeState.RUNNING
        )
        and not status.conflicts
        and all(
            one.job is None
            and (
                one.state is ApplicationState.STOPPED
                or one.name not in was
                or (one.major_failure, one.minor_failure)
                <= (was[one.name].major_failure, was[one.name].minor_failure)
            )
            for one in status.applications
            if one.managed
        )
    )


def ended(status: ClusterStatus, before: ClusterStatus) -> list[ApplicationStatus]:
    """The applications that ran and have stopped, as they were."""
    now = {one.name: one.state for one in status.applications}
    return [
        one
        for one in before.applications
        if one.managed
        and one.state is ApplicationState.RUNNING
        and one.nodes
        and now.get(one.name) is ApplicationState.STOPPED
    ]
