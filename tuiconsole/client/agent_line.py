"""A connection to one agent: follows it, and hands replies to whoever waits for them."""

from __future__ import annotations

import asyncio
import itertools
import math
from collections.abc import Callable

import zmq

from tuiconsole.settings.cluster import ClusterNode
from tuiconsole.wire.coding import MalformedError, decode_reply, encode
from tuiconsole.wire.replies import Followed, Reply
from tuiconsole.wire.requests import Follow, Request, RequestBody
from tuiconsole.wire.sockets import Sockets
from tuiconsole.wire.stream import Stream

FOLLOW_EVERY = 1.0
"""Seconds between two words that the follower is still there."""


class AgentLine:
    """One connection. It repairs itself until it is closed.

    Args:
        node: whose agent.
        sockets: where its socket comes from.
        mark: tells its requests from all others.
        on_news: called with the node and what it tells its followers, or None for any other word that is
            understood.
        on_oddity: called with the node after a word that is not understood.
    """

    def __init__(
        self,
        node: ClusterNode,
        sockets: Sockets,
        mark: str,
        on_news: Callable[[str, Followed | None], None],
        on_oddity: Callable[[str], None],
    ) -> None:
        host = f"[{node.host}]" if ":" in node.host else node.host
        socket: zmq.Socket[bytes] = sockets.dealer(f"tcp://{host}:{node.router_port}", node.name)
        self.name = node.name
        self.breaks = 0
        """How often it broke off: what was asked before will not be answered."""
        self._on_news = on_news
        self._on_oddity = on_oddity
        self._loop = asyncio.get_running_loop()
        self._mark = mark
        self._numbers = itertools.count(1)
        self._follow = Request(f"{mark}-follow", Follow())
        self._told = -math.inf
        self._waiting: dict[str, asyncio.Queue[Reply]] = {}
        self._stream = Stream(socket, self._on_message)

    def keep_following(self) -> None:
        """Say that the follower is still there, if it is time to."""
        if self._loop.time() - self._told >= FOLLOW_EVERY and self._stream.send(encode(self._follow)):
            self._told = self._loop.time()

    def open(self, body: RequestBody) -> tuple[Request, asyncio.Queue[Reply]]:
        """A request that is not sent yet, and where its replies will come."""
        request = Request(f"{self._mark}-{next(self._numbers)}", body)
        queue: asyncio.Queue[Reply] = asyncio.Queue()
        self._waiting[request.id] = queue
        return request, queue

    def send(self, request: Request) -> bool:
        """Send it now; False if nobody takes it."""
        return self._stream.send(encode(request))

    def done(self, request: Request) -> None:
        """Wait for no more replies."""
        self._waiting.pop(request.id, None)

    def close(self) -> None:
        """Close the connection: it breaks off."""
        self.breaks += 1
        self._stream.close()

    def _on_message(self, frames: list[zmq.Frame]) -> None:
        try:
            reply = decode_reply(frames[-1].buffer)
        except MalformedError:
            self._on_oddity(self.name)
            return
        news = reply.body if isinstance(reply.body, Followed) else None
        self._on_news(self.name, news if reply.id == self._follow.id else None)
        if news is None and reply.id in self._waiting:
            self._waiting[reply.id].put_nowait(reply)
