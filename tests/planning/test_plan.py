"""What `plan` promises: it changes nothing, and what it says is what then happens."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tuiconsole.model.ledger import encode_ledger
from tuiconsole.model.plan import Basis, Plan, PlannedTarget, Question, Result
from tuiconsole.model.requests import Action, Verdict
from tuiconsole.model.states import ApplicationState, NodeState
from tuiconsole.model.status import QuorumStatus
from tuiconsole.planning.engine.loading import expected_loads
from tuiconsole.planning.forecast.plan import plan_loss, plan_request
from tuiconsole.planning.forecast.standing import Standing
from tuiconsole.rulebook.rules import Isolation, RunningFailureStrategy, StartingStrategy

from .foresight import as_another, as_master
from .scenario import CONSOLES, HCI, SERVERS, SRV
from .test_isolation_stories import isolate, isolating
from .world import World

SRV1, SRV2, HCI1, HCI2 = "scen2_srv_01", "scen2_srv_02", "scen2_hci_01", "scen2_hci_02"
RESULTS = {Verdict.DONE: Result.DONE, Verdict.REFUSED: Result.REFUSED, Verdict.FAILED: Result.FAILED}
PHASES = (Phase.explicit, Phase.generate)


@pytest.fixture
def world() -> World:
    return World().elect().run(5)


def ask(
    standing: Standing,
    question: Question,
    *names: str,
    on: str = "console_1",
    strategy: StartingStrategy | None = None,
) -> Plan:
    return plan_request(standing, question, names, origin=on, requested_by="ada", strategy=strategy)


def lose(standing: Standing, *nodes: str) -> Plan:
    return plan_loss(standing, nodes, origin="console_1")


def target(plan: Plan, name: str) -> PlannedTarget:
    [found] = [one for one in plan.targets if one.name == name]
    return found


def where(world: World, name: str) -> tuple[str, ...]:
    return tuple(world.alive(name))


def test_a_plan_tells_where_each_process_would_go_in_which_order_and_changes_nothing(world: World) -> None:
    stored, commands, alive = world.stored, len(world.commands), world.alive(HCI2)
    plan = ask(as_master(world), Question.START, HCI2, on="console_2")
    [one] = plan.targets
    assert (one.result, one.before, one.after) == (Result.DONE, (), ("console_2",))
    assert [move.namespec.partition(":")[2] for move in one.moves] == list(HCI)
    assert [move.step for move in one.moves] == [1, 2, 3, 3, 3]
    loads = {host.host: (host.before, host.after) for host in plan.hosts}
    assert loads["127.0.0.12"] == (42, 68)
    world.tell_together()
    assert world.stored == stored
    assert len(world.commands) == commands
    assert world.alive(HCI2) == alive
    assert plan.good


def test_a_plan_tells_why_not_elsewhere(world: World) -> None:
    world.kill_node("server_3")
    world.run(5)
    plan = ask(as_master(world), Question.RESTART, SRV2, strategy=StartingStrategy.LESS_LOADED)
    [place] = plan.targets[0].places
    reasons = {one.node: (one.chosen, one.fits, one.reason) for one in place.candidates}
    assert place.node == "server_2"
    assert reasons["server_2"] == (True, True, "")
    assert reasons["server_1"][:2] == (False, False)
    assert "% of host 127.0.0.11 would be used" in reasons["server_1"][2]
    assert reasons["server_3"][2].startswith("is lost")
    assert reasons["console_1"][2] == "the rule allows only server_1, server_2, server_3"
    assert set(reasons) == {*SERVERS, *CONSOLES}


def test_a_refusal_is_foretold_in_the_very_words_of_the_master(world: World) -> None:
    plan = ask(as_master(world), Question.START, SRV1, "nonsense", HCI1, on="server_1")
    told = {one.name: one.text for one in plan.targets}
    for name, text in told.items():
        outcome = world.answer(world.ask(Action.START, name, on="server_1"))
        assert (outcome.verdict, outcome.text) == (Verdict.REFUSED, text)
    assert not plan.good


def test_the_order_of_a_stop_and_the_load_it_gives_back(world: World) -> None:
    node = where(world, SRV1)[0]
    plan = ask(as_master(world), Question.STOP, SRV1)
    [one] = plan.targets
    assert (one.result, one.before, one.after) == (Result.DONE, (node,), ())
    assert all(move.action == "stop" for move in one.moves)
    host = world.nodes[node].host
    assert {(h.before, h.after) for h in plan.hosts if h.host == host} == {(42, 0)}


def test_another_agent_foretells_the_same_as_the_master_and_says_what_it_rests_on(world: World) -> None:
    for question, name in ((Question.START, HCI2), (Question.RESTART, SRV1), (Question.STOP, SRV2)):
        by_master = ask(as_master(world), question, name)
        by_other = ask(as_another(world), question, name)
        assert by_other.targets == by_master.targets
        assert by_other.hosts == by_master.hosts
    assert by_other.basis is Basis.REPORT
    assert "from the last report of a master" in by_other.notes[0]
    assert lose(as_another(world), "server_2").targets == lose(as_master(world), "server_2").targets


def test_a_job_that_goes_on_is_foretold_to_other_agents_too(world: World) -> None:
    world.ask(Action.START, HCI2, on="console_2")
    world.run(0.01)
    plan = ask(as_another(world), Question.START, HCI2, on="console_3")
    assert plan.targets[0].text == f"{HCI2} is being started on console_2 (asked by ada)"


def test_without_a_quorum_a_plan_says_so_and_what_a_master_would_do(world: World) -> None:
    gone = QuorumStatus(3, 1, 2, False, ("server_2", "server_3"))
    isolated = msgspec.structs.replace(world.nodes["console_2"], state=NodeState.ISOLATED)
    world.nodes["console_2"] = isolated
    plan = ask(as_another(world, gone), Question.START, HCI2, on="console_2")
    assert plan.targets[0].after == ("console_2",)
    assert plan.impossible.startswith("no quorum: 1 of 3 core nodes answer, 2 are needed")
    assert not plan.good


# Loss of nodes


def test_the_loss_of_a_server_moves_what_ran_there(world: World) -> None:
    node = where(world, SRV2)[0]
    plan = lose(as_master(world), node)
    foretold = target(plan, SRV2)
    assert [one.name for one in plan.targets] == [SRV2]
    assert (foretold.result, foretold.before) == (Result.MOVES, (node,))
    assert foretold.text.startswith("RESTART_APPLICATION: on ")
    world.go_silent(node)
    world.run(12)
    assert foretold.after == where(world, SRV2) != (node,)
    assert any("unmanaged" in note and "common_data_bus" in note for note in plan.notes)
    assert any("console_2 on the same host" in note for note in plan.notes)


def test_the_loss_of_the_masters_own_node_is_what_its_successor_would_decide(world: World) -> None:
    plan = lose(as_master(world, master="server_1"), "server_1")
    [moved] = [one for one in plan.targets if "server_1" in one.before]
    assert any("server_1 is master" in note for note in plan.notes)
    world.go_silent("server_1")
    world.elect("server_2")
    world.run(12)
    assert where(world, moved.name) == moved.after


def test_what_has_no_room_anywhere_is_foretold_as_without_a_place(world: World) -> None:
    # Two of three servers: one host cannot take all three applications.
    standing = as_master(world, QuorumStatus(1, 1, 1, True), "console_1")
    plan = lose(standing_with_all_core(standing, world), "server_2", "server_3")
    assert sorted(one.result.value for one in plan.targets) == ["moves", "no_place"]
    [left] = [one for one in plan.targets if one.result is Result.NO_PLACE]
    assert "84 % of host" not in left.text
    assert "126 % of host 127.0.0.11 would be used" in left.text
    assert not plan.good
    for node in ("server_2", "server_3"):
        world.go_silent(node)
    world.run(12)
    assert where(world, left.name) == ()


def standing_with_all_core(standing: Standing, world: World) -> Standing:
    """As if a console were the only voter: the loss of servers costs no quorum."""
    assert world.engine is not None
    nodes = world.engine.situation.nodes
    nodes["console_1"] = msgspec.structs.replace(nodes["console_1"], core=True)
    return standing


def test_keep_stays_held_and_stop_application_stays_stopped() -> None:
    world = isolating(Isolation.KEEP)
    isolate(world, Isolation.STOP, SRV2, running_failure_strategy=RunningFailureStrategy.STOP_APPLICATION)
    programs = {
        name: msgspec.structs.replace(
            world.rules.program(SRV2, name), running_failure_strategy=RunningFailureStrategy.STOP_APPLICATION
        )
        for name in SRV
    }
    world.rules.extra[SRV2] = (world.rules.extra[SRV2][0], programs)
    world.elect().run(5)
    [kept], [stopped] = where(world, SRV1), where(world, SRV2)
    plan = lose(as_master(world, master="console_1"), kept)
    assert target(plan, SRV1).result is Result.HELD
    assert "KEEP" in target(plan, SRV1).text
    plan = lose(as_master(world, master="console_1"), stopped)
    assert target(plan, SRV2).result is Result.ENDS
    assert target(plan, SRV2).after == ()
    world.cut_off(kept)
    world.go_silent(stopped)
    world.run(12)
    assert world.app(SRV2).state is ApplicationState.STOPPED


def test_the_loss_of_a_majority_stops_everything_but_what_may_go_on() -> None:
    world = isolating(Isolation.KEEP).elect().run(5)
    plan = lose(as_master(world), *(name for name in SERVERS if name not in where(world, SRV1)))
    assert "no quorum then: 1 of 3 core nodes would be left" in plan.impossible
    assert target(plan, SRV1).result is Result.GOES_ON
    assert target(plan, SRV2).result is Result.ENDS
    assert target(plan, SRV2).text == "stopped everywhere within 4 s: its isolation is STOP"


def test_with_etcd_the_core_nodes_are_no_voters(world: World) -> None:
    standing = as_master(world)
    plan = lose(Standing(**{**vars(standing), "voters_are_nodes": False}), "server_2", "server_3")
    assert not plan.impossible


# What is foretold is what happens


@settings(max_examples=25, deadline=None, phases=PHASES)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([Action.START, Action.STOP, Action.RESTART]),
            st.sampled_from([SRV1, SRV2, HCI1, HCI2, f"{SRV1}:{SRV[3]}", f"{HCI2}:{HCI[2]}"]),
            st.sampled_from([*SERVERS, *CONSOLES]),
            st.sampled_from([None, *StartingStrategy]),
        ),
        min_size=1,
        max_size=6,
    ),
    st.sampled_from(["", *SERVERS[1:], *CONSOLES]),
    st.booleans(),
)
def test_what_is_foretold_is_what_then_happens(
    story: list[tuple[Action, str, str, StartingStrategy | None]], dead: str, master: bool
) -> None:
    world = World().elect().run(5)
    if dead:
        world.kill_node(dead)
        world.run(3)
    for action, name, on, strategy in story:
        strategy = None if action is Action.STOP else strategy
        standing = as_master(world) if master else as_another(world, master="server_1")
        before = encode_ledger(world.ledger)
        plan = ask(standing, Question(action.value), name, on=on, strategy=strategy)
        assert encode_ledger(world.ledger) == before
        [foretold] = plan.targets
        starts, stops = len(world.started), len(world.stopped)
        outcome = world.answer_within(world.ask(action, name, on=on, strategy=strategy), 30)
        assert foretold.result is RESULTS[outcome.verdict]
        # Only the master knows by which proof a node was lost.
        assert foretold.text == outcome.text or not master
        assert {(m.action, m.namespec, m.node) for m in foretold.moves} == {
            *(("start", n, node) for _, node, n in world.started[starts:]),
            *(("stop", n, node) for _, node, n in world.stopped[stops:]),
        }
        loads = {h.host: h.after for h in plan.hosts}
        assert world.engine is not None
        assert loads == dict(expected_loads(world.engine.situation).hosts)


@settings(max_examples=15, deadline=None, phases=PHASES)
@given(
    st.lists(st.sampled_from([HCI1, HCI2, "scen2_hci_03"]), max_size=3, unique=True),
    st.sampled_from([*SERVERS, *CONSOLES]),
    st.sampled_from(["", *CONSOLES]),
)
def test_what_is_foretold_of_a_loss_is_what_then_happens(apps: list[str], lost: str, dead: str) -> None:
    world = World().elect("server_1").run(5)
    for number, name in enumerate(apps):
        world.ask(Action.START, name, on=CONSOLES[number % 3])
        world.run(3)
    if dead and dead != lost:
        world.kill_node(dead)
        world.run(5)
    plan = lose(as_master(world, master="server_1"), lost)
    world.go_silent(lost)
    if lost == "server_1":
        world.elect("server_2")
    world.run(30)
    for one in plan.targets:
        assert one.after == where(world, one.name)
        assert (world.app(one.name).state is ApplicationState.RUNNING) is (one.result is Result.MOVES)
    touched = {one.name for one in plan.targets}
    for name in (SRV1, SRV2, *apps):
        assert name in touched or lost not in where(world, name)
