"""Agents, supervisords and hosts that pause or die: nothing runs twice, and all becomes whole again."""

from __future__ import annotations

import signal
import time

import pytest

from tests.live.cluster import SERVERS, SRV, application, node_of, whole
from tests.processes import frozen
from tests.waiting import gone
from tuiconsole.clock import boottime
from tuiconsole.model.requests import Verdict
from tuiconsole.model.states import NodeState
from tuiconsole.settings.timing import Timing

from .machines import Machines, host_of, nodes_of

pytestmark = pytest.mark.faults

LEASE = Timing().node_lease


def victim_of(cluster: Machines, master: bool = False) -> str:
    status = cluster.status()
    assert status.master is not None
    return next(name for name in SERVERS if (name == status.master.node) is master)


def srv_on(cluster: Machines, server: str) -> str:
    return next(name for name in SRV if cluster.place_of(name) == server)


def elsewhere(cluster: Machines, name: str, lost: str, by: str) -> None:
    cluster.wait_until(
        lambda s: whole(application(s, name)) and application(s, name).nodes != (lost,),
        f"{name} away from {lost}",
        timeout=15.0,
        node=by,
    )


@pytest.mark.parametrize("master", [False, True], ids=["another", "the_masters"])
def test_an_agent_that_sleeps_through_its_lease_loses_its_srv_before_it_starts_elsewhere(
    cluster: Machines, master: bool
) -> None:
    lost = victim_of(cluster, master)
    name, by = srv_on(cluster, lost), next(f"console_{n}" for n in (1, 2, 3) if n != host_of(lost))
    old = [program.pid for program in cluster.live(name)]
    others = cluster.pids(lost)
    agent = node_of(cluster.status(by), lost).pids.agent
    since = boottime()
    with frozen([agent]):
        gone(old, f"the end of {name} on {lost}", 6.0)
        ended = boottime() - since
        elsewhere(cluster, name, lost, by)
        begun = cluster.begun(f"{name}:scen2_internal_data_bus", since).at - since
        print(f"{name}: ended {ended:.2f} s and started elsewhere {begun:.2f} s after the agent stood still")
        assert ended < begun
    cluster.healed("an agent's sleep")
    now = cluster.pids()
    assert {key: now.get(key) for key in others} == others


def test_an_agent_that_wakes_within_its_lease_touches_nothing(cluster: Machines) -> None:
    lost = victim_of(cluster)
    before = cluster.pids()
    agent = node_of(cluster.status(), lost).pids.agent
    # Nothing must happen: there is nothing else to wait for than time.
    with frozen([agent]), pytest.raises(AssertionError, match="vain"):
        gone(before.values(), "an end that must not come", LEASE - 1.8)
    cluster.healed("a short sleep")
    assert cluster.pids() == before


def test_a_whole_host_that_dies_is_replaced_and_comes_back_without_a_move(cluster: Machines) -> None:
    lost = victim_of(cluster, master=True)
    host, name = host_of(lost), srv_on(cluster, lost)
    others = cluster.pids(*nodes_of(host))
    by = f"console_{cluster.network.others(host)[0]}"
    since = cluster.kill_host(host)
    elsewhere(cluster, name, lost, by)
    begun = cluster.begun(f"{name}:scen2_internal_data_bus", since).at - since
    print(f"{name} started elsewhere {begun:.2f} s after the power cut of the master's host")
    assert begun <= 6.0
    cluster.network.heal()
    cluster.switch_on(host)
    print(f"whole again {cluster.healed('a power cut', 40.0):.2f} s after the host was switched on")
    now = cluster.pids()
    assert {key: now.get(key) for key in others} == others


def test_a_majority_of_hosts_dies_and_what_is_left_stops_until_it_is_back(cluster: Machines) -> None:
    left = [program.pid for program in cluster.live() if program.node == "server_1" and "srv" in program[0]]
    for host in (2, 3):
        cluster.kill_host(host)
    gone(left, "the end of what runs on server_1", 7.0)
    status = cluster.status("console_1")
    assert not status.quorum.held
    refused = cluster.request("start", "scen2_hci_01", "console_1", timeout=1.5)
    assert refused.verdict is not Verdict.DONE
    cluster.network.heal()
    for host in (2, 3):
        cluster.switch_on(host)
    print(f"whole again {cluster.healed('a lost majority', 40.0):.2f} s after the hosts were switched on")


