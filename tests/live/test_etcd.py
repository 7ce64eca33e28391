"""Scenario 2 on etcd instead of the voters: what the loss of the master and of etcd's leader touches."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.coordination.etcd_server import EtcdServer, leads
from tests.waiting import until
from tuiconsole.model.states import ClusterState

from .cluster import Cluster, calm, node_of, running

pytestmark = [pytest.mark.live, pytest.mark.etcd]


@pytest.fixture(scope="module")
def etcd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EtcdServer]:
    made = EtcdServer(tmp_path_factory.mktemp("etcd"), 3)
    made.start()
    yield made
    made.kill()


@pytest.fixture(scope="module")
def live(etcd: EtcdServer) -> Iterator[Cluster]:
    endpoints = f"[etcd]\nendpoints = {json.dumps(etcd.endpoints)}\n"
    changes = {'coordinator = "embedded"': 'coordinator = "etcd"'}
    with running(settings=endpoints, changes=changes) as cluster:
        yield cluster


def etcd_leader(etcd: EtcdServer) -> int:
    """The member that leads etcd itself."""
    return until(
        lambda: [number for number in range(3) if leads(etcd.endpoints[number])], "a leader of etcd"
    )[0]


@pytest.mark.parametrize("lost", ["the master", "the master and etcd's leader"])
def test_the_loss_of_what_leads_makes_another_master_and_touches_no_application(
    cluster: Cluster, etcd: EtcdServer, lost: str
) -> None:
    cluster.start("scen2_hci_01", "console_1")
    status = cluster.status()
    old, before = status.master, cluster.pids()
    assert old is not None
    member = etcd_leader(etcd)
    if lost != "the master":
        etcd.kill(member)
    cluster.kill(old.node, "agent")
    cluster.wait_until(
        lambda s: s.master is not None and s.master.term > old.term and s.state is ClusterState.OPERATION,
        "a new master",
        timeout=15.0,
        node="console_1",
    )
    assert cluster.pids() == before
    if lost != "the master":
        etcd.start(member)
    cluster.wait_until(
        lambda s: (
            calm(s) and node_of(s, old.node).pids.agent not in (0, node_of(status, old.node).pids.agent)
        ),
        "the old master's node",
        node="console_2",
    )
    assert cluster.pids() == before
    cluster.stop("scen2_hci_01", "console_1")
    until(lambda: not cluster.witness.doubles(), "no doubles")
