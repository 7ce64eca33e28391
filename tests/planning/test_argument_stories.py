"""Arguments that a person adds to a start hold until he stops the process or starts it without."""

from __future__ import annotations

import pytest

from tuiconsole.model.requests import Action, Verdict
from tuiconsole.model.states import ProcessState
from tuiconsole.planning.engine import messages as m
from tuiconsole.rulebook.rules import ApplicationRules, ProgramRules, RunningFailureStrategy

from .scenario import SRV, Rules
from .world import World

APP, TOOL = "scen2_srv_01", f"scen2_srv_01:{SRV[3]}"
ARGUMENTS = ("--replay", "tape 7; rm -rf /")


@pytest.fixture
def world() -> World:
    rules = ApplicationRules(APP, running_failure_strategy=RunningFailureStrategy.RESTART_PROCESS)
    restarts = RunningFailureStrategy.RESTART_PROCESS
    programs = {SRV[3]: ProgramRules(start_sequence=1, running_failure_strategy=restarts)}
    return World(Rules({APP: (rules, programs)})).elect().run(5)


def given(world: World) -> list[tuple[str, ...]]:
    """The arguments of all starts that were commanded, in order."""
    starts = {one.token: one for one in world.commands if isinstance(one, m.StartProcess)}
    return [one.arguments for one in starts.values() if one.namespec == TOOL]


def where(world: World) -> str:
    [node] = [name for name, alive in world.alive(APP).items() if TOOL in alive]
    return node


def test_restarts_by_rules_and_persons_use_them_whoever_is_master(world: World) -> None:
    request = world.ask(Action.START, TOOL, arguments=ARGUMENTS)
    world.run(3)
    assert world.answer(request).verdict is Verdict.DONE
    world.crash(where(world), TOOL)
    world.run(3)
    world.depose()
    world.elect("server_2").run(2)
    world.crash(where(world), TOOL)
    world.run(5)
    world.ask(Action.RESTART, TOOL)
    world.run(5)
    world.ask(Action.DRAIN, where(world))
    world.run(5)
    assert given(world) == [ARGUMENTS] * 5


@pytest.mark.parametrize("target", [TOOL, APP])
def test_a_stop_by_a_person_forgets_them(world: World, target: str) -> None:
    world.ask(Action.START, TOOL, arguments=ARGUMENTS)
    world.run(3)
    world.ask(Action.STOP, target)
    world.run(3)
    world.ask(Action.START, target)
    world.run(3)
    assert given(world) == [ARGUMENTS, ()]
    assert world.ledger.arguments == {}


def test_they_are_those_of_one_process_and_of_a_start_that_is_made(world: World) -> None:
    refused = world.answer(world.ask(Action.START, APP, arguments=ARGUMENTS))
    assert refused.verdict is Verdict.REFUSED
    assert f"start {APP}:PROCESS -- " in refused.text
    world.ask(Action.START, TOOL, arguments=ARGUMENTS)
    world.run(3)
    again = world.answer(world.ask(Action.START, TOOL, arguments=("--other",)))
    assert again.verdict is Verdict.REFUSED
    assert world.ledger.arguments == {TOOL: ARGUMENTS}, "it runs with these"


def test_a_start_that_waits_for_its_turn_keeps_them_for_the_next_master(world: World) -> None:
    world.ask(Action.START, TOOL)
    world.run(3)
    world.stuck.add(TOOL)
    world.ask(Action.STOP, TOOL)
    request = world.ask(Action.START, TOOL, arguments=ARGUMENTS)
    world.run(1)
    assert request not in world.outcomes
    world.depose()
    world.elect("server_2").run(1)
    world.stuck.clear()
    world.become(where(world), TOOL, ProcessState.STOPPED, pid=0)
    world.run(5)
    assert world.answer(request).verdict is Verdict.DONE
    assert given(world)[-1] == ARGUMENTS
