"""At every size the essentials are there, and nothing is cut in the middle."""

from __future__ import annotations

import pytest

from tuiconsole.client.session import Link
from tuiconsole.console.picture import Picture
from tuiconsole.console.rows.columns import CURSOR, columns_for
from tuiconsole.console.rows.filtering import Filter
from tuiconsole.console.rows.line import text_of, width_of
from tuiconsole.console.rows.nodes import node_line, node_rows
from tuiconsole.console.rows.tree import tree_line, tree_rows

from .conftest import Console
from .fake_session import FakeSession
from .scenario import reference, starting_hci, with_application


async def test_80_by_24_clips_no_essential(console: Console) -> None:
    status = with_application(reference(), starting_hci("scen2_hci_01", "console_1", 2))
    async with console(FakeSession(status), size=(80, 24)) as operator:
        lines = operator.text().split("\n")
        assert len(lines) == 24
        header = "\n".join(lines[:3])
        for words in (
            "scenario_2",
            "► OPERATION",
            "● 1 MAJOR",
            "▲ 1 minor",
            "server_1 term 3",
            "quorum 3/3",
            "● live",
        ):
            assert words in header
        row = next(line for line in lines if "scen2_hci_03 " in line)
        assert "□ STOPPED" in row
        assert "● MAJOR" in row
        assert "▲ minor" in row
        moving = next(line for line in lines if "▾ scen2_hci_01" in line)
        assert "◐ STARTING 2/3" in moving
        assert "console_1" in moving
        assert any("scen2_check_internal_data_bus " in line for line in lines), "the longest name is whole"
        for key in ("s Start", "x Stop", "r Restart", "l Log", "/ Filter", "? Help", "q Quit"):
            await operator.sees(key)


@pytest.mark.parametrize("size", [(20, 5), (40, 10), (60, 20), (100, 30), (300, 100)])
async def test_every_size_shows_something_usable(console: Console, size: tuple[int, int]) -> None:
    async with console(size=size) as operator:
        await operator.sees("scen2_hci_0" if size[0] > 20 else "scen2_hci")
        if size[0] >= 30:
            await operator.sees("scenario_2")
        await operator.on("scen2_hci_03")
        await operator.sees("●")
        await operator.press("n", "e", "escape", "question_mark", "escape", "x", "escape")
        assert operator.app.is_running


async def test_a_tiny_terminal_shows_one_panel_at_a_time(console: Console) -> None:
    async with console(size=(50, 12)) as operator:
        await operator.press("n")
        await operator.sees("server_3")
        await operator.press("escape", "e")
        await operator.sees("12:02:00")
        await operator.press("escape")
        await operator.on("scen2_hci_03:scen2_chart_view")
        await operator.press("enter")
        await operator.sees("could not be placed")
        await operator.press("escape")
        await operator.sees("scen2_hci_02")


@pytest.mark.parametrize("width", range(10, 240, 7))
def test_rows_take_exactly_the_width_they_are_given(width: int) -> None:
    status = reference()
    everything = frozenset(one.name for one in status.applications)
    for row in tree_rows(status.applications, everything, Filter()):
        assert width_of(tree_line(row, width)) + CURSOR <= max(width, CURSOR + 8)
    if width >= 24:
        for node in node_rows(Picture(link=Link(connected=True), status=status, age=0.1)):
            assert width_of(node_line(node, width)) <= width


def test_a_growing_width_never_loses_a_column() -> None:
    seen: set[str] = set()
    for width in range(79, 260):
        now = {column.name for column, _ in columns_for(width)}
        assert seen <= now
        seen = now
    assert {"NAME", "STATE", "MAJOR", "MINOR", "NODES", "LOAD", "CPU", "MEMORY", "UPTIME", "REASON"} == seen


def test_at_80_columns_name_state_leds_and_node_have_room() -> None:
    sizes = {column.name: size for column, size in columns_for(79)}
    assert sizes["NAME"] >= 33
    row = tree_rows(reference().applications, frozenset(), Filter("hci_02"))[0]
    assert text_of(tree_line(row, 79)).rstrip().endswith("console_3")
