"""The messages of the coordination sockets: frozen, tagged with their format, MessagePack.

Every message names its cluster and the digest of the voter set it was made for; another one is refused. The
`sender` is what the sender says: a receiver believes only the key (User-Id) and drops what does not agree.
Numbers are bounded, so that no message can carry a counter out of the range of others.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from tuiconsole.coordination.leases.registrar import Registration

Counter = Annotated[int, Meta(ge=0, le=2**53)]
Name = Annotated[str, Meta(max_length=200)]
Seconds = Annotated[float, Meta(ge=0.0, le=86400.0)]

MESSAGE_LIMIT = 2 * 1024 * 1024
"""Bytes of one encoded message: the register's limit, and room for what travels with it."""


class Malformed(Exception):  # noqa: N818 (says what is so, not that it is an error)
    """These bytes are no message of this format. Callers count it and drop the bytes."""


class Header(msgspec.Struct, frozen=True, array_like=True):
    """What each message begins with."""

    cluster: Name
    digest: Name
    sender: Name


class Hello(Header, frozen=True, array_like=True, tag="hello/1"):
    """A voter shows its id before the first boot, and afterwards to voters that are not yet founded.

    `members` (name → voter id) is empty until the voter is founded.
    """

    voter_id: Name
    members: dict[Name, Name]
    answer: bool
    generation: Counter = 0
    """How often a member was replaced, as far as this voter has heard."""
    readmits: tuple[Name, Name] = ("", "")
    """The member that this voter wants replaced, and its new id. Itself, if it has lost its disk."""


class Heritage(Header, frozen=True, array_like=True, tag="heritage/1"):
    """All that a voter remembers, for one that has lost its disk and is a member of `generation`."""

    generation: Counter
    members: dict[Name, Name]
    promised_term: Counter
    accepted_term: Counter
    accepted_version: Counter
    value: bytes
    registrations: dict[Name, Registration]
    lease_duration: Seconds


class PreVote(Header, frozen=True, array_like=True, tag="pre-vote/1"):
    """Would you promise me `term`? Binds nobody (Ongaro's thesis, 9.6)."""

    term: Counter


class PreVoteAnswer(Header, frozen=True, array_like=True, tag="pre-vote-answer/1"):
    """`remaining`: seconds for which the voter will go on refusing."""

    term: Counter
    granted: bool
    promised_term: Counter
    remaining: Seconds


class Prepare(Header, frozen=True, array_like=True, tag="prepare/1"):
    """Phase 1a. The ballot is (term, sender)."""

    term: Counter


class Promise(Header, frozen=True, array_like=True, tag="promise/1"):
    """Phase 1b, sent when it is on disk: what was last accepted, under which (term, version)."""

    term: Counter
    accepted_term: Counter
    accepted_version: Counter
    value: bytes


class Refusal(Header, frozen=True, array_like=True, tag="refusal/1"):
    """The answer to a Prepare, Accept or Beat of `term` that the voter does not follow."""

    term: Counter
    promised_term: Counter
    remaining: Seconds


class Accept(Header, frozen=True, array_like=True, tag="accept/1"):
    """Phase 2a, from the leader of `term`."""

    term: Counter
    version: Counter
    value: bytes


class Accepted(Header, frozen=True, array_like=True, tag="accepted/1"):
    """Phase 2b, sent when it is on disk."""

    term: Counter
    version: Counter


class Beat(Header, frozen=True, array_like=True, tag="beat/1"):
    """The leader's heartbeat.

    The leader's lease counts from the sending of a `round` that a majority answered.
    """

    term: Counter
    round: Counter


class SeenLease(msgspec.Struct, frozen=True, array_like=True):
    """A node's registration at one voter.

    `age`: seconds since the voter last acknowledged it, −1 for never.
    """

    node: Name
    epoch: Counter
    held: bool
    age: float


class BeatAck(Header, frozen=True, array_like=True, tag="beat-ack/1"):
    """A voter follows the leader, and shows what it has durably accepted and which nodes it acknowledges."""

    term: Counter
    round: Counter
    accepted_term: Counter
    accepted_version: Counter
    leases: tuple[SeenLease, ...]


class Renew(Header, frozen=True, array_like=True, tag="renew/1"):
    """A node asks for its lease: with `join` for a new epoch, otherwise to go on under `epoch`."""

    epoch: Counter
    incarnation: Name
    request: Counter
    join: bool
    stay: Seconds = 0.0
    """The node is in maintenance: for so many seconds from now it must not be taken for lost."""
    asked: float = 0.0
    """When maintenance was last begun or ended, on the node's clock: an older word counts no more."""


class Renewed(Header, frozen=True, array_like=True, tag="renewed/1"):
    """For `duration` seconds (and a margin) from now the voter will not let the node be taken for lost."""

    epoch: Counter
    incarnation: Name
    request: Counter
    duration: Seconds
    leader: Name
    leader_term: Counter


class RenewRefused(Header, frozen=True, array_like=True, tag="renew-refused/1"):
    """`epoch`.

    The one registered. `busy` for the given seconds by another incarnation; 0 means a stale epoch.
    """

    epoch: Counter
    request: Counter
    busy: Seconds
    leader: Name
    leader_term: Counter


class RaiseEpoch(Header, frozen=True, array_like=True, tag="raise-epoch/1"):
    """The leader of `term` asks to make all epochs of `node` below `target` void; `dry` only asks whether."""

    term: Counter
    node: Name
    target: Counter
    dry: bool
    request: Counter


class EpochAnswer(Header, frozen=True, array_like=True, tag="epoch-answer/1"):
    """`agreed`, or not for `remaining` seconds.

    `epoch` is the registered one; `held` if an incarnation has it.
    """

    request: Counter
    node: Name
    dry: bool
    agreed: bool
    epoch: Counter
    held: bool
    remaining: Seconds


class Leave(Header, frozen=True, array_like=True, tag="leave/1"):
    """The node gives its lease up, and runs nothing under it any more."""

    epoch: Counter
    incarnation: Name
    request: Counter


class Unlike(Header, frozen=True, array_like=True, tag="unlike/1"):
    """A voter does not hear the node: their cluster files differ in what safety rests on.

    Its header has the voter's own digest, so that this is the one message taken under another one.
    """

    request: Counter


class Left(Header, frozen=True, array_like=True, tag="left/1"):
    """The voter has raised the epoch of the node that left (durably)."""

    epoch: Counter
    request: Counter


Message = (
    Hello
    | Heritage
    | PreVote
    | PreVoteAnswer
    | Prepare
    | Promise
    | Refusal
    | Accept
    | Accepted
    | Beat
    | BeatAck
    | Renew
    | Renewed
    | RenewRefused
    | RaiseEpoch
    | EpochAnswer
    | Leave
    | Left
    | Unlike
)

FROM_ANY_NODE = (Renew, Leave)
"""What a voter takes from nodes that do not vote."""

TO_ANY_NODE = (Renewed, RenewRefused, Left, Unlike)
"""What a node that does not vote takes from voters."""

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(Message)


def encode(message: Message) -> bytes:
    """One frame."""
    return _encoder.encode(message)


def decode(frame: bytes | memoryview) -> Message:
    """The message in a frame.

    Raises:
        Malformed: unknown format, wrong types, numbers out of range, or too long.
    """
    if len(frame) > MESSAGE_LIMIT:
        raise Malformed(f"{len(frame)} bytes are more than {MESSAGE_LIMIT}")
    try:
        return _decoder.decode(frame)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(str(error)) from error
