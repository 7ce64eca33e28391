"""Commands to nodes: each is obeyed once, and what is wanted anew is commanded anew."""

from __future__ import annotations

from tuiconsole.model.requests import Action, Verdict
from tuiconsole.model.states import ProcessState
from tuiconsole.rulebook.rules import ProgramRules

from .site import app, site, where

ONE = ProgramRules(start_sequence=1)


def test_a_stop_is_obeyed_where_something_else_of_the_same_name_was_stopped_a_moment_ago() -> None:
    world = site(app("a", {"p": ONE}), nodes=("n1", "n2"))
    world.fate["a:p"] = ("exit", 0.1)
    world.elect().run(3)
    world.become("n2", "a:p", ProcessState.RUNNING, pid=7, token=(0, 1), started_at=world.now)
    world.run(1)
    assert where(world, "a") == {}, "it belongs to n1, where it has done its work"
    world.fate["a:p"] = ("run", 0.0)
    world.kill_node("n1")
    world.ask(Action.START, "a", on="n2")
    world.run(1)
    assert where(world, "a") == {"p": "n2"}
    request = world.ask(Action.STOP, "a", on="n2")
    assert world.answer_within(request, 2.0).verdict is Verdict.DONE
    assert where(world, "a") == {}


def test_a_stop_that_was_obeyed_without_effect_is_a_new_command_when_it_is_given_again() -> None:
    world = site(app("a", {"p": ONE}), nodes=("n1",)).elect().run(3)
    stop, world.stop = world.stop, lambda node, namespec: None
    request = world.ask(Action.STOP, "a", on="n1")
    world.run(1)
    world.stop = stop
    assert world.answer_within(request, 12.0).verdict is Verdict.DONE
