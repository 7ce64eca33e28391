"""Scenario 2's requirements, each told as a story in virtual time."""

from __future__ import annotations

import pytest

from tuiconsole.model.requests import Action, Verdict
from tuiconsole.model.states import ApplicationState, ClusterState

from .scenario import BUS, CHECK, CONSOLES, HCI, SERVERS, SRV
from .world import World

SRV1, HCI2 = "scen2_srv_01", "scen2_hci_02"


@pytest.fixture
def world() -> World:
    """All six nodes up, the three scen2_srv started by themselves."""
    return World().elect().run(5)


def test_req_01_05_three_items_give_three_instances_of_each_application(world: World) -> None:
    for number, console in enumerate(CONSOLES, 1):
        request = world.ask(Action.START, f"scen2_hci_0{number}", on=console)
        world.run(3)
        assert world.answer(request).verdict is Verdict.DONE
    running = [app for app in world.status().applications if app.state is ApplicationState.RUNNING]
    assert len(running) == 6
    assert not any(app.major_failure or app.minor_failure for app in running)


def test_req_02_13_each_srv_runs_whole_on_one_server_and_each_server_has_one(world: World) -> None:
    nodes = []
    for number in (1, 2, 3):
        [(node, namespecs)] = world.alive(f"scen2_srv_0{number}").items()
        assert len(namespecs) == 5
        nodes.append(node)
    assert sorted(nodes) == sorted(SERVERS)


def test_req_03_status_reads_as_the_reference_does(world: World) -> None:
    world.ask(Action.START, HCI2, on="console_3")
    world.run(3)
    refused = world.ask(Action.START, "scen2_hci_03", on="server_1")
    assert world.answer(refused).verdict is Verdict.REFUSED
    assert "server_1 is not among console_1, console_2, console_3" in world.answer(refused).text
    rows = {a.name: (a.state.value, a.major_failure, a.minor_failure) for a in world.status().applications}
    assert rows == {
        "common_data_bus": ("STOPPED", False, False),
        "scen2_hci_01": ("STOPPED", False, False),
        "scen2_hci_02": ("RUNNING", False, False),
        "scen2_hci_03": ("STOPPED", True, True),
        "scen2_srv_01": ("RUNNING", False, False),
        "scen2_srv_02": ("RUNNING", False, False),
        "scen2_srv_03": ("RUNNING", False, False),
    }
    assert "no node can host it" in (world.app("scen2_hci_03").reason or "")
    assert world.app(HCI2).nodes == ("console_3",)
    assert world.app(HCI2).reason is None
    bus = world.app("common_data_bus").processes[0]
    assert bus.state.value == "RUNNING"
    assert len(bus.nodes) == 6
    assert {node.load for node in world.status().nodes} == {42, 68}


def test_a_failed_placement_is_shown_until_cleared_or_started(world: World) -> None:
    world.ask(Action.START, "scen2_hci_03", on="server_1")
    assert world.app("scen2_hci_03").major_failure
    cleared = world.ask(Action.CLEAR, "scen2_hci_03")
    assert world.answer(cleared).text == "cleared"
    assert not world.app("scen2_hci_03").major_failure
    assert not world.app("scen2_hci_03").minor_failure
    world.ask(Action.START, "scen2_hci_03", on="server_1")
    world.ask(Action.START, "scen2_hci_03", on="console_1")
    world.run(3)
    app = world.app("scen2_hci_03")
    assert (app.state, app.major_failure, app.minor_failure) == (ApplicationState.RUNNING, False, False)


def test_req_04_17_nothing_starts_before_the_checks_of_its_buses_have_exited(world: World) -> None:
    order = world.order_of_starts(SRV1)
    assert order[:2] == [BUS, CHECK]
    assert order[-1] == "scen2_common_bus_interface"
    assert set(order[2:6]) == set(SRV[2:6])
    times = {n: at for at, _, n in world.started}
    assert times[f"{SRV1}:{SRV[2]}"] - times[f"{SRV1}:{CHECK}"] >= 0.1
    assert times[f"{SRV1}:{SRV[6]}"] - times[f"{SRV1}:{SRV[5]}"] >= 0.1


