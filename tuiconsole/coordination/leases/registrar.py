"""A voter's side of node leases: which epoch of each node is in force, and how lately it was acknowledged.

An epoch is raised only when this voter last acknowledged the node longer ago than lease and margin;
afterwards the older epoch is never acknowledged again. A majority that has raised an epoch thereby proves
that no lease under an older one is held: any majority that acknowledged it shares a voter with this one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from tuiconsole.clock import BootTime


class Registration(msgspec.Struct, frozen=True, array_like=True):
    """What a voter keeps on disk for each node. `incarnation` is empty while nobody holds the epoch."""

    epoch: int
    incarnation: str
    stay: float = 0.0
    """Seconds of maintenance that were promised last; a restarted voter waits for all of them."""
    asked: float = 0.0
    """When that was asked for, or ended, on the node's clock."""


UNKNOWN = Registration(0, "")


class Verdict(msgspec.Struct, frozen=True):
    """`granted`, or not: then the registered `epoch`, and for how many seconds another one still holds it.

    `duration`: of the lease that was granted by a renewal, in seconds.
    """

    granted: bool
    epoch: int
    held: bool = False
    remaining: float = 0.0
    duration: float = 0.0


class Registrar:
    """The registrations of one voter.

    `changed` counts the changes that must be on disk before they are answered.
    """

    def __init__(
        self,
        duration: float,
        margin: float,
        started: BootTime,
        registrations: Mapping[str, Registration],
        former_duration: float = 0.0,
    ) -> None:
        """Start, or start again.

        Args:
            duration: of a lease, in seconds.
            margin: seconds added before a lease is called over.
            started: now. A restart counts as an acknowledgement of every node that may hold a lease.
            registrations: what was read from disk.
            former_duration: what leases lasted before the restart; the longer one is waited for.
        """
        self.duration = duration
        self.margin = margin
        self.registrations: dict[str, Registration] = {}
        self.changed = 0
        self._horizon: dict[str, BootTime] = {}
        self._acknowledged: dict[str, BootTime] = {}
        self.inherit(started, registrations, former_duration)

    def inherit(
        self, now: BootTime, registrations: Mapping[str, Registration], former_duration: float
    ) -> None:
        """Begin with this knowledge at `now`: every node that may hold a lease was acknowledged just then."""
        shortest = max(self.duration, former_duration)
        self.registrations = dict(registrations)
        self._horizon = {
            node: now + max(shortest, entry.stay)
            for node, entry in registrations.items()
            if entry.incarnation
        }

    def renew(
        self,
        now: BootTime,
        node: str,
        epoch: int,
        incarnation: str,
        *,
        join: bool,
        stay: float = 0.0,
        asked: float = 0.0,
    ) -> Verdict:
        """Acknowledge a node's lease from now on, if this epoch and incarnation may hold it.

        A node that renews (it does not join) holds its epoch by a majority's word, and that majority shares
        a voter with each one that acknowledged an older epoch: none of those can be held any more. So a voter
        that was away believes it at once, and does not leave a node that is just back with one voter less.

        `stay` asks for a lease of so many seconds instead of the usual one, as of `asked`. An older word than
        the one registered counts no more: one that ends a maintenance may be overtaken by the next one's.
        """
        entry = self.registrations.get(node, UNKNOWN)
        same = entry.epoch == epoch and entry.incarnation == incarnation and epoch > 0
        if not same:
            if epoch < entry.epoch or epoch < 1 or not incarnation:
                return Verdict(False, entry.epoch)
            if entry.epoch == epoch and entry.incarnation and join:
                return Verdict(False, entry.epoch, True, self._remaining(now, node))
            remaining = self._remaining(now, node)
            if join and entry.incarnation not in ("", incarnation) and remaining > 0:
                return Verdict(False, entry.epoch, True, remaining)
            if entry.epoch == epoch and entry.incarnation:
                return Verdict(False, entry.epoch, True, remaining)
            self._register(node, Registration(epoch, incarnation))
            self._horizon.pop(node, None)
        duration = self._stay(now, node, stay, asked)
        self._horizon[node] = max(self._horizon.get(node, now), now + duration)
        self._acknowledged[node] = now
        return Verdict(True, epoch, duration=duration)

    def _stay(self, now: BootTime, node: str, stay: float, asked: float) -> float:
        """Begin, go on with or end a node's maintenance; seconds for which its lease is granted now."""
        entry = self.registrations[node]
        if asked > entry.asked:
            if not stay:
                # The node holds no longer lease any more, and has recorded that before it said so.
                self._horizon.pop(node, None)
            self._register(node, Registration(entry.epoch, entry.incarnation, stay, asked))
            return max(self.duration, stay)
        if asked < entry.asked:
            stay = 0.0
        if entry.stay and not stay and self._horizon.get(node, now) <= now + self.duration:
            # What is left of it the usual lease covers, also if this voter restarts.
            self._register(node, Registration(entry.epoch, entry.incarnation, 0.0, entry.asked))
        return max(self.duration, stay)

    def raise_epoch(self, now: BootTime, node: str, target: int, *, dry: bool) -> Verdict:
        """Make every epoch below `target` void, if no lease under one can be held any more.

        `dry` only asks.
        """
        entry = self.registrations.get(node, UNKNOWN)
        held = bool(entry.incarnation)
        if entry.epoch > target or (entry.epoch == target and held):
            return Verdict(False, entry.epoch, held, self._remaining(now, node) if held else 0.0)
        if entry.epoch == target:
            return Verdict(True, target)
        remaining = self._remaining(now, node) if held else 0.0
        if remaining > 0:
            return Verdict(False, entry.epoch, held, remaining)
        if not dry:
            self._register(node, Registration(target, ""))
        return Verdict(True, entry.epoch if dry else target, held and dry)

    def leave(self, node: str, epoch: int, incarnation: str) -> Verdict:
        """The holder itself makes its epoch void."""
        entry = self.registrations.get(node, UNKNOWN)
        if entry.epoch <= epoch and entry.incarnation in ("", incarnation):
            self._register(node, Registration(epoch + 1, ""))
            return Verdict(True, epoch + 1)
        return Verdict(entry.epoch > epoch, entry.epoch)

    def seen(self, now: BootTime) -> Iterator[tuple[str, int, bool, float]]:
        """For each node.

        Its epoch, whether it is held, and the seconds since it was acknowledged (−1: never).
        """
        for node, entry in self.registrations.items():
            at = self._acknowledged.get(node)
            yield node, entry.epoch, bool(entry.incarnation), -1.0 if at is None else now - at

    def _remaining(self, now: BootTime, node: str) -> float:
        """Seconds until a lease that this voter acknowledged is certainly over."""
        horizon = self._horizon.get(node)
        return 0.0 if horizon is None else max(0.0, horizon + self.margin - now)

    def _register(self, node: str, entry: Registration) -> None:
        self.registrations[node] = entry
        if not entry.incarnation:
            self._horizon.pop(node, None)
        self.changed += 1
