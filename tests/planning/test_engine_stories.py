"""What the master engine promises beyond Scenario 2: take-over, repair, bounded time, strays."""

from __future__ import annotations

import msgspec
import pytest

from tuiconsole.model.ledger import GrantState, Wanted
from tuiconsole.model.node import Pids, View
from tuiconsole.model.process import Process
from tuiconsole.model.requests import Action, Verdict
from tuiconsole.model.states import ApplicationState, ClusterState, NodeState, ProcessState
from tuiconsole.planning.engine import messages as m
from tuiconsole.planning.engine.machine import Engine
from tuiconsole.rulebook.rules import (
    ApplicationRules,
    Isolation,
    ProgramRules,
    RunningFailureStrategy,
    StartingFailureStrategy,
    StartingStrategy,
)

from .scenario import BUS, CHECK, HCI, SRV, Rules, view
from .world import World

SRV1, HCI1, HCI2 = "scen2_srv_01", "scen2_hci_01", "scen2_hci_02"


@pytest.fixture
def world() -> World:
    return World().elect().run(5)


def without(world: World, *names: str) -> None:
    """These nodes are not there yet."""
    for name in names:
        world.nodes[name] = msgspec.structs.replace(world.nodes[name], state=NodeState.STOPPED)
        world.dead.add(name)


# Take-over


@pytest.mark.parametrize("after", [0.01, 0.02, 0.05, 0.13, 0.2, 0.3])
def test_a_new_master_goes_on_with_a_start_and_starts_nothing_twice(world: World, after: float) -> None:
    request = world.ask(Action.START, HCI2, on="console_2")
    world.run(after)
    world.depose()
    world.run(1)
    world.elect("server_2").run(5)
    assert world.answer(request).verdict is Verdict.DONE
    assert sorted(world.order_of_starts(HCI2)) == sorted(HCI)
    assert world.app(HCI2).state is ApplicationState.RUNNING


def test_a_new_master_restarts_nothing_that_runs(world: World) -> None:
    world.ask(Action.START, HCI2, on="console_2")
    world.run(3)
    starts, ledger = len(world.started), world.ledger
    for master in ("server_2", "server_3", "server_1"):
        world.depose()
        world.run(1)
        world.elect(master).run(5)
    assert len(world.started) == starts
    assert not world.stopped
    assert world.ledger.grants == ledger.grants


def test_a_new_master_touches_nothing_of_an_application_that_runs_in_part(world: World) -> None:
    """One process alone was asked for: that the others never ran is no death."""
    world.ask(Action.START, f"{HCI2}:{HCI[2]}", on="console_2")
    world.run(3)
    world.depose()
    world.elect("server_2").run(5)
    assert world.alive(HCI2) == {"console_2": [f"{HCI2}:{HCI[2]}"]}
    assert not world.stopped


def test_a_new_master_rolls_an_expired_start_back(world: World) -> None:
    world.fate[f"{HCI2}:{CHECK}"] = ("run", 0)
    request = world.ask(Action.START, HCI2, on="console_2", timeout=2)
    world.run(1)
    world.depose()
    world.run(5)
    world.elect("server_2").run(5)
    assert world.answer(request).verdict is Verdict.FAILED
    assert "not finished within 2 s" in world.answer(request).text
    assert world.alive(HCI2) == {}
    assert HCI2 not in world.ledger.grants


def test_a_new_master_goes_on_with_a_stop(world: World) -> None:
    world.ask(Action.START, HCI2, on="console_2")
    world.run(3)
    request = world.ask(Action.STOP, HCI2)
    world.run(0.01)
    world.depose()
    world.run(1)
    world.elect("server_2").run(3)
    assert world.answer(request).text == "stopped"
    assert HCI2 not in world.ledger.grants


def test_a_crash_without_a_master_is_judged_by_the_next(world: World) -> None:
    [node] = world.alive(SRV1)
    world.depose()
    world.crash(node, f"{SRV1}:{BUS}")
    world.run(1)
    world.elect("server_2").run(5)
    assert world.order_of_starts(SRV1).count(BUS) == 2
    assert world.app(SRV1).state is ApplicationState.RUNNING


