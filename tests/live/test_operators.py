"""What operators do to a live cluster: drain a server, disable a program, add arguments to one."""

from __future__ import annotations

import xmlrpc.client
from pathlib import Path

import pytest
from supervisor.xmlrpc import SupervisorTransport

from tuiconsole.model.states import ApplicationState

from .cluster import SRV, Cluster, application, calm, node_of, process, whole

pytestmark = pytest.mark.live

HCI, VIEW = "scen2_hci_01", "scen2_chart_view"


def test_a_server_is_drained_planned_first_and_given_back_and_nothing_runs_twice(cluster: Cluster) -> None:
    [name] = [
        item.name for item in cluster.status().applications if item.nodes == ("server_1",) and item.managed
    ]
    plan = cluster.cli("drain", "server_1", "--dry-run")
    assert plan.returncode == 0, plan
    assert f"{name} would move to server_" in plan.stdout
    assert cluster.application(name).nodes == ("server_1",)
    done = cluster.cli("drain", "server_1", "--reason", "new disk")
    assert done.returncode == 0, done
    status = cluster.wait_until(
        lambda s: all(
            application(s, one).nodes != ("server_1",) and whole(application(s, one)) for one in SRV
        ),
        "all srv elsewhere",
    )
    assert "new disk" in (node_of(status, "server_1").drained or "")
    assert {one.node for srv in SRV for one in cluster.live(srv)} == {"server_2", "server_3"}
    # The next master keeps it free.
    old = status.master
    assert old is not None
    cluster.kill(old.node, "agent")
    cluster.wait_until(
        lambda s: (
            s.master is not None and s.master.term > old.term and calm(s) and node_of(s, "server_1").drained
        ),
        "the drain under the next master",
    )
    assert cluster.cli("restart", name, timeout=90).returncode == 0
    assert cluster.application(name).nodes != ("server_1",)
    assert cluster.cli("undrain", "server_1").returncode == 0
    assert cluster.node("server_1").drained is None


def test_what_is_disabled_nobody_starts_and_arguments_reach_the_program(cluster: Cluster) -> None:
    namespec = f"{HCI}:{VIEW}"
    assert cluster.cli("disable", namespec, "--reason", "noisy").returncode == 0
    cluster.start(HCI, "console_1")
    assert namespec not in {one.namespec for one in cluster.live(HCI)}
    shown = cluster.wait_until(lambda s: process(application(s, HCI), VIEW).disabled, "it is shown")
    assert not application(shown, HCI).minor_failure
    socket = cluster.folder / "state" / "console_1" / "supervisor.sock"
    rpc = xmlrpc.client.ServerProxy(
        "http://127.0.0.1", transport=SupervisorTransport(None, None, f"unix://{socket}")
    )
    with pytest.raises(xmlrpc.client.Fault, match=f"noisy: tuiconsole enable {namespec}"):
        rpc.supervisor.startProcess(namespec)
    refused = cluster.cli("start", namespec)
    assert refused.returncode == 1
    assert f"`tuiconsole enable {namespec}` first" in refused.stderr
    assert cluster.cli("enable", namespec).returncode == 0
    started = cluster.cli("start", namespec, "--", "--tape", "7; touch made")
    assert started.returncode == 0, started
    shown = cluster.wait_until(lambda s: process(application(s, HCI), VIEW).pid, "it runs", node="console_1")
    view = process(application(shown, HCI), VIEW)
    assert view.arguments == ("--tape", "7; touch made")
    words = Path(f"/proc/{view.pid}/cmdline").read_bytes().decode().split("\0")
    assert words[-3:] == ["--tape", "7; touch made", ""]
    cluster.stop(HCI)
    cluster.wait_until(lambda s: application(s, HCI).state is ApplicationState.STOPPED, "its end")
