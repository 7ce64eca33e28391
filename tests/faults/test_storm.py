"""Faults at random, by seed, for a time: `FAULTS_SEED` and `FAULTS_SECONDS` (120); and bad weather."""

from __future__ import annotations

import os
import statistics
import time

import pytest

from tests.live.cluster import CONSOLES, HCI
from tuiconsole.clock import boottime

from .machines import Machines
from .results import summary
from .storm import Storm

pytestmark = pytest.mark.faults


def test_a_storm_of_faults_runs_nothing_twice_and_heals(cluster: Machines) -> None:
    seed = int(os.environ.get("FAULTS_SEED", "1"))
    seconds = float(os.environ.get("FAULTS_SECONDS", "120"))
    print(f"\nFAULTS_SEED={seed} FAULTS_SECONDS={seconds:g}")
    rounds = []
    for one in Storm(cluster, seed).blow(seconds):
        rounds.append(one)
        print(one, flush=True)
        assert not one.violations
    print(summary(rounds))


@pytest.mark.parametrize(
    "weather", [(0.1, 0.0, 0.0), (0.0, 0.2, 0.1)], ids=["loss_10_percent", "delay_200_ms"]
)
def test_bad_weather_loses_no_node_and_does_no_command_twice(
    cluster: Machines, weather: tuple[float, float, float]
) -> None:
    seconds = float(os.environ.get("FAULTS_SECONDS", "120"))
    before = cluster.pids()
    epochs = {node.name: node.epoch for node in cluster.status().nodes}
    since = boottime()
    cluster.network.everywhere(weather)
    asked = done = 0
    took = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for action in ("start", "stop"):
            began = boottime()
            outcome = cluster.request(action, HCI[asked // 2 % 3], CONSOLES[asked // 2 % 3], timeout=20.0)
            took.append(boottime() - began)
            asked += 1
            done += outcome.verdict == "done"
    starts = [
        stamp
        for item in HCI
        for stamp in cluster.witness.stamps(f"{item}:scen2_internal_data_bus", since, "start")
    ]
    now = cluster.pids()
    kept = sum(now.get(key) == pid for key, pid in before.items())
    print(
        f"\nloss {weather[0]:.0%}, delay {weather[1]} ± {weather[2]} s for {seconds:g} s: {asked} commands, "
        f"{done} done in {statistics.median(took):.2f} s (median), at most {max(took):.2f} s; "
        f"{len(starts)} starts of an hci; {kept} of {len(before)} programs untouched"
    )
    assert kept == len(before)
    assert {node.name: node.epoch for node in cluster.status().nodes} == epochs, "a node has lost its lease"
    assert done == asked
    assert len(starts) == asked // 2, "each start was carried out once"
