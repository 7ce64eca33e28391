"""The unix stream server, in supervisord's own socket map: no client can make supervisord wait.

Requests, answers and events are lines of JSON. A client that does not read is cut when its buffer is full; a
line that is too long is refused and skipped. Sockets are closed only between two polls: the main loop still
touches a descriptor after its handler has run.
"""

from __future__ import annotations

import contextlib
import os
import socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

LINE_MAX = 1 << 20
"""Bytes of the longest request: the managed names of some ten thousand programs."""
BACKLOG_MAX = 4 << 20
"""Bytes that may wait for a client before it is cut: some ten thousand events."""
CLIENTS_MAX = 32
PATH_MAX = 107
"""Bytes of a unix socket's path (sun_path, less the terminating zero)."""


class Counters:
    """What was not silently dropped."""

    def __init__(self) -> None:
        self.malformed = 0
        self.oversized = 0
        self.cut = 0
        self.turned_away = 0
        self.faults = 0

    def as_dict(self) -> dict[str, int]:
        """For the answer to `hello`."""
        return dict(vars(self))


def listen(path: str) -> socket.socket:
    """A listening socket at `path`, for its owner only. A leftover of a dead process is replaced.

    Raises:
        OSError: the path cannot be bound.
        ValueError: the path is too long for a unix socket.
    """
    if len(os.fsencode(path)) > PATH_MAX:
        raise ValueError(
            f"the socket's path {path} is longer than {PATH_MAX} bytes; choose a shorter run directory"
        )
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)  # noqa: PTH108 (pathlib costs memory in supervisord)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    umask = os.umask(0o177)
    try:
        listener.bind(path)
    except OSError:
        listener.close()
        raise
    finally:
        os.umask(umask)
    listener.listen(16)
    listener.setblocking(False)
    return listener


class Client:
    """One connection: a dispatcher in the sense of supervisord's main loop."""

    def __init__(self, server: LineServer, sock: socket.socket) -> None:
        self._server = server
        self.socket = sock
        self.follows = False
        """True once it has said hello: events are sent to it."""
        self.open = True
        self._input = bytearray()
        self._skipping = False
        self._output = bytearray()

    def readable(self) -> bool:
        """Requests wait while answers do; supervisor's poller would look for one of both only, anyway."""
        return self.open and not self._output

    def writable(self) -> bool:
        return self.open and bool(self._output)

    def handle_read_event(self) -> None:
        """Take what has come; hand each whole line on."""
        try:
            data = self.socket.recv(1 << 16)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if not data:
            self._server.drop(self)
            return
        self._input += data
        while self.open:
            line, found, rest = self._input.partition(b"\n")
            if not found:
                break
            self._input = rest
            if self._skipping:
                self._skipping = False
            elif len(line) > self._server.line_max:
                self._server.too_long(self)
            else:
                self._server.received(self, bytes(line))
        if len(self._input) > self._server.line_max:
            self._input.clear()
            if not self._skipping:
                self._skipping = True
                self._server.too_long(self)

    def handle_write_event(self) -> None:
        """Send what waits, as far as the client takes it."""
        try:
            sent = self.socket.send(self._output)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self._server.drop(self)
            return
        del self._output[:sent]

    def handle_error(self) -> None:
        """The main loop's report of an exception in a handler."""
        self._server.counters.faults += 1
        self._server.drop(self)

    def send(self, line: bytes) -> None:
        """Queue a line and send at once what can be sent; cut the client if too much waits."""
        if not self.open:
            return
        idle = not self._output
        self._output += line
        if idle:
            self.handle_write_event()
        if len(self._output) > self._server.backlog_max:
            self._server.counters.cut += 1
            self._server.drop(self)


class LineServer:
    """Accepts clients and passes their lines to `on_line`; itself the dispatcher of the listening socket."""

    def __init__(
        self,
        listener: socket.socket,
        on_line: Callable[[Client, bytes], None],
        on_oversized: Callable[[Client], None],
        *,
        line_max: int = LINE_MAX,
        backlog_max: int = BACKLOG_MAX,
    ) -> None:
        self._listener = listener
        self._on_line = on_line
        self._on_oversized = on_oversized
        self.line_max = line_max
        self.backlog_max = backlog_max
        self.counters = Counters()
        self.clients: list[Client] = []
        self._dead: list[Client] = []
        self._map: dict[int, Any] = {}

    @property
    def fileno(self) -> int:
        """Descriptor of the listening socket: it must survive supervisord's reload."""
        return self._listener.fileno()

    def attach(self, socket_map: dict[int, Any]) -> None:
        """Take part in a main loop."""
        self._map = socket_map
        socket_map[self.fileno] = self

    def detach(self) -> None:
        """Leave the main loop and drop the clients; the listening socket stays open and holds new ones."""
        self._map.pop(self.fileno, None)
        for client in list(self.clients):
            self.drop(client)
        self.bury(None)

    def publish(self, line: bytes) -> None:
        """Send an event to all who follow."""
        for client in list(self.clients):
            if client.follows:
                client.send(line)

    def drop(self, client: Client) -> None:
        """Part with a client. Its socket is closed by the next `bury`."""
        if client.open:
            client.open = False
            self._map.pop(client.socket.fileno(), None)
            self.clients.remove(client)
            self._dead.append(client)

    def bury(self, poller: Any) -> None:
        """Close the sockets of dropped clients; called between two rounds of the main loop."""
        while self._dead:
            sock = self._dead.pop().socket
            fd = sock.fileno()
            if poller is not None:
                if fd in poller.readables:
                    poller.unregister_readable(fd)
                if fd in poller.writables:
                    poller.unregister_writable(fd)
            sock.close()

    def received(self, client: Client, line: bytes) -> None:
        """A whole line has come."""
        self._on_line(client, line)

    def too_long(self, client: Client) -> None:
        """A line has grown beyond `line_max`; what follows up to its end is skipped."""
        self.counters.oversized += 1
        self._on_oversized(client)

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return False

    def handle_read_event(self) -> None:
        """Accept one connection."""
        try:
            sock, _ = self._listener.accept()
        except OSError:
            return
        if len(self.clients) >= CLIENTS_MAX:
            self.counters.turned_away += 1
            sock.close()
            return
        sock.setblocking(False)
        client = Client(self, sock)
        self.clients.append(client)
        self._map[sock.fileno()] = client

    def handle_write_event(self) -> None:
        """Never wanted: see `writable`."""

    def handle_error(self) -> None:
        """The main loop's report of an exception in a handler."""
        self.counters.faults += 1
