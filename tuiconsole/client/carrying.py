"""A request over a connection, until each of its targets has an outcome."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from tuiconsole.client.agent_line import AgentLine
from tuiconsole.client.tally import Tally
from tuiconsole.model.requests import Outcome, Progress, Verdict
from tuiconsole.timeouts import within
from tuiconsole.wire.replies import Reply
from tuiconsole.wire.requests import Act

OUTCOME_GRACE = 2.0
"""Seconds an agent may be late with the outcome of a request that has run out of time."""
_TICK = 0.1


async def carried(line: AgentLine, act: Act) -> AsyncGenerator[Progress | Outcome, None]:
    """Ask once; yields progress, and one outcome for each target, within the time that `act` allows.

    It is not asked again: whether an agent that fell silent has passed it on cannot be known.
    """
    tally = Tally(act.targets)
    request, replies = line.open(act)
    breaks = line.breaks
    loop = asyncio.get_running_loop()
    until = loop.time() + act.timeout + OUTCOME_GRACE
    try:
        if not line.send(request):
            for outcome in tally.end(Verdict.NO_ANSWER, f"the agent of {line.name} cannot be reached"):
                yield outcome
        while not tally.complete:
            for step in await _steps(tally, replies):
                yield step
            if line.breaks != breaks:
                text = f"the connection to {line.name} broke off; look at the status"
                for outcome in tally.end(Verdict.UNKNOWN, text):
                    yield outcome
            elif loop.time() >= until:
                text = f"no outcome within {act.timeout:g} s; look at the status"
                for outcome in tally.end(Verdict.UNKNOWN, text):
                    yield outcome
    finally:
        line.done(request)


async def _steps(tally: Tally, replies: asyncio.Queue[Reply]) -> list[Progress | Outcome]:
    """What the next reply tells; nothing if none comes soon."""
    try:
        async with within(_TICK):
            reply = await replies.get()
    except asyncio.TimeoutError:
        return []
    return list(tally.take(reply.body, last=reply.last))
