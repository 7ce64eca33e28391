"""Faults at random, by seed, for a time.

Each round breaks one or two things, waits, mends them, and then all must be whole again. Every round is
named, so that a seed can be read and played again.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections.abc import Callable, Iterator

from tests.live.cluster import CONSOLES, HCI, SERVERS, SRV, application, node_of
from tests.processes import frozen
from tuiconsole.clock import boottime
from tuiconsole.settings.cluster import Engine

from .machines import HOSTS, Machines, host_of, nodes_of
from .results import Round

HEALS_WITHIN = 40.0
"""Seconds after a round's faults are mended."""

PAUSED = (
    ("agent",),
    ("agent",),
    ("shim",),
    ("agent", "shim"),
    ("supervisord",),
    ("agent", "supervisord"),
)
"""Which parts of a node stand still together; never supervisord with its shim: nothing could act then."""
LONG_PAUSE = 40.0
"""Seconds: ten leases."""
WEATHERS = ((0.1, 0.0, 0.0), (0.2, 0.0, 0.0), (0.0, 0.2, 0.1))
"""Loss of 1, delay and jitter in seconds."""

KINDS = {
    "part": "a host is cut off",
    "one_way": "a host is only heard, or only hears",
    "bridge": "two hosts meet only through the third",
    "ring": "no host reaches another",
    "pause": "parts of a node stand still",
    "kill": "parts of a node are killed",
    "programs": "programs are killed or stand still, and a part of their node with them",
    "power_cut": "a host loses its power",
    "weather": "packets are lost, or late",
}
"""The faults of both engines."""
OF_ETCD = {"leaders": "the master and etcd's leader die", "member": "one etcd dies, or a majority"}


