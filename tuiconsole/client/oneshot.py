"""Requests of commands that ask and leave.

Plain blocking sockets and no asyncio: its import takes longer than the answer.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import time
from collections.abc import Iterator, Sequence

import msgspec
import zmq

from tuiconsole.client.tally import Tally
from tuiconsole.client.unanswered import NoAnswerError
from tuiconsole.model.events import Event
from tuiconsole.model.requests import Outcome, Progress, Verdict
from tuiconsole.model.status import ClusterStatus
from tuiconsole.settings.cluster import ClusterNode
from tuiconsole.wire.coding import MalformedError, decode_reply, encode
from tuiconsole.wire.keys import KeyPair, Keyring
from tuiconsole.wire.reading import StatusReader
from tuiconsole.wire.replies import Followed, Reply, ReplyBody
from tuiconsole.wire.requests import Act, Follow, Request, RequestBody
from tuiconsole.wire.sockets import Sockets

__all__ = ["Line", "Lines", "News", "NoAnswerError", "act", "converse", "follow"]

WITHIN = 2.0
"""Seconds until «no answer» is said: an agent answers within milliseconds."""
NEXT_AFTER = 0.25
"""Seconds an agent has to answer before the next one is asked too."""
SILENCE = 2.5
"""Seconds without a word after which a follower turns to another agent."""
FOLLOW_EVERY = 1.0
"""Seconds between two words that the follower is still there."""
OUTCOME_GRACE = 2.0
"""Seconds an agent may be late with the outcome of a request that has run out of time."""
_LOOK = 0.1
"""Seconds between two looks at whether the connection stands."""


class Line:
    """A connection to one agent."""

    def __init__(self, node: ClusterNode, socket: zmq.Socket[bytes]) -> None:
        self.node = node
        self.socket = socket
        self.malformed = 0

    @property
    def up(self) -> bool:
        """True while the agent's key is proven and its side takes messages."""
        return bool(int(self.socket.get(zmq.EVENTS)) & zmq.POLLOUT)

    def send(self, request: Request) -> bool:
        """Send now; False if the connection is not up."""
        try:
            self.socket.send(encode(request), zmq.NOBLOCK)
        except zmq.Again:
            return False
        return True

    def receive(self, timeout: float) -> Reply | None:
        """The next reply; None if there is none within `timeout` seconds."""
        until = time.monotonic() + timeout
        while self.socket.poll(max(0, int((until - time.monotonic()) * 1000)), zmq.POLLIN):
            reply = self._decoded(self.socket.recv())
            if reply is not None:
                return reply
        return None

    def _decoded(self, data: bytes) -> Reply | None:
        try:
            return decode_reply(data)
        except MalformedError:
            self.malformed += 1
            return None


class Lines:
    """The connections of one command; to be closed (contextlib.closing) when it is done.

    Args:
        pair: the key of the person who asks.
        keyring: what the agents must prove to be.
    """

    def __init__(self, pair: KeyPair, keyring: Keyring) -> None:
        self._sockets = Sockets(pair, keyring)
        self._lines: dict[str, Line] = {}
        self._mark = os.urandom(6).hex()
        self._numbers = itertools.count(1)

    def close(self) -> None:
        """Close all connections."""
        for line in self._lines.values():
            line.socket.close()
        self._lines = {}
        self._sockets.close()

    def request(self, body: RequestBody) -> Request:
        """A request with an id of its own."""
        return Request(f"{self._mark}-{next(self._numbers)}", body)

    def to(self, node: ClusterNode) -> Line:
        """The connection to a node; it may not be up yet.

        Raises:
            LookupError: the key folder has no key of that node.
        """
        line = self._lines.get(node.name)
        if line is None:
            host = f"[{node.host}]" if ":" in node.host else node.host
            socket = self._sockets.dealer(f"tcp://{host}:{node.router_port}", node.name)
            line = self._lines[node.name] = Line(node, socket)
        return line

    def drop(self, line: Line) -> None:
        """Forget a connection, with all that is still on its way."""
        self._lines.pop(line.node.name, None)
        line.socket.close()

    def first_up(self, nodes: Sequence[ClusterNode], within: float = WITHIN) -> Line:
        """The first of `nodes` that takes messages. Nothing is sent.

        Raises:
            NoAnswerError: none within `within` seconds.
        """
        until = time.monotonic() + within
        while True:
            for line in self._opened(nodes, within, until):
                if line.up:
                    return line
            if time.monotonic() >= until:
                raise _no_answer(nodes, within)
            self._wait(zmq.POLLOUT, min(_LOOK, max(0.001, until - time.monotonic())))

    def first_reply(
        self, nodes: Sequence[ClusterNode], body: RequestBody, within: float = WITHIN
    ) -> tuple[Line, Request, Reply]:
        """Ask one after the other, at short intervals; what the first of them answers.

        Only for what changes nothing: several may receive it.

        Raises:
            NoAnswerError: none within `within` seconds.
        """
        until = time.monotonic() + within
        request = self.request(body)
        asked: set[str] = set()
        while True:
            for line in self._opened(nodes, within, until):
                if line.node.name not in asked and line.send(request):
                    asked.add(line.node.name)
                reply = line.receive(0)
                while reply is not None:
                    if reply.id == request.id:
                        return line, request, reply
                    reply = line.receive(0)
            if time.monotonic() >= until:
                raise _no_answer(nodes, within)
            self._wait(zmq.POLLIN, min(_LOOK, max(0.001, until - time.monotonic())), asked)

    def _opened(self, nodes: Sequence[ClusterNode], within: float, until: float) -> list[Line]:
        """Those of `nodes` whose turn has come: one at first, one more after each NEXT_AFTER."""
        passed = within - (until - time.monotonic())
        pace = min(NEXT_AFTER, within / (2 * len(nodes))) if nodes else 1.0
        return [self.to(node) for node in nodes[: 1 + int(passed / pace)]]

    def _wait(self, events: int, timeout: float, asked: set[str] | None = None) -> None:
        """Until something happens on a connection: `events`, or that one which was not asked comes up."""
        poller = zmq.Poller()
        for name, line in self._lines.items():
            poller.register(
                line.socket, events if asked is None or name in asked else zmq.POLLIN | zmq.POLLOUT
            )
        poller.poll(max(1, int(timeout * 1000)))


