"""Plain sockets on loopback, and clusters of embedded engines on them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path

import zmq

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


class Cluster:
    """Engines in one process, each with its own sockets, threads and folder."""

    def __init__(self, folder: Path, voters: str, timing: Timing = FAST) -> None:
        self.folder = folder
        self.addresses = free_addresses(voters)
        self.timing = timing
        self.members: dict[str, EmbeddedCoordinator] = {}
        self.sockets: dict[str, PlainSockets] = {}
        self.deadlines: dict[str, list[tuple[float, ...]]] = {}
        self._news = asyncio.Event()

    def start(
        self,
        node: str,
        incarnation: str = "",
        resume: tuple[int, BootTime] | None = None,
        agreed: str = "",
    ) -> EmbeddedCoordinator:
        self.sockets[node] = PlainSockets()
        written = self.deadlines.setdefault(node, [])
        loop = asyncio.get_running_loop()

        def write(*deadline: float) -> None:
            written.append(deadline[:5])
            loop.call_soon_threadsafe(self._news.set)

        member = EmbeddedCoordinator(
            node,
            incarnation or f"shim of {node}",
            "cluster",
            self.addresses,
            self.timing,
            self.sockets[node],
            self.folder / node,
            on_lease=write,  # type: ignore[arg-type]
            resume=resume,
            agreed=agreed,
        )
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

    async def stop(self, node: str) -> None:
        await self.members.pop(node).stop()
        self.sockets.pop(node).close()

    async def stop_all(self) -> None:
        for node in list(self.members):
            await self.stop(node)

    def leader(self) -> EmbeddedCoordinator | None:
        return next((one for one in self.members.values() if one.leadership is not None), None)

    async def a_leader(self, within: float = 5.0) -> EmbeddedCoordinator:
        found: list[EmbeddedCoordinator] = []

        def look() -> bool:
            found[:] = [one for one in (self.leader(),) if one is not None]
            return bool(found)

        await self.when(look, within)
        return found[0]

    async def when(self, condition: Callable[[], bool], within: float) -> None:
        """Wait for what a member tells by itself: leadership, leases, deadlines."""

        async def listen() -> None:
            while not condition():
                self._news.clear()
                await self._news.wait()

        try:
            await asyncio.wait_for(listen(), within)
        except asyncio.TimeoutError:
            raise AssertionError(f"not within {within} s") from None

    def name_of(self, member: EmbeddedCoordinator) -> str:
        return next(name for name, one in self.members.items() if one is member)
