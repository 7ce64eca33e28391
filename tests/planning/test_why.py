"""What `why` says in the cases that operators meet: the cause, what led to it, and the remedy."""

from __future__ import annotations

import msgspec
import pytest

from tuiconsole.client.why_words import why_lines
from tuiconsole.model.plan import Basis
from tuiconsole.model.process import Process
from tuiconsole.model.requests import Action
from tuiconsole.model.states import NodeState, ProcessState
from tuiconsole.model.status import QuorumStatus
from tuiconsole.model.why import Cause, Why
from tuiconsole.planning.engine import messages as m
from tuiconsole.planning.forecast.standing import Standing
from tuiconsole.planning.forecast.why import UnknownNameError, why
from tuiconsole.rulebook.rules import (
    ApplicationRules,
    FlapLimit,
    Isolation,
    ProgramRules,
    RunningFailureStrategy,
)
from tuiconsole.source.errors import Location

from .foresight import as_another, as_master
from .scenario import BUS, CHECK, HCI, SRV
from .test_isolation_stories import isolating
from .world import World

SRV1, HCI1, HCI2 = "scen2_srv_01", "scen2_hci_01", "scen2_hci_02"
NONE_LEFT = QuorumStatus(3, 1, 2, False, ("server_2", "server_3"))


@pytest.fixture
def world() -> World:
    return World().elect().run(5)


def explain(world: World, name: str, *, on: str = "console_1", standing: Standing | None = None) -> Why:
    standing = standing or as_master(world)
    found = why(standing, world.status(), world.told, name, origin=on)
    assert found == msgspec.json.decode(msgspec.json.encode(found), type=Why)
    assert why_lines(found)
    return found


def commands(found: Why) -> list[str]:
    return [one.command for one in found.remedies if one.command]


def told(found: Why) -> str:
    return "\n".join(why_lines(found))


def test_never_started(world: World) -> None:
    found = explain(world, HCI2, on="console_2")
    assert found.cause is Cause.NEVER_STARTED
    assert found.text == "nobody has asked for it, and its start_sequence is 0: it is not started by itself"
    assert commands(found) == [f"tuiconsole start {HCI2}"]
    assert found.remedies[0].effect == "would start it on console_2"


def test_stopped_by_a_person_and_when(world: World) -> None:
    world.ask(Action.STOP, SRV1, by="grace")
    world.run(3)
    found = explain(world, SRV1)
    assert found.cause is Cause.STOPPED_BY_PERSON
    since = world.ledger.wishes[SRV1].since
    assert found.text == f"stopped by grace at {since}"
    assert commands(found) == [f"tuiconsole start {SRV1}"]
    assert any("grace on console_1 asks to stop" in event.text for event in found.events)


def test_a_refused_start(world: World) -> None:
    world.ask(Action.START, HCI2, on="server_1")
    world.run(1)
    found = explain(world, HCI2, on="console_2")
    assert found.cause is Cause.NO_PLACE
    assert "server_1 is not among console_1" in found.text
    assert found.places[0].node == "console_2"
    world.ask(Action.START, HCI1, on="console_1")
    world.run(3)
    world.ask(Action.START, HCI1, on="console_2", by="grace")
    world.run(1)
    running = explain(world, HCI1)
    assert running.cause is Cause.RUNS
    assert any("refused: scen2_hci_01 runs on console_1 already" in event.text for event in running.events)


def test_no_node_has_room(world: World) -> None:
    for server in ("server_2", "server_3"):
        world.kill_node(server)
        world.run(5)
    lost = next(name for name in ("scen2_srv_01", "scen2_srv_02", "scen2_srv_03") if not world.alive(name))
    found = explain(world, lost)
    assert found.cause is Cause.NO_PLACE
    assert "126 % of host 127.0.0.11 would be used" in found.text
    assert found.places[0].node is None
    assert {one.node for one in found.places[0].candidates if "is lost" in one.reason} == {
        "server_2",
        "server_3",
    }
    assert any("as soon as a node can host it" in one.effect for one in found.remedies)


