"""The registry: every action once. Keys, footer, palette, `:` commands, help and read-only come from it."""

from __future__ import annotations

from tuiconsole.console.actions import (
    BESIDE_LOGS,
    EVERYWHERE,
    LISTS,
    ConsoleAction,
    Place,
)
from tuiconsole.console.registry_acting import ABOUT_THINGS, WHOLE

_LOGS = (Place.LOGS,)
_APPLICATIONS = (Place.APPLICATIONS,)

REGISTRY: tuple[ConsoleAction, ...] = (
    *ABOUT_THINGS,
    ConsoleAction("mark", ("space",), "Mark", "Mark the row, or take its mark away.", places=_APPLICATIONS),
    ConsoleAction(
        "mark_all",
        ("asterisk",),
        "Mark all",
        "Mark all applications that the filter shows; once more: none.",
        places=_APPLICATIONS,
    ),
    ConsoleAction(
        "filter",
        ("slash",),
        "Filter",
        "Filter by words in names, states, nodes, LEDs; ↑ ↓ old filters, Enter keeps it, Esc clears.",
        places=LISTS,
        footer=True,
        argument="WORDS",
    ),
    ConsoleAction(
        "sort",
        ("greater_than_sign",),
        "Sort",
        "Sort the applications by name, state, failures, node, CPU or memory, in turn.",
        places=_APPLICATIONS,
    ),
    ConsoleAction(
        "group",
        ("b",),
        "Group",
        "Group the processes by application, node or state, in turn.",
        places=_APPLICATIONS,
    ),
    ConsoleAction("expand_all", ("plus",), "Open all", "Open all groups.", places=_APPLICATIONS),
    ConsoleAction("collapse_all", ("minus",), "Close all", "Close all groups.", places=_APPLICATIONS),
    ConsoleAction("overview", ("o",), "Overview", "Go to the overview: nodes and items."),
    ConsoleAction("applications", ("a",), "Apps", "Go to the applications.", footer=True),
    ConsoleAction("nodes", ("n",), "Nodes", "Go to the nodes.", places=BESIDE_LOGS, footer=True),
    ConsoleAction("events", ("e",), "Events", "Go to the event log.", footer=True),
    ConsoleAction(
        "alarms", ("A",), "Alarms", "Go to what asks for action: each cause once, with its remedy."
    ),
    ConsoleAction("conflicts", ("C",), "Conflicts", "Go to what runs more than once, and its remedies."),
    ConsoleAction(
        "jobs", ("J",), "Jobs", "Go to the starts and stops that go on, and this console's requests."
    ),
    ConsoleAction("stream", ("t",), "stdout/stderr", "Show the other stream.", places=_LOGS, footer=True),
    ConsoleAction(
        "follow",
        ("f",),
        "Follow",
        "Go to the end and follow; scrolling up stops it.",
        places=_LOGS,
        footer=True,
    ),
    ConsoleAction(
        "search",
        ("slash",),
        "Search",
        "Search with a regular expression; capital letters count only if it has one.",
        places=_LOGS,
        footer=True,
        argument="REGEX",
    ),
    ConsoleAction("next_match", ("n",), "Next", "Go to the next match.", places=_LOGS),
    ConsoleAction("previous_match", ("N",), "Previous", "Go to the match before.", places=_LOGS),
    ConsoleAction(
        "goto_time",
        ("at",),
        "Time",
        "Go to a time: 14:30, or 5m for so long ago; lines that bear none count from when they came.",
        places=_LOGS,
        footer=True,
        argument="TIME",
    ),
    ConsoleAction("wrap", ("w",), "Wrap", "Wrap long lines, or cut them.", places=_LOGS, footer=True),
    ConsoleAction(
        "merge", ("m",), "Merge", "Several logs merged into one as they grow, or side by side.", places=_LOGS
    ),
    ConsoleAction(
        "save", ("s",), "Save", "Save what is shown to a file.", places=_LOGS, footer=True, argument="FILE"
    ),
    ConsoleAction("copy", ("y",), "Copy", "Copy the visible lines to the clipboard.", places=_LOGS),
    ConsoleAction(
        "command", ("colon",), "Command", "Type a command: the name of any action, and what it is about."
    ),
    *WHOLE,
    ConsoleAction("palette", ("ctrl+p",), "Palette", "Find an action by its name."),
    ConsoleAction("theme", ("T",), "Theme", "The next theme.", argument="NAME"),
    ConsoleAction("screenshot", ("P",), "Picture", "Save a picture of the screen as SVG."),
    ConsoleAction("back", ("escape",), "Back", "Dismiss a message, clear filter and marks; then go back."),
    ConsoleAction("help", ("question_mark",), "Help", "Show what the keys do here.", footer=True),
    ConsoleAction("leave", ("q",), "Quit", "Quit the console; what runs goes on.", footer=True),
)

MOVES: tuple[tuple[str, str], ...] = (
    ("↑ ↓  k j", "Move the cursor."),
    ("PgUp PgDn  g G", "Move by a page; to the first and the last row."),
    ("→ ←", "Open and close a group; on an item, the next and the previous part."),
    ("Enter", "Open what is selected, or go to what it is about."),
    ("Tab", "Go to the next panel."),
)
"""What the lists themselves do, for the help screen."""

RESERVED = frozenset(
    "up down left right k j h g G home end pageup pagedown tab shift+tab enter ctrl+b ctrl+f ctrl+c "  # noqa: SIM905
    "0 1 2 3 4 5 6 7 8 9".split()
)
"""Keys that the lists and the terminal have taken: no action may be put on them."""


def actions_of(place: Place) -> tuple[ConsoleAction, ...]:
    """The actions of one screen, in the order of the footer."""
    return tuple(action for action in REGISTRY if place in action.places)


def action_of(action_id: str, place: Place | None = None) -> ConsoleAction | None:
    """The action of that id, on that screen if one is named; None if there is none."""
    return next(
        (one for one in REGISTRY if one.id == action_id and (place is None or place in one.places)), None
    )


__all__ = ["EVERYWHERE", "MOVES", "REGISTRY", "RESERVED", "action_of", "actions_of"]
