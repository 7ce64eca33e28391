"""The last line: keys that can be clicked, and the prompt in their place."""

from __future__ import annotations

from typing import Any

import pytest

from tuiconsole.console.widgets.foot.foot_line import FootLine

from .conftest import Console, Operator


def foot(operator: Operator) -> FootLine:
    return operator.app.screen.query_one(FootLine)


async def test_a_prompt_opens_takes_letters_and_shuts_without_a_layout_of_the_screen(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with console() as operator:
        await operator.rests()
        layouts: list[str] = []
        lay_out = operator.control._refresh_layout

        def laid_out(*arguments: Any, **words: Any) -> None:
            layouts.append(operator.text().splitlines()[-1])
            lay_out(*arguments, **words)

        monkeypatch.setattr(operator.control, "_refresh_layout", laid_out)
        await operator.press("colon")
        await operator.sees(" : command")
        await operator.press(*"sto")
        await operator.sees(" : stop")
        await operator.press("escape")
        await operator.sees("Quit")
        assert layouts == []


async def test_a_click_on_a_key_does_what_the_key_does_unless_something_is_typed(console: Console) -> None:
    async with console() as operator:
        await operator.sees("n Nodes")
        at = operator.text().splitlines()[-1].index("n Nodes")
        await operator.press("slash")
        await operator.pilot.click(FootLine, offset=(at, 0))
        await operator.press("x")
        await operator.sees(" / x")
        await operator.press("escape")
        await operator.sees("n Nodes")
        await operator.pilot.click(FootLine, offset=(at, 0))
        await operator.sees("Processes on it")


async def test_what_is_typed_is_edited_with_the_mouse_and_recalled_with_the_arrows(console: Console) -> None:
    async with console() as operator:
        await operator.press("slash", *"srv", "enter")
        await operator.misses("scen2_hci_01")
        await operator.press("slash", "end", *"_02")
        await operator.sees(" / srv_02")
        await operator.pilot.click(FootLine, offset=(3, 0))
        await operator.press("delete", "S")
        await operator.sees(" / Srv_02")
        await operator.press("up")
        await operator.sees(" / srv ")


async def test_no_tab_leads_to_the_keys(console: Console) -> None:
    async with console() as operator:
        await operator.sees("Quit")
        for _ in range(6):
            await operator.press("tab")
            assert operator.app.focused is not foot(operator)


async def test_the_lowest_screen_gives_the_prompt_a_line_while_something_is_typed(console: Console) -> None:
    async with console(size=(20, 5)) as operator:
        await operator.misses("Quit")
        await operator.press("slash", *"srv")
        await operator.sees(" / srv")
        await operator.press("enter")
        await operator.misses("/ srv")
        await operator.until(lambda: "scen2_hci_01" not in operator.keys, "filtered")
