"""What arrives on the coordination sockets: a message of the format, or counted and dropped."""

from __future__ import annotations

import random

import msgspec
import pytest

from tuiconsole.coordination.messages import (
    MESSAGE_LIMIT,
    Accept,
    Malformed,
    Renew,
    SeenLease,
    decode,
    encode,
)

RENEW = Renew("control room", "digest", "server_1", 3, "shim", 17, False)


def test_a_message_is_read_back() -> None:
    assert decode(encode(RENEW)) == RENEW


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\xc1",
        encode(RENEW)[:-1],
        encode(RENEW) + b"\x00",
        msgspec.msgpack.encode(["renew/2", "c", "d", "s", 1, "i", 1, False]),
        msgspec.msgpack.encode(["renew/1", "c", "d", "s", -1, "i", 1, False]),
        msgspec.msgpack.encode(["renew/1", "c", "d", "s", 2**60, "i", 1, False]),
        msgspec.msgpack.encode(["renew/1", "c", "d", "s" * 201, 1, "i", 1, False]),
        msgspec.msgpack.encode(SeenLease("x", 1, True, 0.0)),
        encode(Accept("c", "d", "s", 1, 1, bytes(MESSAGE_LIMIT))),
        b"\x91" * 100_000,
    ],
)
def test_anything_else_is_malformed(frame: bytes) -> None:
    with pytest.raises(Malformed):
        decode(frame)


def test_noise_never_raises_anything_else() -> None:
    chance = random.Random(1)
    whole = bytearray(encode(RENEW))
    for _ in range(5000):
        noisy = bytearray(whole)
        for _ in range(chance.randint(1, 6)):
            noisy[chance.randrange(len(noisy))] = chance.randrange(256)
        try:
            decode(bytes(noisy))
        except Malformed:
            continue
