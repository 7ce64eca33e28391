"""Storms that add up: `python -m tests.faults [--minutes M] [--seed S] [--engine E] …`.

It needs root. Each run takes the seed after the engine's last one in the results file, if none is given, and
adds its rounds to the file. The report of all of them is printed, and written beside it as HTML. Exit
code 1 if anything is violated, or a fault cannot be made.
"""

from __future__ import annotations

import argparse
import sys
import time
from importlib.metadata import version
from pathlib import Path

import msgspec

from tuiconsole.settings.cluster import Engine
from tuiconsole.settings.timing import PROFILES

from .machines import machines, obstacle
from .results import Round, add, load, report, summary
from .storm import KINDS, OF_ETCD, Storm

SEED_MINUTES = 10.0
"""A cluster lives that long at most; then the next seed has a new one."""


def storm(
    seed: int, seconds: float, results: Path, engine: Engine, only: str = "", profile: str = "default"
) -> bool:
    """One seed on a new cluster. False if something was violated."""
    last = Round(seed, 0, "the first start", engine=engine.value)
    with machines(engine, settings=f'[timing]\nprofile = "{profile}"') as cluster:
        try:
            for one in Storm(cluster, seed, only).blow(seconds):
                last = msgspec.structs.replace(one, version=version("tuiconsole"))
                add(results, last)
                print(last, flush=True)
                if last.violations:
                    return False
        except AssertionError as error:
            story = f"{error}\n{cluster.last_words()}"
            failed = Round(seed, last.number + 1, "not whole again", violations=(story,), engine=engine.value)
            add(results, failed)
            print(failed, flush=True)
            return False
    return True


def main() -> int:
    """Blow for the time that is wanted."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--engine", choices=[one.value for one in Engine], default="embedded")
    parser.add_argument("--results", type=Path, default=Path("faults.jsonl"))
    parser.add_argument("--only", choices=[*KINDS, *OF_ETCD], default="", help="one kind of fault")
    parser.add_argument("--profile", choices=[*PROFILES], default="default", help="of the timings")
    wanted = parser.parse_args()
    engine = Engine(wanted.engine)
    if why := obstacle(engine):
        print(f"the faults cannot be made: {why}", file=sys.stderr)
        return 1
    before = load(wanted.results)
    seeds = [one.seed for one in before if one.engine == wanted.engine]
    seed = wanted.seed if wanted.seed is not None else max(seeds, default=0) + 1
    end = time.monotonic() + wanted.minutes * 60
    kept = True
    while (left := end - time.monotonic()) > 0:
        seconds = min(left, SEED_MINUTES * 60)
        kept = storm(seed, seconds, wanted.results, engine, wanted.only, wanted.profile) and kept
        seed += 1
    rounds = load(wanted.results)
    print(summary(rounds))
    wanted.results.with_suffix(".html").write_text(report(rounds), "utf-8")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
