"""Where the demo listens: loopback addresses of this worker, so that several workers can test at once."""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests import worker

_OF_THE_DEMO = "127.0.0."
"""As rules/scenario_*/tuiconsole.toml have it."""
NETWORK = f"127.0.{100 + worker.NUMBER}." if worker.NAME else _OF_THE_DEMO
"""The first three parts of this worker's addresses; the demo's own ones where there is but one worker."""
HOSTS = {f"{kind}_{n}": f"{NETWORK}1{n}" for kind in ("server", "console") for n in (1, 2, 3)}


def move(file: Path) -> None:
    """Give the machines of a scenario's cluster file the addresses of this worker."""
    file.write_text(file.read_text().replace(_OF_THE_DEMO, NETWORK))


@contextlib.contextmanager
def addresses(whose: str = worker.NAME) -> Iterator[None]:
    """One's turn on a worker's addresses ("": the demo's own), which only one cluster at once can have."""
    path = Path(tempfile.gettempdir()) / f"tuiconsole-live{whose}.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
