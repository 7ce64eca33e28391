"""The ledger: all that must survive every master. One value of at most 1 MiB; no process states.

Whatever a command to a node relies on stands here before the command is sent. Times of day are UTC: they
bound how long something is waited for, and tell people when it was; no lease rests on them.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

import msgspec

from tuiconsole.model.alarms import AlarmRecord
from tuiconsole.model.process import Token
from tuiconsole.model.requests import Action, Outcome

FORMAT = 1
MAX_BYTES = 1024 * 1024
OUTCOMES_KEPT = 64
"""So many ended requests are remembered, so that a repeated one is answered and not carried out twice."""


class LedgerError(ValueError):
    """The bytes are no ledger of this format, or the ledger is too large to be stored."""


class GrantState(str, Enum):
    """Whether the right to run stands, or is being taken back."""

    GRANTED = "granted"
    RELEASING = "releasing"


class Grant(msgspec.Struct, frozen=True, omit_defaults=True):
    """The right of one node to run one name: an application, or a namespec of a distributed one."""

    name: str
    node: str
    token: Token
    epoch: int
    """The node's epoch when it was given."""
    incarnation: str
    """The node's incarnation when it was given."""
    since: str
    """UTC, ISO 8601 with milliseconds."""
    requested_by: str
    state: GrantState = GrantState.GRANTED
    kept: bool = False
    """What runs under it may go on while its node is isolated: KEEP or ALLOW has been in force for it."""


class Wanted(str, Enum):
    """What the people, or the automatic start, want of an application."""

    STARTED = "started"
    STOPPED = "stopped"


