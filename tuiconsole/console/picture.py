"""Everything the console shows at one moment, as one frozen value: the feed takes it, widgets draw it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from tuiconsole.client.session import Link
from tuiconsole.console.requests import RequestBook
from tuiconsole.model.events import Event
from tuiconsole.model.status import (
    ApplicationStatus,
    ClusterStatus,
    ConflictStatus,
    NodeStatus,
    ProcessStatus,
)

if TYPE_CHECKING:
    from tuiconsole.rulebook.rulebook import Rulebook

STALE_AFTER = 3.0
"""Seconds of silence after which data is shown as old though the link has not been given up yet."""


class Picture(msgspec.Struct, frozen=True):
    """What is known, how old it is, and what this console has asked for."""

    link: Link = Link(connected=False)
    status: ClusterStatus | None = None
    age: float = float("inf")
    """Seconds since the last word of the agent."""
    node: str = ""
    """The node on whose behalf this console asks."""
    cluster: str = ""
    """The cluster's name as its file says, for the time before the first status."""
    events: tuple[Event, ...] = ()
    """Oldest first: the cluster's and this console's own."""
    requests: RequestBook = RequestBook()
    read_only: bool = False
    item: str = ""
    """The cluster file's pattern of items; empty if applications form none."""
    rules: Rulebook | None = None
    """As this machine's files have them; None until they are read."""

    @property
    def stale(self) -> bool:
        """True if what is shown may no longer be so."""
        return not self.link.connected or self.age >= STALE_AFTER

    @property
    def applications(self) -> tuple[ApplicationStatus, ...]:
        """The applications; none before the first status."""
        return self.status.applications if self.status else ()

    def application(self, key: str) -> ApplicationStatus | None:
        """The application that a key of the tree is about: its own name, or its process's namespec."""
        name = key.partition(":")[0]
        return next((one for one in self.applications if one.name == name), None)

    def process(self, key: str) -> ProcessStatus | None:
        """The process of that namespec."""
        application = self.application(key)
        processes = application.processes if application else ()
        return next((one for one in processes if one.namespec == key), None)

    def node_status(self, name: str) -> NodeStatus | None:
        """The node of that name."""
        nodes = self.status.nodes if self.status else ()
        return next((one for one in nodes if one.name == name), None)

    def conflict(self, name: str) -> ConflictStatus | None:
        """The conflict about that application or namespec."""
        conflicts = self.status.conflicts if self.status else ()
        return next((one for one in conflicts if one.name == name), None)

    def event(self, key: str) -> Event | None:
        """The event with that key of the event list."""
        return next((one for one in self.events if event_key(one) == key), None)


def event_key(event: Event) -> str:
    """What tells an event from all others."""
    return event.id or f"{event.at}/{event.node}/{event.subject}/{event.text}"


def merged_events(*sources: Iterable[Event]) -> tuple[Event, ...]:
    """The events of all sources by time, each once."""
    once = {event_key(event): event for source in sources for event in source}
    return tuple(sorted(once.values(), key=lambda event: event.at))
