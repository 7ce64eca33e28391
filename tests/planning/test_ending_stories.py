"""The end of the whole system: order, what is refused meanwhile, masters that die, and the next life."""

from __future__ import annotations

import msgspec
import pytest

from tuiconsole.model.requests import Action, Verdict
from tuiconsole.model.states import ApplicationState, ClusterState, ProcessState
from tuiconsole.planning.engine import messages as m
from tuiconsole.rulebook.rules import ProgramRules, RunningFailureStrategy

from .site import app, site, where
from .world import World

R = RunningFailureStrategy
NODES = ("n1", "n2", "n3", "c1")


def program(step: int = 1, **words: object) -> ProgramRules:
    return ProgramRules(start_sequence=step, stop_sequence=step, **words)  # type: ignore[arg-type]


def three(**words: object) -> World:
    """`low`, `mid` and `high` by their stop_sequence; n1 to n3 are core nodes, c1 is none."""
    plans = [
        app("low", {"p": program(1), "q": program(2)}, stop_sequence=1),
        app("mid", {"p": program(1, **words)}, stop_sequence=5),
        app("high", {"p": program(1, identifiers=("c1",))}, stop_sequence=9, start_sequence=0),
    ]
    world = site(*plans, nodes=NODES)
    for name in NODES[:3]:
        world.nodes[name] = msgspec.structs.replace(world.nodes[name], core=True)
    world.elect("n1").run(3)
    world.ask(Action.START, "high", on="c1")
    return world.run(2)


def order(world: World) -> list[str]:
    return [namespec for _, _, namespec in world.stopped]


def test_a_shutdown_stops_the_greatest_stop_sequence_first_and_then_the_agents_leave() -> None:
    world = three()
    request = world.ask(Action.SHUTDOWN, "site", on="c1", timeout=60)
    world.run(0.001)
    assert world.status().state is ClusterState.SHUTTING_DOWN
    assert "stops high (stop_sequence 9)" in (world.status().reason or "")
    world.run(10)
    assert order(world) == ["high:p", "mid:p", "low:q", "low:p"]
    assert world.answer(request).verdict is Verdict.DONE
    assert world.answer(request).text == "all applications are stopped, the agents of 4 nodes end"
    assert set(world.left) == set(NODES)
    assert world.left["c1"] < min(world.left[name] for name in NODES[:3]), "core nodes leave last"
    assert world.left["n1"] == max(world.left.values()), "and the master's with them"


def test_nothing_is_started_during_a_shutdown_and_the_refusal_says_why() -> None:
    world = three()
    world.stuck.add("low:q")
    world.ask(Action.SHUTDOWN, "site", on="c1")
    world.run(1)
    for action in (Action.START, Action.RESTART):
        refused = world.answer(world.ask(action, "high", on="c1"))
        assert refused.verdict is Verdict.REFUSED
        assert refused.text.startswith("the system is being shut down (asked by ada on c1)")
    again = world.answer(world.ask(Action.RELOAD, "site", on="c1"))
    assert "the system is being shut down (asked by ada on c1) already" in again.text
    assert where(world, "high") == {}


def test_a_start_that_goes_on_is_broken_off_and_stopped_in_its_turn() -> None:
    world = three()
    world.ask(Action.STOP, "low", on="c1")
    world.run(1)
    world.fate["low:p"] = ("hang", 0)
    begun = world.ask(Action.START, "low", on="c1")
    world.run(1)
    world.stopped.clear()
    world.ask(Action.SHUTDOWN, "site", on="c1")
    world.run(5)
    assert world.answer(begun).verdict is Verdict.FAILED
    assert order(world) == ["high:p", "mid:p", "low:p"]
    assert set(world.left) == set(NODES)