def test_a_start_that_failed_names_the_process_its_end_and_its_log(world: World) -> None:
    world.fate[f"{SRV1}:{CHECK}"] = ("crash", 0.05)
    world.ask(Action.RESTART, SRV1)
    world.run(10)
    found = explain(world, SRV1)
    assert found.cause is Cause.START_FAILED
    assert f"{SRV1}:{CHECK}: exited unexpectedly (status 1)" in found.text
    assert any("starting_failure_strategy STOP" in one for one in found.because)
    assert commands(found)[0] == f"tuiconsole logs {SRV1}:{CHECK} --stderr"
    assert f"tuiconsole start {SRV1}" in commands(found)
    process = explain(world, f"{SRV1}:{CHECK}")
    assert process.cause is Cause.START_FAILED


def test_a_crash_whose_strategy_stopped_the_application(world: World) -> None:
    world.ask(Action.START, HCI2, on="console_2")
    world.run(3)
    world.crash("console_2", f"{HCI2}:{BUS}")
    world.run(3)
    found = explain(world, HCI2, on="console_2")
    assert found.cause is Cause.STOPPED_BY_RULE
    assert f"{HCI2}:{BUS} on console_2 exited unexpectedly (status 1)" in found.text
    assert f"the running_failure_strategy of {HCI2}:{BUS} is STOP_APPLICATION" in found.because[0]
    assert commands(found) == [f"tuiconsole logs {HCI2}:{BUS} --stderr", f"tuiconsole start {HCI2}"]


def test_a_crash_that_is_left_shows_in_what_runs_on(world: World) -> None:
    world.ask(Action.START, HCI2, on="console_2")
    world.run(3)
    world.crash("console_2", f"{HCI2}:{HCI[2]}")
    world.run(3)
    found = explain(world, HCI2, on="console_2")
    assert found.cause is Cause.RUNS_IN_PART
    assert f"{HCI2}:{HCI[2]}: exited unexpectedly (status 1)" in found.because[0]
    assert f"tuiconsole start {HCI2}:{HCI[2]}" in commands(found)
    process = explain(world, f"{HCI2}:{HCI[2]}", on="console_2")
    assert process.cause is Cause.ENDED_BADLY
    assert "running_failure_strategy is CONTINUE" in process.because[0]


def test_why_it_is_where_it_is(world: World) -> None:
    world.ask(Action.START, HCI2, on="console_2", by="grace")
    world.run(3)
    found = explain(world, HCI2)
    assert (found.cause, found.nodes) == (Cause.RUNS, ("console_2",))
    assert found.grant is not None
    assert found.grant.requested_by == "grace"
    assert "is granted to console_2 since" in found.because[0]
    assert found.places[0].node == "console_2"
    assert found.places[0].strategy == "LOCAL"


def test_a_conflict_holds_it() -> None:
    world = isolating(Isolation.ALLOW)
    world.doubles_allowed = True
    world.elect().run(5)
    [node] = world.alive(SRV1)
    world.cut_off(node)
    world.run(12)
    world.rejoin(node)
    world.run(1)
    found = explain(world, SRV1)
    assert found.cause is Cause.CONFLICT
    assert f"tuiconsole conciliate {SRV1} --keep" in commands(found)[0]
    assert found.places == ()


def test_keep_holds_the_grant_of_a_lost_node() -> None:
    world = isolating(Isolation.KEEP).elect().run(5)
    [node] = world.alive(SRV1)
    world.cut_off(node)
    world.run(12)
    world.nodes[node] = msgspec.structs.replace(world.nodes[node], state=NodeState.FAILED, reason="lost")
    found = explain(world, SRV1)
    assert found.cause is Cause.HELD
    assert f"its grant stays with {node}" in found.text
    assert f'tuiconsole confirm-dead {node} --reason "…"' in commands(found)
    assert any("a start would be refused" in one.effect for one in found.remedies)


def test_no_quorum_and_who_is_missing(world: World) -> None:
    world.depose()
    for node in world.nodes:
        world._all(node, ProcessState.STOPPED)
    found = explain(world, SRV1, standing=as_another(world, NONE_LEFT))
    assert found.cause is Cause.NO_QUORUM
    assert found.text.startswith("no quorum: 1 of 3 core nodes answer, 2 are needed; not seen: server_2")
    assert "its isolation is STOP" in found.because[0]
    assert commands(found)[0] == "systemctl start tuiconsole-agent@server_2"
    assert found.basis is Basis.REPORT


