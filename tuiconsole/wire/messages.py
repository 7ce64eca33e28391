"""All messages of the mesh: typed, versioned, decoded and checked in one step.

An agent publishes what it sees and decides (`Published`, on its PUB) and answers requests (`Request` and
`Reply`, on its ROUTER). What does not decode, is too large or of another version is counted and dropped.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from tuiconsole.clock import BootTime
from tuiconsole.model.agreement import Agreement
from tuiconsole.model.events import Event
from tuiconsole.model.node import Machine, Pids
from tuiconsole.model.plan import Plan, Question
from tuiconsole.model.process import Process, Token, Usage
from tuiconsole.model.requests import Action, Outcome, Progress
from tuiconsole.model.states import NodeState
from tuiconsole.model.status import ClusterStatus, QuorumStatus
from tuiconsole.model.why import Why

VERSION = 1
"""Of the whole set. A message of another version is dropped: a mixed cluster shows the others as silent
rather than misunderstanding them."""


class MalformedError(ValueError):
    """Bytes that are no message of this version."""


# Published


class Heartbeat(msgspec.Struct, frozen=True, tag=True):
    """What an agent says of its node at least every `heartbeat` seconds."""

    host: str
    state: NodeState
    reason: str
    epoch: int
    incarnation: str
    pids: Pids
    boottime: BootTime
    """The node's clock when this was sent: the master names deadlines on it, always a little too early."""
    safety_digest: str
    """Of what safety rests on in its cluster file (model.agreement)."""
    rest_digest: str
    """Of the rest, the rules included."""
    leader: tuple[str, int] | None
    """The master (node, term) that it knows."""
    quorum: QuorumStatus
    """The voters as it sees them."""
    heard: tuple[str, ...] = ()
    """The nodes that it hears."""
    maintenance_until: BootTime = 0.0
    """Until when, on the node's clock, the voters let it be silent; 0 if it is in no maintenance."""
    version: str = ""
    """Of the agent."""
    agent_started_at: BootTime = 0.0
    """On the node's clock."""
    lease_until: BootTime = 0.0
    """Until when, on the node's clock, it holds its lease; 0 if it holds none."""
    life: str = ""
    """Names the life of its supervisord: a reload, which keeps the pid, begins another one."""


class ProcessesChanged(msgspec.Struct, frozen=True, tag=True):
    """Some processes anew, and namespecs that supervisord no longer has."""

    changed: tuple[Process, ...]
    removed: tuple[str, ...] = ()


class SupervisordDied(msgspec.Struct, frozen=True, tag=True):
    """The proof of death: the shim of this incarnation has no child left."""

    incarnation: str
    supervisord: int
    """Its pid; 0 if the whole node has left."""
    reason: str


class UsageSampled(msgspec.Struct, frozen=True, tag=True):
    """What the running processes use, by namespec, and their machine."""

    usage: Mapping[str, Usage]
    machine: Machine | None = None


class Reported(msgspec.Struct, frozen=True, tag=True):
    """The master's report (planning.engine.messages.EngineReport), encoded: the wire need not know it."""

    report: bytes


class EventsSeen(msgspec.Struct, frozen=True, tag=True):
    """New lines for the event log."""

    events: tuple[Event, ...]


Publication = Heartbeat | ProcessesChanged | SupervisordDied | UsageSampled | Reported | EventsSeen


class Published(msgspec.Struct, frozen=True):
    """One publication. A heartbeat repeats the last number; everything else counts on."""

    node: str
    run: str
    """Of the agent: a new one each time it is started."""
    seq: int
    body: Publication
    version: int = VERSION


# Requests


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


class Maintained(msgspec.Struct, frozen=True, tag=True):
    """The voters have agreed: for so many seconds this agent may be down. 0: the maintenance is over."""

    seconds: float


class Readmit(msgspec.Struct, frozen=True, tag=True):
    """A person's word that the former disk of the core node `node` is gone: its voter may be one again."""

    node: str


class Readmitted(msgspec.Struct, frozen=True, tag=True):
    """This core node has written it down; it is carried out once all the others have."""

    node: str


class HandOver(msgspec.Struct, frozen=True, tag=True):
    """End this agent without stopping anything: the next one takes hold of what runs, and of the lease."""


class Cancel(msgspec.Struct, frozen=True, tag=True):
    """End the request of this id (a log that is followed)."""


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """What the master's commands have in common. The node refuses what is stale."""

    term: int
    epoch: int
    incarnation: str
    supervisord: int
    """Pid of the supervisord that is meant: what was decided for a dead one must not reach its successor."""
    life: str = ""
    """Of it, as a reload keeps the pid; empty of a master that does not tell."""
    deadline: BootTime
    """On the node's clock: not to be obeyed after it."""
    command_id: str
    """The same command sent again bears the same id, and is carried out once."""


