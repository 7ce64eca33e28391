"""Replay one seed and print its story: python -m tests.simulation SEED; or try many: … FIRST LAST."""

from __future__ import annotations

import sys
import time

from tests.simulation.site import Broken, play

first = int(sys.argv[1])
last = int(sys.argv[2]) if len(sys.argv) > 2 else first
began = time.perf_counter()
broken = 0
for seed in range(first, last + 1):
    try:
        site = play(seed)
    except Broken as error:  # noqa: PERF203 (it is what is looked for)
        broken += 1
        print(error if first == last else str(error).splitlines()[0], flush=True)
    else:
        if first == last:
            print("\n".join(f"{at:7.3f}  {what}" for at, what in site.story))
print(f"{last - first + 1} seeds, {broken} broken, {time.perf_counter() - began:.1f} s")
sys.exit(broken > 0)
