"""KEEP and ALLOW: what a node that is cut off may go on with, and what becomes of it when it is back."""

from __future__ import annotations

import msgspec
import pytest

from tuiconsole.model.ledger import Wanted
from tuiconsole.model.requests import Action, Verdict
from tuiconsole.model.states import ApplicationState, ProcessState
from tuiconsole.planning.engine import messages as m
from tuiconsole.rulebook.rules import Isolation, RunningFailureStrategy

from .scenario import BUS, SRV, Rules
from .world import World

SRV1, SRV2 = "scen2_srv_01", "scen2_srv_02"
LOST = 10.0
"""Seconds after which a silent node is certainly lost."""


def isolating(isolation: Isolation, name: str = SRV1, **rules: object) -> World:
    """Scenario 2, where one application has another isolation than STOP."""
    world = World(Rules())
    isolate(world, isolation, name, **rules)
    return world


def isolate(world: World, isolation: Isolation, name: str = SRV1, **rules: object) -> None:
    """Change the rules."""
    known, world.rules.extra = world.rules.extra, {}
    application = world.rules.application(name)
    assert application is not None
    programs = {program: world.rules.program(name, program) for program in SRV}
    world.rules.extra = {
        **known,
        name: (msgspec.structs.replace(application, isolation=isolation, **rules), programs),
    }


def test_keep_goes_on_under_its_token_through_a_partition_and_the_heal() -> None:
    world = isolating(Isolation.KEEP).elect().run(5)
    [node] = world.alive(SRV1)
    token, starts = world.ledger.grants[SRV1].token, world.order_of_starts(SRV1)
    world.cut_off(node)
    world.run(LOST)
    assert node in world.ledger.epochs, "its lease is over"
    refused = world.answer(world.ask(Action.START, SRV1))
    assert refused.verdict is Verdict.REFUSED
    assert f"tuiconsole confirm-dead {node}" in refused.text
    assert "KEEP" in (world.app(SRV1).reason or "")
    world.rejoin(node)
    world.run(5)
    grant = world.ledger.grants[SRV1]
    assert (grant.node, grant.token, grant.epoch) == (node, token, world.nodes[node].epoch)
    assert world.order_of_starts(SRV1) == starts
    assert world.stopped == []
    assert world.app(SRV1).state is ApplicationState.RUNNING
    assert not world.app(SRV1).major_failure


def test_keep_stays_also_with_masters_that_never_heard_of_its_node() -> None:
    world = isolating(Isolation.KEEP).elect().run(5)
    [node] = world.alive(SRV1)
    world.cut_off(node)
    known = world.nodes[node]
    # All that the next master knows of it is the ledger; no other node names the application either.
    world.nodes = {
        name: msgspec.structs.replace(
            one,
            processes={n: p for n, p in one.processes.items() if p.group != SRV1 and name != node},
        )
        for name, one in world.nodes.items()
    }
    world.depose()
    world.run(1)
    world.elect("server_2" if node != "server_2" else "server_3").run(LOST)
    assert node in world.ledger.epochs
    assert world.ledger.grants[SRV1].node == node
    world.nodes[node] = known
    starts = len(world.started)
    world.rejoin(node)
    world.run(5)
    assert world.ledger.grants[SRV1].node == node
    assert not any(n.startswith(SRV1) for _, _, n in world.started[starts:])


def test_what_dies_under_keep_while_its_node_is_away_is_judged_when_it_is_back() -> None:
    world = isolating(Isolation.KEEP).elect().run(5)
    [node] = world.alive(SRV1)
    world.cut_off(node)
    world.run(LOST)
    world.crash(node, f"{SRV1}:{BUS}")
    world.run(1)
    assert world.ledger.grants[SRV1].node == node, "nobody knows yet"
    world.rejoin(node)
    world.run(5)
    assert world.order_of_starts(SRV1).count(BUS) == 2, "its bus takes the application with it"
    assert world.app(SRV1).state is ApplicationState.RUNNING


def test_a_new_master_judges_what_died_under_keep_before_it_heard_of_the_node() -> None:
    world = isolating(Isolation.KEEP).elect().run(5)
    [node] = world.alive(SRV1)
    world.cut_off(node)
    world.run(LOST)
    world.crash(node, f"{SRV1}:{BUS}")
    world.depose()
    world.run(1)
    world.elect("server_2" if node != "server_2" else "server_3").run(LOST)
    world.rejoin(node)
    world.run(5)
    assert world.order_of_starts(SRV1).count(BUS) == 2


@pytest.mark.parametrize("before", [Isolation.KEEP, Isolation.ALLOW])
def test_rules_that_change_to_stop_free_nothing_that_a_node_may_still_keep(before: Isolation) -> None:
    """A node that could not hear of the change goes on by the list that it has."""
    world = isolating(before).elect().run(5)
    [node] = world.alive(SRV1)
    world.cut_off(node)
    world.depose()
    isolate(world, Isolation.STOP)
    world.elect("server_2" if node != "server_2" else "server_3").run(LOST)
    assert world.ledger.grants[SRV1].node == node
    assert world.answer(world.ask(Action.START, SRV1)).verdict is Verdict.REFUSED


