"""Plain sockets on loopback, and clusters of embedded engines on them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path

import zmq

from tuiconsole.clock import BootTime, boottime
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

    def start(
        self, node: str, incarnation: str = "", resume: tuple[int, BootTime] | None = None
    ) -> EmbeddedCoordinator:
        self.sockets[node] = PlainSockets()
        written = self.deadlines.setdefault(node, [])
        member = EmbeddedCoordinator(
            node,
            incarnation or f"shim of {node}",
            "cluster",
            self.addresses,
            self.timing,
            self.sockets[node],
            self.folder / node,
            on_lease=lambda *deadline: written.append(deadline[:5]),
            resume=resume,
        )
        self.members[node] = member
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
        await until(lambda: self.leader() is not None, within)
        leader = self.leader()
        return leader if leader is not None else await self.a_leader(within)

    def name_of(self, member: EmbeddedCoordinator) -> str:
        return next(name for name, one in self.members.items() if one is member)


async def until(condition: Callable[[], bool], within: float) -> float:
    """Wait for a condition that other threads bring about; the seconds it took."""
    started = boottime()
    while not condition():
        assert boottime() - started < within, f"not within {within} s"
        await asyncio.sleep(0.002)
    return boottime() - started
