"""The console on the live demo, in a real pseudo-terminal: at rest, and from a change to its painting."""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import closing

import psutil

from benchmarks.bench_cluster import measured
from benchmarks.figure import Figure
from tests.live.cluster import COMMAND, Cluster
from tests.live.desk import Desk
from tests.live.terminal import Terminal, terminal
from tuiconsole.clock import boottime
from tuiconsole.model.requests import Action
from tuiconsole.model.states import ApplicationState

NAME = "scen2_hci_01"
NODE = "console_1"
CYCLES = 30
"""Starts and stops. The change to STARTING is timed; a stop may be over before there is another picture."""
REST = 30.0
"""Seconds at rest."""
SETTLED = 5.0
_WORD = b"STARTING"
"""What the screen shows nowhere but with that state."""


def measure() -> list[Figure]:
    with measured("0.3") as cluster:
        command = (COMMAND, "-c", str(cluster.config), "--node", NODE)
        with terminal(*command) as screen:
            screen.until(b"OPERATION")
            _drain(screen, SETTLED)
            used = _rest(screen)
            painted = _changes(screen, cluster)
    return [
        Figure("console on the demo: processor at rest", [used], "% of a core", 1.0, 2.0),
        Figure("console on the demo: change to painted", painted, "ms", 40.0, 60.0, share=0.99),
    ]


def _rest(screen: Terminal) -> float:
    process = psutil.Process(screen.pid)
    before, began = process.cpu_times(), boottime()
    _drain(screen, REST)
    after = process.cpu_times()
    return (after.user + after.system - before.user - before.system) / (boottime() - began) * 100


def _changes(screen: Terminal, cluster: Cluster) -> list[float]:
    """Milliseconds from the word of a change at a follower of the same agent to its painting."""
    heard: deque[tuple[float, ApplicationState]] = deque()
    done = threading.Event()

    def follow() -> None:
        with closing(Desk(cluster.config, NODE)) as desk:
            last = None
            for status in desk.follow(NODE):
                if done.is_set():
                    return
                state = (
                    next((one.state for one in status.applications if one.name == NAME), None)
                    if status
                    else None
                )
                if state is not None and state is not last:
                    heard.append((boottime(), state))
                    last = state

    follower = threading.Thread(target=follow, name="follower")
    follower.start()
    found: list[float] = []
    try:
        with closing(Desk(cluster.config, NODE)) as desk:
            for _ in range(CYCLES):
                heard.clear()
                asking = threading.Thread(target=desk.act, args=(Action.START, NAME))
                asking.start()
                painted = screen.until(_WORD)
                asking.join()
                _drain(screen, 0.5)
                found += [
                    1000 * max(0.0, painted - at) for at, was in heard if was is ApplicationState.STARTING
                ]
                desk.act(Action.STOP, NAME)
                _drain(screen, 0.5)
    finally:
        done.set()
        follower.join()
    return found


def _drain(screen: Terminal, seconds: float) -> None:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        screen.read(left)
