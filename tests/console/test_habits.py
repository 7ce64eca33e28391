"""What the operator chooses: keys, themes, the first screen; and what the console remembers of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuiconsole.client.session import Action
from tuiconsole.console.actions import Place
from tuiconsole.console.habits import Habits, load_habits, save_habits
from tuiconsole.console.history import KEPT, History
from tuiconsole.console.keymap import Keymap
from tuiconsole.console.rows.ordering import Grouping, Order
from tuiconsole.console.settings import ConsoleSettings, Letters, load_settings
from tuiconsole.source.errors import SourceError

from .conftest import Console


def written(folder: Path, text: str) -> Path:
    file = folder / "console.toml"
    file.write_text(text)
    return file


def test_without_a_file_there_are_settings_all_the_same(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "console.toml") == ConsoleSettings()


def test_theme_letters_first_screen_and_keys_are_read_as_a_person_writes_them(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        '[console]\ntheme = "light"\nletters = "ascii"\nscreen = "nodes"\nblink = false\nbell = true\n'
        '[keys]\nstop = "^x"\ntheme = ["F6", "T"]\nfilter = "="\n',
    )
    settings = load_settings(file)
    assert (settings.theme, settings.letters, settings.screen) == ("light", Letters.ASCII, Place.NODES)
    assert (settings.blink, settings.bell) == (False, True)
    assert settings.keymap.chosen == {"stop": ("ctrl+x",), "theme": ("f6", "T"), "filter": ("equals_sign",)}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('[keys]\nstop = "s"', 2, "s is already the key of start on the screen «Overview»; choose another"),
        ('[keys]\nstop = "j"', 2, "j moves the cursor and means nothing else"),
        ('[keys]\nstpo = "z"', 2, "no action is named 'stpo'; did you mean stop?"),
        ('[keys]\n\nstop = "z"\nstart = "z"', 3, "z is already the key of start"),
        ("[keys]\nstop = []", 2, "stop has no key"),
        ('[console]\ntheme = "pink"', 2, "console.theme = 'pink' is not known"),
        ('[console]\ncolour = "pink"', 2, "unknown key console.colour"),
    ],
)
def test_a_mistake_is_refused_with_its_line_and_the_remedy(
    tmp_path: Path, text: str, line: int, words: str
) -> None:
    with pytest.raises(SourceError) as caught:
        load_settings(written(tmp_path, text))
    assert f"console.toml:{line}: " in str(caught.value)
    assert words in str(caught.value)


def test_two_actions_may_swap_their_keys_and_one_key_may_serve_different_screens(tmp_path: Path) -> None:
    assert load_settings(written(tmp_path, '[keys]\nstop = "s"\nstart = "x"\nsave = "W"')).keymap
    assert load_settings(written(tmp_path, '[keys]\nwrap = "X"')).keymap


async def test_a_remapped_key_acts_is_shown_and_its_old_key_does_nothing(console: Console) -> None:
    keymap = Keymap({"stop": ("z",), "start": ("x",)})
    async with console(keymap=keymap, size=(120, 35)) as operator:
        await operator.sees("x Start z Stop")
        await operator.on("scen2_hci_01")
        await operator.press("s")
        assert operator.session.asked == []
        await operator.press("x")
        await operator.until(lambda: operator.session.asked, "the request")
        assert operator.session.asked == [(Action.START, "scen2_hci_01")]
        await operator.press("question_mark")
        await operator.sees("z             Stop what is selected")


async def test_theme_order_grouping_and_filters_are_there_the_next_day(
    console: Console, tmp_path: Path
) -> None:
    memory = tmp_path / "state" / "console.json"
    async with console(memory=memory) as operator:
        await operator.press("T", "greater_than_sign", "b", "slash", *"srv", "enter")
        await operator.sees("by node")
    async with console(memory=memory) as operator:
        assert operator.app.theme == "light"
        await operator.sees("by node, sorted by state")
        await operator.press("slash", "up")
        await operator.sees("/ srv")


async def test_it_begins_where_it_was_left_filtered_as_it_was_and_says_so(
    console: Console, tmp_path: Path
) -> None:
    memory = tmp_path / "console.json"
    settings = ConsoleSettings()
    async with console(memory=memory, settings=settings) as operator:
        assert operator.app.front is operator.overview, "a console that was never used begins there"
        await operator.press("a", "slash", *"srv", "enter")
        await operator.misses("scen2_hci_01")
        await operator.press("n")
        await operator.sees("Processes on it")
    async with console(memory=memory, settings=settings) as operator:
        await operator.sees("Processes on it")
        await operator.press("a")
        await operator.sees("filtered by «srv», as the last time: Esc shows all")
        assert "scen2_hci_01" not in operator.keys
        await operator.press("escape")
        await operator.until(lambda: "scen2_hci_01" in operator.keys, "all")
    async with console(memory=memory, settings=ConsoleSettings(screen=Place.EVENTS)) as operator:
        assert operator.app.front is operator.app.screen_of(Place.EVENTS), "what the file says goes first"
        await operator.press("a")
        await operator.until(lambda: "scen2_hci_01" in operator.keys, "no filter")


def test_a_memory_that_cannot_be_read_or_written_is_none(tmp_path: Path) -> None:
    broken = tmp_path / "console.json"
    broken.write_text('{"order": 7')
    assert load_habits(broken) == Habits()
    assert load_habits(None) == Habits()
    save_habits(tmp_path / "console.json" / "below", Habits())
    kept = Habits("light", Order.CPU, Grouping.STATE, wrap=True, filters=("a",))
    save_habits(broken, kept)
    assert load_habits(broken) == kept


@given(st.lists(st.text(min_size=1).filter(str.strip), max_size=2 * KEPT))
def test_going_back_and_forth_in_the_history_ends_where_it_began(lines: list[str]) -> None:
    history = History()
    for line in lines:
        history.add(line)
    assert len(history.lines) <= KEPT
    assert len(set(history.lines)) == len(history.lines)
    shown = "draft"
    for _ in lines:
        shown = history.older(shown)
    assert not lines or shown == history.lines[0]
    for _ in range(len(lines) + 1):
        shown = history.newer(shown)
    assert shown == "draft" or not lines
