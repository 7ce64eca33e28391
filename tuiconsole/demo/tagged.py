"""All processes of one demo, found by the tag in their environment, whoever their parent is."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

VARIABLE = "TUICONSOLE_DEMO"
_ROUND = 0.05
"""Seconds between two rounds of killing."""


def tagged(tag: str) -> list[int]:
    """The living processes that bear the tag. Zombies have no environment, and are none."""
    wanted = f"{VARIABLE}={tag}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        with contextlib.suppress(OSError):
            if wanted in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
    return found


def wait_gone(tag: str, within: float) -> bool:
    """True as soon as no process bears the tag; False after `within` seconds."""
    until = time.monotonic() + within
    while tagged(tag):
        if time.monotonic() > until:
            return False
        time.sleep(_ROUND)
    return True


def kill_all(tag: str, within: float = 10.0) -> list[int]:
    """SIGKILL all that bear the tag until none is left; returns what is left after `within` seconds."""
    until = time.monotonic() + within
    left = tagged(tag)
    while left and time.monotonic() < until:
        for pid in left:
            _kill(pid, tag)
        time.sleep(_ROUND)
        left = tagged(tag)
    return left


def _kill(pid: int, tag: str) -> None:
    """Only that process: a pid that was given to another one meanwhile is left alone."""
    with contextlib.suppress(OSError):
        descriptor = os.pidfd_open(pid)
        try:
            environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
            if f"{VARIABLE}={tag}".encode() in environment:
                signal.pidfd_send_signal(descriptor, signal.SIGKILL)
        finally:
            os.close(descriptor)
