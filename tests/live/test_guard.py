"""Nobody can start a managed application past the lock."""

from __future__ import annotations

import xmlrpc.client

import pytest
from supervisor.xmlrpc import SupervisorTransport

from .cluster import Cluster

pytestmark = pytest.mark.live

HCI = "scen2_hci_01"


def test_supervisors_own_interface_cannot_run_an_hci_a_second_time(cluster: Cluster) -> None:
    cluster.start(HCI, "console_1")
    socket = cluster.folder / "state" / "console_2" / "supervisor.sock"
    rpc = xmlrpc.client.ServerProxy(
        "http://127.0.0.1", transport=SupervisorTransport(None, None, f"unix://{socket}")
    )
    with pytest.raises(xmlrpc.client.Fault, match=f"has no grant: tuiconsole start {HCI}"):
        rpc.supervisor.startProcess(f"{HCI}:scen2_internal_data_bus")
    assert {program.node for program in cluster.live(HCI)} == {"console_1"}
    assert cluster.status().conflicts in ((), [])
    assert cluster.witness.doubles() == []
