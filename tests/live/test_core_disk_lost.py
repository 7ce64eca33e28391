"""A core node's disk is lost: the core is put together again from the others, and no application notices."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.waiting import gone
from tuiconsole.settings.cluster_file import load_cluster

from .cluster import SERVERS, Cluster, calm, node_of, running

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def live() -> Iterator[Cluster]:
    # Long enough for the operator's steps; on a real site a maintenance is announced.
    with running(settings="[timing]\nnode_lease = 25.0") as cluster:
        yield cluster


def _is_needed(cluster: Cluster, other: str, console: str) -> None:
    """Without a third core node something is granted: the one with the new disk is one of the two."""
    former = node_of(cluster.status(), other).pids.agent
    with cluster.launcher_held():
        cluster.kill(other, "agent")
        cluster.start(console.replace("console_", "scen2_hci_0"), console)
    cluster.wait_until(lambda s: calm(s) and node_of(s, other).pids.agent != former, f"{other} back")


def test_a_core_node_with_an_empty_disk_votes_again_and_nothing_was_lost(
    cluster: Cluster, tmp_path: Path
) -> None:
    cluster.start("scen2_hci_02", "console_2")
    status = cluster.status()
    assert status.master is not None
    before = cluster.pids()
    grants = {item.name: item.grant for item in status.applications}
    records = {name: load_cluster(cluster.config).node(name).state_dir / "voter.record" for name in SERVERS}
    left = [f"--from={name}={records[name]}" for name in SERVERS[:2]]
    new = tmp_path / "new"
    words = ("quorum", "recover", *left, "-d", str(new), "--yes", status.cluster)
    early = cluster.cli(*words)
    assert early.returncode == 1
    assert "stop the agents of all core nodes first" in early.stderr
    with cluster.launcher_held():
        for name in SERVERS:
            cluster.kill(name, "agent")
        records["server_3"].unlink()
        cluster.hang_up()
        assert cluster.cli(*words[:-1], "other").returncode == 2
        done = cluster.cli(*words)
        assert done.returncode == 0, done
        for name, record in records.items():
            shutil.copy(new / name / "voter.record", record)
    status = cluster.wait_until(
        lambda s: calm(s) and s.quorum.present == 3 and s.master is not None, "the whole core", timeout=30.0
    )
    assert status.master is not None
    assert status.master.term > 1_000_000
    assert cluster.pids() == before
    assert {item.name: item.grant for item in status.applications} == grants
    assert (new / "recovery.json").is_file()
    # And it goes on to be one: without another core node, the one with the new disk is needed.
    _is_needed(cluster, next(name for name in SERVERS[:2] if name != status.master.node), "console_1")


def test_a_core_node_with_an_empty_disk_is_readmitted_while_all_goes_on(cluster: Cluster) -> None:
    status = cluster.wait_until(lambda s: calm(s) and s.quorum.present == 3 and s.master is not None, "rest")
    assert status.master is not None
    before = cluster.pids()
    grants = {item.name: item.grant for item in status.applications}
    lost = next(name for name in SERVERS if name != status.master.node)
    record = load_cluster(cluster.config).node(lost).state_dir / "voter.record"
    words = ("quorum", "readmit", lost, "--yes")
    early = cluster.cli(*words, lost)
    assert early.returncode == 1, early
    assert "is not heard as a voter without memory" in early.stderr
    with cluster.launcher_held():
        agent = node_of(cluster.status(), lost).pids.agent
        os.kill(agent, signal.SIGKILL)
        gone([agent], f"the agent of {lost}")
        record.unlink()
    cluster.wait_until(
        lambda s: calm(s) and s.quorum.missing == (lost,) and node_of(s, lost).state == "RUNNING",
        f"{lost} as a node without a vote",
        timeout=30.0,
    )
    assert cluster.cli(*words, "other").returncode == 2
    done = cluster.cli(*words, lost)
    assert done.returncode == 0, done
    # Under a lease of 25 s it waits as long before it votes.
    status = cluster.wait_until(
        lambda s: calm(s) and s.quorum.present == 3 and s.master is not None, f"{lost} votes", timeout=60.0
    )
    assert status.master is not None
    assert cluster.pids() == before
    assert {item.name: item.grant for item in status.applications} == grants
    _is_needed(cluster, next(name for name in SERVERS if name not in (status.master.node, lost)), "console_3")
