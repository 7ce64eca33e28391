"""Requests to other agents: one DEALER for each, opened when first needed."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncGenerator, Callable, Mapping

import zmq

from tuiconsole.settings.cluster import ClusterNode
from tuiconsole.timeouts import within
from tuiconsole.wire.coding import MalformedError, decode_reply, encode
from tuiconsole.wire.replies import Reply, ReplyBody
from tuiconsole.wire.requests import Request, RequestBody
from tuiconsole.wire.sockets import Sockets
from tuiconsole.wire.stream import Stream

SEND_RETRY = 0.05
"""Seconds between tries while the connection is being made."""


LOOK_UP = 0.2
"""Seconds between two looks at whether an answer is still worth waiting for."""


class NoAnswerError(Exception):
    """Nothing came back in time, or nothing could be sent; `sent` tells which."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.sent = sent


class Peers:
    """The way from this agent to all others."""

    def __init__(self, sockets: Sockets, nodes: Mapping[str, ClusterNode]) -> None:
        self._sockets = sockets
        self._nodes = nodes
        self._streams: dict[str, Stream] = {}
        self._waiting: dict[str, asyncio.Queue[Reply]] = {}
        self._numbers = itertools.count(1)
        self.malformed = 0

    async def call(self, node: str, body: RequestBody, timeout: float) -> ReplyBody:
        """One request, one reply.

        Raises:
            NoAnswerError: within `timeout` seconds.
        """
        async for reply in self.stream(node, body, timeout):
            return reply.body
        raise NoAnswerError(f"{node} ended without an answer", sent=True)

    async def stream(
        self,
        node: str,
        body: RequestBody,
        timeout: float,
        *,
        endless: bool = False,
        worth_waiting: Callable[[], bool] = lambda: True,
    ) -> AsyncGenerator[Reply, None]:
        """One request and its replies, up to the last one.

        Args:
            node: whom to ask.
            body: what to ask.
            timeout: seconds for all of it; with `endless`, only until it is sent.
            endless: replies may come for ever.
            worth_waiting: looked at while nothing comes; the stream ends as unanswered when it is false.

        Raises:
            NoAnswerError: not sent, or not ended in time.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + timeout
        identifier = f"{next(self._numbers):x}"
        queue: asyncio.Queue[Reply] = asyncio.Queue()
        self._waiting[identifier] = queue
        try:
            message = encode(Request(identifier, body))
            while not self._stream(node).send(message):
                if loop.time() + SEND_RETRY > until or not worth_waiting():
                    raise NoAnswerError(f"{node} cannot be reached", sent=False)
                await asyncio.sleep(SEND_RETRY)
            while True:
                try:
                    async with within(LOOK_UP):
                        reply = await queue.get()
                except asyncio.TimeoutError:
                    if not worth_waiting():
                        raise NoAnswerError(f"{node} has gone", sent=True) from None
                    if not endless and loop.time() > until:
                        words = f"{node} did not answer within {timeout:g} s"
                        raise NoAnswerError(words, sent=True) from None
                    continue
                yield reply
                if reply.last:
                    return
        finally:
            del self._waiting[identifier]

    def close(self) -> None:
        """Close all connections."""
        for stream in self._streams.values():
            stream.close()
        self._streams.clear()

    def _stream(self, node: str) -> Stream:
        stream = self._streams.get(node)
        if stream is None:
            address = self._nodes[node]
            socket = self._sockets.dealer(f"tcp://{address.host}:{address.router_port}", node)
            stream = self._streams[node] = Stream(socket, self._on_reply)
        return stream

    def _on_reply(self, frames: list[zmq.Frame]) -> None:
        try:
            reply = decode_reply(frames[-1].buffer)
        except MalformedError:
            self.malformed += 1
            return
        queue = self._waiting.get(reply.id)
        if queue is not None:
            queue.put_nowait(reply)
