"""The help screen, made from the registry of actions."""

from __future__ import annotations

from tuiconsole.console.actions import MOVES, Danger, Place, actions_of
from tuiconsole.console.rows.line import Line, Span, Tone, cell, wrapped
from tuiconsole.console.rows.marks import MAJOR, MASTER, MINOR

_KEYS = 16
_HEADINGS = {Place.CONTROL: "Actions", Place.LOG: "In a log"}


def help_lines(width: int, *, read_only: bool = False) -> tuple[Line, ...]:
    """All keys with what they do, in lines of at most `width` cells."""
    lines: list[Line] = []
    for place, heading in _HEADINGS.items():
        lines.append((Span(heading, Tone.STRONG),))
        for action in actions_of(place):
            shown = "  ".join(dict.fromkeys((action.key_display, *action.keys[1:])))
            refused = read_only and action.danger is not Danger.NONE
            lines += _entry(shown, action.help + (" Refused: read-only." if refused else ""), width, refused)
        lines.append(())
    lines.append((Span("Moving", Tone.STRONG),))
    for keys, words in MOVES:
        lines += _entry(keys, words, width)
    lines += [
        (),
        (Span("Signs", Tone.STRONG),),
        *_entry(f"{MAJOR} MAJOR", "A required process has failed.", width),
        *_entry(f"{MINOR} minor", "Another process of the start sequence has failed.", width),
        *_entry(f"{MASTER} master", "The node that decides at present.", width),
        *_entry("RUNNING?", "Last known state: its node is silent, or the connection is lost.", width),
    ]
    return tuple(lines)


def _entry(keys: str, words: str, width: int, refused: bool = False) -> tuple[Line, ...]:
    first, *others = wrapped((Span(words, Tone.DIM if refused else Tone.NORMAL),), max(8, width - _KEYS - 2))
    blank = Span(" " * (_KEYS + 2))
    return (
        (Span("  "), cell(keys, _KEYS, Tone.DIM if refused else Tone.ACCENT), *first),
        *((blank, *line) for line in others),
    )
