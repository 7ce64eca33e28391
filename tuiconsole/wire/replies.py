"""What an agent answers to requests."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from tuiconsole.model.agreement import Agreement
from tuiconsole.model.events import Event
from tuiconsole.model.node import Machine
from tuiconsole.model.plan import Plan
from tuiconsole.model.process import Process, Usage
from tuiconsole.model.requests import Outcome, Progress
from tuiconsole.model.status import ClusterStatus
from tuiconsole.model.why import Why
from tuiconsole.wire.published import Heartbeat
from tuiconsole.wire.version import VERSION


class Maintained(msgspec.Struct, frozen=True, tag=True):
    """The voters have agreed: for so many seconds this agent may be down. 0: the maintenance is over."""

    seconds: float


class Readmitted(msgspec.Struct, frozen=True, tag=True):
    """This core node has written it down; it is carried out once all the others have."""

    node: str


class Snapshot(msgspec.Struct, frozen=True, tag=True):
    """The state of one agent's publications, after number `seq`."""

    node: str
    run: str
    seq: int
    heartbeat: Heartbeat
    processes: tuple[Process, ...]
    usage: Mapping[str, Usage]
    report: bytes
    """As in Reported; empty if it is not master."""
    events: tuple[Event, ...]
    agreement: Agreement
    """What the heartbeat's two digests are of: it stays the same for the whole run."""
    machine: Machine | None = None


class StatusIs(msgspec.Struct, frozen=True, tag=True):
    """The status now."""

    status: ClusterStatus


class Parts(msgspec.Struct, frozen=True):
    """A status in parts, each encoded for itself (`coding.in_parts`).

    Of a great cluster a status comes many times a second, and little of it is new: who reads them one after
    the other decodes only the parts whose bytes differ (`reading.StatusReader`).
    """

    whole: bytes
    """The status without its applications."""
    applications: tuple[bytes, ...]
    """Each application's status, in the order of the status."""


class Followed(msgspec.Struct, frozen=True, tag=True):
    """The status after a change, or after a second without one; and new events."""

    status: Parts
    events: tuple[Event, ...]


class Planned(msgspec.Struct, frozen=True, tag=True):
    """What would happen."""

    plan: Plan


class Explained(msgspec.Struct, frozen=True, tag=True):
    """Why."""

    why: Why


class Acted(msgspec.Struct, frozen=True, tag=True):
    """Progress, or one target's outcome."""

    body: Progress | Outcome


class LogChunk(msgspec.Struct, frozen=True, tag=True):
    """A piece of a log."""

    data: bytes


class Obeyed(msgspec.Struct, frozen=True, tag=True):
    """The node's answer to an order."""

    answer: str
    """`ok`, `refused` or `unknown`."""
    reason: str = ""


class HandedOver(msgspec.Struct, frozen=True, tag=True):
    """The agent `pid` ends now. `within`: seconds in which another must hold the lease."""

    pid: int
    within: float


class Failed(msgspec.Struct, frozen=True, tag=True):
    """The request cannot be answered."""

    code: str
    """`usage` (a wrong name), `no_answer` (no quorum, no such agent) or `refused` (not allowed)."""
    reason: str


ReplyBody = (
    Snapshot
    | StatusIs
    | Followed
    | Planned
    | Explained
    | Acted
    | LogChunk
    | Obeyed
    | HandedOver
    | Maintained
    | Readmitted
    | Failed
)


class Reply(msgspec.Struct, frozen=True):
    """A piece of the answer to the request `id`; `last` if there will be no more."""

    id: str
    body: ReplyBody
    last: bool = True
    version: int = VERSION
