"""Read what the witnesses wrote: `evidence.py FOLDER` prints every double and exits 1 if there is one.

Two kinds count: a program that found its lock held, and two runs of one application that overlapped on
two nodes.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

COMMON_BUS = "common_data_bus"


class Run(NamedTuple):
    """One life of one program. Times are seconds of CLOCK_BOOTTIME; `end` is infinite while it lives."""

    namespec: str
    node: str
    pid: int
    token: str | None
    start: float
    end: float | None
    """None if it was killed: it ended unseen."""


def stamps(folder: Path | str) -> list[dict[str, Any]]:
    """All stamps of a folder, oldest first. A line that a killed process left half written is left out."""
    lines = [
        (path, line)
        for path in Path(folder).glob("*.stamps")
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    found = [stamp for path, line in lines if (stamp := _stamp(path, line))]
    return sorted(found, key=lambda stamp: stamp["at"])


def _stamp(path: Path, line: str) -> dict[str, Any] | None:
    try:
        return dict(json.loads(line))
    except ValueError:
        print(f"{path}: half a stamp: {line[:60]!r}", file=sys.stderr)
        return None


def runs(lines: Iterable[dict[str, Any]]) -> list[Run]:
    """The lives that the stamps tell of, in the order of their starts."""
    ends: dict[tuple[str, int], list[float]] = {}
    starts = []
    for stamp in lines:
        key = (stamp["namespec"], stamp["pid"])
        if stamp["event"] == "start":
            starts.append(stamp)
        elif stamp["event"] == "end":
            ends.setdefault(key, []).append(stamp["at"])
    lives = []
    for stamp in starts:
        later = [at for at in ends.get((stamp["namespec"], stamp["pid"]), []) if at >= stamp["at"]]
        end: float | None = min(later) if later else None
        if end is None and is_alive(stamp["pid"], stamp["namespec"]):
            end = float("inf")
        lives.append(Run(stamp["namespec"], stamp["node"], stamp["pid"], stamp["token"], stamp["at"], end))
    return lives


def is_alive(pid: int, namespec: str) -> bool:
    """True if that process lives and still is that program (its command line ends with the namespec)."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return namespec.partition("@")[0].encode() in words


def doubles(folder: Path | str) -> list[str]:
    """One line for each double."""
    lines = stamps(folder)
    found = [
        f"{stamp['namespec']}: pid {stamp['pid']} on {stamp['node']} started while {stamp['holder']} ran"
        for stamp in lines
        if stamp["event"] == "double"
    ]
    applications: dict[str, list[Run]] = {}
    for run in runs(lines):
        group = run.namespec.partition(":")[0]
        if group != COMMON_BUS:
            applications.setdefault(group, []).append(run)
    for group, lives in sorted(applications.items()):
        found += [f"{group}: {text}" for text in _overlaps(lives)]
    return found


def _overlaps(lives: list[Run]) -> list[str]:
    found = []
    running: list[Run] = []
    for run in lives:
        running = [other for other in running if other.end is not None and other.end > run.start]
        found += [
            f"{run.namespec} started on {run.node} while {other.namespec} ran on {other.node}"
            for other in running
            if other.node != run.node
        ]
        running.append(run)
    return found


def main() -> int:
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        print("usage: evidence.py FOLDER", file=sys.stderr)
        return 2
    found = doubles(sys.argv[1])
    for line in found:
        print(line)
    print(f"{len(found)} doubles in {len(stamps(sys.argv[1]))} stamps", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
