"""Alarms are of the whole cluster: what one console says all of them know, and every later master."""

from __future__ import annotations

import json

import pytest

from tuiconsole.model.alarms import AlarmState, AlarmStatus
from tuiconsole.model.requests import Action, Verdict
from tuiconsole.model.status import ClusterStatus

from .cluster import SERVERS, SRV, Cluster, application, calm, whole

pytestmark = pytest.mark.live

REFUSED = "major/scen2_hci_03"


def alarm(status: ClusterStatus, name: str) -> AlarmStatus | None:
    return next((one for one in status.alarms if one.id == name), None)


def state(status: ClusterStatus, name: str) -> AlarmState | None:
    found = alarm(status, name)
    return found.state if found is not None else None


def master_of(status: ClusterStatus) -> tuple[str, int]:
    assert status.master is not None
    return status.master.node, status.master.term


def test_an_acknowledgement_is_seen_on_all_consoles_and_outlives_the_master(cluster: Cluster) -> None:
    assert not cluster.status().alarms, "a cluster at rest has no alarm"
    master, _ = master_of(cluster.status())
    lost = next(server for server in SERVERS if server != master)
    down = f"node/{lost}"
    assert cluster.request(Action.START, "scen2_hci_03", "server_1").verdict is Verdict.REFUSED
    with cluster.power_cut(lost):
        # One alarm for the server, whatever ran there.
        found = cluster.wait_until(lambda s: state(s, down), "the server's alarm", node="console_2")
        assert {one.id for one in found.alarms} == {down, REFUSED}
        said = cluster.cli("alarms", "ack", down, REFUSED, node="console_1")
        assert said.returncode == 0, said
        assert said.stdout.splitlines() == [f"{down} acknowledged", f"{REFUSED} acknowledged"]
        found = cluster.wait_until(
            lambda s: state(s, down) is AlarmState.ACKNOWLEDGED, "it on the other console", node="console_2"
        )
        known = alarm(found, down)
        assert known is not None
        assert known.mark is not None
        assert (known.mark.by, known.mark.origin) == ("operator", "console_1")
        cluster.wait_until(
            lambda s: all(whole(application(s, name)) for name in SRV),
            "all of it elsewhere",
            node="console_2",
        )
        # The master dies as well: no quorum. What is known is shown, and nothing is taken.
        cluster.kill(master, "agent")
        cluster.wait_until(lambda s: not s.quorum.held, "the loss of quorum", node="console_3")
        refused = cluster.cli("alarms", "ack", REFUSED, node="console_3")
        assert refused.returncode == 3, refused
        assert "no quorum" in refused.stderr
        shown = cluster.cli("alarms", "--json", node="console_3")
        assert shown.returncode == 0, shown
        states = {one["id"]: one["state"] for one in json.loads(shown.stdout)["alarms"]}
        assert states[REFUSED] == "acknowledged"
        assert "quorum" in states
    # Another master, the same acknowledgement; that of the server goes with its cause.
    cluster.wait_until(lambda s: calm(s) and state(s, down) is None, "the server's return", node="console_2")
    for console in ("console_1", "console_2", "console_3"):
        seen = cluster.status(console)
        assert state(seen, REFUSED) is AlarmState.ACKNOWLEDGED, console
    told = [event.text for event in cluster.desk("console_2").events()]
    assert f"{down} acknowledged, says operator on console_1" in told