def test_an_application_is_starting_until_its_whole_sequence_is_done() -> None:
    world = World().elect().run(0.02)
    seen: list[ApplicationState] = []
    while not seen or seen[-1] is ApplicationState.STARTING:
        world.run(0.01)
        app = world.app(SRV1)
        assert not app.major_failure
        assert not app.minor_failure
        seen.append(app.state)
    assert len(seen) > 10
    assert seen[-1] is ApplicationState.RUNNING


def test_req_10_11_12_srv_start_by_themselves_on_servers_once_each(world: World) -> None:
    assert world.report is not None
    assert world.report.state is ClusterState.OPERATION
    for number in (1, 2, 3):
        [node] = world.alive(f"scen2_srv_0{number}")
        assert node in SERVERS
    assert world.alive("scen2_hci_01") == {}


def test_req_14_a_failed_check_stops_the_whole_srv_and_frees_its_node() -> None:
    world = World()
    world.fate[f"{SRV1}:{CHECK}"] = ("crash", 0.2)
    world.elect().run(10)
    assert world.alive(SRV1) == {}
    assert SRV1 not in world.ledger.grants
    assert SRV[2] not in world.order_of_starts(SRV1)
    assert world.order_of_starts(SRV1) == [BUS, CHECK]
    app = world.app(SRV1)
    assert app.state is ApplicationState.STOPPED
    assert app.major_failure
    assert CHECK in (app.reason or "")


def test_req_15_a_crash_of_the_bus_restarts_the_whole_srv(world: World) -> None:
    [node] = world.alive(SRV1)
    before = len(world.started)
    world.crash(node, f"{SRV1}:{BUS}")
    world.run(3)
    again = [n.partition(":")[2] for _, _, n in world.started[before:]]
    assert again[:2] == [BUS, CHECK]
    assert sorted(again) == sorted(SRV)
    assert world.app(SRV1).state is ApplicationState.RUNNING


def test_quick_crashes_in_a_row_are_slowed_down_and_told(world: World) -> None:
    for _ in range(4):
        world.run(1)
        for node in world.alive(SRV1):
            world.crash(node, f"{SRV1}:{BUS}")
        world.run(0.3)
    world.run(0.2)
    assert "failures in a row" in (world.app(SRV1).reason or "")
    starts = [at for at, _, n in world.started if n == f"{SRV1}:{BUS}"]
    assert starts[-1] - starts[0] < 20
    world.run(30)
    assert world.app(SRV1).state is ApplicationState.RUNNING


def test_req_16_a_srv_of_a_server_proved_dead_starts_elsewhere_at_once(world: World) -> None:
    [node] = world.alive(SRV1)
    others = {name: world.alive(f"scen2_srv_{name}") for name in ("02", "03")}
    began = world.now
    world.kill_node(node)
    world.run(3)
    [new] = world.alive(SRV1)
    assert new != node
    assert new in SERVERS
    first = min(at for at, where, n in world.started if n.startswith(SRV1) and at > began)
    assert first - began < 0.1
    assert {name: world.alive(f"scen2_srv_{name}") for name in ("02", "03")} == others


def test_req_16_a_silent_server_keeps_its_grant_until_its_epoch_is_raised(world: World) -> None:
    [node] = world.alive(SRV1)
    began = world.now
    world.go_silent(node)
    world.run(3.5)
    assert world.ledger.grants[SRV1].node == node
    assert "silent" in (world.app(SRV1).reason or "")
    world.run(4)
    [new] = world.alive(SRV1)
    assert new != node
    first = min(at for at, where, n in world.started if n.startswith(SRV1) and at > began)
    assert first - began >= world.timing.node_lease


def test_a_server_silent_for_a_moment_keeps_its_processes(world: World) -> None:
    [node] = world.alive(SRV1)
    starts = len(world.started)
    world.go_silent(node)
    world.run(2)
    world.heard(node)
    world.run(10)
    assert world.alive(SRV1).keys() == {node}
    assert len(world.started) == starts
    assert world.app(SRV1).state is ApplicationState.RUNNING


