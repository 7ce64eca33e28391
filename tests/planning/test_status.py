"""What an observer shows: states, LEDs, ages, also without a master."""

from __future__ import annotations

import msgspec
import pytest

from tuiconsole.model.node import View
from tuiconsole.model.process import Process, Usage
from tuiconsole.model.requests import Action
from tuiconsole.model.states import ApplicationState, ClusterState, NodeState, ProcessState
from tuiconsole.model.status import ClusterStatus, MasterStatus, QuorumStatus
from tuiconsole.planning.report import EngineReport
from tuiconsole.planning.status.cluster import cluster_status

from .scenario import BUS, CHECK, HCI, Rules, view
from .world import World

HCI2 = "scen2_hci_02"


def see(nodes: View, report: EngineReport | None = None, present: int = 3, **words: object) -> ClusterStatus:
    fields: dict[str, object] = {
        "cluster": "scenario_2",
        "observer": "console_1",
        "observed_at": "2026-11-23T12:00:00.000Z",
        "now": 10.0,
        "quorum": QuorumStatus(3, present, 2, present >= 2),
        "master": MasterStatus("server_1", 1) if report else None,
        **words,
    }
    return cluster_status(nodes, report, Rules(), **fields)  # type: ignore[arg-type]


def running_on(console: str, **states: ProcessState) -> View:
    """hci 02 up on a console; `states` by the last word of a program's name."""
    nodes = view()
    node = nodes.nodes[console]
    processes = dict(node.processes)
    for name in HCI:
        state = states.get(name.rpartition("_")[2] if "check" not in name else "check", ProcessState.RUNNING)
        if "check" in name and "check" not in states:
            state = ProcessState.EXITED
        process = Process("scen2_hci_02", name, state, pid=5, token=(1, 1), started_at=4.0)
        processes[process.namespec] = process
    node = msgspec.structs.replace(node, processes=processes, seen_at=9.9)
    return nodes.with_node(node)


def hci2(status: ClusterStatus):  # type: ignore[no-untyped-def]
    return next(app for app in status.applications if app.name == HCI2)


def test_status_never_goes_dark_without_quorum_or_master() -> None:
    status = see(running_on("console_3"), None, present=1)
    assert status.state is ClusterState.SYNCHRONIZATION
    assert status.reason == "no quorum: 1 of 3 core nodes answer, 2 are needed"
    assert hci2(status).state is ApplicationState.RUNNING
    assert see(running_on("console_3")).state is ClusterState.ELECTION


@pytest.mark.parametrize(
    ("states", "state", "major", "minor"),
    [
        ({}, "RUNNING", False, False),
        ({"bus": ProcessState.STOPPED}, "RUNNING", True, False),
        ({"bus": ProcessState.FATAL}, "RUNNING", True, False),
        ({"view": ProcessState.STOPPED}, "RUNNING", False, True),
        ({"bus": ProcessState.FATAL, "view": ProcessState.FATAL}, "RUNNING", True, True),
        ({"bus": ProcessState.STOPPING}, "STOPPING", False, False),
        ({"view": ProcessState.STARTING}, "STARTING", False, False),
        ({"view": ProcessState.BACKOFF}, "STARTING", False, False),
    ],
)
def test_state_and_leds_follow_the_processes(
    states: dict[str, ProcessState], state: str, major: bool, minor: bool
) -> None:
    app = hci2(see(running_on("console_3", **states)))
    assert (app.state.value, app.major_failure, app.minor_failure) == (state, major, minor)
    assert (app.reason is None) is not (major or minor)


def test_processes_of_a_silent_node_keep_their_state_with_its_age() -> None:
    status = see(running_on("console_3"), now=12.4)
    app = hci2(status)
    assert app.state is ApplicationState.RUNNING
    assert not app.major_failure
    assert app.reason == "console_3 is silent for 2.5 s"
    assert all(process.stale for process in app.processes if process.nodes)
    [node] = [node for node in status.nodes if node.name == "console_3"]
    assert (node.age, node.stale) == (2.5, True)


