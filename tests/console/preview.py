"""`python -m tests.console.preview`: the console on a lively Scenario 2 without a cluster, to look at it.

Options: --read-only, --lost (the connection breaks after 5 s), --svg FILE WIDTH HEIGHT [KEY…].
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from collections.abc import AsyncIterator
from datetime import datetime, timezone
from pathlib import Path

import msgspec

from tuiconsole.client.session import Action, Link, Outcome, Progress, Session, Verdict
from tuiconsole.console.app import ConsoleApp
from tuiconsole.model.events import Event

from .fake_session import FakeSession
from .scenario import HCI, application, refused_hci, starting_hci, with_application

STEPS = {1: "scen2_internal_data_bus", 2: "scen2_check_internal_data_bus", 3: "scen2_chart_view"}


async def plausible(session: FakeSession, action: Action, target: str) -> AsyncIterator[Progress | Outcome]:
    """Answer as a cluster would: starts by sequence, refusals with their reason."""
    name = target.partition(":")[0]
    status = session.status
    assert status is not None
    running = next(one for one in status.applications if one.name == name)
    if action is Action.START and running.nodes:
        where = ", ".join(running.nodes)
        text = f"{name} runs on {where}; it may run once in the whole system"
        await asyncio.sleep(0.2)
        yield Outcome(target, Verdict.REFUSED, text)
        return
    if name == "scen2_hci_03" and action is Action.START:
        session.tell(with_application(status, refused_hci()))
        await asyncio.sleep(0.2)
        yield Outcome(target, Verdict.REFUSED, running.reason or "no node could be found")
        return
    if action in (Action.STOP, Action.RESTART):
        await asyncio.sleep(1)
        session.tell(with_application(session.status or status, application(name, HCI)))
        if action is Action.STOP:
            yield Outcome(target, Verdict.DONE, "stopped")
            return
    if action is Action.CLEAR:
        session.tell(with_application(session.status or status, application(name, HCI)))
        yield Outcome(target, Verdict.DONE, "cleared")
        return
    for step, waits in STEPS.items():
        session.tell(with_application(session.status or status, starting_hci(name, session.node, step)))
        yield Progress(target, f"waits for {waits}", step, 3)
        await asyncio.sleep(1.2)
    session.tell(with_application(session.status or status, application(name, HCI, session.node, seed=6)))
    yield Outcome(target, Verdict.DONE, f"started on {session.node}", (session.node,))


async def live(session: FakeSession, *, lost: bool) -> None:
    """Let figures move and logs grow."""
    for beat in itertools.count(1):
        await asyncio.sleep(0.5)
        status = session.status
        assert status is not None
        moved = tuple(
            msgspec.structs.replace(
                one,
                processes=tuple(
                    msgspec.structs.replace(
                        each,
                        uptime=(each.uptime or 0) + 0.5,
                        cpu=abs((each.cpu or 0.0) + ((beat * 7 + number) % 5 - 2) / 10),
                    )
                    if each.pid is not None
                    else each
                    for number, each in enumerate(one.processes)
                ),
            )
            for one in status.applications
        )
        for one in moved:
            for each in one.processes:
                session.append(
                    each.namespec, f"\x1b[32m12:00:{beat % 60:02d}\x1b[0m tick {beat} of {each.name}\n"
                )
        if lost and beat > 10:
            session.tell(link=Link(False, reason="agent console_1 does not answer"), age=0.5 * (beat - 10))
            continue
        event = None
        if beat % 20 == 0:
            at = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            event = Event(at, "server_2", "node", "server_2", f"heartbeat {beat}", id=f"live/{beat}")
        session.tell(msgspec.structs.replace(status, applications=moved), event=event)


class Preview:
    """Opens the fake session once the loop runs."""

    def __init__(self, *, lost: bool) -> None:
        self._lost = lost
        self._life: asyncio.Task[None] | None = None

    async def open(self) -> Session:
        session = FakeSession(script=plausible)
        self._life = asyncio.create_task(live(session, lost=self._lost))
        return session


async def picture(app: ConsoleApp, width: int, height: int, keys: list[str]) -> str:
    """A screenshot after some keys, as SVG."""
    async with app.run_test(size=(width, height), notifications=True) as pilot:
        await pilot.pause(0.4)
        for key in keys:
            await (pilot.pause(float(key[1:])) if key.startswith("_") else pilot.press(key))
        await pilot.pause(0.4)
        return app.export_screenshot()


def main(words: list[str]) -> int:
    """Run it."""
    app = ConsoleApp(Preview(lost="--lost" in words).open, read_only="--read-only" in words)
    if "--svg" in words:
        place, width, height, *keys = words[words.index("--svg") + 1 :]
        svg = asyncio.run(picture(app, int(width), int(height), keys))
        Path(place).write_text(svg, encoding="utf-8")
        return 0
    return app.run() or 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
