"""What the rest of the system may ask of coordination: leadership, one register, node leases, epochs.

Everything here is called from the agent's asyncio loop; callbacks arrive in that loop too. An engine
(embedded Paxos, or etcd) implements `Coordinator`; nothing above this file knows which.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, runtime_checkable

import msgspec

from tuiconsole.clock import BootTime

VALUE_LIMIT = 1024 * 1024
"""Bytes the register may hold."""


class Leadership(msgspec.Struct, frozen=True):
    """This node leads in `term`, certainly so until `held_until` (this machine's boot time)."""

    term: int
    held_until: BootTime


class Versioned(msgspec.Struct, frozen=True):
    """A value of the register. A (term, version) never carries two values (docs/architecture.md, rule 3)."""

    value: bytes
    term: int
    version: int


class NodeLease(msgspec.Struct, frozen=True):
    """This node's right to run managed applications, under `epoch`, until `held_until`.

    `duration` is what the voters granted, in seconds. The three times before the end are those of isolation.
    """

    epoch: int
    incarnation: str
    held_until: BootTime
    duration: float
    stop_at: BootTime
    kill_at: BootTime
    shim_kill_at: BootTime


class Quorum(msgspec.Struct, frozen=True):
    """How many voters there are, answer this node, and are needed; `held` if enough answer.

    `missing` names those that do not, if the engine knows them by the names of core nodes.
    """

    voters: int
    present: int
    needed: int
    held: bool
    missing: tuple[str, ...] = ()


class CoordinationError(Exception):
    """Coordination could not do what was asked; `str()` says why in words."""


class LostLeadership(CoordinationError):  # noqa: N818 (says what is so, not that it is an error)
    """This node does not lead (any more), and the value was not written in its name."""


class Conflict(CoordinationError):  # noqa: N818 (says what is so, not that it is an error)
    """The register is not at the version that the caller expected; nothing was written."""


class OutcomeUnknown(CoordinationError):  # noqa: N818 (says what is so, not that it is an error)
    """The value may or may not have been written; only the next leader's read tells."""


class TooLarge(CoordinationError):  # noqa: N818 (says what is so, not that it is an error)
    """The value exceeds `VALUE_LIMIT`; nothing was written."""


class NotYet(CoordinationError):  # noqa: N818 (says what is so, not that it is an error)
    """An epoch cannot be raised before `until` (boot time): the node's lease may still be held."""

    def __init__(self, until: BootTime, why: str) -> None:
        super().__init__(why)
        self.until = until


class NoQuorum(CoordinationError):  # noqa: N818 (says what is so, not that it is an error)
    """Too few voters answered in time."""


LeadershipListener = Callable[[Leadership | None], None]
"""Called on gain and on loss, not on each extension."""

LeaseListener = Callable[[NodeLease | None], None]


@runtime_checkable
class LongLeases(Protocol):
    """An engine that can give a node a long lease for its maintenance."""

    @property
    def stays_until(self) -> BootTime:
        """Until when this node is in maintenance (boot time); 0 if it is not."""

    async def maintain(self, seconds: float, timeout: float = 2.0) -> BootTime:
        """Have a lease of `seconds` (0: the usual one again), durably at a majority of the voters.

        Returns until when it lasts (boot time).

        Raises:
            NoQuorum: too few voters agreed in `timeout` seconds, or this node holds no lease.
        """


@runtime_checkable
class Readmitting(Protocol):
    """An engine whose voters have disks of their own, and can take one back that has lost it."""

    async def readmit(self, node: str) -> str | None:
        """A person vouches that the former disk of the voter `node` is gone.

        Why it is not readmitted, in words; None if it is under way: all the other voters must be up to
        complete it.

        Raises:
            NoQuorum: the engine's thread does not answer.
        """


class Coordinator(Protocol):
    """Leadership, one register, node leases and epochs.

    All times are this machine's boot time, in seconds.
    """

    async def until_failed(self) -> None:
        """Wait, for ever unless an unforeseen error has ended the engine: it is raised.

        The engine has logged it, leads no more, and renews no lease; a new one is to be started in time.
        """

    @property
    def leadership(self) -> Leadership | None:
        """This node's leadership if it is certainly held at this moment."""

    @property
    def leader(self) -> tuple[str, int] | None:
        """The leader (node, term) as far as this node knows, also if the node does not vote."""

    def on_leadership(self, listener: LeadershipListener) -> None:
        """Call `listener` when leadership is gained, also again in the same term; with None when lost."""

    async def read(self) -> Versioned:
        """The register, linearizable.

        Raises:
            LostLeadership: this node does not lead.
        """

    async def replace(self, value: bytes, expected: Versioned, timeout: float = 5.0) -> Versioned:
        """Write `value` if the register is still at `expected`'s (term, version).

        Raises:
            LostLeadership: not the leader; nothing was written.
            Conflict: the register moved on; nothing was written.
            OutcomeUnknown: no majority answered in `timeout` seconds, or leadership was lost under way.
            TooLarge: more than `VALUE_LIMIT` bytes.
        """

    @property
    def lease(self) -> NodeLease | None:
        """This node's lease if it is held and isolation has not begun."""

    def on_lease_gained(self, listener: LeaseListener) -> None:
        """Call `listener` with each new lease (a new epoch), not on each extension."""

    def on_lease_lapsing(self, listener: LeaseListener) -> None:
        """Call `listener` when isolation begins.

        `stop_before` seconds ahead of the end; it must be completed.
        """

    def on_lease_lost(self, listener: LeaseListener) -> None:
        """Call `listener` when the lease has ended."""

    async def join(self) -> None:
        """Ask for a lease under a new epoch. Call it when nothing runs here that a lease must cover.

        At the agent's start, and after each isolation once it is complete. Returns at once.
        """

    def lapse(self, epoch: int) -> None:
        """Hold no lease under `epoch` or an older one: the deadman has acted. `on_lease_lapsing` follows.

        The deadman reads the record when its own timer fires: a renewal that is acknowledged in the instant
        of `stop_at` may extend the lease here while isolation begins there. Returns at once.
        """

    async def leave(self, timeout: float = 2.0) -> bool:
        """Give this node's lease up: the voters may raise its epoch at once. True if a majority heard it."""

    @property
    def node_epochs(self) -> Mapping[str, int]:
        """For the leader.

        Each node's epoch, below which no lease can be held any more (a majority says so).
        """

    @property
    def lease_ages(self) -> Mapping[str, float]:
        """For the leader: seconds since any voter it hears last acknowledged each node's renewal."""

    async def raise_epoch(self, node: str, timeout: float = 2.0) -> int:
        """Make sure that no lease of `node` under an epoch below the returned one is held or can be again.

        Raises:
            NotYet: a voter acknowledged the node too lately.
            NoQuorum: too few voters answered.
            LostLeadership: this node does not lead.
        """

    @property
    def quorum(self) -> Quorum:
        """The voters as this node sees them."""

    @property
    def kept_out(self) -> str | None:
        """Why this node is not heard though it reaches those who give leases: in words, with the remedy.

        Its cluster file differs from theirs in what safety rests on. None if it is heard, or reaches nobody.
        """

    @property
    def trouble(self) -> str | None:
        """Why this node, a voter, does not vote: in words, with the remedy.

        None if it does, or is no voter.
        """
