"""The screens, and how an operator gets from one to another."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import msgspec
import pytest

from tuiconsole.client.session import Action, Outcome, Verdict
from tuiconsole.console.actions import Place
from tuiconsole.console.item_number import ItemNumber
from tuiconsole.console.screens.conflicts import ConflictsScreen
from tuiconsole.console.screens.logs import LogScreen
from tuiconsole.console.screens.process import ProcessScreen
from tuiconsole.console.subject import Kind, Subject
from tuiconsole.console.widgets.details.log_view import LogView
from tuiconsole.console.widgets.dialogs.choice import ChoiceDialog
from tuiconsole.console.widgets.dialogs.confirm import ConfirmDialog
from tuiconsole.model.events import Event
from tuiconsole.model.states import NodeState
from tuiconsole.model.status import ClusterStatus, ConflictStatus, InstanceStatus

from .conftest import Console, Operator
from .fake_session import FakeSession
from .scenario import HCI, application, reference, starting_hci, with_application


def place_of(operator: Operator) -> Place | None:
    return operator.app.front.PLACE if operator.app.front else None


async def test_the_overview_shows_nodes_as_tiles_and_items_as_a_matrix(console: Console) -> None:
    async with console(first=Place.OVERVIEW, size=(120, 35)) as operator:
        await operator.sees("► RUNNING server_1")
        await operator.sees(" 02 ")
        row = next(line for line in operator.text().split("\n") if " 02 " in line)
        assert "server_2" in row
        assert "console_3" in row
        failed = next(line for line in operator.text().split("\n") if " 03 " in line)
        assert "● MAJOR ▲ minor" in failed


async def test_a_digit_goes_to_the_item_and_s_starts_its_hci_on_this_console(console: Console) -> None:
    async with console(first=Place.OVERVIEW) as operator:
        await operator.press("2")
        assert operator.overview.subject == Subject(Kind.APPLICATION, "scen2_hci_02")
        await operator.press("s")
        await operator.until(lambda: operator.session.asked, "the request")
        assert operator.session.asked == [(Action.START, "scen2_hci_02")]
        assert operator.session.details[0]["origin"] == "", "on behalf of this console"


@pytest.fixture
def twelve_items() -> FakeSession:
    status = reference()
    for number in range(4, 13):
        status = with_application(status, application(f"scen2_hci_{number:02d}", HCI))
    return FakeSession(status)


async def test_digits_that_follow_fast_are_one_number_and_a_wrong_one_is_told(
    console: Console, twelve_items: FakeSession
) -> None:
    async with console(twelve_items, first=Place.OVERVIEW) as operator:
        operator.types("1", "2", apart=0.5)
        await operator.until(lambda: operator.overview.matrix.key == "12", "item 12")
        operator.types("9", "0")
        await operator.sees("no item 90")
        assert operator.overview.matrix.key == "09"


async def test_digits_are_numbers_of_their_own_if_they_were_typed_apart_however_late_they_are_heard(
    console: Console, twelve_items: FakeSession
) -> None:
    async with console(twelve_items, first=Place.OVERVIEW) as operator:
        operator.types("9", "1", "2", apart=1.0)
        await operator.until(lambda: operator.overview.matrix.key == "02", "item 2")


def test_a_digit_that_is_held_down_for_minutes_is_told_as_any_wrong_number() -> None:
    number = ItemNumber()
    told = [number.type("9", 0.03 * time, lambda _: False) for time in range(5_000)]
    assert told[0] == "no item 9"
    assert told[-1] == "no item 999999999"


async def test_a_digit_goes_to_the_item_among_the_applications_too_even_if_the_filter_hides_it(
    console: Console,
) -> None:
    async with console() as operator:
        await operator.press("slash", *"srv", "enter")
        await operator.sees("3 of 7 with “srv”")
        await operator.press("2")
        assert operator.control.subject == Subject(Kind.APPLICATION, "scen2_hci_02")
        await operator.press("s")
        await operator.until(lambda: operator.session.asked, "the request")
        assert operator.session.asked == [(Action.START, "scen2_hci_02")]
        operator.types("7")
        await operator.sees("no item 7")
        assert operator.control.subject == Subject(Kind.APPLICATION, "scen2_hci_02")


async def test_what_is_gone_to_is_under_the_cursor_though_the_grouping_does_not_show_it(
    console: Console,
) -> None:
    async with console() as operator:
        await operator.press("b")
        await operator.sees("by node")
        await operator.press("2")
        assert operator.control.subject == Subject(Kind.APPLICATION, "scen2_hci_02")
        await operator.misses("by node")

        await operator.press("b", "minus", "o", "1", "enter")
        await operator.until(lambda: place_of(operator) is Place.APPLICATIONS, "the applications")
        assert operator.control.subject == Subject(Kind.APPLICATION, "scen2_hci_01")

        await operator.press("b", "minus")
        process = Subject(Kind.PROCESS, "scen2_hci_03:scen2_internal_data_bus")
        operator.control.select(process)
        assert operator.control.subject == process


async def test_a_digit_goes_to_an_item_that_the_overviews_filter_hides(console: Console) -> None:
    async with console(first=Place.OVERVIEW) as operator:
        await operator.press("slash", *"_01", "enter")
        await operator.until(lambda: len(operator.overview.matrix.rows) == 1, "one item")
        await operator.press("2")
        assert operator.overview.subject == Subject(Kind.APPLICATION, "scen2_hci_02")


async def test_a_digit_is_about_the_item_though_the_events_had_the_keys(console: Console) -> None:
    async with console(first=Place.OVERVIEW, size=(120, 35)) as operator:
        await operator.press("tab")
        assert operator.overview.subject.kind is not Kind.APPLICATION
        await operator.press("2")
        assert operator.overview.subject == Subject(Kind.APPLICATION, "scen2_hci_02")


async def test_the_arrows_choose_the_part_that_keys_are_about(console: Console) -> None:
    async with console(first=Place.OVERVIEW) as operator:
        await operator.press("1", "left", "x")
        await operator.sees("Stop scen2_srv_01?")
        await operator.press("escape", "right", "right", "s")
        await operator.until(lambda: operator.session.asked, "the request")
        assert operator.session.asked == [(Action.START, "scen2_hci_01")]


async def test_the_reason_of_a_failure_is_one_key_away(console: Console) -> None:
    async with console(first=Place.OVERVIEW, size=(80, 24)) as operator:
        await operator.press("3")
        await operator.sees("no node could be found")


async def test_the_log_of_what_crashed_is_two_keys_away(console: Console) -> None:
    session = FakeSession()
    session.append("scen2_hci_03:scen2_internal_data_bus", "Traceback: boom\n")
    async with console(session, first=Place.OVERVIEW, size=(80, 24)) as operator:
        await operator.press("3", "l")
        await operator.until(lambda: isinstance(operator.app.screen, LogScreen), "the log")
        await operator.sees("boom")


@pytest.mark.parametrize(
    ("key", "place"),
    [
        ("o", Place.OVERVIEW),
        ("a", Place.APPLICATIONS),
        ("n", Place.NODES),
        ("e", Place.EVENTS),
        ("C", Place.CONFLICTS),
        ("J", Place.JOBS),
        ("A", Place.ALARMS),
    ],
)
async def test_each_screen_has_a_key_and_escape_goes_back(console: Console, key: str, place: Place) -> None:
    first = Place.EVENTS if place is Place.OVERVIEW else Place.OVERVIEW
    async with console(first=first) as operator:
        await operator.press(key)
        await operator.until(lambda: place_of(operator) is place, place.value)
        assert operator.app.focused is not None, "keys go somewhere"
        await operator.press("escape")
        await operator.until(lambda: place_of(operator) is first, "back")


def is_at(operator: Operator, place: Place) -> bool:
    return place_of(operator) is place


async def test_going_where_one_was_already_leads_back_there(console: Console) -> None:
    async with console(first=Place.OVERVIEW) as operator:
        for key, place in (("a", Place.APPLICATIONS), ("n", Place.NODES), ("a", Place.APPLICATIONS)):
            await operator.press(key)
            await operator.until(partial(is_at, operator, place), place.value)
        await operator.press("escape")
        await operator.until(lambda: place_of(operator) is Place.OVERVIEW, "the overview")


async def test_what_is_selected_is_selected_on_the_next_screen_too(console: Console) -> None:
    async with console(first=Place.OVERVIEW) as operator:
        await operator.press("2", "a")
        await operator.until(lambda: place_of(operator) is Place.APPLICATIONS, "the applications")
        assert operator.control.subject.key == "scen2_hci_02"
        await operator.press("n")
        await operator.until(lambda: place_of(operator) is Place.NODES, "the nodes")
        front = operator.app.front
        assert front is not None
        assert front.subject == Subject(Kind.NODE, "console_3")


async def test_enter_on_a_process_shows_its_curves_its_events_and_its_log(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tuiconsole.console.app.EVERY", 3_600.0)
    namespec = "scen2_hci_02:scen2_sensor_view"
    session = FakeSession()
    session.append(namespec, "view updated\n")
    async with console(session, size=(120, 35)) as operator:
        await operator.on("scen2_hci_02")
        await operator.press("enter")
        await operator.on(namespec)
        for cpu in (1.0, 8.0, 4.0):
            running = application("scen2_hci_02", HCI, "console_3", seed=4)
            busy = tuple(msgspec.structs.replace(one, cpu=cpu) for one in running.processes)
            assert session.status is not None
            status = with_application(session.status, msgspec.structs.replace(running, processes=busy))
            session.tell(status)
            await operator.until(lambda: operator.app.feed.picture().status == status, "the news")  # noqa: B023
            operator.app.desk.trends.sample(operator.app.feed.picture())
        session.tell(event=Event("2026-11-23T12:03:00.000Z", "console_3", "process", namespec, "came back"))
        await operator.press("enter")
        await operator.until(lambda: isinstance(operator.app.screen, ProcessScreen), "the process")
        for words in ("pid 4404", "CPU 4.0 %", "███", "view updated", "came back"):
            await operator.sees(words)
        await operator.press("s")
        await operator.until(lambda: session.asked == [(Action.START, namespec)], "the request")
        await operator.press("escape")
        await operator.until(lambda: operator.app.screen is operator.control, "back")


async def test_events_are_filtered_told_in_full_and_lead_to_what_they_are_about(console: Console) -> None:
    async with console(first=Place.EVENTS, size=(80, 24)) as operator:
        await operator.press("slash", *"hci_02", "enter")
        await operator.misses("scen2_srv_01")
        await operator.sees("start asked by console_3")
        await operator.press("escape")
        await operator.sees("scen2_srv_01")
        await operator.press("g")
        await operator.sees("console_3)")
        await operator.press("enter")
        await operator.until(lambda: operator.app.screen is operator.control, "the applications")
        assert operator.control.subject.key == "scen2_hci_03"


def doubled() -> ClusterStatus:
    since = "2026-11-23T12:00:00.000Z"
    options: Mapping[str, str] = {
        "SENICIDE": "console_3 keeps it, the older one on console_2 is stopped",
        "STOP": "both are stopped",
        "USER": "people choose",
    }
    instances = (
        InstanceStatus("console_2", since, (3, 12), ("scen2_hci_02:a",)),
        InstanceStatus("console_3", since, None, ("scen2_hci_02:a",)),
    )
    conflict = ConflictStatus(
        "scen2_hci_02", ("console_2", "console_3"), since, "USER", instances, options, "waits for a person"
    )
    return reference(conflicts=(conflict,))


async def test_a_conflict_shows_each_remedy_and_is_ended_by_the_chosen_one(console: Console) -> None:
    session = FakeSession(doubled())
    async with console(session, first=Place.OVERVIEW) as operator:
        await operator.press("C")
        await operator.until(lambda: isinstance(operator.app.screen, ConflictsScreen), "the conflicts")
        for words in (
            "waits for a person",
            "started past the lock: no token",
            "keep console_2: console_2 keeps it, console_3 stops it",
            "SENICIDE: console_3 keeps it, the older one on console_2 is stopped",
        ):
            await operator.sees(words)
        await operator.press("enter")
        await operator.until(lambda: isinstance(operator.app.screen, ChoiceDialog), "the remedies")
        await operator.press("down", "enter")
        await operator.sees("scen2_hci_02: keep console_3?")
        await operator.press(*"scen2_hci_0", "enter")
        assert session.asked == [], "the name is not complete"
        await operator.press("2", "enter")
        await operator.until(lambda: session.asked, "the request")
        assert session.asked == [(Action.CONCILIATE, "scen2_hci_02")]
        assert session.details[0]["keep"] == "console_3"


async def test_jobs_show_each_sequence_and_stopping_cancels_one(console: Console) -> None:
    session = FakeSession(with_application(reference(), starting_hci("scen2_hci_01", "console_1", 2)))
    async with console(session, first=Place.OVERVIEW) as operator:
        await operator.press("J")
        await operator.sees("starting 2/3: waits for scen2_check_internal_data_bus to exit")
        await operator.sees("› sequence 2:")
        await operator.press("x")
        await operator.sees("Stop scen2_hci_01?")
        await operator.press("y")
        await operator.until(lambda: session.asked == [(Action.STOP, "scen2_hci_01")], "the request")
        session.answer(Outcome("scen2_hci_01", Verdict.DONE, "stopped"))
        await operator.sees("✓ scen2_hci_01 stopped")


async def test_stopping_all_on_a_node_lists_it_and_wants_the_nodes_name(console: Console) -> None:
    async with console(first=Place.NODES) as operator:
        await operator.press("G", "X")
        await operator.sees("Stop all that runs on console_3: 1 target?")
        await operator.sees("stays: runs elsewhere too")
        await operator.press("enter")
        assert isinstance(operator.app.screen, ConfirmDialog)
        await operator.press(*"console_3", "enter")
        await operator.until(lambda: operator.session.asked, "the request")
        assert operator.session.asked == [(Action.STOP, "scen2_hci_02")]


async def test_a_lost_node_is_confirmed_dead_with_a_reason_and_its_name(console: Console) -> None:
    status = reference()
    lost = msgspec.structs.replace(status.nodes[5], state=NodeState.FAILED, age=70.0)
    session = FakeSession(msgspec.structs.replace(status, nodes=(*status.nodes[:5], lost)))
    async with console(session, first=Place.NODES) as operator:
        await operator.press("g", "D")
        await operator.sees("server_1 is heard: it is not dead")
        await operator.press("G", "D")
        await operator.sees("Confirm that console_3 is dead?")
        await operator.sees("scen2_hci_02  becomes free to start elsewhere")
        await operator.press(*"burnt", "enter", *"console_3", "enter")
        await operator.until(lambda: session.asked, "the request")
        assert session.asked == [(Action.CONFIRM_DEAD, "console_3")]
        assert session.details[0]["reason"] == "burnt"


async def test_scrolling_up_in_merged_logs_holds_them_and_each_line_names_its_process(
    console: Console,
) -> None:
    session = FakeSession()
    bus, view = "scen2_hci_02:scen2_internal_data_bus", "scen2_hci_02:scen2_sensor_view"
    session.append(bus, "bus up\nbus listens\n")
    session.append(view, "view up\n")
    async with console(session) as operator:
        await operator.on("scen2_hci_02")
        await operator.press("enter")
        for namespec in (bus, view):
            await operator.on(namespec)
            await operator.press("space")
        await operator.press("l")
        await operator.until(lambda: isinstance(operator.app.screen, LogScreen), "the logs")
        await operator.until(lambda: len(operator.app.screen.query(LogView)) == 2, "two panes")
        await operator.sees("bus listens")
        await operator.press("m")
        await operator.sees("scen2_sensor_view │ view up")
        await operator.sees("scen2_internal_data_bus │ bus up")
        await operator.press("m")
        await operator.until(lambda: len(operator.app.screen.query(LogView)) == 2, "two panes again")
