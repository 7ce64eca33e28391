"""Doubles and their end: by strategy or a person's word, over masters that die, with proof before a start."""

from __future__ import annotations

import msgspec
import pytest

from tuiconsole.model.ledger import Wanted
from tuiconsole.model.requests import Action, Verdict
from tuiconsole.model.states import ApplicationState, ClusterState, ProcessState
from tuiconsole.planning.engine import messages as m
from tuiconsole.rulebook.rules import ConciliationStrategy, Isolation

from .scenario import BUS, SRV
from .test_engine_stories import rules_of, spread
from .test_isolation_stories import LOST, SRV1, SRV2, isolating
from .world import World

S = ConciliationStrategy


def doubled(strategy: ConciliationStrategy) -> tuple[World, str, str]:
    """An ALLOW application that was started elsewhere while its node was cut off; old and new node."""
    world = isolating(Isolation.ALLOW, conciliation=strategy).elect().run(5)
    world.doubles_allowed = True
    [old] = world.alive(SRV1)
    world.cut_off(old)
    world.run(LOST)
    [new] = set(world.alive(SRV1)) - {old}
    return world, old, new


def conciliated(strategy: ConciliationStrategy) -> tuple[World, str, str]:
    """The same, some seconds after the heal."""
    world, old, new = doubled(strategy)
    world.rejoin(old)
    world.run(5)
    assert world.status().conflicts == ()
    assert world.report is not None
    assert world.report.state is ClusterState.OPERATION
    return world, old, new


def by_hand(world: World, node: str, namespec: str) -> None:
    """Started past the lock, as guard `report` lets it be."""
    world.doubles_allowed = True
    world.spawn(node, namespec)


def test_senicide_keeps_the_youngest_and_voids_the_token_of_the_other() -> None:
    world, old, new = conciliated(S.SENICIDE)
    assert set(world.alive(SRV1)) == {new}
    assert world.ledger.grants[SRV1].node == new
    process = world.nodes[old].processes[f"{SRV1}:{BUS}"]
    assert process.state is ProcessState.STOPPED
    assert world.floors[old, SRV1] == process.token, "it can never be started there again under that token"
    assert not world.app(SRV1).major_failure


def test_infanticide_keeps_the_oldest_under_its_own_token_and_releases_the_other() -> None:
    world, old, new = conciliated(S.INFANTICIDE)
    assert set(world.alive(SRV1)) == {old}
    grant = world.ledger.grants[SRV1]
    assert (grant.node, grant.token) == (old, world.nodes[old].processes[f"{SRV1}:{BUS}"].token)
    assert any(isinstance(c, m.ReleaseGrant) and c.node == new for c in world.commands)
    greatest = world.floors[new, SRV1]
    request = world.ask(Action.RESTART, SRV1)
    world.run(3)
    assert world.answer(request).verdict is Verdict.DONE
    assert world.ledger.grants[SRV1].token > greatest, "tokens only grow"


def test_stop_ends_all_of_it_and_says_why_until_somebody_starts_it() -> None:
    world, old, _ = conciliated(S.STOP)
    assert world.alive(SRV1) == {}
    app = world.app(SRV1)
    assert app.state is ApplicationState.STOPPED
    assert f"{SRV1} ran on" in (app.reason or "")
    assert old in (app.reason or "")
    world.run(30)
    assert world.alive(SRV1) == {}
    world.ask(Action.START, SRV1)
    world.run(3)
    assert world.app(SRV1).state is ApplicationState.RUNNING


@pytest.mark.parametrize("strategy", [S.RESTART, S.RUNNING_FAILURE])
def test_restart_waits_for_the_proof_that_nothing_runs(strategy: ConciliationStrategy) -> None:
    """The bus of an srv restarts its application: with it, RUNNING_FAILURE does what RESTART does."""
    world, old, _ = doubled(strategy)
    bus = f"{SRV1}:{BUS}"
    world.stuck.add(bus)
    world.rejoin(old)
    starts = len(world.started)
    world.run(8)
    assert all(world.nodes[n].processes[bus].state is ProcessState.STOPPING for n in world.alive(SRV1))
    assert len(world.alive(SRV1)) == 2
    assert not any(n.startswith(SRV1) for _, _, n in world.started[starts:])
    assert world.status().conflicts[0].waits.startswith("restart goes on")
    [first, second] = world.alive(SRV1)
    world.become(first, bus, ProcessState.STOPPED, pid=0)
    world.run(2)
    assert not any(n.startswith(SRV1) for _, _, n in world.started[starts:]), "one of two is no proof"
    world.stuck.clear()
    world.become(second, bus, ProcessState.STOPPED, pid=0)
    world.doubles_allowed = False
    world.run(5)
    assert world.app(SRV1).state is ApplicationState.RUNNING
    assert len(world.alive(SRV1)) == 1


