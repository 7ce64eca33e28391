"""The deadline record: until when this node may run what it must stop when it loses its lease.

The agent writes it after each renewal, the plugin inside supervisord (and, as the last resort, the shim)
reads it when a timer fires. It lives in a tmpfs run directory, because nothing slow may stand between a lease
and its holder. Standard library only: it is imported into supervisord.

The file holds two slots. A write goes to the slot that does not hold the newest record, so a writer that dies
in the middle, or a reader that comes in the middle, meets at worst one damaged slot and the record before it,
whose deadline is earlier: the error is always on the safe side. Times are CLOCK_BOOTTIME, hence the boot_id:
a record of another boot says nothing. A missing or void record never means that the lease is still held.
"""

from __future__ import annotations

import os
import struct
from typing import NamedTuple

from tuiconsole.clock import boot_id as current_boot_id
from tuiconsole.supervision.deadline_file import (
    FILE_NAME,
    NAME_MAX,
    SLOT,
    newest,
    open_deadline,
    packed,
    unpacked,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tuiconsole.supervision.deadline_file import Fields

__all__ = [
    "FILE_NAME",
    "DeadlineRecord",
    "DeadlineWriter",
    "decode",
    "encode",
    "open_deadline",
    "read_deadline",
]


class DeadlineRecord(NamedTuple):
    """What the agent last promised. Times are seconds of CLOCK_BOOTTIME of the boot `boot_id`."""

    boot_id: str
    node: str
    epoch: int
    incarnation: str
    deadline: float
    """The end of the node's lease."""
    stop_at: float
    """SIGTERM by the plugin."""
    kill_at: float
    """SIGKILL by the plugin."""
    shim_kill_at: float
    """SIGKILL by the shim."""
    sequence: int
    """Grows with each write; the greater of two valid slots is the newer."""


def encode(record: DeadlineRecord) -> bytes:
    """One slot of the file.

    Raises:
        ValueError: a name is longer than 64 bytes, or a number does not fit.
    """
    node, incarnation = record.node.encode(), record.incarnation.encode()
    if len(node) > NAME_MAX or len(incarnation) > NAME_MAX:
        raise ValueError(f"node and incarnation may have at most {NAME_MAX} bytes in a deadline record")
    try:
        return packed(
            (
                record.boot_id.encode("ascii"),
                node,
                incarnation,
                record.epoch,
                record.sequence,
                record.deadline,
                record.stop_at,
                record.kill_at,
                record.shim_kill_at,
            )
        )
    except struct.error as error:
        raise ValueError(f"cannot be written as a deadline record: {error}") from error


def decode(slot: bytes) -> DeadlineRecord | None:
    """The record of one slot; None if it is blank, cut short or damaged."""
    return _record_of(unpacked(slot))


def read_deadline(fd: int, boot: str) -> DeadlineRecord | None:
    """The newest valid record of this boot in an open file; None if there is none, whatever the reason."""
    return _record_of(newest(fd, boot.encode("ascii")))


def _record_of(fields: Fields | None) -> DeadlineRecord | None:
    if fields is None:
        return None
    boot, node, incarnation, epoch, sequence, deadline, stop_at, kill_at, shim_kill_at = fields
    return DeadlineRecord(
        boot.decode("ascii", "replace"),
        node.decode("utf-8", "replace"),
        epoch,
        incarnation.decode("utf-8", "replace"),
        deadline,
        stop_at,
        kill_at,
        shim_kill_at,
        sequence,
    )


class DeadlineWriter:
    """The agent's end.

    It continues the sequence that it finds, so that a new agent's record is the newer one.

    Raises:
        OSError: the run directory is missing or may not be written.
    """

    def __init__(self, run_dir: str, node: str, incarnation: str) -> None:
        self._fd = open_deadline(run_dir)
        self._boot = current_boot_id()
        self._node = node
        self._incarnation = incarnation
        found = read_deadline(self._fd, self._boot)
        # Two ahead: the newest slot may be damaged, and the one read here its predecessor.
        self._sequence = found.sequence + 2 if found else 0

    @property
    def last(self) -> DeadlineRecord | None:
        """The record in force, as a reader sees it."""
        return read_deadline(self._fd, self._boot)

    def write(
        self, *, epoch: int, deadline: float, stop_at: float, kill_at: float, shim_kill_at: float
    ) -> DeadlineRecord:
        """Put a new record in force. Takes some 10 µs and never waits for a disk.

        Raises:
            ValueError: not `stop_at <= kill_at <= shim_kill_at <= deadline`.
        """
        if not stop_at <= kill_at <= shim_kill_at <= deadline:
            raise ValueError("stop_at <= kill_at <= shim_kill_at <= deadline must hold")
        newest = read_deadline(self._fd, self._boot)
        sequence = max(self._sequence, newest.sequence if newest else 0) + 1
        record = DeadlineRecord(
            self._boot,
            self._node,
            epoch,
            self._incarnation,
            deadline,
            stop_at,
            kill_at,
            shim_kill_at,
            sequence,
        )
        os.pwrite(self._fd, encode(record), self._free_slot(newest) * SLOT)
        self._sequence = sequence
        return record

    def close(self) -> None:
        """Give the descriptor back; the record stays in force until its deadline."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _free_slot(self, newest: DeadlineRecord | None) -> int:
        if newest is None:
            return 0
        first = decode(os.pread(self._fd, SLOT, 0))
        return 1 if first is not None and first.sequence == newest.sequence else 0
