"""A connection of a session that lives for days to one agent: follows, asks, tells whether it lives."""

from __future__ import annotations

import asyncio
import itertools
import math
from collections.abc import AsyncGenerator, Callable

import zmq

from tuiconsole.settings.cluster_file import ClusterNode
from tuiconsole.timeouts import within
from tuiconsole.wire.messages import (
    Failed,
    Follow,
    Followed,
    LogChunk,
    MalformedError,
    Reply,
    Request,
    RequestBody,
    decode_reply,
    encode,
)
from tuiconsole.wire.sockets import Sockets
from tuiconsole.wire.stream import Stream

FOLLOW_EVERY = 1.0
"""Seconds between two words that the follower is still there."""
LOST_AFTER = 2.5
"""Seconds of silence after which the link counts as lost."""
UNEASY_AFTER = 1.6
"""Seconds of silence of the own agent after which another one is asked too, lest nobody be heard at all."""
TICK = 0.1
"""Seconds between two looks at whether a connection stands."""
_LOG_WITHIN = 5.0
"""Seconds until the first piece of a log."""


class LiveLine:
    """A connection to one agent: follows it, and hands replies to whoever waits for them.

    Args:
        node: whose agent.
        sockets: where its socket comes from.
        mark: begins the ids of its requests.
        news: is told what the follower hears.
    """

    def __init__(
        self, node: ClusterNode, sockets: Sockets, mark: str, news: Callable[[LiveLine, Followed], None]
    ) -> None:
        host = f"[{node.host}]" if ":" in node.host else node.host
        socket: zmq.Socket[bytes] = sockets.dealer(f"tcp://{host}:{node.router_port}", node.name)
        self.node = node
        self.heard = -math.inf
        """When its agent was heard last, on the loop's clock."""
        self.breaks = 0
        """How often it has fallen silent."""
        self.malformed = 0
        self.odd = False
        """Its last word was none that is understood here."""
        self._news = news
        self._loop = asyncio.get_running_loop()
        self._mark = mark
        self._numbers = itertools.count(1)
        self._follow = Request(f"{mark}-follow", Follow())
        self._told = -math.inf
        self._waiting: dict[str, asyncio.Queue[Reply]] = {}
        self._stream = Stream(socket, self._on_message)
        self.opened = self._loop.time()

    @property
    def alive(self) -> bool:
        """True if it was heard within LOST_AFTER."""
        return self._loop.time() - self.heard < LOST_AFTER

    @property
    def uneasy(self) -> bool:
        """True if it was not heard within UNEASY_AFTER, though an agent speaks once a second."""
        return self._loop.time() - self.heard >= UNEASY_AFTER

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
        """Close the connection."""
        self._stream.close()

    def _on_message(self, frames: list[zmq.Frame]) -> None:
        try:
            reply = decode_reply(frames[-1].buffer)
        except MalformedError:
            self.malformed += 1
            self.odd = True
            return
        self.odd = False
        self.heard = self._loop.time()
        if reply.id == self._follow.id:
            if isinstance(reply.body, Followed):
                self._news(self, reply.body)
        elif reply.id in self._waiting:
            self._waiting[reply.id].put_nowait(reply)


async def log_pieces(
    line: LiveLine, replies: asyncio.Queue[Reply], breaks: int, *, follow: bool
) -> AsyncGenerator[bytes, None]:
    """The pieces of a log until its end, or until the connection breaks off.

    Raises:
        LookupError: there is no such log; or no answer within a bounded time, when none is followed.
    """
    quiet = 0.0
    while line.breaks == breaks:
        try:
            async with within(TICK):
                reply = await replies.get()
        except asyncio.TimeoutError:
            quiet += TICK
            if quiet >= _LOG_WITHIN and not follow:
                raise LookupError(f"{line.node.name} does not send the log") from None
            continue
        quiet = 0.0
        if isinstance(reply.body, LogChunk):
            yield reply.body.data
        elif isinstance(reply.body, Failed):
            raise LookupError(reply.body.reason)
        if reply.last:
            return
