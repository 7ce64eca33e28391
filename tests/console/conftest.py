"""Consoles on a fake session, and ways to wait for what they show."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime, timezone
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from textual import events
from textual.keys import _character_to_key
from textual.pilot import Pilot

from tuiconsole.client.session import Session
from tuiconsole.console.actions import Place
from tuiconsole.console.app import ConsoleApp
from tuiconsole.console.keymap import Keymap
from tuiconsole.console.rows.line import text_of
from tuiconsole.console.screens.applications import ApplicationsScreen
from tuiconsole.console.screens.overview import OverviewScreen
from tuiconsole.console.settings import ConsoleSettings
from tuiconsole.console.widgets.details.log_view import LogView

from .fake_session import FakeSession

NOON = datetime(2026, 11, 23, 12, 5, 0, tzinfo=timezone.utc)


ITEMS = r"(?P<part>srv|hci)_(?P<item>\d+)$"


def console_on(
    session: FakeSession,
    *,
    read_only: bool = False,
    first: Place = Place.APPLICATIONS,
    letters_ascii: bool = False,
    theme: str = "dark",
    memory: Path | None = None,
    keymap: Keymap | None = None,
    settings: ConsoleSettings | None = None,
) -> ConsoleApp:
    """A console whose times are fixed."""

    async def opened() -> Session:
        return session

    return ConsoleApp(
        opened,
        cluster="scenario_2",
        read_only=read_only,
        item=ITEMS,
        settings=settings or ConsoleSettings(theme=theme, screen=first, keymap=keymap or Keymap()),
        memory=memory,
        letters_ascii=letters_ascii,
        zone=timezone.utc,
        now=lambda: NOON,
    )


class Operator:
    """Someone at the keyboard, who looks at the screen until what is expected is there."""

    def __init__(self, pilot: Pilot[int], session: FakeSession) -> None:
        self.pilot = pilot
        self.session = session
        self._typed_at = float("-inf")

    @property
    def app(self) -> ConsoleApp:
        app = self.pilot.app
        assert isinstance(app, ConsoleApp)
        return app

    @property
    def control(self) -> ApplicationsScreen:
        """The screen of the applications, shown or not."""
        screen = self.app.screen_of(Place.APPLICATIONS)
        assert isinstance(screen, ApplicationsScreen)
        return screen

    @property
    def overview(self) -> OverviewScreen:
        """The overview, shown or not."""
        screen = self.app.screen_of(Place.OVERVIEW)
        assert isinstance(screen, OverviewScreen)
        return screen

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    def types(self, *keys: str, apart: float = 0.0) -> None:
        """Press them `apart` seconds from each other, a minute after what was typed before, by their times.

        They come at once, and nothing waits for the console.
        """
        at = max(monotonic(), self._typed_at) + 60
        for key in keys:
            single = len(key) == 1
            event = events.Key(_character_to_key(key) if single else key, key if single else None)
            event.time = at
            self._typed_at = at
            at += apart
            self.app.post_message(event)

    async def until(self, true: Callable[[], object], what: str) -> None:
        """Look until it is true, between paints."""
        for _ in range(600):
            if true():
                return
            await self.pilot.pause(0.02)
        pytest.fail(f"never came: {what}\n{self.text()}")

    async def sees(self, text: str) -> None:
        await self.until(lambda: text in self.text(), repr(text))

    async def misses(self, text: str) -> None:
        await self.until(lambda: text not in self.text(), f"gone: {text!r}")

    async def rests(self, *, keys: bool = True) -> None:
        """Wait until a whole screen stands still: the same ten paints long, with its keys below.

        `keys`: False if a dialog covers them, which came after they were painted.
        """
        seen: list[str] = []

        def still() -> bool:
            seen.append(self.text())
            if keys and "Quit" not in seen[-1]:
                # A dialog came before the first paint of what is behind it; only a status paints that.
                for screen in self.app.screen_stack:
                    screen.refresh(layout=True)
            return len(seen) > 10 and len(set(seen[-10:])) == 1 and ("Quit" in seen[-1] or not keys)

        await self.until(still, "a screen at rest")

    async def on(self, key: str) -> None:
        """Put the cursor on a row of the tree."""
        await self.until(lambda: self.control.applications.seek(key), f"row {key}")
        await self.pilot.pause()

    def text(self) -> str:
        """The screen as text, as a terminal would show it."""
        return "\n".join(
            "".join(segment.text for segment in strip)
            for strip in self.app.screen._compositor.render_strips()
        )

    def log(self) -> list[str]:
        """The lines of the log that is open."""
        return list(self.app.screen.query_one(LogView).lines)

    @property
    def keys(self) -> list[str]:
        return [row.key for row in self.control.applications.rows]

    @property
    def drawn_tree(self) -> list[str]:
        tree = self.control.applications
        return [text_of(tree.draw(row, tree.size.width - 3)) for row in tree.rows]


Console = Callable[..., AbstractAsyncContextManager[Operator]]


@pytest.fixture
def console() -> Console:
    """Opens a console: `async with console(session, size=(80, 24)) as operator`."""

    @asynccontextmanager
    async def opened(
        session: FakeSession | None = None,
        *,
        size: tuple[int, int] = (120, 35),
        read_only: bool = False,
        first: Place = Place.APPLICATIONS,
        **others: Any,
    ) -> AsyncIterator[Operator]:
        session = session or FakeSession()
        app = console_on(session, read_only=read_only, first=first, **others)
        async with app.run_test(size=size, notifications=True) as pilot:
            operator = Operator(pilot, session)
            if session.status is not None:
                await operator.until(lambda: operator.app.front and operator.app.front.drawn.status, "it")
            yield operator

    return opened