class CommandStart(Command, frozen=True, tag=True, kw_only=True):
    """Start one process under a token."""

    namespec: str
    grant: str
    token: Token
    isolation: str = "STOP"
    """What becomes of it when its node is isolated: in force before it starts."""
    arguments: tuple[str, ...] = ()
    """Added to its command."""


class CommandStop(Command, frozen=True, tag=True, kw_only=True):
    """Stop one process."""

    namespec: str
    grant: str
    token: Token | None
    void: Token | None = None
    """Never to be obeyed there again."""


class CommandRelease(Command, frozen=True, tag=True, kw_only=True):
    """Never obey this token again; OK once nothing of the name runs."""

    grant: str
    token: Token
    namespecs: tuple[str, ...]


class CommandAdopt(Command, frozen=True, tag=True, kw_only=True):
    """Hold this grant for what runs."""

    grant: str
    token: Token
    namespecs: tuple[str, ...]


class CommandLeave(Command, frozen=True, tag=True, kw_only=True):
    """The whole system ends: leave as on SIGTERM, `after` seconds from now."""

    restart: bool
    """Whoever has started the agent is to start it again."""
    after: float


class CommandProbe(Command, frozen=True, tag=True, kw_only=True):
    """See once whether a process is ready; refused with the reason if not yet. One of three says how."""

    namespec: str
    grant: str
    tcp: str = ""
    file: str = ""
    command: str = ""
    """Run only if the node's own rules say the same: rules run commands, messages do not."""
    limit: float
    """Seconds that one look may take."""


class ManagedName(msgspec.Struct, frozen=True):
    """One program that may only run under a grant."""

    namespec: str
    grant: str
    isolation: str
    disabled: str = ""
    """Who disabled it, when and why, in words; empty if it may be started."""


class CommandManage(msgspec.Struct, frozen=True, tag=True):
    """The managed programs of this node, all of them."""

    term: int
    managed: tuple[ManagedName, ...]
    scales: Mapping[str, int] = {}
    """By `application:program`: how many processes it has, whatever supervisord's file says."""


NodeOrder = (
    CommandStart | CommandStop | CommandRelease | CommandAdopt | CommandProbe | CommandLeave | CommandManage
)
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


# Replies


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


class Followed(msgspec.Struct, frozen=True, tag=True):
    """A status, if it differs from the last one sent (or a second has passed), and new events."""

    status: ClusterStatus | None
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


class FollowedUnread(msgspec.Struct, frozen=True, tag="Followed"):
    """`Followed` for who looks at some statuses of many: this one is still encoded (`decode_status`)."""

    status: msgspec.Raw
    events: tuple[Event, ...]


class ReplyUnread(msgspec.Struct, frozen=True):
    """`Reply` as `decode_reply_unread` gives it."""

    id: str
    body: (
        Snapshot
        | StatusIs
        | FollowedUnread
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
    last: bool = True
    version: int = VERSION


class _Envelope(msgspec.Struct, frozen=True):
    """What a message of any version has."""

    id: str
    version: int


_Message = TypeVar("_Message", Published, Request, Reply, ReplyUnread)
_encoder = msgspec.msgpack.Encoder()
_published = msgspec.msgpack.Decoder(Published)
_request = msgspec.msgpack.Decoder(Request)
_envelope = msgspec.msgpack.Decoder(_Envelope)
_reply = msgspec.msgpack.Decoder(Reply)
_reply_unread = msgspec.msgpack.Decoder(ReplyUnread)
_status = msgspec.msgpack.Decoder(ClusterStatus | None)


def encode(message: Published | Request | Reply) -> bytes:
    """The bytes to send."""
    return _encoder.encode(message)


def decode_published(data: bytes | memoryview) -> Published:
    """Raises MalformedError."""
    return _checked(_published, data)


def decode_request(data: bytes | memoryview) -> Request:
    """Raises MalformedError."""
    return _checked(_request, data)


def foreign_request(data: bytes | memoryview) -> str | None:
    """The id of a request of another version; None if it is of this one, or none at all."""
    try:
        found = _envelope.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return found.id if found.version != VERSION else None


def decode_reply(data: bytes | memoryview) -> Reply:
    """Raises MalformedError."""
    return _checked(_reply, data)


def decode_reply_unread(data: bytes | memoryview) -> ReplyUnread:
    """Like `decode_reply`, but for the status that is followed: that takes a quarter of the time.

    What it gives refers to `data`. Raises MalformedError.
    """
    return _checked(_reply_unread, data)


def decode_status(status: msgspec.Raw) -> ClusterStatus | None:
    """The status of a `FollowedUnread`. Raises MalformedError."""
    try:
        return _status.decode(status)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedError(str(error)) from None


def _checked(decoder: msgspec.msgpack.Decoder[_Message], data: bytes | memoryview) -> _Message:
    try:
        message = decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedError(str(error)) from None
    if message.version != VERSION:
        raise MalformedError(f"version {message.version}, not {VERSION}")
    return message
