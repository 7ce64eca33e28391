"""P4 on hosts whose lines are cut: what may run elsewhere has ended before it starts there."""

from __future__ import annotations

import itertools
import time

import pytest

from tests.live.cluster import SERVERS, SRV, application, node_of, whole
from tests.waiting import gone
from tuiconsole.clock import boottime
from tuiconsole.model.requests import Verdict
from tuiconsole.model.states import NodeState

from .machines import HOSTS, Machines, host_of, nodes_of
from .network import DESK

pytestmark = pytest.mark.faults

A_MINUTE = 60.0
WHOLE_WITHIN = 2.0
"""Seconds from a heal until every console sees all nodes RUNNING and each srv whole."""
AFTERWARDS = 12.0
"""Seconds after a heal in which what comes back may still disturb the others: three leases."""


def master_of(cluster: Machines) -> str:
    status = cluster.status()
    assert status.master is not None
    return status.master.node


def srv_on(cluster: Machines, server: str) -> str:
    return next(name for name in SRV if cluster.place_of(name) == server)


def moved(cluster: Machines, name: str, lost: int, by: str, within: float = 15.0) -> None:
    cluster.wait_until(
        lambda s: whole(application(s, name)) and host_of(application(s, name).nodes[0]) != lost,
        f"{name} away from host {lost}",
        timeout=within,
        node=by,
    )


@pytest.mark.parametrize("of_the_master", [False, True], ids=["another", "the_masters"])
def test_a_host_that_is_cut_off_ends_its_srv_before_it_starts_elsewhere(
    cluster: Machines, of_the_master: bool
) -> None:
    master = master_of(cluster)
    lost = host_of(next(server for server in SERVERS if (server == master) is of_the_master))
    name = srv_on(cluster, f"server_{lost}")
    old = [program.pid for program in cluster.live(name)]
    others = cluster.pids(*nodes_of(lost))
    rest = cluster.network.others(lost)
    since = boottime()
    cluster.network.part([lost], rest)
    gone(old, f"the end of {name} on host {lost}", 6.0)
    ended = boottime() - since
    moved(cluster, name, lost, f"console_{rest[0]}")
    begun = cluster.begun(f"{name}:scen2_internal_data_bus", since).at - since
    print(f"{name}: ended {ended:.2f} s and started elsewhere {begun:.2f} s after the cut")
    assert ended < begun
    # The desk still reaches the lonely host: its status stays available, and says that there is no quorum.
    alone = cluster.status(f"console_{lost}")
    assert not alone.quorum.held
    cluster.network.heal()
    healed = cluster.healed("a partition")
    print(f"whole again {healed:.2f} s after the heal")
    now = cluster.pids()
    assert {key: now.get(key) for key in others} == others
    assert host_of(cluster.place_of(name)) != lost


@pytest.mark.parametrize("of_the_master", [False, True], ids=["another", "the_masters"])
def test_after_a_minute_apart_the_view_is_whole_within_2_s_and_the_majority_has_restarted_nothing(
    cluster: Machines, of_the_master: bool
) -> None:
    master = master_of(cluster)
    lost = host_of(next(server for server in SERVERS if (server == master) is of_the_master))
    rest = cluster.network.others(lost)
    for host in (lost, rest[0]):
        cluster.start(f"scen2_hci_{host:02d}", f"console_{host}")
    before = cluster.pids(*nodes_of(lost))
    name = srv_on(cluster, f"server_{lost}")
    cluster.network.part([lost], rest)
    cut = boottime()
    moved(cluster, name, lost, f"console_{rest[0]}")
    # What is waited for is the minute itself: nothing more may happen in it.
    time.sleep(cut + A_MINUTE - boottime())
    apart = cluster.pids(*nodes_of(lost))
    assert before.items() <= apart.items(), (
        "what ran on the majority's side has been touched by the partition"
    )
    cluster.network.heal()
    at = boottime()
    healed = cluster.healed("a minute of partition")
    print(f"whole again {healed:.2f} s after the heal of a partition of {A_MINUTE:.0f} s")
    assert healed < WHOLE_WITHIN
    # Nothing must happen: there is nothing else to wait for than time.
    time.sleep(at + AFTERWARDS - boottime())
    cluster.healed("the time after a heal", timeout=WHOLE_WITHIN)
    assert cluster.pids(*nodes_of(lost)) == apart, (
        "what ran on the majority's side has been touched by the heal"
    )
    assert cluster.convict() == []


