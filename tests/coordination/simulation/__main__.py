"""Replay seeds: `python -m tests.coordination.simulation SEED [MUTANT]`, or `FROM-TO` for many."""

from __future__ import annotations

import sys
from contextlib import nullcontext

from tests.coordination.simulation.mutants import MUTANTS, planted
from tests.coordination.simulation.scenario import play


def main(arguments: list[str]) -> int:
    if not arguments or (len(arguments) > 1 and arguments[1] not in MUTANTS):
        print(__doc__)
        print("mutants:", *MUTANTS, sep="\n  ")
        return 2
    first, _, last = arguments[0].partition("-")
    with planted(arguments[1]) if len(arguments) > 1 else nullcontext():
        for seed in range(int(first), int(last or first) + 1):
            try:
                scenario = play(seed)
            except AssertionError as broken:
                print(broken)
                return 1
            if not last:
                for at, what in scenario.story:
                    print(f"{at:7.3f}  {what}")
    print("every promise was kept")
    return 0


sys.exit(main(sys.argv[1:]))
