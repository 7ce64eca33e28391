"""A main loop that wakes when something happens.

A stock supervisord polls with 1 s: a signal does not end the poll (PEP 475), and what a state change calls
for (a restart, the delivery to a listener) waits for the round after. Three things cure it without changing
supervisor: a signal writes into a socket pair of the poll (`set_wakeup_fd`), each state event asks for one
more round, and the poll's timeout is shortened to the next moment at which supervisord has something to do by
itself.
"""

from __future__ import annotations

import contextlib
import signal
import socket
import time

from supervisor.states import ProcessStates

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

_OVERDUE = 0.05
"""Seconds: what should have happened longer ago than this waits for something else: no reason to spin."""


def next_due(processes: Iterable[Any], now: float) -> float | None:
    """Seconds until a process's startsecs, stopwaitsecs or back-off ends; None if nothing is due.

    `now` is the wall clock, because supervisord keeps these times on it.
    """
    soonest: float | None = None
    for process in processes:
        state = process.state
        if state == ProcessStates.STARTING:
            at = process.laststart + process.config.startsecs
        elif state in (ProcessStates.BACKOFF, ProcessStates.STOPPING):
            at = process.delay
        else:
            continue
        wait = at - now + 0.001  # supervisord asks for strictly later
        if wait > -_OVERDUE and (soonest is None or wait < soonest):
            soonest = wait
    return None if soonest is None else max(soonest, 0.0)


class WokenLoop:
    """Wraps the poll of one supervisord; itself the dispatcher of the waking socket."""

    def __init__(
        self,
        options: Any,
        processes: Callable[[], Iterable[Any]],
        before: Callable[[], None],
        after: Callable[[], None],
    ) -> None:
        self._options = options
        self._processes = processes
        self._before = before
        self._after = after
        self._kicked = True
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        self._poll = options.poller.poll

    def install(self) -> None:
        """Take over the poll and the signals' waking."""
        self._options.get_socket_map()[self._reader.fileno()] = self
        self._options.poller.poll = self.poll
        signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)

    def uninstall(self) -> None:
        """Give all back: supervisord ends or reloads."""
        signal.set_wakeup_fd(-1)
        self._options.get_socket_map().pop(self._reader.fileno(), None)
        self._options.poller.poll = self._poll
        self._reader.close()
        self._writer.close()

    def kick(self) -> None:
        """Do one more round without waiting."""
        self._kicked = True

    def poll(self, timeout: float) -> Any:
        """The poll that supervisord calls, once a round."""
        self._before()
        if self._kicked:
            timeout = 0
        else:
            due = next_due(self._processes(), time.time())
            if due is not None:
                timeout = min(timeout, due)
        self._kicked = False
        ready = self._poll(timeout)
        self._after()
        return ready

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return False

    def handle_read_event(self) -> None:
        """Signals have come; what they mean is supervisord's to find out."""
        with contextlib.suppress(OSError):
            while self._reader.recv(4096):
                pass

    def handle_write_event(self) -> None:
        """Never wanted: see `writable`."""

    def handle_error(self) -> None:
        """Nothing to undo."""
