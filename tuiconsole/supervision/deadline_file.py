"""The bytes of the deadline record, as agent, plugin and shim read them. See `deadline.py` for what it means.

The shim reads it too, which is idle beside each supervisord and has none of Python's package paths: so this
file imports only what costs no memory.
"""

from __future__ import annotations

import binascii
import os
import struct

FILE_NAME = "deadline"
"""Name of the record's file in the run directory."""
SLOT = 256
"""Bytes of each of its two slots."""
NAME_MAX = 64

_MAGIC = b"tuidead1"
_BODY = struct.Struct("<8s36s64s64sQQdddd")
_CRC = struct.Struct("<I")

TYPE_CHECKING = False
if TYPE_CHECKING:
    Fields = tuple[bytes, bytes, bytes, int, int, float, float, float, float]
    """boot_id, node, incarnation, epoch, sequence, deadline, stop_at, kill_at, shim_kill_at."""


def packed(fields: Fields) -> bytes:
    """One slot. Raises struct.error if a number does not fit."""
    body = _BODY.pack(_MAGIC, *fields)
    return (body + _CRC.pack(binascii.crc32(body))).ljust(SLOT, b"\0")


def unpacked(slot: bytes) -> Fields | None:
    """What one slot says; None if it is blank, cut short or damaged."""
    end = _BODY.size + _CRC.size
    if len(slot) < end:
        return None
    body = slot[: _BODY.size]
    if _CRC.unpack(slot[_BODY.size : end])[0] != binascii.crc32(body):
        return None
    magic, boot, node, incarnation, *numbers = _BODY.unpack(body)
    if magic != _MAGIC:
        return None
    return (boot.rstrip(b"\0"), node.rstrip(b"\0"), incarnation.rstrip(b"\0"), *numbers)


def newest(fd: int, boot: bytes) -> Fields | None:
    """The newest valid record of this boot in an open file; None if there is none, whatever the reason."""
    try:
        data = os.pread(fd, 2 * SLOT, 0)
    except OSError:
        return None
    best = None
    for start in (0, SLOT):
        found = unpacked(data[start : start + SLOT])
        if found is not None and found[0] == boot and (best is None or found[4] > best[4]):
            best = found
    return best


def open_deadline(run_dir: str) -> int:
    """A descriptor of the record's file, made blank if it is missing.

    It is opened once and kept: supervisord opens it before it drops its privileges.

    Raises:
        OSError: the run directory is missing or may not be written.
    """
    return os.open(run_dir + "/" + FILE_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
