"""What an operator can do, as values: where each action holds, on what, how dangerous it is, and its keys."""

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
    """Changes the cluster; asks first if it concerns more than one thing. Refused in read-only mode."""
    INTERRUPTS = "interrupts"
    """Takes away what runs: asks first. Refused in read-only mode."""
    SWEEPS = "sweeps"
    """Concerns a whole node or system: asks first, and wants its name typed. Refused in read-only mode."""


class Place(str, Enum):
    """The screen whose keys these are."""

    OVERVIEW = "overview"
    APPLICATIONS = "applications"
    NODES = "nodes"
    PROCESS = "process"
    LOGS = "logs"
    EVENTS = "events"
    CONFLICTS = "conflicts"
    JOBS = "jobs"
    ALARMS = "alarms"

    @property
    def heading(self) -> str:
        """As a heading."""
        return self.value.capitalize()


EVERYWHERE = tuple(Place)
BESIDE_LOGS = tuple(place for place in Place if place is not Place.LOGS)
"""All screens but that of the logs, which has its own meaning for some letters."""
SELECTING = BESIDE_LOGS
"""The screens on which an application or a process can be selected."""
LISTS = (Place.OVERVIEW, Place.APPLICATIONS, Place.NODES, Place.EVENTS, Place.ALARMS)
"""The screens with a filter."""


class ConsoleAction(msgspec.Struct, frozen=True):
    """One thing to do."""

    id: str
    """Also the screen's method `action_<id>`, the command after `:`, and the name in the keymap."""
    keys: tuple[str, ...]
    """In Textual's spelling; the first is the one shown. What is rare and wide has none: it is typed."""
    label: str
    """For the footer."""
    help: str
    """One sentence for the help screen."""
    places: tuple[Place, ...] = EVERYWHERE
    scope: tuple[Kind, ...] = ()
    """What must be selected; empty: nothing needs to be."""
    danger: Danger = Danger.NONE
    footer: bool = False
    asks: Action | None = None
    """The request that it makes."""
    argument: str = ""
    """What may follow it as a `:` command."""


_SPELLING = {
    "slash": "/",
    "question_mark": "?",
    "escape": "Esc",
    "enter": "Enter",
    "plus": "+",
    "minus": "-",
    "end": "End",
    "space": "Space",
    "colon": ":",
    "at": "@",
    "asterisk": "*",
    "comma": ",",
    "full_stop": ".",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "equals_sign": "=",
    "exclamation_mark": "!",
    "number_sign": "#",
}


def spelled(key: str) -> str:
    """A key as a person writes it: `/`, `Esc`, `^p`."""
    if key.startswith("ctrl+"):
        return f"^{spelled(key.removeprefix('ctrl+'))}"
    return _SPELLING.get(key, key)


def objection(action: ConsoleAction, subject: Subject, *, read_only: bool, marked: int = 0) -> str:
    """Why an action cannot be taken now, in words; empty if it can. What is marked need not be selected."""
    if read_only and action.danger is not Danger.NONE:
        return f"{action.label} is refused: this console is read-only"
    if marked and Kind.APPLICATION in action.scope:
        return ""
    if action.scope and subject.kind not in action.scope:
        wanted = " or ".join(_ARTICLE[kind] for kind in action.scope)
        return f"{action.label} works on {wanted}: select one first"
    return ""


_ARTICLE = {
    Kind.APPLICATION: "an application",
    Kind.PROCESS: "a process",
    Kind.NODE: "a node",
    Kind.EVENT: "an event",
    Kind.CONFLICT: "a conflict",
    Kind.NOTHING: "nothing",
}


def request_targets(action: ConsoleAction, keys: tuple[str, ...]) -> tuple[str, ...]:
    """What a request names: failures are cleared for whole applications, all else for what is meant.

    A process whose application is meant as well is left to it.
    """
    if action.asks is Action.CLEAR:
        return tuple(dict.fromkeys(key.partition(":")[0] for key in keys))
    whole = {key for key in keys if ":" not in key}
    return tuple(dict.fromkeys(key for key in keys if ":" not in key or key.partition(":")[0] not in whole))
