"""What starts by itself when a cluster boots waits for what the cluster file says, and for no longer."""

from __future__ import annotations

import msgspec
import pytest

from tuiconsole.model.ledger import JobKind
from tuiconsole.model.requests import Action, Verdict
from tuiconsole.model.states import ClusterState, NodeState
from tuiconsole.model.synchronization import Synchronization
from tuiconsole.model.synchronization import SynchroOption as O
from tuiconsole.planning.engine import messages as m
from tuiconsole.rulebook.rules import Distribution, ProgramRules, RunningFailureStrategy, StartingStrategy

from .site import app, site, where
from .world import World

PLAN = app(
    "a",
    {"p": ProgramRules(start_sequence=1, running_failure_strategy=RunningFailureStrategy.RESTART_PROCESS)},
)


def booting(*options: O, nodes: tuple[str, ...] = ("n1", "n2", "n3"), timeout: float = 15.0) -> World:
    """Only the first node is there."""
    world = site(PLAN, nodes=nodes)
    for name in nodes[1:]:
        away(world, name)
    world.synchronization = Synchronization(options, timeout, ("n1", "n2"))
    return world.elect("n1").run(3)


def away(world: World, name: str) -> None:
    world.nodes[name] = msgspec.structs.replace(
        world.nodes[name], state=NodeState.STOPPED, incarnation=f"{name}/0"
    )
    world.dead.add(name)


def comes_up(world: World, name: str) -> None:
    """It is there, but its supervisord is not up yet."""
    away(world, name)
    world.nodes[name] = msgspec.structs.replace(world.nodes[name], state=NodeState.CHECKING)


def test_by_default_nothing_is_waited_for_beyond_quorum_and_a_short_settling() -> None:
    world = booting()
    assert where(world, "a") == {"p": "n1"}
    assert world.status().state is ClusterState.OPERATION
    assert world.ledger.members == {}


def test_a_cluster_in_which_nothing_runs_waits_for_the_nodes_that_are_coming_up() -> None:
    """Else all would be on the node whose supervisord was up first."""
    world = site(*(app(name, {"p": ProgramRules(start_sequence=1, expected_loading=60)}) for name in "abc"))
    for name in ("n2", "n3"):
        comes_up(world, name)
    world.elect("n1").run(3)
    assert [where(world, name) for name in "abc"] == [{}, {}, {}]
    assert world.status().state is ClusterState.DISTRIBUTION
    assert world.status().reason == "waits for n2, n3, at most 10 s"
    world.bring_back("n2")
    world.bring_back("n3")
    world.run(1)
    assert sorted(where(world, name)["p"] for name in "abc") == ["n1", "n2", "n3"]
    assert world.status().state is ClusterState.OPERATION


def test_a_node_that_does_not_come_up_is_not_waited_for_longer_than_ten_seconds() -> None:
    world = site(PLAN)
    comes_up(world, "n2")
    world.elect("n1").run(9)
    assert where(world, "a") == {}
    world.run(2)
    assert where(world, "a") == {"p": "n1"}


def test_where_something_runs_a_new_master_waits_for_nobody() -> None:
    world = site(app("a", {"p": ProgramRules(start_sequence=1)}), app("b", {"p": ProgramRules()}))
    world.elect("n1").run(3)
    home = where(world, "a")["p"]
    world.depose()
    comes_up(world, next(name for name in ("n2", "n3") if name != home))
    world.elect("n1").run(0.5)
    assert world.status().reason == "waiting for nodes to join before applications are distributed"
    world.run(1)
    assert world.status().state is ClusterState.OPERATION


@pytest.mark.parametrize("option", [O.STRICT, O.LIST])
def test_strict_and_list_wait_for_all_nodes_of_the_cluster_file(option: O) -> None:
    world = booting(option)
    world.run(100)
    assert where(world, "a") == {}
    assert world.status().state is ClusterState.SYNCHRONIZATION
    assert world.status().reason == "waits for n2, n3"
    world.bring_back("n2")
    assert world.run(5).status().reason == "waits for n3"
    world.bring_back("n3")
    world.run(1)
    assert where(world, "a") == {"p": "n1"}
    assert world.status().state is ClusterState.OPERATION


def test_core_waits_for_the_nodes_that_it_names() -> None:
    world = booting(O.CORE).run(30)
    assert where(world, "a") == {}
    world.bring_back("n2")
    world.run(1)
    assert where(world, "a") == {"p": "n1"}


def test_timeout_ends_it_whatever_else_is_missing() -> None:
    world = booting(O.STRICT, O.TIMEOUT, timeout=20)
    world.run(16)
    assert where(world, "a") == {}
    assert world.status().reason == "waits for n2, n3, at most 20 s"
    world.run(2)
    assert where(world, "a") == {"p": "n1"}


