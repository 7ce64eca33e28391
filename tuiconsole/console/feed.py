"""The console's end of the session: follows it, asks for things, and takes pictures of what is known.

Nothing here draws. What cannot be handled here is raised to whoever runs these coroutines, who reports it
with `note` and runs them again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from tuiconsole.client.session import Link, Outcome, Session
from tuiconsole.console.picture import Picture
from tuiconsole.console.requests import Request, RequestBook, Wish, outcome_event
from tuiconsole.console.timeline import Timeline
from tuiconsole.model.events import Event, Severity

if TYPE_CHECKING:
    from tuiconsole.rulebook.rulebook import Rulebook

SessionFactory = Callable[[], Awaitable[Session]]
"""Opens the session; may raise, and is then asked again."""

OWN_EVENTS = 200
"""Events of this console itself that are kept."""

_LEAST_BETWEEN = 0.01
"""Seconds between two looks at the session, so that a storm of changes leaves the screen responsive."""


def utc_now() -> datetime:
    """The wall clock, for time stamps that people read; nothing is measured with it."""
    return datetime.now(timezone.utc)


class Feed:
    """What the console knows and asks.

    Args:
        factory: opens the session.
        cluster: the cluster's name, for the time before the first status.
        read_only: refuse every request.
        item: the cluster file's pattern of items.
        now: the wall clock in UTC, for the console's own events.
    """

    def __init__(
        self,
        factory: SessionFactory,
        *,
        cluster: str = "",
        read_only: bool = False,
        item: str = "",
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._factory = factory
        self._cluster = cluster
        self._read_only = read_only
        self._item = item
        self._now = now
        self._session: Session | None = None
        self._trouble = ""
        self._book = RequestBook()
        self._own: deque[Event] = deque(maxlen=OWN_EVENTS)
        self._dirty = asyncio.Event()
        self.rules: Rulebook | None = None
        """Shown with what they apply to, once they are read."""
        self._notes = 0
        self._newest: tuple[int, Event | None, Event | None] | None = None
        self._timeline = Timeline()

    @property
    def read_only(self) -> bool:
        """True if nothing may be changed from here."""
        return self._read_only

    @property
    def session(self) -> Session | None:
        """The session, once it is open."""
        return self._session

    def picture(self) -> Picture:
        """What is known now."""
        session = self._session
        if session is None:
            link = Link(connected=False, reason=self._trouble)
            return Picture(
                link=link,
                cluster=self._cluster,
                events=tuple(self._own),
                requests=self._book,
                read_only=self._read_only,
                item=self._item,
                rules=self.rules,
            )
        return Picture(
            link=session.link,
            status=session.status,
            age=session.age,
            node=session.node,
            cluster=self._cluster,
            events=self._merged(session.events),
            requests=self._book,
            read_only=self._read_only,
            item=self._item,
            rules=self.rules,
        )

    def _merged(self, events: Sequence[Event]) -> tuple[Event, ...]:
        """The cluster's and the own events; put in order again only if there are new ones."""
        newest = (len(events), events[-1] if events else None, self._own[-1] if self._own else None)
        if newest != self._newest:
            self._newest = newest
            self._timeline.take(events, self._own)
        return self._timeline.events

    async def changed(self) -> None:
        """Return as soon as a new picture would differ, or `touch` was called."""
        await self._dirty.wait()
        self._dirty.clear()

    def touch(self) -> None:
        """Ask for a new picture: ages have grown."""
        self._dirty.set()

    async def follow(self) -> None:
        """Open the session if it is not, and follow it for ever."""
        if self._session is None:
            self._session = await self._factory()
            self._trouble = ""
        while True:
            self._dirty.set()
            await self._session.changed()
            self._dirty.set()
            await asyncio.sleep(_LEAST_BETWEEN)

    def trouble(self, text: str) -> None:
        """Remember why the session could not be opened; the header shows it until it is."""
        self._trouble = text
        self._dirty.set()

    def note(self, text: str, severity: Severity = Severity.INFO) -> None:
        """Put a line of the console's own into the event log; the same words again replace the last."""
        node = self._session.node if self._session else "console"
        if self._own and self._own[-1].kind == "console" and self._own[-1].text == text:
            self._timeline.forget(self._own.pop())
        self._notes += 1
        self._own.append(
            Event(self._at(), node, "console", "", text, severity, f"console/note/{self._notes}")
        )
        self._dirty.set()

    async def ask(self, wish: Wish) -> AsyncIterator[Request]:
        """Ask the cluster; yields each target's request as it ends.

        Its progress is in the pictures. A session that breaks off leaves the outcome *unknown*, and says so.
        """
        session = self._session
        if session is None or self._read_only:
            return
        self._book, number = self._book.begun(wish.action, wish.targets)
        self._dirty.set()
        broken = "the connection gave no outcome; look at the status"
        try:
            steps = session.request(
                wish.action,
                wish.targets,
                strategy=wish.strategy,
                origin=wish.origin,
                keep=wish.keep,
                reason=wish.reason,
                seconds=wish.seconds,
                arguments=wish.arguments,
                number=wish.number,
                without_master=wish.without_master,
            )
            async for step in steps:
                if isinstance(step, Outcome):
                    self._book = self._book.ended(number, step)
                    for request in self._ended(number, step.target):
                        yield request
                else:
                    self._book = self._book.progressed(number, step)
                self._dirty.set()
        except Exception as error:
            broken = f"{type(error).__name__}: {error}"
            raise
        finally:
            left = [entry.target for entry in self._book.running if entry.number == number]
            self._book = self._book.broken_off(number, broken)
            for target in left:
                self._ended(number, target)
            self._dirty.set()

    def dismiss(self) -> bool:
        """Take the last outcome off the status line; True if there was one."""
        shown = self._book.last_unseen is not None
        self._book = self._book.dismissed()
        self._dirty.set()
        return shown

    @property
    def requests(self) -> RequestBook:
        """What this console has asked for."""
        return self._book

    async def close(self) -> None:
        """Leave the session."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _ended(self, number: int, target: str) -> tuple[Request, ...]:
        """The ended request of that target, written into the event log."""
        found = tuple(
            one
            for one in self._book.entries
            if one.number == number and one.target == target and one.verdict is not None
        )
        node = self._session.node if self._session else "console"
        self._own.extend(outcome_event(request, node=node, at=self._at()) for request in found)
        return found

    def _at(self) -> str:
        return self._now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