def test_a_start_that_went_on_in_spite_of_a_failure_is_not_undone_by_the_next_master(world: World) -> None:
    world.fate[f"{HCI2}:{BUS}"] = ("crash", 0.0)
    world.ask(Action.START, HCI2, on="console_2")
    world.run(3)
    assert world.app(HCI2).state is ApplicationState.RUNNING
    world.depose()
    world.run(1)
    world.elect("server_2").run(5)
    assert world.app(HCI2).state is ApplicationState.RUNNING


def test_a_node_that_died_without_a_master_is_asked_for_by_the_next(world: World) -> None:
    [node] = world.alive(SRV1)
    world.depose()
    world.go_silent(node)
    world.run(0.5)
    world.elect("server_2" if node != "server_2" else "server_3").run(10)
    [new] = world.alive(SRV1)
    assert new != node


def test_a_node_that_was_lost_amid_its_isolation_without_a_master_counts_as_lost_with_all_it_ran(
    world: World,
) -> None:
    """Its bus ended at once, the others take their time: what follows from the bus's loss follows."""
    [node] = world.alive(SRV1)
    world.depose()
    world.nodes[node] = msgspec.structs.replace(world.nodes[node], state=NodeState.ISOLATED)
    world.become(node, f"{SRV1}:scen2_internal_data_bus", ProcessState.STOPPED, pid=0)
    world.mute.add(node)
    other = next(name for name in ("server_1", "server_2", "server_3") if name != node)
    world.elect(other).run(0.1)
    world.tell(m.NodeLost(node, world.nodes[node].epoch + 1))
    world._all(node, ProcessState.STOPPED)
    world.run(5)
    assert world.app(SRV1).state is ApplicationState.RUNNING
    assert node not in world.app(SRV1).nodes


def test_a_repeated_request_is_answered_and_not_carried_out_again(world: World) -> None:
    world.ask(Action.START, HCI2, on="console_2", request_id="twice")
    world.run(3)
    world.ask(Action.STOP, HCI2)
    world.run(3)
    starts = len(world.started)
    world.depose()
    world.elect("server_3").run(2)
    world.ask(Action.START, HCI2, on="console_2", request_id="twice")
    world.run(3)
    assert [outcome.text for outcome in world.outcomes["twice"]] == ["started", "started"]
    assert len(world.started) == starts


# Requests


def test_a_stop_during_a_start_cancels_it(world: World) -> None:
    start = world.ask(Action.START, HCI2, on="console_2")
    world.run(0.05)
    stop = world.ask(Action.STOP, HCI2, by="bob")
    world.run(3)
    assert world.answer(start).verdict is Verdict.FAILED
    assert "bob asked to stop it" in world.answer(start).text
    assert world.answer(stop).text == "stopped"
    assert world.alive(HCI2) == {}
    assert world.ledger.jobs == {}


def test_a_stop_of_what_does_not_run_is_done(world: World) -> None:
    request = world.ask(Action.STOP, HCI2)
    assert (world.answer(request).verdict, world.answer(request).text) == (Verdict.DONE, "stopped already")


def test_a_restart_of_a_local_application_stays_where_it_was(world: World) -> None:
    world.ask(Action.START, HCI2, on="console_2")
    world.run(3)
    token = world.ledger.grants[HCI2].token
    request = world.ask(Action.RESTART, HCI2, on="console_1")
    world.run(3)
    assert world.answer(request).nodes == ("console_2",)
    assert world.order_of_starts(HCI2).count(BUS) == 2
    assert world.ledger.grants[HCI2].token > token


