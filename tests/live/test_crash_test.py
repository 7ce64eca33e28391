"""`tuiconsole crash-test` on the real demo: what it promises to break and to put back."""

from __future__ import annotations

import json

import pytest

from .cluster import SERVERS, Cluster, application, calm, whole

pytestmark = pytest.mark.live


def test_the_demo_passes_all_faults_on_the_masters_server_and_is_as_before(cluster: Cluster) -> None:
    cluster.start("scen2_hci_03", "console_3")
    master = cluster.status().master
    assert master is not None
    done = cluster.cli("--json", "crash-test", timeout=240)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{cluster.last_words()}"
    report = json.loads(done.stdout)
    assert [trial["fault"] for trial in report["trials"]] == [
        "race",
        "agent-kill",
        "agent-pause",
        "supervisord-kill",
        "both-pause",
        "shim-kill",
    ]
    assert {trial["verdict"] for trial in report["trials"]} == {report["verdict"]} == {"kept"}
    assert f"of {master.node} " in report["trials"][1]["broken"]
    status = cluster.wait_until(calm, "calm")
    assert application(status, "scen2_hci_03").nodes == ("console_3",)
    assert all(whole(application(status, f"scen2_srv_0{number}")) for number in range(1, len(SERVERS) + 1))
    assert cluster.witness.doubles() == []


def test_what_ran_on_a_broken_console_is_put_back(cluster: Cluster) -> None:
    cluster.start("scen2_hci_02", "console_2")
    done = cluster.cli("crash-test", "console_2", "--fault", "supervisord-kill", timeout=120)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert "all promises kept in 1 of 1" in done.stdout
    cluster.wait_until(
        lambda s: application(s, "scen2_hci_02").nodes == ("console_2",), "scen2_hci_02 put back"
    )
