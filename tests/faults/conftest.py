"""Faults need namespaces: without them all fails, with one line that says what is missing."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import pytest

from tuiconsole.settings.cluster import Engine

from .machines import Machines, chosen, machines


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what the chosen engine has not."""
    if chosen() is Engine.ETCD:
        left_out = [item for item in items if item.get_closest_marker("embedded")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("embedded")]


@pytest.fixture(scope="package")
def hosts() -> Iterator[Machines]:
    """The machines of all stories."""
    with machines(chosen()) as cluster:
        yield cluster


@pytest.fixture
def cluster(hosts: Machines) -> Iterator[Machines]:
    """The machines at rest; when a story ends its network is healed, and nothing may have run twice."""
    hosts.restore()
    yield hosts
    hosts.network.heal()
    assert hosts.convict() == []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport | None, pytest.TestReport | None]:
    report = yield
    cluster = getattr(item, "funcargs", {}).get("hosts")
    if report is not None and report.failed and isinstance(cluster, Machines):
        report.sections.append(("logs of the cluster", cluster.last_words()))
    return report
