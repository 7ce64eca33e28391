"""What a start of an hci costs beyond its scripted waits, from the request to its outcome."""

from __future__ import annotations

import time

from benchmarks.bench_cluster import SCRIPTED, measured
from benchmarks.figure import Figure
from tuiconsole.model.requests import Verdict

TIMES = 15
CONSOLES = ("console_1", "console_2", "console_3")
WAITS = (0.0, 1.0)


def measure() -> list[Figure]:
    return [_with(wait) for wait in WAITS]


def _with(wait: float) -> Figure:
    found = []
    with measured(str(wait)) as cluster:
        for number in range(TIMES):
            node = CONSOLES[number % 3]
            desk = cluster.desk(node)
            desk.status()
            begun = time.monotonic()
            (outcome,) = desk.act("start", "scen2_hci_01")
            found.append((time.monotonic() - begun - SCRIPTED * wait) * 1000)
            assert outcome.verdict is Verdict.DONE, outcome
            (outcome,) = desk.act("stop", "scen2_hci_01")
            assert outcome.verdict is Verdict.DONE, outcome
    name = f"hci start beyond the scripted waits of {SCRIPTED * wait:g} s"
    return Figure(name, found, "ms", 60.0, 200.0)