def test_what_a_person_stopped_is_not_blamed_on_the_quorum(world: World) -> None:
    world.ask(Action.STOP, SRV1, by="grace")
    world.run(3)
    found = explain(world, SRV1, standing=as_another(world, NONE_LEFT))
    assert found.cause is Cause.STOPPED_BY_PERSON
    assert "nothing can be started now: no quorum" in found.because[0]


def test_a_node_that_is_kept_out_is_told_with_its_difference(world: World) -> None:
    kept_out = msgspec.structs.replace(
        world.nodes["console_2"], state=NodeState.CHECKING, reason="no voter acknowledges it"
    )
    world.nodes["console_2"] = kept_out
    world.tell_together()
    world.tell(m.NodeChanged(kept_out))
    status = world.status()
    nodes = tuple(
        msgspec.structs.replace(node, differs="kept out: node_lease (8, not 4)")
        if node.name == "console_2"
        else node
        for node in status.nodes
    )
    found = why(as_master(world), msgspec.structs.replace(status, nodes=nodes), (), HCI2, origin="console_2")
    [reason] = [one.reason for one in found.places[0].candidates if one.node == "console_2"]
    assert reason == "is CHECKING (no voter acknowledges it); kept out: node_lease (8, not 4)"


def test_unmanaged(world: World) -> None:
    found = explain(world, "common_data_bus")
    assert found.cause is Cause.UNMANAGED
    assert found.text.startswith("no rule names it")
    assert commands(found) == ["supervisorctl start common_data_bus:*"]
    assert found.rules == ()


def test_the_guard_refused_a_start_past_the_lock(world: World) -> None:
    namespec = f"{HCI2}:{BUS}"
    process = world.nodes["console_2"].processes[namespec]
    refused = msgspec.structs.replace(process, reason=f"{namespec} is managed and has no grant")
    world.nodes["console_2"] = msgspec.structs.replace(
        world.nodes["console_2"], processes={**world.nodes["console_2"].processes, namespec: refused}
    )
    world.tell(m.NodeChanged(world.nodes["console_2"]))
    found = explain(world, HCI2, on="console_2")
    assert found.cause is Cause.GUARD
    assert commands(found) == [f"tuiconsole start {HCI2}"]


def test_a_job_tells_the_step_what_it_waits_for_and_who_asked(world: World) -> None:
    world.fate[f"{HCI2}:{CHECK}"] = ("run", 0)
    world.ask(Action.START, HCI2, on="console_2", by="grace")
    world.run(2)
    found = explain(world, HCI2)
    assert found.cause is Cause.JOB
    assert found.text == "is being started, step 2 of 3"
    assert found.because[0] == f"waits for {HCI2}:{CHECK} on console_2: RUNNING"
    assert "asked by grace" in found.because[1]
    assert commands(found) == [f"tuiconsole stop {HCI2}"]
    later = explain(world, f"{HCI2}:{HCI[3]}")
    assert later.text == "is being started, step 2 of 3; its turn has not come"


def test_a_process_outside_the_start_sequence_and_one_that_has_exited_as_expected() -> None:
    rules = {
        "a": (
            ApplicationRules("a", start_sequence=1, origin=Location("rules.toml", 7)),
            {"p": ProgramRules(start_sequence=1, wait_exit=True, origin=Location("rules.toml", 12))},
        )
    }
    world = World()
    world.rules.extra = rules
    for name in ("p", "q"):
        node = world.nodes["server_1"]
        added = Process("a", name, ProcessState.STOPPED)
        world.nodes["server_1"] = msgspec.structs.replace(
            node, processes={**node.processes, added.namespec: added}
        )
    world.fate["a:p"] = ("exit", 0.1)
    world.elect().run(5)
    never = explain(world, "a:q")
    assert never.cause is Cause.NEVER_STARTED
    assert "its start_sequence is 0" in never.text
    assert [rule.where for rule in never.rules] == ["rules.toml:7", ""]
    ended = explain(world, "a:p")
    assert ended.cause is Cause.ENDED
    assert "wait_exit" in ended.text
    assert [rule.where for rule in ended.rules] == ["rules.toml:7", "rules.toml:12"]


