"""What goes into the master engine and what comes out of it: the contract with its runner.

The runner (1) gives inputs to `Engine.handle`, (2) calls `Engine.decide`, (3) stores `Decision.ledger` if
there is one, and only once it is stored (4) sends the commands and answers, and publishes events and report.
Decisions are carried out in the order they were made. If a store fails or its outcome is unknown, or
leadership is lost, the engine is thrown away with all that it had decided and not yet carried out.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

import msgspec

from tuiconsole.clock import BootTime
from tuiconsole.model.alarms import SeenAlarm
from tuiconsole.model.events import Event
from tuiconsole.model.ledger import Ledger
from tuiconsole.model.node import Node, View
from tuiconsole.model.process import Process, Token
from tuiconsole.model.requests import Action, Outcome, Progress
from tuiconsole.planning.report import EngineReport
from tuiconsole.rulebook.rules import ConciliationStrategy, Isolation, ReadyCheck, StartingStrategy


class Now(msgspec.Struct, frozen=True):
    """One instant on both clocks of the master's machine."""

    boot: BootTime
    """CLOCK_BOOTTIME, seconds: measures every wait."""
    utc: float
    """Seconds since 1970: written for people, and for the expiry of requests in the ledger."""


# Inputs


class ViewChanged(msgspec.Struct, frozen=True, tag=True):
    """The whole view anew. What differs from the last one is treated as if it had just happened."""

    view: View


class NodeChanged(msgspec.Struct, frozen=True, tag=True):
    """One node anew, with all its processes. When it becomes RUNNING its processes must be fresh."""

    node: Node


class ProcessChanged(msgspec.Struct, frozen=True, tag=True):
    """One process of one node changed. Give every change, in order: a death between two views goes unseen."""

    node: str
    process: Process


class NodeSilent(msgspec.Struct, frozen=True, tag=True):
    """Nothing was heard of a node for some heartbeats, or it is heard and renews its lease with no voter.

    The engine asks the voters to raise its epoch.
    """

    node: str
    since: BootTime


class NodeHeard(msgspec.Struct, frozen=True, tag=True):
    """A silent node is heard again under an epoch that still counts."""

    node: str


class NodeLost(msgspec.Struct, frozen=True, tag=True):
    """A majority of the voters raised the node's epoch: its lease is over, what is STOP has been stopped."""

    node: str
    epoch: int
    """The new epoch: it may act again only under this one or a greater."""


class NodeDown(msgspec.Struct, frozen=True, tag=True):
    """Proof of death: no process of this incarnation's supervisord is left. Nobody waits for a lease."""

    node: str
    incarnation: str
    """Of the shim that proves it; ignored if the node reports another by now. Empty: a person's word."""
    supervisord: int = 0
    """The pid that died. Ignored if the node reports another by now; 0 if the whole machine went."""
    reason: str = "its supervisord died with all its processes"


class Request(msgspec.Struct, frozen=True):
    """What a person or a program asks for. The same id, sent again, is answered and not carried out again."""

    id: str
    action: Action
    targets: tuple[str, ...]
    """Applications, or namespecs `application:process`. Each gets exactly one outcome."""
    origin: str
    """The node on whose behalf it is asked: where LOCAL places."""
    requested_by: str
    timeout: float
    """Seconds until it must have ended. A start that has not is rolled back."""
    strategy: StartingStrategy | None = None
    """Overrides that of the rules."""
    conciliation: ConciliationStrategy | None = None
    """Of a conciliation, unless `keep` is given."""
    keep: str = ""
    """Of a conciliation: the node whose instance stays."""
    reason: str = ""
    """Why it is asked for, in the person's words; empty if nothing was said."""
    seconds: float = 0.0
    """Of a maintenance: how long it lasts; 0 ends it. Of an alarm: for how long it is shelved."""
    dry_run: bool = False
    """Of a drain: only say what would be done."""
    arguments: tuple[str, ...] = ()
    """Of a start of one process: what is added to its command."""
    number: int = 0
    """Of a scale: how many processes the program has, 1 to 1000."""


class RequestReceived(msgspec.Struct, frozen=True, tag=True):
    """A request has come."""

    request: Request


class Answer(str, Enum):
    """What a node said to a command."""

    OK = "ok"
    """It was carried out, or had been already. For starts and stops the process's state tells the rest."""
    REFUSED = "refused"
    """It was not, and will not be: stale token, no such program, bad state…"""
    UNKNOWN = "unknown"
    """No answer by its deadline, or it could not be sent. It is sent again while the node is there."""


class CommandAnswered(msgspec.Struct, frozen=True, tag=True):
    """The answer to a command. To ReleaseGrant, OK only means received; `Released` completes it."""

    command_id: str
    answer: Answer
    reason: str = ""


class Released(msgspec.Struct, frozen=True, tag=True):
    """The node says: of this name nothing runs, and no token up to this one will ever be obeyed again."""

    node: str
    grant: str
    token: Token


