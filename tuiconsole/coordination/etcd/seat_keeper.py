"""Takes and keeps the seat of the leader. Its term is the create revision of the election key.

The seat hangs on an etcd lease, but no safety does: etcd may end a lease too early. The leader acts only
within `hold` seconds of the sending of a beat that was acknowledged, and a candidate takes the seat only if
it has seen the beat unchanged for `hold` and a margin by its own clock. Only the leader itself may end its
term sooner: it acts no more, and says so in a last beat that holds for no time.
"""

from __future__ import annotations

import contextlib
import math
import secrets
from collections.abc import Callable

from tuiconsole.clock import BootTime, boottime
from tuiconsole.coordination.coordinator import Leadership
from tuiconsole.coordination.etcd.concord import Concord
from tuiconsole.coordination.etcd.observation import Observation
from tuiconsole.coordination.etcd.records import Announced, Hold, Seat, encode
from tuiconsole.coordination.etcd.store import NoAnswer, Store, created, delete, get, put, unchanged
from tuiconsole.settings.timing import Timing


class SeatKeeper:
    """One core node's candidacy and leadership."""

    def __init__(
        self,
        node: str,
        timing: Timing,
        observation: Observation,
        concord: Concord,
        store: Store,
        tell: Callable[[Leadership | None], None],
    ) -> None:
        self.term = 0
        self.held_until: BootTime = 0.0
        self._seat = Seat(node, secrets.token_hex(8))
        self._timing = timing
        self._observation = observation
        self._concord = concord
        self._keys = observation.keys
        self._store = store
        self._tell = tell
        self._told = False
        self._lease = 0
        self._hold = 0.0
        self._given_up = 0
        self._to_vacate = 0

    def leadership(self, now: BootTime) -> Leadership | None:
        """Held for certain at `now`. Any thread may ask."""
        term, until = self.term, self.held_until
        return Leadership(term, until) if term and now < until else None

    def give_up(self) -> None:
        """Lead no more in this term: the outcome of a write is unknown. The next term tells."""
        self.held_until = 0.0
        self._given_up = max(self._given_up, self.term)
        self._to_vacate = self.term or self._to_vacate
        self.term = 0
        self.tell()

    async def resign(self) -> None:
        """Lead no more, and let the next leader follow at once. Call it when `step` is not under way.

        From its first line on this node does not act, so that it takes nothing from anybody: if etcd does
        not answer, the next leader waits as for one that was killed.
        """
        self.give_up()
        with contextlib.suppress(NoAnswer):
            await self._vacate()

    def tell(self) -> None:
        """Tell of leadership gained or lost since."""
        leadership = self.leadership(boottime())
        if (leadership is not None) != self._told:
            self._told = leadership is not None
            self._tell(leadership)

    async def step(self) -> None:
        """Beat, or stand for election if the seat is free."""
        try:
            await self._vacate()
            await self._announce()
            await self._keep_lease()
            if self.term:
                await self._beat()
            elif self._lease:
                await self._stand()
        except NoAnswer:
            pass
        finally:
            self.tell()

    async def _announce(self) -> None:
        """Say by which cluster file this core node goes; if none is in force, this one is."""
        observation, keys, mine = self._observation, self._keys, self._concord.mine
        if observation.looked_at is None:
            return
        key, announced = keys.core(self._seat.node), encode(Announced(mine.digest))
        seen = observation.seen.get(key)
        if seen is None or seen.entry.value != announced:
            await self._store.transact([], [put(key, announced)])
        if keys.agreed not in observation.seen:
            await self._store.transact([created(keys.agreed, 0)], [put(keys.agreed, encode(mine))])

    async def _keep_lease(self) -> None:
        if self._lease and not await self._store.keep(self._lease):
            self._lease = 0
        if not self._lease and not self.term:
            self._lease, self._hold = await self._store.grant(math.ceil(self._timing.leader_lease))

    async def _vacate(self) -> None:
        """Free the seat of a term that was given up: nothing can be written in it any more."""
        if self._to_vacate:
            await self._store.transact(
                [created(self._keys.seat, self._to_vacate)], [self._put_hold(0.0), delete(self._keys.seat)]
            )
            self._to_vacate = 0

    async def _beat(self) -> None:
        term, sent = self.term, boottime()
        held, _ = await self._store.transact([created(self._keys.seat, term)], [self._put_hold(self._hold)])
        if self.term != term:
            return
        if held:
            self.held_until = max(self.held_until, sent + self._hold)
        else:
            self.term, self.held_until = 0, 0.0

    async def _stand(self) -> None:
        observation, keys = self._observation, self._keys
        if observation.seat is not None:
            whose, entry = observation.seat
            if whose == self._seat and entry.create > self._given_up:
                # It was taken by a try whose answer did not come. The beat tells whether it still is.
                self.term = entry.create
                await self._beat()
                return
        now = boottime()
        if observation.looked_at is None or now < observation.acts_until(self._timing.margin):
            return
        agreed = observation.seen.get(keys.agreed)
        if agreed is None:
            return
        fits = self._concord.fits(agreed.entry.value)
        if not fits and not self._concord.overrules(observation):
            return
        beat = observation.seen.get(keys.hold)
        silent = unchanged(keys.hold, beat.entry.mod if beat is not None else 0)
        seat = observation.seen.get(keys.seat)
        if seat is not None:
            # Its etcd lease has outlived its owner's right to act.
            await self._store.transact([silent, unchanged(keys.seat, seat.entry.mod)], [delete(keys.seat)])
        sent, hold = boottime(), self._hold
        held, read = await self._store.transact(
            [silent, created(keys.seat, 0), unchanged(keys.agreed, agreed.entry.mod)],
            [
                put(keys.seat, encode(self._seat), self._lease),
                self._put_hold(hold),
                *([] if fits else [put(keys.agreed, encode(self._concord.mine))]),
                get(keys.seat),
            ],
        )
        if held and read[0][0].create > self._given_up:
            self.term, self.held_until = read[0][0].create, sent + hold

    def _put_hold(self, hold: float) -> object:
        return put(self._keys.hold, encode(Hold(self._seat.node, hold)))
