"""What the embedded engine needs of sockets. The keys are applied where they are made, not here."""

from __future__ import annotations

from typing import Protocol

import zmq


class CoordinationSockets(Protocol):
    """Makes the sockets of coordination.

    CURVE, ZAP, limits, high-water marks and heartbeats are set here. Dealers need IMMEDIATE (what cannot be
    sent now is stale later), routers ROUTER_MANDATORY.
    """

    def router(self, address: str) -> zmq.Socket[bytes]:
        """A ROUTER bound to `address`.

        Raises:
            zmq.ZMQError: the address is in use, or not this machine's.
        """

    def dealer(self, address: str, server_node: str, identity: bytes) -> zmq.Socket[bytes]:
        """A DEALER on its way to the ROUTER of `server_node`, whose key it insists on."""

    def sender_of(self, frame: zmq.Frame) -> str | None:
        """The node whose key the frame's connection proved (User-Id); None if it is no node's."""
