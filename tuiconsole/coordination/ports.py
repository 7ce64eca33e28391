"""A node's sockets for coordination: one DEALER to each other voter, and a ROUTER if it votes itself."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping

import zmq

from tuiconsole.coordination.messages import Message, encode
from tuiconsole.coordination.transport import CoordinationSockets
from tuiconsole.coordination.voters import VoterSet

BATCH = 256
"""Messages read from one socket in one round."""

Take = Callable[[str, bytes | memoryview], None]
"""(sender, frame), called for each message that came from an authenticated node."""


class Ports:
    """Frames in, messages out. All calls but the first come from one thread."""

    def __init__(
        self,
        node: str,
        voters: VoterSet,
        addresses: Mapping[str, str],
        sockets: CoordinationSockets,
        counts: Counter[str],
    ) -> None:
        """Nothing is bound or connected before `open`. Messages that are dropped are counted in `counts`."""
        self._node = node
        self._voters = voters
        self._addresses = addresses
        self._sockets = sockets
        self._counts = counts
        self._identity = f"{node}/{os.urandom(6).hex()}".encode()
        self._router: zmq.Socket[bytes] | None = None
        self._dealers: dict[str, zmq.Socket[bytes]] = {}
        self._readers: dict[object, Callable[[Take], None]] = {}
        self._routes: dict[str, bytes] = {}
        self._last_encoded: tuple[Message | None, bytes] = (None, b"")

    def open(self, *, votes: bool) -> None:
        """Bind if this node votes, and connect to the other voters.

        Raises:
            zmq.ZMQError: the address of this voter cannot be bound.
        """
        if votes:
            self._router = self._sockets.router(self._addresses[self._node])
        for name in self._voters.names:
            if name != self._node:
                self._dealers[name] = self._sockets.dealer(self._addresses[name], name, self._identity)

    def register(self, poller: zmq.Poller) -> None:
        """Have the poller look at every socket."""
        for name, dealer in self._dealers.items():
            poller.register(dealer, zmq.POLLIN)
            self._readers[dealer] = self._dealer_reader(name, dealer)
        if self._router is not None:
            poller.register(self._router, zmq.POLLIN)
            self._readers[self._router] = self._router_reader(self._router)

    def close(self) -> None:
        """Close all sockets, and drop what is not sent."""
        for socket in (*self._dealers.values(), *((self._router,) if self._router else ())):
            socket.close(linger=0)

    # -- in --------------------------------------------------------------------------------------------------

    def read(self, source: object, take: Take) -> bool:
        """Pass on what waits at a socket, one batch at most; False if `source` is none of these sockets."""
        reader = self._readers.get(source)
        if reader is None:
            return False
        reader(take)
        return True

    def _dealer_reader(self, name: str, dealer: zmq.Socket[bytes]) -> Callable[[Take], None]:
        def read(take: Take) -> None:
            for _ in range(BATCH):
                try:
                    frames = dealer.recv_multipart(zmq.NOBLOCK)
                except zmq.Again:
                    return
                if len(frames) == 1:
                    take(name, frames[0])
                else:
                    self._counts["malformed"] += 1

        return read

    def _router_reader(self, router: zmq.Socket[bytes]) -> Callable[[Take], None]:
        def read(take: Take) -> None:
            for _ in range(BATCH):
                try:
                    frames = router.recv_multipart(zmq.NOBLOCK, copy=False)
                except zmq.Again:
                    return
                if len(frames) != 2:
                    self._counts["malformed"] += 1
                    continue
                sender = self._sockets.sender_of(frames[1])
                if sender is None:
                    self._counts["no node's key"] += 1
                    continue
                self._routes[sender] = frames[0].bytes
                take(sender, frames[1].buffer)

        return read

    # -- out -------------------------------------------------------------------------------------------------

    def send(self, to: str, message: Message) -> None:
        """Send to a voter, or to a node that has written to this one. What cannot leave now is dropped."""
        dealer = self._dealers.get(to)
        if dealer is not None:
            self._send_to_dealer(to, dealer, self._encoded(message))
        else:
            self._send_by_router(to, self._encoded(message))

    def send_to_voters(self, message: Message) -> None:
        """Send to every other voter."""
        for name, dealer in self._dealers.items():
            self._send_to_dealer(name, dealer, self._encoded(message))

    def _encoded(self, message: Message) -> bytes:
        """Encode once what goes to several."""
        if self._last_encoded[0] is not message:
            self._last_encoded = (message, encode(message))
        return self._last_encoded[1]

    def _send_to_dealer(self, name: str, dealer: zmq.Socket[bytes], frame: bytes) -> None:
        try:
            dealer.send(frame, zmq.NOBLOCK)
        except zmq.Again:
            self._counts[f"not sent to {name}"] += 1

    def _send_by_router(self, name: str, frame: bytes) -> None:
        route = self._routes.get(name)
        if self._router is None or route is None:
            self._counts["no route"] += 1
            return
        try:
            self._router.send_multipart((route, frame), zmq.NOBLOCK)
        except zmq.ZMQError:
            # Gone, or its queue is full: it asks again.
            self._counts[f"not sent to {name}"] += 1
