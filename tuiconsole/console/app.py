"""The console's application: runs the feed, hands its pictures to the screen. It decides nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime, tzinfo

from textual.app import App
from textual.worker import Worker, WorkerState

from tuiconsole.client.session import Action, Verdict
from tuiconsole.console.feed import Feed, SessionFactory, utc_now
from tuiconsole.console.palette import CONTROL_ROOM
from tuiconsole.console.requests import Request
from tuiconsole.console.rows.foreign import plain
from tuiconsole.console.screens.control import ControlScreen
from tuiconsole.model.events import Severity

PAINT_INTERVAL = 0.1
"""Seconds between two pictures at least: changes within it are painted as one."""
_TICK = 1.0
"""Seconds between two looks at the ages of data."""
_REOPEN = 2.0
"""Seconds until what failed is run again."""


class ConsoleApp(App[int]):
    """The operator's console.

    Args:
        factory: opens the session; asked again for ever if it fails.
        cluster: the cluster's name as its file says.
        read_only: refuse whatever changes something, and show a badge.
        zone: for the times of events; None is this machine's.
        now: the wall clock in UTC.
    """

    ENABLE_COMMAND_PALETTE = False
    TITLE = "tuiconsole"
    CSS = """
    Footer { background: $footer-background; }
    ToastRack { margin-bottom: 2; }
    Toast { background: $panel; max-width: 72; }
    """

    def __init__(
        self,
        factory: SessionFactory,
        *,
        cluster: str = "",
        read_only: bool = False,
        zone: tzinfo | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        super().__init__()
        self.feed = Feed(factory, cluster=cluster, read_only=read_only, now=now)
        self._zone = zone
        self._control: ControlScreen | None = None

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return CONTROL_ROOM.variables

    def on_mount(self) -> None:
        self.register_theme(CONTROL_ROOM)
        self.theme = CONTROL_ROOM.name
        self._control = ControlScreen(self._logs, self._zone)
        self.push_screen(self._control)
        self._run_paint()
        self._run_follow()
        self.set_interval(_TICK, self.feed.touch)

    async def on_unmount(self) -> None:
        await self.feed.close()

    async def _paint(self) -> None:
        while True:
            await self.feed.changed()
            if self._control is not None and self._control.is_mounted:
                self._control.show(self.feed.picture())
            await asyncio.sleep(PAINT_INTERVAL)

    def on_control_screen_asked(self, message: ControlScreen.Asked) -> None:
        targets = tuple(one for one in message.targets if not self._asked_already(message.action, one))
        if not targets:
            return
        if self.feed.session is None:
            self.notify("not connected yet: nothing was asked", severity="warning", markup=False)
            return
        self.run_worker(
            self._ask(message.action, targets),
            name=f"{message.action.value} {' '.join(targets)}",
            group="requests",
            exit_on_error=False,
        )

    def on_control_screen_dismissed(self) -> None:
        self.feed.dismiss()
        self.clear_notifications()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Make an event of what a worker raised, and run again what must go on."""
        if event.state is not WorkerState.ERROR:
            return
        error = event.worker.error
        words = plain(f"{type(error).__name__}: {error}")
        if event.worker.group == "follow":
            self.feed.trouble(words)
            self.set_timer(_REOPEN, self._run_follow)
        elif event.worker.group == "paint":
            self.set_timer(_REOPEN, self._run_paint)
        self.feed.note(f"{event.worker.name}: {words}", Severity.MAJOR)

    def _run_follow(self) -> None:
        self.run_worker(
            self.feed.follow(), name="connection", group="follow", exclusive=True, exit_on_error=False
        )

    def _run_paint(self) -> None:
        self.feed.touch()
        self.run_worker(self._paint(), name="screen", group="paint", exclusive=True, exit_on_error=False)

    async def _ask(self, action: Action, targets: tuple[str, ...]) -> None:
        async for request in self.feed.ask(action, targets):
            self._toast(request)

    def _toast(self, request: Request) -> None:
        done = request.verdict is Verdict.DONE
        # One at a time: what came before is in the event log, and a small screen has no room for both.
        self.clear_notifications()
        self.notify(
            plain(request.sentence if done else request.text),
            title="" if done else plain(f"{request.action.value} {request.target}: {request.verdict_words}"),
            severity="information" if done else "error" if request.severity is Severity.MAJOR else "warning",
            timeout=4 if done else 12,
            markup=False,
        )

    def _asked_already(self, action: Action, target: str) -> bool:
        going_on = self.feed.requests.going_on(action, target)
        if going_on is not None:
            self.notify(plain(f"already asked – {going_on.sentence}"), timeout=4, markup=False)
        return going_on is not None

    async def _logs(self, namespec: str, stderr: bool, tail: int) -> AsyncIterator[str]:
        session = self.feed.session
        if session is None:
            raise LookupError("not connected yet")
        async for piece in session.logs(namespec, stderr=stderr, tail=tail):
            yield piece
