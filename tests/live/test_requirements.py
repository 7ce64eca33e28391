"""The requirements of Scenario 2, each shown on real agents and supervisords."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.processes import frozen
from tuiconsole.clock import boottime
from tuiconsole.model.requests import Outcome, Verdict
from tuiconsole.model.states import ApplicationState, NodeState, ProcessState
from tuiconsole.model.status import ClusterStatus

from .addresses import HOSTS
from .cluster import (
    CONSOLES,
    HCI,
    HCI_PROGRAMS,
    LEASED,
    SERVERS,
    SRV,
    SRV_PROGRAMS,
    Cluster,
    application,
    at_rest,
    node_of,
    process,
    whole,
)
from .desk import Desk

pytestmark = pytest.mark.live


@contextlib.contextmanager
def in_background(cluster: Cluster, action: str, target: str, node: str) -> Iterator[Future[Outcome]]:
    """Ask on a line of its own, while the test goes on."""

    def ask() -> Outcome:
        with contextlib.closing(Desk(cluster.config, node)) as desk:
            (outcome,) = desk.act(action, target, timeout=30.0)
            return outcome

    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(ask)


@contextlib.contextmanager
def taken_port(host: str, port: int) -> Iterator[None]:
    """Listen where a bus wants to, as another program would."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(8)
        yield


def running_programs(status: ClusterStatus, name: str) -> set[str]:
    return {one.name for one in application(status, name).processes if one.state is ProcessState.RUNNING}


def test_req_01_as_many_instances_as_items_can_be_started(cluster: Cluster) -> None:
    for name, console in zip(HCI, CONSOLES, strict=True):
        cluster.start(name, console)
    status = cluster.wait_until(
        lambda s: all(whole(application(s, name)) for name in SRV + HCI), "three srv and three hci"
    )
    assert {application(status, name).state for name in SRV + HCI} == {ApplicationState.RUNNING}
    real = {program.namespec for program in cluster.live()} - {"common_data_bus:common_data_bus"}
    assert real == {f"{name}:{program}" for name in SRV for program in SRV_PROGRAMS} | {
        f"{name}:{program}" for name in HCI for program in HCI_PROGRAMS
    }


def test_req_02_an_application_is_not_distributed(cluster: Cluster) -> None:
    cluster.start("scen2_hci_01", "console_2")
    for name in (*SRV, "scen2_hci_01"):
        (node,) = cluster.application(name).nodes
        assert {program.node for program in cluster.live(name)} == {node}
        begun = cluster.witness.stamps(name + ":", event="start")
        assert {stamp.node for stamp in begun} >= {node}


def test_req_03_each_application_has_an_operational_status(cluster: Cluster) -> None:
    cluster.start("scen2_hci_01", "console_1")
    status = cluster.status()
    assert {"common_data_bus", *SRV, *HCI} == {item.name for item in status.applications}

    cluster.crash("scen2_srv_01:scen2_sensor_acquisition")
    cluster.crash("scen2_hci_01:scen2_chart_view")
    status = cluster.wait_until(
        lambda s: (
            application(s, "scen2_srv_01").major_failure and application(s, "scen2_hci_01").minor_failure
        ),
        "a major failure of the srv and a minor one of the hci",
    )
    srv, hci = application(status, "scen2_srv_01"), application(status, "scen2_hci_01")
    assert (srv.state, srv.major_failure, srv.minor_failure) == (ApplicationState.RUNNING, True, False)
    assert (hci.state, hci.major_failure, hci.minor_failure) == (ApplicationState.RUNNING, False, True)
    assert "scen2_sensor_acquisition" in (srv.reason or "")
    assert whole(application(status, "scen2_srv_02"))


@pytest.mark.parametrize(("name", "node"), [("scen2_srv_02", "console_1"), ("scen2_hci_02", "console_2")])
def test_req_04_users_of_the_internal_bus_start_once_it_is_operational(
    cluster: Cluster, name: str, node: str
) -> None:
    if name in SRV:
        cluster.stop(name)
    since = boottime()
    cluster.start(name, node)
    bus = cluster.begun(f"{name}:scen2_internal_data_bus", since)
    proof = cluster.witness.ended(f"{name}:scen2_check_internal_data_bus", since)
    assert proof is not None
    assert proof.code == 0
    # It watched a bus that listens only after one unit of waits.
    assert proof.at - bus.at >= float(cluster.wait)
    lasting = SRV_PROGRAMS if name in SRV else HCI_PROGRAMS
    users = [cluster.begun(f"{name}:{program}", since) for program in lasting - {"scen2_internal_data_bus"}]
    assert all(user.at > proof.at for user in users)