@pytest.mark.parametrize("part", ["agent", "supervisord", "shim"])
def test_kill_9_of_each_part_of_the_masters_host_heals(cluster: Machines, part: str) -> None:
    lost = victim_of(cluster, master=True)
    old = getattr(node_of(cluster.status(), lost).pids, part)
    cluster.kill(lost, part, number=signal.SIGKILL)
    cluster.wait_until(
        lambda s: (
            s.master is not None
            and node_of(s, lost).state is NodeState.RUNNING
            and getattr(node_of(s, lost).pids, part) not in (0, old)
        ),
        f"a new {part} on {lost}, and a master",
    )
    print(f"whole again {cluster.healed(f'kill -9 of the {part}', 30.0):.2f} s later")


@pytest.mark.embedded
def test_a_voter_whose_file_is_damaged_stays_silent_and_says_so(cluster: Machines) -> None:
    lost = victim_of(cluster)
    host, name = host_of(lost), srv_on(cluster, lost)
    cluster.kill_host(host)
    record = cluster.folder / "state" / lost / "voter.record"
    kept = record.read_bytes()
    damaged = bytearray(kept)
    damaged[len(damaged) // 2] ^= 0x40
    record.write_bytes(damaged)
    cluster.network.heal()
    cluster.switch_on(host)
    try:
        by = f"console_{cluster.network.others(host)[0]}"
        elsewhere(cluster, name, lost, by)
        said = cluster.wait_until(
            lambda s: s.quorum.held and s.quorum.present == 2, "two voters", node=by, timeout=20.0
        )
        assert said.master is not None
        assert said.master.node != lost
    finally:
        cluster.kill_host(host)
        record.write_bytes(kept)
        cluster.network.heal()
        cluster.switch_on(host)
    log = (cluster.folder / "log" / f"{lost}.log").read_text("utf-8")
    assert "checksum" in log or "damaged" in log, log[-2000:]
    cluster.healed("a damaged voter", 40.0)


def test_a_host_that_dies_and_is_back_within_its_lease_runs_its_srv_again(cluster: Machines) -> None:
    lost = victim_of(cluster)
    host, name = host_of(lost), srv_on(cluster, lost)
    since = cluster.kill_host(host)
    cluster.network.heal()
    cluster.switch_on(host)
    begun = cluster.begun(f"{name}:scen2_internal_data_bus", since).at - since
    print(f"{name} started again {begun:.2f} s after the power cut")
    cluster.healed("a short power cut", 40.0)


@pytest.mark.parametrize("leases", [1.5, 3.0])
def test_an_agent_and_a_supervisord_that_stand_still_together_lose_their_srv_in_time(
    cluster: Machines, leases: float
) -> None:
    lost = victim_of(cluster)
    name, by = srv_on(cluster, lost), next(f"console_{n}" for n in (1, 2, 3) if n != host_of(lost))
    old = [program.pid for program in cluster.live(name)]
    pids = node_of(cluster.status(by), lost).pids
    assert pids.agent
    assert pids.supervisord
    since = boottime()
    with frozen([pids.agent, pids.supervisord]):
        gone(old, f"the end of {name} on {lost}", 6.0)
        ended = boottime() - since
        elsewhere(cluster, name, lost, by)
        begun = cluster.begun(f"{name}:scen2_internal_data_bus", since).at - since
        print(f"{name}: ended {ended:.2f} s and started elsewhere {begun:.2f} s after both stood still")
        assert ended < begun
        # They wake with their orders, their record and their programs gone. How long they sleep is the story.
        while boottime() - since < leases * LEASE:
            assert cluster.convict() == []
            time.sleep(0.1)
    cluster.healed("a sleep of agent and supervisord")
