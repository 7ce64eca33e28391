"""Nothing is touched while agents come and go: a rolling upgrade, and masters killed under load."""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from tuiconsole.clock import boottime
from tuiconsole.model.requests import Outcome, Verdict
from tuiconsole.model.states import ClusterState

from .cluster import CONSOLES, HCI, SERVERS, Cluster, calm, node_of
from .desk import Desk

pytestmark = pytest.mark.live

KILLS = int(os.environ.get("MASTER_KILLS", "5"))
"""How many masters are killed; 200 for the long run."""


@contextlib.contextmanager
def busy_processors() -> Iterator[None]:
    """A process that never rests for each processor."""
    burners = [
        subprocess.Popen([sys.executable, "-S", "-c", "while True: pass"]) for _ in range(os.cpu_count() or 1)
    ]
    try:
        yield
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()


@contextlib.contextmanager
def a_console_that_asks(cluster: Cluster, item: str, console: str) -> Iterator[list[Outcome]]:
    """Starts and stops an item again and again; the outcomes, in their order."""
    outcomes: list[Outcome] = []
    stop = threading.Event()

    def ask() -> None:
        with contextlib.closing(Desk(cluster.config, console)) as desk:
            while not stop.is_set():
                for action in ("start", "stop"):
                    outcomes.extend(desk.act(action, item, timeout=20.0))

    asker = threading.Thread(target=ask)
    asker.start()
    try:
        yield outcomes
    finally:
        stop.set()
        asker.join()


def test_a_rolling_upgrade_touches_nothing_while_a_console_asks(cluster: Cluster) -> None:
    for item, console in zip(HCI[:2], CONSOLES[:2], strict=True):
        cluster.start(item, console)
    before, old = cluster.pids(), cluster.status()
    with a_console_that_asks(cluster, HCI[2], "console_3") as outcomes:
        # The console that asks comes last, when it asks no more: its own line is its agent.
        for node in (*SERVERS, *CONSOLES[:2]):
            done = cluster.cli("agent", "--handover", node=node)
            assert done.returncode == 0, f"{node}: {done}"
    assert cluster.cli("agent", "--handover", node="console_3").returncode == 0
    # Whoever answers may not have heard the last new agent yet: calm is what it saw of the one before.
    status = cluster.wait_until(
        lambda s: (
            calm(s)
            and all(
                node_of(s, node).pids.agent != node_of(old, node).pids.agent for node in (*SERVERS, *CONSOLES)
            )
        ),
        "calm after the upgrade, with a new agent on each node",
    )
    for node in (*SERVERS, *CONSOLES):
        was, now = node_of(old, node).pids, node_of(status, node).pids
        assert (now.shim, now.supervisord) == (was.shim, was.supervisord), node
    after = cluster.pids()
    assert {key: after.get(key) for key in before} == before
    assert len(outcomes) > 2
    assert {outcome.verdict for outcome in outcomes} == {Verdict.DONE}, outcomes
    assert cluster.witness.doubles() == []


@pytest.mark.alone
def test_masters_that_are_killed_under_load_touch_no_application(cluster: Cluster) -> None:
    for item, console in zip(HCI, CONSOLES, strict=True):
        cluster.start(item, console)
    before = cluster.pids()
    took: list[float] = []
    back: list[float] = []
    with busy_processors():
        # One at a time: a dead agent's node counts as RUNNING until its lease is over, and until the next
        # agent is up, the death of a second core node leaves no majority, which stops what it must.
        killed, its_agent, since = SERVERS[0], 0, 0.0
        for number in range(KILLS):
            status = cluster.wait_until(
                lambda s: calm(s) and node_of(s, killed).pids.agent != its_agent,  # noqa: B023  it is called here only
                f"calm before kill {number}, with a new agent on {killed}",
                node="console_1",
            )
            if took:
                back.append(boottime() - since)
            master = status.master
            assert master is not None
            killed, its_agent = master.node, node_of(status, master.node).pids.agent
            since = cluster.kill(killed, "agent")
            cluster.wait_until(
                lambda s: (
                    s.state is ClusterState.OPERATION and s.master is not None and s.master.term > master.term  # noqa: B023  it is called here only
                ),
                f"a new master after kill {number}",
                node="console_1",
            )
            took.append(boottime() - since)
            assert cluster.pids() == before, (
                f"kill {number} of {master.node}; the agents before were back after {back} s"
            )
        cluster.wait_until(calm, "calm at the end", node="console_1")
    print(
        f"{KILLS} masters killed; a new one after {statistics.median(took):.2f} s (median), {max(took):.2f} s"
    )
    assert cluster.pids() == before
    assert cluster.witness.doubles() == []
