"""Restarts in quick succession wait, and past the flap limit nothing but a person starts the application."""

from __future__ import annotations

import pytest

from tuiconsole.model.requests import Action, Verdict
from tuiconsole.model.states import ApplicationState
from tuiconsole.rulebook.rules import (
    ApplicationRules,
    Distribution,
    FlapLimit,
    ProgramRules,
    RunningFailureStrategy,
)

from .scenario import BUS, CHECK, SERVERS, Rules
from .world import World

SRV1 = "scen2_srv_01"


def flapping(strategy: RunningFailureStrategy, *, restarts: int = 2, within: float = 600.0) -> World:
    """One application whose bus is restarted by the rules, `restarts` times at most."""
    rules = ApplicationRules(
        SRV1,
        Distribution.SINGLE_INSTANCE,
        identifiers=SERVERS,
        start_sequence=1,
        flap_limit=FlapLimit(restarts, within),
    )
    programs = {
        BUS: ProgramRules(start_sequence=1, required=True, running_failure_strategy=strategy),
        CHECK: ProgramRules(start_sequence=2),
    }
    return World(Rules({SRV1: (rules, programs)})).elect().run(5)


def crash(world: World, seconds: float = 20.0) -> None:
    [node] = world.alive(SRV1)
    world.crash(node, f"{SRV1}:{BUS}")
    world.run(seconds)


def test_past_its_limit_an_application_is_stopped_and_held_with_the_reason() -> None:
    world = flapping(RunningFailureStrategy.RESTART_APPLICATION)
    crash(world)
    crash(world)
    assert world.app(SRV1).state is ApplicationState.RUNNING
    crash(world)
    app = world.app(SRV1)
    assert app.state is ApplicationState.STOPPED
    assert SRV1 not in world.ledger.grants
    assert app.major_failure
    assert app.held is not None
    assert app.held.startswith("it was restarted 2 times within 600 s, and then scen2_srv_01:")
    assert app.reason is not None
    assert "tuiconsole clear scen2_srv_01" in app.reason
    assert any(event.startswith(f"{SRV1} is held: ") for event in world.events)
    world.run(300)
    assert world.alive(SRV1) == {}


def test_a_hold_and_the_count_outlive_the_master() -> None:
    world = flapping(RunningFailureStrategy.RESTART_APPLICATION)
    crash(world)
    world.depose()
    world.elect("server_2").run(5)
    crash(world)
    world.depose()
    world.elect("server_3").run(5)
    crash(world)
    assert world.app(SRV1).held
    world.depose()
    world.elect("server_1").run(60)
    assert world.app(SRV1).held
    assert world.alive(SRV1) == {}


def test_clear_lets_what_is_held_start_again() -> None:
    world = flapping(RunningFailureStrategy.RESTART_APPLICATION, restarts=1)
    crash(world)
    crash(world)
    assert world.app(SRV1).held
    assert world.answer(world.ask(Action.CLEAR, SRV1)).verdict is Verdict.DONE
    world.run(5)
    app = world.app(SRV1)
    assert (app.state, app.held, app.major_failure) == (ApplicationState.RUNNING, None, False)
    crash(world)
    assert world.app(SRV1).state is ApplicationState.RUNNING, "it is counted anew"


@pytest.mark.parametrize("action", [Action.START, Action.RESTART])
def test_a_start_by_a_person_ends_the_hold(action: Action) -> None:
    world = flapping(RunningFailureStrategy.RESTART_APPLICATION, restarts=1)
    crash(world)
    crash(world)
    request = world.ask(action, SRV1)
    world.run(5)
    assert world.answer(request).verdict is Verdict.DONE
    assert world.app(SRV1).held is None


def test_past_the_limit_a_process_is_left_and_the_rest_goes_on() -> None:
    world = flapping(RunningFailureStrategy.RESTART_PROCESS, restarts=1)
    world.fate[f"{SRV1}:{CHECK}"] = ("run", 0)
    world.ask(Action.RESTART, SRV1)
    world.run(5)
    crash(world)
    crash(world)
    app = world.app(SRV1)
    assert app.state is ApplicationState.RUNNING
    assert app.major_failure
    assert app.held
    [node] = world.alive(SRV1)
    assert world.alive(SRV1)[node] == [f"{SRV1}:{CHECK}"]
    world.ask(Action.CLEAR, SRV1)
    world.run(5)
    assert len(world.alive(SRV1)[node]) == 2, "it goes on where it was"
    assert not world.app(SRV1).major_failure


def test_an_application_whose_only_process_is_held_gives_its_grant_back_and_comes_after_a_clear() -> None:
    world = flapping(RunningFailureStrategy.RESTART_PROCESS, restarts=1)
    crash(world)
    crash(world)
    assert world.app(SRV1).held
    assert SRV1 not in world.ledger.grants
    world.ask(Action.CLEAR, SRV1)
    world.run(5)
    assert world.app(SRV1).state is ApplicationState.RUNNING


def test_crashes_farther_apart_than_the_limit_says_hold_nothing() -> None:
    world = flapping(RunningFailureStrategy.RESTART_APPLICATION, restarts=1, within=30.0)
    for _ in range(4):
        crash(world, 40.0)
    assert world.app(SRV1).state is ApplicationState.RUNNING


def test_a_new_master_waits_as_long_as_the_last_one_would_have() -> None:
    world = flapping(RunningFailureStrategy.RESTART_APPLICATION, restarts=9)
    for _ in range(4):
        crash(world, 6.0)
    [node] = world.alive(SRV1)
    starts = len(world.started)
    world.crash(node, f"{SRV1}:{BUS}")
    world.run(1)
    world.depose()
    world.elect("server_2").run(4)
    assert len(world.started) == starts, "the fourth quick restart waits for 8 s"
    world.run(10)
    assert world.app(SRV1).state is ApplicationState.RUNNING
