"""What the agent commands its node to do: the requests that the plugin answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from tuiconsole.clock import BootTime
from tuiconsole.model.process import Token


class Managed(msgspec.Struct, frozen=True):
    """A managed program, as told to the plugin."""

    namespec: str
    grant: str
    """Name of the grant under which it runs."""
    isolation: str = "STOP"
    """STOP, KEEP or ALLOW."""
    disabled: str = ""
    """Who disabled it, when and why, in words; empty if it may be started."""


class OwnRules(msgspec.Struct, frozen=True):
    """What the node's own rules say to its guard, before a master has said anything."""

    names: tuple[str, ...] = ()
    """Groups that the rules name."""
    patterns: tuple[str, ...] = ()
    """Regular expressions, searched anywhere in a group's name."""
    guard: str = "deny"


class PluginCommands(ABC):
    """The commands, for whoever can pass a request to the plugin."""

    @abstractmethod
    async def _request(self, op: str, **fields: object) -> dict[str, Any]:
        """Have the plugin do `op`.

        Raises:
            Refused: with the reason.
            Unavailable: the outcome is unknown.
        """

    async def start_process(
        self,
        namespec: str,
        *,
        grant: str,
        token: Token,
        term: int,
        epoch: int,
        deadline: BootTime,
        request_id: str,
        isolation: str = "STOP",
        arguments: Sequence[str] = (),
    ) -> dict[str, Any]:
        """Spawn now. The result has `state`, `pid`, `reason`, and `already` if it ran under this token.

        `isolation`, STOP, KEEP or ALLOW, is in force on the node before the spawn. `arguments` are added to
        the command that its program section says.

        Raises:
            Refused: with the reason.
            Unavailable: the outcome is unknown; ask again with the same request id.
        """
        extra: dict[str, object] = {"arguments": list(arguments)} if arguments else {}
        return await self._request(
            "start",
            namespec=namespec,
            grant=grant,
            token=token,
            term=term,
            epoch=epoch,
            deadline=deadline,
            request=request_id,
            isolation=isolation,
            **extra,
        )

    async def stop_process(
        self,
        namespec: str,
        *,
        term: int | None = None,
        epoch: int | None = None,
        request_id: str = "",
        grant: str | None = None,
        floor: Token | None = None,
        reason: str = "",
    ) -> dict[str, Any]:
        """Send the stop signal now; events tell the rest. With a floor, starts up to it are void as well.

        Without term and epoch it is a person's word, not a master's: it is never stale.

        Raises:
            Refused: with the reason.
            Unavailable: the outcome is unknown.
        """
        extra: dict[str, object] = {} if floor is None else {"grant": grant, "floor": floor}
        if term is not None:
            extra |= {"term": term, "epoch": epoch}
        return await self._request("stop", namespec=namespec, request=request_id, reason=reason, **extra)

    async def release(
        self, grant: str, namespecs: Sequence[str], *, floor: Token, term: int, epoch: int
    ) -> bool:
        """True if none of the processes is alive and no token up to `floor` will ever be obeyed again.

        Raises:
            Refused: with the reason.
            Unavailable: the outcome is unknown.
        """
        result = await self._request(
            "release", grant=grant, namespecs=list(namespecs), floor=floor, term=term, epoch=epoch
        )
        return result.get("clear") is True

    async def manage(
        self,
        programs: Sequence[Managed],
        *,
        term: int | None = None,
        guard: str = "deny",
        own: OwnRules | None = None,
        scales: Mapping[str, int] | None = None,
    ) -> None:
        """Put the list of managed names in force.

        `guard`: whether their starts without a grant are denied (`deny`) or only told (`report`). `own`: what
        the node's own rules name, which is guarded as well. `scales`: by `group:program`, how many processes
        it has, whatever supervisord's file says.

        Raises:
            Refused: with the reason.
            Unavailable: the outcome is unknown.
        """
        extra: dict[str, object] = {} if term is None else {"term": term}
        if own is not None:
            extra |= {"names": own.names, "patterns": own.patterns}
        if scales:
            extra["scales"] = dict(scales)
        await self._request("manage", programs=list(programs), guard=guard, **extra)

    async def covered(self) -> tuple[str, ...]:
        """The namespecs that are alive and may be so under a lease only; those that isolation spares are not.

        Raises:
            Refused: with the reason.
            Unavailable: nothing is known.
        """
        return tuple((await self._request("covered"))["alive"])

    async def rejoin(self, epoch: int) -> None:
        """End an isolation under a new epoch.

        Raises:
            Refused: the epoch is not new, or something managed is still alive.
            Unavailable: the outcome is unknown.
        """
        await self._request("rejoin", epoch=epoch)