def test_single_processes_stop_start_and_restart_under_the_same_grant(world: World) -> None:
    world.ask(Action.START, HCI2, on="console_2")
    world.run(3)
    grant = world.ledger.grants[HCI2]
    target = f"{HCI2}:{HCI[2]}"
    for action, text in ((Action.STOP, "stopped"), (Action.START, "started"), (Action.RESTART, "started")):
        request = world.ask(action, target)
        world.run(2)
        assert world.answer(request).text == text
    assert world.ledger.grants[HCI2] == grant
    assert world.order_of_starts(HCI2).count(HCI[2]) == 3
    assert world.order_of_starts(HCI2).count(BUS) == 1


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("nothing", "no such application; known: scen2_hci_01, scen2_hci_02"),
        (f"{HCI2}:nothing", "no such process; scen2_hci_02 has: scen2_internal_data_bus"),
        ("common_data_bus", "unmanaged: use supervisorctl on its node"),
        (SRV1, "scen2_srv_01 runs on server_"),
    ],
)
def test_refusals_name_reason_and_remedy(world: World, target: str, words: str) -> None:
    outcome = world.answer(world.ask(Action.START, target))
    assert outcome.verdict is Verdict.REFUSED
    assert words in outcome.text


def test_each_target_gets_exactly_one_outcome(world: World) -> None:
    request = world.ask(Action.START, HCI1, HCI2, "nothing", SRV1, on="console_1")
    world.run(5)
    assert sorted(outcome.target for outcome in world.outcomes[request]) == sorted(
        [HCI1, HCI2, "nothing", SRV1]
    )


def test_a_stop_that_hangs_ends_its_request_in_time_and_goes_on(world: World) -> None:
    world.ask(Action.START, HCI2, on="console_2")
    world.run(3)
    world.stuck.add(f"{HCI2}:{BUS}")
    request = world.ask(Action.STOP, HCI2, timeout=5)
    world.run(6)
    assert world.answer(request).verdict is Verdict.FAILED
    assert world.app(HCI2).state is ApplicationState.STOPPING
    world.become("console_2", f"{HCI2}:{BUS}", ProcessState.STOPPED, pid=0)
    world.run(2)
    assert HCI2 not in world.ledger.grants


def test_a_program_that_never_gets_up_fails_after_the_start_timeout(world: World) -> None:
    world.fate[f"{HCI2}:{HCI[2]}"] = ("hang", 0)
    request = world.ask(Action.START, HCI2, on="console_2", timeout=100)
    world.run(40)
    assert "still STARTING after 30 s" in world.answer(request).text


# Automatic start and repair


def test_a_stopped_automatic_application_stays_stopped_until_it_is_asked_for(world: World) -> None:
    [node] = world.alive(SRV1)
    world.ask(Action.STOP, SRV1)
    world.run(3)
    world.kill_node("server_2" if node != "server_2" else "server_3")
    world.run(2)
    world.bring_back("server_2" if node != "server_2" else "server_3")
    world.depose()
    world.elect("server_1").run(5)
    assert world.alive(SRV1) == {}
    assert "stopped by ada" in (world.app(SRV1).reason or "")
    request = world.ask(Action.START, SRV1)
    world.run(3)
    assert world.answer(request).verdict is Verdict.DONE


def test_what_could_not_be_placed_is_placed_when_a_server_comes() -> None:
    world = World()
    without(world, "server_1", "server_2", "server_3")
    world.elect("console_1").run(5)
    app = world.app(SRV1)
    assert app.major_failure
    assert "no node can host it: server_1: is STOPPED" in (app.reason or "")
    events = len(world.events)
    world.run(60)
    assert len(world.events) == events
    world.bring_back("server_1")
    world.run(5)
    # 42 % each: two fit on one server.
    assert sum(bool(world.alive(f"scen2_srv_0{n}")) for n in (1, 2, 3)) == 2
    before = list(world.started)
    world.bring_back("server_2")
    world.run(5)
    assert all(world.alive(f"scen2_srv_0{n}") for n in (1, 2, 3))
    assert len(world.started) - len(before) == len(SRV)
    assert not world.stopped
    assert not any(world.app(f"scen2_srv_0{n}").major_failure for n in (1, 2, 3))


