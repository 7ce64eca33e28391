"""Options of the whole test run."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--races",
        type=int,
        default=20,
        metavar="N",
        help="how often two consoles start the same item at the same instant (default 20)",
    )
