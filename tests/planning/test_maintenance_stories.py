"""In maintenance nothing is done to an application by itself; what people ask for is."""

from __future__ import annotations

import pytest

from tuiconsole.model.requests import ALL, Action, Verdict
from tuiconsole.model.states import ApplicationState
from tuiconsole.rulebook.rules import ApplicationRules, ConciliationStrategy, Distribution, ProgramRules

from .scenario import BUS, SERVERS, Rules
from .world import World

SRV1, SRV2 = "scen2_srv_01", "scen2_srv_02"


@pytest.fixture
def world() -> World:
    return World().elect().run(5)


def test_nothing_is_restarted_moved_or_repaired_until_it_is_over(world: World) -> None:
    said = world.answer(world.ask(Action.MAINTAIN, SRV1, by="ada", reason="new disk", seconds=600))
    assert said.verdict is Verdict.DONE
    app = world.app(SRV1)
    assert app.maintenance is not None
    assert (app.maintenance.requested_by, app.maintenance.reason) == ("ada", "new disk")
    assert app.reason is not None
    assert "(ada: new disk): nothing is done to it by itself" in app.reason
    [node] = world.alive(SRV1)
    starts = len(world.started)
    world.crash(node, f"{SRV1}:{BUS}")
    world.run(60)
    assert len(world.started) == starts, "its rule would have restarted it"
    world.kill_node(node)
    world.depose()
    world.elect("server_2" if node != "server_2" else "server_3").run(60)
    assert world.alive(SRV1) == {}
    world.run(500)
    assert world.app(SRV1).state is ApplicationState.RUNNING
    assert world.app(SRV1).maintenance is None
    assert any("the maintenance of scen2_srv_01 is over (ada began it)" in event for event in world.events)


def test_others_go_on_by_their_rules_but_not_when_the_whole_system_is_in_maintenance(world: World) -> None:
    world.ask(Action.MAINTAIN, SRV1, seconds=600)
    [node] = world.alive(SRV2)
    starts = len(world.started)
    world.crash(node, f"{SRV2}:{BUS}")
    world.run(30)
    assert len(world.started) > starts
    world.ask(Action.MAINTAIN, ALL, seconds=600)
    maintenance = world.status().maintenance
    assert maintenance is not None
    starts = len(world.started)
    [node] = world.alive(SRV2)
    world.crash(node, f"{SRV2}:{BUS}")
    world.run(30)
    assert len(world.started) == starts
    world.ask(Action.MAINTAIN, ALL)
    assert world.status().maintenance is None


def test_what_people_ask_for_is_done(world: World) -> None:
    world.ask(Action.MAINTAIN, SRV1, seconds=600)
    stop = world.ask(Action.STOP, SRV1)
    world.run(3)
    start = world.ask(Action.START, SRV1, on="server_1")
    world.run(5)
    assert [world.answer(one).verdict for one in (stop, start)] == [Verdict.DONE] * 2


def test_a_restart_that_waits_for_its_pause_is_given_up(world: World) -> None:
    for seconds in (5.0, 0.5):
        [node] = world.alive(SRV1)
        world.crash(node, f"{SRV1}:{BUS}")
        world.run(seconds)
    assert world.alive(SRV1) == {}, "the second restart waits for a second"
    starts = len(world.started)
    world.ask(Action.MAINTAIN, SRV1, seconds=60)
    world.run(55)
    assert len(world.started) == starts
    world.run(10)
    assert world.app(SRV1).state is ApplicationState.RUNNING


def test_a_conflict_is_left_to_people() -> None:
    rules = ApplicationRules(
        SRV1, Distribution.SINGLE_INSTANCE, SERVERS, start_sequence=1, conciliation=ConciliationStrategy.STOP
    )
    world = World(Rules({SRV1: (rules, {BUS: ProgramRules(start_sequence=1)})})).elect().run(5)
    world.doubles_allowed = True
    world.ask(Action.MAINTAIN, ALL, seconds=60)
    [node] = world.alive(SRV1)
    other = next(name for name in SERVERS if name != node)
    world.spawn(other, f"{SRV1}:{BUS}")
    world.run(30)
    assert len(world.alive(SRV1)) == 2
    world.run(40)
    assert world.alive(SRV1) == {}


def test_what_cannot_be_is_refused(world: World) -> None:
    assert "name scen2_srv_01" in world.answer(world.ask(Action.MAINTAIN, f"{SRV1}:{BUS}", seconds=5)).text
    assert "at most 30 days" in world.answer(world.ask(Action.MAINTAIN, SRV1, seconds=1e9)).text
    assert world.answer(world.ask(Action.MAINTAIN, SRV1)).text == "was in no maintenance"
