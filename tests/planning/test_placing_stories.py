"""Where applications go: signs, distributions and strategies, in a living cluster."""

from __future__ import annotations

from tuiconsole.model.requests import Action, Verdict
from tuiconsole.model.states import ApplicationState
from tuiconsole.rulebook.rules import (
    Distribution,
    ProgramRules,
    RunningFailureStrategy,
    Sign,
    StartingStrategy,
)

from .site import app, site, where

ONE, NODE = Distribution.SINGLE_INSTANCE, Distribution.SINGLE_NODE


def program(step: int = 1, load: int = 0, **words: object) -> ProgramRules:
    return ProgramRules(start_sequence=step, expected_loading=load, **words)  # type: ignore[arg-type]


def test_applications_pinned_by_a_sign_stay_on_their_console_and_wait_for_it() -> None:
    plans = [app(f"hci_{n:02d}", {"ui": program()}, distribution=ONE, sign=Sign.HASH) for n in (1, 2, 3)]
    world = site(*plans)
    world.elect().run(3)
    assert [where(world, f"hci_0{n}")["ui"] for n in (1, 2, 3)] == ["n1", "n2", "n3"]
    world.kill_node("n2")
    world.run(3)
    assert where(world, "hci_02") == {}, "no other console takes it"
    reason = world.app("hci_02").reason or ""
    request = world.ask(Action.START, "hci_02", on="n3")
    assert "# gives number 2 among n1, n2, n3" in world.answer(request).text, reason
    world.bring_back("n2")
    world.ask(Action.START, "hci_02", on="n3")
    world.run(3)
    assert where(world, "hci_02") == {"ui": "n2"}


def test_a_homogeneous_group_is_spread_by_its_numbers_and_its_excess_follows_the_sign() -> None:
    names = ("p_00", "p_01", "p_02", "p_03")
    hashed = app("hash", {n: program(sign=Sign.HASH, identifiers=("n3", "n1")) for n in names})
    atted = app("at", {n: program(sign=Sign.AT) for n in names})
    world = site(hashed, atted).elect().run(3)
    assert where(world, "hash") == {"p_00": "n3", "p_01": "n1", "p_02": "n3", "p_03": "n1"}
    assert where(world, "at") == {"p_00": "n1", "p_01": "n2", "p_02": "n3"}
    [excess] = [p for p in world.app("at").processes if p.name == "p_03"]
    assert excess.minor_failure
    assert "this is number 4" in (excess.reason or "")


def test_an_application_without_a_number_is_not_placed_by_a_sign() -> None:
    world = site(app("hci", {"ui": program()}, distribution=ONE, sign=Sign.HASH)).elect().run(3)
    assert where(world, "hci") == {}
    assert "-N or _N" in (world.app("hci").reason or "")


def test_all_instances_spread_their_processes_each_by_its_own_identifiers() -> None:
    words = {"starting_strategy": StartingStrategy.LESS_LOADED, "identifiers": ("n1",)}
    programs = {n: program(load=10, identifiers=("n2", "n3")) for n in "abcd"}
    world = site(app("spread", programs, **words)).elect().run(3)
    assert sorted(where(world, "spread").values()) == ["n2", "n2", "n3", "n3"]


def test_a_single_node_application_spreads_over_the_nodes_of_one_host_and_never_over_two() -> None:
    words = {"distribution": NODE, "starting_strategy": StartingStrategy.LESS_LOADED}
    programs = {"a": program(1, 10), "b": program(2, 10), "c": program(3, 10), "d": program(3, 10)}
    world = site(app("pair", programs, **words), nodes=("n1", "n2", "n3", "n4"), per_host=2).elect().run(3)
    assert sorted(where(world, "pair").values()) == ["n1", "n1", "n2", "n2"]
    assert len({world.nodes[name].host for name in where(world, "pair").values()}) == 1


def test_a_single_node_application_begins_only_on_a_host_that_has_room_for_all_of_it() -> None:
    first = app("first", {"x": program(1, 50, identifiers=("n1",))})
    words = {"distribution": NODE, "start_sequence": 2}
    whole = app("whole", {"a": program(1, 30), "b": program(2, 30)}, **words)
    world = site(first, whole, nodes=("n1", "n2", "n3", "n4"), per_host=2).elect().run(5)
    assert set(where(world, "whole").values()) <= {"n3", "n4"}
    assert world.app("whole").state is ApplicationState.RUNNING


def test_room_that_a_single_node_application_still_needs_is_given_to_no_other() -> None:
    words = {"distribution": NODE}
    programs = {"a": program(1, 30), "wait": program(2, 0, wait_exit=True), "b": program(3, 30)}
    whole = app("whole", programs, **words)
    other = app("other", {"x": program(1, 60)}, start_sequence=0)
    world = site(whole, other, nodes=("n1",))
    world.fate["whole:wait"] = ("exit", 2.0)
    world.elect().run(1)
    request = world.ask(Action.START, "other", on="n1")
    assert world.answer(request).verdict is Verdict.FAILED
    assert "120 % of host h1" in world.answer(request).text
    world.run(5)
    assert where(world, "whole") == {"a": "n1", "b": "n1"}


def test_a_single_node_application_follows_what_is_left_of_it_when_one_of_its_nodes_is_lost() -> None:
    words = {
        "distribution": NODE,
        "starting_strategy": StartingStrategy.LESS_LOADED,
    }
    again = RunningFailureStrategy.RESTART_PROCESS
    programs = {n: program(1, 10, running_failure_strategy=again) for n in "ab"}
    world = site(app("pair", programs, **words), nodes=("n1", "n2", "n3", "n4"), per_host=2).elect().run(3)
    assert where(world, "pair") == {"a": "n1", "b": "n2"}
    world.kill_node("n2")
    world.run(3)
    assert where(world, "pair") == {"a": "n1", "b": "n1"}


def test_a_machine_goes_by_node_forms_and_an_instance_by_the_plain_ones() -> None:
    busy = app("busy", {"x": program(1, 60, identifiers=("n1",))})
    plain = app(
        "plain", {"x": program(1, 5)}, start_sequence=2, starting_strategy=StartingStrategy.LESS_LOADED
    )
    by_host = app(
        "host", {"x": program(1, 5)}, start_sequence=3, starting_strategy=StartingStrategy.LESS_LOADED_NODE
    )
    nodes = ("n1", "n2", "n3")
    world = site(
        busy,
        app("small", {"x": program(1, 10, identifiers=("n3",))}),
        plain,
        by_host,
        nodes=nodes,
        per_host=2,
    )
    world.elect().run(5)
    assert where(world, "plain") == {"x": "n2"}, "the node that runs least, though its host runs much"
    assert where(world, "host") == {"x": "n3"}, "the host that runs least"
