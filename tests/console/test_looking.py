"""Looking around: filter, log, help, panels; cursor and scroll stay while everything changes."""

from __future__ import annotations

import asyncio
from functools import partial

import msgspec
import pytest
from textual.geometry import Region
from textual.strip import Strip

from tuiconsole.client.session import Link
from tuiconsole.clock import boottime
from tuiconsole.console.actions import Place
from tuiconsole.console.pace import SHORTEST
from tuiconsole.console.picture import Picture
from tuiconsole.console.rows.tree import TreeRow
from tuiconsole.console.screens.logs import LogScreen
from tuiconsole.console.subject import Kind, Subject
from tuiconsole.console.widgets.details.log_view import LogView
from tuiconsole.console.widgets.details.panel import DetailsPanel, Facts
from tuiconsole.console.widgets.dialogs.help import HelpScreen
from tuiconsole.model.events import Event, Severity
from tuiconsole.model.states import ClusterState, NodeState

from .conftest import Console, Operator
from .fake_session import FakeSession
from .scenario import (
    HCI,
    application,
    crowd,
    reference,
    starting_hci,
    with_application,
    without_application,
)


async def test_the_filter_narrows_as_it_is_typed_and_enter_goes_to_the_first_match(console: Console) -> None:
    async with console() as operator:
        await operator.press("slash", *"srv")
        await operator.until(
            lambda: operator.keys == ["scen2_srv_01", "scen2_srv_02", "scen2_srv_03"], "matches"
        )
        await operator.press("enter")
        assert operator.control.applications.key == "scen2_srv_01"
        assert operator.control.applications.has_focus
        await operator.sees("Applications 3 of 7 with “srv”")
        assert operator.session.asked == [], "letters of the filter are no commands"
        await operator.press("escape")
        await operator.until(lambda: len(operator.keys) > 7, "the whole tree")
        assert operator.control.applications.key == "scen2_srv_01"


async def test_the_filter_finds_processes_and_failures_and_says_when_nothing_matches(
    console: Console,
) -> None:
    async with console() as operator:
        await operator.press("slash", *"maj")
        await operator.until(lambda: operator.keys[:1] == ["scen2_hci_03"], "what has failed")
        await operator.press("escape", "slash", *"[/]")
        await operator.sees("nothing has “[/]”")
        await operator.press("escape", "slash", *"rt e_3")
        await operator.until(
            lambda: operator.keys == ["scen2_hci_02", "scen2_hci_02:scen2_chart_view"], "the process"
        )


def is_shown(operator: Operator, name: str) -> bool:
    return name in operator.keys


async def test_the_cursor_stays_on_its_namespec_while_rows_come_and_go(console: Console) -> None:
    async with console() as operator:
        session = operator.session
        await operator.on("scen2_hci_03:scen2_sensor_control")
        tree = operator.control.applications
        for name in (f"aaa_{number:02d}" for number in range(12)):
            status = session.status
            assert status is not None
            session.tell(with_application(status, application(name, HCI, "console_1")))
            await operator.until(partial(is_shown, operator, name), "the new row")
            assert tree.key == "scen2_hci_03:scen2_sensor_control"
            assert tree.scroll_offset.y <= tree.cursor < tree.scroll_offset.y + tree.size.height
        place = tree.cursor - tree.scroll_offset.y
        status = session.status
        assert status is not None
        session.tell(with_application(status, application("aaa_99", HCI)))
        await operator.until(lambda: "aaa_99" in operator.keys, "one more row")
        assert tree.cursor - tree.scroll_offset.y == place, "its place on the screen stays too"
        status = session.status
        assert status is not None
        session.tell(without_application(status, "scen2_hci_03"))
        await operator.until(lambda: "scen2_hci_03" not in operator.keys, "the application gone")
        assert tree.key == "scen2_hci_02", "then the nearest one before it"


async def test_scroll_survives_updates_of_what_is_not_in_view(console: Console) -> None:
    session = FakeSession(crowd(60, 3))
    async with console(session) as operator:
        tree = operator.control.applications
        await operator.press("end")
        tree.scroll_to(y=20, animate=False)
        await operator.pilot.pause()
        status = session.status
        assert status is not None
        session.tell(with_application(status, application("line_059", HCI, "server_2")))

        def updated() -> bool:
            last = tree.rows[-1]
            return isinstance(last, TreeRow) and last.application.nodes == ("server_2",)

        await operator.until(updated, "the update")
        assert tree.scroll_offset.y == 20
        assert tree.key == "line_059"