def test_req_05_instances_are_limited_by_the_resources_of_the_machines(cluster: Cluster) -> None:
    # One srv is 42 % of a host, one hci 26 %: a third hci does not fit beside them.
    cluster.start("scen2_hci_01", "console_1")
    cluster.start("scen2_hci_02", "console_1")
    status = cluster.wait_until(
        lambda s: node_of(s, "console_1").load == 42 + 26 + 26, "94 % on console_1's host"
    )
    assert node_of(status, "server_1").load == 94
    refused = cluster.request("start", "scen2_hci_03", "console_1")
    assert refused.verdict is Verdict.REFUSED
    assert "console_1" in refused.text
    assert "%" in refused.text
    assert cluster.live("scen2_hci_03") == []
    cluster.start("scen2_hci_03", "console_3")


def test_req_10_srv_runs_on_servers_only(cluster: Cluster) -> None:
    assert {application(cluster.status(), name).nodes[0] for name in SRV} <= set(SERVERS)
    cluster.stop("scen2_srv_01")
    refused = cluster.request("start", "scen2_srv_01", "console_1", strategy="LOCAL")
    assert refused.verdict is Verdict.REFUSED, refused
    assert "console_1" in refused.text
    assert cluster.live("scen2_srv_01") == []
    cluster.start("scen2_srv_01", "console_1")
    assert cluster.application("scen2_srv_01").nodes[0] in SERVERS


def test_req_11_srv_is_started_automatically(cluster: Cluster) -> None:
    first = {name: cluster.witness.stamps(name + ":", event="start")[0] for name in SRV}
    # Before the demo said ready, when nobody could have asked.
    assert all(cluster.started_at < stamp.at < cluster.ready_at for stamp in first.values())


def test_req_12_each_srv_runs_once_at_most(cluster: Cluster) -> None:
    for name in SRV:
        (node,) = cluster.application(name).nodes
        for asker in ("console_2", "server_3"):
            refused = cluster.request("start", name, asker)
            assert refused.verdict is Verdict.REFUSED
            assert node in refused.text
    lives = [program.namespec for name in SRV for program in cluster.live(name)]
    assert len(lives) == len(set(lives)) == len(SRV) * len(SRV_PROGRAMS)
    assert cluster.witness.doubles() == []


def test_req_13_srv_are_spread_over_the_servers_by_load(cluster: Cluster) -> None:
    assert sorted(cluster.application(name).nodes for name in SRV) == [(server,) for server in SERVERS]
    for name in SRV:
        cluster.stop(name)
    # Two hci are 52 % of console_1's host, more than one srv (42 %): its server is the last choice where the
    # load of the host counts; where that of the node does, each server gets one.
    cluster.start("scen2_hci_01", "console_1")
    cluster.start("scen2_hci_02", "console_1")
    for strategy, servers in (("LESS_LOADED_NODE", {"server_2", "server_3"}), (None, set(SERVERS))):
        for name in SRV:
            cluster.start(name, strategy=strategy)
        assert {cluster.application(name, "console_1").nodes[0] for name in SRV} == servers
        for name in SRV:
            cluster.stop(name)


def test_req_14_srv_that_fails_to_start_is_stopped_and_uses_nothing(cluster: Cluster) -> None:
    name = "scen2_srv_03"
    cluster.stop(name)
    since = boottime()
    with frozen(cluster.common_buses(SERVERS)):
        # The check of the common bus waits for its answer while the others of its step run.
        with in_background(cluster, "start", name, "console_1") as asked:
            status = cluster.wait_until(
                lambda s: (
                    running_programs(s, name)
                    == SRV_PROGRAMS - {"scen2_common_bus_interface"} | {"scen2_check_common_data_bus"}
                ),
                "the third step of the start sequence",
            )
            (node,) = application(status, name).nodes
            loaded = node_of(status, node).load
            cluster.crash(f"{name}:scen2_check_common_data_bus")
        assert asked.result().verdict is Verdict.FAILED
        assert "scen2_check_common_data_bus" in asked.result().text
    assert cluster.live(name) == []
    status = cluster.wait_until(
        lambda s: application(s, name).state is ApplicationState.STOPPED, f"{name} STOPPED"
    )
    assert application(status, name).major_failure
    assert application(status, name).grant is None
    assert node_of(status, node).load == loaded - 32
    assert cluster.witness.started(f"{name}:scen2_common_bus_interface", since) is None


