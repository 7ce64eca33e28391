"""A node of its own for each test."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.supervision.supervision_house import House


@pytest.fixture
def folder() -> Iterator[Path]:
    """On tmpfs, with a path short enough for sockets, and passable for other users."""
    path = Path(tempfile.mkdtemp(prefix="tui-", dir="/dev/shm"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
async def house(folder: Path) -> AsyncIterator[House]:
    """A node that is not started yet."""
    home = House(folder)
    yield home
    await home.clean()
