"""A request during a job of the same application waits for its turn, or is refused with the reason."""

from __future__ import annotations

from tuiconsole.model.requests import Action, Verdict
from tuiconsole.model.states import ApplicationState, ProcessState
from tuiconsole.rulebook.rules import ProgramRules, StartingFailureStrategy

from .site import app, site, where
from .world import World

STOP = StartingFailureStrategy.STOP
PROGRAMS = {"a": ProgramRules(start_sequence=1), "b": ProgramRules(start_sequence=1), "c": ProgramRules()}


def running(**words: object) -> World:
    return site(app("x", PROGRAMS, **words)).elect().run(3)


def test_a_start_during_a_stop_waits_for_it_and_then_starts() -> None:
    world = running()
    stop = world.ask(Action.STOP, "x", on="n1")
    start = world.ask(Action.START, "x", on="n1")
    assert (start, "waits for the stop of x") in [(request, told.text) for request, told in world.progress]
    world.run(3)
    assert world.answer(stop).verdict is Verdict.DONE
    assert world.answer(start).verdict is Verdict.DONE
    assert set(where(world, "x")) == {"a", "b"}


def test_a_second_start_of_one_request_waits_for_the_first() -> None:
    world = running(start_sequence=0)
    request = world.ask(Action.START, "x:a", "x:b", "x:c", on="n1")
    world.run(3)
    assert [(one.target, one.verdict) for one in world.outcomes[request]] == [
        ("x:a", Verdict.DONE), ("x:b", Verdict.DONE), ("x:c", Verdict.DONE),
    ]  # fmt: skip
    assert set(where(world, "x")) == {"a", "b", "c"}


def test_a_start_of_what_is_being_started_is_refused_with_who_asked() -> None:
    world = running(start_sequence=0)
    world.fate["x:a"] = ("hang", 0)
    world.ask(Action.START, "x", on="n1")
    again = world.answer(world.ask(Action.START, "x", on="n2", by="bob"))
    assert again.verdict is Verdict.REFUSED
    assert "x is being started on n1 (asked by ada)" in again.text


def test_a_stop_has_the_last_word_over_a_start_that_waits() -> None:
    world = running()
    world.ask(Action.STOP, "x", on="n1")
    start = world.ask(Action.START, "x", on="n1")
    world.ask(Action.STOP, "x", on="n2", by="bob")
    world.run(3)
    assert world.answer(start).text == "bob asked to stop it meanwhile"
    assert where(world, "x") == {}


def test_what_waits_is_found_again_by_the_next_master() -> None:
    world = running()
    world.ask(Action.STOP, "x", on="n1")
    start = world.ask(Action.START, "x", on="n1")
    world.depose()
    world.run(1)
    world.elect("n2").run(3)
    assert world.answer(start).verdict is Verdict.DONE
    assert world.app("x").state is ApplicationState.RUNNING


def test_what_waits_too_long_is_answered_and_never_carried_out_afterwards() -> None:
    world = running()
    world.stuck.add("x:a")
    world.ask(Action.STOP, "x", on="n1")
    start = world.ask(Action.START, "x", on="n1", timeout=5)
    world.run(6)
    assert world.answer(start).verdict is Verdict.FAILED
    world.stuck.clear()
    for node, names in world.alive("x").items():
        for namespec in names:
            world.become(node, namespec, ProcessState.STOPPED, pid=0)
    world.run(5)
    assert where(world, "x") == {}


def test_a_program_whose_exit_is_waited_for_without_a_limit_is_shown_with_its_age() -> None:
    programs = {"check": ProgramRules(start_sequence=1, wait_exit=True), "p": ProgramRules(start_sequence=2)}
    world = site(app("w", programs))
    world.fate["w:check"] = ("run", 0)
    world.elect().run(2000)
    status = world.app("w")
    assert status.state is ApplicationState.STARTING
    assert status.job is not None
    assert status.job.waits_for[0].startswith("w:check on n1: RUNNING, runs for 2000 s")
    assert "its exit is waited for" in (status.reason or "")


def test_its_own_start_timeout_ends_it() -> None:
    programs = {
        "check": ProgramRules(
            start_sequence=1, wait_exit=True, start_timeout=20.0, starting_failure_strategy=STOP
        )
    }
    world = site(app("w", programs))
    world.fate["w:check"] = ("run", 0)
    world.elect().run(15)
    assert world.app("w").state is ApplicationState.STARTING
    world.run(10)
    assert world.app("w").state is ApplicationState.STOPPED
    assert "did not exit within its start_timeout of 20 s" in (world.app("w").reason or "")
