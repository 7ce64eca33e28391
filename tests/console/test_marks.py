"""Several things at once: marks, a filter's result, choices; commands and palette as other ways to ask."""

from __future__ import annotations

from textual.widgets import OptionList

from tuiconsole.client.session import Action
from tuiconsole.console.rows.ordering import Grouping, Order
from tuiconsole.console.widgets.dialogs.choice import ChoiceDialog
from tuiconsole.console.widgets.dialogs.confirm import ConfirmDialog

from .conftest import Console
from .fake_session import FakeSession
from .scenario import crowd


async def test_marked_rows_are_stopped_together_after_all_of_them_are_listed(console: Console) -> None:
    async with console() as operator:
        await operator.on("scen2_srv_01")
        await operator.press("space", "space")
        await operator.sees("2 marked")
        await operator.sees("◆scen2_srv_02")
        await operator.press("x")
        await operator.sees("Stop 2 targets?")
        await operator.sees("scen2_srv_01  ► RUNNING")
        await operator.press("y")
        await operator.until(lambda: operator.session.asked, "the request")
        assert operator.session.asked == [(Action.STOP, "scen2_srv_01")]
        await operator.press("escape")
        await operator.misses("2 marked")


async def test_a_filters_result_is_marked_as_a_whole_and_starting_it_asks_first(console: Console) -> None:
    async with console() as operator:
        await operator.press("slash", *"hci", "enter", "asterisk")
        await operator.sees("3 marked")
        await operator.press("s")
        await operator.sees("Start 3 targets?")
        assert operator.app.focused is not None
        assert operator.app.focused.id == "cancel"
        await operator.press("escape", "asterisk")
        await operator.misses("3 marked")


async def test_processes_that_match_are_marked_rather_than_their_applications(console: Console) -> None:
    async with console() as operator:
        await operator.press("slash", *"sensor_view", "enter", "asterisk")
        assert operator.control.marked == tuple(
            f"scen2_hci_0{number}:scen2_sensor_view" for number in (1, 2, 3)
        )


async def test_a_process_of_a_marked_application_is_not_named_twice(console: Console) -> None:
    async with console() as operator:
        await operator.on("scen2_hci_03")
        await operator.press("space", "space", "x")
        await operator.sees("Stop scen2_hci_03?")


async def test_stopping_a_great_many_wants_the_clusters_name(console: Console) -> None:
    async with console(FakeSession(crowd(12, 1))) as operator:
        await operator.press("asterisk", "x")
        await operator.sees("Stop 12 targets?")
        await operator.press(*"scenario", "enter")
        assert isinstance(operator.app.screen, ConfirmDialog)
        await operator.press(*"_2", "enter")
        await operator.until(lambda: operator.session.asked, "the request")


async def test_capital_s_starts_with_a_strategy_or_on_behalf_of_another_node(console: Console) -> None:
    async with console() as operator:
        await operator.on("scen2_hci_01")
        await operator.press("S")
        await operator.until(lambda: isinstance(operator.app.screen, ChoiceDialog), "the choices")
        await operator.press("G", "up")
        await operator.sees("as if console_2 asked for it; load 42 %")
        await operator.press("enter")
        await operator.until(lambda: operator.session.asked, "the request")
        assert operator.session.asked == [(Action.START, "scen2_hci_01")]
        assert operator.session.details[0]["strategy"] == "LOCAL"
        assert operator.session.details[0]["origin"] == "console_2"


async def test_a_command_names_an_action_and_what_it_is_about(console: Console) -> None:
    async with console() as operator:
        await operator.press("colon", *"start scen2_hci_01", "enter")
        await operator.until(lambda: operator.session.asked, "the request")
        assert operator.session.asked == [(Action.START, "scen2_hci_01")]
        await operator.press("colon", *"strat", "enter")
        await operator.sees("no command is named 'strat'; did you mean start?")
        await operator.press("colon", *"stop scen2_hci_11", "enter")
        await operator.sees("nothing is named 'scen2_hci_11'")
        await operator.press("colon", "up", "up", "up")
        await operator.sees(": start scen2_hci_01")


async def test_commands_and_palette_refuse_like_keys_when_read_only(console: Console) -> None:
    async with console(read_only=True) as operator:
        await operator.press("colon", *"start scen2_hci_01", "enter")
        await operator.sees("Start is refused: this console is read-only")
        assert operator.session.asked == []


async def test_the_palette_finds_an_action_by_its_name(console: Console) -> None:
    async with console() as operator:
        await operator.press("ctrl+p")
        await operator.press(*"conflicts")
        await operator.until(lambda: operator.app.screen.query_one(OptionList).option_count == 1, "its name")
        await operator.press("enter")
        await operator.sees("no conflict")


async def test_sorting_and_grouping_keep_the_cursor_on_what_it_is_on(console: Console) -> None:
    async with console() as operator:
        await operator.on("scen2_hci_02")
        await operator.press("greater_than_sign", "greater_than_sign")
        await operator.sees("sorted by failures")
        assert operator.control.applications.order is Order.FAILURES
        assert operator.keys[0] == "scen2_hci_03"
        assert operator.control.subject.key == "scen2_hci_02"
        await operator.press("b")
        await operator.sees("by node")
        assert operator.control.applications.grouping is Grouping.NODE
        await operator.sees("▾ console_3  5 processes, 5 alive")
        await operator.press("minus")
        await operator.sees("▸ console_3")
        await operator.press("plus", "b")
        await operator.sees("▾ RUNNING")


async def test_a_process_is_started_with_more_arguments_by_a_command(console: Console) -> None:
    async with console() as operator:
        line = "start scen2_hci_01:scen2_chart_view -- --zoom 'two words'"
        await operator.press("colon", *line, "enter")
        await operator.until(lambda: operator.session.asked, "the request")
        assert operator.session.asked == [(Action.START, "scen2_hci_01:scen2_chart_view")]
        assert operator.session.arguments == [("--zoom", "two words")]
        await operator.press("colon", *"stop scen2_hci_01:scen2_chart_view -- x", "enter")
        await operator.sees("stop is about one thing: '-- x' is too much")
        await operator.press("colon", *"start scen2_hci_01:scen2_chart_view -- 'x", "enter")
        await operator.sees("No closing quotation")
        assert len(operator.session.asked) == 1
