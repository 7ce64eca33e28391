"""The agent's side of its node.

Starts shim and supervisord or finds them alive, starts again what has died, and ends them in order.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from tuiconsole.supervision import launch
from tuiconsole.supervision.backoff import Backoff
from tuiconsole.supervision.commands import Managed, OwnRules, PluginCommands
from tuiconsole.supervision.events import (
    DeadlineEnforced,
    Event,
    NodeEmpty,
    ProgramSettings,
    SupervisionError,
    SupervisionFailed,
    SupervisordDown,
    Unavailable,
)
from tuiconsole.supervision.plugin_follower import PluginFollower
from tuiconsole.timeouts import within

__all__ = ["Managed", "OwnRules", "Pids", "Supervision"]

SHUTDOWN_WITHIN = 60.0
"""Seconds for supervisord's orderly end before everything is killed: six stopwaitsecs of 10 s in a row."""
KILL_WITHIN = 10.0
"""Seconds in which killed processes are gone, unless the kernel holds one."""


class Pids(NamedTuple):
    """Process ids; None for what is not alive."""

    shim: int | None
    supervisord: int | None


class Supervision(PluginCommands):
    """One node's shim and supervisord.

    Args:
        node: the node's name, TUICONSOLE_NODE for supervisord.conf.
        host: its host, TUICONSOLE_HOST.
        run_dir: a tmpfs directory of this node alone; made if it is missing. Its path is short: unix sockets
            bear 107 bytes.
        state_dir: a lasting directory of this node alone; made if it is missing.
        supervisord_conf: the user's own file.
        on_event: called in the loop, with each event in its order. It must not wait.
        environment: added to supervisord's environment, which is otherwise this process's.
        own_rules: what the guard goes by until a master's list comes.
    """

    def __init__(
        self,
        node: str,
        host: str,
        run_dir: Path,
        state_dir: Path,
        supervisord_conf: Path,
        on_event: Callable[[Event], None],
        environment: Mapping[str, str] | None = None,
        own_rules: OwnRules = OwnRules(),  # noqa: B008 (immutable)
    ) -> None:
        self._run_dir = run_dir.absolute()
        self._state_dir = state_dir.absolute()
        self._conf = supervisord_conf.absolute()
        self._on_event = on_event
        self._own_rules = own_rules
        self._environment = {
            **os.environ,
            **(environment or {}),
            "TUICONSOLE_NODE": node,
            "TUICONSOLE_HOST": host,
        }
        self.ending = ""
        """What `shutdown` waits for, in words; empty while it does not run."""
        self._shim: launch.ShimLink | None = None
        self._plugin = PluginFollower(self._run_dir, self._emit)
        self._supervisord: int | None = None
        self._up_since = 0.0
        self._gone = asyncio.Event()
        self._empty = asyncio.Event()
        self._restarts = True
        self._backoff = Backoff()
        self._runner: asyncio.Task[None] | None = None
        self._follower: asyncio.Task[None] | None = None
        self._starter: asyncio.Task[None] | None = None

    @property
    def pids(self) -> Pids:
        """Of the living shim and supervisord."""
        return Pids(self._shim.greeting.pid if self._shim else None, self._supervisord)

    @property
    def incarnation(self) -> str:
        """Names one life of the node: kept over restarts of agent and supervisord, new with a new shim."""
        return self._shim.greeting.incarnation if self._shim else ""

    @property
    def programs(self) -> Mapping[str, ProgramSettings]:
        """By namespec, as of the last snapshot."""
        return self._plugin.programs

    @property
    def passes_arguments(self) -> bool:
        """Whether this supervisord's plugin can add arguments to a command: an older one cannot."""
        return "arguments" in self._plugin.features

    def log_path(self, namespec: str, stream: str = "stdout") -> Path | None:
        """The file of a process's `stdout` or `stderr`; None if it has none, or is not known."""
        settings = self._plugin.programs.get(namespec)
        if settings is None:
            return None
        path = settings.stderr_logfile if stream == "stderr" else settings.stdout_logfile
        return Path(path) if path else None

    async def start(self) -> None:
        """Find shim and supervisord alive, or start what is missing. Then events come until `close`.

        Raises:
            SupervisionError: no shim can be had.
        """
        for directory in (self._run_dir, self._state_dir):
            launch.make_directory(directory)
        launch.write_own_rules(self._run_dir, self._own_rules)
        self._shim = await launch.attach(self._run_dir)
        self._take_greeting()
        self._runner = asyncio.create_task(self._run())

    async def wait_up(self) -> None:
        """Until supervisord answers and its first snapshot was delivered."""
        await self._plugin.up.wait()

    async def close(self) -> None:
        """Let go of shim and supervisord, which live on: for an agent that leaves without stopping."""
        tasks = [task for task in (self._runner, self._starter, self._follower) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._runner = self._starter = self._follower = None
        self._plugin.close()
        if self._shim is not None:
            self._shim.writer.close()

    async def shutdown(self, timeout: float = SHUTDOWN_WITHIN) -> None:
        """End everything in order: programs, supervisord, shim. What does not end in time is killed.

        Raises:
            SupervisionError: something cannot be killed.
        """
        self._stop_restarts()
        if self._supervisord is not None:
            self.ending = "supervisord is asked to end"
            with contextlib.suppress(Unavailable):
                await self._request("shutdown")
            self._tell_shim(b"terminate\n")
            self.ending = "supervisord stops its programs"
            with contextlib.suppress(asyncio.TimeoutError):
                async with within(timeout):
                    await self._empty.wait()
        self.ending = "what is left is killed"
        await self._kill_until_empty()
        self._tell_shim(b"exit\n")
        self.ending = "the shim ends"
        if self._runner is not None:
            await asyncio.wait({self._runner}, timeout=KILL_WITHIN)
        await self.close()
        if self._shim is not None and self._shim.child is not None:
            await asyncio.to_thread(self._shim.child.wait)
        self._shim = None
        self.ending = ""

    async def kill_everything(self, *, restart: bool = False) -> None:
        """SIGKILL supervisord and all that it has started; returns with the proof that nothing is left.

        Raises:
            SupervisionError: something cannot be killed.
        """
        if not restart:
            self._stop_restarts()
        await self._kill_until_empty()

    async def _request(self, op: str, **fields: object) -> dict[str, Any]:
        return await self._plugin.request(op, **fields)

    def _emit(self, event: Event) -> None:
        try:
            self._on_event(event)
        except Exception as error:  # noqa: BLE001 (a listener's defect must not end the supervision)
            asyncio.get_running_loop().call_exception_handler(
                {"message": "the listener of supervision events failed", "exception": error}
            )

    def _stop_restarts(self) -> None:
        self._restarts = False
        if self._starter is not None:
            self._starter.cancel()

    def _tell_shim(self, command: bytes) -> None:
        if self._shim is not None:
            self._shim.writer.write(command)

    async def _kill_until_empty(self) -> None:
        if self._empty.is_set():
            return
        self._tell_shim(b"kill\n")
        try:
            async with within(KILL_WITHIN):
                await self._empty.wait()
        except asyncio.TimeoutError:
            raise SupervisionError(
                f"processes of this node cannot be killed within {KILL_WITHIN:g} s; see ps for state D"
            ) from None

    async def _run(self) -> None:
        """Follow the shim; when it is lost, get another."""
        while True:
            await self._follow_shim()
            if not self._restarts:
                return
            if await self._is_the_same_shim():
                continue
            await self._supervisord_ended(None, "the shim has died")
            self._emit(
                SupervisionFailed("the shim has died; its programs are killed and a new one is started")
            )
            await self._attach_again()

    async def _is_the_same_shim(self) -> bool:
        """Reconnect if the shim lives and only the connection was lost."""
        assert self._shim is not None
        backoff = Backoff()
        while True:
            try:
                again = await launch.reconnect(self._run_dir, self._shim)
            except SupervisionError as error:
                self._emit(SupervisionFailed(str(error)))
                await asyncio.sleep(backoff.ended(0.0))
                continue
            break
        if again is None:
            return False
        self._shim = again
        if again.greeting.supervisord != self._supervisord:
            await self._supervisord_ended(again.greeting.exited, launch.last_words(self._run_dir))
            self._take_greeting()
        return True

    async def _attach_again(self) -> None:
        assert self._shim is not None
        if self._shim.child is not None:
            self._shim.child.poll()
        backoff = Backoff()
        while True:
            await asyncio.sleep(backoff.ended(0.0))
            try:
                self._shim = await launch.attach(self._run_dir)
            except SupervisionError as error:
                self._emit(SupervisionFailed(str(error)))
                continue
            self._take_greeting()
            return

    def _take_greeting(self) -> None:
        assert self._shim is not None
        greeting = self._shim.greeting
        if greeting.supervisord is not None:
            self._supervisord_found(greeting.supervisord)
        elif greeting.children == 0:
            self._empty.set()
            self._start_after(0.0)
        # else it is killing what a dead supervisord has left, and will say when it is done

    async def _follow_shim(self) -> None:
        assert self._shim is not None
        reader = self._shim.reader
        try:
            while line := await reader.readline():
                await self._take_shim_line(msgspec.json.decode(line))
        except (OSError, ValueError, msgspec.DecodeError):
            return
        finally:
            self._shim.writer.close()

    async def _take_shim_line(self, message: dict[str, Any]) -> None:
        if "spawned" in message:
            self._supervisord_found(message["spawned"])
        elif "exited" in message:
            await self._supervisord_ended(message["exited"], launch.last_words(self._run_dir))
        elif "empty" in message:
            self._empty.set()
            self._emit(NodeEmpty())
            if self._restarts:
                up_for = asyncio.get_running_loop().time() - self._up_since if self._up_since else 0.0
                self._start_after(self._backoff.ended(up_for))
        elif "deadline" in message:
            self._emit(DeadlineEnforced(message["deadline"]))
        elif "error" in message:
            self._emit(SupervisionFailed(f"the shim: {message['error']}"))

    def _start_after(self, delay: float) -> None:
        async def start() -> None:
            await asyncio.sleep(delay)
            assert self._shim is not None
            # From here on there may be one, though the shim has not said so yet.
            self._empty.clear()
            self._tell_shim(
                launch.supervisord_order(
                    self._shim.greeting, self._run_dir, self._state_dir, self._conf, self._environment
                )
            )

        if self._restarts:
            self._starter = asyncio.create_task(start())

    def _supervisord_found(self, pid: int) -> None:
        self._supervisord = pid
        self._up_since = asyncio.get_running_loop().time()
        self._empty.clear()
        self._gone.clear()
        self._follower = asyncio.create_task(self._plugin.follow(self._gone))

    async def _supervisord_ended(self, status: int | None, words: str) -> None:
        pid, was_up = self._supervisord, self._plugin.announced
        if pid is None:
            return
        self._gone.set()
        if self._follower is not None:
            # It reads what supervisord has still said; then comes the end of the file.
            await asyncio.wait({self._follower}, timeout=1.0)
            self._follower.cancel()
            self._follower = None
        self._supervisord = None
        self._plugin.supervisord_ended()
        reason = words if status != 0 else ""
        self._emit(SupervisordDown(status, reason))
        if not was_up and self._restarts:
            self._emit(SupervisionFailed(f"supervisord does not start: {reason or f'exit status {status}'}"))
