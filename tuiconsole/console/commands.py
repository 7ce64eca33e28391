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


ARGUMENTS = " -- "
"""Parts a process from what is added to its command."""


class Command(msgspec.Struct, frozen=True):
    """A line that was understood."""

    action: ConsoleAction
    argument: str = ""


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
    subject, _, more = argument.partition(ARGUMENTS)
    if more and (action.id != "start" or ":" not in subject):
        raise CommandError(f"arguments behind{ARGUMENTS}are those of a start of one process")
    if argument and action.scope and (Kind.APPLICATION in action.scope or Kind.PROCESS in action.scope):
        known = tuple(_known(picture))
        if subject not in known:
            raise CommandError(f"nothing is named {subject!r}; {did_you_mean(subject, known[:500])}")
    return Command(action, argument)


def completions(place: Place, picture: Picture) -> Iterator[str]:
    """Every line that makes sense here, for completion."""
    for action in actions_of(place):
        yield action.id
    for alarm in picture.status.alarms if picture.status and place is Place.ALARMS else ():
        if alarm.state.open:
            yield f"acknowledge {alarm.id}"
    for action in actions_of(place):
        if Kind.APPLICATION in action.scope:
            for application in picture.applications:
                yield f"{action.id} {application.name}"


def _names(place: Place) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*(one.id for one in actions_of(place)), *(one.id for one in REGISTRY))))


def _known(picture: Picture) -> Iterator[str]:
    for application in picture.applications:
        yield application.name
        for process in application.processes:
            yield process.namespec
