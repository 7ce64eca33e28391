"""What is typed after `:`: an action's name, and what it is about."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tuiconsole.console.actions import ConsoleAction, Place
from tuiconsole.console.picture import Picture
from tuiconsole.console.registry import REGISTRY, action_of, actions_of
from tuiconsole.console.subject import Kind
from tuiconsole.source.text import did_you_mean

_SHORT = {"q": "leave", "quit": "leave", "apps": "applications", "w": "save", "h": "help"}
"""Other names by which people know an action."""


ARGUMENTS = "-- "
"""Begins what is added to a process's command."""
_MORE = frozenset({"start", "maintenance", "scale"})
"""Actions that take more behind what they are about."""


class Command(msgspec.Struct, frozen=True):
    """A line that was understood."""

    action: ConsoleAction
    argument: str = ""

    @property
    def subject(self) -> str:
        """What it is about; empty if the line names nothing."""
        return self.argument.partition(" ")[0] if self.action.scope else ""


class CommandError(ValueError):
    """A line that was not; `str()` says why, with a remedy."""


def parse_command(line: str, place: Place, picture: Picture) -> Command:
    """The action that a line names.

    Raises:
        CommandError: no such action, it does not hold here, or what it is about is not known.
    """
    name, _, argument = line.strip().partition(" ")
    name, argument = _SHORT.get(name, name), argument.strip()
    action = action_of(name, place)
    if action is None:
        if action_of(name) is not None:
            raise CommandError(f"{name} is nothing on the screen «{place.heading}»")
        raise CommandError(f"no command is named {name!r}; {did_you_mean(name, _names(place))}")
    if argument and not action.argument:
        raise CommandError(f"{name} takes no argument")
    if argument and action.scope and Kind.CONFLICT not in action.scope:
        _check(action, argument, picture)
    return Command(action, argument)


def _check(action: ConsoleAction, argument: str, picture: Picture) -> None:
    subject, _, more = argument.partition(" ")
    known = tuple(_known(action, picture))
    if subject not in known:
        raise CommandError(f"nothing is named {subject!r}; {did_you_mean(subject, known[:500])}")
    if more and action.id == "start" and not (more.startswith(ARGUMENTS) and ":" in subject):
        raise CommandError(f"arguments behind {ARGUMENTS}are those of a start of one process")
    if more and action.id not in _MORE:
        raise CommandError(f"{action.id} is about one thing: {more!r} is too much")


def completions(place: Place, picture: Picture) -> Iterator[str]:
    """Every line that makes sense here, for completion."""
    for action in actions_of(place):
        yield action.id
    for alarm in picture.status.alarms if picture.status and place is Place.ALARMS else ():
        if alarm.state.open:
            yield f"acknowledge {alarm.id}"
    for action in actions_of(place):
        if action.argument and action.scope:
            for name in _known(action, picture):
                if ":" not in name:
                    yield f"{action.id} {name}"


def _names(place: Place) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*(one.id for one in actions_of(place)), *(one.id for one in REGISTRY))))


def _known(action: ConsoleAction, picture: Picture) -> Iterator[str]:
    if Kind.NODE in action.scope and picture.status is not None:
        yield from (node.name for node in picture.status.nodes)
    for application in picture.applications if Kind.APPLICATION in action.scope else ():
        yield application.name
        for process in application.processes:
            yield process.namespec
