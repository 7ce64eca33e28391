"""What follows when parts of the system are killed: P3 and P4 of docs/architecture.md, on real processes."""

from __future__ import annotations

import resource

import pytest

from tests.processes import alive
from tests.waiting import gone
from tuiconsole.model.requests import Verdict
from tuiconsole.model.states import ApplicationState, ClusterState, NodeState
from tuiconsole.model.status import ClusterStatus

from .cluster import (
    CONSOLES,
    HCI,
    LEASED,
    SERVERS,
    SRV,
    Cluster,
    application,
    calm,
    node_of,
    whole,
)

pytestmark = pytest.mark.live


def master_of(status: ClusterStatus) -> str:
    assert status.master is not None
    return status.master.node


def agent_is_back(cluster: Cluster, node: str, old: int) -> ClusterStatus:
    """Wait until a new agent speaks for the node, and everyone sees it RUNNING."""
    other = next(name for name in CONSOLES if name != node)
    return cluster.wait_until(
        lambda s: calm(s) and node_of(s, node).pids.agent not in (0, old),
        f"a new agent on {node}",
        node=other,
    )


def srv_on(status: ClusterStatus, node: str) -> str:
    return next(name for name in SRV if application(status, name).nodes == (node,))


def test_an_agent_that_cannot_record_its_deadline_ends_and_the_next_one_touches_no_application(
    cluster: Cluster,
) -> None:
    cluster.start("scen2_hci_02", "console_2")
    status = cluster.status()
    before, parts = cluster.pids(), node_of(status, "console_2").pids
    assert parts.agent
    _, most = resource.prlimit(parts.agent, resource.RLIMIT_FSIZE)
    # Each write to a file fails from now on, as on a full disk: the coordination thread cannot foresee that.
    resource.prlimit(parts.agent, resource.RLIMIT_FSIZE, (0, most))
    status = agent_is_back(cluster, "console_2", parts.agent)
    after = node_of(status, "console_2").pids
    assert (after.shim, after.supervisord) == (parts.shim, parts.supervisord)
    assert cluster.pids() == before


@pytest.mark.parametrize("node", ["console_2", "server"])
def test_kill_9_of_an_agent_touches_no_application(cluster: Cluster, node: str) -> None:
    cluster.start("scen2_hci_02", "console_2")
    status = cluster.status()
    if node == "server":
        node = next(server for server in SERVERS if server != master_of(status))
    before, parts = cluster.pids(), node_of(status, node).pids
    cluster.kill(node, "agent")
    status = agent_is_back(cluster, node, parts.agent)
    after = node_of(status, node).pids
    assert (after.shim, after.supervisord) == (parts.shim, parts.supervisord)
    assert cluster.pids() == before
    assert all(whole(application(status, name)) for name in (*SRV, "scen2_hci_02"))
    # The new agent speaks for its node: what runs there can be stopped.
    cluster.stop("scen2_hci_02", "console_2")


def test_kill_9_of_the_masters_agent_makes_another_master_and_touches_no_application(
    cluster: Cluster,
) -> None:
    cluster.start("scen2_hci_01", "console_1")
    cluster.start("scen2_hci_03", "console_3")
    status = cluster.status()
    old, before = status.master, cluster.pids()
    assert old is not None
    agent = node_of(status, old.node).pids.agent
    cluster.kill(old.node, "agent")
    status = cluster.wait_until(
        lambda s: s.master is not None and s.master.term > old.term and s.state is ClusterState.OPERATION,
        "a new master",
        timeout=10.0,
        node="console_1",
    )
    # Even while the old one is not back: the lock stands, and goes on to be given.
    refused = cluster.request("start", "scen2_hci_01", "console_2")
    assert refused.verdict is Verdict.REFUSED
    assert "console_1" in refused.text
    cluster.start("scen2_hci_02", "console_2")
    agent_is_back(cluster, old.node, agent)
    after = cluster.pids()
    assert {key: after.get(key) for key in before} == before
    assert all(whole(cluster.application(name)) for name in SRV + HCI)


def test_a_request_outlives_the_master_that_it_was_sent_to(cluster: Cluster) -> None:
    master = master_of(cluster.status())
    cluster.kill(master, "agent")
    outcome = cluster.request("start", "scen2_hci_01", "console_1")
    assert outcome.verdict is Verdict.DONE, outcome
    assert {program.node for program in cluster.live("scen2_hci_01")} == {"console_1"}