def test_req_15_srv_is_fully_restarted_when_its_internal_bus_crashes(cluster: Cluster) -> None:
    name = "scen2_srv_02"
    before = {program.namespec: program.pid for program in cluster.live(name)}
    grant = cluster.application(name).grant
    assert grant is not None
    since = cluster.crash(f"{name}:scen2_internal_data_bus")

    def again(status: ClusterStatus) -> bool:
        item = application(status, name)
        return whole(item) and item.grant is not None and item.grant.token > grant.token

    cluster.wait_until(again, f"{name} whole again, under a later token")
    cluster.witnessed(name)
    after = {program.namespec: program.pid for program in cluster.live(name)}
    assert after.keys() == before.keys()
    assert not set(after.values()) & set(before.values())
    begun = {stamp.namespec for stamp in cluster.witness.stamps(name + ":", since, "start")}
    assert begun >= {f"{name}:scen2_check_internal_data_bus", f"{name}:scen2_check_common_data_bus", *after}


def test_req_16_srv_of_a_lost_server_is_restarted_on_the_least_loaded_other(cluster: Cluster) -> None:
    status = cluster.status()
    assert status.master is not None
    # Not the master: its loss is another story. The busier of the other hosts is not to be chosen.
    lost, busy, free = (*(s for s in SERVERS if s != status.master.node), status.master.node)
    busy_console = next(console for console in CONSOLES if HOSTS[console] == HOSTS[busy])
    cluster.start("scen2_hci_01", busy_console)
    name = next(name for name in SRV if application(status, name).nodes == (lost,))
    others = cluster.pids(lost)
    with cluster.power_cut(lost) as since:
        status = cluster.wait_until(
            lambda s: whole(application(s, name)) and application(s, name).nodes == (free,),
            f"{name} on {free}",
            node=busy_console,
        )
        assert node_of(status, lost).state is NodeState.FAILED
        begun = cluster.begun(f"{name}:scen2_internal_data_bus", since)
        # Nobody can know that it is dead before its lease is over.
        assert begun.at - since > LEASED
        now = cluster.pids()
        assert {key: now.get(key) for key in others} == others
    cluster.wait_until(lambda s: node_of(s, lost).state is NodeState.RUNNING, f"{lost} back")
    assert cluster.application(name).nodes == (free,)
    assert {key: cluster.pids().get(key) for key in others} == others


def test_req_17_the_interface_starts_once_the_common_bus_is_operational(cluster: Cluster) -> None:
    name = "scen2_srv_01"
    interface = f"{name}:scen2_common_bus_interface"
    cluster.stop(name)
    since = boottime()
    with in_background(cluster, "start", name, "console_3") as asked:
        with frozen(cluster.common_buses(SERVERS)):
            cluster.wait_until(
                lambda s: (
                    running_programs(s, name)
                    == SRV_PROGRAMS - {"scen2_common_bus_interface"} | {"scen2_check_common_data_bus"}
                ),
                "everything but the interface, and the check that waits",
            )
            assert cluster.application(name).state is ApplicationState.STARTING
            assert cluster.witness.started(interface, since) is None
            thawed = boottime()
        assert asked.result().verdict is Verdict.DONE
    proof = cluster.witness.ended(f"{name}:scen2_check_common_data_bus", since)
    assert proof is not None
    begun = cluster.begun(interface, since)
    assert (proof.code, proof.at > thawed, begun.at > proof.at) == (0, True, True)
    cluster.wait_until(lambda s: whole(application(s, name)), f"{name} whole")


def test_req_20_hci_starts_upon_request_only(cluster: Cluster) -> None:
    assert {cluster.application(name).state for name in HCI} == {ApplicationState.STOPPED}
    assert [cluster.live(name) for name in HCI] == [[], [], []]
    typed = cluster.cli("start", "scen2_hci_02", node="console_1")
    assert (typed.returncode, typed.stdout) == (0, "scen2_hci_02 started\n"), typed.stderr
    status = cluster.wait_until(lambda s: whole(application(s, "scen2_hci_02")), "scen2_hci_02 whole")
    grant = application(status, "scen2_hci_02").grant
    assert grant is not None
    assert grant.node == "console_1"
    assert grant.requested_by not in ("", "automatic start")
    assert {application(status, name).state for name in ("scen2_hci_01", "scen2_hci_03")} == {
        ApplicationState.STOPPED
    }


@pytest.mark.parametrize("console", CONSOLES)
def test_req_21_hci_runs_on_the_console_of_the_request(cluster: Cluster, console: str) -> None:
    outcome = cluster.start("scen2_hci_01", console)
    assert outcome.nodes == (console,)
    assert {program.node for program in cluster.live("scen2_hci_01")} == {console}


def test_req_22_the_user_chooses_the_item(cluster: Cluster) -> None:
    cluster.start("scen2_hci_03", "console_2")
    assert {
        program.namespec.partition(":")[0] for program in cluster.live() if "hci" in program.namespec
    } == {"scen2_hci_03"}
    cluster.start("scen2_hci_01", "console_2")
    status = cluster.status("console_2")
    assert [application(status, name).nodes for name in HCI] == [("console_2",), (), ("console_2",)]


