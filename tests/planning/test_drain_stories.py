"""A drained node: what may run elsewhere leaves it in order, the rest is named, and nothing new comes."""

from __future__ import annotations

import pytest

from tuiconsole.model.requests import Action, Verdict
from tuiconsole.model.states import ApplicationState
from tuiconsole.planning.engine import messages as m
from tuiconsole.rulebook.rules import ApplicationRules, Distribution, ProgramRules

from .scenario import SERVERS, SRV, Rules
from .world import World

SRV1, SRV2, SRV3, HCI2 = "scen2_srv_01", "scen2_srv_02", "scen2_srv_03", "scen2_hci_02"


@pytest.fixture
def world() -> World:
    return World().elect().run(5)


def on(world: World, node: str) -> list[str]:
    """The applications of a node."""
    return [name for name in (SRV1, SRV2, SRV3, HCI2) if node in world.alive(name)]


def test_what_may_move_does_and_the_node_is_kept_free_until_its_drain_ends(world: World) -> None:
    [node] = world.alive(SRV1)
    request = world.ask(Action.DRAIN, node, by="ada", reason="new disk")
    world.run(5)
    assert world.answer(request).verdict is Verdict.DONE
    assert on(world, node) == []
    assert all(world.app(name).state is ApplicationState.RUNNING for name in (SRV1, SRV2, SRV3))
    [shown] = [one for one in world.status().nodes if one.name == node]
    assert shown.drained is not None
    assert shown.drained.startswith("ada since ")
    assert shown.drained.endswith(": new disk")
    world.depose()
    other = next(name for name in SERVERS if name != node)
    world.elect(other).run(2)
    for name in (SRV1, SRV2, SRV3):
        world.ask(Action.RESTART, name)
        world.run(5)
    assert on(world, node) == [], "whoever is master"
    assert "nothing is moved back" in world.answer(world.ask(Action.UNDRAIN, node)).text
    world.run(5)
    assert on(world, node) == []
    world.ask(Action.RESTART, SRV1)
    world.run(5)
    assert on(world, node) == [SRV1], "it is the least loaded"


def simple(name: str, sequence: int, load: int) -> tuple[ApplicationRules, dict[str, ProgramRules]]:
    """An application of one program, on the first server that has room."""
    rules = ApplicationRules(name, Distribution.SINGLE_INSTANCE, SERVERS, start_sequence=sequence)
    return rules, {SRV[0]: ProgramRules(start_sequence=1, expected_loading=load)}


def test_each_application_moves_in_its_turn() -> None:
    apps = {name: simple(name, sequence, 10) for sequence, name in enumerate((SRV3, SRV1, SRV2), 1)}
    world = World(Rules(apps)).elect().run(5)
    assert on(world, "server_1") == [SRV1, SRV2, SRV3]
    begun = world.now
    request = world.ask(Action.DRAIN, "server_1")
    world.run(5)
    assert world.answer(request).verdict is Verdict.DONE
    moves = [(at, name.partition(":")[0]) for at, _, name in (*world.stopped, *world.started) if at >= begun]
    names = [name for _, name in sorted(moves)]
    assert names == [SRV3, SRV3, SRV1, SRV1, SRV2, SRV2], "each is up again before the next is stopped"


def test_what_cannot_move_is_named_with_its_reason_and_goes_on(world: World) -> None:
    world.ask(Action.START, HCI2, on="console_2")
    world.run(5)
    stops = len(world.stopped)
    request = world.ask(Action.DRAIN, "console_2")
    world.run(5)
    outcome = world.answer(request)
    assert outcome.verdict is Verdict.FAILED
    assert outcome.text == "is kept free of what is new, but is not free: scen2_hci_02 cannot move"
    [detail] = outcome.details
    assert detail.startswith("scen2_hci_02 stays: LOCAL")
    assert len(world.stopped) == stops
    [shown] = [one for one in world.status().nodes if one.name == "console_2"]
    assert shown.reason is not None
    assert "scen2_hci_02 stays: LOCAL" in shown.reason
    refused = world.answer(world.ask(Action.START, "scen2_hci_01", on="console_2"))
    assert refused.verdict is Verdict.REFUSED
    assert "tuiconsole undrain console_2" in refused.text


def test_what_has_no_place_now_moves_once_there_is_one(world: World) -> None:
    [node] = world.alive(SRV1)
    others = [name for name in SERVERS if name != node]
    for name in others:
        world.ask(Action.DRAIN, name)
        world.run(5)
    request = world.ask(Action.DRAIN, node)
    world.run(5)
    outcome = world.answer(request)
    assert outcome.verdict is Verdict.FAILED
    assert f"{SRV1} stays: no node can host it" in " ".join(outcome.details)
    world.ask(Action.UNDRAIN, others[0])
    world.run(10)
    assert SRV1 in on(world, others[0])


