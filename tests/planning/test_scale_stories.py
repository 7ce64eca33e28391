"""How many processes a program has changes while all goes on: surplus is stopped first, nothing doubled."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest

from tuiconsole.model.process import Process
from tuiconsole.model.requests import Action, Verdict
from tuiconsole.model.states import ProcessState
from tuiconsole.planning.engine import messages as m
from tuiconsole.rulebook.rules import (
    ApplicationRules,
    Distribution,
    ProgramRules,
    RunningFailureStrategy,
    StartingStrategy,
)

from .scenario import SERVERS, Rules
from .world import World

APP, KEY = "plant", "plant:pump"


class PumpRules(Rules):
    """Any pump is alike."""

    def __init__(self, distribution: Distribution, sequence: int = 1) -> None:
        rules = ApplicationRules(
            APP,
            distribution,
            SERVERS,
            start_sequence=sequence,
            starting_strategy=StartingStrategy.LESS_LOADED,
        )
        super().__init__({APP: (rules, {})})

    def program(self, application: str, program: str) -> ProgramRules:
        if application != APP:
            return super().program(application, program)
        return ProgramRules(
            SERVERS,
            start_sequence=1,
            expected_loading=5,
            running_failure_strategy=RunningFailureStrategy.RESTART_PROCESS,
        )


def plant(distribution: Distribution = Distribution.ALL_INSTANCES, sequence: int = 1) -> World:
    """Two pumps on any of three servers."""
    world = World(PumpRules(distribution, sequence))
    proto = Process(APP, "pump_0", ProcessState.STOPPED, program="pump", numprocs=2)
    pumps = [proto, msgspec.structs.replace(proto, name="pump_1", index=1)]
    for name in SERVERS:
        processes = {**world.nodes[name].processes, **{one.namespec: one for one in pumps}}
        world.nodes[name] = msgspec.structs.replace(world.nodes[name], processes=processes)
    return world.elect().run(5)


def pumps(world: World) -> Counter[str]:
    """How often each pump is alive."""
    return Counter(namespec for alive in world.alive(APP).values() for namespec in alive)


def known(world: World, node: str) -> set[str]:
    return {n for n, p in world.nodes[node].processes.items() if p.group == APP}


@pytest.mark.parametrize("distribution", [Distribution.ALL_INSTANCES, Distribution.SINGLE_INSTANCE])
def test_more_are_added_on_all_nodes_and_started_once(distribution: Distribution) -> None:
    world = plant(distribution)
    request = world.ask(Action.SCALE, KEY, number=4)
    world.run(5)
    assert world.answer(request).text == "scaled to 4"
    assert pumps(world) == Counter({f"plant:pump_{i}": 1 for i in range(4)})
    assert all(len(known(world, name)) == 4 for name in SERVERS)
    assert len(world.stopped) == 0, "what runs is not touched"


@pytest.mark.parametrize("distribution", [Distribution.ALL_INSTANCES, Distribution.SINGLE_INSTANCE])
def test_fewer_are_stopped_before_they_are_taken_away_and_give_their_grants_back(
    distribution: Distribution,
) -> None:
    world = plant(distribution)
    world.ask(Action.SCALE, KEY, number=5)
    world.run(5)
    request = world.ask(Action.SCALE, KEY, number=1)
    world.run(5)
    assert world.answer(request).text == "scaled to 1"
    assert pumps(world) == Counter({"plant:pump_0": 1})
    assert all(known(world, name) == {"plant:pump_0"} for name in SERVERS)
    assert {namespec for _, _, namespec in world.stopped} == {f"plant:pump_{i}" for i in range(1, 5)}
    granted = {name for name in world.ledger.grants if name.startswith(APP)}
    assert granted == ({"plant:pump_0"} if distribution is Distribution.ALL_INSTANCES else {APP})
    assert not world.app(APP).major_failure
    assert not world.app(APP).minor_failure


def test_the_number_is_kept_for_a_node_that_joins_later_and_by_the_next_master() -> None:
    world = plant()
    world.kill_node("server_3")
    world.run(2)
    world.ask(Action.SCALE, KEY, number=3)
    world.run(5)
    world.depose()
    world.elect("server_2").run(2)
    world.bring_back("server_3")
    world.run(3)
    assert len(known(world, "server_3")) == 3
    assert max(pumps(world).values()) == 1


def test_a_new_master_finishes_and_answers() -> None:
    world = plant()
    world.ask(Action.SCALE, KEY, number=4)
    world.run(5)
    request = world.ask(Action.SCALE, KEY, number=2)
    world.run(0.02)
    world.depose()
    world.run(1)
    world.elect("server_2").run(5)
    assert world.answer(request).verdict is Verdict.DONE
    assert sorted(pumps(world)) == ["plant:pump_0", "plant:pump_1"]


def test_the_number_of_the_files_counts_again_once_it_is_asked_for() -> None:
    world = plant()
    world.ask(Action.SCALE, KEY, number=3)
    world.run(5)
    assert world.ledger.scales == {KEY: 3}
    world.ask(Action.SCALE, KEY, number=2)
    world.run(5)
    assert world.ledger.scales == {}
    assert sorted(known(world, "server_1")) == ["plant:pump_0", "plant:pump_1"]


def test_what_is_surplus_is_started_by_nobody_and_its_end_has_no_consequence() -> None:
    world = plant()
    world.stuck.add("plant:pump_1")
    world.ask(Action.SCALE, KEY, number=1)
    world.run(2)
    refused = world.answer(world.ask(Action.START, "plant:pump_1"))
    assert refused.verdict is Verdict.REFUSED
    assert "plant:pump is scaled to 1: this one is surplus" in refused.text
    starts = len(world.started)
    [node] = [name for name, alive in world.alive(APP).items() if "plant:pump_1" in alive]
    world.become(node, "plant:pump_1", ProcessState.EXITED, pid=0, expected_exit=False)
    world.run(5)
    assert len(world.started) == starts
    assert sorted(pumps(world)) == ["plant:pump_0"]
    assert known(world, node) == {"plant:pump_0"}


def test_a_start_leaves_out_what_only_a_node_that_is_away_still_has() -> None:
    world = plant(sequence=0)
    world.ask(Action.SCALE, KEY, number=4)
    world.run(3)
    world.kill_node("server_3")
    world.run(2)
    world.ask(Action.SCALE, KEY, number=2)
    world.run(3)
    assert len(known(world, "server_3")) == 4, "nobody could tell it"
    request = world.ask(Action.START, APP)
    world.run(5)
    assert world.answer(request).text == "started"
    assert sorted(pumps(world)) == ["plant:pump_0", "plant:pump_1"]
    assert not world.app(APP).minor_failure


def test_of_an_application_that_is_stopped_nothing_is_started() -> None:
    world = plant(sequence=0)
    request = world.ask(Action.SCALE, KEY, number=3)
    world.run(5)
    assert world.answer(request).text.startswith("scaled to 3; nothing of it was started")
    assert pumps(world) == Counter()
    world.ask(Action.START, APP)
    world.run(5)
    assert len(pumps(world)) == 3


@pytest.mark.parametrize(
    ("target", "number", "words"),
    [
        (KEY, 0, "1 to 1000 processes"),
        (KEY, 1001, "1 to 1000 processes"),
        ("plant:valve", 2, "plant has: plant:pump"),
        ("scen2_srv_01:scen2_config_manager", 2, "scen2_srv_01 has none"),
    ],
)
def test_what_cannot_be_scaled_is_refused_and_says_what_can(target: str, number: int, words: str) -> None:
    world = plant()
    refused = world.answer(world.ask(Action.SCALE, target, number=number))
    assert refused.verdict is Verdict.REFUSED
    assert words in refused.text
    assert not [one for one in world.commands if isinstance(one, m.Manage) and one.scales]
