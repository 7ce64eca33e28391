"""Alarms after ISA-18.2: one for each cause, its states, and what people say about it, kept by the ledger."""

from __future__ import annotations

import msgspec
import pytest

from tuiconsole.model.alarms import Alarm, AlarmKind, AlarmState, Priority, SeenAlarm
from tuiconsole.model.ledger import MAX_BYTES, Ledger, decode_ledger, encode_ledger
from tuiconsole.model.requests import Action, Verdict
from tuiconsole.model.states import NodeState
from tuiconsole.planning.alarms.listing import FORGET_AFTER, AlarmWatch, listed
from tuiconsole.planning.engine import messages as m
from tuiconsole.planning.engine.alarms import KEPT
from tuiconsole.planning.engine.crashes import LIMIT, WINDOW

from .world import World

HCI2 = "scen2_hci_02"
VIEW2 = f"{HCI2}:scen2_chart_view"
NODE = "node/server_2"
UNACKNOWLEDGED, ACKNOWLEDGED, RETURNED = (
    AlarmState.UNACKNOWLEDGED,
    AlarmState.ACKNOWLEDGED,
    AlarmState.RETURNED,
)


@pytest.fixture
def world() -> World:
    return World().elect().run(5)


@pytest.fixture
def lost(world: World) -> World:
    """server_2 is dead, what ran there runs elsewhere by now."""
    world.nodes["server_2"] = msgspec.structs.replace(world.nodes["server_2"], state=NodeState.FAILED)
    world.look()
    world.kill_node("server_2")
    return world.run(5)


def wait(world: World, seconds: float = FORGET_AFTER) -> World:
    """Let time pass as a master lives through it."""
    world.look()
    world.run(seconds)
    world.look()
    return world


def returned(world: World) -> World:
    world.bring_back("server_2")
    return wait(wait(world, 0.1))


def say(world: World, action: Action, name: str, **more: object) -> str:
    request = world.ask(action, name, on="console_3", by="ada", **more)  # type: ignore[arg-type]
    outcome = world.answer(request)
    assert outcome.verdict is Verdict.DONE, outcome.text
    return outcome.text


# Raised


def test_all_is_well_and_there_is_no_alarm(world: World) -> None:
    world.ask(Action.START, HCI2, on="console_2")
    wait(world.run(3))
    assert world.alarms() == {}
    assert world.ledger.alarms == {}


def test_a_dead_server_is_one_alarm_with_all_that_failed_for_it(lost: World) -> None:
    assert lost.alarms() == {NODE: UNACKNOWLEDGED}
    alarm = lost.alarm(NODE)
    assert alarm.consequences == ("scen2_srv_02",), "what failed stays told"
    assert alarm.failing == (), "it runs elsewhere by now"
    assert alarm.priority is Priority.HIGH
    assert "server_2" in alarm.title
    assert "confirm-dead server_2" in alarm.remedy


def test_fourteen_consequences_are_one_alarm(world: World) -> None:
    status = world.status()
    [srv] = [one for one in status.applications if one.name == "scen2_srv_02"]
    many = tuple(
        msgspec.structs.replace(srv, name=f"line_{number:02d}", major_failure=True) for number in range(14)
    )
    nodes = tuple(
        msgspec.structs.replace(node, state=NodeState.FAILED) if node.name == "server_2" else node
        for node in status.nodes
    )
    from tuiconsole.planning.alarms.standing import standing

    [alarm] = standing(msgspec.structs.replace(status, applications=many, nodes=nodes))
    assert len(alarm.failing) == 14


def test_a_start_that_fails_raises_one_alarm_for_its_application(world: World) -> None:
    world.ask(Action.START, "scen2_hci_03", on="server_1")
    world.run(1).look()
    assert world.alarms() == {"major/scen2_hci_03": UNACKNOWLEDGED}
    alarm = world.alarm("major/scen2_hci_03")
    assert "server_1 is not among" in alarm.cause
    assert "scen2_hci_03" in alarm.remedy


def test_what_is_impaired_is_less_grave(world: World) -> None:
    world.ask(Action.START, HCI2, on="console_2")
    world.run(3)
    world.crash("console_2", VIEW2)
    world.run(1).look()
    assert world.alarm(f"minor/{HCI2}").priority is Priority.MEDIUM


def test_lost_quorum_is_one_alarm_whatever_has_stopped_for_it(world: World) -> None:
    from tuiconsole.planning.alarms.standing import standing

    status = world.status()
    quorum = msgspec.structs.replace(status.quorum, present=1, held=False, missing=("server_2", "server_3"))
    nodes = tuple(msgspec.structs.replace(node, state=NodeState.ISOLATED) for node in status.nodes)
    failed = tuple(msgspec.structs.replace(one, major_failure=one.managed) for one in status.applications)
    without = msgspec.structs.replace(status, quorum=quorum, nodes=nodes, applications=failed, master=None)
    [alarm] = standing(without)
    assert alarm.kind is AlarmKind.QUORUM
    assert {"scen2_srv_01", "console_1"} <= set(alarm.failing)
    assert "server_2, server_3" in alarm.remedy