class Wish(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is wanted of one application until someone wants something else."""

    wanted: Wanted
    requested_by: str
    since: str
    """UTC, ISO 8601."""
    strategy: str = ""
    """Name of the starting strategy; empty for that of the rules."""
    origin: str = ""
    """The node the request was made on: where LOCAL places."""
    why: str = ""
    """Why it is stopped, when no person asked for it."""


class JobKind(str, Enum):
    """What a job does to its application."""

    START = "start"
    STOP = "stop"
    RESTART = "restart"
    CONCILIATE = "conciliate"
    """One instance of what runs twice stays; the others are stopped."""


class JobPhase(str, Enum):
    """How far a job is. A new master goes on from here."""

    STOPPING = "stopping"
    RELEASING = "releasing"
    WAITING = "waiting"
    """Stopped; placed again after a pause (back-off)."""
    STARTING = "starting"


class Waiter(msgspec.Struct, frozen=True):
    """A target of a request that gets the outcome of a job."""

    request: str
    target: str


class JobRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """A job that goes on; one at most for each application."""

    application: str
    kind: JobKind
    phase: JobPhase
    expires: float
    """UTC, seconds since 1970. A start that has not ended by then is rolled back."""
    lasts: float
    """Seconds from acceptance to `expires`: bounds the rest where clocks of two masters differ."""
    requested_by: str
    cause: str
    """In words."""
    processes: tuple[str, ...] = ()
    """Namespecs, where only a part of the application is meant; empty for all of it."""
    strategy: str = ""
    origin: str = ""
    waiters: tuple[Waiter, ...] = ()
    failing: str = ""
    """Why a start ends in a stop; empty if it does not."""
    keep: Mapping[str, str] = {}
    """Of a conciliation, by name granted: the node whose instance stays."""
    not_before: float = 0.0
    """UTC, seconds since 1970: what has been stopped is not started again earlier; 0 for at once."""


class FailureKind(str, Enum):
    """Why something that was wanted does not run."""

    PLACEMENT = "placement"
    """No node could host it. Repair tries again when nodes or loads change."""
    START = "start"
    """It failed in its starting sequence. Nothing tries again before someone asks."""
    READY = "ready"
    """It runs, and was not ready in time."""
    RUNNING = "running"
    """It died with its node, and its rules leave it at that."""


class Failure(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of the last start of one process."""

    kind: FailureKind
    reason: str
    since: str
    cleared: bool = False
    """A person has seen it: it is shown no longer."""


class Restarts(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is remembered of the restarts that the rules made of one application."""

    quick: int = 0
    """How many followed each other so quickly that the next one waits."""
    last: float = 0.0
    """UTC, seconds since 1970: when the last one was made, or will be."""
    at: tuple[float, ...] = ()
    """UTC, seconds since 1970: those that count for its flap limit, oldest first."""
    held: str = ""
    """Why nothing but a person starts it any more; empty if it is not held."""
    since: str = ""
    """UTC, ISO 8601: since when it is held."""


class Cleared(msgspec.Struct, frozen=True):
    """A crash that a person has seen: the one that ended at `changed_at` on `node`."""

    node: str
    changed_at: float


class RequestRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """A request: open while it has fewer outcomes than targets."""

    id: str
    action: Action
    targets: tuple[str, ...]
    requested_by: str
    origin: str
    accepted: str
    """UTC, ISO 8601."""
    expires: float
    """UTC, seconds since 1970."""
    lasts: float
    """Seconds from acceptance to `expires`: bounds the rest where clocks of two masters differ."""
    strategy: str = ""
    outcomes: tuple[Outcome, ...] = ()
    arguments: tuple[str, ...] = ()
    """Of a start that may have to wait for its turn: what is added to the command."""

    @property
    def open(self) -> bool:
        """True until each target has its outcome."""
        return len(self.outcomes) < len(self.targets)


class EndKind(str, Enum):
    """How the whole system ends."""

    SHUTDOWN = "shutdown"
    """All applications are stopped in order, then all agents leave."""
    RESTART = "restart"
    """The same, and whoever started the agents starts them again."""


class Ending(msgspec.Struct, frozen=True, omit_defaults=True):
    """The end of the whole system, from its first moment until all agents have left."""

    kind: EndKind
    requested_by: str
    since: str
    """UTC, ISO 8601."""
    cause: str
    """In words."""
    waiters: tuple[Waiter, ...] = ()
    leaving: Mapping[str, str] = {}
    """By node that is told to leave: its incarnation. Empty while applications are being stopped."""


class Maintenance(msgspec.Struct, frozen=True):
    """Until `until` (UTC, seconds since 1970) nothing is done to an application by itself."""

    until: float
    requested_by: str
    since: str
    reason: str = ""


class Drained(msgspec.Struct, frozen=True, omit_defaults=True):
    """A node that is kept free: nothing is started on it, and what may run elsewhere is moved."""

    requested_by: str
    since: str
    """UTC, ISO 8601."""
    reason: str = ""


class Ledger(msgspec.Struct, frozen=True, omit_defaults=True):
    """The one value of the register."""

    format: int = FORMAT
    next_token: int = 1
    grants: Mapping[str, Grant] = {}
    """By the name granted."""
    wishes: Mapping[str, Wish] = {}
    """By application."""
    jobs: Mapping[str, JobRecord] = {}
    """By application."""
    requests: tuple[RequestRecord, ...] = ()
    """The open ones and the last ended ones, oldest first."""
    failures: Mapping[str, Failure] = {}
    """By namespec."""
    cleared: Mapping[str, tuple[Cleared, ...]] = {}
    """By namespec."""
    epochs: Mapping[str, int] = {}
    """By node: the lowest epoch under which it may act."""
    disabled: Mapping[str, str] = {}
    """By application or namespec: who disabled it, when and why, in words."""
    maintenance: Mapping[str, Maintenance] = {}
    """By application; `*` is the whole system. That of a node is a lease, and stands with the voters."""
    drained: Mapping[str, Drained] = {}
    """By node."""
    alarms: Mapping[str, AlarmRecord] = {}
    """By the alarm's identity: those that stand, wait to be acknowledged, or were put aside."""
    arguments: Mapping[str, tuple[str, ...]] = {}
    """By namespec: what a person wants added to its command, until he stops it or starts it without."""
    scales: Mapping[str, int] = {}
    """By `application:program`: how many processes it has, where that differs from supervisord's file."""
    restarts: Mapping[str, Restarts] = {}
    """By application."""
    ending: Ending | None = None
    """None unless the whole system is being shut down or restarted."""
    members: Mapping[str, str] = {}
    """By node: its incarnation since the cluster was synchronized. Empty if nothing is to be waited for."""
    system_restarts: tuple[float, ...] = ()
    """When failures had the whole system restarted lately: UTC, seconds since 1970."""


class _Header(msgspec.Struct):
    format: int


_encoder = msgspec.msgpack.Encoder(order="deterministic")
_decoder = msgspec.msgpack.Decoder(Ledger)
_header = msgspec.msgpack.Decoder(_Header)


def encode_ledger(ledger: Ledger) -> bytes:
    """The ledger as stored; equal ledgers give equal bytes.

    Raises:
        LedgerError: it is larger than 1 MiB.
    """
    # `format` must be written although it equals its default, or a reader could not tell formats apart.
    fields = {name: getattr(ledger, name) for name in ledger.__struct_fields__}
    data = _encoder.encode(fields)
    if len(data) > MAX_BYTES:
        raise LedgerError(f"the ledger has {len(data)} bytes, {MAX_BYTES} are allowed")
    return data


def decode_ledger(data: bytes) -> Ledger:
    """The ledger that was stored; no bytes at all are the empty ledger.

    Raises:
        LedgerError: the bytes are no ledger, or one of another format.
    """
    if not data:
        return Ledger()
    if len(data) > MAX_BYTES:
        raise LedgerError(f"{len(data)} bytes are no ledger, {MAX_BYTES} are allowed")
    try:
        found = _header.decode(data).format
        if found != FORMAT:
            raise LedgerError(f"the ledger has format {found}, this version reads format {FORMAT}")
        return _decoder.decode(data)
    except msgspec.MsgspecError as error:
        raise LedgerError(f"not a ledger: {error}") from error
