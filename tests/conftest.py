"""Options of the whole test run."""

from __future__ import annotations

import signal

import pytest

# A shell ignores SIGINT for what it starts in the background, and so would all that the tests interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--races",
        type=int,
        default=20,
        metavar="N",
        help="how often two consoles start the same item at the same instant (default 20)",
    )
