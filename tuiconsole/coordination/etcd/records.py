"""What is kept in etcd, and under which keys. Values are MessagePack; the register is bytes as they come."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from tuiconsole.coordination.coordinator import CoordinationError


class Damaged(CoordinationError):  # noqa: N818 (says what is so, not that it is an error)
    """A key holds something that this engine has not written."""


class Seat(msgspec.Struct, frozen=True, array_like=True):
    """The election key: who leads. Its create revision is the term. It hangs on an etcd lease."""

    node: str
    run: str


class Hold(msgspec.Struct, frozen=True, array_like=True):
    """The leader's last beat: it acts for at most `hold` seconds from sending it. It outlives the seat."""

    node: str
    hold: float


class Held(msgspec.Struct, frozen=True, array_like=True):
    """A node's lease: for `duration` seconds from this renewal. `incarnation` is empty if nobody holds it."""

    epoch: int
    incarnation: str
    duration: float


class Agreed(msgspec.Struct, frozen=True, array_like=True):
    """The cluster file in force: the digest of what safety rests on, and that itself, to be told."""

    digest: str
    safety: dict[str, str]


class Announced(msgspec.Struct, frozen=True, array_like=True):
    """The file that a core node goes by. It outlives the core node, until its next start."""

    digest: str


class Keys:
    """The keys of one cluster."""

    def __init__(self, cluster: str) -> None:
        root = f"/tuiconsole/{cluster}/"
        self.register = f"{root}register".encode()
        self.live = f"{root}live/".encode()
        """Prefix of all that is looked at over and over; the register, which may be long, is not."""
        self.live_end = self.live[:-1] + bytes([self.live[-1] + 1])
        self.seat = self.live + b"seat"
        self.hold = self.live + b"hold"
        self.agreed = self.live + b"agreed"
        self.cores = self.live + b"cores/"
        self.nodes = self.live + b"nodes/"

    def core(self, name: str) -> bytes:
        """The key by which a core node announces its cluster file."""
        return self.cores + name.encode()

    def node(self, name: str) -> bytes:
        """The key of a node's lease."""
        return self.nodes + name.encode()


_T = TypeVar("_T", Seat, Hold, Held, Agreed, Announced)
_encoder = msgspec.msgpack.Encoder()


def encode(record: Seat | Hold | Held | Agreed | Announced) -> bytes:
    """A key's value."""
    return _encoder.encode(record)


def decode(value: bytes, kind: type[_T]) -> _T:
    """The record in a key's value.

    Raises:
        Damaged: it holds no such record.
    """
    try:
        return msgspec.msgpack.decode(value, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Damaged(f"etcd holds no {kind.__name__} where one belongs: {error}") from None