async def test_enter_opens_and_closes_an_application(console: Console) -> None:
    async with console() as operator:
        await operator.on("scen2_srv_01")
        await operator.press("enter")
        await operator.until(lambda: "scen2_srv_01:scen2_config_manager" in operator.keys, "its processes")
        await operator.press("j", "left", "enter")
        await operator.until(lambda: "scen2_srv_01:scen2_config_manager" not in operator.keys, "closed")
        await operator.press("plus")
        await operator.until(lambda: "scen2_srv_03:scen2_config_manager" in operator.keys, "all open")
        await operator.press("minus")
        await operator.until(lambda: len(operator.keys) == 7, "all closed")


async def test_vim_keys_and_arrows_move_the_cursor(console: Console) -> None:
    async with console() as operator:
        await operator.press("j", "down", "k")
        assert operator.control.applications.cursor == 1
        await operator.press("G")
        assert operator.control.applications.key == "scen2_srv_03"
        await operator.press("g")
        assert operator.control.applications.cursor == 0


async def test_l_opens_the_log_which_follows_until_it_is_scrolled_up(console: Console) -> None:
    namespec = "scen2_hci_02:scen2_sensor_view"
    session = FakeSession()
    session.append(namespec, "".join(f"line {number}\n" for number in range(100)))
    async with console(session) as operator:
        await operator.on("scen2_hci_02")
        await operator.press("enter")
        await operator.on(namespec)
        await operator.press("l")
        await operator.until(lambda: isinstance(operator.app.screen, LogScreen), "the log's screen")
        await operator.sees("line 99")
        session.append(namespec, "line 100\n")
        await operator.sees("line 100")
        await operator.sees("● following")
        view = operator.app.screen.query_one(LogView)
        await operator.press("pageup")
        await operator.sees("◌ held")
        held = view.scroll_offset.y
        session.append(namespec, "line 101\n")
        await operator.until(lambda: "line 101" in view.lines, "the new line")
        assert view.scroll_offset.y == held
        await operator.press("f")
        await operator.sees("line 101")
        await operator.press("escape")
        await operator.until(lambda: not isinstance(operator.app.screen, LogScreen), "back")
        assert operator.control.applications.key == namespec


async def test_t_shows_the_other_stream_and_says_when_there_is_none(console: Console) -> None:
    namespec = "scen2_hci_02:scen2_internal_data_bus"
    session = FakeSession()
    session.append(namespec, "to stdout\n")
    async with console(session) as operator:
        await operator.on("scen2_hci_02")
        await operator.press("l")
        await operator.sees("to stdout")
        await operator.press("t")
        await operator.sees("has no stderr log")
        session.append(namespec, "to stderr\n", stderr=True)
        await operator.sees("to stderr")


async def test_the_details_show_facts_and_the_live_tail_of_the_selected_process(console: Console) -> None:
    namespec = "scen2_hci_02:scen2_sensor_view"
    session = FakeSession()
    session.append(namespec, "\x1b[2J\x1b[31mhello\x1b[0m\n")
    async with console(session) as operator:
        await operator.on("scen2_hci_02")
        await operator.press("enter")
        await operator.on(namespec)
        await operator.sees("pid 4404")
        await operator.sees("hello")
        session.append(namespec, "and more\n")
        await operator.sees("and more")
        assert "\x1b" not in operator.text()


