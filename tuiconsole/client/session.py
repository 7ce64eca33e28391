"""What a front end sees of the cluster: a status and its age, events, requests with their outcome, logs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from enum import Enum
from typing import Protocol

import msgspec

from tuiconsole.model.events import Event
from tuiconsole.model.status import ClusterStatus


class Action(str, Enum):
    """What can be asked for."""

    START = "start"
    STOP = "stop"
    RESTART = "restart"
    CLEAR = "clear"


class Verdict(str, Enum):
    """How a request ended."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    UNKNOWN = "unknown"
    """No answer in time: it may or may not have been carried out; ask the status."""
    NO_ANSWER = "no_answer"
    """Nothing was reached, or there is no quorum: nothing was carried out."""


class Progress(msgspec.Struct, frozen=True):
    """A step of a request that goes on, in words; `step` of `steps` of its start or stop sequence."""

    target: str
    text: str
    step: int = 0
    steps: int = 0


class Outcome(msgspec.Struct, frozen=True):
    """The end of one target of a request, with a reason a person can act on."""

    target: str
    """The application or namespec that was named."""
    verdict: Verdict
    text: str
    """`started`, `stopped`, `cleared`, or why not."""
    nodes: tuple[str, ...] = ()


class Link(msgspec.Struct, frozen=True):
    """The state of the connection: `connected`, to which agent, and in words why not."""

    connected: bool
    agent: str = ""
    reason: str = ""


class Session(Protocol):
    """A live connection that repairs itself; it never raises for a lost agent, it tells so in `link`."""

    @property
    def node(self) -> str:
        """The node on whose behalf requests are made: LOCAL means this one."""

    @property
    def link(self) -> Link:
        """The connection now."""

    @property
    def status(self) -> ClusterStatus | None:
        """The last status received; None before the first."""

    @property
    def age(self) -> float:
        """Seconds since the last word from the agent; infinite before the first."""

    @property
    def events(self) -> Sequence[Event]:
        """The last events, oldest first, at most 1,000."""

    async def changed(self) -> None:
        """Return as soon as status, events or link differ from what they were at the last return."""

    def request(
        self, action: Action, targets: Sequence[str], *, strategy: str | None = None, timeout: float = 60.0
    ) -> AsyncIterator[Progress | Outcome]:
        """Ask; yields progress, then exactly one Outcome for each target, within `timeout` seconds."""

    def logs(
        self, namespec: str, *, stderr: bool = False, follow: bool = True, tail: int = 65536
    ) -> AsyncIterator[str]:
        """The last `tail` bytes of a process's log as text, then, with `follow`, what is appended.

        Raises:
            LookupError: nothing of that name, or it has no such log; the text says which.
        """

    async def close(self) -> None:
        """Leave."""
