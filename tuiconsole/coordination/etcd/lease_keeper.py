"""Carries what the lease's holder asks for to this node's key. The holder keeps the time and decides."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from tuiconsole.clock import boottime, wall_offset
from tuiconsole.coordination.coordinator import NodeLease
from tuiconsole.coordination.etcd.concord import Concord
from tuiconsole.coordination.etcd.observation import Entry, Seen
from tuiconsole.coordination.etcd.records import Held, Keys, decode, encode
from tuiconsole.coordination.etcd.renewing import NOBODY, Refused, giving_up, renewal
from tuiconsole.coordination.etcd.store import NoAnswer, Store, get, put, unchanged
from tuiconsole.coordination.leases.holder import LeaseEvent, LeaseHolder, LeaseState
from tuiconsole.coordination.messages import Leave, Left, Message, Renew, Renewed, RenewRefused
from tuiconsole.coordination.participant import DeadlineWriter
from tuiconsole.timeouts import within

RECHECK = 0.05
"""Seconds after which timers look at the boot-time clock again: asyncio's stands still in a suspend."""
ETCD = "etcd"
"""The one voter of this engine, as the holder knows it."""
LeaseTold = Callable[[LeaseEvent, NodeLease | None], None]


class LeaseKeeper:
    """Drives one node's holder."""

    def __init__(
        self,
        holder: LeaseHolder,
        keys: Keys,
        concord: Concord,
        store: Store,
        tell: LeaseTold,
        on_lease: DeadlineWriter | None,
    ) -> None:
        self.holder = holder
        self._key = keys.node(holder.node)
        self._agreed = keys.agreed
        self._concord = concord
        self._agreed_mod = 0
        """At which the key was seen to hold this node's cluster file; 0 if it does not."""
        self._store = store
        self._tell = tell
        self._on_lease = on_lease
        self._wake = asyncio.Event()
        self._asked: asyncio.Queue[Message] = asyncio.Queue()
        self._seen = Seen(Entry(self._key, encode(NOBODY), 0, 0), 0.0)
        self._last: NodeLease | None = None

    def wake(self) -> None:
        """The holder was told something."""
        self._wake.set()

    async def keep_time(self) -> None:
        """Tick when it is due, and pass on what the holder says, for ever."""
        while True:
            now = boottime()
            self.holder.pace.offset = wall_offset()
            if now >= self.holder.next_timer:
                self.holder.tick(now)
            self.flush()
            for message in self.holder.outbox:
                self._asked.put_nowait(message)
            self.holder.outbox.clear()
            wait = min(max(self.holder.next_timer - boottime(), 0.001), RECHECK)
            self._wake.clear()
            with contextlib.suppress(asyncio.TimeoutError):
                async with within(wait):
                    await self._wake.wait()

    async def carry(self) -> None:
        """Carry the newest question to etcd, one at a time, for ever. An older one would extend less."""
        while True:
            message = await self._asked.get()
            while not self._asked.empty():
                message = self._asked.get_nowait()
            if isinstance(message, (Renew, Leave)):
                try:
                    answer = await self._carry(message)
                except NoAnswer:
                    continue
                if answer is not None:
                    self.holder.receive(boottime(), ETCD, answer)
                    self.flush()

    async def _carry(self, message: Renew | Leave) -> Message | None:
        """Carry one question; None if it is not answered, since this node's cluster file is not in force."""
        header = (self.holder.voters.cluster, self.holder.voters.digest, ETCD)
        known = self._seen.entry.mod and self._agreed_mod
        if not isinstance(message, Renew) or message.join or message.epoch == 0 or not known:
            await self._read()
        while True:
            wanted = self._wanted(message)
            if isinstance(wanted, Refused):
                if isinstance(message, Leave):
                    return Left(*header, max(wanted.epoch, message.epoch + 1), message.request)
                return RenewRefused(*header, wanted.epoch, message.request, wanted.busy, "", 0)
            compared = [unchanged(self._key, self._seen.entry.mod)]
            if not isinstance(message, Leave):
                if not self._agreed_mod:
                    return None
                compared.append(unchanged(self._agreed, self._agreed_mod))
            held, read = await self._store.transact(
                compared,
                [put(self._key, encode(wanted)), get(self._key)],
                [get(self._key), get(self._agreed)],
            )
            self._note(*read)
            if held and isinstance(message, Leave):
                return Left(*header, wanted.epoch, message.request)
            if held and isinstance(message, Renew):
                usual = self.holder.timing.node_lease
                duration = max(usual, message.stay)
                return Renewed(
                    *header, wanted.epoch, wanted.incarnation, message.request, duration, "", 0
                )  # fmt: skip

    def _wanted(self, message: Renew | Leave) -> Held | Refused:
        now, holder, seen = boottime(), self.holder, self._seen
        held = decode(seen.entry.value, Held)
        if isinstance(message, Leave):
            return giving_up(message, held)
        covered = holder.held_until - now if holder.state is LeaseState.HELD else 0.0
        timing = holder.timing
        return renewal(
            now, message, held, seen.since,
            usual=timing.node_lease, covered=covered, margin=timing.margin,
        )  # fmt: skip

    async def _read(self) -> None:
        _, read = await self._store.transact([], [get(self._key), get(self._agreed)])
        self._note(*read)

    def _note(self, found: list[Entry], agreed: list[Entry] | None = None) -> None:
        if agreed is not None:
            fits = bool(agreed) and self._concord.fits(agreed[0].value)
            self._agreed_mod = agreed[0].mod if fits else 0
        entry = found[0] if found else Entry(self._key, encode(NOBODY), 0, 0)
        if entry.mod != self._seen.entry.mod:
            self._seen = Seen(entry, boottime())

    def flush(self) -> None:
        """Record and tell what has become of the lease."""
        holder = self.holder
        while holder.events:
            event = holder.events.pop(0)
            self._last = lease = holder.lease or self._last
            if event is not LeaseEvent.EXTENDED:
                self._tell(event, lease)
            elif self._on_lease is not None and holder.state is LeaseState.HELD and lease is not None:
                self._on_lease(
                    lease.held_until, lease.stop_at, lease.kill_at, lease.shim_kill_at,
                    lease.epoch, lease.incarnation,
                )  # fmt: skip
