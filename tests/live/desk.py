"""An operator's line to one agent: blocking, kept open, and as quick as the wire."""

from __future__ import annotations

import itertools
import time
from pathlib import Path

import msgspec
import zmq

from tuiconsole.model.requests import Action, Outcome, Verdict
from tuiconsole.model.status import ClusterStatus
from tuiconsole.settings.cluster_file import load_cluster
from tuiconsole.wire.keys import KeyPair, load_keyring, load_pair, only_person
from tuiconsole.wire.messages import (
    Act,
    Acted,
    AskStatus,
    Failed,
    Reply,
    Request,
    RequestBody,
    StatusIs,
    decode_reply,
    encode,
)
from tuiconsole.wire.sockets import Sockets


class NoAnswerError(Exception):
    """The agent did not answer in time."""


class Desk:
    """One line to the agent of `node`, under the key of the cluster's only person; for one thread."""

    def __init__(self, config: Path, node: str, pair: KeyPair | None = None) -> None:
        cluster = load_cluster(config)
        keyring = load_keyring(cluster.keys)
        self.node = node
        self._sockets = Sockets(pair or load_pair(only_person(cluster.keys, keyring)), keyring)
        place = cluster.nodes[node]
        self._dealer = self._sockets.dealer(f"tcp://{place.host}:{place.port + 1}", node)
        self._numbers = itertools.count(1)

    def close(self) -> None:
        """Hang up."""
        self._dealer.close()
        self._sockets.close()

    def status(self, within: float = 1.0) -> ClusterStatus:
        """The status as this agent sees it. Raises NoAnswerError."""
        until = time.monotonic() + within
        number = self._send(AskStatus(), until)
        while True:
            body = self._receive(number, until).body
            if isinstance(body, StatusIs):
                return body.status

    def act(
        self,
        action: Action | str,
        *targets: str,
        timeout: float = 20.0,
        strategy: str | None = None,
        origin: str = "",
    ) -> list[Outcome]:
        """Ask, and wait for an outcome of each target. Raises NoAnswerError."""
        until = time.monotonic() + timeout + 6.0
        number = self._send(Act(Action(action), targets, origin or self.node, timeout, strategy), until)
        found = []
        while True:
            reply = self._receive(number, until)
            if isinstance(reply.body, Acted) and isinstance(reply.body.body, Outcome):
                found.append(reply.body.body)
            if isinstance(reply.body, Failed):
                return [Outcome(target, Verdict.NO_ANSWER, reply.body.reason) for target in targets]
            if reply.last:
                return found

    def _send(self, body: RequestBody, until: float) -> str:
        number = f"desk-{id(self)}-{next(self._numbers)}"
        message = encode(Request(number, body))
        if not self._dealer.poll(self._left(until), zmq.POLLOUT):
            raise NoAnswerError(f"{self.node} is not connected")
        self._dealer.send(message)
        return number

    def _receive(self, number: str, until: float) -> Reply:
        while True:
            if not self._dealer.poll(self._left(until), zmq.POLLIN):
                raise NoAnswerError(f"{self.node} did not answer")
            reply = decode_reply(self._dealer.recv())
            if reply.id == number:
                return reply

    def _left(self, until: float) -> int:
        return max(0, round((until - time.monotonic()) * 1000))


def pretty(status: ClusterStatus | None) -> str:
    """A status as indented JSON, for what is printed when a test fails."""
    if status is None:
        return "no status"
    return msgspec.json.format(msgspec.json.encode(status), indent=1).decode()