def test_user_leaves_it_to_people_who_see_what_each_choice_would_do() -> None:
    world, old, new = doubled(S.USER)
    world.rejoin(old)
    world.run(60)
    assert set(world.alive(SRV1)) == {old, new}
    [conflict] = world.status().conflicts
    assert (conflict.name, conflict.strategy, conflict.waits) == (SRV1, "USER", "people choose")
    tokens = {one.node: one.token for one in conflict.instances}
    older, younger = tokens[old], tokens[new]
    assert older is not None
    assert younger is not None
    assert older < younger
    assert conflict.options["SENICIDE"] == f"{new} keeps it (the youngest), {old} stops it"
    assert set(conflict.options) == {strategy.value for strategy in S}
    request = world.ask(Action.CONCILIATE, SRV1, keep=old)
    world.run(3)
    outcome = world.answer(request)
    assert (outcome.verdict, outcome.text) == (Verdict.DONE, f"conciliated: {SRV1} stays on {old}")
    assert set(world.alive(SRV1)) == {old}
    assert world.ledger.grants[SRV1].node == old


@pytest.mark.parametrize(
    ("strategy", "left"), [(S.SENICIDE, "new"), (S.INFANTICIDE, "old"), (S.STOP, ""), (S.RESTART, "one")]
)
def test_a_person_may_choose_any_strategy_for_one_conflict(strategy: ConciliationStrategy, left: str) -> None:
    world, old, new = doubled(S.USER)
    world.rejoin(old)
    world.run(2)
    request = world.ask(Action.CONCILIATE, SRV1, conciliation=strategy)
    world.run(5)
    assert world.answer(request).verdict is Verdict.DONE
    found = set(world.alive(SRV1))
    assert found == {"new": {new}, "old": {old}, "": set()}.get(left, found)
    assert len(found) == (0 if not left else 1)


def test_what_cannot_be_conciliated_is_refused_with_the_reason() -> None:
    world, old, new = doubled(S.USER)

    def refusal(target: str, **chosen: object) -> str:
        outcome = world.answer(world.ask(Action.CONCILIATE, target, **chosen))  # type: ignore[arg-type]
        assert outcome.verdict is Verdict.REFUSED
        return outcome.text

    assert refusal(SRV1, keep=new) == f"nothing of {SRV1} runs more than once"
    world.rejoin(old)
    world.run(2)
    assert "name it without a process" in refusal(f"{SRV1}:{BUS}", keep=new)
    assert f"console_1 runs no instance of {SRV1}" in refusal(SRV1, keep="console_1")
    assert "leaves it to people" in refusal(SRV1, conciliation=S.USER)
    world.cut_off(old)
    world.run(1)
    assert f"{old} is silent" in refusal(SRV1, keep=new)


def test_a_conflict_blocks_its_own_application_only() -> None:
    world, old, _ = doubled(S.USER)
    world.rejoin(old)
    world.run(2)
    text = world.answer(world.ask(Action.START, SRV1)).text
    assert "runs more than once" in text
    assert f"tuiconsole conciliate {SRV1}" in text
    for action in (Action.STOP, Action.START):
        request = world.ask(action, SRV2)
        world.run(3)
        assert world.answer(request).verdict is Verdict.DONE
    request = world.ask(Action.STOP, SRV1)
    world.run(3)
    assert world.answer(request).verdict is Verdict.DONE
    assert world.alive(SRV1) == {}


def test_what_is_started_past_the_lock_is_conciliated_as_a_whole_application() -> None:
    """Guard `report`: one program by hand makes a second instance; the application that was granted stays."""
    world = isolating(Isolation.STOP, conciliation=S.INFANTICIDE).elect().run(5)
    [node] = world.alive(SRV1)
    other = next(name for name in ("server_1", "server_2") if name != node)
    before = world.alive(SRV1)
    by_hand(world, other, f"{SRV1}:{SRV[2]}")
    [conflict] = world.status().conflicts
    assert {one.node: one.processes for one in conflict.instances}[other] == (f"{SRV1}:{SRV[2]}",)
    world.run(3)
    assert world.alive(SRV1) == before
    assert world.status().conflicts == ()


def test_the_age_of_what_was_started_by_hand_is_told_by_clocks_that_differ() -> None:
    world = World().elect().run(5)
    world.doubles_allowed = True
    [node] = world.alive(SRV1)
    other = next(name for name in ("server_1", "server_2") if name != node)
    # The machine of `other` was booted an hour after the master's: its clock shows less.
    world.tell(m.ClocksCompared({other: -3600.0}))
    world.become(other, f"{SRV1}:{BUS}", ProcessState.STARTING, pid=4711, started_at=world.now - 3600.0)
    world.become(other, f"{SRV1}:{BUS}", ProcessState.RUNNING)
    [conflict] = world.status().conflicts
    assert conflict.options["SENICIDE"] == f"{other} keeps it (the youngest), {node} stops it"
    assert max(conflict.instances, key=lambda one: one.since).node == other


