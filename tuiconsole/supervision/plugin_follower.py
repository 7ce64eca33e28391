"""Following the plugin through the lives of supervisord: each event once, in its order.

The link to it may come and go: what was missed meanwhile comes from the plugin's ring, or as a snapshot.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from tuiconsole.model.process import Process
from tuiconsole.supervision import launch
from tuiconsole.supervision.events import (
    Event,
    Isolated,
    ProcessChanged,
    ProcessRemoved,
    ProgramSettings,
    Snapshot,
    SupervisionFailed,
    SupervisordStopping,
    SupervisordUp,
    Unavailable,
    Unguarded,
)
from tuiconsole.supervision.link import PluginLink

PLUGIN_SOCKET = "plugin.sock"
COMMAND_WITHIN = 5.0
"""Seconds in which a command is answered; a spawn takes some 3 ms, and hundreds may be queued."""
_CONNECT_INTERVAL = 0.01
_HANGING_AFTER = 15.0
"""Seconds after which a supervisord that does not open its plugin is reported."""


class PluginFollower:
    """The agent's end of the plugin. Tells what supervisord does, and passes requests to it."""

    def __init__(self, run_dir: Path, emit: Callable[[Event], None]) -> None:
        """`emit` is called in the loop with each event; `run_dir` holds the plugin's socket."""
        self.up = asyncio.Event()
        """Set once supervisord has answered, and its first snapshot is delivered."""
        self._run_dir = run_dir
        self._emit = emit
        self._link: PluginLink | None = None
        self._announced: int | None = None
        """The supervisord whose coming was told."""
        self._stream: str | None = None
        self._seq = 0
        self._known: set[str] = set()
        self._programs: dict[str, ProgramSettings] = {}
        self.features: frozenset[str] = frozenset()
        """What this supervisord's plugin can do beyond those of the first version."""

    @property
    def announced(self) -> bool:
        """Whether the coming of this supervisord was told."""
        return self._announced is not None

    @property
    def programs(self) -> Mapping[str, ProgramSettings]:
        """By namespec, as of the last snapshot."""
        return self._programs

    async def request(self, op: str, **fields: object) -> dict[str, Any]:
        """Have the plugin do something, and wait for its result.

        Raises:
            Refused: with the reason.
            Unavailable: the outcome is unknown.
        """
        if self._link is None:
            raise Unavailable("supervisord is not up")
        return await self._link.request(op, COMMAND_WITHIN, **fields)

    def close(self) -> None:
        """Let go of the plugin."""
        if self._link is not None:
            self._link.close()
            self._link = None

    def supervisord_ended(self) -> None:
        """The next one begins anew."""
        self._announced = self._stream = None
        self.up.clear()

    async def follow(self, gone: asyncio.Event) -> None:
        """Follow one supervisord until it is `gone`."""
        path = str(self._run_dir / PLUGIN_SOCKET)
        loop = asyncio.get_running_loop()
        hanging_at = loop.time() + _HANGING_AFTER
        while not gone.is_set():
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
            self._link = link
            try:
                await link.follow()
            finally:
                link.close()
                self._link = None
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
        self.features = frozenset(result.get("features", ()))
        if result["snapshot"] is not None:
            self._take_snapshot(result["snapshot"])
        if result["stage"] != "held":
            self._emit(Isolated(result["stage"], result["epoch"]))
        self.up.set()

    def _take_snapshot(self, found: dict[str, Any]) -> None:
        self._seq = found["seq"]
        processes = msgspec.convert(found["processes"], tuple[Process, ...])
        programs = msgspec.convert(found["programs"], tuple[ProgramSettings, ...])
        self._programs = {settings.namespec: settings for settings in programs}
        present = {process.namespec for process in processes}
        for namespec in sorted(self._known - present):
            self._emit(ProcessRemoved(namespec))
        self._known = present
        self._emit(Snapshot(processes, self._programs, self._seq, self._stream or ""))

    def _take_event(self, message: dict[str, Any]) -> None:
        self._seq = message["seq"]
        kind = message.get("event")
        if kind == "process":
            self._emit(ProcessChanged(msgspec.convert(message, Process)))
        elif kind in ("group_added", "group_removed"):
            if self._link is not None:
                self._link.send("snapshot", self._take_snapshot_answer)
        elif kind == "stopping":
            self._emit(SupervisordStopping())
        elif kind == "unguarded":
            self._emit(Unguarded(message["namespec"]))
        elif kind == "isolated":
            self._emit(Isolated(message["stage"], message["epoch"]))

    def _take_snapshot_answer(self, answer: dict[str, Any] | None) -> None:
        if answer is not None and answer["ok"]:
            self._take_snapshot(answer["result"])
