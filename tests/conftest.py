"""Options of the whole test run."""

from __future__ import annotations

import signal

import pytest

from tests.coordination.etcd_server import missing, wanted

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
    parser.addoption("--races-seed", type=int, default=1, metavar="N", help="which races (default 1)")


def pytest_make_parametrize_id(val: object) -> str | None:
    """Cut the names of tests that are given megabytes."""
    return (
        f"{val[:40]!r} and {len(val) - 40} more" if isinstance(val, str | bytes) and len(val) > 200 else None
    )


_LEFT_OUT = pytest.StashKey[int]()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without etcd its tests are left out, but in CI: there they fail."""
    if wanted() or not missing():
        return
    left_out = [item for item in items if item.get_closest_marker("etcd")]
    if left_out:
        config.stash[_LEFT_OUT] = len(left_out)
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("etcd")]


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config
) -> None:
    """Say in one line what was left out, and what brings it back."""
    if count := config.stash.get(_LEFT_OUT, 0):
        terminalreporter.write_line(f"{count} tests of the etcd engine are left out: {'; '.join(missing())}")
