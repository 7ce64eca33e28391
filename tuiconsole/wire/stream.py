"""A ZeroMQ socket as a citizen of an asyncio loop: a callback for each message, sends that never block.

zmq.asyncio makes a future for every message; an agent that hears many nodes spends less this way. The file
descriptor is edge-triggered (zmq_getsockopt(3), ZMQ_FD): after each send and receive its events are read
again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import zmq

_BATCH = 256
"""Messages taken in one go before the loop gets its turn."""


class Stream:
    """Reads a socket within the running loop until it is closed."""

    def __init__(
        self, socket: zmq.Socket[bytes], on_message: Callable[[list[zmq.Frame]], None] | None
    ) -> None:
        self._socket = socket
        self._on_message = on_message
        self._loop = asyncio.get_running_loop()
        self._descriptor = int(socket.get(zmq.FD))
        self._again: asyncio.Handle | None = None
        self.unsent = 0
        """Messages that found no peer, or one that does not read."""
        self._loop.add_reader(self._descriptor, self._ready)
        self._look_again()

    def send(self, *frames: bytes) -> bool:
        """Send now or not at all; False if nobody can take it."""
        if self._socket.closed:
            return False
        try:
            self._socket.send_multipart(frames, zmq.NOBLOCK, copy=True)
        except zmq.ZMQError as error:
            if error.errno not in (zmq.EAGAIN, zmq.EHOSTUNREACH, zmq.ENOTSOCK, zmq.ETERM):
                raise
            self.unsent += 1
            return False
        finally:
            self._look_again()
        return True

    def connect(self, address: str) -> None:
        """Connect to one more address."""
        self._socket.connect(address)
        self._look_again()

    def close(self) -> None:
        """Stop reading and close the socket."""
        if self._socket.closed:
            return
        self._loop.remove_reader(self._descriptor)
        if self._again is not None:
            self._again.cancel()
        self._socket.close(linger=0)

    def _look_again(self) -> None:
        if self._again is None and not self._socket.closed:
            self._again = self._loop.call_soon(self._ready)

    def _ready(self) -> None:
        if self._again is not None:
            self._again.cancel()
            self._again = None
        for _ in range(_BATCH):
            if self._socket.closed or not int(self._socket.get(zmq.EVENTS)) & zmq.POLLIN:
                return
            try:
                frames = self._socket.recv_multipart(zmq.NOBLOCK, copy=False)
            except zmq.Again:
                return
            if self._on_message is not None:
                self._on_message(frames)
        self._look_again()
