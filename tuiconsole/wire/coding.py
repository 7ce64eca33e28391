"""Messages from and to bytes: typed, versioned, decoded and checked in one step.

What does not decode, is too large or of another version is counted and dropped.
"""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

import msgspec

from tuiconsole.model.status import ClusterStatus
from tuiconsole.wire.published import Published
from tuiconsole.wire.replies import Parts, Reply
from tuiconsole.wire.requests import Request
from tuiconsole.wire.version import VERSION


class MalformedError(ValueError):
    """Bytes that are no message of this version."""


class _Envelope(msgspec.Struct, frozen=True):
    """What a message of any version has."""

    id: str
    version: int


_Message = TypeVar("_Message", Published, Request, Reply)
_encoder = msgspec.msgpack.Encoder()


@cache
def _decoder(kind: type[Any]) -> msgspec.msgpack.Decoder[Any]:
    """Made when its first message comes: a command hears replies only, and waits for whatever is made."""
    return msgspec.msgpack.Decoder(kind)


def encode(message: Published | Request | Reply) -> bytes:
    """The bytes to send."""
    return _encoder.encode(message)


def decode_published(data: bytes | memoryview) -> Published:
    """Raises MalformedError."""
    return _checked(Published, data)


def decode_request(data: bytes | memoryview) -> Request:
    """Raises MalformedError."""
    return _checked(Request, data)


def foreign_request(data: bytes | memoryview) -> str | None:
    """The id of a request of another version; None if it is of this one, or none at all."""
    try:
        found: _Envelope = _decoder(_Envelope).decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return found.id if found.version != VERSION else None


def decode_reply(data: bytes | memoryview) -> Reply:
    """Raises MalformedError."""
    return _checked(Reply, data)


def in_parts(status: ClusterStatus) -> Parts:
    """A status as followers are sent it."""
    whole = msgspec.structs.replace(status, applications=())
    return Parts(_encoder.encode(whole), tuple(map(_encoder.encode, status.applications)))


def _checked(kind: type[_Message], data: bytes | memoryview) -> _Message:
    try:
        message: _Message = _decoder(kind).decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedError(str(error)) from None
    if message.version != VERSION:
        raise MalformedError(f"version {message.version}, not {VERSION}")
    return message