def test_a_process_that_ends_again_and_again_flaps_until_it_stays_up(world: World) -> None:
    world.ask(Action.START, HCI2, on="console_2")
    world.run(3)
    for number in range(LIMIT):
        world.look()
        assert f"flapping/{VIEW2}" not in world.alarms(), f"after {number} ends"
        world.crash("console_2", VIEW2)
        world.spawn("console_2", VIEW2, world.nodes["console_2"].processes[VIEW2].token)
        world.run(1)
    world.look()
    assert world.alarms() == {f"flapping/{VIEW2}": UNACKNOWLEDGED}
    assert world.alarm(f"flapping/{VIEW2}").priority is Priority.LOW
    world.run(WINDOW)
    world.tell(m.Tick())
    wait(wait(world, 0.1))
    assert world.alarms() == {f"flapping/{VIEW2}": RETURNED}


# Seen by somebody, or gone by itself


def test_an_acknowledgement_says_who_and_when_and_goes_with_its_alarm(lost: World) -> None:
    assert say(lost, Action.ACKNOWLEDGE, NODE) == "acknowledged"
    assert lost.alarms() == {NODE: ACKNOWLEDGED}
    mark = lost.alarm(NODE).mark
    assert mark is not None
    assert (mark.by, mark.origin) == ("ada", "console_3")
    assert any("node/server_2 acknowledged, says ada on console_3" in text for text in lost.events)
    returned(lost)
    assert lost.alarms() == {}
    assert lost.ledger.alarms == {}, "nothing is left in the ledger"


def test_what_goes_by_itself_stays_until_somebody_has_seen_it(lost: World) -> None:
    returned(lost)
    assert lost.alarms() == {NODE: RETURNED}
    alarm = lost.alarm(NODE)
    assert not alarm.standing
    assert alarm.returned
    say(lost, Action.ACKNOWLEDGE, NODE)
    assert lost.alarms() == {}


def test_what_flickers_stays_one_acknowledged_alarm(lost: World) -> None:
    say(lost, Action.ACKNOWLEDGE, NODE)
    lost.bring_back("server_2")
    wait(lost, FORGET_AFTER / 2)
    lost.kill_node("server_2")
    wait(lost.run(0.1), FORGET_AFTER)
    assert lost.alarms() == {NODE: ACKNOWLEDGED}


def test_what_comes_back_counts_and_has_to_be_seen_again(lost: World) -> None:
    returned(lost)
    lost.kill_node("server_2")
    wait(lost.run(0.1), 0.1)
    assert lost.alarms() == {NODE: UNACKNOWLEDGED}
    assert lost.alarm(NODE).times == 2


def test_an_acknowledgement_outlives_its_master(lost: World) -> None:
    say(lost, Action.ACKNOWLEDGE, NODE)
    since = lost.alarm(NODE).since
    lost.depose()
    lost.run(2)
    lost.elect("server_3").run(5)
    assert lost.alarms() == {NODE: ACKNOWLEDGED}, "also before the new master has looked"
    wait(lost)
    assert lost.alarms() == {NODE: ACKNOWLEDGED}
    assert lost.alarm(NODE).since == since


def test_a_second_word_is_answered_with_the_first_one(lost: World) -> None:
    say(lost, Action.ACKNOWLEDGE, NODE)
    writes = lost.writes
    again = lost.answer(lost.ask(Action.ACKNOWLEDGE, NODE, by="bob", on="console_1"))
    assert again.verdict is Verdict.DONE
    assert "already, by ada on console_3" in again.text
    assert lost.writes == writes


def test_what_is_no_alarm_is_refused_with_the_names_there_are(lost: World) -> None:
    refused = lost.answer(lost.ask(Action.ACKNOWLEDGE, "node/server_3"))
    assert refused.verdict is Verdict.REFUSED
    assert NODE in refused.text


# Put aside


def test_a_shelved_alarm_is_back_after_its_time(lost: World) -> None:
    assert say(lost, Action.SHELVE, NODE, seconds=600.0).startswith("shelved until ")
    assert lost.alarms() == {NODE: AlarmState.SHELVED}
    lost.run(599)
    lost.tell(m.Tick())
    assert lost.alarms() == {NODE: AlarmState.SHELVED}
    lost.run(2)
    assert lost.alarms() == {NODE: UNACKNOWLEDGED}, "no master is needed for that"
    lost.tell(m.Tick())
    assert lost.alarms() == {NODE: UNACKNOWLEDGED}
    assert any("time on the shelf is over" in text for text in lost.events)


def test_a_shelved_alarm_that_goes_meanwhile_stays_on_the_shelf_and_then_is_forgotten(lost: World) -> None:
    say(lost, Action.SHELVE, NODE, seconds=600.0)
    returned(lost)
    assert lost.alarms() == {NODE: AlarmState.SHELVED}
    lost.kill_node("server_2")
    wait(lost.run(0.1))
    assert lost.alarms() == {NODE: AlarmState.SHELVED}, "it does not bother anybody"
    returned(lost)
    lost.run(600)
    lost.tell(m.Tick())
    assert lost.alarms() == {}


