"""`why` on a live cluster: the cause is the one that a person would find, and the remedy works."""

from __future__ import annotations

import contextlib
import json
import xmlrpc.client
from typing import Any

import pytest
from supervisor.xmlrpc import SupervisorTransport

from tests.waiting import until

from .cluster import SRV, Cluster, application, calm

pytestmark = pytest.mark.live

HCI = "scen2_hci_02"
BUS = f"{HCI}:scen2_internal_data_bus"


def why(cluster: Cluster, name: str, node: str = "console_2") -> dict[str, Any]:
    asked = cluster.cli("why", name, "--json", node=node)
    assert asked.returncode == 0, asked
    found: dict[str, Any] = json.loads(asked.stdout)
    return found


def has_cause(cluster: Cluster, name: str, cause: str) -> dict[str, Any]:
    """The explanation, once it is that one: what is told follows what happens by a moment."""
    found: dict[str, Any] = {}

    def is_it() -> bool:
        found.update(why(cluster, name))
        return bool(found["cause"] == cause)

    with contextlib.suppress(AssertionError):
        until(is_it, cause)
    assert found["cause"] == cause, found
    return found


def test_from_never_started_over_a_refusal_and_a_crash_to_what_a_person_stopped(cluster: Cluster) -> None:
    never = has_cause(cluster, HCI, "never_started")
    assert never["basis"] == "master"
    [rule] = never["rules"]
    file, _, line = rule["where"].rpartition("rules.toml:")
    assert file
    assert line.partition(":")[0].isdigit()
    assert {"command": f"tuiconsole start {HCI}", "effect": "would start it on console_2"} in never[
        "remedies"
    ]

    socket = cluster.folder / "state" / "console_3" / "supervisor.sock"
    rpc = xmlrpc.client.ServerProxy(
        "http://127.0.0.1", transport=SupervisorTransport(None, None, f"unix://{socket}")
    )
    with pytest.raises(xmlrpc.client.Fault):
        rpc.supervisor.startProcess(BUS)
    assert "on console_3" in has_cause(cluster, HCI, "guard")["text"]

    cluster.start(HCI, "console_2")
    runs = has_cause(cluster, HCI, "runs")
    assert (runs["nodes"], runs["grant"]["node"]) == (["console_2"], "console_2")

    cluster.crash(BUS)
    crashed = has_cause(cluster, HCI, "stopped_by_rule")
    assert f"{BUS} on console_2 was killed by signal 9" in crashed["text"]
    assert crashed["remedies"][0]["command"] == f"tuiconsole logs {BUS} --stderr"

    cluster.start(HCI, "console_2")
    cluster.stop(HCI, "console_2")
    stopped = has_cause(cluster, HCI, "stopped_by_person")
    assert stopped["text"].startswith("stopped by operator at ")
    assert cluster.cli("why", "scen2_hci_09").returncode == 2


def test_without_a_majority_the_missing_core_nodes_are_named(cluster: Cluster) -> None:
    status = cluster.status()
    assert status.master is not None
    away = [name for name in ("server_1", "server_2", "server_3") if name != status.master.node]
    [gone] = [name for name in SRV if application(status, name).nodes == (away[0],)]
    with cluster.launcher_held():
        for name in away:
            cluster.kill(name, "agent", "shim", "supervisord", "programs")
        cluster.wait_until(lambda s: not s.quorum.held, "the loss of the quorum", node="console_1")
        found = has_cause(cluster, gone, "no_quorum")
        assert found["basis"] == "report"
        assert "from the last report of a master" in found["notes"][0]
        assert {f"systemctl start tuiconsole-agent@{name}" for name in away} & {
            one["command"] for one in found["remedies"]
        }
        plan = cluster.cli("plan", "start", HCI, node="console_2")
        assert plan.returncode == 3, plan
        assert plan.stdout.startswith("not now: no quorum: 1 of 3 core nodes answer")
        assert f"{HCI} would start on console_2 (LOCAL)" in plan.stdout
    cluster.wait_until(calm, "all back", timeout=40.0)