class Storm:
    """One schedule of faults."""

    def __init__(self, cluster: Machines, seed: int, only: str = "") -> None:
        """`only`: the one kind of fault that is wanted."""
        self._cluster = cluster
        self._only = only
        self._chance = random.Random(seed)
        self._seed = seed
        self._elsewhere: list[float] = []
        self._convicted = 0

    def blow(self, seconds: float) -> Iterator[Round]:
        """Rounds until the time is over; each one is finished.

        Raises:
            AssertionError: the cluster did not become whole again.
        """
        end = time.monotonic() + seconds
        kinds = [*KINDS, *OF_ETCD] if self._cluster.engine is Engine.ETCD else [*KINDS]
        faults: list[Callable[[], str]] = [
            getattr(self, f"_{kind}") for kind in kinds if self._only in ("", kind)
        ]
        number = 0
        while time.monotonic() < end:
            number += 1
            self._elsewhere = []
            starts = self._cluster.judge.starts
            self._operate()
            what = self._chance.choice(faults)()
            self._cluster.network.heal()
            healed = self._cluster.healed(what, HEALS_WITHIN)
            twice = self._cluster.convict()
            overlap = sum(one.length for one in self._cluster.judge.overlaps()[self._convicted :])
            new, self._convicted = twice[self._convicted :], len(self._cluster.judge.overlaps())
            yield Round(
                engine=self._cluster.engine.value,
                seed=self._seed,
                number=number,
                what=what,
                healed=round(healed, 3),
                elsewhere=tuple(round(each, 3) for each in self._elsewhere),
                starts=self._cluster.judge.starts - starts,
                overlap_ms=round(overlap * 1000, 1),
                violations=tuple(new),
            )

    def _operate(self) -> None:
        """An operator starts or stops an item somewhere, whatever comes of it."""
        console, item = self._chance.choice(CONSOLES), self._chance.choice(HCI)
        action = self._chance.choice(("start", "start", "stop"))
        self._cluster.request(action, item, console, timeout=5.0)

    def _meanwhile(self, seconds: float, lost: int | None = None, since: float | None = None) -> None:
        """While it is broken, two consoles ask for one item at once, and those srv that move are timed.

        `since`: when it was broken (CLOCK_BOOTTIME); now if not given.
        """
        since = boottime() if since is None else since
        end = time.monotonic() + seconds
        item = self._chance.choice(HCI)
        for console in self._chance.sample(CONSOLES, 2):
            self._cluster.request("start", item, console, timeout=0.6)
        # It stays broken for as long as the storm has drawn: what comes of it is asked afterwards.
        time.sleep(max(0.0, end - time.monotonic()))
        for name in SRV:
            begun = self._cluster.witness.stamps(f"{name}:scen2_internal_data_bus", since, "start")
            if begun and lost is not None and host_of(begun[0].node) != lost:
                self._elsewhere.append(begun[0].at - since)

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

    def _ring(self) -> str:
        seconds = self._a_while()
        self._cluster.network.part(*([host] for host in HOSTS))
        self._meanwhile(seconds)
        return f"all hosts apart for {seconds:.1f} s"

    def _weather(self) -> str:
        loss, delay, jitter = weather = self._chance.choice(WEATHERS)
        seconds = self._a_while() + 6.0
        self._cluster.network.everywhere(weather)
        self._meanwhile(seconds)
        what = f"{loss:.0%} loss" if loss else f"{delay * 1000:.0f} ± {jitter * 1000:.0f} ms delay"
        return f"{what} for {seconds:.1f} s"

    def _programs(self) -> str:
        """Those of one application, its bus among them, and a part of their node with them."""
        name = self._chance.choice(SRV)
        lives = self._cluster.live(name)
        if not lives:
            return f"{name} runs nowhere"
        node = lives[0].node
        pids = [one.pid for one in lives if one.namespec.endswith("internal_data_bus")]
        pids += [one.pid for one in lives if one.pid not in pids and self._chance.random() < 0.5]
        what = f"{len(pids)} programs of {name} on {node}"
        part = self._chance.choice(("agent", "supervisord", "shim", ""))
        if part and (pid := getattr(node_of(self._cluster.status(), node).pids, part)):
            pids.append(pid)
            what += f" and its {part}"
        if self._chance.random() < 0.5:
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self._meanwhile(1.0)
            return f"kill -9 of {what}"
        seconds = self._a_while()
        with frozen(pids):
            self._meanwhile(seconds)
        return f"{what} paused for {seconds:.1f} s"

    def _pause(self) -> str:
        node, seconds = self._chance.choice(SERVERS + CONSOLES), self._a_while()
        if self._chance.random() < 0.1:
            seconds = LONG_PAUSE
        parts = self._chance.choice(PAUSED)
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
        status = self._cluster.status()
        carrying = {host_of(node) for name in SRV for node in application(status, name).nodes}
        host = self._chance.choice(sorted(carrying) or HOSTS)
        leads = status.master is not None and host_of(status.master.node) == host
        at = self._cluster.kill_host(host)
        # Longer than a lease, so that what moved can be timed.
        self._meanwhile(6.0, host, at)
        self._cluster.network.heal()
        self._cluster.switch_on(host)
        whose = ", the master's," if leads else ""
        return f"power cut of host {host}{whose} with {' and '.join(nodes_of(host))}"

    def _leaders(self) -> str:
        """The master's agent and the leader of etcd die together, wherever each of them is."""
        status = self._cluster.status()
        member = self._cluster.leading_member()
        self._cluster.kill_member(member)
        master = "no master"
        if status.master is not None:
            master = status.master.node
            if pid := node_of(status, master).pids.agent:
                os.kill(pid, signal.SIGKILL)
        seconds = self._a_while()
        self._meanwhile(seconds)
        self._cluster.start_member(member)
        return f"kill -9 of the agent of {master}, and for {seconds:.1f} s of etcd's leader, on host {member}"

    def _member(self) -> str:
        """One etcd dies, or a majority."""
        hosts = self._chance.sample(HOSTS, self._chance.choice((1, 2)))
        seconds = self._a_while()
        for host in hosts:
            self._cluster.kill_member(host)
        self._meanwhile(seconds)
        for host in hosts:
            self._cluster.start_member(host)
        return f"kill -9 of etcd on {' and '.join(f'host {host}' for host in hosts)} for {seconds:.1f} s"
