"""The logs of processes: their end, then what is appended, over rotations and truncations."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from pathlib import Path

CHUNK = 64 * 1024
FOLLOW_INTERVAL = 0.2
"""Seconds between two looks at a file that is followed."""
MAX_TAIL = 1024 * 1024


class _File:
    """One log that may be rotated away under its name, or cut."""

    def __init__(self, path: Path, tail: int) -> None:
        self._path = path
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        size = os.fstat(self._descriptor).st_size
        self._offset = max(0, size - min(tail, MAX_TAIL))

    def read(self) -> bytes:
        """What was appended since the last read, at most one chunk."""
        if os.fstat(self._descriptor).st_size < self._offset:
            self._offset = 0
        data = os.pread(self._descriptor, CHUNK, self._offset)
        self._offset += len(data)
        if not data and self._replaced():
            self.close()
            self._descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
            self._offset = 0
        return data

    def _replaced(self) -> bool:
        try:
            return not os.path.samestat(self._path.stat(), os.fstat(self._descriptor))
        except FileNotFoundError:
            return False

    def close(self) -> None:
        os.close(self._descriptor)


async def read_log(path: Path, *, tail: int, follow: bool) -> AsyncGenerator[bytes, None]:
    """The last `tail` bytes (1 MiB at most) in chunks; with `follow`, never ends.

    Raises:
        OSError: the file cannot be read.
    """
    file = await asyncio.to_thread(_File, path, tail)
    try:
        while True:
            data = await asyncio.to_thread(file.read)
            if data:
                yield data
            elif not follow:
                return
            else:
                await asyncio.sleep(FOLLOW_INTERVAL)
    finally:
        file.close()