@pytest.mark.parametrize("after", [0.001, 0.03, 0.08, 0.15, 0.2, 0.6])
def test_a_new_master_completes_the_shutdown(after: float) -> None:
    world = three()
    request = world.ask(Action.SHUTDOWN, "site", on="c1")
    world.run(after)
    if world.engine is not None:
        world.depose()
        world.run(1)
        for name in [name for name in NODES[:3] if name not in world.left][:1]:
            world.elect(name).run(10)
    assert order(world) == ["high:p", "mid:p", "low:q", "low:p"]
    assert set(world.left) == set(NODES)
    assert [one.verdict for one in world.outcomes[request]] == [Verdict.DONE]


def test_a_node_that_is_not_reached_holds_nobody_up_and_is_named() -> None:
    world = three()
    world.mute.add("c1")
    world.tell(m.NodeSilent("c1", world.now))
    request = world.ask(Action.SHUTDOWN, "site", on="n2")
    world.run(3)
    assert world.answer(request).text == "all applications are stopped, the agents of 3 nodes end"
    assert set(world.left) == {"n1", "n2", "n3"}


@pytest.mark.parametrize("action", [Action.SHUTDOWN, Action.RELOAD])
def test_the_next_life_begins_anew_with_what_starts_by_itself(action: Action) -> None:
    world = three()
    world.ask(action, "site", on="c1")
    world.run(5)
    assert set(world.left) == set(NODES)
    assert world.engine is None
    before = len(world.started)
    world.run(2)
    for name in NODES if action is Action.SHUTDOWN else ():
        world.bring_back(name)
    world.elect("n2").run(5)
    assert world.status().state is ClusterState.OPERATION
    assert [world.app(name).state for name in ("low", "mid", "high")] == [
        ApplicationState.RUNNING, ApplicationState.RUNNING, ApplicationState.STOPPED,
    ]  # fmt: skip
    assert len(world.started) - before == 3
    assert world.ledger.ending is None


@pytest.mark.parametrize(
    ("strategy", "state"), [(R.SHUTDOWN, ClusterState.SHUTTING_DOWN), (R.RESTART, ClusterState.RESTARTING)]
)
def test_the_strategies_shutdown_and_restart_end_the_whole_system(strategy: R, state: ClusterState) -> None:
    world = three(running_failure_strategy=strategy)
    world.crash(where(world, "mid")["p"], "mid:p")
    assert world.status().state is state
    world.run(0.5)
    assert order(world) == ["high:p", "low:q", "low:p"]
    world.run(5)
    assert set(world.left) == set(NODES)


def test_a_failure_that_restarts_do_not_cure_stops_its_application_in_the_end() -> None:
    world = three(running_failure_strategy=R.RESTART)
    for number in range(4):
        assert (world.engine is not None) is (number == 0) or world.engine is None
        if world.engine is None:
            world.elect("n2" if number % 2 else "n1").run(5)
        world.left.clear()
        world.crash(where(world, "mid")["p"], "mid:p")
        world.run(5)
    assert not world.left
    assert world.app("mid").state is ApplicationState.STOPPED
    assert world.app("low").state is ApplicationState.RUNNING
    assert any("restarted 3 times in 10 min: not once more" in text for text in world.events)


def test_shutdown_outweighs_restart_which_outweighs_what_concerns_one_application() -> None:
    programs = {
        "a": program(1, running_failure_strategy=R.RESTART),
        "b": program(1, running_failure_strategy=R.SHUTDOWN),
        "c": program(1, running_failure_strategy=R.STOP_APPLICATION),
    }
    world = site(app("x", programs)).elect("n1").run(3)
    nodes = where(world, "x")
    dead = {}
    for name, node in nodes.items():
        process = world.nodes[node].processes[f"x:{name}"]
        dead[name] = msgspec.structs.replace(
            process, state=ProcessState.EXITED, expected_exit=False, changed_at=world.now
        )
    world.tell_together(*(m.ProcessChanged(nodes[name], process) for name, process in dead.items()))
    assert world.status().state is ClusterState.SHUTTING_DOWN