def test_processes_of_a_lost_node_are_fatal_and_count() -> None:
    nodes = running_on("console_3")
    lost = msgspec.structs.replace(nodes.nodes["console_3"], state=NodeState.FAILED, reason="lease over")
    app = hci2(see(nodes.with_node(lost), now=15.0))
    assert (app.state, app.major_failure, app.minor_failure) == (ApplicationState.STOPPED, True, True)
    assert "node lost: lease over" in (app.reason or "")
    assert {process.state for process in app.processes} == {ProcessState.FATAL, ProcessState.EXITED}


def test_usage_and_uptime_are_on_the_clock_of_the_node() -> None:
    nodes = running_on("console_3")
    usage = {f"{HCI2}:{BUS}": Usage(1.25, 4096)}
    nodes = nodes.with_node(msgspec.structs.replace(nodes.nodes["console_3"], usage=usage))
    app = hci2(see(nodes, offsets={"console_3": 100.0}))
    bus = next(process for process in app.processes if process.name == BUS)
    assert (bus.uptime, bus.cpu, bus.memory, bus.pid) == (106.0, 1.25, 4096, 5)
    assert [process.sequence for process in app.processes] == [1, 2, 3, 3, 3]


def test_what_is_told_over_and_over_has_uptimes_in_the_steps_in_which_people_read_them() -> None:
    nodes = running_on("console_3")
    started = nodes.nodes["console_3"].processes[f"{HCI2}:{BUS}"].started_at

    def uptime(seconds: float) -> float | None:
        app = hci2(see(nodes, now=started + seconds, coarse=True))
        return next(process.uptime for process in app.processes if process.name == BUS)

    assert [uptime(age) for age in (0.0, 0.9, 1.1, 119.9)] == [0.0, 0.0, 1.0, 119.0]
    assert [uptime(age) for age in (120.0, 179.9, 180.1, 86_399.0)] == [120.0, 120.0, 180.0, 86_340.0]


def test_nodes_of_one_host_show_the_load_of_all_of_it() -> None:
    loads = {node.name: node.load for node in see(running_on("console_3")).nodes}
    assert loads == {
        "server_1": 0,
        "console_1": 0,
        "server_2": 0,
        "console_2": 0,
        "server_3": 26,
        "console_3": 26,
    }


def test_each_start_names_step_and_what_it_waits_for() -> None:
    world = World().elect().run(5)
    world.ask(Action.START, HCI2, on="console_1")
    world.run(0.05)
    app = world.app(HCI2)
    assert app.state is ApplicationState.STARTING
    assert app.job is not None
    assert (app.job.kind, app.job.step, app.job.steps) == ("start", 2, 3)
    [waits] = app.job.waits_for
    assert waits.startswith(f"{HCI2}:{CHECK} on console_1: RUNNING")
    assert not app.major_failure
    assert not app.minor_failure


def test_status_and_report_survive_the_wire() -> None:
    world = World().elect().run(5)
    status = world.status()
    assert msgspec.json.decode(msgspec.json.encode(status), type=ClusterStatus) == status
    assert world.report is not None
    data = msgspec.msgpack.encode(world.report)
    assert msgspec.msgpack.decode(data, type=EngineReport) == world.report


def test_the_time_left_of_a_maintenance_is_told_on_the_observers_clock() -> None:
    nodes = running_on("console_3")
    node = msgspec.structs.replace(nodes.nodes["console_3"], maintenance_until=5042.0, seen_at=7.5)
    status = see(nodes.with_node(node), offsets={"console_3": 5000.0})
    (shown,) = (one for one in status.nodes if one.name == "console_3")
    assert shown.maintenance == 32.0
    assert (
        shown.reason == "in maintenance for another 32 s, silent for 2.5 s: nothing of it is stopped or moved"
    )
    over = see(nodes.with_node(node), offsets={"console_3": 5000.0}, now=43.0)
    (shown,) = (one for one in over.nodes if one.name == "console_3")
    assert shown.maintenance is None
    assert "its lease may still hold" in (shown.reason or "")