@pytest.mark.parametrize("way", ["out", "in"])
def test_a_host_that_only_hears_or_is_only_heard_runs_nothing_twice(cluster: Machines, way: str) -> None:
    lost = host_of(next(server for server in SERVERS if server != master_of(cluster)))
    name = srv_on(cluster, f"server_{lost}")
    others = cluster.pids(*nodes_of(lost))
    since = boottime()
    for other in cluster.network.others(lost):
        cluster.network.cut((lost, other) if way == "out" else (other, lost))
    rest = cluster.network.others(lost)
    moved(cluster, name, lost, f"console_{rest[0]}")
    begun = cluster.begun(f"{name}:scen2_internal_data_bus", since).at - since
    print(f"{name} started elsewhere {begun:.2f} s after the cut")
    cluster.network.heal()
    cluster.healed("a one-way cut")
    now = cluster.pids()
    assert {key: now.get(key) for key in others} == others


def test_an_hci_whose_console_is_cut_off_ends_and_nobody_can_start_it_on_both_sides(
    cluster: Machines,
) -> None:
    cluster.start("scen2_hci_02", "console_2")
    lost = srv_on(cluster, "server_2")
    old = [program.pid for program in cluster.live("scen2_hci_02")]
    since = boottime()
    cluster.network.part([2], [1, 3])
    # While it may still run there it is refused elsewhere; there it is refused for want of a quorum.
    early = cluster.request("start", "scen2_hci_02", "console_1", timeout=1.0)
    assert early.verdict is not Verdict.DONE, early
    gone(old, "the end of scen2_hci_02 on console_2", 6.0)
    ended = boottime() - since
    cluster.wait_until(
        lambda s: node_of(s, "console_2").state is NodeState.FAILED, "console_2 lost", node="console_1"
    )
    # The host that took over the srv of host 2 has no room for an hci; the other one has.
    moved(cluster, lost, 2, "console_1")
    taken = [cluster.place_of(name) for name in SRV]
    other = "console_1" if taken.count("server_1") == 1 else "console_3"
    cluster.start("scen2_hci_02", other)
    begun = cluster.begun("scen2_hci_02:scen2_internal_data_bus", since).at - since
    print(f"scen2_hci_02: ended {ended:.2f} s, started elsewhere {begun:.2f} s after the cut")
    again = cluster.request("start", "scen2_hci_02", "console_2", timeout=2.0)
    assert again.verdict is not Verdict.DONE, again
    assert {program.node for program in cluster.live("scen2_hci_02")} == {other}
    cluster.network.heal()
    cluster.healed("a partition")
    assert {program.node for program in cluster.live("scen2_hci_02")} == {other}


def test_a_ring_that_falls_apart_stops_everything_and_comes_back_whole(cluster: Machines) -> None:
    cluster.network.part(*([host] for host in HOSTS))
    gone(cluster.pids().values(), "the end of all", 7.0)
    assert all(not cluster.status(f"console_{host}").quorum.held for host in HOSTS)
    refused = cluster.request("start", "scen2_hci_01", "console_1", timeout=1.5)
    assert refused.verdict is not Verdict.DONE, refused
    cluster.network.heal()
    print(f"whole again {cluster.healed('the loss of every majority'):.2f} s after the heal")


def test_two_hosts_that_meet_only_through_a_third_run_nothing_twice(cluster: Machines) -> None:
    """A bridge: with one voter that hears all there is a majority, whoever is master."""
    since = boottime()
    cluster.network.part([1], [3])
    cluster.wait_until(lambda s: s.quorum.held and s.master is not None, "a master", node="console_2")
    cluster.start("scen2_hci_02", "console_2", timeout=20.0)
    print(f"scen2_hci_02 runs {boottime() - since:.2f} s after the cut")
    cluster.network.heal()
    cluster.healed("a bridge")


def test_the_judge_and_the_desk_are_no_part_of_the_faults(cluster: Machines) -> None:
    cluster.network.part(*([host] for host in HOSTS))
    assert not any(DESK in way for way in itertools.permutations(cluster.network.hosts, 2))
    assert all(cluster.status(f"server_{host}") for host in HOSTS)
