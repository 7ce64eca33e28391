"""The mesh: sockets and streams as the agent makes them, and connections that are cut, lose and delay.

A connection is in order as TCP is. What is on its way when it is cut is lost, or is sent again by the kernel
and comes after the heal: later than what goes over the next connection meanwhile, where it was a dealer's.
Nothing comes twice by itself; what was taken for lost, and so was said again, does.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from tests.simulation.loop import Loop
from tuiconsole.wire.keys import Peer, Role

if TYPE_CHECKING:
    from tests.simulation.host import Agency, Host


SENT_AGAIN_FOR = 2.0
"""Seconds, as the real connections' TCP_USER_TIMEOUT."""


class Frame(NamedTuple):
    """A received frame, whose sender is proved."""

    bytes: builtins.bytes
    sender: str

    @property
    def buffer(self) -> builtins.bytes:
        return self.bytes


class Endpoint:
    """A socket. `peers`: whom a SUB follows, or whom a DEALER speaks to."""

    def __init__(self, kind: str, agency: Agency) -> None:
        self.kind = kind
        self.agency = agency
        self.peers: list[str] = []
        self.closed = False
        self.take: Callable[[list[Frame]], None] | None = None
        self.number = agency.new_number()

    def close(self, linger: int = 0) -> None:
        self.closed = True


class Sockets:
    """In place of the factory of real ones; made by the agent that runs."""

    def __init__(self, pair: object, keyring: object, *, serves: bool = False) -> None:
        host = Loop.current
        assert host is not None
        assert host.agency is not None
        self._agency = host.agency

    def publisher(self, address: str) -> Endpoint:
        return self._agency.bind("pub")

    def router(self, address: str) -> Endpoint:
        return self._agency.bind("router")

    def subscriber(self) -> Endpoint:
        return self._agency.bind("sub")

    def follow(self, subscriber: Endpoint, address: str, node: str) -> None:
        subscriber.peers.append(node)

    def dealer(self, address: str, node: str, identity: bytes = b"") -> Endpoint:
        made = Endpoint("dealer", self._agency)
        made.peers.append(node)
        self._agency.dealers[made.number] = made
        return made

    def sender(self, frame: Frame) -> Peer:
        return Peer(frame.sender, Role.NODE, b"")

    def sender_of(self, frame: Frame) -> str:
        return frame.sender

    def close(self) -> None:
        pass


class Stream:
    """In place of the one that reads real sockets."""

    def __init__(self, socket: Endpoint, on_message: Callable[[list[Frame]], None] | None) -> None:
        self._socket = socket
        socket.take = on_message

    def send(self, *frames: bytes) -> bool:
        socket = self._socket
        agency = socket.agency
        if socket.closed or agency.loop.dead:
            return False
        network = agency.host.site.network
        me = agency.host.name
        if socket.kind == "pub":
            if agency.host.site.hosts[me] is not agency.host:
                return True  # Nobody connects to where a copy without the address listens.
            for host in agency.host.site.machines():
                if host.name != me:
                    network.carry(me, host.name, "pub", _published, host, me, frames)
            return True
        if socket.kind == "dealer":
            to = agency.host.site.hosts[socket.peers[0]]
            if not network.connected(me, to.name):
                return False
            identity = f"{me}/{agency.life}/{socket.number}".encode()
            network.carry(me, to.name, "asked", _asked, to, me, (identity, *frames))
            return True
        name, life, number = frames[0].decode().split("/")
        if not network.connected(me, name):
            return False
        for to in agency.host.site.machines():
            if to.name == name:
                network.carry(me, name, "answered", _answered, to, me, int(life), int(number), frames[1:])
        return True

    def close(self) -> None:
        self._socket.close()


def _published(host: Host, sender: str, frames: tuple[bytes, ...]) -> None:
    agency = host.agency
    if agency is not None and "sub" in agency.bound and sender in agency.bound["sub"].peers:
        agency.take(agency.bound["sub"], [Frame(frame, sender) for frame in frames])


def _asked(host: Host, sender: str, frames: tuple[bytes, ...]) -> None:
    if host.agency is not None and "router" in host.agency.bound:
        host.agency.take(host.agency.bound["router"], [Frame(frame, sender) for frame in frames])


def _answered(host: Host, sender: str, life: int, number: int, frames: tuple[bytes, ...]) -> None:
    agency = host.agency
    if agency is not None and agency.life == life and number in agency.dealers:
        agency.take(agency.dealers[number], [Frame(frame, sender) for frame in frames])


class Network:
    """Between all hosts. `cut` holds (from, to) pairs; `slow`, `lossy` are chances."""

    def __init__(self, site: object) -> None:
        from tests.simulation.site import Site

        assert isinstance(site, Site)
        self._site = site
        self.cut: set[tuple[str, str]] = set()
        self.cut_leases: set[str] = set()
        """Hosts whose lease traffic alone is cut."""
        self.late: dict[str, float] = {}
        """By host: seconds that its orders and requests come late by: what TCP sends again after a cut."""
        self.astray: dict[str, float] = {}
        """By host: seconds that the next order to it takes, over a connection that is replaced meanwhile."""
        self.slow = 0.0
        self.lossy = 0.0
        """Of 1: how often a datagram of the lease traffic is lost, and a stream stalls."""
        self._last: dict[tuple[str, str, str], float] = {}

    def connected(self, sender: str, to: str) -> bool:
        """What the sender's kernel knows: a cut shows late, or never."""
        up = self._site.hosts[to].agency is not None
        return up and ((sender, to) not in self.cut or self._site.chance.random() < 0.5)

    def carry(self, sender: str, to: str, channel: str, deliver: Callable[..., None], *given: object) -> None:
        """In order within a channel; lost if the way is cut when it is sent or when it would arrive."""
        if (sender, to) in self.cut or (channel == "lease" and {sender, to} & self.cut_leases):
            return
        roll = self._site.chance.random
        delay = 0.0005 + 0.002 * roll()
        if self.slow and roll() < self.slow:
            delay += 0.3 * roll()
        if self.lossy and roll() < self.lossy:
            if channel == "lease":
                return
            delay += 0.2 + 0.3 * roll()  # sent again by TCP
        if channel == "asked":
            delay += self.late.get(to, 0.0)
        if channel == "asked" and to in self.astray:
            self._site.at(
                self._site.now + self.astray.pop(to), self._arrive, (sender, to), 0.0, deliver, given
            )
            return
        key = (sender, to, channel)
        at = max(self._site.now + delay, self._last.get(key, 0.0))
        self._last[key] = at
        until = self._site.now + SENT_AGAIN_FOR if channel in ("lease", "asked") else 0.0
        self._site.at(at, self._arrive, (sender, to), until, deliver, given)

    def _arrive(
        self, route: tuple[str, str], until: float, deliver: Callable[..., None], given: tuple[object, ...]
    ) -> None:
        if route not in self.cut:
            deliver(*given)
        elif self._site.now < until and self._site.chance.random() < 0.8:
            after = self._site.now + 0.2 + 0.2 * self._site.chance.random()
            self._site.at(after, self._arrive, route, until, deliver, given)
