"""The one factory of the mesh's sockets: where keys, limits and time-outs are applied.

Every TCP socket speaks CURVE (https://rfc.zeromq.org/spec/25) and every bound one lets in only known keys,
through ZAP (https://rfc.zeromq.org/spec/27). There is no unencrypted mode.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import zmq

from tuiconsole.wire.keys import KeyPair, Keyring, Peer

if TYPE_CHECKING:
    from zmq.auth.thread import ThreadAuthenticator

DOMAIN = "tuiconsole"
MAX_MESSAGE = 8 * 1024 * 1024
"""Bytes of one frame; larger ones end the connection."""
HALF_OPEN = 2500
"""Milliseconds that the kernel waits for an acknowledgement of what was sent (TCP_USER_TIMEOUT). A line that
loses every tenth packet, or takes 0.6 s for both ways, breaks connections if it is 1 s; and a connection that
is made anew takes longer on such a line than what was lost."""
CONNECTING = 800
"""Milliseconds for the kernel's handshake: one way and back of a slow line, and less than its next try."""
HANDSHAKE = 4000
"""Milliseconds for the handshake of CURVE: up to seven ways one after the other (RFC 26)."""
_HIGH_WATER = 10_000
"""Messages kept for a peer that does not read; a subscriber that misses some sees the gap and asks again."""


class _KnownKeys:
    """What pyzmq's authenticator asks about each handshake."""

    def __init__(self, keyring: Keyring) -> None:
        self._known = frozenset(keyring.by_public_key())
        self.refused = 0

    def callback(self, domain: str, key: bytes) -> bool:
        known = domain == DOMAIN and key in self._known
        self.refused += not known
        return known


class Sockets:
    """Sockets of one process, under one key; to be closed after them.

    Args:
        pair: One's own key.
        keyring: Whom to let in, and what servers must prove to be.
        serves: True if sockets will be bound; starts the ZAP handler before any of them.
    """

    def __init__(self, pair: KeyPair, keyring: Keyring, *, serves: bool = False) -> None:
        self.context = zmq.Context()
        self.context.set(zmq.BLOCKY, 0)
        self._pair = pair
        self._keyring = keyring
        self._bearers = keyring.by_public_key()
        self._known = _KnownKeys(keyring)
        self._authenticator: ThreadAuthenticator | None = None
        if serves:
            # It imports asyncio, which one-shot commands must not wait for.
            from zmq.auth.thread import ThreadAuthenticator

            self._authenticator = ThreadAuthenticator(self.context)
            self._authenticator.start()
            self._authenticator.configure_curve_callback(DOMAIN, self._known)

    @property
    def refused_handshakes(self) -> int:
        """How many unknown keys were turned away."""
        return self._known.refused

    def bearer(self, user_id: bytes | str) -> Peer | None:
        """Who holds the key that a received frame proves (its `User-Id`)."""
        return self._bearers.get(user_id.encode("ascii") if isinstance(user_id, str) else user_id)

    def sender(self, frame: zmq.Frame) -> Peer | None:
        """Who sent this frame of a bound socket, by the key proven at the handshake."""
        try:
            return self.bearer(frame.get("User-Id"))  # type: ignore[arg-type]
        except (zmq.ZMQError, KeyError, UnicodeEncodeError):
            return None

    def sender_of(self, frame: zmq.Frame) -> str | None:
        """The name of the node that sent this frame; None if it is no node."""
        peer = self.sender(frame)
        return peer.name if peer is not None and peer.role.value == "node" else None

    def publisher(self, address: str) -> zmq.Socket[bytes]:
        """A bound PUB."""
        return self._bound(zmq.PUB, address)

    def router(self, address: str) -> zmq.Socket[bytes]:
        """A bound ROUTER: a vanished peer is an error (ROUTER_MANDATORY), a returned one takes its place."""
        socket = self._made(zmq.ROUTER)
        socket.set(zmq.ROUTER_MANDATORY, 1)
        socket.set(zmq.ROUTER_HANDOVER, 1)
        return self._serve(socket, address)

    def subscriber(self) -> zmq.Socket[bytes]:
        """A SUB that takes everything; give it its publishers with `follow`."""
        socket = self._made(zmq.SUB)
        socket.set(zmq.SUBSCRIBE, b"")
        return socket

    def follow(self, subscriber: zmq.Socket[bytes], address: str, node: str) -> None:
        """Subscribe to the publisher of `node`.

        Raises:
            LookupError: the node has no key here.
        """
        self._trust(subscriber, node)
        subscriber.connect(address)

    def dealer(self, address: str, node: str, identity: bytes = b"") -> zmq.Socket[bytes]:
        """A DEALER towards the ROUTER of `node`; what cannot be sent at once is refused, not queued.

        Raises:
            LookupError: the node has no key here.
        """
        socket = self._made(zmq.DEALER)
        socket.set(zmq.IMMEDIATE, 1)
        if identity:
            socket.set(zmq.IDENTITY, identity)
        self._trust(socket, node)
        socket.connect(address)
        return socket

    def close(self) -> None:
        """End the ZAP handler and the context; sockets must be closed already."""
        if self._authenticator is not None:
            self._authenticator.stop()
            self._authenticator = None
        self.context.destroy(linger=0)

    def _made(self, kind: int) -> zmq.Socket[bytes]:
        socket = self.context.socket(kind)
        socket.set(zmq.LINGER, 0)
        socket.set(zmq.SNDHWM, _HIGH_WATER)
        socket.set(zmq.RCVHWM, _HIGH_WATER)
        socket.set(zmq.MAXMSGSIZE, MAX_MESSAGE)
        # A peer that lost its power or its link is noticed by the kernel, within 3 s (tcp(7)): ZeroMQ's own
        # heartbeats would wake this process for each of many connections, and were half of an idle agent.
        socket.set(zmq.TCP_MAXRT, HALF_OPEN)
        socket.set(zmq.TCP_KEEPALIVE, 1)
        socket.set(zmq.TCP_KEEPALIVE_IDLE, 1)
        socket.set(zmq.TCP_KEEPALIVE_INTVL, 1)
        socket.set(zmq.TCP_KEEPALIVE_CNT, 2)
        socket.set(zmq.HANDSHAKE_IVL, HANDSHAKE)
        socket.set(zmq.CONNECT_TIMEOUT, CONNECTING)
        socket.set(zmq.RECONNECT_IVL, 100)
        socket.curve_publickey = self._pair.public
        socket.curve_secretkey = self._pair.secret
        return socket

    def _trust(self, socket: zmq.Socket[bytes], node: str) -> None:
        socket.curve_serverkey = self._keyring.server_key(node)

    def _bound(self, kind: int, address: str) -> zmq.Socket[bytes]:
        return self._serve(self._made(kind), address)

    def _serve(self, socket: zmq.Socket[bytes], address: str) -> zmq.Socket[bytes]:
        if self._authenticator is None:
            raise RuntimeError("a socket would be bound before the ZAP handler runs")
        socket.set(zmq.CURVE_SERVER, 1)
        socket.set(zmq.ZAP_DOMAIN, DOMAIN.encode())
        socket.set(zmq.ZAP_ENFORCE_DOMAIN, 1)
        try:
            socket.bind(address)
        except zmq.ZMQError:
            socket.close()
            raise
        return socket
