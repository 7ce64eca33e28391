"""What a master orders a node to do. Orders travel as requests."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from tuiconsole.clock import BootTime
from tuiconsole.model.process import Token


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