def test_what_was_unshelved_has_to_be_acknowledged(lost: World) -> None:
    say(lost, Action.SHELVE, NODE, seconds=600.0)
    refused = lost.answer(lost.ask(Action.ACKNOWLEDGE, NODE))
    assert refused.verdict is Verdict.REFUSED
    assert "unshelve" in refused.text
    assert say(lost, Action.UNSHELVE, NODE) == "unshelved"
    assert lost.alarms() == {NODE: UNACKNOWLEDGED}


def test_out_of_service_holds_with_its_reason_until_a_person_says_otherwise(lost: World) -> None:
    say(lost, Action.OUT_OF_SERVICE, NODE, reason="its disk is being replaced")
    lost.run(30 * 24 * 3600)
    lost.depose()
    wait(lost.elect("server_3").run(5))
    assert lost.alarms() == {NODE: AlarmState.OUT_OF_SERVICE}
    mark = lost.alarm(NODE).mark
    assert mark is not None
    assert mark.reason == "its disk is being replaced"
    assert say(lost, Action.RETURN_TO_SERVICE, NODE) == "back in service"
    assert lost.alarms() == {NODE: UNACKNOWLEDGED}


@pytest.mark.parametrize("action", [Action.UNSHELVE, Action.RETURN_TO_SERVICE])
def test_what_was_not_put_aside_cannot_be_taken_back(lost: World, action: Action) -> None:
    refused = lost.answer(lost.ask(action, NODE))
    assert refused.verdict is Verdict.REFUSED
    assert "unacknowledged" in refused.text


# The ledger


def test_a_flood_fits_into_the_ledger_and_what_has_gone_makes_room(world: World) -> None:
    def flood(first: int) -> tuple[SeenAlarm, ...]:
        return tuple(
            SeenAlarm(
                Alarm(
                    AlarmKind.MAJOR,
                    f"line_{first + number:05d}" + "x" * 100,
                    Priority.HIGH,
                    "t" * 1000,
                    "c" * 5000,
                    "r" * 1000,
                    tuple(f"application_{n}" for n in range(1000)),
                ),
                "2026-11-23T12:00:00.000Z",
            )
            for number in range(KEPT + 100)
        )

    world.tell(m.AlarmsSeen(flood(0)))
    assert len(world.ledger.alarms) == KEPT
    assert len(world.stored) < MAX_BYTES
    name = flood(0)[-1].alarm.id
    refused = world.answer(world.ask(Action.ACKNOWLEDGE, name))
    assert "no more can be" in refused.text
    world.tell(m.AlarmsSeen(()))
    world.run(FORGET_AFTER)
    world.tell(m.AlarmsSeen(()))
    world.tell(m.AlarmsSeen(flood(50_000)))
    assert len(world.ledger.alarms) == KEPT
    assert all(not one.returned for one in world.ledger.alarms.values())


def test_a_ledger_of_an_earlier_version_has_no_alarms() -> None:
    older = msgspec.msgpack.decode(encode_ledger(Ledger()))
    del older["alarms"]
    assert decode_ledger(msgspec.msgpack.encode(older)).alarms == {}


# Without a master


def test_what_stood_while_there_was_no_master_is_told_by_the_next_one(world: World) -> None:
    quorum = Alarm(AlarmKind.QUORUM, "", Priority.HIGH, "quorum lost", "1 of 3", "bring back server_2")
    watch = AlarmWatch()
    for second in range(20):
        seen = watch.look((quorum,), {}, 100.0 + second, f"2026-11-23T12:00:{second:02d}.000Z")
    assert listed(seen, {}, "2026-11-23T12:00:20.000Z")[0].state is UNACKNOWLEDGED
    seen = watch.look((), {}, 130.0, "2026-11-23T12:00:30.000Z")
    world.tell(m.AlarmsSeen(seen))
    assert world.alarms() == {"quorum": RETURNED}
    assert world.alarm("quorum").since == "2026-11-23T12:00:00.000Z"
    watch.look((), world.ledger.alarms, 131.0, "2026-11-23T12:00:31.000Z")
    say(world, Action.ACKNOWLEDGE, "quorum")
    world.tell(m.AlarmsSeen(watch.look((), world.ledger.alarms, 132.0, "2026-11-23T12:00:32.000Z")))
    assert world.alarms() == {}, "told once"


def test_an_election_is_over_too_soon_to_be_told() -> None:
    master = Alarm(AlarmKind.MASTER, "", Priority.MEDIUM, "no master", "none", "wait")
    watch = AlarmWatch()
    watch.look((master,), {}, 100.0, "2026-11-23T12:00:00.000Z")
    watch.look((master,), {}, 102.0, "2026-11-23T12:00:02.000Z")
    assert watch.look((), {}, 130.0, "2026-11-23T12:00:30.000Z") == ()
