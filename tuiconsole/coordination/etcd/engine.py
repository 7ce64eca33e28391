"""The thread in which the etcd engine runs, with an asyncio loop of its own: nothing slow shares it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Collection, Coroutine, Sequence
from concurrent.futures import Future, InvalidStateError
from typing import Any, TypeVar

from tuiconsole.clock import BootTime, boottime
from tuiconsole.coordination.coordinator import CoordinationError, Leadership, LostLeadership, Quorum
from tuiconsole.coordination.etcd.concord import Concord
from tuiconsole.coordination.etcd.lease_keeper import LeaseKeeper, LeaseTold
from tuiconsole.coordination.etcd.observation import Observation
from tuiconsole.coordination.etcd.records import Damaged, Keys
from tuiconsole.coordination.etcd.register import Register
from tuiconsole.coordination.etcd.seat_keeper import SeatKeeper
from tuiconsole.coordination.etcd.store import NoAnswer, Store, get
from tuiconsole.coordination.leases.holder import LeaseHolder
from tuiconsole.coordination.participant import PRESENT, DeadlineWriter
from tuiconsole.model.agreement import Agreement
from tuiconsole.settings.timing import Timing

_T = TypeVar("_T")
_log = logging.getLogger(__name__)


class EtcdEngine:
    """Drives one node's lease and, on a core node, its candidacy."""

    def __init__(
        self,
        holder: LeaseHolder,
        timing: Timing,
        endpoints: Sequence[str],
        keys: Keys,
        agreement: Agreement,
        candidates: Collection[str],
        tell_leadership: Callable[[Leadership | None], None],
        tell_lease: LeaseTold,
        on_lease: DeadlineWriter | None,
        tell_failure: Callable[[BaseException], None],
    ) -> None:
        self.observation = Observation(keys)
        self.damage: str | None = None
        self.failure: BaseException | None = None
        self._tell_failure = tell_failure
        self._end: asyncio.Future[None]
        self._over = False
        self._asked: set[asyncio.Task[Any]] = set()
        self._carried: dict[Future[Any], Coroutine[Any, Any, Any]] = {}
        """Requests that were handed to the thread, begun or not."""
        self._endpoints = tuple(endpoints)
        self._timing = timing
        self._candidate = holder.node in candidates
        self.concord = Concord(agreement, candidates)
        self._holder = holder
        self._lines = [Store(endpoints) for _ in range(4)]
        leases, seats, register, self._looks = self._lines
        self._pings = {endpoint: Store([endpoint]) for endpoint in endpoints}
        self._present: dict[str, BootTime] = {}
        self.seat = SeatKeeper(holder.node, timing, self.observation, self.concord, seats, tell_leadership)
        self._keeper = LeaseKeeper(holder, keys, self.concord, leases, tell_lease, on_lease)
        self._register = Register(self.seat, self.observation, register, timing.margin)
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="coordination", daemon=True)

    def start(self) -> None:
        """Begin; returns when the thread takes calls."""
        self._thread.start()
        self._ready.wait()

    def stop(self) -> None:
        """End the thread; returns when it has ended. The node's lease runs out by itself.

        A leader resigns: whoever stops its engine acts no more, and the next one need not wait.
        """
        if self._thread.is_alive():
            with contextlib.suppress(RuntimeError):  # it has ended meanwhile
                self._loop.call_soon_threadsafe(self._finish)
            self._thread.join()

    def call(self, function: Callable[[BootTime], None]) -> None:
        """Have `function(now)` called in the engine's thread."""

        def called() -> None:
            try:
                function(boottime())
            except Exception as error:  # noqa: BLE001 (as in a task: it must not seem to be done)
                if not self._end.done():
                    self._end.set_exception(error)
            self._keeper.wake()

        if self._thread.is_alive():
            with contextlib.suppress(RuntimeError):  # it has ended meanwhile
                self._loop.call_soon_threadsafe(called)

    def ask(
        self,
        work: Callable[[Register], Coroutine[Any, Any, _T]],
        ended: type[CoordinationError] = LostLeadership,
    ) -> Future[_T]:
        """Run a request of the leader in the engine's thread; it raises `ended` if the engine ends first.

        Raises:
            LostLeadership: the engine has ended.
        """
        asked = self._answer(work)
        try:
            carried = asyncio.run_coroutine_threadsafe(asked, self._loop)
        except RuntimeError:
            asked.close()
            raise LostLeadership("coordination has ended on this node") from None
        answer: Future[_T] = Future()

        def hand_on(done: Future[_T]) -> None:
            self._carried.pop(done, None)
            # The asker has gone meanwhile, maybe in this very moment.
            with contextlib.suppress(InvalidStateError):
                if done.cancelled():
                    # Also before it has begun, where it could say nothing itself.
                    answer.set_exception(ended("coordination ended on this node before etcd had answered"))
                elif (error := done.exception()) is not None:
                    answer.set_exception(error)
                else:
                    answer.set_result(done.result())

        def given_up(done: Future[_T]) -> None:
            if done.cancelled():
                carried.cancel()

        self._carried[carried] = asked
        carried.add_done_callback(hand_on)
        answer.add_done_callback(given_up)
        if self._over:
            self._forgo()
        return answer

    def _forgo(self) -> None:
        """Give up what the loop took and ended before beginning it."""
        for carried, asked in list(self._carried.items()):
            carried.cancel()
            asked.close()

    async def _answer(self, work: Callable[[Register], Coroutine[Any, Any, _T]]) -> _T:
        task = asyncio.current_task()
        assert task is not None
        self._asked.add(task)
        try:
            return await work(self._register)
        finally:
            self._asked.discard(task)

    def quorum(self) -> Quorum:
        """The endpoints as this node sees them; held if etcd as a whole has answered lately."""
        now, looked = boottime(), self.observation.looked_at
        present = sum(now - at < 2 * PRESENT for at in list(self._present.values()))
        needed = len(self._endpoints) // 2 + 1
        held = looked is not None and now - looked < PRESENT
        return Quorum(len(self._endpoints), present, needed, held)

    def leader(self) -> tuple[str, int] | None:
        """The leader, unless nothing was heard of it or of etcd for too long."""
        now, seat = boottime(), self.observation.seat
        looked = self.observation.looked_at
        try:
            acts = self.observation.acts_until(self._timing.margin)
        except Damaged:
            return None
        if seat is None or looked is None or now - looked > PRESENT or now > acts:
            return None
        return seat[0].node, seat[1].create

    def trouble(self) -> str | None:
        """Why etcd is not reached, or the engine has failed; with the remedy."""
        if self.failure is not None:
            return f"the coordination thread failed: {self.failure!r}; restart the agent"
        if self.damage is not None:
            return f"{self.damage}; remove that key when no agent runs"
        why = self._looks.trouble
        return None if why is None else f"{why}; start etcd, or correct [etcd] endpoints"

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except BaseException as error:  # noqa: BLE001 (whatever it is: the thread's owner must learn of it)
            self._fail(error)
        finally:
            self._over = True
            self._forgo()
            self._ready.set()

    def _fail(self, error: BaseException) -> None:
        """What nobody foresaw has ended a part: it must not seem to be at work."""
        self.failure = error
        _log.critical("the coordination thread failed", exc_info=error)
        self.seat.give_up()
        self._tell_failure(error)

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._end = self._loop.create_future()
        work = [
            self._keeper.keep_time(),
            self._for_ever(self._keeper.carry, 0.0),
            self._for_ever(self._look, 0.2),
        ]
        work += [self._ping(endpoint, line) for endpoint, line in self._pings.items()]
        if self._candidate:
            work += [self._for_ever(self.seat.step, 0.25), self._watch_seat()]
        tasks = [self._loop.create_task(one) for one in work]
        self._ready.set()
        try:
            done, _ = await asyncio.wait({self._end, *tasks}, return_when=asyncio.FIRST_COMPLETED)
            for one in done:
                if (error := one.exception()) is not None:
                    self._fail(error)
        finally:
            ending = (*tasks, *self._asked)
            for task in ending:
                task.cancel()
            await asyncio.gather(*ending, return_exceptions=True)
            await self.seat.resign()
            for line in (*self._lines, *self._pings.values()):
                await line.close()

    def _finish(self) -> None:
        if not self._end.done():
            self._end.set_result(None)

    async def _for_ever(self, work: Callable[[], Coroutine[Any, Any, None]], pause: float) -> None:
        while True:
            try:
                await work()
            except NoAnswer:
                pass
            except Damaged as error:
                self.damage = str(error)
            await asyncio.sleep(pause or 0.05)

    async def _look(self) -> None:
        keys = self.observation.keys
        _, read = await self._looks.transact([], [get(keys.live, keys.live_end)])
        self.observation.look(boottime(), read[0])

    async def _watch_seat(self) -> None:
        while True:
            self.seat.tell()
            await asyncio.sleep(0.05)

    async def _ping(self, endpoint: str, line: Store) -> None:
        while True:
            if await line.alive():
                self._present[endpoint] = boottime()
            await asyncio.sleep(PRESENT / 2)
