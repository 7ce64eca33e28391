"""What is disabled is started by nothing and nobody, whoever is master, until it is enabled."""

from __future__ import annotations

import pytest

from tuiconsole.model.requests import Action, Verdict
from tuiconsole.model.states import ApplicationState
from tuiconsole.planning.engine import messages as m

from .scenario import BUS, HCI, SRV
from .world import World

SRV1, HCI2 = "scen2_srv_01", "scen2_hci_02"
VIEW = f"{HCI2}:scen2_chart_view"


@pytest.fixture
def world() -> World:
    return World().elect().run(5)


def managed(world: World, node: str) -> dict[str, m.ManagedProgram]:
    """The last list that a node was given."""
    lists = [one for one in world.commands if isinstance(one, m.Manage) and one.node == node]
    return {program.namespec: program for program in lists[-1].managed}


def test_an_application_starts_without_what_is_disabled_and_that_is_no_failure(world: World) -> None:
    assert world.answer(world.ask(Action.DISABLE, VIEW, by="ada")).text == "disabled"
    request = world.ask(Action.START, HCI2, on="console_2")
    world.run(3)
    assert world.answer(request).text == "started"
    assert VIEW not in world.alive(HCI2)["console_2"]
    app = world.app(HCI2)
    assert (app.state, app.minor_failure) == (ApplicationState.RUNNING, False)
    [process] = [one for one in app.processes if one.namespec == VIEW]
    assert process.disabled
    assert process.disabled.startswith("ada at ")
    assert app.reason is not None
    assert "scen2_chart_view: disabled by ada" in app.reason


def test_a_start_of_what_is_disabled_is_refused_with_the_remedy_and_whoever_is_master(world: World) -> None:
    world.ask(Action.DISABLE, VIEW, HCI2)
    world.depose()
    world.elect("server_2").run(2)
    for target in (VIEW, HCI2):
        refused = world.answer(world.ask(Action.START, target, on="console_2"))
        assert refused.verdict is Verdict.REFUSED
        assert refused.text.endswith(f"`tuiconsole enable {HCI2}` first")
    assert world.answer(world.ask(Action.ENABLE, VIEW)).verdict is Verdict.REFUSED, "all of it is"
    assert world.answer(world.ask(Action.ENABLE, HCI2)).text == "enabled"
    request = world.ask(Action.START, HCI2, on="console_2")
    world.run(3)
    assert len(world.alive(HCI2)["console_2"]) == len(HCI) - 1
    assert world.answer(request).text == "started"


def test_the_guards_of_all_nodes_are_told(world: World) -> None:
    world.ask(Action.DISABLE, VIEW, by="ada")
    assert managed(world, "console_3")[VIEW].disabled.startswith("ada at ")
    world.ask(Action.ENABLE, VIEW)
    assert managed(world, "console_3")[VIEW].disabled == ""


def test_what_runs_goes_on_and_its_end_has_no_consequence(world: World) -> None:
    [node] = world.alive(SRV1)
    said = world.answer(world.ask(Action.DISABLE, f"{SRV1}:{BUS}"))
    assert said.nodes == (node,)
    assert f"`tuiconsole stop {SRV1}:{BUS}` ends it" in said.text
    starts = len(world.started)
    world.crash(node, f"{SRV1}:{BUS}")
    world.run(10)
    assert len(world.started) == starts, "its rule would have restarted the application"
    assert not world.app(SRV1).major_failure


def test_an_application_that_is_disabled_does_not_follow_its_node_and_comes_once_it_is_enabled(
    world: World,
) -> None:
    world.ask(Action.DISABLE, SRV1)
    [node] = world.alive(SRV1)
    world.kill_node(node)
    world.run(30)
    assert world.alive(SRV1) == {}
    assert (world.ledger.jobs, world.app(SRV1).major_failure) == ({}, False)
    world.ask(Action.ENABLE, SRV1)
    world.run(5)
    [new] = world.alive(SRV1)
    assert len(world.alive(SRV1)[new]) == len(SRV) - 2


def test_disabling_all_that_starts_ends_a_start_that_goes_on(world: World) -> None:
    request = world.ask(Action.START, HCI2, on="console_2")
    world.ask(Action.DISABLE, HCI2)
    world.run(5)
    assert world.answer(request).verdict in (Verdict.DONE, Verdict.FAILED)
    assert world.app(HCI2).job is None
