"""Being asked to end, by a signal at any moment.

Not a threading.Event: the very thread that the signal interrupts may hold its lock, and then `set` in the
handler waits for ever.
"""

from __future__ import annotations

import contextlib
import os
import select


class Ending:
    """Asked once, asked for ever. `ask` may be called from a signal handler."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)

    def ask(self) -> None:
        """Ask for the end."""
        with contextlib.suppress(BlockingIOError):  # asked 65,536 times is asked
            os.write(self._write, b"e")

    @property
    def asked(self) -> bool:
        """True once the end was asked for."""
        return self.wait(0.0)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the end is asked for, at most `timeout` seconds; True if it was."""
        return bool(select.select([self._read], [], [], timeout)[0])

    def close(self) -> None:
        """Be asked no more."""
        os.close(self._read)
        os.close(self._write)