def test_distribution_waits_for_nodes_to_settle_and_not_for_ever() -> None:
    world = World()
    without(world, "server_3")
    world.elect()
    assert world.report is not None
    assert world.report.state is ClusterState.DISTRIBUTION
    world.run(0.9)
    assert not world.started
    world.run(0.2)
    assert world.started


# What runs without a right to


def test_a_joiner_that_runs_a_free_application_keeps_it() -> None:
    world = World()
    for program in SRV[:1] + SRV[2:5] + SRV[6:]:
        namespec = f"{SRV1}:{program}"
        world.spawn("server_3", namespec)
    world.run(1)
    starts = len(world.started)
    world.elect().run(5)
    assert world.alive(SRV1).keys() == {"server_3"}
    assert world.ledger.grants[SRV1].node == "server_3"
    assert not [n for _, _, n in world.started[starts:] if n.startswith(SRV1)]
    assert any(isinstance(c, m.AdoptGrant) and c.grant == SRV1 for c in world.commands)
    assert world.answer(world.ask(Action.START, SRV1)).verdict is Verdict.REFUSED


def test_what_runs_twice_is_told_and_blocks_only_its_own_application(world: World) -> None:
    world.doubles_allowed = True
    world.ask(Action.START, HCI2, on="console_2")
    world.run(3)
    world.spawn("console_1", f"{HCI2}:{BUS}")
    world.run(1)
    [conflict] = world.status().conflicts
    assert (conflict.name, sorted(conflict.nodes)) == (HCI2, ["console_1", "console_2"])
    assert "runs more than once" in (world.app(HCI2).reason or "")
    assert world.answer(world.ask(Action.RESTART, HCI2)).verdict is Verdict.REFUSED
    other = world.ask(Action.START, HCI1, on="console_3")
    world.run(3)
    assert world.answer(other).verdict is Verdict.DONE
    world.ask(Action.STOP, HCI2)
    world.run(3)
    assert world.alive(HCI2) == {}
    assert not world.status().conflicts


def test_what_belongs_to_another_node_is_stopped(world: World) -> None:
    world.doubles_allowed = True
    world.ask(Action.START, HCI2, on="console_2")
    world.run(3)
    for namespec in world.alive(HCI2)["console_2"]:
        world.become("console_2", namespec, ProcessState.STOPPED, pid=0)
    world.spawn("console_1", f"{HCI2}:{BUS}")
    world.run(2)
    assert world.alive(HCI2) == {}


def test_a_grant_with_nothing_left_of_it_goes_back_before_the_next_start(world: World) -> None:
    world.ask(Action.START, HCI2, on="console_2")
    world.run(3)
    for namespec in world.alive(HCI2)["console_2"]:
        world.become("console_2", namespec, ProcessState.STOPPED, pid=0)
    request = world.ask(Action.START, HCI2, on="console_3")
    world.run(3)
    assert world.answer(request).nodes == ("console_3",)
    assert world.floors["console_2", HCI2] > (0, 0)


def test_a_start_without_an_answer_is_never_placed_elsewhere_while_its_node_may_live(world: World) -> None:
    start = world.ask(Action.START, HCI2, on="console_2", timeout=3)
    world.mute.add("console_2")
    world.tell(m.NodeSilent("console_2", world.now))
    world.run(2)
    second = world.ask(Action.START, HCI2, on="console_1")
    assert world.answer(second).verdict is Verdict.REFUSED
    world.run(1.5)
    assert world.answer(start).verdict is Verdict.FAILED
    third = world.ask(Action.START, HCI2, on="console_1")
    assert world.answer(third).verdict is Verdict.REFUSED
    assert "console_2" in world.answer(third).text
    world.nodes["console_2"] = msgspec.structs.replace(
        world.nodes["console_2"], processes=view().nodes["console_2"].processes
    )
    world.run(5)
    fourth = world.ask(Action.START, HCI2, on="console_1")
    world.run(3)
    assert world.answer(fourth).verdict is Verdict.DONE


