"""What a front end sees of the cluster: a status and its age, events, requests with their outcome, logs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

import msgspec

from tuiconsole.model.events import Event
from tuiconsole.model.plan import Plan, Question
from tuiconsole.model.requests import Action, Outcome, Progress, Verdict
from tuiconsole.model.status import ClusterStatus
from tuiconsole.model.why import Why

__all__ = ["Action", "Link", "Outcome", "Progress", "Session", "Verdict"]


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
        self,
        action: Action,
        targets: Sequence[str],
        *,
        strategy: str | None = None,
        origin: str = "",
        keep: str = "",
        reason: str = "",
        seconds: float = 0.0,
        arguments: Sequence[str] = (),
        number: int = 0,
        without_master: bool = False,
        timeout: float = 60.0,
    ) -> AsyncIterator[Progress | Outcome]:
        """Ask; yields progress, then exactly one Outcome for each target, within `timeout` seconds.

        Args:
            action: what is to be done.
            targets: applications or namespecs; nodes, a program, the cluster or alarms where the action is
                about such.
            strategy: of a start, how a node is chosen; of a conciliation, what is to be done.
            origin: the node on whose behalf; empty: the own one.
            keep: of a conciliation, instead of a strategy, the node whose instance stays.
            reason: why, in the person's words; at most 500 letters.
            seconds: for how long an alarm is shelved, or a maintenance lasts; 0 ends that.
            arguments: of a start of one process, what is added to its command.
            number: of a scale, how many processes the program has.
            without_master: of a stop, if there is no master, stop it on the nodes that are reached.
            timeout: seconds.
        """

    async def plan(
        self,
        question: Question,
        names: Sequence[str],
        *,
        strategy: str | None = None,
        origin: str = "",
        number: int = 0,
    ) -> Plan:
        """What would happen; changes nothing.

        Args:
            question: what is supposed to be asked for, or to happen.
            names: applications and namespecs, nodes, a program, or the cluster, as the question is.
            strategy: how a node is chosen, instead of the rules' word.
            origin: the node on whose behalf; empty: the own one.
            number: of a scale, how many processes the program would have.

        Raises:
            LookupError: a wrong name, or no answer; the text says which.
        """

    async def why(self, name: str) -> Why:
        """Why an application or process is where it is, or does not run. Raises LookupError, as `plan`."""

    def logs(
        self, namespec: str, *, stderr: bool = False, follow: bool = True, tail: int = 65536
    ) -> AsyncIterator[str]:
        """The last `tail` bytes of a process's log as text, then, with `follow`, what is appended.

        Raises:
            LookupError: nothing of that name, or it has no such log; the text says which.
        """

    async def close(self) -> None:
        """Leave."""
