"""Why something is where it is, or does not run: the answer to `why` (schema `tuiconsole.why/1`)."""

from __future__ import annotations

from enum import Enum

import msgspec

from tuiconsole.model.events import Event
from tuiconsole.model.plan import Basis, PlannedPlace
from tuiconsole.model.status import GrantStatus

SCHEMA = "tuiconsole.why/1"


class Cause(str, Enum):
    """What it comes down to."""

    RUNS = "runs"
    RUNS_IN_PART = "runs_in_part"
    JOB = "job"
    """A start or stop of it goes on."""
    CONFLICT = "conflict"
    """It runs more than once; nothing of it is started or moved before that is ended."""
    DISABLED = "disabled"
    """Nothing and nobody starts it, until it is enabled."""
    FLAPPING = "flapping"
    """It was restarted too often, and is held until a person lets it go on."""
    MAINTENANCE = "maintenance"
    """Nothing is done to it by itself for a while, at a person's word."""
    HELD = "held"
    """Its grant is with a node that is silent or lost, or a pause is waited out."""
    NO_QUORUM = "no_quorum"
    NO_MASTER = "no_master"
    STOPPED_BY_PERSON = "stopped_by_person"
    STOPPED_BY_RULE = "stopped_by_rule"
    """A running failure strategy, or a conciliation, has stopped it."""
    REFUSED = "refused"
    """Its last start was refused."""
    NO_PLACE = "no_place"
    """No node could host it."""
    START_FAILED = "start_failed"
    ENDED_BADLY = "ended_badly"
    """It ended by itself, and its running failure strategy leaves it at that."""
    ENDED = "ended"
    """It has ended as expected."""
    GUARD = "guard"
    """It was started past the lock, and the guard refused it."""
    NEVER_STARTED = "never_started"
    """Nobody has asked for it, and no rule starts it by itself."""
    UNMANAGED = "unmanaged"


class RuleInForce(msgspec.Struct, frozen=True):
    """A rule that decides about it, and where it stands."""

    of: str
    """The application, or the namespec."""
    where: str
    """`file:line`; empty where no rule names the program, and defaults are in force."""
    words: tuple[str, ...]
    """What it says, `name = value`, as far as it matters here."""


class Remedy(msgspec.Struct, frozen=True):
    """What would change it."""

    command: str
    """To be typed; empty if it is nothing to type."""
    effect: str


class Why(msgspec.Struct, frozen=True):
    """The whole answer."""

    name: str
    """An application, or a namespec."""
    state: str
    nodes: tuple[str, ...]
    cause: Cause
    text: str
    """In one sentence."""
    because: tuple[str, ...]
    """What led to it, and what else stands in the way, from the nearest on."""
    rules: tuple[RuleInForce, ...]
    grant: GrantStatus | None
    places: tuple[PlannedPlace, ...]
    """Where it would be started now, and why not elsewhere."""
    events: tuple[Event, ...]
    """The last ones about it, oldest first."""
    remedies: tuple[Remedy, ...]
    computed_by: str
    basis: Basis
    at: str
    notes: tuple[str, ...] = ()
    schema: str = SCHEMA
