"""The status that Scenario 2's description shows, field by field."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tuiconsole.model.states import ApplicationState

from .cluster import HCI, SRV, Cluster, application, whole

pytestmark = pytest.mark.live

REFERENCE = {
    "common_data_bus": ("STOPPED", False, False),
    "scen2_hci_01": ("STOPPED", False, False),
    "scen2_hci_02": ("RUNNING", False, False),
    "scen2_hci_03": ("STOPPED", True, True),
    "scen2_srv_01": ("RUNNING", False, False),
    "scen2_srv_02": ("RUNNING", False, False),
    "scen2_srv_03": ("RUNNING", False, False),
}
"""State, major failure, minor failure."""


@pytest.fixture
def reference(live: Cluster) -> Cluster:
    """scen2_hci_02 started on console_3; a start of scen2_hci_03 refused because a server asked for it."""
    if live.application("scen2_hci_02").state is not ApplicationState.RUNNING:
        started = live.cli("start", "scen2_hci_02", node="console_3")
        assert (started.returncode, started.stdout) == (0, "scen2_hci_02 started\n"), started.stderr
        refused = live.cli("start", "scen2_hci_03", node="server_1")
        assert refused.returncode == 1, refused
        assert refused.stdout == ""
        assert refused.stderr.count("\n") == 1
        assert "server_1" in refused.stderr
        live.wait_until(
            lambda s: whole(application(s, "scen2_hci_02")) and application(s, "scen2_hci_03").major_failure,
            "the reference status",
        )
    return live


def as_json(cluster: Cluster, *words: str, node: str = "console_1") -> dict[str, Any]:
    answer = cluster.cli(*words, node=node)
    assert (answer.returncode, answer.stderr) == (0, "")
    return dict(json.loads(answer.stdout))


def test_every_node_tells_the_reference_states_and_leds(reference: Cluster) -> None:
    for node in ("console_1", "console_3", "server_2"):
        reference.wait_until(
            lambda s: (
                {
                    item.name: (item.state.value, item.major_failure, item.minor_failure)
                    for item in s.applications
                }
                == REFERENCE
            ),
            f"the reference status on {node}",
            node=node,
        )


def test_the_reference_as_json_has_each_field(reference: Cluster) -> None:
    status = as_json(reference, "status", "--json")
    assert status["schema"] == "tuiconsole.status/1"
    assert (status["cluster"], status["state"], status["conflicts"]) == ("scenario_2", "OPERATION", [])
    assert status["quorum"] == {"voters": 3, "present": 3, "needed": 2, "held": True, "missing": []}
    assert status["master"]["node"].startswith("server_")
    assert status["master"]["term"] >= 1
    assert {
        item["name"]: (item["state"], item["major_failure"], item["minor_failure"])
        for item in status["applications"]
    } == REFERENCE

    items = {item["name"]: item for item in status["applications"]}
    assert {name: item["managed"] for name, item in items.items()} == {
        name: name != "common_data_bus" for name in REFERENCE
    }
    hci = items["scen2_hci_02"]
    assert hci["nodes"] == ["console_3"]
    assert hci["reason"] is None
    assert hci["grant"]["node"] == "console_3"
    assert len(hci["grant"]["token"]) == 2
    assert hci["grant"]["requested_by"]
    assert hci["grant"]["since"].endswith("Z")
    (bus,) = [one for one in hci["processes"] if one["name"] == "scen2_internal_data_bus"]
    assert bus["namespec"] == "scen2_hci_02:scen2_internal_data_bus"
    assert (bus["state"], bus["nodes"], bus["required"]) == ("RUNNING", ["console_3"], True)
    assert (bus["expected_loading"], bus["expected_exit"]) == (2, True)
    assert bus["pid"] == reference.pid_of("scen2_hci_02:scen2_internal_data_bus")
    assert bus["uptime"] > 0
    assert {one["name"]: one["state"] for one in hci["processes"]} == {
        "scen2_internal_data_bus": "RUNNING",
        "scen2_check_internal_data_bus": "EXITED",
        "scen2_chart_view": "RUNNING",
        "scen2_sensor_control": "RUNNING",
        "scen2_sensor_view": "RUNNING",
    }

    refused = items["scen2_hci_03"]
    assert (refused["nodes"], refused["grant"]) == ([], None)
    assert "server_1" in refused["reason"]
    assert {one["state"] for one in refused["processes"]} == {"STOPPED"}


def test_the_unmanaged_bus_counts_as_stopped_though_its_process_runs(reference: Cluster) -> None:
    (bus,) = [
        item
        for item in as_json(reference, "status", "--json")["applications"]
        if item["name"] == "common_data_bus"
    ]
    assert (bus["state"], bus["managed"], bus["grant"]) == ("STOPPED", False, None)
    assert bus["processes"][0]["state"] == "RUNNING"
    assert len(bus["processes"][0]["nodes"]) == 6


def test_the_nodes_tell_their_load_and_their_processes(reference: Cluster) -> None:
    nodes = {node["name"]: node for node in as_json(reference, "status", "--json")["nodes"]}
    assert {name: node["state"] for name, node in nodes.items()} == dict.fromkeys(nodes, "RUNNING")
    assert {name for name, node in nodes.items() if node["core"]} == {"server_1", "server_2", "server_3"}
    # A srv is 42 % of a host, an hci 26 %, and the two nodes of a host share it.
    assert {name: node["load"] for name, node in nodes.items()} == {
        "server_1": 42,
        "server_2": 42,
        "server_3": 68,
        "console_1": 42,
        "console_2": 42,
        "console_3": 68,
    }
    assert all(node["age"] < 1 for node in nodes.values())
    assert all(
        all(node["pids"][part] for part in ("agent", "shim", "supervisord")) for node in nodes.values()
    )


def test_the_reference_as_text_has_the_columns_in_order(reference: Cluster) -> None:
    answer = reference.cli("status")
    assert answer.returncode == 0
    lines = answer.stdout.splitlines()
    (header,) = [line for line in lines if line.split()[:1] == ["Application"]]
    assert header.split()[:6] == ["Application", "State", "Major", "Minor", "Nodes", "Reason"]
    rows = {
        line.split()[0]: line.split() for line in lines if line.split()[:1] and line.split()[0] in REFERENCE
    }
    assert {name: (row[1], row[2], row[3]) for name, row in rows.items()} == {
        name: (state, str(major), str(minor)) for name, (state, major, minor) in REFERENCE.items()
    }
    assert "console_3" in rows["scen2_hci_02"][4]
    assert "server_1" in " ".join(rows["scen2_hci_03"])


def test_json_may_be_asked_for_anywhere_on_the_line(reference: Cluster) -> None:
    told = [as_json(reference, *words) for words in (("--json",), ("--json", "status"), ("status", "--json"))]
    assert [one["schema"] for one in told] == ["tuiconsole.status/1"] * 3


def test_check_is_a_scale(reference: Cluster) -> None:
    assert reference.cli("status", "--check").returncode == 2
    assert reference.cli("status", "--check", *SRV, "scen2_hci_02").returncode == 0
    assert reference.cli("status", "--check", "scen2_hci_99").returncode == 3


def test_clearing_the_refused_item_puts_out_its_leds(live: Cluster, reference: Cluster) -> None:
    cleared = live.cli("clear", "scen2_hci_03", node="console_2")
    assert (cleared.returncode, cleared.stderr) == (0, "")
    status = live.wait_until(lambda s: not application(s, "scen2_hci_03").major_failure, "the LEDs out")
    assert not any(
        application(status, name).major_failure or application(status, name).minor_failure
        for name in (*SRV, *HCI)
    )
    assert live.cli("status", "--check").returncode == 0
