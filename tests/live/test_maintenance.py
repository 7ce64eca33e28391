"""A node's agent is down for longer than a lease, and nothing stops or moves: it was announced."""

from __future__ import annotations

import pytest

from tests.waiting import until
from tuiconsole.clock import boottime
from tuiconsole.model.states import NodeState

from .cluster import SERVERS, Cluster, application, calm, node_of, whole

pytestmark = pytest.mark.live

PASSED = 7.0
"""Seconds: longer than lease, margin and whatever a master would need to notice."""


def test_what_is_announced_outlives_the_lease_also_over_a_restart_of_voters_and_master(
    cluster: Cluster,
) -> None:
    name = "scen2_hci_02"
    cluster.start(name, "console_2")
    before = cluster.pids()
    begun = cluster.cli("maintenance", "console_2", "--for", "30s", "--json")
    assert begun.returncode == 0, begun
    with cluster.launcher_held():
        at = cluster.kill("console_2", "agent")
        status = cluster.wait_until(lambda s: node_of(s, "console_2").stale, "its silence", node="console_1")
        node = node_of(status, "console_2")
        assert node.maintenance is not None
        assert 20 < node.maintenance <= 30
        assert (node.reason or "").startswith("in maintenance for another 2")
    # Each voter is started again meanwhile, the master among them: it is on their disks.
    with cluster.launcher_held():
        cluster.kill("console_2", "agent")
    for server in SERVERS:
        done = cluster.cli("agent", "--handover", node=server)
        assert done.returncode == 0, done
    with cluster.launcher_held():
        cluster.kill("console_2", "agent")
        at = boottime()
        until(lambda: boottime() - at > PASSED, "the lease's usual end", PASSED + 5)
        status = cluster.status("console_1")
        assert node_of(status, "console_2").state is NodeState.RUNNING
        assert whole(application(status, name))
        assert cluster.pids() == before
    cluster.wait_until(calm, "console_2 back")
    assert cluster.pids() == before
    ended = cluster.cli("maintenance", "console_2", "--end")
    assert (ended.returncode, ended.stdout) == (0, "console_2 is in no maintenance any more\n")


def test_what_was_ended_early_is_over(cluster: Cluster) -> None:
    """A node that dies after it counts by the usual lease again."""
    cluster.start("scen2_hci_01", "console_1")
    assert cluster.cli("maintenance", "console_1", "--for", "10m").returncode == 0
    assert cluster.cli("maintenance", "console_1", "--end").returncode == 0
    cluster.wait_until(lambda s: node_of(s, "console_1").maintenance is None, "its end", node="console_2")
    with cluster.power_cut("console_1") as since:
        cluster.wait_until(
            lambda s: node_of(s, "console_1").state is NodeState.FAILED, "its loss", node="console_2"
        )
        assert boottime() - since < 8.0
        cluster.start("scen2_hci_01", "console_3")
    cluster.wait_until(calm, "console_1 back")


def test_wrong_words_change_nothing(cluster: Cluster) -> None:
    for words in (["--for", "soon"], ["--for", "5h"], [], ["--for", "60s", "--end"]):
        assert cluster.cli("maintenance", "console_1", *words).returncode == 2
    assert cluster.cli("maintenance", "console_9", "--for", "60s").returncode == 2
    assert cluster.node("console_1").maintenance is None
