"""The list of what the shim leaves alone when the node's lease ends: written by the plugin, read by the shim.

It names the living programs that go on running on an isolated node (unmanaged ones, and those whose
isolation is KEEP or ALLOW), each as `PID BORN GROUP:NAME`. The first line is a checksum. Whatever is not on a
valid list is to die: a list that is missing, damaged or late errs on the safe side.
"""

from __future__ import annotations

import binascii
import os

FILE_NAME = "spared"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    Spared = dict[tuple[int, int], bytes]
    """(pid, born) → namespec."""


def open_spared(run_dir: str) -> int:
    """A descriptor of the list, made blank if it is missing: it is opened before privileges are dropped.

    Raises:
        OSError: the run directory is missing or may not be written.
    """
    return os.open(run_dir + "/" + FILE_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def write(fd: int, spared: Iterable[tuple[int, int, str]]) -> None:
    """Replace the list. One write: a reader sees the old bytes or the new ones, or a checksum that fails."""
    body = b"".join(b"%d %d %s\n" % (pid, born, name.encode()) for pid, born, name in spared)
    text = b"%08x\n" % binascii.crc32(body) + body
    os.pwrite(fd, text, 0)
    os.ftruncate(fd, len(text))


def read(fd: int) -> Spared:
    """The list; empty if it is not valid."""
    try:
        text = os.pread(fd, os.fstat(fd).st_size, 0)
    except OSError:
        return {}
    checksum, _, body = text.partition(b"\n")
    if checksum != b"%08x" % binascii.crc32(body):
        return {}
    spared = {}
    for line in body.split(b"\n"):
        pid, _, rest = line.partition(b" ")
        born, _, name = rest.partition(b" ")
        if name:
            spared[int(pid), int(born)] = name
    return spared
