"""Looks at whether a process of this node is ready: does a port answer, a file exist, a command end well?

It waits without blocking anything. A command runs without a shell, as the agent's user, in a group of its own
that is killed when its time is over; and only if this node's own rules say the very same command.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import signal
from collections.abc import Callable
from pathlib import Path

from tuiconsole.clock import boottime
from tuiconsole.rulebook.rules import ReadyCheck
from tuiconsole.timeouts import within
from tuiconsole.wire.orders import CommandProbe
from tuiconsole.wire.replies import Obeyed

CONNECT = 2.0
"""Seconds in which a port must answer."""
BEFORE_DEADLINE = 0.3
"""Seconds before the order's deadline when it is answered at the latest; the look goes on."""

Looked = tuple[str, str, str]
"""What is looked at: port, file, command."""


class Readiness:
    """The looks of one node, one at a time for each process.

    Args:
        node: its name.
        host: its address.
        own: what this node's own rules say of a process.
    """

    def __init__(self, node: str, host: str, own: Callable[[str, str], ReadyCheck | None]) -> None:
        self._node = node
        self._host = host
        self._own = own
        self._looks: dict[str, tuple[Looked, asyncio.Task[str]]] = {}

    async def look(self, probe: CommandProbe) -> Obeyed:
        """OK if it is ready, refused with the reason if not yet, unknown while a look goes on."""
        application, _, process = probe.namespec.partition(":")
        if probe.command:
            own = self._own(application, process)
            if own is None or own.command != probe.command:
                what = f"the rules of {self._node} do not say this command for {probe.namespec}"
                return Obeyed("refused", f"{what}: give all nodes the same rules")
        looked = (probe.tcp, probe.file, probe.command)
        before = self._looks.get(probe.namespec)
        if before is not None and before[0] == looked:
            task = before[1]
        else:
            if before is not None:
                before[1].cancel()
            task = asyncio.get_running_loop().create_task(self._look(probe))
            self._looks[probe.namespec] = looked, task
        await asyncio.wait({task}, timeout=max(0.05, probe.deadline - boottime() - BEFORE_DEADLINE))
        if not task.done():
            return Obeyed("unknown", "a look at it takes long")
        known = self._looks.get(probe.namespec)
        if known is not None and known[1] is task:
            del self._looks[probe.namespec]
        if task.cancelled():
            return Obeyed("unknown", "another look was asked for meanwhile")
        reason = task.result()
        return Obeyed("refused", reason) if reason else Obeyed("ok")

    def close(self) -> None:
        """End all looks, with their commands."""
        for _, task in self._looks.values():
            task.cancel()
        self._looks.clear()

    async def _look(self, probe: CommandProbe) -> str:
        def filled(text: str) -> str:
            application, _, process = probe.namespec.partition(":")
            values = {"node": self._node, "host": self._host, "application": application, "process": process}
            for name, value in values.items():
                text = text.replace(f"%({name})s", value)
            return text

        try:
            if probe.tcp:
                return await answers(filled(probe.tcp))
            if probe.file:
                path = Path(filled(probe.file))
                return "" if await asyncio.to_thread(path.exists) else f"{path} does not exist"
            return await ends_well([filled(word) for word in shlex.split(probe.command)], probe.limit)
        except (OSError, ValueError) as error:
            return str(error)


async def answers(address: str) -> str:
    """Empty if something accepts a connection at HOST:PORT, else why not."""
    host, _, port = address.rpartition(":")
    try:
        async with within(CONNECT):
            _, writer = await asyncio.open_connection(host.strip("[]"), int(port))
    except asyncio.TimeoutError:
        return f"{address} does not answer within {CONNECT:g} s"
    except OSError as error:
        return f"{address}: {error.strerror or error}"
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return ""


async def ends_well(words: list[str], limit: float) -> str:
    """Empty if a command ends with 0 within `limit` seconds, else why not."""
    name = words[0] if words else ""
    try:
        process = await asyncio.create_subprocess_exec(
            *words,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        return f"{name} cannot be run: {error.strerror}"
    try:
        async with within(limit):
            status = await process.wait()
    except asyncio.TimeoutError:
        return f"{name} has not ended within {limit:g} s"
    finally:
        # All of its group: what it started and left behind would otherwise add up, look by look.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    if status == 0:
        return ""
    return f"{name} ended with {status}" if status > 0 else f"{name} was killed by signal {-status}"
