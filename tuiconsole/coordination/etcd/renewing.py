"""What a node writes to renew, gain or give up its lease, by what its key holds."""

from __future__ import annotations

import msgspec

from tuiconsole.clock import BootTime
from tuiconsole.coordination.etcd.observation import lease_over_at
from tuiconsole.coordination.etcd.records import Held
from tuiconsole.coordination.messages import Leave, Renew


class Refused(msgspec.Struct, frozen=True):
    """Nothing is to be written: `epoch` is in force, for `busy` seconds still held by another incarnation."""

    epoch: int
    busy: float = 0.0


NOBODY = Held(0, "", 0.0)


def renewal(
    now: BootTime, message: Renew, held: Held, since: BootTime, *, usual: float, covered: float, margin: float
) -> Held | Refused:
    """What to write for a renewal, if it is nobody else's lease.

    Args:
        now: boot time.
        message: what the node asks for.
        held: what its key holds.
        since: when the key was first seen so.
        usual: duration of a lease, seconds.
        covered: seconds for which the node counts on its lease already (by a maintenance).
        margin: seconds added before another incarnation's lease is called over.
    """
    if message.epoch == held.epoch and message.incarnation == held.incarnation and message.epoch > 0:
        return Held(message.epoch, message.incarnation, max(usual, message.stay, covered))
    if not message.join or not message.incarnation:
        return Refused(held.epoch)
    if held.incarnation not in ("", message.incarnation):
        remaining = lease_over_at(held, since, margin) - now
        if remaining > 0:
            return Refused(held.epoch, remaining)
    least = held.epoch + 1 if held.incarnation else max(held.epoch, 1)
    return Refused(held.epoch) if message.epoch < least else Held(message.epoch, message.incarnation, usual)


def giving_up(message: Leave, held: Held) -> Held | Refused:
    """What to write when the holder gives its lease up; refused if the epoch is over in any case."""
    if held.epoch > message.epoch or held.incarnation not in ("", message.incarnation):
        return Refused(held.epoch)
    return Held(message.epoch + 1, "", 0.0)