def test_user_waits_for_a_person_and_a_person_may_end_any_of_them() -> None:
    world = booting(O.USER).run(300)
    assert world.status().reason == "waits for a person's `tuiconsole end-sync`"
    request = world.ask(Action.END_SYNC, "site", on="n1")
    world.run(1)
    assert world.answer(request).verdict is Verdict.DONE
    assert where(world, "a") == {"p": "n1"}
    again = world.answer(world.ask(Action.END_SYNC, "site", on="n1"))
    assert again.verdict is Verdict.REFUSED
    assert "synchronized already" in again.text


def test_what_a_person_starts_need_not_wait() -> None:
    world = booting(O.STRICT)
    request = world.ask(Action.START, "a", on="n1")
    world.run(1)
    assert world.answer(request).verdict is Verdict.DONE
    assert world.status().state is ClusterState.SYNCHRONIZATION


def test_a_new_master_of_a_synchronized_cluster_waits_for_nobody_though_nodes_are_gone() -> None:
    world = booting(O.CORE)
    world.bring_back("n2")
    world.bring_back("n3")
    world.run(2)
    world.kill_node("n1")
    world.run(0.01)
    world.depose()
    world.elect("n3").run(5)
    assert where(world, "a") == {"p": "n2"}
    assert world.status().state is ClusterState.OPERATION


def test_when_all_nodes_have_been_replaced_one_by_one_it_is_still_no_boot() -> None:
    world = booting(O.STRICT)
    world.bring_back("n2")
    world.bring_back("n3")
    world.run(2)
    for name in ("n1", "n2", "n3"):
        world.kill_node(name)
        world.run(2)
        world.bring_back(name)
        world.run(2)
    world.kill_node("n3")
    world.depose()
    world.elect("n2").run(3)
    assert world.status().state is ClusterState.OPERATION


def test_after_the_power_was_off_it_is_a_boot_again() -> None:
    world = booting(O.STRICT)
    world.bring_back("n2")
    world.bring_back("n3")
    world.run(2)
    world.depose()
    for name in ("n1", "n2", "n3"):
        world.kill_node(name)
    world.run(10)
    world.bring_back("n1")
    world.elect("n1").run(30)
    assert world.status().state is ClusterState.SYNCHRONIZATION
    assert where(world, "a") == {}


def test_a_restart_that_went_on_when_the_power_went_off_waits_for_the_boot_as_well() -> None:
    """As when all nodes are shut down one by one: what the first ones ran begins anew on the last ones."""
    plan = app(
        "a",
        {
            "p": ProgramRules(
                start_sequence=1, running_failure_strategy=RunningFailureStrategy.RESTART_APPLICATION
            )
        },
        distribution=Distribution.SINGLE_INSTANCE,
    )
    world = site(plan)
    world.synchronization = Synchronization((O.STRICT,), 15.0, ())
    world.elect("n2").run(5)
    assert where(world, "a") == {"p": "n1"}
    world.kill_node("n1")
    world.run(0.051)
    assert world.ledger.jobs["a"].kind is JobKind.RESTART
    world.depose()
    for name in ("n2", "n3"):
        world.kill_node(name)
    world.run(10)
    world.bring_back("n2")
    world.elect("n2").run(30)
    assert where(world, "a") == {}
    world.bring_back("n1")
    world.bring_back("n3")
    world.run(2)
    assert where(world, "a")


TWENTY = tuple(f"n{i:02d}" for i in range(1, 21))


@pytest.mark.parametrize("options", [(), (O.STRICT,), (O.TIMEOUT,), (O.CORE, O.TIMEOUT)])
def test_twenty_nodes_that_come_over_a_minute_are_one_distribution_without_a_double_or_a_move(
    options: tuple[O, ...],
) -> None:
    words = {"starting_strategy": StartingStrategy.LESS_LOADED, "distribution": Distribution.SINGLE_INSTANCE}
    plans = [
        app(f"app_{i:02d}", {"p": ProgramRules(start_sequence=1, expected_loading=2)}, **words)
        for i in range(1, 41)
    ]
    world = site(*plans, nodes=TWENTY)
    for name in TWENTY:
        away(world, name)
    world.synchronization = Synchronization(options, 70.0, TWENTY[:3])
    states: list[ClusterState] = []
    for number, name in enumerate(TWENTY):
        world.bring_back(name)
        if number == 1:
            world.elect("n01")
        world.run(3)
        states.append(world.status().state)
    world.run(30)
    assert world.status().state is ClusterState.OPERATION
    names = [namespec for _, _, namespec in world.started]
    assert sorted(names) == sorted(f"app_{i:02d}:p" for i in range(1, 41)), "each once"
    assert world.stopped == [], "nothing was moved"
    begun = [at for at, _, _ in world.started]
    if options:
        assert max(begun) - min(begun) < 1.0, "one distribution"
    if options in ((O.STRICT,), (O.TIMEOUT,)):
        assert {sum(name == node for _, node, _ in world.started) for name in TWENTY} == {2}, "over all"
    assert ClusterState.CONCILIATION not in states
    assert all(isinstance(command, (m.StartProcess, m.Manage, m.RaiseEpoch)) for command in world.commands)
