"""Work that goes on beside its caller, whose failure must not go unseen."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine


class Tasks:
    """The tasks of one part of the agent; `whose` is named in the log when one fails."""

    def __init__(self, log: logging.Logger, whose: str) -> None:
        self._log = log
        self._whose = whose
        self._tasks: set[asyncio.Task[None]] = set()

    def spawn(self, work: Coroutine[None, None, None]) -> None:
        """Have it done beside the caller."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def cancel(self) -> None:
        """Cancel what has not ended."""
        for task in self._tasks:
            task.cancel()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._log.error("a task of %s failed", self._whose, exc_info=task.exception())
