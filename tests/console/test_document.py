"""docs/console.md is true to the registry."""

from __future__ import annotations

from pathlib import Path

from tuiconsole.console.actions import Place, spelled
from tuiconsole.console.registry import REGISTRY
from tuiconsole.console.settings import Letters, ThemeName
from tuiconsole.console.themes import THEMES

DOCUMENT = (Path(__file__).parents[2] / "docs" / "console.md").read_text(encoding="utf-8")


def test_each_action_stands_in_the_table_with_its_keys_and_its_words() -> None:
    for action in REGISTRY:
        keys = " ".join(f"`{spelled(key)}`" for key in action.keys) or f"`:{action.id}`"
        assert f"| {keys} | `{action.id}` |" in DOCUMENT
        assert action.help in DOCUMENT


def test_each_screen_and_each_theme_is_told() -> None:
    assert all(f"**{place.heading}**" in DOCUMENT for place in Place)
    assert all(f"`{name}`" in DOCUMENT for name in THEMES)
    assert {name.value for name in ThemeName} == set(THEMES)
    assert all(letters.value in DOCUMENT for letters in Letters)
