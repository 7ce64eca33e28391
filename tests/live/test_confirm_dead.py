"""A console with isolation KEEP is gone for good: its grants stay, until a person vouches that it is dead."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tuiconsole.model.requests import Verdict
from tuiconsole.model.states import NodeState

from .cluster import Cluster, application, calm, node_of, running

pytestmark = pytest.mark.live

SURE = ("--reason", "the rack has burnt", "--yes", "console_2")


@pytest.fixture(scope="module")
def live() -> Iterator[Cluster]:
    with running(settings='[isolation]\n"scen2_hci" = "KEEP"') as cluster:
        yield cluster


def test_a_persons_word_frees_what_a_dead_node_holds_and_is_recorded(cluster: Cluster) -> None:
    name = "scen2_hci_02"
    cluster.start(name, "console_2")
    alive = cluster.cli("confirm-dead", "console_2", *SURE)
    assert alive.returncode == 1
    assert "console_2 is alive" in alive.stderr
    others = cluster.pids("console_2")
    with cluster.power_cut("console_2"):
        cluster.wait_until(lambda s: node_of(s, "console_2").stale, "its silence", node="console_1")
        early = cluster.cli("confirm-dead", "console_2", *SURE)
        assert early.returncode == 1, early
        assert "the lease of console_2 may hold" in early.stderr
        cluster.wait_until(
            lambda s: node_of(s, "console_2").state is NodeState.FAILED, "its loss", node="console_1"
        )
        # Its lease is over, and yet: nobody can know that it has ended.
        refused = cluster.request("start", name, "console_1")
        assert refused.verdict is Verdict.REFUSED
        assert "belongs to console_2" in refused.text
        assert cluster.cli("confirm-dead", "console_2", "--reason", "x", "--yes", "console_1").returncode == 2
        done = cluster.cli("confirm-dead", "console_2", *SURE)
        assert done.returncode == 0, done
        assert done.stdout == "console_2 confirmed dead: its grants are free\n"
        assert application(cluster.status("console_1"), name).grant is None
        told = [event.text for event in cluster.desk("console_1").events()]
        assert "console_2 is dead, operator confirms: the rack has burnt" in told
        cluster.start(name, "console_1")
        assert {key: cluster.pids().get(key) for key in others} == others
    cluster.wait_until(calm, "console_2 back")
    assert {program.node for program in cluster.live(name)} == {"console_1"}
