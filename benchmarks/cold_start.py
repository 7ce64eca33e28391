"""From the start of the demo to three running scen2_srv, less the scripted waits."""

from __future__ import annotations

from benchmarks.bench_cluster import SCRIPTED
from benchmarks.figure import Figure
from tests.live.cluster import running

WAIT = 1.0
TIMES = 5


def measure() -> list[Figure]:
    found = []
    for _ in range(TIMES):
        with running(str(WAIT)) as cluster:
            found.append(cluster.ready_at - cluster.started_at - SCRIPTED * WAIT)
    return [Figure("cold start beyond the scripted waits", found, "s", 2.0, 4.0)]
