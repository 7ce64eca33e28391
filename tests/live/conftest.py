"""One real cluster for each module."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import pytest

from .cluster import Cluster, running


@pytest.fixture(scope="module")
def live() -> Iterator[Cluster]:
    """The cluster of a module. When the module ends nothing may be left, and nothing may have run twice."""
    with running() as cluster:
        yield cluster


@pytest.fixture
def cluster(live: Cluster) -> Cluster:
    """The module's cluster, at rest: OPERATION, all nodes RUNNING, one srv on each server, no hci."""
    live.restore()
    return live


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport | None, pytest.TestReport | None]:
    report = yield
    cluster = getattr(item, "funcargs", {}).get("live")
    if report is not None and report.failed and isinstance(cluster, Cluster):
        report.sections.append(("logs of the cluster", cluster.last_words()))
    return report
