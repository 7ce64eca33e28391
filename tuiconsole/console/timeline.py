"""The order in which events are shown: as they came, so that no clock that is wrong hides what is new."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from tuiconsole.console.picture import event_key
from tuiconsole.model.events import Event

KEPT = 1_200
"""As many as all sources keep together."""


class Timeline:
    """Events, the oldest first.

    What comes together is sorted by the clocks of its nodes: the past that an agent tells at first, and what
    was missed meanwhile. What comes later stands behind, whatever its clock says: a node whose clock is
    ahead by ten minutes would else bury all that happens elsewhere for so long.
    """

    def __init__(self) -> None:
        self.events: tuple[Event, ...] = ()

    def take(self, *sources: Iterable[Event]) -> tuple[Event, ...]:
        """Add what is new in the sources; all of it in order."""
        known = {event_key(event) for event in self.events}
        fresh = {event_key(event): event for source in sources for event in source}
        new = sorted((event for key, event in fresh.items() if key not in known), key=lambda event: event.at)
        if new:
            self.events = tuple(deque((*self.events, *new), KEPT))
        return self.events

    def forget(self, event: Event) -> None:
        """Take an event out again."""
        self.events = tuple(one for one in self.events if one is not event)
