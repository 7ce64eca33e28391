"""What would happen if: the answer to `plan` (schema `tuiconsole.plan/1`). Nothing of it has been done."""

from __future__ import annotations

from enum import Enum

import msgspec

SCHEMA = "tuiconsole.plan/1"


class Question(str, Enum):
    """What is supposed to be asked for, or to happen."""

    START = "start"
    STOP = "stop"
    RESTART = "restart"
    LOSS = "loss"
    """Of nodes: their machines lose power, or are cut off, all at the same moment."""
    DRAIN = "drain"
    """Of nodes: what may run elsewhere leaves them, and nothing new comes."""
    SCALE = "scale"
    """Of one program, `application:program`: so many processes of it there are on every node."""
    SHUTDOWN = "shutdown"
    """Of the whole cluster, by its name."""
    RELOAD = "reload"


class Basis(str, Enum):
    """What a plan was computed from."""

    MASTER = "master"
    """The master's own state, by its own engine."""
    REPORT = "report"
    """The last report of a master, by the agent that was asked: there is no master, or it did not answer."""
    VIEW = "view"
    """What the nodes say alone: no master was ever heard."""


class Result(str, Enum):
    """What becomes of one application or process."""

    DONE = "done"
    """As asked."""
    REFUSED = "refused"
    FAILED = "failed"
    MOVES = "moves"
    """What ran on a lost node runs elsewhere then, or again where it was."""
    PARTLY = "partly"
    """Some of it runs, some has no place or is left."""
    NO_PLACE = "no_place"
    """Nothing of it runs: no node can host it."""
    HELD = "held"
    """Its grant stays with the lost node: it may still run there, and nothing of it starts elsewhere."""
    STAYS = "stays"
    """It stays where it is, though its node is drained: there is no other place for it."""
    ENDS = "ends"
    """It ended and is left so, by its running failure strategy."""
    GOES_ON = "goes_on"
    """Without a majority of the core nodes: what its isolation lets go on."""

    @property
    def good(self) -> bool:
        """True if all that is wanted of it runs, or has been stopped as asked."""
        return self in (Result.DONE, Result.MOVES, Result.GOES_ON)


class Candidate(msgspec.Struct, frozen=True):
    """One node, and why it is chosen or not."""

    node: str
    chosen: bool
    fits: bool
    """True if it could host."""
    reason: str
    """Empty for the chosen one, if there is nothing to say."""


class PlannedPlace(msgspec.Struct, frozen=True):
    """Where a grant goes, and why not elsewhere."""

    name: str
    """The application, or the namespec of a distributed one."""
    node: str | None
    strategy: str
    identifiers: tuple[str, ...]
    """Of the rule: who may host."""
    candidates: tuple[Candidate, ...]
    """All nodes, those that the rule allows first."""
    reason: str = ""
    """Why there is no place."""


class PlannedMove(msgspec.Struct, frozen=True):
    """One start or stop of one process. Those of one step are given at once; the next waits for them."""

    step: int
    action: str
    """`start` or `stop`."""
    namespec: str
    node: str


class PlannedTarget(msgspec.Struct, frozen=True):
    """What becomes of one application, or of one process that was named."""

    name: str
    result: Result
    text: str
    before: tuple[str, ...]
    """The nodes where it runs now."""
    after: tuple[str, ...]
    places: tuple[PlannedPlace, ...] = ()
    moves: tuple[PlannedMove, ...] = ()


class PlannedHost(msgspec.Struct, frozen=True):
    """The expected loading of one host, percent."""

    host: str
    nodes: tuple[str, ...]
    before: int
    after: int
    lost: bool = False


class Plan(msgspec.Struct, frozen=True):
    """The whole answer."""

    question: Question
    names: tuple[str, ...]
    """What was asked about: applications and processes, nodes, a program, or the cluster."""
    origin: str
    """The node on whose behalf: what LOCAL means."""
    strategy: str | None
    """Asked for instead of that of the rules."""
    computed_by: str
    """The node whose agent computed it."""
    basis: Basis
    at: str
    """UTC, ISO 8601 with milliseconds."""
    targets: tuple[PlannedTarget, ...]
    hosts: tuple[PlannedHost, ...]
    notes: tuple[str, ...] = ()
    """What else there is to know: what it rests on, what goes on meanwhile."""
    impossible: str = ""
    """Why none of it can be carried out now (no quorum); empty if it can."""
    schema: str = SCHEMA

    @property
    def good(self) -> bool:
        """True if it could be carried out, and nothing would be refused or stay without a place."""
        return not self.impossible and all(target.result.good for target in self.targets)
