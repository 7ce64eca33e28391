"""A program in a real pseudo-terminal: keys in, what is drawn out."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import tempfile
import termios
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tuiconsole.clock import boottime

SIZE = (120, 35)
_MODERN = {"TERM": "xterm-256color", "LANG": "C.UTF-8", "COLORTERM": "truecolor"}
_ESCAPES = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07]*\x07|[()][A-Z0-9]|[=>])")


class Terminal:
    """A program in a pseudo-terminal of its own."""

    def __init__(self, *command: str, home: str, environment: Mapping[str, str]) -> None:
        self.began = boottime()
        self.drawn = b""
        """All that it has written, without escape sequences."""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(_MODERN, **environment)
            os.environ.update(XDG_STATE_HOME=home, XDG_CONFIG_HOME=home)
            os.execv(command[0], command)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", SIZE[1], SIZE[0], 0, 0))

    def read(self, within: float) -> bytes:
        """What comes next; nothing if nothing does."""
        if not select.select([self.fd], [], [], max(0.0, within))[0]:
            return b""
        try:
            return os.read(self.fd, 65_536)
        except OSError:
            return b""

    def until(self, words: bytes, within: float = 20.0) -> float:
        """When these words were there, seconds since boot; what else is written is passed over."""
        seen, end = b"", boottime() + within
        while boottime() < end:
            new = self.read(0.1)
            self.drawn += _ESCAPES.sub(b"", new)
            seen = seen[-2_000:] + new
            if words in _ESCAPES.sub(b"", seen):
                return boottime()
        raise AssertionError(f"{words!r} was never shown")

    def press(self, keys: bytes) -> None:
        """Type this."""
        os.write(self.fd, keys)

    def end(self) -> None:
        """Quit by Ctrl+Q, which also a prompt or dialog lets through; what does not end is killed."""
        os.write(self.fd, b"\x11")
        end = time.monotonic() + 8
        while os.waitpid(self.pid, os.WNOHANG)[0] == 0:
            self.read(0.05)
            if time.monotonic() > end:
                os.kill(self.pid, signal.SIGKILL)
                end += 8
        os.close(self.fd)


@contextmanager
def terminal(*command: str, **environment: str) -> Iterator[Terminal]:
    """A program in a terminal of today, but for what `environment` says."""
    home = tempfile.mkdtemp(prefix="tc")
    screen = Terminal(*command, home=home, environment=environment)
    try:
        yield screen
    finally:
        screen.end()
        shutil.rmtree(home)
