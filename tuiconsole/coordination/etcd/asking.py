"""One question for several members, any of which can answer: who is late is neither waited for nor given up.

A member whose host has just been cut off says nothing at all, and one that is far away answers late: for a
while they look the same. So the next one is asked as well, and whoever answers first has answered. What is
asked twice may be done twice: the question itself must see to it that this does no harm.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tuiconsole.timeouts import within

LONGER = 1.5
"""Times as long as before each further try is waited for: what is slow must not be asked ever more."""

_T = TypeVar("_T")


async def first_answer(
    ask: Callable[[int], Awaitable[_T]], members: int, patience: float, attempt: float
) -> tuple[_T, bool]:
    """The first answer, and whether more than one try was made, so that it may not be the first effect.

    `ask(n)` is try n: of member n at first, then of the first one anew, and so on. The next try is made at
    once when one fails, unless as many have failed one after the other as there are members; else after
    `patience`, each time half as long again.

    Args:
        ask: asks one member; it is cancelled when another has answered.
        members: how many there are, 1 or more.
        patience: seconds without an answer after which the second try is made.
        attempt: seconds for all tries.

    Raises:
        asyncio.TimeoutError: nobody has answered within `attempt` seconds.
        Exception: what the last member raised, if all have raised something.
    """
    loop = asyncio.get_running_loop()
    under_way: set[asyncio.Future[_T]] = set()
    tried = failed = 0
    due = loop.time()
    try:
        async with within(attempt):
            while True:
                if loop.time() >= due:
                    under_way.add(asyncio.ensure_future(ask(tried)))
                    tried += 1
                    due = loop.time() + patience
                done, under_way = await asyncio.wait(
                    under_way, timeout=max(0.0, due - loop.time()), return_when=asyncio.FIRST_COMPLETED
                )
                if not done:
                    failed, patience = 0, patience * LONGER
                failed += len(done)
                for one in done:
                    if not one.cancelled() and one.exception() is None:
                        return one.result(), tried > 1
                if done and failed < members:
                    due = loop.time()
                elif done and not under_way:
                    raise _error_of(done.pop())
    finally:
        for one in under_way:
            one.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


def _error_of(failed: asyncio.Future[_T]) -> BaseException:
    """Why a try has failed. A client whose connection breaks may cancel it, which is nobody's wish here."""
    error = None if failed.cancelled() else failed.exception()
    return error if error is not None else ConnectionError("the connection was broken off")
