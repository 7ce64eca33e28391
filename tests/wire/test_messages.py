"""Messages: what was sent is what arrives; what is no message is refused, whatever it is."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.client.fake_agent import event, status
from tuiconsole.model.requests import Action
from tuiconsole.wire.coding import (
    MalformedError,
    decode_published,
    decode_reply,
    decode_request,
    encode,
    foreign_request,
    in_parts,
)
from tuiconsole.wire.published import Published, UsageSampled
from tuiconsole.wire.reading import StatusReader
from tuiconsole.wire.replies import Failed, Followed, Parts, Reply
from tuiconsole.wire.requests import Act, AskStatus, Request
from tuiconsole.wire.version import VERSION


@pytest.mark.parametrize(
    ("message", "decode"),
    [
        (Published("server_1", "ab", 7, UsageSampled({})), decode_published),
        (Request("1", Act(Action.START, ("scen2_hci_02",), "console_1", 5.0)), decode_request),
        (Reply("1", Failed("usage", "no such name"), last=True), decode_reply),
    ],
)
def test_a_message_arrives_as_it_was_sent(
    message: Published | Request | Reply, decode: Callable[[bytes], object]
) -> None:
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
    for decode in (decode_request, decode_reply):
        with pytest.raises(MalformedError):
            decode(b"\x91" * 100_000)


def test_a_followed_status_arrives_as_it_was_sent() -> None:
    seen = status("server_1")
    reply = decode_reply(encode(Reply("1", Followed(in_parts(seen), (event(1),)), last=False)))
    assert isinstance(reply.body, Followed)
    assert (reply.id, reply.last, reply.body.events) == ("1", False, (event(1),))
    assert StatusReader().read(reply.body.status) == seen


def test_of_a_status_that_follows_another_only_what_differs_is_read_again() -> None:
    seen = status("server_1")
    first, second = seen.applications
    reader = StatusReader()
    before = reader.read(in_parts(seen))
    changed = msgspec.structs.replace(second, reason="something else")
    after = reader.read(in_parts(msgspec.structs.replace(seen, applications=(first, changed))))
    assert after.applications == (first, changed)
    assert after.applications[0] is before.applications[0]


def test_applications_that_come_and_go_are_read_for_what_they_are() -> None:
    seen = status("server_1")
    first, second = seen.applications
    third = msgspec.structs.replace(second, name="scen2_hci_00")
    reader = StatusReader()
    for wanted in ((first, second), (third, first, second), (second,), (), (first, third)):
        assert (
            reader.read(in_parts(msgspec.structs.replace(seen, applications=wanted))).applications == wanted
        )


def test_what_is_no_status_is_malformed_when_it_is_read_and_the_next_is_read_as_ever() -> None:
    seen = in_parts(status("server_1"))
    reader = StatusReader()
    nested = b"\x91" * 100_000
    for bad in (
        Parts(msgspec.msgpack.encode({"cluster": 7}), ()),
        Parts(nested, ()),
        Parts(seen.whole, (nested,)),
        Parts(seen.whole, (*seen.applications, b"")),
    ):
        with pytest.raises(MalformedError):
            reader.read(bad)
        assert reader.read(seen) == status("server_1")


def test_a_request_of_another_version_is_known_by_its_id_so_that_it_can_be_answered() -> None:
    ours = Request("7", AskStatus())
    assert foreign_request(encode(ours)) is None
    assert foreign_request(encode(msgspec.structs.replace(ours, version=VERSION + 1))) == "7"
    assert foreign_request(b"\x00rubbish") is None
