"""A session without a cluster: what it says is scripted, what is asked of it is remembered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence

from tuiconsole.client.session import Action, Link, Outcome, Progress
from tuiconsole.model.events import Event
from tuiconsole.model.plan import Plan, Question
from tuiconsole.model.status import ClusterStatus
from tuiconsole.model.why import Why

from .scenario import explanation, foretold, history, reference, swept

Script = Callable[["FakeSession", Action, str], AsyncIterator[Progress | Outcome]]


class FakeSession:
    """Implements `Session` in memory.

    `script` answers requests, one target at a time; without one they wait for `answer`. Logs are in `files`,
    by namespec and stream; `append` lets them grow under their readers.
    """

    def __init__(
        self,
        status: ClusterStatus | None = None,
        *,
        node: str = "console_1",
        events: Sequence[Event] | None = None,
        script: Script | None = None,
    ) -> None:
        self.node = node
        self.link = Link(connected=True, agent=node)
        self.status: ClusterStatus | None = reference() if status is None else status
        self.age = 0.1
        self.events: Sequence[Event] = history() if events is None else tuple(events)
        self.script = script
        self.asked: list[tuple[Action, str]] = []
        self.details: list[dict[str, str | None]] = []
        self.seconds: list[float] = []
        self.arguments: list[tuple[str, ...]] = []
        self.numbers: list[int] = []
        self.masterless: list[bool] = []
        self.files: dict[tuple[str, bool], list[str]] = {}
        self.foretold: list[tuple[tuple[str, ...], str | None, str]] = []
        """What was asked to be foretold: targets, strategy, origin."""
        self.questions: list[tuple[Question, int]] = []
        """The same: what, and the number of a scale."""
        self.explained: list[str] = []
        self.dumb = ""
        """Why questions are not answered; empty if they are."""
        self.opened_logs: list[tuple[str, bool]] = []
        self.closed = False
        self.fault: Exception | None = None
        self._changed = asyncio.Event()
        self._grown = asyncio.Event()
        self._answers: asyncio.Queue[Progress | Outcome | Exception] = asyncio.Queue()

    async def changed(self) -> None:
        await self._changed.wait()
        self._changed.clear()
        if self.fault is not None:
            fault, self.fault = self.fault, None
            raise fault

    def tell(
        self,
        status: ClusterStatus | None = None,
        *,
        link: Link | None = None,
        age: float | None = None,
        event: Event | None = None,
        fault: Exception | None = None,
    ) -> None:
        """Let something have changed."""
        self.status = status or self.status
        self.link = link or self.link
        self.age = self.age if age is None else age
        self.events = (*self.events, event) if event else self.events
        self.fault = fault
        self._changed.set()

    def answer(self, *steps: Progress | Outcome | Exception) -> None:
        """The next steps of the request that goes on; an exception breaks it off."""
        for step in steps:
            self._answers.put_nowait(step)

    async def request(
        self,
        action: Action,
        targets: Sequence[str],
        *,
        strategy: str | None = None,
        origin: str = "",
        keep: str = "",
        reason: str = "",
        seconds: float = 0.0,
        arguments: Sequence[str] = (),
        number: int = 0,
        without_master: bool = False,
        timeout: float = 60.0,
    ) -> AsyncIterator[Progress | Outcome]:
        for target in targets:
            self.asked.append((action, target))
            self.details.append({"strategy": strategy, "origin": origin, "keep": keep, "reason": reason})
            self.seconds.append(seconds)
            self.arguments.append(tuple(arguments))
            self.numbers.append(number)
            self.masterless.append(without_master)
            if self.script is not None:
                async for step in self.script(self, action, target):
                    yield step
                continue
            while True:
                given = await self._answers.get()
                if isinstance(given, Exception):
                    raise given
                yield given
                if isinstance(given, Outcome):
                    break

    async def plan(
        self,
        question: Question,
        names: Sequence[str],
        *,
        strategy: str | None = None,
        origin: str = "",
        number: int = 0,
    ) -> Plan:
        self.questions.append((question, number))
        self.foretold.append((tuple(names), strategy, origin))
        if self.dumb:
            raise LookupError(self.dumb)
        if question in (Question.START, Question.RESTART):
            return foretold(names[0], origin or self.node, strategy or "LOCAL", question)
        return swept(question, names[0], number)

    async def why(self, name: str) -> Why:
        self.explained.append(name)
        if self.dumb:
            raise LookupError(self.dumb)
        return explanation(name)

    def append(self, namespec: str, text: str, *, stderr: bool = False) -> None:
        """Let a log grow."""
        self.files.setdefault((namespec, stderr), []).append(text)
        self._grown.set()

    async def logs(
        self, namespec: str, *, stderr: bool = False, follow: bool = True, tail: int = 65536
    ) -> AsyncIterator[str]:
        key = (namespec, stderr)
        self.opened_logs.append(key)
        if key not in self.files:
            raise LookupError(f"{namespec} has no {'stderr' if stderr else 'stdout'} log")
        given = 0
        while True:
            pieces = self.files[key]
            if given < len(pieces):
                yield "".join(pieces[given:])
                given = len(pieces)
            if not follow:
                return
            grown = self._grown
            await grown.wait()
            if self._grown is grown:
                self._grown = asyncio.Event()

    async def close(self) -> None:
        self.closed = True
