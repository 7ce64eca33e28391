from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.client.fake_agent import Town
from tests.client.fake_agent import town as make_town


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """A cluster whose agents do what the test says."""
    with make_town(tmp_path) as found:
        yield found
