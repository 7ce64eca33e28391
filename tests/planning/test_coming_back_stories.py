"""A start on the node of its request, which is silent for a moment or just back, waits for it."""

from __future__ import annotations

import pytest

from tuiconsole.model.requests import Action, Verdict
from tuiconsole.model.states import ApplicationState

from .world import World

HCI2 = "scen2_hci_02"


@pytest.fixture
def world() -> World:
    return World().elect().run(5)


def silent(world: World) -> None:
    world.go_silent("console_2")
    world.run(1.0)


def test_a_local_start_waits_for_its_console_that_is_silent_for_a_moment(world: World) -> None:
    silent(world)
    request = world.ask(Action.START, HCI2, on="console_2", timeout=20.0)
    world.run(0.5)
    assert request not in world.outcomes
    told = [told.text for who, told in world.progress if who == request]
    assert told == ["waits for console_2: is silent since 0.2 s; for 20 s at most"]
    assert world.app(HCI2).state is ApplicationState.STARTING
    world.heard("console_2")
    world.run(3)
    assert world.answer(request).verdict is Verdict.DONE
    assert world.alive(HCI2).keys() == {"console_2"}


def test_it_is_refused_as_soon_as_its_console_is_lost(world: World) -> None:
    silent(world)
    request = world.ask(Action.START, HCI2, on="console_2", timeout=60.0)
    began = world.now
    answer = world.answer_within(request, 10.0)
    assert answer.verdict is Verdict.REFUSED
    assert answer.text == "no node can host it: console_2: is lost"
    assert world.now - began < world.timing.node_lease + world.timing.margin + 1.0
    assert HCI2 not in world.ledger.grants


def test_it_waits_no_longer_than_whoever_asked_and_says_what_it_waited_for(world: World) -> None:
    silent(world)
    request = world.ask(Action.START, HCI2, on="console_2", timeout=1.0)
    answer = world.answer_within(request, 3.0)
    assert answer.verdict is Verdict.REFUSED
    assert "console_2: is silent since" in answer.text
    assert answer.text.endswith("waited 1 s for it")
    assert world.app(HCI2).state is ApplicationState.STOPPED
    assert world.app(HCI2).major_failure
    world.heard("console_2")
    world.run(3)
    assert not world.alive(HCI2), "nobody waits for it any more"


def test_a_stop_ends_the_wait(world: World) -> None:
    silent(world)
    request = world.ask(Action.START, HCI2, on="console_2", timeout=30.0)
    world.run(0.2)
    world.ask(Action.STOP, HCI2, on="console_1")
    world.run(0.5)
    assert world.answer(request).verdict is not Verdict.DONE
    world.heard("console_2")
    world.run(3)
    assert not world.alive(HCI2)


def test_a_start_on_a_console_that_a_rule_forbids_is_refused_at_once(world: World) -> None:
    world.go_silent("server_2")
    world.run(1.0)
    request = world.ask(Action.START, HCI2, on="server_2")
    assert world.answer(request).verdict is Verdict.REFUSED
