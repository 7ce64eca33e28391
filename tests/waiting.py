"""How tests wait: for an event where there is one. The two loops here are for what tells nobody of itself.

Files, /proc and the state of another thread send no event. What ends, changes its state or is published does:
`gone` waits for processes, `House.hear` for supervision, `Cluster.wait_until` follows an agent.
"""

from __future__ import annotations

import asyncio
import os
import select
import time
from collections.abc import Callable, Iterable
from typing import TypeVar

PATIENCE = 20.0
"""Seconds: far longer than anything takes, also on a busy machine."""

_T = TypeVar("_T")


def until(
    look: Callable[[], _T | None], what: str = "it", patience: float = PATIENCE, every: float = 0.02
) -> _T:
    """Look again and again until something is found; what was found.

    Raises:
        AssertionError: nothing was found within `patience` seconds.
    """
    end = time.monotonic() + patience
    while not (found := look()):
        assert time.monotonic() < end, f"waited {patience:g} s in vain for {what}"
        time.sleep(every)
    return found


async def soon(look: Callable[[], _T | None], what: str = "it", patience: float = PATIENCE) -> _T:
    """As `until`, while the loop runs on."""
    end = time.monotonic() + patience
    while not (found := look()):
        assert time.monotonic() < end, f"waited {patience:g} s in vain for {what}"
        await asyncio.sleep(0.005)
    return found


def gone(pids: Iterable[int], what: str = "their end", patience: float = PATIENCE) -> None:
    """Wait until all these processes have ended; also those that are nobody's child here (pidfd_open(2)).

    Raises:
        AssertionError: one lives on after `patience` seconds.
    """
    end = time.monotonic() + patience
    poller = select.poll()
    living = {}
    for pid in pids:
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        living[descriptor] = pid
        poller.register(descriptor, select.POLLIN)
    try:
        while living:
            left = end - time.monotonic()
            assert left > 0, f"waited {patience:g} s in vain for {what}: {sorted(living.values())} live"
            for descriptor, _ in poller.poll(left * 1000):
                poller.unregister(descriptor)
                os.close(descriptor)
                del living[descriptor]
    finally:
        for descriptor in living:
            os.close(descriptor)


def none_left(
    look: Callable[[], Iterable[int]], what: str = "nothing left", patience: float = PATIENCE
) -> None:
    """Wait until `look` finds no process any more: those that it finds must end, and may leave others."""
    end = time.monotonic() + patience
    while found := list(look()):
        gone(found, what, max(0.0, end - time.monotonic()))