def test_req_23_second_start_of_the_same_hci_is_refused(cluster: Cluster) -> None:
    cluster.start("scen2_hci_02", "console_1")
    before = cluster.pids()
    for console in CONSOLES:
        typed = cluster.cli("start", "scen2_hci_02", node=console)
        assert typed.returncode == 1
        assert typed.stdout == ""
        assert typed.stderr.count("\n") == 1
        assert "console_1" in typed.stderr
    assert cluster.pids() == before
    assert cluster.witness.doubles() == []


def test_req_24_the_start_of_hci_goes_on_after_a_failure(cluster: Cluster) -> None:
    name = "scen2_hci_02"
    # Another program holds the bus's port: the bus ends, and the check finds something that is no bus.
    with (
        taken_port(HOSTS["console_2"], 61302),
        in_background(cluster, "start", name, "console_2") as asked,
    ):
        cluster.wait_until(
            lambda s: running_programs(s, name) == {"scen2_check_internal_data_bus"},
            "the check, alone: the sequence went on after the bus had failed",
        )
        cluster.crash(f"{name}:scen2_check_internal_data_bus")
        outcome = asked.result()
    assert outcome.verdict is Verdict.DONE, outcome
    assert "scen2_internal_data_bus" in outcome.text
    assert "scen2_check_internal_data_bus" in outcome.text
    status = cluster.wait_until(
        lambda s: running_programs(s, name) == HCI_PROGRAMS - {"scen2_internal_data_bus"}, "the rest of it"
    )
    item = application(status, name)
    assert (item.state, item.major_failure) == (ApplicationState.RUNNING, True)
    assert process(item, "scen2_internal_data_bus").required


def test_req_25_hci_is_fully_stopped_when_its_internal_bus_crashes(cluster: Cluster) -> None:
    cluster.start("scen2_hci_01", "console_3")
    since = cluster.crash("scen2_hci_01:scen2_internal_data_bus")
    status = cluster.wait_until(
        lambda s: (
            application(s, "scen2_hci_01").state is ApplicationState.STOPPED
            and application(s, "scen2_hci_01").grant is None
        ),
        "scen2_hci_01 STOPPED and its grant given back",
    )
    assert cluster.live("scen2_hci_01") == []
    assert "scen2_internal_data_bus" in (application(status, "scen2_hci_01").reason or "")
    cluster.start("scen2_hci_02", "console_3")
    assert cluster.witness.stamps("scen2_hci_01:", since, "start") == []


def test_req_26_hci_of_a_lost_console_is_not_restarted_elsewhere(cluster: Cluster) -> None:
    name = "scen2_hci_03"
    cluster.start(name, "console_3")
    others = cluster.pids("console_3")
    with cluster.power_cut("console_3") as since:
        status = cluster.wait_until(
            lambda s: node_of(s, "console_3").state is NodeState.FAILED, "console_3 FAILED", node="console_1"
        )
        status = cluster.wait_until(
            lambda s: application(s, name).grant is None, f"the grant of {name} given back", node="console_1"
        )
        item = application(status, name)
        assert (item.state, item.major_failure) == (ApplicationState.STOPPED, True)
        assert "node lost" in (item.reason or "")
        # Its console is lost for good as far as anyone knows: the operator takes the item elsewhere.
        assert cluster.witness.stamps(name + ":", since, "start") == []
        cluster.start(name, "console_1")
        cluster.stop(name, "console_1")
        last = boottime()
    cluster.wait_until(lambda s: node_of(s, "console_3").state is NodeState.RUNNING, "console_3 back")
    assert cluster.witness.stamps(name + ":", last, "start") == []
    assert {key: cluster.pids().get(key) for key in others} == others


def test_req_27_hci_is_stopped_upon_request(cluster: Cluster) -> None:
    cluster.start("scen2_hci_02", "console_1")
    pids = [program.pid for program in cluster.live("scen2_hci_02")]
    assert len(pids) == len(HCI_PROGRAMS)
    # From anywhere: an operator may stop what runs on another console.
    typed = cluster.cli("stop", "scen2_hci_02", node="console_3")
    assert (typed.returncode, typed.stdout) == (0, "scen2_hci_02 stopped\n"), typed.stderr
    assert cluster.live("scen2_hci_02") == []
    status = cluster.wait_until(at_rest, "the cluster at rest")
    item = application(status, "scen2_hci_02")
    assert (item.major_failure, item.minor_failure, item.grant, item.nodes) == (False, False, None, ())