class ClocksCompared(msgspec.Struct, frozen=True, tag=True):
    """By node: seconds its machine's CLOCK_BOOTTIME is ahead of the master's, roughly."""

    ahead: Mapping[str, float]


class AlarmsSeen(msgspec.Struct, frozen=True, tag=True):
    """All alarms that stand, as the master's agent sees them, and those that stood while there was none."""

    alarms: tuple[SeenAlarm, ...]


class Tick(msgspec.Struct, frozen=True, tag=True):
    """Time has passed: given at `Decision.wake_at`."""


Input = (
    ViewChanged
    | NodeChanged
    | ProcessChanged
    | NodeSilent
    | NodeHeard
    | NodeLost
    | NodeDown
    | RequestReceived
    | CommandAnswered
    | Released
    | ClocksCompared
    | AlarmsSeen
    | Tick
)

# Commands


class StartProcess(msgspec.Struct, frozen=True, tag=True):
    """Start one process. Idempotent: a process alive under this token is left alone and answered OK."""

    command_id: str
    """Unique; the same id may come again with a later deadline when no answer was seen."""
    node: str
    namespec: str
    grant: str
    token: Token
    term: int
    epoch: int
    """The node's epoch this is meant for."""
    deadline: BootTime
    """On the master's clock: not to be obeyed after it. The sender translates it for the node."""
    isolation: Isolation = Isolation.STOP
    """In force on the node before it starts, whatever its list of managed programs says."""
    arguments: tuple[str, ...] = ()
    """Added to its command."""


class StopProcess(msgspec.Struct, frozen=True, tag=True):
    """Stop one process. Answered OK if it does not run."""

    command_id: str
    node: str
    namespec: str
    grant: str
    token: Token | None
    """None for a process that has no grant (it is stopped because it must not run there)."""
    term: int
    epoch: int
    deadline: BootTime
    void: Token | None = None
    """The token under which it runs without a grant: never to be obeyed there again."""


class ReleaseGrant(msgspec.Struct, frozen=True, tag=True):
    """Never obey this token again for this name; answer `Released` once nothing of it runs, else REFUSED."""

    command_id: str
    node: str
    grant: str
    token: Token
    namespecs: tuple[str, ...]
    term: int
    epoch: int
    deadline: BootTime


class AdoptGrant(msgspec.Struct, frozen=True, tag=True):
    """The node holds this grant from now on for what it was found running; its processes go on."""

    command_id: str
    node: str
    grant: str
    token: Token
    namespecs: tuple[str, ...]
    term: int
    epoch: int
    deadline: BootTime


class LeaveNode(msgspec.Struct, frozen=True, tag=True):
    """Leave as on SIGTERM, after `after` seconds; answered OK before that. The whole system ends."""

    command_id: str
    node: str
    restart: bool
    """Whoever has started the agent is to start it again."""
    after: float
    term: int
    epoch: int
    deadline: BootTime


class ProbeProcess(msgspec.Struct, frozen=True, tag=True):
    """See once whether a process is ready. Answered OK if it is, REFUSED with the reason if not yet."""

    command_id: str
    node: str
    namespec: str
    grant: str
    token: Token
    term: int
    epoch: int
    deadline: BootTime
    check: ReadyCheck


class RaiseEpoch(msgspec.Struct, frozen=True, tag=True):
    """Ask the voters to raise a node's epoch above `epoch` until they agree (`NodeLost`) or it is heard."""

    node: str
    epoch: int


class ManagedProgram(msgspec.Struct, frozen=True):
    """One program that may only run under a grant, and what an isolated node does with it."""

    namespec: str
    grant: str
    isolation: Isolation
    disabled: str = ""
    """Who disabled it, when and why, in words; empty if it may be started."""


class Manage(msgspec.Struct, frozen=True, tag=True):
    """The managed programs of a node, all of them, when they change. Repeated until acknowledged."""

    node: str
    managed: tuple[ManagedProgram, ...]
    scales: Mapping[str, int] = {}
    """By `application:program`: how many processes it has, whatever supervisord's file says."""


NodeCommand = StartProcess | StopProcess | ReleaseGrant | AdoptGrant | ProbeProcess | LeaveNode
Command = NodeCommand | RaiseEpoch | Manage

# Decision


class Reply(msgspec.Struct, frozen=True):
    """Progress or outcome, for whoever waits for that request."""

    request: str
    body: Progress | Outcome


class Decision(msgspec.Struct, frozen=True):
    """What is to be done, in this order: store the ledger; then everything else."""

    ledger: Ledger | None
    """None if it has not changed since the last decision."""
    commands: tuple[Command, ...]
    answers: tuple[Reply, ...]
    events: tuple[Event, ...]
    """Without ids; the runner numbers them."""
    report: EngineReport
    wake_at: BootTime | None
    """When to give a Tick at the latest; None if nothing is waited for."""
