"""`python -m benchmarks.console_storm`: the console on a great cluster that changes all the time.

Each change comes as an agent sends it, a message with the whole status in it, and is taken as the console's
own session takes it.
"""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timezone

import msgspec

from tests.console.scenario import crowd, nodes
from tuiconsole.client.latest import LatestStatus
from tuiconsole.client.session import Action, Link, Outcome, Progress, Session, Verdict
from tuiconsole.clock import boottime
from tuiconsole.console.run import run_console
from tuiconsole.model.events import Event
from tuiconsole.model.plan import Plan, Question
from tuiconsole.model.states import ProcessState
from tuiconsole.model.status import ApplicationStatus, ClusterStatus
from tuiconsole.model.why import Why
from tuiconsole.planning.status.observer import coarse
from tuiconsole.wire.coding import decode_reply, encode, in_parts
from tuiconsole.wire.replies import Followed, Reply

NODES = 200
APPLICATIONS = 500
PROCESSES = 20
"""Of each application."""
CHANGES = 500
"""Processes that change each second."""
EVERY = 0.05
"""Seconds between two statuses: agents tell no more often."""
MARK_EVERY = 0.21
"""Seconds between two events that bear the time."""
VARIANTS = 8
OLD = 8 * 3600.0
"""Seconds that a process runs, in the mean."""
MARK = "marked at "
NOBODY = "a storm has no agent that could be asked"


def variants() -> list[ClusterStatus]:
    """Statuses of which each follows on the one before: processes change, and all grow older."""
    chance = random.Random(1)
    six = nodes()
    many = tuple(
        msgspec.structs.replace(six[number % 6], name=f"node_{number:03d}", core=number < 3)
        for number in range(NODES)
    )
    status = msgspec.structs.replace(crowd(APPLICATIONS, PROCESSES), nodes=many)
    ages = {
        process.namespec: chance.expovariate(1 / OLD)
        for application in status.applications
        for process in application.processes
    }
    found: list[ClusterStatus] = []
    for _ in range(VARIANTS):
        applications = [_at(one, ages, len(found) * EVERY) for one in status.applications]
        for _ in range(int(CHANGES * EVERY)):
            at = chance.randrange(APPLICATIONS)
            processes = list(applications[at].processes)
            which = chance.randrange(PROCESSES)
            state = chance.choice((ProcessState.RUNNING, ProcessState.STARTING, ProcessState.BACKOFF))
            processes[which] = msgspec.structs.replace(
                processes[which], state=state, cpu=chance.random() * 100
            )
            applications[at] = msgspec.structs.replace(applications[at], processes=tuple(processes))
        status = msgspec.structs.replace(status, applications=tuple(applications))
        found.append(status)
    return found


def _at(application: ApplicationStatus, ages: Mapping[str, float], passed: float) -> ApplicationStatus:
    """The application so many seconds later; uptimes grow as agents tell them."""
    return msgspec.structs.replace(
        application,
        processes=tuple(
            msgspec.structs.replace(one, uptime=coarse(ages[one.namespec] + passed))
            for one in application.processes
        ),
    )


def message(status: ClusterStatus) -> bytes:
    """What an agent sends."""
    return encode(Reply("storm-follow", Followed(in_parts(status), ()), last=False))


class Storm:
    """A session whose cluster changes all the time."""

    def __init__(self) -> None:
        self.node = "node_000"
        self.link = Link(connected=True, agent=self.node)
        self.age = 0.1
        self.events: Sequence[Event] = ()
        self._next = itertools.cycle([message(one) for one in self.statuses()])
        self._latest = LatestStatus()
        self._receive()
        self._changed = asyncio.Event()
        self._marks = 0
        self._tasks = [asyncio.create_task(self._blow()), asyncio.create_task(self._mark())]

    def statuses(self) -> list[ClusterStatus]:
        """What is told, over and over."""
        return variants()

    @property
    def status(self) -> ClusterStatus | None:
        return self._latest.look()

    def _receive(self) -> None:
        reply = decode_reply(next(self._next))
        assert isinstance(reply.body, Followed)
        self._latest.take(reply.body.status, boottime())

    async def _blow(self) -> None:
        due = boottime()
        while True:
            due += EVERY
            await asyncio.sleep(max(0.0, due - boottime()))
            self._receive()
            self._changed.set()

    async def _mark(self) -> None:
        while True:
            await asyncio.sleep(MARK_EVERY)
            self._marks += 1
            at = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            event = Event(
                at, self.node, "node", "", f"{MARK}{boottime():.4f}.", id=f"{self.node}/1/{self._marks}"
            )
            self.events = (*self.events[-999:], event)
            self._changed.set()

    async def changed(self) -> None:
        await self._changed.wait()
        self._changed.clear()

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
        del action, strategy, origin, keep, reason, seconds, arguments, number, without_master, timeout
        for target in targets:
            yield Outcome(target, Verdict.REFUSED, NOBODY)

    async def plan(
        self,
        question: Question,
        names: Sequence[str],
        *,
        strategy: str | None = None,
        origin: str = "",
        number: int = 0,
    ) -> Plan:
        del question, names, strategy, origin, number
        raise LookupError(NOBODY)

    async def why(self, name: str) -> Why:
        del name
        raise LookupError(NOBODY)

    async def logs(
        self, namespec: str, *, stderr: bool = False, follow: bool = True, tail: int = 65536
    ) -> AsyncIterator[str]:
        del stderr, follow, tail
        yield f"{namespec} has begun\n"
        await asyncio.Event().wait()

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()


def main() -> None:
    async def session() -> Session:
        return Storm()

    run_console(session, cluster="storm", item=r"(?P<part>line)_(?P<item>\d+)$")


if __name__ == "__main__":
    main()