def test_a_dry_run_says_what_would_be_done_and_changes_nothing(world: World) -> None:
    world.ask(Action.START, HCI2, on="console_2")
    world.run(5)
    [node] = world.alive(SRV1)
    ledger, commands = world.ledger, len(world.commands)
    outcome = world.answer(world.ask(Action.DRAIN, node, dry_run=True))
    assert outcome.verdict is Verdict.DONE
    assert outcome.text == "1 would move, 0 would stay; nothing was done"
    [detail] = outcome.details
    assert detail.startswith("scen2_srv_01 would move to server_")
    assert "LOCAL" in world.answer(world.ask(Action.DRAIN, "console_2", dry_run=True)).details[0]
    world.run(5)
    assert (world.ledger, len(world.commands)) == (ledger, commands)
    request = world.ask(Action.DRAIN, node)
    world.run(5)
    assert world.answer(request).verdict is Verdict.DONE
    assert on(world, detail.rpartition(" ")[2]).count(SRV1) == 1, "as it said"


def test_a_plan_counts_the_load_of_what_it_has_moved_already() -> None:
    apps = {name: simple(name, 1, 45) for name in (SRV1, SRV2)} | {SRV3: simple(SRV3, 0, 0)}
    world = World(Rules(apps)).elect().run(5)
    assert on(world, "server_1") == [SRV1, SRV2]
    world.ask(Action.START, HCI2, on="console_2")
    world.run(5)
    details = world.answer(world.ask(Action.DRAIN, "server_1", dry_run=True)).details
    assert details == (f"{SRV1} would move to server_2", f"{SRV2} would move to server_3")
    request = world.ask(Action.DRAIN, "server_1")
    world.run(5)
    assert world.answer(request).verdict is Verdict.DONE
    assert (on(world, "server_2"), on(world, "server_3")) == ([SRV1], [SRV2])


def test_a_distributed_application_moves_process_by_process() -> None:
    rules = ApplicationRules(SRV1, Distribution.ALL_INSTANCES, start_sequence=1)
    programs = {
        SRV[0]: ProgramRules(("server_1", "server_2"), start_sequence=1),
        SRV[2]: ProgramRules(("server_1",), start_sequence=2),
        SRV[3]: ProgramRules(("server_3",), start_sequence=2),
    }
    world = World(Rules({SRV1: (rules, programs)})).elect().run(5)
    assert sorted(world.alive(SRV1)) == ["server_1", "server_3"]
    outcome = world.ask(Action.DRAIN, "server_1")
    world.run(5)
    said = world.answer(outcome)
    assert said.verdict is Verdict.FAILED
    assert said.details[0].startswith(f"{SRV1}:{SRV[2]} stays: no node can host it")
    assert world.alive(SRV1) == {
        "server_1": [f"{SRV1}:{SRV[2]}"],
        "server_2": [f"{SRV1}:{SRV[0]}"],
        "server_3": [f"{SRV1}:{SRV[3]}"],
    }


def test_an_application_in_maintenance_does_not_move_and_one_that_is_held_neither(world: World) -> None:
    [node] = world.alive(SRV1)
    world.ask(Action.MAINTAIN, SRV1, seconds=60)
    request = world.ask(Action.DRAIN, node)
    world.run(5)
    assert "stays: in maintenance until" in world.answer(request).details[0]
    world.run(60)
    assert on(world, node) == [], "it moves once that is over"


def test_a_new_master_goes_on_with_a_drain_and_answers_who_waits(world: World) -> None:
    [node] = world.alive(SRV1)
    request = world.ask(Action.DRAIN, node)
    world.run(0.02)
    world.depose()
    world.run(1)
    world.elect(next(name for name in SERVERS if name != node)).run(10)
    assert world.answer(request).verdict is Verdict.DONE
    assert on(world, node) == []
    starts = [one for one in world.commands if isinstance(one, m.StartProcess) and one.node == node]
    assert all(one.term == 1 for one in starts)


def test_it_is_answered_once_what_has_left_is_up_again(world: World) -> None:
    [node] = world.alive(SRV1)
    world.fate[f"{SRV1}:{SRV[1]}"] = ("exit", 3.0)
    request = world.ask(Action.DRAIN, node)
    world.run(2)
    assert on(world, node) == []
    assert request not in world.outcomes
    world.run(3)
    assert world.answer(request).verdict is Verdict.DONE
    assert world.app(SRV1).state is ApplicationState.RUNNING
