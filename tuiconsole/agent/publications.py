"""What this agent tells all, and what it hears of them.

Everybody follows everybody: any agent can show the whole status, also one that is cut off from the core. What
is missed is seen by its number, and made up for with a snapshot.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import zmq

from tuiconsole.agent.observer import Change, Observer
from tuiconsole.agent.peers import NoAnswerError, Peers
from tuiconsole.agent.publisher import Publisher
from tuiconsole.clock import boottime
from tuiconsole.model.agreement import Agreement
from tuiconsole.settings.cluster import Cluster
from tuiconsole.wire.coding import MalformedError, decode_published, encode
from tuiconsole.wire.published import Published
from tuiconsole.wire.replies import Snapshot
from tuiconsole.wire.requests import AskSnapshot
from tuiconsole.wire.sockets import Sockets
from tuiconsole.wire.stream import Stream

SNAPSHOT_WITHIN = 1.0
"""Seconds to wait for a snapshot before it is asked for again, if it is still needed."""


class Publications:
    """Publisher and observer of one agent, and the streams between them and the others.

    Args:
        cluster: names the others.
        name: of this agent's node.
        run_id: of this life of the agent.
        agreement: what this agent goes by.
        peers: asked for snapshots.
        on_change: takes what the observer has seen.
    """

    def __init__(
        self,
        cluster: Cluster,
        name: str,
        run_id: str,
        agreement: Agreement,
        peers: Peers,
        on_change: Callable[[Change], None],
    ) -> None:
        self._cluster = cluster
        self._name = name
        self._peers = peers
        self.publisher = Publisher(name, run_id, agreement, self.send)
        self.observer = Observer(cluster.nodes.values(), self._ask_snapshot, on_change)
        self._asking: set[str] = set()
        self._told: Stream | None = None
        self._heard: Stream | None = None
        self.malformed = 0

    def tell_on(self, publisher: zmq.Socket[bytes]) -> None:
        """Publish on a bound PUB from now on."""
        self._told = Stream(publisher, None)

    def follow_others(self, sockets: Sockets) -> None:
        """Hear of all other nodes of the cluster file."""
        subscriber = sockets.subscriber()
        for other in self._cluster.nodes.values():
            if other.name != self._name:
                sockets.follow(subscriber, f"tcp://{other.host}:{other.port}", other.name)
        self._heard = Stream(subscriber, self._on_publication)

    def send(self, published: Published) -> None:
        """Publish it; this agent hears it as all others do."""
        assert self._told is not None
        self._told.send(encode(published))
        self.observer.publication(published, boottime())

    def close(self) -> None:
        """Hear and tell no more."""
        for stream in (self._heard, self._told):
            if stream is not None:
                stream.close()

    def _on_publication(self, frames: list[zmq.Frame]) -> None:
        try:
            published = decode_published(frames[-1].buffer)
        except MalformedError:
            self.malformed += 1
            return
        self.observer.publication(published, boottime())

    def _ask_snapshot(self, name: str) -> None:
        if name == self._name:
            # One's own publications never have gaps; the first one only needs its beginning.
            snapshot = self.publisher.snapshot()
            if snapshot is not None:
                self.observer.snapshot(snapshot, boottime())
        elif name not in self._asking:
            self._asking.add(name)
            asyncio.get_running_loop().create_task(self._fetch_snapshot(name))

    async def _fetch_snapshot(self, name: str) -> None:
        try:
            snapshot = await self._peers.call(name, AskSnapshot(), SNAPSHOT_WITHIN)
        except NoAnswerError:
            return
        finally:
            self._asking.discard(name)
        if isinstance(snapshot, Snapshot):
            self.observer.snapshot(snapshot, boottime())