# Other rules


def rules_of(name: str, **words: object) -> Rules:
    rules = ApplicationRules(name, start_sequence=2, starting_strategy=StartingStrategy.LESS_LOADED, **words)  # type: ignore[arg-type]
    programs = {
        "a": ProgramRules(identifiers=("server",), start_sequence=1, required=True, expected_loading=8),
        "b": ProgramRules(
            identifiers=("server",),
            start_sequence=2,
            expected_loading=8,
            starting_failure_strategy=StartingFailureStrategy.CONTINUE,
            running_failure_strategy=RunningFailureStrategy.RESTART_PROCESS,
        ),
    }
    return Rules({name: (rules, programs)})


def spread(world: World) -> World:
    from tuiconsole.model.process import Process

    for name in ("server_1", "server_2", "server_3"):
        extra = {f"spread:{p}": Process("spread", p, ProcessState.STOPPED) for p in ("a", "b")}
        node = world.nodes[name]
        world.nodes[name] = msgspec.structs.replace(node, processes={**node.processes, **extra})
    return world


def test_a_distributed_application_has_one_grant_for_each_process_and_starts_after_lesser_sequences() -> None:
    world = spread(World(rules_of("spread"))).elect().run(5)
    assert {"spread:a", "spread:b"} <= world.ledger.grants.keys()
    assert "spread" not in world.ledger.grants
    assert world.app("spread").state is ApplicationState.RUNNING
    nodes = [world.ledger.grants[n].node for n in ("spread:a", "spread:b")]
    assert nodes[0] != nodes[1]
    last_srv = max(at for at, _, n in world.started if n.startswith("scen2_srv"))
    assert all(at > last_srv for at, _, n in world.started if n.startswith("spread"))


def test_restart_process_starts_a_dead_process_again_and_elsewhere_if_its_node_died() -> None:
    world = spread(World(rules_of("spread"))).elect().run(5)
    node = world.ledger.grants["spread:b"].node
    world.crash(node, "spread:b")
    world.run(2)
    assert world.app("spread").state is ApplicationState.RUNNING
    assert world.order_of_starts("spread") == ["a", "b", "b"]
    node = world.ledger.grants["spread:b"].node
    world.kill_node(node)
    world.run(5)
    assert world.ledger.grants["spread:b"].node != node
    assert not world.app("spread").major_failure


def test_isolation_keep_holds_the_grant_until_the_node_is_proved_dead() -> None:
    world = World()
    rules = world.rules.application(SRV1)
    assert rules is not None
    world.rules.extra[SRV1] = (
        msgspec.structs.replace(rules, isolation=Isolation.KEEP),
        {name: world.rules.program(SRV1, name) for name in SRV},
    )
    world.elect().run(5)
    [node] = world.alive(SRV1)
    world.mute.add(node)
    world.tell(m.NodeSilent(node, world.now))
    world.run(10)
    assert world.ledger.grants[SRV1].node == node
    assert world.report is not None
    assert "KEEP" in world.report.held[SRV1]
    assert world.answer(world.ask(Action.START, SRV1)).verdict is Verdict.REFUSED
    world._all(node, ProcessState.STOPPED)
    world.tell(m.NodeDown(node, world.nodes[node].incarnation))
    world.run(5)
    assert world.ledger.grants[SRV1].node != node
    assert world.app(SRV1).state is ApplicationState.RUNNING


def test_every_node_is_told_which_of_its_programs_are_managed(world: World) -> None:
    told = {c.node: c.managed for c in world.commands if isinstance(c, m.Manage)}
    assert set(told) == set(world.nodes)
    assert {program.grant for program in told["console_1"]} == {f"scen2_hci_0{n}" for n in (1, 2, 3)}
    assert len(told["console_1"]) == 15


def test_an_idle_cluster_writes_nothing(world: World) -> None:
    writes, commands = world.writes, len(world.commands)
    for _ in range(50):
        world.tell(m.ViewChanged(View(dict(world.nodes))))
        world.run(0.2)
    assert (world.writes, len(world.commands)) == (writes, commands)


