"""The registry: every action once. Keys, footer, palette, `:` commands, help and read-only come from it."""

from __future__ import annotations

from tuiconsole.client.session import Action
from tuiconsole.console.actions import (
    BESIDE_LOGS,
    EVERYWHERE,
    LISTS,
    SELECTING,
    ConsoleAction,
    Danger,
    Place,
)
from tuiconsole.console.subject import Kind

_TREE = (Kind.APPLICATION, Kind.PROCESS)
_LOGS = (Place.LOGS,)
_NODES = (Place.NODES,)
_APPLICATIONS = (Place.APPLICATIONS,)
_ALARMS = (Place.ALARMS,)

REGISTRY: tuple[ConsoleAction, ...] = (
    ConsoleAction(
        "start",
        ("s",),
        "Start",
        "Start what is selected or marked; LOCAL means this console.",
        places=SELECTING,
        scope=_TREE,
        danger=Danger.CHANGES,
        footer=True,
        asks=Action.START,
        argument="APP[:PROCESS]",
    ),
    ConsoleAction(
        "start_with",
        ("S",),
        "Start with …",
        "Start with a choice of strategy and of the node on whose behalf; shows where each process will go.",
        places=SELECTING,
        scope=_TREE,
        danger=Danger.CHANGES,
        asks=Action.START,
        argument="APP[:PROCESS]",
    ),
    ConsoleAction(
        "stop",
        ("x",),
        "Stop",
        "Stop what is selected or marked, or cancel its start; asks first.",
        places=SELECTING,
        scope=_TREE,
        danger=Danger.INTERRUPTS,
        footer=True,
        asks=Action.STOP,
        argument="APP[:PROCESS]",
    ),
    ConsoleAction(
        "restart",
        ("r",),
        "Restart",
        "Stop, then start what is selected or marked; asks first.",
        places=SELECTING,
        scope=_TREE,
        danger=Danger.INTERRUPTS,
        footer=True,
        asks=Action.RESTART,
        argument="APP[:PROCESS]",
    ),
    ConsoleAction(
        "clear",
        ("c",),
        "Clear",
        "Clear the recorded failures of the application.",
        places=SELECTING,
        scope=_TREE,
        danger=Danger.CHANGES,
        asks=Action.CLEAR,
        argument="APP",
    ),
    ConsoleAction(
        "log",
        ("l",),
        "Log",
        "Open the log of the process, or of all marked; of an application, what failed, else what runs.",
        places=SELECTING,
        scope=_TREE,
        footer=True,
        argument="APP[:PROCESS]",
    ),
    ConsoleAction(
        "why",
        ("w",),
        "Why",
        "Say why it is where it is or does not run, what would change that, and where a start would go.",
        places=SELECTING,
        scope=_TREE,
        argument="APP[:PROCESS]",
    ),
    ConsoleAction(
        "process",
        ("p",),
        "Process",
        "Show all about one process: CPU and memory over time, exits, grant, log.",
        places=tuple(place for place in SELECTING if place is not Place.PROCESS),
        scope=_TREE,
        argument="APP:PROCESS",
    ),
    ConsoleAction(
        "stop_all",
        ("X",),
        "Stop all on it",
        "Stop everything that runs on the node; asks first, and wants the node's name typed.",
        places=_NODES,
        scope=(Kind.NODE,),
        danger=Danger.SWEEPS,
        footer=True,
        asks=Action.STOP,
    ),
    ConsoleAction(
        "confirm_dead",
        ("D",),
        "Confirm dead",
        "Vouch that a lost node is dead, so that what it holds is free; wants a reason and its name typed.",
        places=_NODES,
        scope=(Kind.NODE,),
        danger=Danger.SWEEPS,
        footer=True,
        asks=Action.CONFIRM_DEAD,
    ),
    ConsoleAction(
        "remedy",
        ("m",),
        "Remedy",
        "End the conflict: choose what is to stay, and see before what that stops.",
        places=(Place.CONFLICTS,),
        scope=(Kind.CONFLICT,),
        danger=Danger.INTERRUPTS,
        footer=True,
        asks=Action.CONCILIATE,
    ),
    ConsoleAction(
        "acknowledge",
        ("y",),
        "Acknowledge",
        "Acknowledge the alarm: you have seen it. All consoles know it then.",
        places=_ALARMS,
        danger=Danger.CHANGES,
        footer=True,
        asks=Action.ACKNOWLEDGE,
        argument="ID",
    ),
    ConsoleAction(
        "acknowledge_all",
        ("Y",),
        "Acknowledge all",
        "Acknowledge all alarms that are shown.",
        places=_ALARMS,
        danger=Danger.CHANGES,
        asks=Action.ACKNOWLEDGE,
    ),
    ConsoleAction(
        "shelve",
        ("z",),
        "Shelve",
        "Put the alarm aside for a time; it has to be acknowledged then.",
        places=_ALARMS,
        danger=Danger.CHANGES,
        footer=True,
        asks=Action.SHELVE,
        argument="TIME",
    ),
    ConsoleAction(
        "unshelve",
        ("Z",),
        "Unshelve",
        "Take the alarm back from the shelf.",
        places=_ALARMS,
        danger=Danger.CHANGES,
        asks=Action.UNSHELVE,
    ),
    ConsoleAction(
        "out_of_service",
        ("O",),
        "Out of service",
        "Put the alarm aside until somebody returns it to service; wants a reason.",
        places=_ALARMS,
        danger=Danger.CHANGES,
        asks=Action.OUT_OF_SERVICE,
    ),
    ConsoleAction(
        "return_to_service",
        ("I",),
        "In service",
        "Let the alarm count again that was out of service.",
        places=_ALARMS,
        danger=Danger.CHANGES,
        asks=Action.RETURN_TO_SERVICE,
    ),
    ConsoleAction(
        "view",
        ("v",),
        "View",
        "Show current alarms, new ones, those put aside, or all, in turn.",
        places=_ALARMS,
        footer=True,
        argument="VIEW",
    ),
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
