"""An asyncio loop on virtual time: the agent's own code runs on it, with the clock of its host."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import Context
from typing import TYPE_CHECKING, Any

from tests.timeline import Broken

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from typing import TypeVar

    from typing_extensions import TypeVarTuple, Unpack

    from tests.simulation.host import Host

    Ts = TypeVarTuple("Ts")
    T = TypeVar("T")

SLIVER = 1e-6
"""Seconds that a timer fires late: clocks that run fast and slow must not make one fire early."""


class Loop(asyncio.AbstractEventLoop):
    """What asyncio needs of a loop, and no more. It dies with its agent: nothing runs afterwards."""

    current: Host | None = None
    """The host whose code runs."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._ready: deque[asyncio.Handle] = deque()
        self._due = False
        self.dead = False
        self.frozen = False
        self.on_signal: Callable[[], object] = lambda: None

    # -- for the simulation ----------------------------------------------------------------------------------

    def run(self) -> None:
        """Everything that is ready now."""
        self._due = False
        if self.dead or self.frozen:
            return
        before, Loop.current = Loop.current, self._host
        asyncio._set_running_loop(self)
        try:
            while self._ready and not self.dead:
                handle = self._ready.popleft()
                if not handle.cancelled():
                    handle._run()
        finally:
            asyncio._set_running_loop(None)
            Loop.current = before

    def thaw(self) -> None:
        """Go on after a pause."""
        self.frozen = False
        self._soon()

    def kill(self) -> None:
        """As kill -9: what was going on never ends, not even by `finally`."""
        self.dead = True
        self._ready.clear()

    def _soon(self) -> None:
        if not self._due:
            self._due = True
            self._host.site.at(self._host.site.now, self.run)

    def _fire(self, handle: asyncio.TimerHandle, slept: float) -> None:
        """`slept`: how long the machine had stood still when the timer was set."""
        if self.dead or handle.cancelled():
            return
        host = self._host
        if host.suspended_at is not None:
            host.later(0.0, self._fire, handle, slept)
        elif host.slept > slept:
            host.site.at(host.site.now + min(host.slept - slept, host.slept), self._fire, handle, host.slept)
        else:
            self._ready.append(handle)
            self.run()

    # -- for asyncio -----------------------------------------------------------------------------------------

    def time(self) -> float:
        return self._host.clock()

    def call_soon(
        self, callback: Callable[[Unpack[Ts]], object], *args: Unpack[Ts], context: Context | None = None
    ) -> asyncio.Handle:
        handle = asyncio.Handle(callback, args, self, context)
        if not self.dead:
            self._ready.append(handle)
            self._soon()
        return handle

    call_soon_threadsafe = call_soon

    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[Ts]], object],
        *args: Unpack[Ts],
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        self._host.site.at(self._host.when(when) + SLIVER, self._fire, handle, self._host.slept)
        return handle

    def call_later(
        self,
        delay: float,
        callback: Callable[[Unpack[Ts]], object],
        *args: Unpack[Ts],
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        return self.call_at(self.time() + max(0.0, delay), callback, *args, context=context)

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

    def create_task(self, coro: Any, *, name: str | None = None, context: Context | None = None) -> Any:
        task = asyncio.Task(coro, loop=self, name=name)
        # Those of a killed agent never end, and nobody need be told.
        task._log_destroy_pending = False  # type: ignore[attr-defined]
        return task

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[Unpack[Ts]], T], *args: Unpack[Ts]
    ) -> asyncio.Future[T]:
        done = self.create_future()
        done.set_result(func(*args))
        return done

    def add_signal_handler(
        self, sig: int, callback: Callable[[Unpack[Ts]], object], *args: Unpack[Ts]
    ) -> None:
        self.on_signal = callback

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        pass

    def is_running(self) -> bool:
        return not self.dead

    def is_closed(self) -> bool:
        return self.dead

    def get_debug(self) -> bool:
        return False

    def default_exception_handler(self, context: dict[str, Any]) -> None:
        self.call_exception_handler(context)

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        if not self.dead:
            error = context.get("exception")
            raise Broken(f"{self._host.name}: {context.get('message')}: {error!r}") from error
