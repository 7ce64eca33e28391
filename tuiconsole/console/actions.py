"""The registry of what an operator can do: feeds keys, footer, help, read-only mode and confirmation."""

from __future__ import annotations

from enum import Enum

import msgspec

from tuiconsole.client.session import Action
from tuiconsole.console.subject import Kind, Subject


class Danger(str, Enum):
    """What an action does to the cluster."""

    NONE = "none"
    """Only looks."""
    CHANGES = "changes"
    """Changes the cluster; refused in read-only mode."""
    INTERRUPTS = "interrupts"
    """Takes away what runs: asks first; refused in read-only mode."""


class Place(str, Enum):
    """The screen whose keys these are."""

    CONTROL = "control"
    LOG = "log"


class ConsoleAction(msgspec.Struct, frozen=True):
    """One thing to do."""

    id: str
    """Also the name of the screen's method `action_<id>`, and of the binding in the user's keymap."""
    keys: tuple[str, ...]
    """In Textual's spelling; the first is the one shown."""
    label: str
    """For the footer."""
    help: str
    """One sentence for the help screen."""
    place: Place = Place.CONTROL
    scope: tuple[Kind, ...] = ()
    """What must be selected; empty: nothing needs to be."""
    danger: Danger = Danger.NONE
    footer: bool = True
    asks: Action | None = None
    """The request that it makes."""

    @property
    def key_display(self) -> str:
        """Its first key as a person writes it."""
        return _SPELLING.get(self.keys[0], self.keys[0])


_SPELLING = {
    "slash": "/",
    "question_mark": "?",
    "escape": "Esc",
    "enter": "Enter",
    "plus": "+",
    "minus": "-",
    "end": "End",
}
_TREE = (Kind.APPLICATION, Kind.PROCESS)

REGISTRY: tuple[ConsoleAction, ...] = (
    ConsoleAction(
        "start",
        ("s",),
        "Start",
        "Start the selected application or process; LOCAL means this console.",
        scope=_TREE,
        danger=Danger.CHANGES,
        asks=Action.START,
    ),
    ConsoleAction(
        "stop",
        ("x",),
        "Stop",
        "Stop the selected application or process; asks first.",
        scope=_TREE,
        danger=Danger.INTERRUPTS,
        asks=Action.STOP,
    ),
    ConsoleAction(
        "restart",
        ("r",),
        "Restart",
        "Stop, then start the selected application or process; asks first.",
        scope=_TREE,
        danger=Danger.INTERRUPTS,
        asks=Action.RESTART,
    ),
    ConsoleAction(
        "clear",
        ("c",),
        "Clear",
        "Clear the recorded failures of the selected application.",
        scope=_TREE,
        danger=Danger.CHANGES,
        asks=Action.CLEAR,
    ),
    ConsoleAction(
        "log",
        ("l",),
        "Log",
        "Open the log of the selected process; of an application, of what failed, else of what runs.",
        scope=_TREE,
    ),
    ConsoleAction(
        "filter",
        ("slash",),
        "Filter",
        "Filter by words in names, states, nodes, LEDs; Enter goes to the first match, Esc clears.",
    ),
    ConsoleAction("nodes", ("n",), "Nodes", "Go to the nodes."),
    ConsoleAction("events", ("e",), "Events", "Go to the event log; Enter there goes to its subject."),
    ConsoleAction("expand_all", ("plus",), "Open all", "Open all applications.", footer=False),
    ConsoleAction("collapse_all", ("minus",), "Close all", "Close all applications.", footer=False),
    ConsoleAction(
        "back",
        ("escape",),
        "Back",
        "Back to the applications; clear the filter, dismiss a message.",
        footer=False,
    ),
    ConsoleAction("help", ("question_mark",), "Help", "Show this help."),
    ConsoleAction("leave", ("q",), "Quit", "Quit the console; what runs goes on."),
    ConsoleAction("back", ("escape", "q", "l"), "Back", "Back to the applications.", place=Place.LOG),
    ConsoleAction("stream", ("t",), "stdout/stderr", "Show the other stream.", place=Place.LOG),
    ConsoleAction(
        "follow",
        ("f", "end", "G"),
        "Follow",
        "Go to the end and follow; scrolling up stops it.",
        place=Place.LOG,
    ),
    ConsoleAction("help", ("question_mark",), "Help", "Show this help.", place=Place.LOG),
)

MOVES: tuple[tuple[str, str], ...] = (
    ("↑ ↓  k j", "Move the cursor."),
    ("PgUp PgDn  g G", "Move by a page; to the first and the last row."),
    ("Enter", "Open or close an application; show the details of a process."),
    ("→ ←", "Open; close or go to the application of a process."),
    ("Tab", "Go to the next panel."),
)
"""What the lists themselves do, for the help screen."""


def actions_of(place: Place) -> tuple[ConsoleAction, ...]:
    """The actions of one screen, in the order of the footer."""
    return tuple(action for action in REGISTRY if action.place is place)


def action_of(action_id: str, place: Place = Place.CONTROL) -> ConsoleAction | None:
    """The action of that id; None if the id is none of the registry's."""
    return next((one for one in REGISTRY if one.id == action_id and one.place is place), None)


def action_for_key(key: str, place: Place = Place.CONTROL) -> ConsoleAction | None:
    """The action of that key."""
    return next((one for one in REGISTRY if key in one.keys and one.place is place), None)


def objection(action: ConsoleAction, subject: Subject, *, read_only: bool) -> str:
    """Why an action cannot be taken now, in words; empty if it can."""
    if read_only and action.danger is not Danger.NONE:
        return f"{action.label} is refused: this console is read-only"
    if action.scope and subject.kind not in action.scope:
        return f"{action.label} works on an application or a process: select one first"
    return ""


def request_target(action: ConsoleAction, subject: Subject) -> str:
    """What a request names: failures are cleared for a whole application, all else for what is selected."""
    if action.asks is Action.CLEAR:
        return subject.key.partition(":")[0]
    return subject.key
