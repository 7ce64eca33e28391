"""Alarms: what asks for somebody's action, each cause once, and what the operator says about it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tuiconsole.client.session import Action, Link, Outcome, Verdict
from tuiconsole.console.actions import Place
from tuiconsole.console.attention import PERIOD, Bell, wants_blink
from tuiconsole.console.picture import Picture
from tuiconsole.console.rows.alarms import (
    AlarmView,
    alarm_counts,
    alarm_line,
    alarm_lines,
    alarm_rows,
    list_title,
)
from tuiconsole.console.rows.details import detail_lines
from tuiconsole.console.rows.filtering import Filter
from tuiconsole.console.rows.header import header_lines
from tuiconsole.console.rows.line import Tone, text_of, width_of
from tuiconsole.console.settings import ConsoleSettings
from tuiconsole.console.subject import Kind, Subject
from tuiconsole.model.alarms import AlarmMark, AlarmState, Priority
from tuiconsole.model.states import NodeState, ProcessState
from tuiconsole.model.status import ClusterStatus

from .conftest import Console, Operator
from .fake_session import FakeSession
from .scenario import HCI, SRV, application, process, reference, with_alarms, with_application
from .test_screens import doubled

MINE = "major/scen2_hci_03"
ADA = AlarmMark("ada", "console_2", "2026-11-23T12:01:00.000Z")


def seen(status: ClusterStatus) -> Picture:
    return Picture(link=Link(connected=True, agent="console_1"), status=status, age=0.1, node="console_1")


def healthy() -> ClusterStatus:
    return with_application(reference(), application("scen2_hci_03", HCI))


def with_dead_server() -> ClusterStatus:
    """server_1 is lost, and 15 applications with it."""
    status = healthy()
    lost = msgspec.structs.replace(status.nodes[0], state=NodeState.FAILED, age=70.0)
    status = msgspec.structs.replace(status, nodes=(lost, *status.nodes[1:]))
    for number in range(4, 18):
        name = f"scen2_srv_{number:02d}"
        status = with_application(status, application(name, SRV, "server_1", major_failure=True))
    dead = process("hci", "view", ProcessState.FATAL, minor_failure=True, last_node="server_1")
    return with_application(status, application("hci", (), processes=(dead,), minor_failure=True))


def titles(picture: Picture) -> list[str]:
    return [row.alarm.title for row in alarm_rows(picture)]


# What stands


def test_a_healthy_cluster_has_no_alarm() -> None:
    assert alarm_rows(seen(with_alarms(healthy()))) == ()
    assert "Nothing asks" in text_of(alarm_lines(None, 60)[0])
    assert alarm_counts(seen(with_alarms(healthy())), lit=True, words=True) == ()


def test_a_lost_node_is_one_alarm_whatever_ran_there() -> None:
    (row,) = alarm_rows(seen(with_alarms(with_dead_server())))
    assert row.alarm.title == "server_1 is lost"
    assert len(row.alarm.consequences) == 15
    assert row.subject == Subject(Kind.NODE, "server_1")
    told = "".join(map(text_of, alarm_lines(row, 100)))
    assert "15 consequences, 15 still fail: " in told
    assert "+15" in text_of(alarm_line(row, 100, None, lit=True))


def test_what_is_over_is_told_apart_from_what_still_fails() -> None:
    (row,) = alarm_rows(seen(with_alarms(with_dead_server())))
    less = msgspec.structs.replace(row.alarm, consequences=("a", "b"), failing=("b",))
    told = "".join(map(text_of, alarm_lines(msgspec.structs.replace(row, alarm=less), 100)))
    assert "2 consequences, 1 still fail: a (over), b" in told


def test_each_failure_names_its_cause_and_its_remedy_the_gravest_first() -> None:
    bad = process("a", "p", ProcessState.EXITED, expected_exit=False, minor_failure=True)
    status = with_application(reference(), application("a", (), processes=(bad,), minor_failure=True))
    status = with_application(status, application("b", (), processes=(process("b", "q"),)))
    found = [row.alarm for row in alarm_rows(seen(with_alarms(status, flapping=("b:q",))))]
    assert [one.title for one in found] == [
        "scen2_hci_03 has failed",
        "a is impaired",
        "b:q does not stay up",
    ]
    assert found[1].cause == "p: exited unexpectedly"
    assert [one.priority for one in found] == [Priority.HIGH, Priority.MEDIUM, Priority.LOW]
    assert all(one.remedy and one.cause for one in found)


def test_no_quorum_no_master_and_no_connection_are_alarms() -> None:
    status = healthy()
    quorum = msgspec.structs.replace(status.quorum, present=1, held=False, missing=("server_2", "server_3"))
    without = with_alarms(msgspec.structs.replace(status, quorum=quorum, master=None))
    (lost,) = alarm_rows(seen(without))
    assert "bring back server_2, server_3" in lost.alarm.remedy
    assert titles(seen(with_alarms(msgspec.structs.replace(status, master=None)))) == ["no master"]
    away = msgspec.structs.replace(seen(status), link=Link(connected=False, reason="nobody answers"))
    assert [row.alarm.cause for row in alarm_rows(away)] == ["nobody answers"]


def test_a_node_with_other_files_is_an_alarm_and_says_in_what() -> None:
    status = healthy()
    other = msgspec.structs.replace(status.nodes[3], differs="its rules differ: rules.toml")
    status = msgspec.structs.replace(status, nodes=(*status.nodes[:3], other, *status.nodes[4:]))
    (row,) = alarm_rows(seen(with_alarms(status)))
    assert row.alarm.cause == "its rules differ: rules.toml"
    told = detail_lines(seen(status), Subject(Kind.NODE, other.name), 100)
    assert "its rules differ" in "".join(map(text_of, told))


def test_a_conflict_hides_the_failure_that_it_causes() -> None:
    status = with_application(doubled(), application("scen2_hci_02", HCI, "console_3", major_failure=True))
    assert titles(seen(with_alarms(status))) == [
        "scen2_hci_02 runs more than once",
        "scen2_hci_03 has failed",
    ]


def test_the_lines_fit() -> None:
    for row in alarm_rows(seen(with_alarms(doubled(), shelved={MINE: ADA}))):
        assert all(width_of(line) <= 30 for line in alarm_lines(row, 30))


# What is shown of it


def test_who_has_said_what_when_and_why_is_told() -> None:
    told = AlarmMark("bob", "console_3", "2026-11-23T12:01:00.000Z", reason="its screen is broken")
    (row,) = alarm_rows(seen(with_alarms(reference(), out_of_service={MINE: told})))
    words = "".join(map(text_of, alarm_lines(row, 200)))
    assert "out of service by bob on console_3 at " in words
    assert "(its screen is broken)" in words


def test_a_state_is_a_word_and_not_a_colour() -> None:
    lines = {}
    said: tuple[dict[str, Any], ...] = (
        {},
        {"acknowledged": {MINE: ADA}},
        {"shelved": {MINE: ADA}},
        {"out_of_service": {MINE: ADA}},
    )
    for marks in said:
        (row,) = alarm_rows(seen(with_alarms(reference(), **marks)))
        lines[row.alarm.state] = text_of(alarm_line(row, 100, None, lit=True))
    assert len(set(lines.values())) == len(lines) == 4
    dark = text_of(alarm_line(row, 100, None, lit=False))
    assert dark == lines[row.alarm.state], "the dark half of a blink says the same"


def test_what_was_put_aside_is_not_in_the_way_and_counted() -> None:
    picture = seen(with_alarms(reference(), shelved={MINE: ADA}))
    assert alarm_rows(picture, AlarmView.CURRENT) == ()
    assert [row.key for row in alarm_rows(picture, AlarmView.ASIDE)] == [MINE]
    assert list_title(picture, AlarmView.CURRENT) == "Alarms, 1 put aside"
    assert alarm_counts(picture, lit=True, words=True) == ()


def test_a_filter_finds_states_and_consequences() -> None:
    picture = seen(with_alarms(with_dead_server()))
    assert alarm_rows(picture, AlarmView.ALL, Filter("new srv_11"))
    assert not alarm_rows(picture, AlarmView.ALL, Filter("seen"))


@pytest.mark.parametrize("width", [40, 80, 200])
def test_the_header_counts_by_priority_what_stands_and_what_is_new(width: int) -> None:
    lines = header_lines(seen(with_alarms(doubled())), width)
    counts = text_of(lines[2])
    assert "● 2" in counts
    assert ("2 new" if width > 100 else "2!" if width == 80 else "!") in counts
    assert all(width_of(line) <= width for line in lines)


# Blinking and ringing


def test_only_what_nobody_has_seen_blinks() -> None:
    for acknowledged, blinks in (({}, True), ({MINE: ADA}, False)):
        picture = seen(with_alarms(reference(), acknowledged=acknowledged))
        (row,) = alarm_rows(picture)
        assert (alarm_line(row, 80, None, lit=True) != alarm_line(row, 80, None, lit=False)) is blinks
        assert (header_lines(picture, 80, lit=True) != header_lines(picture, 80, lit=False)) is blinks


def test_blinking_is_off_where_nothing_moves_or_has_colours() -> None:
    assert wants_blink(True, {})
    assert not wants_blink(False, {})
    assert not wants_blink(True, {"NO_COLOR": "1"})
    assert not wants_blink(True, {"TEXTUAL_ANIMATIONS": "none"})


def test_the_bell_rings_once_for_each_new_alarm() -> None:
    bell, alarms = Bell(), with_alarms(doubled()).alarms
    assert not bell.rings(alarms[:1]), "it is on the screen already"
    assert bell.rings(alarms)
    assert not bell.rings(alarms)
    assert not bell.rings(alarms[:1])
    assert bell.rings(alarms), "it is raised anew"


async def test_what_waits_blinks_on_the_screen(console: Console) -> None:
    session = FakeSession(with_alarms(reference()))
    async with console(session, first=Place.ALARMS) as operator:
        await operator.sees("NEW")
        await operator.until(lambda: not operator.app.desk.lit, f"the dark half within {PERIOD} s")
        await operator.until(lambda: operator.app.desk.lit, "the bright half")
        session.tell(with_alarms(reference(), acknowledged={MINE: ADA}))
        await operator.sees("seen")
        # It would have been dark at some time within one period.
        await operator.pilot.pause(2 * PERIOD)
        assert operator.app.desk.lit


@pytest.mark.parametrize("rings", [True, False])
async def test_a_new_alarm_rings_if_that_is_wanted(rings: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    from .conftest import console_on

    session = FakeSession(with_alarms(healthy()))
    app = console_on(session, settings=ConsoleSettings(screen=Place.OVERVIEW, bell=rings))
    rung: list[None] = []
    monkeypatch.setattr(app, "bell", lambda: rung.append(None))
    async with app.run_test() as pilot:
        operator = Operator(pilot, session)
        await operator.until(lambda: app.front and app.front.drawn.status, "the first picture")
        session.tell(with_alarms(reference()))
        await operator.sees("● 1 HIGH")
        session.tell(age=0.2)
        await operator.until(lambda: app.front and app.front.picture.age == 0.2, "the next picture")
        assert len(rung) == int(rings)


# What the operator says


def asked_of(operator: Operator) -> list[tuple[Action, str]]:
    return operator.session.asked


async def test_keys_act_on_what_an_alarm_is_about_and_enter_goes_there(console: Console) -> None:
    async with console(FakeSession(with_alarms(reference())), first=Place.OVERVIEW) as operator:
        await operator.press("A")
        await operator.sees("tuiconsole start scen2_hci_03")
        await operator.press("c")
        await operator.until(lambda: operator.session.asked, "the request")
        assert operator.session.asked == [(Action.CLEAR, "scen2_hci_03")]
        await operator.press("enter")
        await operator.until(lambda: operator.app.screen is operator.control, "the applications")
        assert operator.control.subject.key == "scen2_hci_03"


async def test_y_acknowledges_and_everybody_sees_by_whom(console: Console) -> None:
    session = FakeSession(with_alarms(reference()))
    async with console(session, first=Place.ALARMS) as operator:
        await operator.sees("NEW")
        await operator.press("y")
        await operator.until(lambda: session.asked == [(Action.ACKNOWLEDGE, MINE)], "the request")
        session.answer(Outcome(MINE, Verdict.DONE, "acknowledged"))
        session.tell(with_alarms(reference(), acknowledged={MINE: ADA}))
        await operator.sees("acknowledged by ada on console_2 at 2026-11-23 12:01:00")
        await operator.misses("NEW")


async def test_capital_y_acknowledges_what_the_filter_shows(console: Console) -> None:
    session = FakeSession(with_alarms(doubled()))
    async with console(session, first=Place.ALARMS) as operator:
        await operator.sees("runs more than once")
        await operator.press("slash", *"hci_03", "enter")
        await operator.misses("runs more than once")
        await operator.press("Y")
        await operator.until(lambda: session.asked, "the request")
        assert session.asked == [(Action.ACKNOWLEDGE, MINE)]


async def test_z_asks_for_how_long(console: Console) -> None:
    session = FakeSession(with_alarms(reference()))
    async with console(session, first=Place.ALARMS) as operator:
        await operator.sees("NEW")
        await operator.press("z")
        await operator.sees("a quarter of an hour")
        await operator.press("down", "enter")
        await operator.until(lambda: session.asked == [(Action.SHELVE, MINE)], "the request")
        assert session.seconds == [3600.0]


async def test_a_command_says_for_how_long_as_well(console: Console) -> None:
    session = FakeSession(with_alarms(reference()))
    async with console(session, first=Place.ALARMS) as operator:
        await operator.sees("NEW")
        await operator.press("colon", *"shelve soon", "enter")
        await operator.sees("is no time to shelve for")
        await operator.press("colon", *"shelve 30m", "enter")
        await operator.until(lambda: session.asked == [(Action.SHELVE, MINE)], "the request")
        assert session.seconds == [1800.0]


async def test_out_of_service_wants_a_reason(console: Console) -> None:
    session = FakeSession(with_alarms(reference()))
    async with console(session, first=Place.ALARMS) as operator:
        await operator.sees("NEW")
        await operator.press("O")
        await operator.sees("out of service?")
        await operator.press("enter")
        assert not session.asked
        await operator.press(*"broken", "enter")
        await operator.until(lambda: session.asked == [(Action.OUT_OF_SERVICE, MINE)], "the request")
        assert session.details[0]["reason"] == "broken"


async def test_v_shows_what_was_put_aside_from_where_it_is_taken_back(console: Console) -> None:
    session = FakeSession(with_alarms(reference(), shelved={MINE: ADA}))
    async with console(session, first=Place.ALARMS) as operator:
        await operator.sees("1 put aside")
        assert "scen2_hci_03 has failed" not in operator.text()
        await operator.press("v", "v")
        await operator.sees("Alarms: aside")
        await operator.sees("shelved")
        await operator.press("I")
        await operator.sees("it is not out of service")
        assert not session.asked
        await operator.press("Z")
        await operator.until(lambda: session.asked == [(Action.UNSHELVE, MINE)], "the request")
        await operator.press("escape")
        await operator.sees("1 put aside")


async def test_what_is_out_of_service_is_returned(console: Console) -> None:
    session = FakeSession(with_alarms(reference(), out_of_service={MINE: ADA}))
    async with console(session, first=Place.ALARMS) as operator:
        await operator.press("colon", *"view all", "enter")
        await operator.sees("out of service by ada")
        await operator.press("I")
        await operator.until(lambda: session.asked == [(Action.RETURN_TO_SERVICE, MINE)], "the request")


async def test_a_read_only_console_acknowledges_nothing(console: Console) -> None:
    session = FakeSession(with_alarms(reference()))
    async with console(session, first=Place.ALARMS, read_only=True) as operator:
        await operator.sees("NEW")
        for key in ("y", "Y", "z", "Z", "O", "I"):
            await operator.press(key)
            await operator.sees("read-only")
        assert not session.asked


async def test_the_loss_of_the_connection_is_nobody_elses_alarm(console: Console) -> None:
    session = FakeSession(with_alarms(healthy()))
    async with console(session, first=Place.ALARMS) as operator:
        session.tell(link=Link(connected=False, reason="nobody answers"))
        await operator.sees("no agent answers")
        await operator.press("y")
        await operator.sees("as soon as an agent answers")
        assert not session.asked


def test_states_have_words_of_their_own() -> None:
    from tuiconsole.console.rows.marks import alarm_state_word

    assert len({alarm_state_word(state) for state in AlarmState}) == len(AlarmState)
    assert len({Tone.MAJOR_BADGE, Tone.MAJOR}) == 2