def test_rules_that_change_to_keep_are_in_the_ledger_before_a_node_hears_of_them() -> None:
    world = World().elect().run(5)
    assert not world.ledger.grants[SRV1].kept
    world.depose()
    isolate(world, Isolation.KEEP)
    world.elect("server_2")
    assert world.ledger.grants[SRV1].kept


def test_a_start_carries_the_isolation_of_its_rules() -> None:
    world = isolating(Isolation.KEEP).elect().run(5)
    said = {c.isolation for c in world.commands if isinstance(c, m.StartProcess) and c.grant == SRV1}
    assert said == {Isolation.KEEP}
    assert world.ledger.grants[SRV1].kept
    assert not world.ledger.grants[SRV2].kept


def test_what_was_stopped_by_people_while_keep_held_it_ends_when_its_node_is_back() -> None:
    world = isolating(Isolation.KEEP).elect().run(5)
    [node] = world.alive(SRV1)
    world.cut_off(node)
    world.run(LOST)
    request = world.ask(Action.STOP, SRV1, timeout=2)
    world.run(3)
    assert f"{node} is lost" in world.answer(request).text
    world.rejoin(node)
    world.run(5)
    assert world.alive(SRV1) == {}
    assert SRV1 not in world.ledger.grants


def test_allow_starts_elsewhere_once_the_epoch_is_raised_and_its_double_blocks_nothing_else() -> None:
    world = isolating(Isolation.ALLOW).elect().run(5)
    world.doubles_allowed = True
    [node] = world.alive(SRV1)
    world.cut_off(node)
    world.run(3)
    assert set(world.alive(SRV1)) == {node}, "its lease may still hold"
    world.run(LOST)
    [other] = set(world.alive(SRV1)) - {node}
    assert world.ledger.grants[SRV1].node == other
    world.rejoin(node)
    world.run(3)
    [conflict] = world.status().conflicts
    assert (conflict.name, set(conflict.nodes)) == (SRV1, {node, other})
    refused = world.answer(world.ask(Action.START, SRV1))
    assert refused.verdict is Verdict.REFUSED
    assert "runs more than once" in refused.text
    request = world.ask(Action.STOP, SRV2)
    world.run(1)
    assert world.answer(request).verdict is Verdict.DONE
    request = world.ask(Action.START, SRV2)
    world.run(3)
    assert world.answer(request).verdict is Verdict.DONE


def test_allow_is_adopted_under_its_own_token_where_nobody_started_it_elsewhere() -> None:
    world = isolating(Isolation.ALLOW, identifiers=("server_1",)).elect().run(5)
    [node] = world.alive(SRV1)
    token, starts = world.ledger.grants[SRV1].token, world.order_of_starts(SRV1)
    world.cut_off(node)
    world.run(LOST)
    assert SRV1 not in world.ledger.grants
    world.rejoin(node)
    world.run(5)
    assert (world.ledger.grants[SRV1].node, world.ledger.grants[SRV1].token) == (node, token)
    assert world.order_of_starts(SRV1) == starts
    assert world.stopped == []
    app = world.app(SRV1)
    assert (app.state, app.major_failure, app.reason) == (ApplicationState.RUNNING, False, None)


def test_allow_that_was_given_up_for_lost_is_wanted_again_when_it_is_found_running() -> None:
    world = isolating(Isolation.ALLOW)
    _, programs = world.rules.extra[SRV1]
    programs[BUS] = msgspec.structs.replace(
        programs[BUS], running_failure_strategy=RunningFailureStrategy.STOP_APPLICATION
    )
    world.elect().run(5)
    [node] = world.alive(SRV1)
    world.cut_off(node)
    world.run(LOST)
    assert world.ledger.wishes[SRV1].wanted is Wanted.STOPPED
    world.rejoin(node)
    world.run(3)
    assert world.ledger.wishes[SRV1].wanted is Wanted.STARTED
    assert world.app(SRV1).nodes == (node,)


def test_allow_that_people_stopped_meanwhile_ends_when_its_node_is_back() -> None:
    world = isolating(Isolation.ALLOW, identifiers=("server_1",)).elect().run(5)
    [node] = world.alive(SRV1)
    world.cut_off(node)
    world.run(LOST)
    world.ask(Action.STOP, SRV1)
    world.rejoin(node)
    world.run(5)
    assert world.alive(SRV1) == {}
    process = world.nodes[node].processes[f"{SRV1}:{BUS}"]
    assert process.state is ProcessState.STOPPED
    assert world.ledger.wishes[SRV1].wanted is Wanted.STOPPED
