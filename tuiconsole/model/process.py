"""A process as the node that hosts it reports it."""

from __future__ import annotations

import msgspec

from tuiconsole.model.states import ProcessState

Token = tuple[int, int]
"""A fencing token: (term of the granting master, number of the grant). Compared as a tuple; only grows."""


ENDS_KEPT = 5
"""How many of its ends are remembered of a process."""


class End(msgspec.Struct, frozen=True, gc=False):
    """One end of a process."""

    at: str
    """When its agent heard of it: UTC, ISO 8601, by the clock of its node."""
    node: str
    status: int | None = None
    """What it exited with; negative if a signal killed it; None if that is not known."""
    expected: bool = True
    """False if it was none of the `exitcodes`, or a signal that nobody asked for."""
    ran: float | None = None
    """Seconds it had run; None if that is not known."""


LEASE_LOST = "stopped: the node has lost its lease"
"""The reason of what the deadman has ended, word for word as in the plugin, which imports none of this."""
LEASE_RAN_OUT = "the lease ran out"
"""The reason of what the agent has ended because the lease was over."""


class Process(msgspec.Struct, frozen=True, omit_defaults=True):
    """One program of one node's supervisord, as last reported.

    Times are seconds of CLOCK_BOOTTIME on the hosting machine.
    """

    group: str
    name: str
    state: ProcessState
    pid: int = 0
    expected_exit: bool = True
    """False if the last exit was none of the `exitcodes`, or by a signal that nobody asked for."""
    exit_status: int | None = None
    changed_at: float = 0.0
    started_at: float = 0.0
    token: Token | None = None
    """The token under which it was spawned; None if it is unmanaged."""
    reason: str = ""
    """Supervisor's own words for a spawn error, or why it was stopped; empty if there are none."""
    ends: tuple[End, ...] = ()
    """Its last ends that its agent has seen, the newest first, at most ENDS_KEPT."""
    arguments: tuple[str, ...] = ()
    """What was added to its command when it was started."""
    program: str = ""
    """The program section it comes from, if that may have several processes; empty if not."""
    index: int = 0
    """Which of them it is, from 0."""
    numprocs: int = 1
    """How many of them supervisord's own file asks for."""

    restarts: bool = False
    """EXITED, and its supervisord starts it again at once, as `autorestart` says."""

    @property
    def namespec(self) -> str:
        """`group:name`, as supervisorctl writes it."""
        return f"{self.group}:{self.name}"

    @property
    def unleased(self) -> bool:
        """True if it was ended because its node had no lease any more: nobody wanted it stopped."""
        return self.state is ProcessState.STOPPED and self.reason in (LEASE_LOST, LEASE_RAN_OUT)


class Usage(msgspec.Struct, frozen=True):
    """What a process and all its descendants use."""

    cpu: float
    """Percent of one core, averaged since the last sample."""
    memory: int
    """Resident set, bytes."""
