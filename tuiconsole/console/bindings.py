"""The registry of actions as Textual's bindings."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from tuiconsole.console.actions import Place
from tuiconsole.console.keymap import Keymap
from tuiconsole.console.registry import actions_of


def bindings_of(place: Place, keymap: Keymap) -> list[BindingType]:
    """One binding for each action of a screen that has a key."""
    return [
        Binding(
            ",".join(keymap.keys(action)),
            action.id,
            action.label,
            show=action.footer,
            key_display=keymap.shown(action),
            tooltip=action.help,
            id=f"{place.value}.{action.id}",
        )
        for action in actions_of(place)
        if keymap.keys(action)
    ]
