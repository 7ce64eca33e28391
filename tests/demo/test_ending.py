"""A signal asks for the end at any moment, also while the end is waited for, and is heard."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from tuiconsole.demo.ending import Ending

ROOT = Path(__file__).parents[2]

STORM = """
import os, signal, sys, threading
from tuiconsole.demo.ending import Ending
ending = Ending()
signal.signal(signal.SIGTERM, lambda number, frame: ending.ask())
parent = os.getpid()
if os.fork() == 0:
    for _ in range(20_000):
        os.kill(parent, signal.SIGTERM)
    os._exit(0)
while not ending.asked:
    pass
for _ in range(20_000):
    assert ending.wait(1.0)
os.wait()
print("heard")
"""


def test_it_is_asked_once_and_stays_asked() -> None:
    ending = Ending()
    began, asked = time.monotonic(), ending.asked
    assert not asked
    assert not ending.wait(0.02)
    assert time.monotonic() - began >= 0.02
    ending.ask()
    assert ending.asked
    assert ending.wait()
    assert ending.wait(5.0)
    ending.close()


def test_a_storm_of_signals_never_catches_the_waiter_with_a_lock() -> None:
    done = subprocess.run(
        [sys.executable, "-c", STORM], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.stdout == "heard\n", done.stderr
    assert done.returncode == 0