def test_a_distributed_application_is_conciliated_process_by_process() -> None:
    rules = rules_of("spread")
    application, programs = rules.extra["spread"]
    rules.extra["spread"] = (msgspec.structs.replace(application, conciliation=S.INFANTICIDE), programs)
    world = spread(World(rules)).elect().run(5)
    before = {n: world.ledger.grants[n] for n in ("spread:a", "spread:b")}
    free = next(n for n in ("server_1", "server_2", "server_3") if n not in {g.node for g in before.values()})
    stops = len(world.stopped)
    by_hand(world, free, "spread:a")
    world.run(3)
    assert [(node, n) for _, node, n in world.stopped[stops:]] == [(free, "spread:a")]
    assert {n: world.ledger.grants[n] for n in before} == before
    assert world.app("spread").state is ApplicationState.RUNNING


def test_processes_that_conciliation_stopped_stay_stopped_until_somebody_starts_them() -> None:
    rules = rules_of("spread")
    application, programs = rules.extra["spread"]
    rules.extra["spread"] = (msgspec.structs.replace(application, conciliation=S.STOP), programs)
    world = spread(World(rules)).elect().run(5)
    taken = {world.ledger.grants[n].node for n in ("spread:a", "spread:b")}
    free = next(n for n in ("server_1", "server_2", "server_3") if n not in taken)
    by_hand(world, free, "spread:a")
    world.run(40)
    alive = [n for found in world.alive("spread").values() for n in found]
    assert alive == ["spread:b"]
    assert "conciliation" not in (world.app("spread").reason or "")
    assert "spread:a ran on" in (world.app("spread").reason or "")
    request = world.ask(Action.START, "spread:a")
    world.run(3)
    assert world.answer(request).verdict is Verdict.DONE


@pytest.mark.parametrize("strategy", [S.SENICIDE, S.INFANTICIDE, S.STOP, S.RESTART])
def test_the_next_master_goes_on_with_a_conciliation(strategy: ConciliationStrategy) -> None:
    world, old, new = doubled(S.USER)
    world.rejoin(old)
    world.run(2)
    request = world.ask(Action.CONCILIATE, SRV1, conciliation=strategy)
    world.run(0.02)
    assert SRV1 in world.ledger.jobs
    world.depose()
    world.run(1)
    world.elect("console_1").run(5)
    assert world.answer(request).verdict is Verdict.DONE
    found = set(world.alive(SRV1))
    expected = {S.SENICIDE: {new}, S.INFANTICIDE: {old}, S.STOP: set()}
    assert found == expected.get(strategy, found)
    assert world.status().conflicts == ()


def test_where_what_was_to_stay_ends_meanwhile_it_is_started_once_everything_else_has_ended() -> None:
    world, old, new = doubled(S.USER)
    bus = f"{SRV1}:{BUS}"
    world.stuck.add(bus)
    world.rejoin(old)
    world.run(2)
    request = world.ask(Action.CONCILIATE, SRV1, keep=old)
    world.run(1)
    for namespec in list(world.alive(SRV1)[old]):
        world.crash(old, namespec)
    starts = len(world.started)
    world.run(2)
    assert len(world.started) == starts, "the other one is still being stopped"
    world.stuck.clear()
    world.become(new, bus, ProcessState.STOPPED, pid=0)
    world.doubles_allowed = False
    world.run(5)
    outcome = world.answer(request)
    assert (outcome.verdict, outcome.text) == (Verdict.DONE, "started"), "it does not say that it stayed"
    assert world.app(SRV1).state is ApplicationState.RUNNING
    assert world.ledger.wishes[SRV1].wanted is Wanted.STARTED


def test_conciliation_waits_for_a_node_that_is_silent() -> None:
    world, old, new = doubled(S.USER)
    world.rejoin(old)
    world.run(2)
    world.rules.extra[SRV1] = (
        msgspec.structs.replace(world.rules.extra[SRV1][0], conciliation=S.INFANTICIDE),
        world.rules.extra[SRV1][1],
    )
    world.mute.add(old)
    world.depose()
    world.elect("console_1").run(1)
    assert set(world.alive(SRV1)) == {old, new}
    world.heard(old)
    world.run(3)
    assert set(world.alive(SRV1)) == {old}


def test_a_node_that_was_confirmed_dead_by_mistake_brings_a_double_that_is_conciliated() -> None:
    world = isolating(Isolation.KEEP, conciliation=S.INFANTICIDE).elect().run(5)
    world.doubles_allowed = True
    [old] = world.alive(SRV1)
    token = world.ledger.grants[SRV1].token
    world.cut_off(old)
    world.run(LOST)
    world.tell(m.NodeDown(old, world.nodes[old].incarnation, 0, "is dead, ada confirms: it is not"))
    world.run(5)
    assert len(world.alive(SRV1)) == 2
    world.rejoin(old)
    world.run(5)
    assert set(world.alive(SRV1)) == {old}
    assert world.ledger.grants[SRV1].token == token
