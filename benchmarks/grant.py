"""How long the master takes to write a request where a majority keeps it: a `clear`, asked of its agent."""

from __future__ import annotations

import time

from benchmarks.bench_cluster import master_of, measured
from benchmarks.figure import Figure
from tuiconsole.model.requests import Verdict

TIMES = 200


def measure() -> list[Figure]:
    found = []
    with measured() as cluster:
        desk = cluster.desk(master_of(cluster.status()))
        desk.status()
        for _ in range(TIMES):
            begun = time.monotonic()
            (outcome,) = desk.act("clear", "scen2_hci_01")
            found.append((time.monotonic() - begun) * 1000)
            assert outcome.verdict is Verdict.DONE, outcome
    return [Figure("a request written by a majority and answered", found, "ms", share=0.99)]
