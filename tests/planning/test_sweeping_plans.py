"""What `plan drain`, `plan scale`, `plan shutdown` and `plan reload` foretell is what then happens."""

from __future__ import annotations

import pytest

from tuiconsole.model.plan import Plan, Question, Result
from tuiconsole.model.requests import Action, Verdict
from tuiconsole.planning.engine.loading import expected_loads
from tuiconsole.planning.forecast.sweeping import plan_drain, plan_end, plan_scale

from .foresight import as_another, as_master
from .test_ending_stories import order, three
from .test_scale_stories import APP, KEY, plant
from .world import World

HCI2 = "scen2_hci_02"
ASKED = {"origin": "console_1", "requested_by": "ada"}


def moves(plan: Plan) -> set[tuple[str, str, str]]:
    return {(one.action, one.namespec, one.node) for target in plan.targets for one in target.moves}


def moved(world: World, starts: int, stops: int) -> set[tuple[str, str, str]]:
    return {
        *(("start", n, node) for _, node, n in world.started[starts:]),
        *(("stop", n, node) for _, node, n in world.stopped[stops:]),
    }


@pytest.mark.parametrize("node", ["server_1", "console_2"])
def test_a_drain_moves_what_was_foretold_and_leaves_what_was(node: str) -> None:
    world = World().elect("server_2").run(5)
    world.ask(Action.START, HCI2, on="console_2")
    world.run(3)
    stored = world.stored
    plan = plan_drain(as_master(world, master="server_2"), [node], **ASKED)
    assert world.stored == stored
    starts, stops = len(world.started), len(world.stopped)
    outcome = world.answer_within(world.ask(Action.DRAIN, node), 60)
    assert moves(plan) == moved(world, starts, stops)
    assert plan.good is (outcome.verdict is Verdict.DONE)
    for one in plan.targets:
        assert one.after == tuple(world.alive(one.name))
        assert (one.result is Result.MOVES) is (node in one.before and node not in one.after)
    assert plan.targets
    stays = [one for one in plan.targets if one.result is Result.STAYS]
    assert [one.name for one in stays] == ([HCI2] if node == "console_2" else [])
    assert all("LOCAL" in one.text for one in stays)


@pytest.mark.parametrize("number", [1, 2, 4])
@pytest.mark.parametrize("master", [True, False])
def test_a_scale_starts_and_stops_what_was_foretold(number: int, master: bool) -> None:
    world = plant()
    plan = plan_scale((as_master if master else as_another)(world), KEY, number, **ASKED)
    starts, stops = len(world.started), len(world.stopped)
    outcome = world.answer_within(world.ask(Action.SCALE, KEY, number=number), 30)
    assert outcome.verdict is Verdict.DONE
    [one] = plan.targets
    assert one.result is Result.DONE
    assert one.text == outcome.text == f"scaled to {number}"
    assert moves(plan) == moved(world, starts, stops)
    assert {h.host: h.after for h in plan.hosts} == dict(expected_loads(world.engine.situation).hosts)  # type: ignore[union-attr]
    assert any(f"2 → {number} processes" in note for note in plan.notes)


@pytest.mark.parametrize(
    ("target", "number", "words"), [(f"{APP}:valve", 2, "plant has: "), (KEY, 0, "1 to")]
)
def test_a_scale_that_would_be_refused_is_foretold_in_the_masters_words(
    target: str, number: int, words: str
) -> None:
    plan = plan_scale(as_master(plant()), target, number, **ASKED)
    [one] = plan.targets
    assert one.result is Result.REFUSED
    assert words in one.text
    assert not plan.good


@pytest.mark.parametrize("question", [Question.SHUTDOWN, Question.RELOAD])
def test_the_end_of_the_system_is_foretold_in_its_order(question: Question) -> None:
    world = three()
    stored = world.stored
    plan = plan_end(as_master(world, master="n1"), question, "site", origin="c1", requested_by="ada")
    assert world.stored == stored
    assert [one.name for one in plan.targets] == ["high", "mid", "low"]
    assert [one.text for one in plan.targets] == [f"stop_sequence {rank}" for rank in (9, 5, 1)]
    foretold = [move.namespec for one in plan.targets for move in one.moves]
    assert plan.good
    assert "all applications are stopped, the agents of 4 nodes end" in plan.notes[0]
    last = {Question.SHUTDOWN: "until somebody starts the agents", Question.RELOAD: "by itself: low, mid"}
    assert last[question] in plan.notes[-1]
    world.ask(Action(question.value), "site", on="c1")
    world.run(10)
    assert order(world) == foretold


def test_a_second_end_of_the_system_is_foretold_as_refused() -> None:
    world = three()
    world.stuck.add("low:q")
    world.ask(Action.SHUTDOWN, "site", on="c1")
    world.run(1)
    plan = plan_end(as_master(world, master="n1"), Question.RELOAD, "site", origin="c1", requested_by="ada")
    [one] = plan.targets
    assert (one.name, one.result) == ("site", Result.REFUSED)
    assert "being shut down" in one.text
