"""`python -m benchmarks.console_soak --minutes 30`: a console that is left alone with a cluster in unrest.

200 nodes, 10,000 processes, 500 changes a second, applications that come and go, a log that grows, and
somebody who looks from screen to screen. Exit 0 if its memory did not grow by more than 2 % once its buffers
were full, the cursor stayed where it was put, and nothing went wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import random
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import msgspec
import psutil

from benchmarks.console_storm import Storm
from tests.live.terminal import terminal
from tuiconsole.client.session import Session
from tuiconsole.clock import boottime
from tuiconsole.console.actions import Place
from tuiconsole.console.app import ConsoleApp
from tuiconsole.console.run import calm_collector
from tuiconsole.console.screens.applications import ApplicationsScreen
from tuiconsole.console.settings import ConsoleSettings
from tuiconsole.console.subject import Kind, Subject
from tuiconsole.model.events import Severity
from tuiconsole.model.status import ClusterStatus

GROWTH = 2.0
"""Percent."""
FULL = 450.0
"""Seconds of warm-up. By 270 s all that grows up to a limit is full: the 1,200 events of the console's list
after 252 s, at one each 0.21 s; the log's 10,000 lines after 200 s, at 50 a second; each screen was seen,
after 21 s; curves have all their room at once. What Python and the C library hold in reserve for all that was
seen to be level from 430 s on. What grows after that grows without a limit, or towards one that somebody
should know of."""
LOOK_EVERY = 2.0
KEY_EVERY = 1.5
KEPT_AWAY = 5
"""Applications that are missing from each status."""
ROUND = (
    b"n",
    b"\x1b",
    b"e",
    b"\x1b",
    b"o",
    b"\x1b",
    b"A",
    b"\x1b",
    b"J",
    b"\x1b",
    b"C",
    b"\x1b",
    b"p",
    b"\x1b",
)
"""Away from the applications and back."""


class Look(msgspec.Struct, frozen=True):
    """What was seen at one moment."""

    seconds: float
    memory: float
    """Resident, MB."""
    cursor: str
    """What the cursor was on; empty while another screen was in front."""
    troubles: tuple[str, ...]
    """Faults of the console itself that were not told before, in words."""


class Unrest(Storm):
    """A storm in which applications come and go."""

    def statuses(self) -> list[ClusterStatus]:
        chance = random.Random(2)
        return [_thinned(one, chance) for one in super().statuses()]

    async def logs(
        self, namespec: str, *, stderr: bool = False, follow: bool = True, tail: int = 65536
    ) -> AsyncIterator[str]:
        del stderr, follow, tail
        for number in itertools.count():
            yield "".join(f"{namespec} line {number}.{part} of what goes on\n" for part in range(5))
            await asyncio.sleep(0.1)


def _thinned(status: ClusterStatus, chance: random.Random) -> ClusterStatus:
    away = {one.name for one in chance.sample(status.applications[:-1], KEPT_AWAY)}
    left = tuple(one for one in status.applications if one.name not in away)
    return msgspec.structs.replace(status, applications=left)


def child(looks: Path) -> None:
    """The console itself; writes a line for each look."""

    async def session() -> Session:
        return Unrest()

    calm_collector()
    app = ConsoleApp(session, cluster="unrest", settings=ConsoleSettings(screen=Place.APPLICATIONS))

    async def watch() -> None:
        began, me = boottime(), psutil.Process()
        screen = app.screen_of(Place.APPLICATIONS)
        assert isinstance(screen, ApplicationsScreen)
        while not screen.picture.applications:  # noqa: ASYNC110 - pictures are painted, nobody tells of them
            await asyncio.sleep(0.1)
        pinned = screen.picture.applications[-1].processes[3].namespec
        screen.select(Subject(Kind.PROCESS, pinned))
        told: set[str] = set()
        with looks.open("wb") as out:
            while True:
                await asyncio.sleep(LOOK_EVERY)
                cursor = screen.applications.subject.key if app.front is screen else ""
                wrong = {
                    f"{one.at} {one.text}"
                    for one in app.feed.picture().events
                    if one.kind == "console" and one.severity is Severity.MAJOR
                }
                look = Look(
                    boottime() - began, me.memory_info().rss / 1e6, cursor, tuple(sorted(wrong - told))
                )
                told |= wrong
                out.write(msgspec.json.encode(look) + b"\n")
                out.flush()

    app.call_later(lambda: app.run_worker(watch(), name="watch", exit_on_error=True))
    sys.exit(app.run() or app.return_code or 0)


def soak(minutes: float) -> tuple[Look, ...]:
    """Let it run; returns what was seen."""
    with tempfile.TemporaryDirectory(prefix="tc") as folder:
        looks = Path(folder) / "looks"
        with terminal(sys.executable, "-m", "benchmarks.console_soak", "--child", str(looks)) as screen:
            end, due, keys = boottime() + 60 * minutes, boottime() + 10, itertools.cycle(ROUND)
            while boottime() < end:
                screen.read(0.1)
                if boottime() >= due:
                    os.write(screen.fd, next(keys))
                    due += KEY_EVERY
            if not psutil.pid_exists(screen.pid):
                raise RuntimeError("the console ended by itself")
        lines = looks.read_bytes().splitlines()
    return tuple(msgspec.json.decode(line, type=Look) for line in lines)


def verdict(looks: Sequence[Look]) -> dict[str, object]:
    """What the looks say; `kept` if it is as it must be."""
    full = [one for one in looks if one.seconds >= FULL]
    part = max(1, len(full) // 10)
    first = statistics.median(one.memory for one in full[:part])
    last = statistics.median(one.memory for one in full[-part:])
    growth = 100 * (last - first) / first
    cursors = {one.cursor for one in looks if one.cursor}
    troubles = [trouble for one in looks for trouble in one.troubles]
    return {
        "minutes": round(looks[-1].seconds / 60, 1),
        "memory when full, MB": round(first, 1),
        "memory at the end, MB": round(last, 1),
        "growth, %": round(growth, 2),
        "cursors": sorted(cursors),
        "looks": len(looks),
        "troubles": troubles,
        "kept": growth <= GROWTH and len(cursors) == 1 and not troubles,
    }


def main() -> int:
    """Soak, print the verdict."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--child", type=Path)
    given = parser.parse_args()
    if given.child:
        child(given.child)
    if given.minutes * 60 < FULL + 60:
        parser.error(f"its buffers are full after {FULL / 60:g} minutes: take at least {FULL / 60 + 1:g}")
    found = verdict(soak(given.minutes))
    sys.stdout.write(json.dumps(found) + "\n")
    return 0 if found["kept"] else 1


if __name__ == "__main__":
    sys.exit(main())
