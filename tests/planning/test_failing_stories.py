"""What follows a failure, of a start and of what runs; and which strategy wins."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tuiconsole.model.ledger import JobPhase
from tuiconsole.model.process import LEASE_LOST, LEASE_RAN_OUT
from tuiconsole.model.requests import Action, Verdict
from tuiconsole.model.states import ApplicationState, NodeState, ProcessState
from tuiconsole.planning.engine import messages as m
from tuiconsole.rulebook.rules import (
    Distribution,
    ProgramRules,
    RunningFailureStrategy,
    StartingFailureStrategy,
)

from .site import app, site, where
from .world import World

R = RunningFailureStrategy


def program(step: int = 1, load: int = 0, **words: object) -> ProgramRules:
    return ProgramRules(start_sequence=step, expected_loading=load, **words)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("strategy", "left"),
    [
        (StartingFailureStrategy.ABORT, {"first"}),
        (StartingFailureStrategy.STOP, set()),
        (StartingFailureStrategy.CONTINUE, {"first", "last"}),
    ],
)
def test_a_required_program_that_fails_to_start_aborts_stops_or_is_passed_over(
    strategy: StartingFailureStrategy, left: set[str]
) -> None:
    bad = program(2, required=True, starting_failure_strategy=strategy)
    world = site(app("a", {"first": program(1), "bad": bad, "last": program(3)}, start_sequence=0))
    world.fate["a:bad"] = ("fatal", 0.05)
    world.elect().run(2)
    request = world.ask(Action.START, "a", on="n1")
    world.run(5)
    assert set(where(world, "a")) == left
    assert world.answer(request).verdict is (
        Verdict.DONE if strategy is StartingFailureStrategy.CONTINUE else Verdict.FAILED
    )
    assert world.app("a").major_failure


def test_a_program_that_is_not_required_never_stops_a_start() -> None:
    bad = program(1, starting_failure_strategy=StartingFailureStrategy.STOP)
    world = site(app("a", {"bad": bad, "last": program(2)}))
    world.fate["a:bad"] = ("fatal", 0.05)
    world.elect().run(3)
    assert set(where(world, "a")) == {"last"}
    assert (world.app("a").major_failure, world.app("a").minor_failure) == (False, True)


def dying(*strategies: RunningFailureStrategy) -> World:
    """One program for each strategy, and one that lives; all of the first die at one instant."""
    programs = {f"p{i}": program(1, running_failure_strategy=one) for i, one in enumerate(strategies)}
    world = site(app("a", {**programs, "lives": program(2)})).elect().run(3)
    nodes = where(world, "a")
    changes = []
    for name in programs:
        process = world.nodes[nodes[name]].processes[f"a:{name}"]
        dead = msgspec.structs.replace(
            process,
            state=ProcessState.EXITED,
            pid=0,
            expected_exit=False,
            exit_status=1,
            changed_at=world.now,
        )
        known = world.nodes[nodes[name]]
        world.nodes[nodes[name]] = msgspec.structs.replace(
            known, processes={**known.processes, f"a:{name}": dead}
        )
        changes.append(m.ProcessChanged(nodes[name], dead))
    world.tell_together(*changes)
    return world.run(5)


@pytest.mark.parametrize(
    ("strategies", "started", "left"),
    [
        ((R.CONTINUE,), [], {"lives"}),
        ((R.CONTINUE, R.RESTART_PROCESS), ["p1"], {"p1", "lives"}),
        ((R.RESTART_PROCESS, R.RESTART_APPLICATION), ["p0", "p1", "lives"], {"p0", "p1", "lives"}),
        ((R.RESTART_APPLICATION, R.STOP_APPLICATION, R.RESTART_PROCESS), [], set()),
    ],
)
def test_of_what_died_at_one_instant_the_heaviest_strategy_wins(
    strategies: tuple[RunningFailureStrategy, ...], started: list[str], left: set[str]
) -> None:
    world = dying(*strategies)
    first = len(strategies) + 1
    assert world.order_of_starts("a")[first:] == started
    assert set(where(world, "a")) == left


def test_what_stopped_the_whole_application_restarts_it_by_its_sequence_and_not_process_by_process() -> None:
    again: dict[str, Any] = {"running_failure_strategy": R.RESTART_PROCESS}
    words = {"distribution": Distribution.SINGLE_INSTANCE}
    world = site(app("a", {"bus": program(1, **again), "user": program(2, **again)}, **words)).elect().run(3)
    world.kill_node("n1")
    world.run(5)
    assert where(world, "a") == {"bus": "n2", "user": "n2"}
    assert world.order_of_starts("a") == ["bus", "user"] * 2
    assert any("a is being restarted" in text for text in world.events)


def test_a_crash_that_supervisord_itself_mends_is_left_to_it_and_its_giving_up_is_not() -> None:
    again: dict[str, Any] = {"running_failure_strategy": R.RESTART_PROCESS}
    world = site(app("a", {"p": program(1, **again), "q": program(1)})).elect().run(3)
    node = where(world, "a")["p"]
    world.become(node, "a:p", ProcessState.EXITED, pid=0, expected_exit=False, restarts=True)
    world.become(node, "a:p", ProcessState.STARTING, pid=77, restarts=False)
    world.become(node, "a:p", ProcessState.RUNNING)
    world.run(3)
    assert world.order_of_starts("a") == ["p", "q"], "nobody else has started it"
    assert world.app("a").job is None
    world.become(node, "a:p", ProcessState.FATAL, pid=0, expected_exit=False)
    world.run(3)
    assert world.order_of_starts("a") == ["p", "q", "p"]
    assert world.app("a").state is ApplicationState.RUNNING


@pytest.mark.parametrize("strategy", [R.STOP_APPLICATION, R.RESTART_APPLICATION])
def test_the_other_strategies_act_on_a_crash_that_supervisord_would_mend(strategy: R) -> None:
    world = site(app("a", {"p": program(1, running_failure_strategy=strategy)})).elect().run(3)
    node = where(world, "a")["p"]
    world.become(node, "a:p", ProcessState.EXITED, pid=0, expected_exit=False, restarts=True)
    world.run(3)
    assert len(world.order_of_starts("a")) == (1 if strategy is R.STOP_APPLICATION else 2)


def restarting(*others: str) -> World:
    """Programs on nodes of their own; the first of them is being restarted, and takes its time to start."""
    again: dict[str, Any] = {"running_failure_strategy": R.RESTART_PROCESS}
    programs = {name: program(1, 60, **again) for name in ("p", *others)}
    nodes = tuple(f"n{number}" for number in range(1, len(programs) + 2))
    world = site(app("a", programs, distribution=Distribution.ALL_INSTANCES), nodes=nodes).elect().run(3)
    world.fate["a:p"] = ("hang", 0.0)
    world.become(where(world, "a")["p"], "a:p", ProcessState.FATAL, pid=0, expected_exit=False)
    world.run(1)
    assert world.app("a").job is not None
    return world


def test_what_dies_while_another_process_is_restarted_is_restarted_with_it_or_after_it() -> None:
    world = restarting("q", "r")
    before = where(world, "a")
    world.become(before["q"], "a:q", ProcessState.FATAL, pid=0, expected_exit=False)
    world.kill_node(before["r"])
    world.run(1)
    assert world.order_of_starts("a")[3:] == ["p", "r"], "a lost node is no crash: no pause, no flap limit"
    world.become(before["p"], "a:p", ProcessState.RUNNING)
    world.run(5)
    assert set(where(world, "a")) == {"p", "q", "r"}
    assert world.order_of_starts("a")[5:] == ["q"]


@pytest.mark.parametrize("fate", ["rejoins", "dies"])
def test_what_a_node_has_lost_while_another_process_gives_its_grant_back_is_restarted_with_it(
    fate: str,
) -> None:
    again: dict[str, Any] = {"running_failure_strategy": R.RESTART_PROCESS}
    programs = {name: program(1, 60, **again) for name in ("p", "q")}
    world = site(app("a", programs, distribution=Distribution.ALL_INSTANCES)).elect().run(3)
    before = where(world, "a")
    world.go_silent(before["q"])
    world.run(world.timing.node_lease - world.timing.kill_before)
    world.become(before["p"], "a:p", ProcessState.FATAL, pid=0, expected_exit=False)
    if fate == "rejoins":
        world.rejoin(before["q"])
    else:
        world.kill_node(before["q"])
        world.tell(m.NodeDown(before["q"], world.nodes[before["q"]].incarnation))
    job = world.ledger.jobs["a"]
    assert job.phase is JobPhase.RELEASING
    world.run(5)
    assert set(where(world, "a")) == {"p", "q"}


def test_what_had_no_place_amid_a_restart_is_not_forgotten_when_more_is_lost() -> None:
    again: dict[str, Any] = {"running_failure_strategy": R.RESTART_PROCESS}
    programs = {name: program(1, 60, **again) for name in ("p", "q")}
    nodes = ("n1", "n2")
    world = site(app("a", programs, distribution=Distribution.ALL_INSTANCES), nodes=nodes).elect().run(3)
    before = where(world, "a")
    world.fate["a:p"] = ("hang", 0.0)
    world.become(before["p"], "a:p", ProcessState.FATAL, pid=0, expected_exit=False)
    world.run(1)
    world.kill_node(before["q"])
    world.run(1)
    world.tell(m.NodeChanged(world.nodes[before["q"]]))
    assert "a:q" in world.ledger.failures, "the other node has no room for both"
    world.bring_back(before["q"])
    world.run(0.5)
    world.fate.clear()
    world.kill_node(before["p"])
    world.run(3)
    assert where(world, "a") == {"p": before["q"]}
    world.bring_back(before["p"])
    world.run(8)
    assert set(where(world, "a")) == {"p", "q"}


def test_what_was_lost_while_another_process_is_restarted_is_known_to_the_next_master() -> None:
    world = restarting("q", "r")
    node = where(world, "a")["r"]
    world.fate["a:r"] = ("hang", 0.0)
    world.kill_node(node)
    world.run(0.2)
    world.depose()
    world.elect("n2").run(1)
    world.become(where(world, "a")["p"], "a:p", ProcessState.RUNNING)
    world.run(5)
    assert set(where(world, "a")) == {"p", "q", "r"}


def test_what_ended_without_a_master_while_another_process_is_restarted_is_restarted_after_it() -> None:
    world = restarting("q")
    before = where(world, "a")
    world.depose()
    world.become(before["q"], "a:q", ProcessState.FATAL, pid=0, expected_exit=False)
    world.elect("n2").run(1)
    world.become(before["p"], "a:p", ProcessState.RUNNING)
    world.run(5)
    assert set(where(world, "a")) == {"p", "q"}


def test_what_dies_while_another_process_is_restarted_stays_stopped_if_a_person_wants_it_so() -> None:
    world = restarting("q")
    world.become(where(world, "a")["q"], "a:q", ProcessState.FATAL, pid=0, expected_exit=False)
    world.ask(Action.STOP, "a", on="n1")
    world.run(8)
    assert where(world, "a") == {}


@pytest.mark.parametrize("reason", [LEASE_LOST, LEASE_RAN_OUT])
def test_what_was_ended_for_want_of_a_lease_has_not_failed_to_start_though_its_node_says_so_later(
    reason: str,
) -> None:
    world = site(app("a", {"p": program(running_failure_strategy=R.RESTART_APPLICATION)}))
    world.fate["a:p"] = ("hang", 0.0)
    world.elect().run(1)
    node = where(world, "a")["p"]
    world.become(node, "a:p", ProcessState.STOPPED, pid=0, reason=reason)
    world.fate.clear()
    world.nodes[node] = msgspec.structs.replace(world.nodes[node], state=NodeState.ISOLATED)
    world.tell(m.NodeChanged(world.nodes[node]))
    world.run(1)
    assert world.ledger.failures == {}
    world.nodes[node] = msgspec.structs.replace(world.nodes[node], state=NodeState.RUNNING)
    world.rejoin(node)
    world.run(5)
    assert set(where(world, "a")) == {"p"}


@pytest.mark.parametrize("strategy", [R.RESTART_PROCESS, R.RESTART_APPLICATION])
def test_what_was_ended_for_want_of_a_lease_runs_elsewhere_though_its_node_seemed_to_be_running_still(
    strategy: R,
) -> None:
    programs = {name: program(1, 60, running_failure_strategy=strategy) for name in ("p", "q")}
    world = site(app("a", programs, distribution=Distribution.ALL_INSTANCES)).elect().run(3)
    node = where(world, "a")["q"]
    world.become(node, "a:q", ProcessState.STOPPED, pid=0, reason=LEASE_LOST)
    world.go_silent(node)
    world.run(world.timing.node_lease + 3)
    assert set(where(world, "a")) == {"p", "q"}
    assert where(world, "a")["q"] != node


def test_what_somebody_had_stopped_stays_stopped_when_its_node_is_lost() -> None:
    again: dict[str, Any] = {"running_failure_strategy": R.RESTART_PROCESS}
    programs = {name: program(1, 60, **again) for name in ("p", "q")}
    world = site(app("a", programs, distribution=Distribution.ALL_INSTANCES)).elect().run(3)
    node = where(world, "a")["q"]
    world.become(node, "a:q", ProcessState.STOPPED, pid=0, reason="stopped on request")
    world.go_silent(node)
    world.run(world.timing.node_lease + 3)
    assert set(where(world, "a")) == {"p"}


def test_a_start_goes_on_where_somebody_elses_start_of_the_same_program_was_denied() -> None:
    world = site(app("a", {"p": program()}, start_sequence=0), nodes=("n1",)).elect().run(1)
    world.mute.add("n1")  # No order comes through.
    world.ask(Action.START, "a", on="n1")
    world.run(0.5)
    job = world.app("a").job
    assert job is not None
    assert job.waits_for == ("a:p on n1: to be started",)
    process = world.nodes["n1"].processes["a:p"]
    world.tell(m.ProcessChanged("n1", msgspec.structs.replace(process, changed_at=world.now)))
    world.mute.discard("n1")
    world.run(5)
    assert where(world, "a") == {"p": "n1"}
