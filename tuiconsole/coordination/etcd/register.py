"""The leader's writes, register and epochs: each is a transaction that compares the leader's term as well."""

from __future__ import annotations

import asyncio

from tuiconsole.clock import BootTime, boottime
from tuiconsole.coordination.coordinator import (
    Conflict,
    LostLeadership,
    NoQuorum,
    NotYet,
    OutcomeUnknown,
    Versioned,
)
from tuiconsole.coordination.etcd.observation import Observation, lease_over_at
from tuiconsole.coordination.etcd.records import Held, decode, encode
from tuiconsole.coordination.etcd.renewing import NOBODY
from tuiconsole.coordination.etcd.seat_keeper import SeatKeeper
from tuiconsole.coordination.etcd.store import NoAnswer, Store, created, get, put, unchanged

AGAIN = 0.1
"""Seconds between two tries of the same write."""


class Register:
    """Runs in the engine's loop, one request at a time. A version is the mod revision of the key."""

    def __init__(self, seat: SeatKeeper, observation: Observation, store: Store, margin: float) -> None:
        self._seat = seat
        self._observation = observation
        self._keys = observation.keys
        self._store = store
        self._margin = margin
        self._one = asyncio.Lock()

    def _term(self) -> int:
        leadership = self._seat.leadership(boottime())
        if leadership is None:
            raise LostLeadership("this node does not lead")
        return leadership.term

    async def read(self) -> Versioned:
        """See `Coordinator`."""
        async with self._one:
            term = self._term()
            try:
                held, read = await self._store.transact(
                    [created(self._keys.seat, term)], [get(self._keys.register)]
                )
            except NoAnswer as error:
                raise LostLeadership(f"etcd cannot say whether this node leads: {error}") from None
            if not held or self._term() != term:
                raise LostLeadership("this node does not lead, or no longer")
            if not read[0]:
                return Versioned(b"", term, 0)
            return Versioned(read[0][0].value, term, read[0][0].mod)

    async def replace(self, value: bytes, expected: Versioned, until: BootTime) -> Versioned:
        """See `Coordinator`. The same write is tried again until its outcome is known, or given up."""
        async with self._one:
            term = self._term()
            if term != expected.term:
                raise Conflict("the register was read in another term; read it again")
            doubt = False
            while True:
                try:
                    held, read = await self._store.transact(
                        [created(self._keys.seat, term), unchanged(self._keys.register, expected.version)],
                        [put(self._keys.register, value), get(self._keys.register)],
                        [get(self._keys.seat), get(self._keys.register)],
                    )
                    break
                except NoAnswer:
                    doubt = True
                    if boottime() + AGAIN >= until or self._seat.term != term:
                        # What is under way still can be carried out in this term, never in the next.
                        self._seat.give_up()
                        raise OutcomeUnknown("etcd did not answer in time") from None
                    await asyncio.sleep(AGAIN)
            if held:
                return Versioned(value, term, read[0][0].mod)
            doubt = doubt or self._store.repeated
            seat, register = read
            if not seat or seat[0].create != term:
                if doubt:
                    raise OutcomeUnknown("leadership was lost while etcd did not answer")
                raise LostLeadership("this node does not lead any more; nothing was written")
            # In this term only this node writes, and one value at a time: an earlier try of this one it is.
            if doubt and register and register[0].value == value and register[0].mod > expected.version:
                return Versioned(value, term, register[0].mod)
            raise Conflict("the register is not at the expected version; read it again")

    async def raise_epoch(self, node: str) -> int:
        """See `Coordinator`. A lease that this node has not seen unchanged for long enough is not touched."""
        key = self._keys.node(node)
        async with self._one:
            term = self._term()
            try:
                led, read = await self._store.transact([created(self._keys.seat, term)], [get(key)])
                if not led:
                    raise LostLeadership("this node does not lead, or no longer")
                now, mod, held = boottime(), 0, NOBODY
                if read[0]:
                    seen = self._observation.note(now, read[0][0])
                    mod, held = seen.entry.mod, decode(seen.entry.value, Held)
                    over = lease_over_at(held, seen.since, self._margin)
                    if now < over:
                        raise NotYet(over, f"{node} may still hold its lease for {over - now:.1f} s")
                    if not held.incarnation:
                        return held.epoch
                raised = Held(held.epoch + 1, "", 0.0)
                done, _ = await self._store.transact(
                    [created(self._keys.seat, term), unchanged(key, mod)], [put(key, encode(raised))]
                )
            except NoAnswer as error:
                raise NoQuorum(str(error)) from None
            if not done:
                self._term()
                raise NotYet(
                    boottime() + self._margin, f"{node} has just renewed, or this node leads no more"
                )
            return raised.epoch
