"""Real shims and supervisords in a run directory of their own on tmpfs."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from tests.processes import alive
from tests.waiting import PATIENCE, none_left
from tuiconsole.clock import boottime
from tuiconsole.model.process import Process
from tuiconsole.supervision.deadline import DeadlineWriter
from tuiconsole.supervision.events import Event, ProcessChanged, Snapshot
from tuiconsole.supervision.node import OwnRules, Supervision

BASE = """
[supervisord]
logfile=%(here)s/supervisord.log
pidfile=%(here)s/supervisord.pid
childlogdir=%(here)s
{options}
[unix_http_server]
file=%(here)s/http.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://%(here)s/http.sock
"""

SLEEPERS = """
[program:a]
command=sleep 1000
autostart=false
startsecs=0
[program:b]
command=sleep 1000
autostart=true
startsecs=0
"""


def tagged(incarnation: str) -> set[int]:
    """Every living process that bears a node's tag."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if f"TUICONSOLE_INSTANCE={incarnation}".encode() in (entry / "environ").read_bytes():
                    found.add(int(entry.name))
    return {pid for pid in found if alive(pid)}


class House:
    """One node: its files, and whoever supervises it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.run_dir = folder / "run"
        self.state_dir = folder / "state"
        self.conf = folder / "supervisord.conf"
        self.events: list[Event] = []
        self.changed = asyncio.Event()
        self.supervisions: list[Supervision] = []
        self.shims: set[int] = set()
        self.writer: DeadlineWriter | None = None

    def configure(self, programs: str = SLEEPERS, options: str = "") -> None:
        self.conf.write_text(BASE.format(options=options) + programs)

    def heard(self, event: Event) -> None:
        self.events.append(event)
        self.changed.set()

    def agent(self, own_rules: OwnRules = OwnRules(), **environment: str) -> Supervision:  # noqa: B008
        """What an agent makes when it starts."""
        supervision = Supervision(
            "n1", "127.0.0.1", self.run_dir, self.state_dir, self.conf, self.heard, environment, own_rules
        )
        self.supervisions.append(supervision)
        return supervision

    async def up(self, own_rules: OwnRules = OwnRules(), **environment: str) -> Supervision:  # noqa: B008
        supervision = self.agent(own_rules, **environment)
        await supervision.start()
        await asyncio.wait_for(supervision.wait_up(), PATIENCE)
        assert supervision.pids.shim
        self.shims.add(supervision.pids.shim)
        return supervision

    async def hear(self, wanted: Callable[[Event], bool], after: int = 0) -> Event:
        """The first event, from index `after` on, that is wanted."""
        seen = after

        async def look() -> Event:
            nonlocal seen
            while True:
                self.changed.clear()
                while seen < len(self.events):
                    event = self.events[seen]
                    seen += 1
                    if wanted(event):
                        return event
                await self.changed.wait()

        try:
            return await asyncio.wait_for(look(), PATIENCE)
        except asyncio.TimeoutError:
            raise AssertionError(f"never heard; last: {self.events[-5:]}") from None

    async def hears(self, wanted: Callable[[Event], bool], within: float) -> bool:
        """Whether something is heard within so many seconds, or was before."""
        try:
            await asyncio.wait_for(self.hear(wanted), within)
        except asyncio.TimeoutError:
            return False
        return True

    async def state(self, namespec: str, *states: str, after: int = 0) -> Process:
        """Wait for a process's state, told by an event."""
        event = await self.hear(
            lambda e: (
                isinstance(e, ProcessChanged) and e.process.namespec == namespec and e.process.state in states
            ),
            after,
        )
        assert isinstance(event, ProcessChanged)
        return event.process

    async def hear_of(self, kind: type, after: int = 0) -> Any:
        return await self.hear(lambda event: isinstance(event, kind), after)

    def snapshot(self) -> dict[str, Process]:
        """As of the last snapshot and what came after."""
        known: dict[str, Process] = {}
        for event in self.events:
            if isinstance(event, Snapshot):
                known = {process.namespec: process for process in event.processes}
            elif isinstance(event, ProcessChanged):
                known[event.process.namespec] = event.process
        return known

    def lease(self, seconds: float, stop: float = 1.0, kill: float = 0.4, shim: float = 0.25) -> float:
        """Write a deadline record as an agent does; returns the deadline."""
        if self.writer is None:
            self.writer = DeadlineWriter(str(self.run_dir), "n1", "inc")
        deadline = boottime() + seconds
        self.writer.write(
            epoch=1,
            deadline=deadline,
            stop_at=deadline - stop,
            kill_at=deadline - kill,
            shim_kill_at=deadline - shim,
        )
        return deadline

    async def clean(self) -> None:
        for supervision in self.supervisions:
            await supervision.close()
        if self.writer is not None:
            self.writer.close()
        for pid in self.shims:
            if alive(pid):
                with contextlib.suppress(OSError, Exception):
                    self.raw_shim(b"kill")
                os.kill(pid, signal.SIGKILL)
        for supervision in self.supervisions:
            if supervision.incarnation:
                await asyncio.to_thread(none_left, partial(tagged, supervision.incarnation), "leftovers")

    def raw_shim(self, command: bytes) -> None:
        """Tell the shim something, and wait until it is empty."""
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(PATIENCE)
            sock.connect(str(self.run_dir / "shim.sock"))
            sock.sendall(command + b"\n")
            with sock.makefile("rb") as lines:
                for line in lines:
                    if json.loads(line).get("empty"):
                        return

    def wire(self) -> Wire:
        """A client of the plugin that speaks plain JSON lines."""
        return Wire(str(self.run_dir / "plugin.sock"))


class Wire:
    """A blocking client of the plugin."""

    def __init__(self, path: str) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE)
        self.sock.connect(path)
        self.lines = self.sock.makefile("rb")
        self.count = 0
        self.events: list[dict[str, Any]] = []

    def send(self, raw: bytes) -> None:
        self.sock.sendall(raw + b"\n")

    def read(self) -> dict[str, Any]:
        line = self.lines.readline()
        assert line, "the plugin has closed the connection"
        found = json.loads(line)
        assert isinstance(found, dict)
        return found

    def ask(self, op: str, **fields: object) -> dict[str, Any]:
        self.count += 1
        self.send(json.dumps({"id": self.count, "op": op, **fields}).encode())
        while "ok" not in (message := self.read()):
            self.events.append(message)
        assert message["id"] == self.count
        return message

    def hear(self, wanted: Callable[[dict[str, Any]], bool]) -> None:
        """Wait until the plugin tells something of its own accord."""
        while not any(map(wanted, self.events)):
            message = self.read()
            assert "ok" not in message
            self.events.append(message)

    def start(self, namespec: str, number: int = 1, **fields: object) -> dict[str, Any]:
        given: dict[str, object] = {
            "namespec": namespec,
            "grant": namespec,
            "token": [1, number],
            "term": 1,
            "epoch": 1,
            "deadline": boottime() + 10,
        }
        return self.ask("start", **{**given, **fields})

    def stop(self, namespec: str, **fields: object) -> dict[str, Any]:
        return self.ask("stop", **{"namespec": namespec, "term": 1, "epoch": 1, **fields})

    def close(self) -> None:
        self.lines.close()
        self.sock.close()
