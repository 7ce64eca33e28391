"""How long the master takes to write what it decides where a majority keeps it, on each engine.

A `clear` asked of the master's own agent is one such write and its answer. The start of an hci is timed from
the console's request until the console hears that it is granted: the grant is written by then.
"""

from __future__ import annotations

import time

from benchmarks.bench_cluster import Cluster, Engine, engines, master_of, measured
from benchmarks.figure import Figure
from tests.live.cluster import CONSOLES
from tuiconsole.model.requests import Outcome, Verdict

TIMES = 200
STARTS = 60
GOALS = {Engine.EMBEDDED: 10.0, Engine.ETCD: 15.0}
"""Milliseconds, of the median of the grant of a start."""
HCI = "scen2_hci_01"


def measure() -> list[Figure]:
    figures = []
    for engine in engines():
        with measured("0", engine) as cluster:
            figures += [_cleared(cluster, engine), _granted(cluster, engine)]
    return figures


def _cleared(cluster: Cluster, engine: Engine) -> Figure:
    found = []
    desk = cluster.desk(master_of(cluster.status()))
    desk.status()
    for _ in range(TIMES):
        begun = time.monotonic()
        (outcome,) = desk.act("clear", HCI)
        found.append((time.monotonic() - begun) * 1000)
        assert outcome.verdict is Verdict.DONE, outcome
    return Figure(f"{engine.value}: a request written and answered", found, "ms", share=0.99)


def _granted(cluster: Cluster, engine: Engine) -> Figure:
    found = []
    for number in range(STARTS):
        desk = cluster.desk(CONSOLES[number % 3])
        begun = time.monotonic()
        steps = desk.steps("start", HCI)
        next(steps)
        found.append((time.monotonic() - begun) * 1000)
        *_, outcome = steps
        assert isinstance(outcome, Outcome)
        assert outcome.verdict is Verdict.DONE, outcome
        desk.act("stop", HCI)
    goal = GOALS[engine]
    return Figure(f"{engine.value}: a start granted", found, "ms", goal, 2 * goal)
