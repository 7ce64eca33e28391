"""Faults at random, by seed, for a time: `FAULTS_SEED` and `FAULTS_SECONDS` (120).

Each round breaks one or two things, waits, mends them, and then all must be whole again. The story that is
printed names every round, so that a seed can be read and played again.
"""

from __future__ import annotations

import os
import random
import signal
import statistics
import time
from typing import NamedTuple

import pytest

from tests.live.cluster import CONSOLES, HCI, SERVERS, SRV, frozen, node_of
from tuiconsole.clock import boottime

from .machines import HOSTS, Machines, host_of, nodes_of

pytestmark = pytest.mark.faults

HEALS_WITHIN = 40.0
"""Seconds after a round's faults are mended."""


class Round(NamedTuple):
    """What a round did, and what followed."""

    what: str
    healed: float


class Storm:
    """One schedule of faults."""

    def __init__(self, cluster: Machines, seed: int) -> None:
        self._cluster = cluster
        self._chance = random.Random(seed)
        self.rounds: list[Round] = []
        self.elsewhere: list[float] = []

    def blow(self, seconds: float) -> None:
        """Rounds until the time is over; each one is finished."""
        end = time.monotonic() + seconds
        faults = (self._part, self._one_way, self._bridge, self._pause, self._kill, self._power_cut)
        while time.monotonic() < end:
            self._operate()
            what = self._chance.choice(faults)()
            self._cluster.network.heal()
            healed = self._cluster.healed(what, HEALS_WITHIN)
            self.rounds.append(Round(what, healed))
            print(f"{len(self.rounds):4}  {what}: whole again after {healed:.2f} s", flush=True)
            twice = self._cluster.convict()
            assert twice == [], f"round {len(self.rounds)}, {what}: {twice}"

    def _operate(self) -> None:
        """An operator starts or stops an item somewhere, whatever comes of it."""
        console, item = self._chance.choice(CONSOLES), self._chance.choice(HCI)
        action = self._chance.choice(("start", "start", "stop"))
        self._cluster.request(action, item, console, timeout=5.0)

    def _meanwhile(self, seconds: float, lost: int | None = None) -> None:
        """While it is broken, two consoles ask for one item at once, and those srv that move are timed."""
        since, end = boottime(), time.monotonic() + seconds
        item = self._chance.choice(HCI)
        for console in self._chance.sample(CONSOLES, 2):
            self._cluster.request("start", item, console, timeout=0.6)
        while time.monotonic() < end:
            time.sleep(0.1)
        for name in SRV:
            begun = self._cluster.witness.stamps(f"{name}:scen2_internal_data_bus", since, "start")
            if begun and lost is not None and host_of(begun[0].node) != lost:
                self.elsewhere.append(begun[0].at - since)

    def _a_while(self) -> float:
        return self._chance.choice((0.5, 2.0, 3.2, 4.0, 4.4, 6.0, 9.0)) + self._chance.uniform(0, 0.4)

    # -- faults ----------------------------------------------------------------------------------------------

    def _part(self) -> str:
        lost, seconds = self._chance.choice(HOSTS), self._a_while()
        self._cluster.network.part([lost], self._cluster.network.others(lost))
        self._meanwhile(seconds, lost)
        return f"host {lost} cut off for {seconds:.1f} s"

    def _one_way(self) -> str:
        lost, seconds = self._chance.choice(HOSTS), self._a_while()
        out = self._chance.random() < 0.5
        for other in self._cluster.network.others(lost):
            self._cluster.network.cut((lost, other) if out else (other, lost))
        self._meanwhile(seconds)
        return f"host {lost} {'not heard' if out else 'deaf'} for {seconds:.1f} s"

    def _bridge(self) -> str:
        one, other = self._chance.sample(HOSTS, 2)
        seconds = self._a_while()
        self._cluster.network.part([one], [other])
        self._meanwhile(seconds)
        return f"hosts {one} and {other} apart for {seconds:.1f} s"

    def _pause(self) -> str:
        node, seconds = self._chance.choice(SERVERS + CONSOLES), self._a_while()
        # Not supervisord with its shim: nothing would be left that could act.
        parts = self._chance.choice(
            (
                ("agent",),
                ("agent",),
                ("shim",),
                ("agent", "shim"),
                ("supervisord",),
                ("agent", "supervisord"),
            )
        )
        pids = node_of(self._cluster.status(), node).pids
        with frozen([getattr(pids, part) for part in parts if getattr(pids, part)]):
            self._meanwhile(seconds)
        return f"{' and '.join(parts)} of {node} paused for {seconds:.1f} s"

    def _kill(self) -> str:
        node = self._chance.choice(SERVERS + CONSOLES)
        parts = self._chance.choice((("agent",), ("shim",), ("supervisord",), ("agent", "supervisord")))
        pids = node_of(self._cluster.status(), node).pids
        for part in parts:
            if pid := getattr(pids, part):
                os.kill(pid, signal.SIGKILL)
        self._meanwhile(1.0)
        return f"kill -9 of {' and '.join(parts)} of {node}"

    def _power_cut(self) -> str:
        host = self._chance.choice(HOSTS)
        self._cluster.kill_host(host)
        # Longer than a lease, so that what moved can be timed.
        self._meanwhile(6.0, host)
        self._cluster.network.heal()
        self._cluster.switch_on(host)
        return f"power cut of host {host} with {' and '.join(nodes_of(host))}"


def test_a_storm_of_faults_runs_nothing_twice_and_heals(cluster: Machines) -> None:
    seed = int(os.environ.get("FAULTS_SEED", "1"))
    seconds = float(os.environ.get("FAULTS_SECONDS", "120"))
    print(f"\nFAULTS_SEED={seed} FAULTS_SECONDS={seconds:g}")
    storm = Storm(cluster, seed)
    storm.blow(seconds)
    healed = [one.healed for one in storm.rounds]
    print(f"{len(healed)} rounds, {cluster.judge.starts} starts of programs, 0 ms of overlap")
    print(f"whole again: median {statistics.median(healed):.2f} s, at most {max(healed):.2f} s")
    if storm.elsewhere:
        median = statistics.median(storm.elsewhere)
        print(f"elsewhere: median {median:.2f} s, at most {max(storm.elsewhere):.2f} s")


@pytest.mark.parametrize(
    "weather", [(0.1, 0.0, 0.0), (0.0, 0.2, 0.1)], ids=["loss_10_percent", "delay_200_ms"]
)
def test_bad_weather_loses_no_node_and_does_no_command_twice(
    cluster: Machines, weather: tuple[float, float, float]
) -> None:
    seconds = float(os.environ.get("FAULTS_SECONDS", "120"))
    before = cluster.pids()
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
    assert done == asked
    assert len(starts) == asked // 2, "each start was carried out once"
