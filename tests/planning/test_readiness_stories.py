"""A step with a readiness gate is over when its process is RUNNING and its node has seen that it is ready."""

from __future__ import annotations

import itertools

import pytest

from tuiconsole.model.requests import Action, Verdict
from tuiconsole.model.states import ApplicationState
from tuiconsole.planning.engine import messages as m
from tuiconsole.rulebook.rules import (
    ApplicationRules,
    Distribution,
    ProgramRules,
    ReadyCheck,
    StartingFailureStrategy,
)

from .scenario import SERVERS, SRV, Rules
from .world import World

SRV1 = "scen2_srv_01"
BUS, VIEW = f"{SRV1}:{SRV[0]}", f"{SRV1}:{SRV[2]}"
CHECK = ReadyCheck(tcp="%(host)s:4711", interval=2.0, timeout=20.0)


def gated(strategy: StartingFailureStrategy = StartingFailureStrategy.STOP, load: int = 0) -> World:
    """A bus with a gate, and what comes after it; not started yet."""
    rules = ApplicationRules(SRV1, Distribution.SINGLE_INSTANCE, SERVERS)
    programs = {
        SRV[0]: ProgramRules(
            start_sequence=1, ready=CHECK, starting_failure_strategy=strategy, expected_loading=load
        ),
        SRV[2]: ProgramRules(start_sequence=2),
    }
    world = World(Rules({SRV1: (rules, programs)})).elect().run(5)
    world.unready[BUS] = "127.0.0.11:4711: Connection refused"
    return world


def test_the_next_step_waits_until_it_is_ready_and_looks_come_at_their_interval() -> None:
    world = gated()
    request = world.ask(Action.START, SRV1)
    world.run(5)
    assert world.order_of_starts(SRV1) == [SRV[0]]
    app = world.app(SRV1)
    assert app.state is ApplicationState.STARTING
    assert app.reason is not None
    assert f"{BUS} on server_1: RUNNING, not ready: 127.0.0.11:4711: Connection refused" in app.reason
    times = [at for at, _, _ in world.looks]
    assert len(times) == 3
    assert all(1.9 < after - before < 2.2 for before, after in itertools.pairwise(times))
    del world.unready[BUS]
    world.run(3)
    assert world.answer(request).text == "started"
    assert world.order_of_starts(SRV1) == [SRV[0], SRV[2]]
    looks = len(world.looks)
    world.run(30)
    assert len(world.looks) == looks, "what is ready is not looked at any more"


def test_not_ready_in_time_is_a_starting_failure() -> None:
    world = gated()
    request = world.ask(Action.START, SRV1)
    world.run(30)
    outcome = world.answer(request)
    assert outcome.verdict is Verdict.FAILED
    assert "is not ready after 20 s: 127.0.0.11:4711: Connection refused" in outcome.text
    assert world.alive(SRV1) == {}
    assert world.app(SRV1).minor_failure


@pytest.mark.parametrize("strategy", [StartingFailureStrategy.CONTINUE, StartingFailureStrategy.ABORT])
def test_what_was_not_ready_and_is_left_running_is_shown_as_failed(strategy: StartingFailureStrategy) -> None:
    world = gated(strategy)
    request = world.ask(Action.START, SRV1)
    world.run(30)
    goes_on = strategy is StartingFailureStrategy.CONTINUE
    assert world.answer(request).verdict is (Verdict.DONE if goes_on else Verdict.FAILED)
    assert world.order_of_starts(SRV1) == ([SRV[0], SRV[2]] if goes_on else [SRV[0]])
    [process] = [one for one in world.app(SRV1).processes if one.namespec == BUS]
    assert process.minor_failure
    assert process.reason is not None
    assert process.reason.startswith("is not ready after 20 s")
    world.ask(Action.CLEAR, SRV1)
    assert not [one for one in world.app(SRV1).processes if one.namespec == BUS and one.minor_failure]


def test_a_new_master_goes_on_looking() -> None:
    world = gated()
    request = world.ask(Action.START, SRV1)
    world.run(5)
    world.depose()
    world.run(1)
    world.elect("server_2").run(5)
    assert world.order_of_starts(SRV1) == [SRV[0]]
    del world.unready[BUS]
    world.run(5)
    assert world.answer(request).text == "started"
    assert world.order_of_starts(SRV1) == [SRV[0], SRV[2]]
    looks = [one for one in world.commands if isinstance(one, m.ProbeProcess)]
    assert {one.term for one in looks} == {1, 2}


def test_a_process_that_dies_before_it_is_ready_has_failed_by_its_death() -> None:
    world = gated()
    request = world.ask(Action.START, SRV1)
    world.run(5)
    world.crash("server_1", BUS)
    world.run(5)
    assert "exited unexpectedly" in world.answer(request).text
    assert world.app(SRV1).state is ApplicationState.STOPPED