@pytest.mark.parametrize("parts", [("supervisord",), ("supervisord", "programs")])
def test_kill_9_of_a_servers_supervisord_restarts_its_srv_elsewhere(
    cluster: Cluster, parts: tuple[str, ...]
) -> None:
    status = cluster.status()
    lost = next(server for server in SERVERS if server != master_of(status))
    name = srv_on(status, lost)
    orphans = [program.pid for program in cluster.live() if program.node == lost]
    others = cluster.pids(lost)
    supervisord = node_of(status, lost).pids.supervisord
    since = cluster.kill(lost, *parts)
    gone(orphans, "the end of the orphans", 3.0)
    status = cluster.wait_until(
        lambda s: whole(application(s, name)) and application(s, name).nodes != (lost,), f"{name} elsewhere"
    )
    begun = cluster.witness.stamps(f"{name}:scen2_internal_data_bus", since, "start")
    assert [stamp.node for stamp in begun] == list(application(status, name).nodes)
    # The shim proves the death: nobody waits for the lease of 4 s.
    assert begun[0].at - since < LEASED
    cluster.wait_until(
        lambda s: calm(s) and node_of(s, lost).pids.supervisord not in (0, supervisord),
        f"a new supervisord on {lost}",
    )
    assert {key: cluster.pids().get(key) for key in others} == others
    assert application(cluster.status(), name).nodes != (lost,)


@pytest.mark.parametrize("parts", [("supervisord",), ("supervisord", "programs")])
def test_kill_9_of_a_consoles_supervisord_ends_its_hci_and_restarts_it_nowhere(
    cluster: Cluster, parts: tuple[str, ...]
) -> None:
    name = "scen2_hci_02"
    cluster.start(name, "console_2")
    orphans = [program.pid for program in cluster.live() if program.node == "console_2"]
    supervisord = cluster.node("console_2").pids.supervisord
    since = cluster.kill("console_2", *parts)
    gone(orphans, "the end of the orphans", 3.0)
    status = cluster.wait_until(
        lambda s: (
            calm(s)
            and node_of(s, "console_2").pids.supervisord not in (0, supervisord)
            and application(s, name).grant is None
        ),
        "a new supervisord on console_2",
    )
    item = application(status, name)
    assert item.state is ApplicationState.STOPPED
    assert "supervisord has died" in (item.reason or "")
    assert cluster.witness.stamps(name + ":", since, "start") == []
    # The operator may have it again, also elsewhere.
    cluster.start(name, "console_3")


def test_kill_9_of_a_shim_leaves_nothing_running_and_its_srv_goes_elsewhere(cluster: Cluster) -> None:
    status = cluster.status()
    lost = next(server for server in SERVERS if server != master_of(status))
    name = srv_on(status, lost)
    parts = node_of(status, lost).pids
    orphans = [program.pid for program in cluster.live() if program.node == lost]
    others = cluster.pids(lost)
    cluster.kill(lost, "shim")
    gone((parts.supervisord, *orphans), "the end of all", 6.0)
    cluster.wait_until(lambda s: calm(s) and whole(application(s, name)), f"{name} whole again")
    cluster.wait_until(lambda s: node_of(s, lost).pids.shim not in (0, parts.shim), f"a new shim on {lost}")
    assert {key: cluster.pids().get(key) for key in others} == others


def test_a_power_cut_of_the_masters_server_costs_a_lease_and_an_election(cluster: Cluster) -> None:
    cluster.start("scen2_hci_01", "console_1")
    status = cluster.status()
    lost = master_of(status)
    name = srv_on(status, lost)
    others = cluster.pids(lost)
    with cluster.power_cut(lost) as since:
        status = cluster.wait_until(
            lambda s: (
                node_of(s, lost).state is NodeState.FAILED
                and whole(application(s, name))
                and application(s, name).nodes != (lost,)
            ),
            f"{name} elsewhere",
            node="console_1",
        )
        begun = cluster.begun(f"{name}:scen2_internal_data_bus", since)
        assert begun.at - since > LEASED
        assert status.quorum.held
        assert status.quorum.present == 2
        refused = cluster.request("start", name, "console_2")
        assert refused.verdict is Verdict.REFUSED
        now = cluster.pids()
        assert {key: now.get(key) for key in others} == others
    cluster.wait_until(calm, f"{lost} back")
    now = cluster.pids()
    assert {key: now.get(key) for key in others} == others
    assert cluster.witness.doubles() == []


def test_the_programs_of_a_node_whose_agent_stays_dead_end_before_they_start_elsewhere(
    cluster: Cluster,
) -> None:
    """P4: with the agent dead for longer than the lease, the plugin stops what may start elsewhere."""
    status = cluster.status()
    lost = next(server for server in SERVERS if server != master_of(status))
    name = srv_on(status, lost)
    old = [program.pid for program in cluster.live(name)]
    with cluster.launcher_held():
        since = cluster.kill(lost, "agent")
        cluster.wait_until(
            lambda s: whole(application(s, name)) and application(s, name).nodes != (lost,),
            f"{name} elsewhere",
            node="console_1",
        )
        begun = cluster.begun(f"{name}:scen2_internal_data_bus", since)
        assert not any(alive(pid) for pid in old)
        own = [stamp for stamp in cluster.witness.stamps(name + ":", since, "end") if stamp.pid in old]
        # They had the time to end by themselves, and did before.
        assert len(own) == len(old)
        assert all(stamp.at < begun.at for stamp in own)
        assert LEASED < begun.at - since < 8.0
    cluster.wait_until(calm, f"{lost} back")
    assert cluster.witness.doubles() == []
