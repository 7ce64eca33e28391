"""Events each once, although every agent tells its past ones to whoever turns to it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from tuiconsole.model.events import Event

KEPT = 1000
_REMEMBERED = 4 * KEPT
"""Marks of events: an agent may repeat as many as it keeps, and after a change of agents so may the next."""


class SeenEvents:
    """The last events, and which ones were seen."""

    def __init__(self) -> None:
        self.last: deque[Event] = deque(maxlen=KEPT)
        self._order: deque[object] = deque()
        self._marks: set[object] = set()

    def new(self, events: Iterable[Event]) -> list[Event]:
        """Those of `events` that were not seen before; they are kept."""
        fresh = []
        for event in events:
            mark: object = event.id or event
            if mark in self._marks:
                continue
            self._marks.add(mark)
            self._order.append(mark)
            if len(self._order) > _REMEMBERED:
                self._marks.discard(self._order.popleft())
            fresh.append(event)
        self.last.extend(fresh)
        return fresh
