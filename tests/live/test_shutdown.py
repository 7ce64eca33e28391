"""`tuiconsole reload` and `shutdown` on a live cluster: in order, all of it, and clear afterwards."""

from __future__ import annotations

import json

import pytest

from tests.waiting import none_left
from tuiconsole.clock import boottime
from tuiconsole.model.states import ClusterState
from tuiconsole.model.status import ClusterStatus

from .cluster import ENDS_WITHIN, SRV, application, calm, running, whole

pytestmark = pytest.mark.live


def test_a_reload_begins_anew_and_a_shutdown_ends_all_supervisors_in_order() -> None:
    with running(strict=False) as cluster:
        refused = cluster.cli("shutdown", "--yes", "another")
        assert refused.returncode == 2
        assert "'another' is not 'scenario_2': nothing was done" in refused.stderr
        cluster.start("scen2_hci_02", "console_2")
        before = {node.name: node.pids for node in cluster.status().nodes}
        since = boottime()
        done = cluster.cli("reload", "--yes", "scenario_2", "--json")
        assert done.returncode == 0, done.stderr
        [outcome] = json.loads(done.stdout)
        assert outcome["text"] == (
            "all applications are stopped, the agents of 6 nodes end and are started again"
        )
        cluster.hang_up()

        def new(status: ClusterStatus) -> bool:
            others = {node.name: node.pids.supervisord for node in status.nodes}
            return all(others[name] not in (0, pids.supervisord) for name, pids in before.items())

        status = cluster.wait_until(
            lambda s: new(s) and calm(s) and all(whole(application(s, name)) for name in SRV),
            "a new beginning",
            40.0,
        )
        assert status.state is ClusterState.OPERATION
        assert application(status, "scen2_hci_02").nodes == (), "nobody has asked for it since"
        starts = cluster.witness.stamps(since=since, event="start")
        assert {one.namespec.partition(":")[0] for one in starts} >= set(SRV)
        assert not any(one.namespec.startswith("scen2_hci") for one in starts)

        cluster.start("scen2_hci_02", "console_2")
        since = boottime()
        done = cluster.cli("shutdown", "--yes", "scenario_2")
        assert done.returncode == 0, done.stderr
        assert "scenario_2 all applications are stopped, the agents of 6 nodes end" in done.stdout
        cluster.hang_up()
        demo = cluster.demo
        assert demo is not None
        assert demo.wait(ENDS_WITHIN) == 0, "the demo ends with its agents, and starts none again"
        none_left(cluster.left, patience=5.0)
        ends = cluster.witness.stamps(since=since, event="end")
        last_srv = max(one.at for one in ends if one.namespec.startswith("scen2_srv"))
        first_hci = min(one.at for one in ends if one.namespec.startswith("scen2_hci_02:"))
        assert last_srv < first_hci, "stop_sequence 1 comes before 0"
        assert cluster.witness.doubles() == []
