"""The agent's side of its node.

Starts shim and supervisord or finds them alive, follows them, commands them.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from tuiconsole.clock import BootTime
from tuiconsole.model.process import Process, Token
from tuiconsole.supervision import launch
from tuiconsole.supervision.backoff import Backoff
from tuiconsole.supervision.events import (
    Event,
    Isolated,
    NodeEmpty,
    ProcessChanged,
    ProcessRemoved,
    ProgramSettings,
    Snapshot,
    SupervisionError,
    SupervisionFailed,
    SupervisordDown,
    SupervisordStopping,
    SupervisordUp,
    Unavailable,
)
from tuiconsole.supervision.link import PluginLink

PLUGIN_SOCKET = "plugin.sock"
COMMAND_WITHIN = 5.0
"""Seconds in which a command is answered; a spawn takes some 3 ms, and hundreds may be queued."""
SHUTDOWN_WITHIN = 60.0
"""Seconds for supervisord's orderly end before everything is killed: six stopwaitsecs of 10 s in a row."""
KILL_WITHIN = 10.0
"""Seconds in which killed processes are gone, unless the kernel holds one."""
_CONNECT_INTERVAL = 0.01
_HANGING_AFTER = 15.0
"""Seconds after which a supervisord that does not open its plugin is reported."""


class Pids(NamedTuple):
    """Process ids; None for what is not alive."""

    shim: int | None
    supervisord: int | None


class Managed(msgspec.Struct, frozen=True):
    """A managed program, as told to the plugin."""

    namespec: str
    grant: str
    """Name of the grant under which it runs."""
    isolation: str = "STOP"
    """STOP, KEEP or ALLOW."""