def test_wishes_and_grants_stand_in_the_ledger_before_any_command(world: World) -> None:
    before = len(world.commands)
    world.ask(Action.START, HCI2, on="console_2", request_id="r")
    [command] = world.commands[before:]
    assert isinstance(command, m.StartProcess)
    ledger = world.ledger
    assert ledger.grants[HCI2].state is GrantState.GRANTED
    assert ledger.wishes[HCI2].wanted is Wanted.STARTED
    assert ledger.jobs[HCI2].waiters[0].request == "r"
    assert ledger.requests[-1].open


def test_a_check_that_never_exits_is_a_starting_failure_in_the_end() -> None:
    world = World()
    world.fate[f"{SRV1}:{CHECK}"] = ("run", 0)
    world.elect().run(299)
    assert world.app(SRV1).state is ApplicationState.STARTING
    world.run(5)
    assert world.alive(SRV1) == {}
    assert "did not exit within its start_timeout of 300 s" in (world.app(SRV1).reason or "")


def test_what_crashed_last_time_is_no_failure_while_its_turn_to_start_is_to_come(world: World) -> None:
    world.ask(Action.START, HCI2, on="console_2")
    world.run(3)
    for name in (BUS, HCI[4]):
        world.crash("console_2", f"{HCI2}:{name}")
    world.run(3)
    app = world.app(HCI2)
    assert (app.state, app.major_failure, app.minor_failure) == (ApplicationState.STOPPED, True, True)
    world.ask(Action.START, HCI2, on="console_2")
    for _ in range(20):
        app = world.app(HCI2)
        assert app.state is ApplicationState.STARTING or world.alive(HCI2)
        assert not app.major_failure
        assert not app.minor_failure
        world.run(0.01)


def test_a_reign_that_begins_anew_in_its_term_repeats_no_command_id_and_no_report_version() -> None:
    """A node answers an id that it has obeyed before; an observer passes over a report it seems to know."""
    first = World().elect().run(5)
    assert first.report is not None
    again = Engine(first.rules, first.timing, "server_1", first.report.version)
    again.take_over(first.ledger, first.term, View(dict(first.nodes)), m.Now(first.now, 0.0))
    again.handle(m.RequestReceived(m.Request("r", Action.STOP, (SRV1,), "server_1", "op", 10.0)), first.clock)
    decision = again.decide(first.clock)
    ids = {command.command_id for command in decision.commands if isinstance(command, m.StopProcess)}
    assert ids
    assert not ids & {getattr(command, "command_id", "") for command in first.commands}
    assert decision.report.version > first.report.version


def test_a_server_that_boots_anew_before_its_lease_was_over_gets_its_application_restarted(
    world: World,
) -> None:
    """It is heard as CHECKING, with nothing running, before it is RUNNING again under a new epoch."""
    [name] = world.alive(SRV1)
    node = world.nodes[name] = msgspec.structs.replace(world.nodes[name], pids=Pids(1, 2, 3))
    world.tell(m.NodeChanged(node))
    stopped = {
        namespec: Process(process.group, process.name, ProcessState.STOPPED)
        for namespec, process in node.processes.items()
    }
    back = msgspec.structs.replace(
        node,
        state=NodeState.CHECKING,
        epoch=0,
        incarnation=f"{name}/2",
        pids=Pids(1, 2, 4711),
        processes=stopped,
    )
    world.nodes[name] = back
    world.tell(m.NodeChanged(back))
    world.run(1)
    back = msgspec.structs.replace(back, state=NodeState.RUNNING, epoch=node.epoch + 2)
    world.nodes[name] = back
    world.tell(m.NodeChanged(back))
    world.run(5)
    assert world.app(SRV1).state is ApplicationState.RUNNING
    assert world.order_of_starts(SRV1).count(BUS) == 2


