"""Messages: what was sent is what arrives; what is no message is refused, whatever it is."""

from __future__ import annotations

import contextlib

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuiconsole.model.requests import Action
from tuiconsole.wire.messages import (
    VERSION,
    Act,
    AskStatus,
    Failed,
    MalformedError,
    Published,
    Reply,
    Request,
    UsageSampled,
    decode_published,
    decode_reply,
    decode_request,
    encode,
    foreign_request,
)


@pytest.mark.parametrize(
    ("message", "decode"),
    [
        (Published("server_1", "ab", 7, UsageSampled({})), decode_published),
        (Request("1", Act(Action.START, ("scen2_hci_02",), "console_1", 5.0)), decode_request),
        (Reply("1", Failed("usage", "no such name"), last=True), decode_reply),
    ],
)
def test_a_message_arrives_as_it_was_sent(message, decode) -> None:
    assert decode(encode(message)) == message


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_noise_is_malformed_and_nothing_else(data: bytes) -> None:
    for decode in (decode_published, decode_request, decode_reply):
        with contextlib.suppress(MalformedError):
            decode(data)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 200), st.integers(0, 255))
def test_a_damaged_message_is_malformed_or_still_of_its_types(position: int, value: int) -> None:
    data = bytearray(encode(Request("1", Act(Action.STOP, ("a", "b:c"), "console_1", 5.0))))
    data[position % len(data)] = value
    with contextlib.suppress(MalformedError):
        assert isinstance(decode_request(bytes(data)), Request)


def test_another_version_is_dropped_rather_than_misunderstood() -> None:
    other = msgspec.structs.replace(Request("1", AskStatus()), version=2)
    with pytest.raises(MalformedError, match="version 2"):
        decode_request(encode(other))


def test_deep_nesting_is_malformed() -> None:
    with pytest.raises(MalformedError):
        decode_request(b"\x91" * 100_000)


def test_a_request_of_another_version_is_known_by_its_id_so_that_it_can_be_answered() -> None:
    ours = Request("7", AskStatus())
    assert foreign_request(encode(ours)) is None
    assert foreign_request(encode(msgspec.structs.replace(ours, version=VERSION + 1))) == "7"
    assert foreign_request(b"\x00rubbish") is None
