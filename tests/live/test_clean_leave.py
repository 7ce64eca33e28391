"""SIGTERM to an agent: its programs stop in order, and what may run elsewhere does so at once."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator

import pytest

from tests.waiting import gone
from tuiconsole.clock import boottime
from tuiconsole.model.states import ApplicationState, NodeState

from .cluster import ENDS_WITHIN, LEASED, SERVERS, SRV, Cluster, application, node_of, whole

pytestmark = pytest.mark.live


@contextlib.contextmanager
def started_by_hand(cluster: Cluster, node: str) -> Iterator[None]:
    """Bring a node back, as a person does; at the end it leaves again."""
    with subprocess.Popen(
        [*cluster.command, "-c", str(cluster.config), "--node", node, "agent"],
        env={**os.environ, "SCEN2_WAIT": cluster.wait},
        stderr=subprocess.DEVNULL,
    ) as agent:
        try:
            yield
        finally:
            agent.terminate()
            agent.wait(ENDS_WITHIN)


def test_an_hci_ends_with_the_console_that_leaves_and_can_be_had_on_another(cluster: Cluster) -> None:
    cluster.start("scen2_hci_01", "console_1")
    parts = cluster.node("console_1").pids
    os.kill(parts.agent, signal.SIGTERM)
    gone((parts.agent, parts.shim, parts.supervisord), "the end of the node")
    cluster.wait_until(
        lambda s: (
            application(s, "scen2_hci_01").state is ApplicationState.STOPPED
            and application(s, "scen2_hci_01").grant is None
        ),
        "the grant back",
        node="console_2",
    )
    cluster.start("scen2_hci_01", "console_2")
    cluster.stop("scen2_hci_01", "console_2")


def test_what_ran_on_a_server_that_leaves_runs_elsewhere_at_once_and_it_may_come_back(
    live: Cluster,
) -> None:
    """A console has left before, and stays away: that is nobody's trouble."""
    cluster = live
    status = cluster.status()
    assert status.master is not None
    left = next(server for server in SERVERS if server != status.master.node)
    name = next(name for name in SRV if application(status, name).nodes == (left,))
    others, parts = cluster.pids(left), node_of(status, left).pids
    old = [program.pid for program in cluster.live(name)]
    since = boottime()
    os.kill(parts.agent, signal.SIGTERM)
    status = cluster.wait_until(
        lambda s: whole(application(s, name)) and application(s, name).nodes != (left,), f"{name} elsewhere"
    )
    begun = cluster.begun(f"{name}:scen2_internal_data_bus", since)
    ends = [stamp for stamp in cluster.witness.stamps(name + ":", since, "end") if stamp.pid in old]
    # They were told to end, and had: nobody waited for the lease of 4 s.
    assert len(ends) == len(old)
    assert all(stamp.at < begun.at for stamp in ends)
    assert begun.at - since < LEASED
    gone((parts.agent, parts.shim, parts.supervisord), "the end of the node")
    status = cluster.status("console_2")
    assert node_of(status, left).state is NodeState.STOPPED
    assert not application(status, name).major_failure
    with started_by_hand(cluster, left):
        cluster.wait_until(
            lambda s: node_of(s, left).state is NodeState.RUNNING, f"{left} back", node="console_2"
        )
    now = cluster.pids()
    assert {key: now.get(key) for key in others} == others
