"""`tuiconsole status --json` as a whole process."""

from __future__ import annotations

import time

from benchmarks.bench_cluster import measured
from benchmarks.figure import Figure

TIMES = 20


def measure() -> list[Figure]:
    found = []
    with measured() as cluster:
        for _ in range(TIMES + 1):
            begun = time.monotonic()
            answer = cluster.cli("status", "--json")
            found.append(time.monotonic() - begun)
            assert answer.returncode == 0, answer
    # The first one reads the files from the disk.
    return [Figure("tuiconsole status --json", found[1:], "s", 0.15, 0.2)]
