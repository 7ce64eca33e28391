"""An upgrade: the agent ends without stopping anything, and the next one goes on with the same lease."""

from __future__ import annotations

import pytest

from tuiconsole.model.states import ClusterState, NodeState

from .cluster import HCI, SERVERS, SRV, Cluster, application, node_of, whole

pytestmark = pytest.mark.live


@pytest.mark.parametrize("node", ["console_2", "server", "master"])
def test_a_handover_restarts_no_process_and_moves_nothing(cluster: Cluster, node: str) -> None:
    cluster.start("scen2_hci_02", "console_2")
    status = cluster.status()
    assert status.master is not None
    master = status.master.node
    if node != "console_2":
        node = master if node == "master" else next(one for one in SERVERS if one != master)
    before, parts = cluster.pids(), node_of(status, node).pids
    grants = {item.name: item.grant for item in status.applications}
    done = cluster.cli("agent", "--handover", node=node)
    assert done.returncode == 0, done
    assert done.stdout.startswith(f"{node} handed over: agent ")
    status = cluster.wait_until(
        lambda s: (
            s.state is ClusterState.OPERATION
            and node_of(s, node).state is NodeState.RUNNING
            and node_of(s, node).pids.agent not in (0, parts.agent)
        ),
        f"{node} RUNNING under its new agent for the others",
        node="console_1",
    )
    after = node_of(status, node).pids
    assert (after.shim, after.supervisord) == (parts.shim, parts.supervisord)
    assert cluster.pids() == before
    assert {item.name: item.grant for item in status.applications} == grants
    assert all(whole(application(status, name)) for name in (*SRV, "scen2_hci_02"))
    # No lease was lost on the way, and the new agent speaks for its node.
    told = [e.text for e in cluster.desk("console_1").events() if e.node == node and e.kind == "lease"]
    assert told == []
    cluster.stop("scen2_hci_02", "console_2")


def test_a_second_handover_finds_the_agent_that_followed_the_first(cluster: Cluster) -> None:
    cluster.start(HCI[0], "console_1")
    before = cluster.pids()
    for _ in range(3):
        done = cluster.cli("agent", "--handover", node="console_1")
        assert done.returncode == 0, done
    assert cluster.pids() == before