def test_a_server_whose_supervisord_was_replaced_while_its_agent_stood_still_gets_its_application_restarted(
    world: World,
) -> None:
    """Its first word names the new supervisord already, so that the proof of the old one's death
    says nothing."""
    [name] = world.alive(SRV1)
    node = world.nodes[name] = msgspec.structs.replace(world.nodes[name], pids=Pids(1, 2, 3))
    world.tell(m.NodeChanged(node))
    pids = Pids(1, 2, 4711)
    world.tell(m.NodeChanged(msgspec.structs.replace(node, state=NodeState.CHECKING, pids=pids)))
    world.tell(m.NodeDown(name, node.incarnation, 3))
    stopped = {
        namespec: Process(process.group, process.name, ProcessState.STOPPED)
        for namespec, process in node.processes.items()
    }
    for process in stopped.values():
        world.tell(m.ProcessChanged(name, process))
    back = world.nodes[name] = msgspec.structs.replace(node, pids=pids, processes=stopped)
    world.tell(m.NodeChanged(back))
    world.run(5)
    assert world.app(SRV1).state is ApplicationState.RUNNING
    assert world.order_of_starts(SRV1).count(BUS) == 2


def rejoined(world: World) -> tuple[str, int]:
    """Where SRV1 runs; its node has just got this next epoch."""
    [name] = world.alive(SRV1)
    epoch = world.nodes[name].epoch + 1
    world.nodes[name] = msgspec.structs.replace(world.nodes[name], epoch=epoch)
    world.tell(m.NodeChanged(world.nodes[name]))
    return name, epoch


def test_a_node_that_has_rejoined_is_not_lost_by_a_late_word_of_the_epoch_that_it_rejoined_under(
    world: World,
) -> None:
    name, epoch = rejoined(world)
    starts, token = len(world.started), world.ledger.grants[SRV1].token
    world.tell(m.NodeLost(name, epoch))
    world.run(3)
    assert (len(world.started), world.ledger.grants[SRV1].token) == (starts, token)
    assert world.app(SRV1).nodes == (name,)


@pytest.mark.parametrize("state", [NodeState.ISOLATED, NodeState.CHECKING])
def test_a_late_word_of_a_raised_epoch_frees_nothing_that_was_granted_under_it(
    world: World, state: NodeState
) -> None:
    """The node has rejoined under it and begins to lose that lease as well: until then it may run on."""
    name, epoch = rejoined(world)
    grant = world.ledger.grants[SRV1]
    assert grant.epoch == epoch
    world.tell(m.NodeChanged(msgspec.structs.replace(world.nodes[name], state=state)))
    world.tell(m.NodeLost(name, epoch))
    assert world.ledger.grants[SRV1] == grant
    world.tell(m.NodeLost(name, epoch + 1))
    assert world.ledger.grants.get(SRV1) != grant, "that lease is over now"


def test_a_reload_whose_proof_was_missed_counts_as_the_death_of_what_ran(world: World) -> None:
    """Supervisord keeps its pid, and what it ran is reported as STOPPED, as if somebody had asked for it."""
    [name] = world.alive(SRV1)
    node = world.nodes[name] = msgspec.structs.replace(world.nodes[name], life="one")
    world.tell(m.NodeChanged(node))
    stopped = {
        namespec: msgspec.structs.replace(process, state=ProcessState.STOPPED, pid=0, token=None)
        for namespec, process in node.processes.items()
    }
    world.nodes[name] = msgspec.structs.replace(node, life="two", processes=stopped)
    world.tell(m.NodeChanged(world.nodes[name]))
    world.run(5)
    assert world.app(SRV1).state is ApplicationState.RUNNING
    assert world.order_of_starts(SRV1).count(BUS) == 2


