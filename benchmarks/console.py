"""The console in a real pseudo-terminal: first paint, events, keys, processor, memory on a great cluster."""

from __future__ import annotations

import itertools
import os
import re
import sys
import tempfile
from pathlib import Path

import psutil

from benchmarks.console_storm import MARK
from benchmarks.figure import Figure
from tests.live.terminal import Terminal, terminal
from tuiconsole.clock import boottime
from tuiconsole.demo.folder import prepare

STARTS = 7
SETTLED = 2.0
"""Seconds until it counts: what happens while the console comes up is its first paint."""
SECONDS = 40.0
KEY_EVERY = 0.4
_MARKED = re.compile(MARK.encode() + rb"(\d+\.\d{4})\.")
_PRESSES = (b"j", b"j", b"j", b":", b"\x1b")
"""Down in the matrix of items, and a prompt that is opened and left."""
_REACTION = {b":": b"ommand: a name", b"\x1b": b""}
"""What a key is answered by; empty: it is not waited for."""


def measure() -> list[Figure]:
    found = [Figure("console: first paint", _starts(), "s", 0.4, 0.6)]
    with terminal(sys.executable, "-m", "benchmarks.console_storm") as screen:
        screen.until(MARK.encode())
        process = psutil.Process(screen.pid)
        settled = boottime() + SETTLED
        while boottime() < settled:
            screen.read(0.02)
        painted, keys, used = _watch(screen, process)
        memory = process.memory_info().rss / 1e6
    what = "200 nodes, 10,000 processes, 500 changes/s"
    return [
        *found,
        Figure("console: event to painted", painted, "ms", 100.0, 150.0, share=0.99, note=what),
        Figure("console: key to reaction", keys, "ms", 30.0, 50.0, share=0.99),
        Figure("console: processor", [used], "% of a core", 25.0, 40.0),
        Figure(
            "console: memory",
            [memory],
            "MB",
            150.0,
            180.0,
            note="with the benchmark's 8 statuses",
        ),
    ]


def _starts() -> list[float]:
    """From the command to the header, with no agent there: it says so."""
    with tempfile.TemporaryDirectory(prefix="tc") as folder:
        cluster = prepare(Path(folder) / "d")
        command = (sys.executable, "-m", "tuiconsole", "-c", str(cluster.file), "--node", "console_1")
        times = []
        for _ in range(STARTS):
            with terminal(*command) as screen:
                times.append(screen.until(b"NOT CONNECTED") - screen.began)
        return times


def _watch(screen: Terminal, process: psutil.Process) -> tuple[list[float], list[float], float]:
    """Milliseconds from events to their painting and from keys to what they do; the processor's share."""
    painted: list[float] = []
    keys: list[float] = []
    seen: set[bytes] = set()
    presses = itertools.cycle(_PRESSES)
    tail, expected, pressed, due, moves = b"", b"", 0.0, boottime() + 1, 0
    began, before = boottime(), process.cpu_times()
    while boottime() - began < SECONDS:
        tail = tail[-300:] + screen.read(0.02)
        now = boottime()
        for mark in _MARKED.findall(tail):
            if mark not in seen and float(mark) > began:
                seen.add(mark)
                painted.append((now - float(mark)) * 1000)
        if pressed and expected in tail:
            keys.append((now - pressed) * 1000)
            pressed, due = 0.0, now + KEY_EVERY
        elif not pressed and now >= due:
            key = next(presses)
            moves += key == b"j"
            expected = _REACTION.get(key, b" line_%03d " % moves)
            os.write(screen.fd, key)
            pressed, due = (boottime(), due) if expected else (0.0, now + KEY_EVERY)
            tail = b""
    after = process.cpu_times()
    used = (after.user + after.system - before.user - before.system) / (boottime() - began) * 100
    return painted, keys, used
