"""`python -m benchmarks [NAME…]`: run all, or those that are named; exit 1 if a must is missed."""

from __future__ import annotations

import importlib
import sys

from benchmarks.figure import report

NAMES = (
    "console",
    "console_demo",
    "help_command",
    "cold_start",
    "hci_start",
    "event_latency",
    "failover",
    "master_failover",
    "status_command",
    "footprint",
    "grant",
    "fdatasync",
    "rules",
    "planning",
)


def main(names: list[str]) -> int:
    unknown = sorted(set(names) - set(NAMES))
    if unknown:
        print(f"no benchmark is named {', '.join(unknown)}; there are: {', '.join(NAMES)}", file=sys.stderr)
        return 2
    kept = True
    for name in names or NAMES:
        kept &= report(importlib.import_module(f"benchmarks.{name}").measure())
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