def test_what_ended_with_its_node_and_is_left_says_so() -> None:
    world = World()
    application = world.rules.application(SRV1)
    assert application is not None
    programs = {
        name: msgspec.structs.replace(
            world.rules.program(SRV1, name), running_failure_strategy=RunningFailureStrategy.CONTINUE
        )
        for name in SRV
    }
    world.rules.extra = {SRV1: (application, programs)}
    world.elect().run(5)
    [node] = world.alive(SRV1)
    world.kill_node(node)
    world.run(5)
    found = explain(world, SRV1)
    assert found.cause is Cause.ENDED_BADLY
    assert "its running failure strategy is CONTINUE" in found.text


def test_disabled_and_by_whom(world: World) -> None:
    world.ask(Action.DISABLE, HCI2, by="grace")
    world.run(1)
    found = explain(world, HCI2, on="console_2")
    assert found.cause is Cause.DISABLED
    assert "grace" in found.text
    assert commands(found) == [f"tuiconsole enable {HCI2}"]
    assert any("a start would be refused now" in one.effect for one in found.remedies)


def test_held_past_its_flap_limit(world: World) -> None:
    application = world.rules.application(SRV1)
    assert application is not None
    limited = msgspec.structs.replace(application, flap_limit=FlapLimit(1, 60.0))
    programs = {name: world.rules.program(SRV1, name) for name in SRV}
    world.rules.extra[SRV1] = (limited, programs)
    world.tell(m.NodeChanged(world.nodes["server_1"]))
    world.depose()
    world.elect().run(5)
    for _ in range(2):
        [node] = world.alive(SRV1)
        world.crash(node, f"{SRV1}:{BUS}")
        world.run(8)
    found = explain(world, SRV1)
    assert found.cause is Cause.FLAPPING
    assert "it was restarted once within 60 s" in found.text
    assert f"tuiconsole clear {SRV1}" in commands(found)
    elsewhere = explain(world, SRV1, standing=as_another(world, master="server_1"))
    assert elsewhere.cause is Cause.FLAPPING


def test_hands_off_while_in_maintenance(world: World) -> None:
    world.ask(Action.MAINTAIN, SRV1, by="grace", seconds=600)
    [node] = world.alive(SRV1)
    world.kill_node(node)
    world.run(5)
    found = explain(world, SRV1)
    assert found.cause is Cause.MAINTENANCE
    assert "(grace)" in found.text
    assert f"tuiconsole maintenance {SRV1} --end" in commands(found)


def test_a_drained_node_is_passed_over_and_what_stays_there_says_why(world: World) -> None:
    world.ask(Action.START, HCI2, on="console_2")
    world.run(3)
    world.ask(Action.DRAIN, "console_2", by="grace")
    world.run(3)
    found = explain(world, HCI2)
    assert found.cause is Cause.RUNS
    assert any("console_2 is drained by grace" in one and "LOCAL" in one for one in found.because)
    passed = explain(world, HCI1, on="console_2")
    [reason] = [one.reason for one in passed.places[0].candidates if one.node == "console_2"]
    assert "drained" in reason


def test_what_a_silent_node_said_last_is_not_called_running(world: World) -> None:
    [node] = world.alive(SRV1)
    world.depose()
    world.mute.add(node)
    seen = msgspec.structs.replace(world.nodes[node], seen_at=world.now)
    world.nodes[node] = seen
    world.run(20)
    found = explain(world, SRV1, standing=as_another(world, NONE_LEFT))
    assert found.cause is Cause.NO_QUORUM
    assert f"last seen on {node}, silent since" in found.because


def test_an_unknown_name_is_told_with_what_there_is(world: World) -> None:
    with pytest.raises(UnknownNameError) as error:
        explain(world, "scen2_hci_09")
    assert HCI1 in error.value.known
    with pytest.raises(UnknownNameError):
        explain(world, f"{HCI1}:nonsense")


def test_without_a_master_it_is_told_from_the_last_report(world: World) -> None:
    world.ask(Action.STOP, SRV1, by="grace")
    world.run(3)
    found = explain(world, SRV1, standing=as_another(world, master="server_1"))
    assert found.cause is Cause.STOPPED_BY_PERSON
    assert found.basis is Basis.REPORT
    assert "from the last report of a master" in found.notes[0]
