"""A formula says what a major failure is."""

from __future__ import annotations

import pytest

from tuiconsole.model.requests import Action
from tuiconsole.model.states import ApplicationState
from tuiconsole.rulebook.rules import ProgramRules

from .site import app, site, where
from .world import World

EITHER = '(any("web.*") and "db") or not "db"'


def formed(formula: str, **words: object) -> World:
    programs = {
        "db": ProgramRules(start_sequence=1),
        "web_1": ProgramRules(start_sequence=2, required=True),
        "web_2": ProgramRules(start_sequence=2, required=True),
    }
    return site(app("a", programs, operational_status=formula, **words)).elect().run(3)


def crash(world: World, name: str) -> None:
    world.crash(where(world, "a")[name], f"a:{name}")
    world.run(1)


def leds(world: World) -> tuple[bool, bool]:
    status = world.app("a")
    return status.major_failure, status.minor_failure


def test_major_is_that_the_formula_does_not_hold_and_required_counts_no_more() -> None:
    world = formed(EITHER)
    assert leds(world) == (False, False)
    crash(world, "web_1")
    assert leds(world) == (False, True), "required, but the other one is enough"
    crash(world, "web_2")
    assert leds(world) == (True, True)
    assert "its operational_status does not hold" in (world.app("a").reason or "")
    crash(world, "db")
    assert world.app("a").state is ApplicationState.STOPPED
    assert leds(world) == (False, True)


def test_a_start_is_no_failure_for_what_it_has_not_got_to_yet_nor_is_a_stop() -> None:
    world = formed('all(".*")')
    world.ask(Action.STOP, "a", on="n1")
    world.run(0.02)
    assert world.app("a").state is ApplicationState.STOPPING
    assert leds(world) == (False, False)
    world.run(2)
    assert leds(world) == (False, False), "a person has stopped it"
    world.fate["a:db"] = ("hang", 0)
    world.ask(Action.START, "a", on="n1")
    world.run(1)
    assert world.app("a").state is ApplicationState.STARTING
    assert leds(world) == (False, False)


def test_what_has_exited_as_expected_is_up() -> None:
    programs = {"check": ProgramRules(start_sequence=1, wait_exit=True), "p": ProgramRules(start_sequence=2)}
    world = site(app("a", programs, operational_status='all(".*")')).elect().run(3)
    assert leds(world) == (False, False)


@pytest.mark.parametrize(
    ("formula", "words"),
    [('"nobody" or "db"', "names no program"), ('"web_." and "db"', "matches 2 programs")],
)
def test_a_formula_that_cannot_be_judged_does_not_hold_and_says_why(formula: str, words: str) -> None:
    world = formed(formula)
    assert leds(world)[0]
    assert words in (world.app("a").reason or "")