async def test_scrolling_through_the_tree_opens_only_the_log_it_rests_on(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tuiconsole.console.widgets.details.panel._SETTLED", 0.6)
    async with console() as operator:
        await operator.on("scen2_hci_03")
        await operator.press("down", "down", "down", "down")
        await operator.until(lambda: operator.session.opened_logs, "a log")
        assert operator.session.opened_logs == [("scen2_hci_03:scen2_sensor_control", False)]


async def test_question_mark_lists_every_key_and_escape_returns(console: Console) -> None:
    async with console(size=(120, 60)) as operator:
        await operator.press("question_mark")
        await operator.until(lambda: isinstance(operator.app.screen, HelpScreen), "the help")
        for words in (
            "Stop what is selected or marked, or cancel its start; asks",
            "Open the log",
            "Quit the console",
        ):
            await operator.sees(words)
        await operator.press("escape")
        await operator.until(lambda: not isinstance(operator.app.screen, HelpScreen), "back")


async def test_q_quits_with_zero_and_leaves_the_session(console: Console) -> None:
    async with console() as operator:
        await operator.press("q")
    assert operator.app.return_value == 0
    assert operator.session.closed


async def test_n_goes_to_the_nodes_and_shows_what_runs_there(console: Console) -> None:
    async with console() as operator:
        await operator.press("n")
        await operator.sees("Processes on it")
        await operator.press("g", "down", "down")
        await operator.sees("scen2_srv_03 (5)")
        front = operator.app.front
        assert front is not None
        assert front.subject == Subject(Kind.NODE, "server_3")
        await operator.press("enter", "down", "x")
        await operator.sees("Stop scen2_srv_03:scen2_internal_data_bus?")
        await operator.press("escape", "escape", "escape")
        await operator.until(lambda: operator.app.screen is operator.control, "back")
        assert operator.control.applications.has_focus


async def test_enter_on_an_event_goes_to_what_it_is_about(console: Console) -> None:
    async with console() as operator:
        await operator.press("e", "enter")
        assert operator.control.applications.key == "scen2_hci_03"
        assert operator.control.applications.has_focus


async def test_a_lost_connection_keeps_the_last_state_and_its_age_grows(console: Console) -> None:
    async with console(size=(80, 24)) as operator:
        operator.session.tell(link=Link(connected=False, reason="agent console_1 does not answer"), age=12.0)
        await operator.sees("CONNECTION LOST  12 s ago – last known state")
        await operator.sees("agent console_1 does not answer")
        await operator.sees("► RUNNING      ○       △       console_3")
        await operator.rests()
        operator.session.age = 13.0
        await operator.sees("13 s ago")
        operator.session.tell(link=Link(connected=True, agent="console_1"), age=0.1)
        await operator.misses("CONNECTION LOST")
        await operator.sees("● live")


async def test_before_the_first_status_the_console_says_that_it_waits(console: Console) -> None:
    session = FakeSession()
    session.status, session.age = None, float("inf")
    session.link = Link(connected=False, reason="connection refused")
    async with console(session) as operator:
        await operator.sees("NOT CONNECTED")
        await operator.sees("connection refused")
        session.tell(reference(), link=Link(connected=True, agent="console_1"), age=0.1)
        await operator.sees("scen2_srv_01")


async def test_a_fault_of_the_session_becomes_an_event_and_the_console_goes_on(console: Console) -> None:
    async with console() as operator:
        await operator.press("e")
        operator.session.tell(fault=RuntimeError("a [bold]strange[/] thing"))
        await operator.sees("RuntimeError: a [bold]strange[/] thing")
        assert operator.app.is_running


async def test_no_master_lost_quorum_failed_and_stale_nodes_are_told_in_words(console: Console) -> None:
    status = reference()
    lost = msgspec.structs.replace(
        status.nodes[1], state=NodeState.FAILED, age=7.0, reason="lost: heard 7 s ago"
    )
    silent = msgspec.structs.replace(status.nodes[2], stale=True, age=2.0)
    status = msgspec.structs.replace(
        status,
        state=ClusterState.ELECTION,
        master=None,
        quorum=msgspec.structs.replace(status.quorum, present=1, held=False),
        nodes=(status.nodes[0], lost, silent, *status.nodes[3:]),
        reason="no quorum: 1 of 3 voters is heard, 2 are needed",
    )
    async with console(FakeSession(status), size=(120, 35), first=Place.OVERVIEW) as operator:
        for words in (
            "◐ ELECTION",
            "no master",
            "quorum 1/3 LOST, needs 2",
            "✗ FAILED",
            "RUNNING?",
            "no quorum: 1 of 3",
        ):
            await operator.sees(words)


async def test_control_codes_and_markup_in_names_do_not_disturb_the_screen(console: Console) -> None:
    nasty = "scen2_\x1b[2J\x07[red]\u202e\n界"
    status = with_application(
        reference(), application(nasty, HCI, "cons\x1b]0;x\x07ole", reason="[/] \r\n\x9b31m")
    )
    event = Event("not a time", "no\x1bde", "node", "[b]", "text\twith\x00all", Severity.MAJOR, "x")
    async with console(FakeSession(status, events=(event,)), size=(120, 35)) as operator:
        await operator.on(nasty)
        await operator.press("enter")
        await operator.sees("scen2_␛[2J␇[red]")
        text = operator.text()
        assert not set(text) & {"\x1b", "\x07", "\x9b", "\u202e", "\t", "\r", "\x00"}
        assert all(line.rstrip() == line or len(line) <= 120 for line in text.split("\n"))
        await operator.press("x")
        await operator.sees("Stop scen2_␛[2J")


async def test_a_thousand_processes_are_shown_and_walked_through(console: Console) -> None:
    session = FakeSession(crowd(50, 20))
    async with console(session, size=(120, 35)) as operator:
        await operator.press("plus")
        await operator.until(lambda: len(operator.keys) == 1_050, "all rows")
        await operator.press("end")
        assert operator.control.applications.key == "line_049:worker_019"
        await operator.sees("worker_019")
        session.tell(with_application(crowd(50, 20), starting_hci("line_048", "server_2", 2)))
        await operator.until(lambda: any("STARTING 2/3" in line for line in operator.drawn_tree), "the job")
        assert operator.control.applications.key == "line_049:worker_019"


async def test_a_storm_of_changes_is_painted_a_bounded_number_of_times(console: Console) -> None:
    async with console() as operator:
        paints: list[Picture] = []
        showing = operator.control.showing
        operator.control.showing = lambda picture: (paints.append(picture), showing(picture))[1]
        began = boottime()
        for step in range(200):
            operator.session.tell(age=step / 1_000)
            # Each comes by itself, so that each could be painted.
            await operator.pilot.pause(0.001)
        await operator.until(lambda: paints and paints[-1].age == 0.199, "the last one")
        assert 1 <= len(paints) <= 3 + (boottime() - began) / SHORTEST


def behind_drawn(operator: Operator, age: float) -> bool:
    return operator.control.drawn.age == age


async def test_a_screen_that_is_left_while_its_picture_waits_for_a_key_is_no_trouble(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with console() as operator:
        await operator.on("scen2_hci_03:scen2_sensor_view")
        app, give_way = operator.app, operator.app._give_way
        for waits in (1, 2, 3):
            await operator.press("p")
            await operator.sees("Starts, exits")
            left = waits

            async def leaving(began: float) -> float:
                nonlocal left
                left -= 1
                if not left:
                    await app.pop_screen()
                return await give_way(began)

            monkeypatch.setattr(app, "_give_way", leaving)
            monkeypatch.setattr("tuiconsole.console.app.TURN", 0.0)
            operator.session.tell(age=float(waits))
            await operator.until(partial(behind_drawn, operator, float(waits)), "the screen behind it")
            monkeypatch.undo()
        assert [one.text for one in app.feed.picture().events if one.kind == "console"] == []


async def test_news_of_what_is_selected_is_painted_before_the_layout_that_more_facts_ask_for(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with console(size=(120, 35)) as operator:
        name = "scen2_hci_01"
        await operator.on(name)
        await operator.until(lambda: name in str(operator.control.query_one(DetailsPanel).border_title), "it")
        facts, order = operator.control.query_one(Facts), list[str]()
        # The cursor's own move asks for layouts once it is painted: those shall be over.
        for _ in range(2):
            painted = asyncio.Event()
            facts.after_painting(painted.set)
            await painted.wait()
        render, refresh = facts.render_line, facts.refresh

        def rendered(y: int) -> Strip:
            strip = render(y)
            if "STARTING" in strip.text:
                order.append("painted")
            return strip

        def refreshed(*regions: Region, **words: bool) -> Facts:
            if words.get("layout"):
                order.append("asked for a layout")
            return refresh(*regions, **words)

        monkeypatch.setattr(facts, "render_line", rendered)
        monkeypatch.setattr(facts, "refresh", refreshed)
        before = facts.size.height
        operator.session.tell(with_application(reference(), starting_hci(name, "console_1", 1)))
        await operator.until(lambda: facts.size.height != before, "another number of facts")
        assert order[0] == "painted"
        assert "asked for a layout" in order


async def test_a_node_whose_clock_is_ahead_hides_nothing_that_happens_elsewhere(console: Console) -> None:
    session = FakeSession()
    async with console(session, first=Place.EVENTS, size=(120, 35)) as operator:
        session.tell(event=Event("2026-11-23T13:00:00.000Z", "server_3", "node", "", "an hour ahead", id="a"))
        await operator.sees("an hour ahead")
        session.tell(event=Event("2026-11-23T12:06:00.000Z", "server_1", "node", "", "now", id="b"))
        await operator.sees("12:06:00")
        lines = operator.text().split("\n")
        first = next(number for number, line in enumerate(lines) if "12:06:00" in line)
        assert "an hour ahead" in lines[first + 1], "the newest stands at the top, whatever its clock says"
