"""Which of several workers runs these tests (`pytest -n`): what each of them takes must be its own."""

from __future__ import annotations

import os

NAME = os.environ.get("PYTEST_XDIST_WORKER", "")
"""`gw0`, `gw1`, …; empty where there is but one."""
NUMBER = int(NAME[2:]) if NAME else 0
