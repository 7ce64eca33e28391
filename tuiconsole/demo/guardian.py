"""Outlives the demo, to end what it has started: also after kill -9, which nobody can catch.

It is a process of its own session and reads a pipe from the demo. The pipe's end is the demo's end; then it
kills all that bears the demo's tag, and removes the run directories, and a folder made for this demo alone.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tuiconsole.demo.folder import remove
from tuiconsole.demo.tagged import kill_all

_READY = b"r"
_ENDS_WITHIN = 15.0


class Guardian:
    """The demo's side: started before anything else, let go after all else has ended."""

    def __init__(self, tag: str, folders: Sequence[Path], run_dirs: Sequence[Path]) -> None:
        words = [*map(str, folders), "--", *map(str, run_dirs)]
        read, self._write = os.pipe2(os.O_CLOEXEC)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tuiconsole.demo.guardian", tag, *words],
                stdin=read,
                stdout=subprocess.PIPE,
                start_new_session=True,
            )
        finally:
            os.close(read)
        assert self._process.stdout is not None
        with self._process.stdout as answer:
            if answer.read(1) != _READY:
                raise OSError("the demo's guardian cannot be started")

    def let_go(self) -> None:
        """Tell it that the demo has ended, and wait until nothing is left."""
        os.close(self._write)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_ENDS_WITHIN)


def main(tag: str, words: Sequence[str]) -> int:
    """Wait for the demo's end, then end the rest; `words` are its folders, `--`, its run directories."""
    divide = words.index("--")
    folders, run_dirs = words[:divide], words[divide + 1 :]
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    os.write(1, _READY)
    os.close(1)
    while os.read(0, 64):
        pass
    left = kill_all(tag)
    if not left:
        remove([*map(Path, folders), *(path for path in map(Path, run_dirs) if not in_use(path))])
        for parent in {Path(path).parent for path in run_dirs}:
            with contextlib.suppress(OSError):
                parent.rmdir()
    return bool(left)


def in_use(run_dir: Path) -> bool:
    """True if a shim lives there: that of an agent which someone has started beside the demo."""
    try:
        descriptor = os.open(run_dir / "shim.lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
