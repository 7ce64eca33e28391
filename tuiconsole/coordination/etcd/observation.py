"""What this node has seen in etcd, since when by its own clock: neither etcd's clock nor its leases count.

A renewal or a beat changes its key's mod revision. It was sent before it was applied, and applied before it
was seen: so a key that is seen unchanged for longer than it promises proves that the promise is over.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from tuiconsole.clock import BootTime
from tuiconsole.coordination.etcd.records import Damaged, Held, Hold, Keys, Seat, decode


class Entry(msgspec.Struct, frozen=True):
    """A key as etcd gave it."""

    key: bytes
    value: bytes
    create: int
    mod: int


class Seen(msgspec.Struct, frozen=True):
    """An entry, and when its mod revision was first seen (on receipt: never earlier than it was written)."""

    entry: Entry
    since: BootTime


class Observation:
    """All live keys, as of the last look."""

    def __init__(self, keys: Keys) -> None:
        self.keys = keys
        self.seen: dict[bytes, Seen] = {}
        self.looked_at: BootTime | None = None

    def look(self, now: BootTime, found: Iterable[Entry]) -> None:
        """Take all live keys, read linearizably and received `now`."""
        before, self.seen = self.seen, {}
        for entry in found:
            old = before.get(entry.key)
            same = old is not None and old.entry.mod == entry.mod
            self.seen[entry.key] = old if same and old is not None else Seen(entry, now)
        self.looked_at = now

    def note(self, now: BootTime, entry: Entry) -> Seen:
        """Take one key, read linearizably and received `now`."""
        old = self.seen.get(entry.key)
        if old is None or old.entry.mod != entry.mod:
            old = self.seen[entry.key] = Seen(entry, now)
        return old

    @property
    def seat(self) -> tuple[Seat, Entry] | None:
        """Who sits on the seat of the leader; None if it is free, or holds no record."""
        seen = self.seen.get(self.keys.seat)
        try:
            return (decode(seen.entry.value, Seat), seen.entry) if seen is not None else None
        except Damaged:
            return None

    def acts_until(self, margin: float) -> BootTime:
        """Until when any leader whose beat was seen may act, `margin` (seconds) included; 0 if none can.

        Raises:
            Damaged: the key of the beats holds something else.
        """
        seen = self.seen.get(self.keys.hold)
        if seen is None:
            return 0.0
        hold = decode(seen.entry.value, Hold).hold
        return seen.since + hold + margin if hold > 0 else 0.0

    def nodes(self) -> dict[str, tuple[Held, BootTime]]:
        """The leases of the nodes, each with the time since when it is unchanged."""
        found = {}
        for key, seen in self.seen.items():
            if key.startswith(self.keys.nodes):
                try:
                    held = decode(seen.entry.value, Held)
                except Damaged:
                    continue
                found[key[len(self.keys.nodes) :].decode("utf-8", "replace")] = (held, seen.since)
        return found


def lease_over_at(held: Held, since: BootTime, margin: float) -> BootTime:
    """When a lease that is unchanged since `since` is certainly over; 0 if nobody holds it."""
    return since + held.duration + margin if held.incarnation else 0.0