def test_req_20_21_22_an_hci_starts_on_the_console_of_the_request(world: World) -> None:
    request = world.ask(Action.START, HCI2, on="console_3")
    world.run(3)
    outcome = world.answer(request)
    assert (outcome.verdict, outcome.text, outcome.nodes) == (Verdict.DONE, "started", ("console_3",))
    assert world.alive(HCI2).keys() == {"console_3"}
    steps = [(p.step, p.steps) for r, p in world.progress if r == request]
    assert list(dict.fromkeys(steps)) == [(1, 3), (2, 3), (3, 3)]


def test_req_23_a_second_start_of_the_same_hci_is_refused_and_told_where_it_runs(world: World) -> None:
    first = world.ask(Action.START, HCI2, on="console_3", by="ada")
    second = world.ask(Action.START, HCI2, on="console_1", by="bob")
    assert world.answer(second).verdict is Verdict.REFUSED
    assert "is being started on console_3 (asked by ada)" in world.answer(second).text
    world.run(3)
    third = world.ask(Action.START, HCI2, on="console_2", by="bob")
    assert "scen2_hci_02 runs on console_3 already (since " in world.answer(third).text
    assert "asked by ada" in world.answer(third).text
    assert world.answer(first).verdict is Verdict.DONE
    assert world.alive(HCI2).keys() == {"console_3"}


@pytest.mark.parametrize("program", [CHECK, HCI[2], BUS])
def test_req_24_a_failure_does_not_end_the_sequence_of_an_hci(world: World, program: str) -> None:
    world.fate[f"{HCI2}:{program}"] = ("fatal", 0.05)
    request = world.ask(Action.START, HCI2, on="console_1")
    world.run(3)
    assert sorted(world.order_of_starts(HCI2)) == sorted(HCI)
    assert world.answer(request).verdict is Verdict.DONE
    assert program in world.answer(request).text
    app = world.app(HCI2)
    assert app.state is ApplicationState.RUNNING
    assert app.major_failure is (program != HCI[2])
    assert app.minor_failure is (program == HCI[2])


def test_req_25_a_crash_of_the_bus_stops_the_whole_hci(world: World) -> None:
    world.ask(Action.START, HCI2, on="console_1")
    world.run(3)
    world.crash("console_1", f"{HCI2}:{BUS}")
    world.run(5)
    app = world.app(HCI2)
    assert world.alive(HCI2) == {}
    assert app.state is ApplicationState.STOPPED
    assert app.major_failure
    assert HCI2 not in world.ledger.grants
    world.ask(Action.CLEAR, HCI2)
    assert not world.app(HCI2).major_failure


def test_req_25_a_crash_of_another_program_leaves_the_hci_running(world: World) -> None:
    world.ask(Action.START, HCI2, on="console_1")
    world.run(3)
    world.crash("console_1", f"{HCI2}:{HCI[2]}")
    world.run(5)
    app = world.app(HCI2)
    assert (app.state, app.major_failure, app.minor_failure) == (ApplicationState.RUNNING, False, True)


@pytest.mark.parametrize("proof", [True, False])
def test_req_26_an_hci_is_not_restarted_when_its_console_fails(world: World, proof: bool) -> None:
    world.ask(Action.START, HCI2, on="console_1")
    world.run(3)
    if proof:
        world.kill_node("console_1")
    else:
        world.go_silent("console_1")
    world.run(20)
    assert world.alive(HCI2) == {}
    world.bring_back("console_1")
    world.run(20)
    assert world.alive(HCI2) == {}
    assert HCI2 not in world.ledger.grants
    again = world.ask(Action.START, HCI2, on="console_2")
    world.run(3)
    assert world.answer(again).verdict is Verdict.DONE


def test_req_27_an_hci_stops_when_asked_and_may_start_elsewhere(world: World) -> None:
    world.ask(Action.START, HCI2, on="console_1")
    world.run(3)
    stop = world.ask(Action.STOP, HCI2, on="server_2")
    world.run(1)
    assert (world.answer(stop).verdict, world.answer(stop).text) == (Verdict.DONE, "stopped")
    assert world.alive(HCI2) == {}
    app = world.app(HCI2)
    assert (app.state, app.major_failure, app.minor_failure) == (ApplicationState.STOPPED, False, False)
    again = world.ask(Action.START, HCI2, on="console_2")
    world.run(3)
    assert world.answer(again).nodes == ("console_2",)
