"""Keys that come faster than the console does what they ask for."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from textual import events
from textual.app import ComposeResult
from textual.message import Message
from textual.widget import Widget

from tuiconsole.client.session import Action
from tuiconsole.console import type_ahead
from tuiconsole.console.type_ahead import TypeAheadApp
from tuiconsole.console.widgets.lines.list import RowList

from .conftest import Console


async def test_what_is_typed_faster_than_it_is_done_goes_where_it_was_meant_to(console: Console) -> None:
    async with console() as operator:
        operator.types("/", "s", "r", "v", "enter")
        await operator.sees("3 of 7 with “srv”")
        assert not operator.session.asked


async def test_a_key_waits_for_a_widget_that_takes_its_time_over_the_one_before(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_read = asyncio.Event()

    async def slow(widget: RowList[Any], event: events.Key) -> None:
        await all_read.wait()
        await widget.handle_key(event)

    def read(message: Message) -> None:
        if isinstance(message, events.Key) and message.key == "enter":
            all_read.set()

    monkeypatch.setattr(RowList, "on_key", slow, raising=False)
    async with console() as operator:
        operator.app.message_signal.subscribe(operator.app, read, immediate=True)
        operator.types("/", "s", "r", "v", "enter")
        await operator.sees("3 of 7 with “srv”")
        assert not operator.session.asked


async def test_keys_that_open_and_shut_screens_are_followed_by_what_was_typed_behind_them(
    console: Console,
) -> None:
    async with console() as operator:
        operator.types("n", "escape", "e", "escape", "?", "escape", "2", "s")
        await operator.until(lambda: operator.session.asked, "the request")
        assert operator.session.asked == [(Action.START, "scen2_hci_02")]


class Hanging(Widget, can_focus=True):
    """Has the keys, and hangs over the first one until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go = asyncio.Event()

    async def on_key(self) -> None:
        self.screen.set_focus(None)
        await self.let_go.wait()


class Small(TypeAheadApp[None]):
    """Knows the keys that came through."""

    def __init__(self) -> None:
        super().__init__()
        self.hanging = Hanging()
        self.came: asyncio.Queue[str] = asyncio.Queue()

    def compose(self) -> ComposeResult:
        yield self.hanging

    def on_key(self, event: events.Key) -> None:
        self.came.put_nowait(event.key)


async def test_a_widget_that_hangs_does_not_take_the_keys_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type_ahead, "_LONGEST", 0.2)
    app = Small()
    async with app.run_test():
        try:
            for key in "ab":
                app.post_message(events.Key(key, key))
            assert await asyncio.wait_for(app.came.get(), 20) == "b"
        finally:
            app.hanging.let_go.set()
