"""Who leads, reigns: a reign begins when leadership is gained, and ends when it is lost."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from tuiconsole.agent.master import Reign
from tuiconsole.coordination.coordinator import CoordinationError, Coordinator
from tuiconsole.model.ledger import LedgerError

RETRY = 0.2
"""Seconds between the end of a reign and the next one of the same term."""

_log = logging.getLogger(__name__)


class Throne:
    """Begins a reign when leadership is gained, and ends it when it is lost."""

    def __init__(self, coordinator: Coordinator, crown: Callable[[int], Reign]) -> None:
        self._coordinator = coordinator
        self._crown = crown
        self.reign: Reign | None = None
        self._task: asyncio.Task[None] | None = None

    async def hold(self) -> None:
        """Follow leadership until it is cancelled; no reign outlives it."""
        changed = asyncio.Event()
        self._coordinator.on_leadership(lambda _: changed.set())
        changed.set()
        try:
            await self._follow(changed)
        finally:
            await self._end()

    async def _follow(self, changed: asyncio.Event) -> None:
        while True:
            await changed.wait()
            changed.clear()
            leadership = self._coordinator.leadership
            if leadership is None:
                await self._end()
            elif self.reign is None or self.reign.term != leadership.term:
                await self._end()
                self.reign = self._crown(leadership.term)
                self._task = asyncio.get_running_loop().create_task(self._rule(self.reign, changed))

    async def _rule(self, reign: Reign, changed: asyncio.Event) -> None:
        try:
            await reign.rule()
        except (CoordinationError, LedgerError) as error:
            _log.warning("the reign of term %d ends: %s", reign.term, error)
        except asyncio.CancelledError:
            raise
        except Exception:  # noqa: BLE001 (a defect of the engine ends this reign, never the agent)
            _log.exception("the master engine failed in term %d; it begins anew", reign.term)
        await asyncio.sleep(RETRY)
        if self.reign is reign:
            self.reign = None
        changed.set()

    async def _end(self) -> None:
        self.reign = None
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