def test_what_a_new_master_last_heard_of_under_an_earlier_grant_does_not_fail_the_start_that_goes_on(
    world: World,
) -> None:
    """It was cut off while the host had a power cut, and another master began to start it all anew."""
    [name] = world.alive(SRV1)
    heard = msgspec.structs.replace(world.nodes[name], pids=Pids(1, 2, 3))
    world.ask(Action.RESTART, SRV1)
    while world.order_of_starts(SRV1).count(CHECK) < 2:
        world.run(0.05)
    assert world.order_of_starts(SRV1).count(SRV[-1]) == 1, "the last one is still to come"
    world.depose()
    now, world.nodes[name] = world.nodes[name], heard
    world.elect("server_2" if name != "server_2" else "server_3")
    world.nodes[name] = msgspec.structs.replace(now, pids=Pids(4, 5, 6))
    world.tell(m.NodeChanged(world.nodes[name]))
    world.run(5)
    assert world.app(SRV1).state is ApplicationState.RUNNING
    assert not world.app(SRV1).major_failure


def test_the_end_of_what_was_left_on_a_lost_node_says_nothing_of_the_instance_that_runs_elsewhere(
    world: World,
) -> None:
    """Killed by its shim while the node stood still, it is heard of only when the node is back."""
    [old] = world.alive(SRV1)
    process = world.nodes[old].processes[f"{SRV1}:{BUS}"]
    world.go_silent(old)
    world.run(8)
    [new] = world.alive(SRV1)
    assert new != old
    world.depose()
    world.run(1)
    world.elect("server_2" if old != "server_2" else "server_3").run(3)
    starts, token = len(world.started), world.ledger.grants[SRV1].token
    ended = msgspec.structs.replace(process, state=ProcessState.EXITED, pid=0, expected_exit=False)
    world.tell(m.ProcessChanged(old, process))
    world.tell(m.ProcessChanged(old, ended))
    world.run(3)
    assert (len(world.started), world.ledger.grants[SRV1].token) == (starts, token)
    assert world.app(SRV1).state is ApplicationState.RUNNING


def test_the_death_of_a_copy_frees_nothing_that_the_original_holds(world: World) -> None:
    """Two machines bear one name: the copy is heard, has no lease, and its supervisord dies."""
    world.ask(Action.START, HCI2, on="console_2")
    world.run(3)
    original = world.nodes["console_2"]
    grant = world.ledger.grants[HCI2]
    copy = msgspec.structs.replace(
        original, state=NodeState.CHECKING, epoch=0, incarnation="another shim", processes={}
    )
    world.tell(m.NodeChanged(copy))
    world.tell(m.NodeDown("console_2", "another shim"))
    world.run(1)
    assert world.ledger.grants[HCI2] == grant
    world.tell(m.NodeDown("console_2", ""))
    world.run(1)
    assert HCI2 not in world.ledger.grants


# Cancelled


def test_a_cancelled_start_stops_what_it_has_started_and_is_not_wanted_any_more(world: World) -> None:
    world.fate[f"{HCI2}:{CHECK}"] = ("hang", 0.0)
    start = world.ask(Action.START, HCI2, on="console_2")
    world.run(1)
    assert world.app(HCI2).job is not None
    cancel = world.ask(Action.CANCEL, HCI2, by="bob")
    world.run(5)
    assert "bob cancelled it" in world.answer(start).text
    assert world.answer(cancel).verdict is Verdict.DONE
    assert not world.alive(HCI2)
    assert world.ledger.wishes[HCI2].wanted is Wanted.STOPPED
    assert HCI2 not in world.ledger.grants


def test_what_has_come_up_meanwhile_is_not_cancelled(world: World) -> None:
    world.ask(Action.START, HCI2, on="console_2")
    world.run(5)
    refused = world.answer(world.ask(Action.CANCEL, HCI2))
    assert refused.verdict is Verdict.REFUSED
    assert "nothing of it is being started" in refused.text
    assert world.app(HCI2).state is ApplicationState.RUNNING


def test_a_stop_is_not_cancelled(world: World) -> None:
    world.ask(Action.START, HCI2, on="console_2")
    world.run(5)
    world.ask(Action.STOP, HCI2)
    refused = world.answer(world.ask(Action.CANCEL, HCI2))
    assert "not taken back" in refused.text
