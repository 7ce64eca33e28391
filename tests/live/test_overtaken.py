"""What comes late, or twice: a stop before its start, a start that is obeyed too late, a second agent."""

from __future__ import annotations

import contextlib
import threading

import pytest

from tests.processes import frozen
from tuiconsole.model.requests import Outcome, Verdict
from tuiconsole.model.states import ApplicationState, NodeState

from .cluster import SERVERS, Cluster, application, calm, node_of, whole
from .desk import Desk

pytestmark = pytest.mark.live


def test_a_second_agent_of_the_same_name_is_refused_and_the_first_keeps_running(cluster: Cluster) -> None:
    cluster.start("scen2_hci_02", "console_2")
    for node in ("console_2", "server_1"):
        before, parts = cluster.pids(), cluster.node(node).pids
        second = cluster.cli("agent", node=node)
        assert second.returncode == 1, second
        assert "in use" in second.stderr, second
        assert len(second.stderr.splitlines()) == 1, second.stderr
        assert cluster.node(node).pids == parts
        assert cluster.pids() == before
    cluster.wait_until(calm, "calm")
    cluster.stop("scen2_hci_02", "console_2")


def test_a_stop_that_overtakes_its_start_wins_and_nothing_is_left_running(cluster: Cluster) -> None:
    """The start waits at a supervisord that stands still; the stop is asked for elsewhere meanwhile."""
    name = "scen2_hci_02"
    outcomes: list[Outcome] = []

    def ask() -> None:
        with contextlib.closing(Desk(cluster.config, "console_1")) as desk:
            outcomes.extend(desk.act("start", name, timeout=20.0, strategy="CONFIG"))

    supervisord = cluster.node("console_1").pids.supervisord
    asker = threading.Thread(target=ask)
    with frozen([supervisord]):
        asker.start()
        cluster.wait_until(
            lambda s: application(s, name).grant is not None or application(s, name).job is not None,
            "the start in flight",
            node="console_3",
        )
        stopping = cluster.request("stop", name, "console_3", timeout=1.0)
    asker.join()
    assert stopping.verdict in (Verdict.DONE, Verdict.UNKNOWN, Verdict.FAILED), stopping
    (started,) = outcomes
    assert started.verdict is not Verdict.DONE, started
    cluster.wait_until(
        lambda s: (
            calm(s)
            and application(s, name).state is ApplicationState.STOPPED
            and application(s, name).grant is None
        ),
        f"{name} stopped and free",
    )
    assert cluster.live(name) == []
    assert cluster.witness.doubles() == []


def test_an_agent_that_wakes_with_a_start_in_flight_does_not_start_what_has_moved(cluster: Cluster) -> None:
    name = "scen2_srv_02"
    status = cluster.status()
    assert status.master is not None
    lost = next(iter(application(status, name).nodes))
    if lost == status.master.node:
        name = next(
            one for one in ("scen2_srv_01", "scen2_srv_03") if application(status, one).nodes != (lost,)
        )
        (lost,) = application(status, name).nodes
    assert lost in SERVERS
    cluster.stop(name)
    outcomes: list[Outcome] = []

    def ask() -> None:
        with contextlib.closing(Desk(cluster.config, "console_1")) as desk:
            outcomes.extend(desk.act("start", name, timeout=20.0))

    asker = threading.Thread(target=ask)
    with frozen([cluster.node(lost).pids.agent]):
        # Each server has one srv but this: the start is sent there.
        asker.start()
        status = cluster.wait_until(
            lambda s: application(s, name).grant is not None, "the grant", node="console_1"
        )
        grant = application(status, name).grant
        assert grant is not None
        assert grant.node == lost, "the start is in flight to the agent that stands still"
        cluster.wait_until(
            lambda s: node_of(s, lost).state is NodeState.FAILED, f"{lost} lost", node="console_1"
        )
        asker.join()
        if outcomes[0].verdict is not Verdict.DONE:
            cluster.request("start", name, "console_1")
        status = cluster.wait_until(
            lambda s: whole(application(s, name)) and lost not in application(s, name).nodes,
            f"{name} elsewhere",
            node="console_1",
        )
        moved = {program.pid for program in cluster.live(name)}
    cluster.wait_until(calm, f"{lost} back")
    assert {program.pid for program in cluster.live(name)} == moved
    assert cluster.witness.doubles() == []
