"""Plain sockets on loopback, and clusters of embedded engines on them."""

from __future__ import annotations

import asyncio
import socket
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import zmq

from tests.waiting import PATIENCE
from tuiconsole.clock import BootTime
from tuiconsole.coordination.embedded import EmbeddedCoordinator
from tuiconsole.settings.timing import Timing

FAST = Timing(node_lease=2.0)


class PlainSockets:
    """No keys: the sender is what the identity says. Only for tests, on loopback."""

    def __init__(self) -> None:
        self.context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self.names: dict[bytes, str] = {}

    def router(self, address: str) -> zmq.Socket[bytes]:
        made = self.context.socket(zmq.ROUTER)
        made.setsockopt(zmq.ROUTER_MANDATORY, 1)
        made.bind(address)
        return made

    def dealer(self, address: str, server_node: str, identity: bytes) -> zmq.Socket[bytes]:
        made = self.context.socket(zmq.DEALER)
        made.setsockopt(zmq.IDENTITY, identity)
        made.setsockopt(zmq.IMMEDIATE, 1)
        made.setsockopt(zmq.RECONNECT_IVL, 100)
        made.setsockopt(zmq.METADATA, f"X-Node:{identity.decode().split('/')[0]}".encode())
        made.connect(address)
        return made

    def sender_of(self, frame: zmq.Frame) -> str | None:
        try:
            return str(frame.get("X-Node"))
        except zmq.ZMQError:
            return None

    def close(self) -> None:
        self.context.destroy(linger=0)


def free_addresses(names: str) -> dict[str, str]:
    """A free loopback address for each letter."""
    held = []
    for _ in names:
        one = socket.socket()
        one.bind(("127.0.0.1", 0))
        held.append(one)
    addresses = {
        name: f"tcp://127.0.0.1:{one.getsockname()[1]}" for name, one in zip(names, held, strict=True)
    }
    for one in held:
        one.close()
    return addresses


class Members(ABC):
    """Engines in one process, each with its own thread. What they tell by themselves can be awaited."""

    timing = FAST
    elects_within: float
    """Seconds from a leader's clean stop to the next one."""

    def __init__(self) -> None:
        self.members: dict[str, Any] = {}
        self.deadlines: dict[str, list[tuple[float, ...]]] = {}
        self._news = asyncio.Event()

    def start(
        self,
        node: str,
        incarnation: str = "",
        resume: tuple[int, BootTime] | None = None,
        on_lease: Callable[..., None] | None = None,
        **settings: Any,
    ) -> Any:
        written = self.deadlines.setdefault(node, [])
        loop = asyncio.get_running_loop()

        def write(*deadline: float) -> None:
            written.append(deadline[:5])
            loop.call_soon_threadsafe(self._news.set)

        member = self._made(node, incarnation or f"shim of {node}", on_lease or write, resume, settings)
        self.members[node] = member
        for listen in (
            member.on_leadership,
            member.on_lease_gained,
            member.on_lease_lapsing,
            member.on_lease_lost,
        ):
            listen(lambda _: self._news.set())
        member.start()
        return member

    @abstractmethod
    def _made(
        self,
        node: str,
        incarnation: str,
        write: Callable[..., None],
        resume: tuple[int, BootTime] | None,
        settings: Mapping[str, Any],
    ) -> Any:
        """The coordinator of one life of a node."""

    async def held(self, node: str, incarnation: str = "") -> Any:
        """A node that holds a lease."""
        member = self.start(node, incarnation)
        await member.join()
        await self.when(lambda: member.lease is not None)
        return member

    async def stop(self, node: str) -> None:
        await self.members.pop(node).stop()

    async def stop_all(self) -> None:
        await asyncio.gather(*map(self.stop, list(self.members)))

    @abstractmethod
    async def take_majority_away(self) -> None:
        """Whoever leads goes on, but what keeps register and leases does not answer any more."""

    @abstractmethod
    async def bring_majority_back(self) -> None:
        """It answers again."""

    def leaders(self) -> list[Any]:
        return [one for one in self.members.values() if one.leadership is not None]

    def leader(self) -> Any | None:
        return next(iter(self.leaders()), None)

    async def a_leader(self) -> Any:
        await self.when(lambda: self.leader() is not None)
        return self.leader()

    async def when(self, condition: Callable[[], bool]) -> None:
        """Wait for what a member tells by itself: leadership, leases, deadlines."""

        async def listen() -> None:
            while not condition():
                self._news.clear()
                await self._news.wait()

        try:
            await asyncio.wait_for(listen(), PATIENCE)
        except asyncio.TimeoutError:
            raise AssertionError(f"not within {PATIENCE:g} s") from None

    def name_of(self, member: Any) -> str:
        return next(name for name, one in self.members.items() if one is member)


class Cluster(Members):
    """Embedded engines, each with its own sockets and folder."""

    elects_within = 2.0

    def __init__(self, folder: Path, voters: str, timing: Timing = FAST) -> None:
        super().__init__()
        self.folder = folder
        self.addresses = free_addresses(voters)
        self.timing = timing
        self.sockets: dict[str, PlainSockets] = {}
        self._away: list[str] = []

    def _made(
        self,
        node: str,
        incarnation: str,
        write: Callable[..., None],
        resume: tuple[int, BootTime] | None,
        settings: Mapping[str, Any],
    ) -> EmbeddedCoordinator:
        self.sockets[node] = PlainSockets()
        return EmbeddedCoordinator(
            node, incarnation, "cluster", self.addresses, self.timing, self.sockets[node],
            self.folder / node, on_lease=write, resume=resume, **settings,
        )  # fmt: skip

    async def stop(self, node: str) -> None:
        member, sockets = self.members.pop(node), self.sockets.pop(node)
        await member.stop()
        sockets.close()

    async def take_majority_away(self) -> None:
        leader = self.leader()
        self._away = [one for one in self.addresses if self.members[one] is not leader]
        for one in self._away:
            await self.stop(one)

    async def bring_majority_back(self) -> None:
        for one in self._away:
            self.start(one)
