"""`tuiconsole --help` as a whole process."""

from __future__ import annotations

import subprocess
import time

from benchmarks.figure import Figure
from tests.live.cluster import COMMAND

TIMES = 30


def measure() -> list[Figure]:
    found = []
    for _ in range(TIMES + 1):
        begun = time.monotonic()
        subprocess.run([COMMAND, "--help"], check=True, stdout=subprocess.DEVNULL)
        found.append(time.monotonic() - begun)
    # The first one reads the files from the disk.
    return [Figure("tuiconsole --help", found[1:], "s", 0.1, 0.15)]