def converse(
    lines: Lines, nodes: Sequence[ClusterNode], body: RequestBody, *, endless: bool = False
) -> Iterator[ReplyBody]:
    """The replies to a request that changes nothing, up to the last one, of the first agent that answers.

    Raises:
        NoAnswerError: no answer, or it broke off.
    """
    line, request, reply = lines.first_reply(nodes, body)
    yield reply.body
    silent = 0.0
    while not reply.last:
        following = line.receive(_LOOK)
        if following is None:
            silent = 0.0 if line.up and endless else silent + _LOOK
            if silent > SILENCE:
                raise NoAnswerError(f"{line.node.name} has fallen silent")
        elif following.id == request.id:
            silent = 0.0
            reply = following
            yield reply.body


class News(msgspec.Struct, frozen=True):
    """What an agent tells its followers."""

    status: ClusterStatus
    events: tuple[Event, ...]


def follow(lines: Lines, nodes: Sequence[ClusterNode]) -> Iterator[News | NoAnswerError]:
    """Status and events for ever; turns to another agent when one falls silent, and yields why.

    Raises:
        NoAnswerError: nobody answered the first time.
    """
    reached = False
    reader = StatusReader()
    while True:
        try:
            line, request, reply = lines.first_reply(nodes, Follow())
        except NoAnswerError as error:
            if not reached:
                raise
            yield error
            continue
        reached = True
        heard = told = time.monotonic()
        while time.monotonic() - heard < SILENCE:
            if reply.id == request.id and isinstance(reply.body, Followed):
                # A status that is not understood is no word.
                with contextlib.suppress(MalformedError):
                    status = reader.read(reply.body.status)
                    heard = time.monotonic()
                    yield News(status, reply.body.events)
            received = None
            while received is None and time.monotonic() - heard < SILENCE:
                if time.monotonic() - told >= FOLLOW_EVERY and line.send(request):
                    told = time.monotonic()
                received = line.receive(_LOOK)
            if received is not None:
                reply = received
        lines.drop(line)
        yield NoAnswerError(f"{line.node.name} has fallen silent")


def act(lines: Lines, nodes: Sequence[ClusterNode], body: Act, tally: Tally) -> Iterator[Progress | Outcome]:
    """Carry a request to the first of `nodes` that is up, once; yields progress and each target's outcome.

    It is never sent twice: whether an agent that has fallen silent passed it on cannot be known.
    """
    try:
        line = lines.first_up(nodes)
    except NoAnswerError as error:
        yield from tally.end(Verdict.NO_ANSWER, str(error))
        return
    request = lines.request(body)
    if not line.send(request):
        yield from tally.end(Verdict.NO_ANSWER, f"{line.node.name} is gone again")
        return
    until = time.monotonic() + body.timeout + OUTCOME_GRACE
    while not tally.complete:
        reply = line.receive(min(_LOOK, max(0.0, until - time.monotonic())))
        if reply is not None:
            if reply.id == request.id:
                yield from tally.take(reply.body, last=reply.last)
        elif not line.up:
            text = f"the connection to {line.node.name} broke off; look at the status"
            yield from tally.end(Verdict.UNKNOWN, text)
        elif time.monotonic() >= until:
            text = f"no outcome within {body.timeout:g} s; look at the status"
            yield from tally.end(Verdict.UNKNOWN, text)


def _no_answer(nodes: Sequence[ClusterNode], within: float) -> NoAnswerError:
    asked = ", ".join(f"{node.name} ({node.host}:{node.router_port})" for node in nodes)
    return NoAnswerError(f"no agent answered within {within:g} s: {asked or 'no node to ask'}")
