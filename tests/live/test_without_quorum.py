"""A majority of the core nodes is away: nothing new is granted; an operator sees why, and can stop."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from tuiconsole.model.requests import Verdict
from tuiconsole.model.states import ApplicationState, ClusterState
from tuiconsole.model.status import ClusterStatus

from .cluster import HCI, SRV, Cluster, application, calm, running, whole

pytestmark = pytest.mark.live

LEASE = 25
"""Seconds: long enough for an operator to do things before the nodes stop what they must."""


@pytest.fixture(scope="module")
def live() -> Iterator[Cluster]:
    with running(settings=f"[timing]\nnode_lease = {LEASE}.0") as cluster:
        yield cluster


@contextlib.contextmanager
def away(cluster: Cluster, *servers: str) -> Iterator[ClusterStatus]:
    """The agents of these core nodes are dead within the block; nothing else is."""
    with cluster.launcher_held():
        for server in servers:
            cluster.kill(server, "agent")
        yield cluster.wait_until(lambda s: not s.quorum.held, "the loss of the quorum", node="console_1")
    cluster.wait_until(calm, "all back", timeout=40.0)


def test_the_status_names_the_core_nodes_that_are_missing_and_nothing_is_granted(cluster: Cluster) -> None:
    before = cluster.pids()
    with away(cluster, "server_2", "server_3") as status:
        assert status.state is ClusterState.SYNCHRONIZATION
        assert status.quorum.missing == ("server_2", "server_3")
        why = "no quorum: 1 of 3 core nodes answer, 2 are needed; not seen: server_2, server_3"
        assert status.reason == why
        refused = cluster.request("start", HCI[0], "console_1", timeout=2.0)
        assert refused.verdict is Verdict.NO_ANSWER
        assert refused.text == why
        asked = cluster.cli("stop", SRV[0], "--timeout", "2")
        assert asked.returncode == 3
        assert "stop --without-master" in asked.stderr
        assert cluster.pids() == before
    assert cluster.pids() == before


def test_a_stop_reaches_its_node_and_stays_true_when_the_majority_is_back(cluster: Cluster) -> None:
    cluster.start("scen2_hci_02", "console_2")
    grant = cluster.application("scen2_hci_02").grant
    before = {key: pid for key, pid in cluster.pids().items() if not key[0].startswith("scen2_hci_02")}
    with away(cluster, "server_1", "server_3"):
        done = cluster.cli("stop", "--without-master", "scen2_hci_02")
        assert done.returncode == 0, done
        assert done.stdout.startswith("scen2_hci_02 stopped (on console_2, without a master")
        assert cluster.live("scen2_hci_02") == []
        # Nobody may have it elsewhere before a master has taken the grant back.
        status = cluster.status("console_1")
        assert application(status, "scen2_hci_02").grant == grant
        assert cluster.request("start", "scen2_hci_02", timeout=1.0).verdict is Verdict.NO_ANSWER
    cluster.wait_until(
        lambda s: (
            application(s, "scen2_hci_02").grant is None
            and application(s, "scen2_hci_02").state is ApplicationState.STOPPED
        ),
        "the grant back",
    )
    assert {key: pid for key, pid in cluster.pids().items() if key in before} == before
    cluster.start("scen2_hci_02", "console_3")


def test_what_was_stopped_on_a_node_that_nobody_reaches_is_told_as_such(cluster: Cluster) -> None:
    name = next(n for n in SRV if cluster.application(n).nodes == ("server_3",))
    with away(cluster, "server_2", "server_3"):
        done = cluster.cli("stop", "--without-master", name, "--timeout", "3")
        assert done.returncode == 1, done
        assert "not everywhere: server_3:" in done.stderr
        assert len(cluster.live(name)) > 0
    # It was asked for all the same: the master that is there now sees to it.
    cluster.wait_until(
        lambda s: (
            application(s, name).state is ApplicationState.STOPPED and application(s, name).grant is None
        ),
        f"{name} STOPPED",
    )
    cluster.start(name)
    cluster.wait_until(lambda s: whole(application(s, name)), "whole again")


def test_with_a_master_the_option_changes_nothing(cluster: Cluster) -> None:
    cluster.start(HCI[0], "console_1")
    done = cluster.cli("stop", "--without-master", HCI[0])
    assert (done.returncode, done.stdout) == (0, f"{HCI[0]} stopped\n")
    refused = cluster.request("start", HCI[0], "console_1")
    assert refused.verdict is Verdict.DONE
