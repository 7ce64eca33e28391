"""`plan` on a live cluster: what it foretells is what then happens, and foretelling changes nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tuiconsole.model.states import ApplicationState
from tuiconsole.model.status import ClusterStatus

from .cluster import SRV, Cluster, application, calm, whole

pytestmark = pytest.mark.live


def plan(cluster: Cluster, *words: str, node: str = "console_1", code: int = 0) -> dict[str, Any]:
    asked = cluster.cli("plan", *words, "--json", node=node)
    assert asked.returncode == code, asked
    found: dict[str, Any] = json.loads(asked.stdout)
    assert found["basis"] == "master", "a live master computes it"
    return found


def where(cluster: Cluster) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for program in cluster.live():
        found.setdefault(program.namespec, set()).add(program.node)
    return found


def foretold(target: dict[str, Any]) -> dict[str, set[str]]:
    """What would run afterwards of what is started, but for the checks, which exit."""
    found: dict[str, set[str]] = {}
    for move in target["moves"]:
        if move["action"] == "start" and "check" not in move["namespec"]:
            found.setdefault(move["namespec"], set()).add(move["node"])
    return found


def test_a_start_goes_where_its_plan_says_and_planning_starts_nothing(cluster: Cluster) -> None:
    before = cluster.pids()
    found = plan(cluster, "start", "scen2_hci_02", node="console_2")
    assert cluster.pids() == before
    assert cluster.application("scen2_hci_02").grant is None
    [target] = found["targets"]
    assert (target["result"], target["after"]) == ("done", ["console_2"])
    cluster.start("scen2_hci_02", "console_2")
    runs = {name: nodes for name, nodes in where(cluster).items() if name.startswith("scen2_hci_02:")}
    assert runs == foretold(target)
    loads = {host["host"]: host["after"] for host in found["hosts"]}
    assert {node.host: node.load for node in cluster.status().nodes} == loads
    again = plan(cluster, "start", "scen2_hci_02", node="console_3", code=1)
    assert again["targets"][0]["result"] == "refused"
    refused = cluster.request("start", "scen2_hci_02", "console_3")
    assert refused.text == again["targets"][0]["text"]


@pytest.mark.parametrize("masters", [False, True])
def test_the_loss_of_a_server_is_as_foretold(cluster: Cluster, masters: bool) -> None:
    status = cluster.status()
    assert status.master is not None
    others = (name for name in ("server_1", "server_2", "server_3") if name != status.master.node)
    node = status.master.node if masters else next(others)
    [moved] = [name for name in SRV if application(status, name).nodes == (node,)]
    found = plan(cluster, "loss", node)
    [target] = [one for one in found["targets"] if one["name"] == moved]
    assert target["result"] == "moves"
    assert target["before"] == [node]
    [goes_to] = target["after"]
    assert {one["name"] for one in found["targets"]} == {moved}
    with cluster.power_cut(node):

        def runs_again(status: ClusterStatus) -> bool:
            item = application(status, moved)
            return item.state is ApplicationState.RUNNING and node not in item.nodes and whole(item)

        after = cluster.wait_until(runs_again, f"{moved} elsewhere", node="console_1")
        assert application(after, moved).nodes == (goes_to,)
        runs = {name: nodes for name, nodes in where(cluster).items() if name.startswith(moved + ":")}
        assert runs == foretold(target)
    cluster.wait_until(calm, "the node back")