class Supervision:
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
    ) -> None:
        self._run_dir = run_dir.absolute()
        self._state_dir = state_dir.absolute()
        self._conf = supervisord_conf.absolute()
        self._on_event = on_event
        self._environment = {
            **os.environ,
            **(environment or {}),
            "TUICONSOLE_NODE": node,
            "TUICONSOLE_HOST": host,
        }
        self._shim: launch.ShimLink | None = None
        self._plugin: PluginLink | None = None
        self._supervisord: int | None = None
        self._announced: int | None = None
        """The supervisord whose coming was told."""
        self._up_since = 0.0
        self._gone = asyncio.Event()
        self._up = asyncio.Event()
        self._empty = asyncio.Event()
        self._restarts = True
        self._backoff = Backoff()
        self._stream: str | None = None
        self._seq = 0
        self._known: set[str] = set()
        self._programs: dict[str, ProgramSettings] = {}
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
        return self._programs

    def log_path(self, namespec: str, stream: str = "stdout") -> Path | None:
        """The file of a process's `stdout` or `stderr`; None if it has none, or is not known."""
        settings = self._programs.get(namespec)
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
        self._shim = await launch.attach(self._run_dir)
        self._take_greeting()
        self._runner = asyncio.create_task(self._run())

    async def wait_up(self) -> None:
        """Until supervisord answers and its first snapshot was delivered."""
        await self._up.wait()

    async def close(self) -> None:
        """Let go of shim and supervisord, which live on: for an agent that leaves without stopping."""
        tasks = [task for task in (self._runner, self._starter, self._follower) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._runner = self._starter = self._follower = None
        if self._plugin is not None:
            self._plugin.close()
            self._plugin = None
        if self._shim is not None:
            self._shim.writer.close()

    async def shutdown(self, timeout: float = SHUTDOWN_WITHIN) -> None:
        """End everything in order: programs, supervisord, shim. What does not end in time is killed.

        Raises:
            SupervisionError: something cannot be killed.
        """
        self._stop_restarts()
        if self._supervisord is not None:
            with contextlib.suppress(Unavailable):
                await self._request("shutdown")
            self._tell_shim(b"terminate\n")
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._empty.wait(), timeout)
        await self._kill_until_empty()
        self._tell_shim(b"exit\n")
        if self._runner is not None:
            await asyncio.wait({self._runner}, timeout=KILL_WITHIN)
        await self.close()
        if self._shim is not None and self._shim.child is not None:
            await asyncio.to_thread(self._shim.child.wait)
        self._shim = None

    async def kill_everything(self, *, restart: bool = False) -> None:
        """SIGKILL supervisord and all that it has started; returns with the proof that nothing is left.

        Raises:
            SupervisionError: something cannot be killed.
        """
        if not restart:
            self._stop_restarts()
        await self._kill_until_empty()

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
    ) -> dict[str, Any]:
        """Spawn now. The result has `state`, `pid`, `reason`, and `already` if it ran under this token.

        Raises:
            Refused: with the reason.
            Unavailable: the outcome is unknown; ask again with the same request id.
        """
        return await self._request(
            "start",
            namespec=namespec,
            grant=grant,
            token=token,
            term=term,
            epoch=epoch,
            deadline=deadline,
            request=request_id,
        )

    async def stop_process(
        self,
        namespec: str,
        *,
        term: int,
        epoch: int,
        request_id: str = "",
        grant: str | None = None,
        floor: Token | None = None,
        reason: str = "",
    ) -> dict[str, Any]:
        """Send the stop signal now; events tell the rest. With a floor, starts up to it are void as well.

        Raises:
            Refused: with the reason.
            Unavailable: the outcome is unknown.
        """
        extra: dict[str, object] = {} if floor is None else {"grant": grant, "floor": floor}
        return await self._request(
            "stop", namespec=namespec, term=term, epoch=epoch, request=request_id, reason=reason, **extra
        )

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

    async def manage(self, programs: Sequence[Managed], *, term: int | None = None) -> None:
        """Put the list of managed names in force.

        Raises:
            Refused: with the reason.
            Unavailable: the outcome is unknown.
        """
        extra = {} if term is None else {"term": term}
        await self._request("manage", programs=list(programs), **extra)

    async def rejoin(self, epoch: int) -> None:
        """End an isolation under a new epoch.

        Raises:
            Refused: the epoch is not new, or something managed is still alive.
            Unavailable: the outcome is unknown.
        """
        await self._request("rejoin", epoch=epoch)

    async def _request(self, op: str, **fields: object) -> dict[str, Any]:
        if self._plugin is None:
            raise Unavailable("supervisord is not up")
        return await self._plugin.request(op, COMMAND_WITHIN, **fields)

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
            await asyncio.wait_for(self._empty.wait(), KILL_WITHIN)
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
        again = await launch.reconnect(self._run_dir, self._shim)
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
        elif "error" in message:
            self._emit(SupervisionFailed(f"the shim: {message['error']}"))

    def _start_after(self, delay: float) -> None:
        async def start() -> None:
            await asyncio.sleep(delay)
            assert self._shim is not None
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
        self._follower = asyncio.create_task(self._follow_plugin())

    async def _supervisord_ended(self, status: int | None, words: str) -> None:
        pid, was_up = self._supervisord, self._announced is not None
        if pid is None:
            return
        self._gone.set()
        if self._follower is not None:
            # It reads what supervisord has still said; then comes the end of the file.
            await asyncio.wait({self._follower}, timeout=1.0)
            self._follower.cancel()
            self._follower = None
        self._supervisord = self._announced = self._stream = None
        self._up.clear()
        reason = words if status != 0 else ""
        self._emit(SupervisordDown(status, reason))
        if not was_up and self._restarts:
            self._emit(SupervisionFailed(f"supervisord does not start: {reason or f'exit status {status}'}"))

    async def _follow_plugin(self) -> None:
        path = str(self._run_dir / PLUGIN_SOCKET)
        loop = asyncio.get_running_loop()
        hanging_at = loop.time() + _HANGING_AFTER
        while not self._gone.is_set():
            try:
                link = await PluginLink.connect(path, self._take_event)
            except OSError:
                if loop.time() > hanging_at:
                    hanging_at = float("inf")
                    words = launch.last_words(self._run_dir) or "no word from it; see its log file"
                    self._emit(SupervisionFailed(f"supervisord runs, but does not answer: {words}"))
                await asyncio.sleep(_CONNECT_INTERVAL)
                continue
            since: dict[str, object] = {"since": self._seq, "stream": self._stream} if self._stream else {}
            link.send("hello", self._take_hello, **since)
            self._plugin = link
            try:
                await link.follow()
            finally:
                link.close()
                self._plugin = None
            hanging_at = loop.time() + _HANGING_AFTER
            await asyncio.sleep(_CONNECT_INTERVAL)

    def _take_hello(self, answer: dict[str, Any] | None) -> None:
        if answer is None or not answer["ok"]:
            return
        result = answer["result"]
        if self._announced != result["pid"]:
            self._announced = result["pid"]
            self._emit(SupervisordUp(result["pid"]))
        self._stream = result["stream"]
        if result["snapshot"] is not None:
            self._take_snapshot(result["snapshot"])
        if result["stage"] != "held":
            self._emit(Isolated(result["stage"]))
        self._up.set()

    def _take_snapshot(self, found: dict[str, Any]) -> None:
        self._seq = found["seq"]
        processes = msgspec.convert(found["processes"], tuple[Process, ...])
        programs = msgspec.convert(found["programs"], tuple[ProgramSettings, ...])
        self._programs = {settings.namespec: settings for settings in programs}
        present = {process.namespec for process in processes}
        for namespec in sorted(self._known - present):
            self._emit(ProcessRemoved(namespec))
        self._known = present
        self._emit(Snapshot(processes, self._programs, self._seq))

    def _take_event(self, message: dict[str, Any]) -> None:
        self._seq = message["seq"]
        kind = message.get("event")
        if kind == "process":
            self._emit(ProcessChanged(msgspec.convert(message, Process)))
        elif kind in ("group_added", "group_removed"):
            if self._plugin is not None:
                self._plugin.send("snapshot", self._take_snapshot_answer)
        elif kind == "stopping":
            self._emit(SupervisordStopping())
        elif kind == "isolated":
            self._emit(Isolated(message["stage"]))

    def _take_snapshot_answer(self, answer: dict[str, Any] | None) -> None:
        if answer is not None and answer["ok"]:
            self._take_snapshot(answer["result"])
