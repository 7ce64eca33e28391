"""What an agent is asked, on its ROUTER socket: by front ends, by other agents, by the master."""

from __future__ import annotations

import msgspec

from tuiconsole.model.plan import Question
from tuiconsole.model.requests import Action
from tuiconsole.wire.orders import NodeOrder
from tuiconsole.wire.version import VERSION


class AskSnapshot(msgspec.Struct, frozen=True, tag=True):
    """All that an agent published, as of now: for who joins late or saw a gap."""


class AskStatus(msgspec.Struct, frozen=True, tag=True):
    """The status of the cluster, as this agent sees it."""


class Follow(msgspec.Struct, frozen=True, tag=True):
    """Send the status and the events whenever they change. Repeated at least every 2 s, or it ends."""

    events: int = 1000
    """How many past events to begin with, at most 1,000."""


class Act(msgspec.Struct, frozen=True, tag=True):
    """Do something, as master or through the master. See planning.engine.messages.Request."""

    action: Action
    targets: tuple[str, ...]
    origin: str
    timeout: float
    """Seconds."""
    strategy: str | None = None
    requested_by: str = ""
    """Only believed from a node, which knows it from the person's key."""
    request_id: str = ""
    """Given by the first agent: asked again (of another master) it is the same request. Believed likewise."""
    reason: str = ""
    """Why a person asks for it; at most 500 letters. Needed to confirm that a node is
    dead, and to take an alarm out of service."""
    without_master: bool = False
    """Only of a stop: if there is no master, stop it on the nodes that are reached."""
    keep: str = ""
    """Only of a conciliation, in place of a strategy: the node whose instance stays."""
    seconds: float = 0.0
    """Of a maintenance: how long it lasts; 0 ends it. Of an alarm that is shelved: for how long."""
    dry_run: bool = False
    """Only of a drain: say what would be done, and do nothing."""
    arguments: tuple[str, ...] = ()
    """Only of a start of one process: what is added to its command."""
    number: int = 0
    """Only of a scale: how many processes the program has."""


class AskPlan(msgspec.Struct, frozen=True, tag=True):
    """What would happen if this were asked for, or these nodes were lost. Changes nothing."""

    question: Question
    names: tuple[str, ...]
    """As in `model.plan.Plan`."""
    origin: str
    strategy: str | None = None
    requested_by: str = ""
    """Only believed from a node, which knows it from the person's key."""
    number: int = 0
    """Only of a scale: how many processes the program would have."""


class AskWhy(msgspec.Struct, frozen=True, tag=True):
    """Why an application or process is where it is, or does not run. Changes nothing."""

    name: str
    """An application, or a namespec."""
    origin: str
    """The node on whose behalf: where LOCAL would start it."""


class ReadLog(msgspec.Struct, frozen=True, tag=True):
    """The end of a log of one process, then, with `follow`, what is appended."""

    namespec: str
    stderr: bool
    tail: int
    """Bytes, at most 1 MiB."""
    follow: bool
    node: str = ""
    """Where it runs; empty: wherever it runs, or ran last."""


class StopHere(msgspec.Struct, frozen=True, tag=True):
    """Stop these processes on the node that is asked, though no master says so; answered when they ended."""

    namespecs: tuple[str, ...]
    requested_by: str
    timeout: float
    """Seconds."""


class Maintain(msgspec.Struct, frozen=True, tag=True):
    """Have a lease of `seconds` for the maintenance of this node; 0 ends it."""

    seconds: float


class Readmit(msgspec.Struct, frozen=True, tag=True):
    """A person's word that the former disk of the core node `node` is gone: its voter may be one again."""

    node: str


class HandOver(msgspec.Struct, frozen=True, tag=True):
    """End this agent without stopping anything: the next one takes hold of what runs, and of the lease."""


class Cancel(msgspec.Struct, frozen=True, tag=True):
    """End the request of this id (a log that is followed)."""


RequestBody = (
    AskSnapshot
    | AskStatus
    | Follow
    | Act
    | AskPlan
    | AskWhy
    | ReadLog
    | StopHere
    | Maintain
    | Readmit
    | HandOver
    | Cancel
    | NodeOrder
)


class Request(msgspec.Struct, frozen=True):
    """One request; `id` is the requester's, unique among its own for an hour."""

    id: str
    body: RequestBody
    version: int = VERSION
