"""The registry of actions as Textual's bindings."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from tuiconsole.console.actions import Place, actions_of


def bindings_of(place: Place) -> list[BindingType]:
    """One binding for each action of a screen; its id is the one that a user's keymap names."""
    return [
        Binding(
            ",".join(action.keys),
            action.id,
            action.label,
            show=action.footer,
            key_display=action.key_display,
            tooltip=action.help,
            id=f"{place.value}.{action.id}",
        )
        for action in actions_of(place)
    ]
