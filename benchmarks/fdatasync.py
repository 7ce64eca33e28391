"""What this machine's disk adds to each promise and each value: one fdatasync of a small file."""

from __future__ import annotations

import os
import tempfile
import time

from benchmarks.figure import Figure

TIMES = 300
BYTES = 8192
"""About the size of Scenario 2's ledger."""


def measure() -> list[Figure]:
    found = []
    with tempfile.NamedTemporaryFile() as file:
        descriptor = file.fileno()
        data = os.urandom(BYTES)
        for _ in range(TIMES):
            os.pwrite(descriptor, data, 0)
            begun = time.monotonic()
            os.fdatasync(descriptor)
            found.append((time.monotonic() - begun) * 1000)
    return [Figure(f"fdatasync of {BYTES} bytes", found, "ms", share=0.99)]
