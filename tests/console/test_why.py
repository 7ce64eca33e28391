"""`w` says why, and `S` shows where each process will go before anything is asked."""

from __future__ import annotations

import pytest

from tuiconsole.client.session import Action
from tuiconsole.console.actions import Place
from tuiconsole.console.rows.line import text_of, width_of
from tuiconsole.console.rows.why import plan_lines, why_lines
from tuiconsole.console.widgets.dialogs.start import StartDialog
from tuiconsole.console.widgets.dialogs.why import WhyScreen

from .conftest import Console
from .scenario import explanation, foretold

HCI1 = "scen2_hci_01"


async def test_two_keys_from_launch_say_why_the_hci_of_an_item_does_not_run(console: Console) -> None:
    async with console(first=Place.OVERVIEW) as operator:
        await operator.press("1", "w")
        await operator.sees("its last start failed: scen2_hci_01:check: exited unexpectedly (status 1)")
        assert operator.session.explained == [HCI1]
        await operator.sees("do: tuiconsole logs scen2_hci_01:check --stderr")
        await operator.sees("rule: rules.toml:55")
        await operator.sees("12:04:00")
        await operator.press("escape")
        await operator.misses("its last start failed")


async def test_the_command_names_what_it_is_about_and_a_console_that_only_looks_may_ask(
    console: Console,
) -> None:
    async with console(read_only=True) as operator:
        await operator.press("colon", *"why scen2_hci_02:scen2_sensor_view", "enter")
        await operator.until(lambda: isinstance(operator.app.screen, WhyScreen), "the explanation")
        await operator.until(lambda: operator.session.explained, "the question")
        assert operator.session.explained[0] == "scen2_hci_02:scen2_sensor_view"


async def test_an_agent_that_does_not_answer_is_told_and_asked_again(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tuiconsole.console.widgets.dialogs.answer.AGAIN", 0.05)
    async with console() as operator:
        operator.session.dumb = "the agent of console_1 does not answer"
        await operator.on(HCI1)
        await operator.press("w")
        await operator.sees("the agent of console_1 does not answer")
        operator.session.dumb = ""
        await operator.sees("its last start failed")


async def test_a_start_with_choices_shows_where_it_would_go_by_each_of_them(console: Console) -> None:
    async with console() as operator:
        await operator.on(HCI1)
        await operator.press("S")
        await operator.until(lambda: isinstance(operator.app.screen, StartDialog), "the choices")
        await operator.sees("scen2_hci_01 would start on console_1 (LOCAL)")
        await operator.sees("3. start on console_1: chart_view, sensor_view")
        await operator.sees("host 127.0.0.12 (server_2, console_2) 42 % → 68 %")
        await operator.press("G", "up")
        await operator.sees("scen2_hci_01 would start on console_2 (LOCAL)")
        assert operator.session.asked == []
        await operator.press("enter")
        await operator.until(lambda: operator.session.asked, "the request")
        assert operator.session.foretold[0] == ((HCI1,), None, "")
        assert operator.session.foretold[-1] == ((HCI1,), "LOCAL", "console_2")
        assert operator.session.asked == [(Action.START, HCI1)]


@pytest.mark.parametrize("width", [10, 40, 76, 200])
def test_names_from_outside_and_any_width_leave_the_lines_whole(width: int) -> None:
    for lines in (
        why_lines(explanation("evil\x1b[2J[red]"), width),
        plan_lines(foretold("evil\x1b[2J[red]", "console_2", "LOCAL"), width),
    ):
        assert all(width_of(line) <= width for line in lines)
        assert "\x1b" not in "".join(map(text_of, lines))
