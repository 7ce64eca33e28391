"""Keys that come while one before them is still under way: each waits for its turn.

Textual hands a key to the widget that has the focus at once, and looks for its action when it comes back from
there. What was typed behind it would go to the same widget: of a fast `/s` the `s` would start something.
"""

from __future__ import annotations

import contextlib
from collections import deque
from typing import ClassVar

from textual import events
from textual.app import App, ReturnType, ScreenStackError
from textual.message import Message

_ROUNDS = 2
"""Ways through the widget and back after a key: one for the key, one for what its action has posted."""
_LONGEST = 3.0
"""Seconds until the next key goes on its way, whatever became of the one before: a widget that hangs must not
take the keys with it, and one on a slow machine takes tenths.
"""


class _Handled(Message):
    """Goes the way of a key, behind it."""

    bubble: ClassVar[bool] = True

    def __init__(self, key: int, rounds: int) -> None:
        super().__init__()
        self.key = key
        self.rounds = rounds


class TypeAheadApp(App[ReturnType]):
    """Lets one key be done before the next is begun."""

    def __init__(self) -> None:
        super().__init__()
        self._typed: deque[events.Key] = deque()
        self._key = 0
        self._under_way = False

    async def on_event(self, event: events.Event) -> None:
        if not isinstance(event, events.Key) or event.is_forwarded:
            await super().on_event(event)
        elif self._under_way:
            self._typed.append(event)
        else:
            await self._begin(event)

    async def _begin(self, event: events.Key) -> None:
        self._under_way = True
        self._key += 1
        await super().on_event(event)
        self._follow(self._key, _ROUNDS)
        self.set_timer(_LONGEST, lambda key=self._key: self._end(key))

    def _follow(self, key: int, rounds: int) -> None:
        with contextlib.suppress(ScreenStackError):  # the console is being left
            (self.focused or self.screen).post_message(_Handled(key, rounds))

    def on__handled(self, message: _Handled) -> None:
        """One way is gone. What is called later comes behind what the key's action calls later."""
        message.stop()
        if message.rounds > 1:
            self.call_later(self._follow, message.key, message.rounds - 1)
        else:
            self.call_later(self._end, message.key)

    async def _end(self, key: int) -> None:
        if key == self._key and self._under_way:
            self._under_way = False
            if self._typed:
                await self._begin(self._typed.popleft())
