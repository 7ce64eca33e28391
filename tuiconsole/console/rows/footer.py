"""The line of keys at the bottom: what can be done here and now."""

from __future__ import annotations

import msgspec

from tuiconsole.console.actions import ConsoleAction, Place, objection
from tuiconsole.console.keymap import Keymap
from tuiconsole.console.registry import actions_of
from tuiconsole.console.rows.line import Line, Span, Tone
from tuiconsole.console.subject import Subject

_ALWAYS = ("help", "leave")
"""What is shown before all others give way."""


class FooterKey(msgspec.Struct, frozen=True):
    """One key: what it does, and from which cell to which it is shown."""

    action: str
    first: int
    last: int


def footer(
    place: Place, keymap: Keymap, subject: Subject, width: int, *, read_only: bool = False, marked: int = 0
) -> tuple[Line, tuple[FooterKey, ...]]:
    """The line in `width` cells, and where its keys are. What is not about the selection is left out."""
    wanted = [
        action
        for action in actions_of(place)
        if action.footer and not objection(action, subject, read_only=False, marked=marked)
    ]
    while wanted and sum(_size(action, keymap) for action in wanted) > width:
        spare = [action for action in wanted if action.id not in _ALWAYS] or wanted
        wanted.remove(spare[-1])
    spans: list[Span] = []
    keys: list[FooterKey] = []
    at = 0
    for action in wanted:
        refused = bool(objection(action, subject, read_only=read_only, marked=marked))
        key, label = keymap.shown(action), action.label
        spans += [
            Span(f" {key}", Tone.DIM if refused else Tone.KEY),
            Span(f" {label}", Tone.DIM if refused else Tone.NORMAL),
        ]
        size = _size(action, keymap)
        keys.append(FooterKey(action.id, at, at + size))
        at += size
    return tuple(spans), tuple(keys)


def _size(action: ConsoleAction, keymap: Keymap) -> int:
    return len(keymap.shown(action)) + len(action.label) + 2
