"""The help screen, made from the registry: what the keys do on the screen that it was called from."""

from __future__ import annotations

from tuiconsole.console.actions import ConsoleAction, Danger, Place, objection, spelled
from tuiconsole.console.keymap import Keymap
from tuiconsole.console.registry import MOVES, actions_of
from tuiconsole.console.rows.foreign import plain
from tuiconsole.console.rows.line import Line, Span, Tone, cell, wrapped
from tuiconsole.console.rows.marks import MAJOR, MARKED, MASTER, MINOR
from tuiconsole.console.subject import Kind, Subject

_KEYS = 14


def help_lines(
    width: int, place: Place, keymap: Keymap, subject: Subject, *, read_only: bool = False
) -> tuple[Line, ...]:
    """What each key does here and now, in lines of at most `width` cells."""
    here = actions_of(place)
    about = [action for action in here if action.scope]
    getting = [action for action in here if not action.scope and len(action.places) < len(Place) - 1]
    always = [action for action in here if not action.scope and len(action.places) >= len(Place) - 1]
    lines: list[Line] = []
    if about:
        what = (
            f" – {plain(subject.key)}" if subject.kind in (Kind.APPLICATION, Kind.PROCESS, Kind.NODE) else ""
        )
        lines.append((Span("What is selected", Tone.STRONG), Span(what, Tone.DIM)))
        lines += _entries(about, width, keymap, subject, read_only)
    if place is Place.OVERVIEW:
        lines += _entry("0 … 9", "Go to the item of that number.", width)
    for heading, actions in ((f"On {place.heading}", getting), ("Everywhere", always)):
        if actions:
            lines += [(), (Span(heading, Tone.STRONG),)]
            lines += _entries(actions, width, keymap, subject, read_only)
    lines += [(), (Span("Moving", Tone.STRONG),)]
    for keys, words in MOVES:
        lines += _entry(keys, words, width)
    lines += [
        (),
        (Span("Signs", Tone.STRONG),),
        *_entry(f"{MAJOR} MAJOR", "A required process has failed.", width),
        *_entry(f"{MINOR} minor", "Another process of the start sequence has failed.", width),
        *_entry(f"{MASTER} master", "The node that decides at present.", width),
        *_entry(MARKED, "Marked: keys are about all marked rows.", width),
        *_entry("RUNNING?", "Last known state: its node is silent, or the connection is lost.", width),
    ]
    return tuple(lines)


def _entries(
    actions: list[ConsoleAction], width: int, keymap: Keymap, subject: Subject, read_only: bool
) -> list[Line]:
    lines: list[Line] = []
    for action in actions:
        keys = "  ".join(map(spelled, keymap.keys(action))) or f":{action.id}"
        words = objection(action, subject, read_only=read_only)
        refused = read_only and action.danger is not Danger.NONE
        note = " Refused: read-only." if refused else " Not on what is selected." if words else ""
        lines += _entry(keys, action.help + note, width, bool(words))
    return lines


def _entry(keys: str, words: str, width: int, dim: bool = False) -> tuple[Line, ...]:
    first, *others = wrapped((Span(words, Tone.DIM if dim else Tone.NORMAL),), max(8, width - _KEYS - 2))
    blank = Span(" " * (_KEYS + 2))
    return (
        (Span("  "), cell(keys, _KEYS, Tone.DIM if dim else Tone.ACCENT), *first),
        *((blank, *line) for line in others),
    )
