"""Options of the whole test run."""

from __future__ import annotations

import signal
from typing import Any

import pytest

from tests.needs import NEEDS, all_wanted

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


_LEFT_OUT = pytest.StashKey[list[str]]()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes long comes first; tests that need what is not here are left out, but in CI they fail."""
    items.sort(key=lambda item: "simulation" not in item.path.parts)
    if all_wanted():
        return
    said = config.stash.setdefault(_LEFT_OUT, [])
    for mark, need in NEEDS.items():
        if missing := need.missing():
            left_out = [item for item in items if item.get_closest_marker(mark)]
            if left_out:
                said.append(f"tests of {need.of} are left out ({len(left_out)}): {'; '.join(missing)}")
                config.hook.pytest_deselected(items=left_out)
                items[:] = [item for item in items if not item.get_closest_marker(mark)]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of pytest-xdist says it to who has started it."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["left out"] = session.config.stash.get(_LEFT_OUT, [])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """All workers collect the same."""
    node.config.stash[_LEFT_OUT] = getattr(node, "workeroutput", {}).get("left out", [])


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config
) -> None:
    """Say in a line each what was left out, and what brings it back."""
    for line in config.stash.get(_LEFT_OUT, []):
        terminalreporter.write_line(line)
