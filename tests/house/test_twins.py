"""Whatever the console shows or does has a command that does the same, with --json."""

from __future__ import annotations

import re

import pytest

from tests.house.checkout import run, tool
from tuiconsole.console.actions import Danger, Place
from tuiconsole.console.registry import REGISTRY

COMMANDS = {
    "start": "start",
    "start_with": "start --strategy",
    "why": "why",
    "stop": "stop",
    "restart": "restart",
    "clear": "clear",
    "restart_with": "restart --strategy",
    "disable": "disable --reason",
    "enable": "enable",
    "maintenance": "maintenance --for --end --reason",
    "hands_off": "maintenance --all --for --end --reason",
    "scale": "scale --reason",
    "cancel": "jobs cancel",
    "loss": "plan loss",
    "drain": "drain --reason --dry-run",
    "undrain": "undrain",
    "end_sync": "end-sync",
    "shutdown": "shutdown",
    "reload": "reload",
    "stop_all": "stop --on",
    "confirm_dead": "confirm-dead",
    "remedy": "conciliate",
    "log": "logs --follow --stderr",
    "process": "status",
    "acknowledge": "alarms ack",
    "acknowledge_all": "alarms ack --all",
    "shelve": "alarms shelve --for",
    "unshelve": "alarms unshelve",
    "out_of_service": "alarms out-of-service --reason",
    "return_to_service": "alarms return-to-service",
    "view": "alarms --state --all",
    "stream": "logs --stderr",
    "follow": "logs --follow",
}
"""By action of the registry: the command that does the same, with the options that it takes for it."""

SCREENS = {
    Place.OVERVIEW: "status --items",
    Place.APPLICATIONS: "status --watch",
    Place.NODES: "nodes",
    Place.PROCESS: "top --once --sort",
    Place.LOGS: "logs",
    Place.EVENTS: "events --follow",
    Place.CONFLICTS: "conflicts",
    Place.JOBS: "jobs --watch",
    Place.ALARMS: "alarms",
}
"""By screen: the command that shows the same."""

LOOKING = {
    "mark": "several targets may be named",
    "mark_all": "several targets may be named",
    "filter": "grep, or jq on the JSON",
    "sort": "sort, or jq on the JSON; top has --sort",
    "group": "jq on the JSON",
    "expand_all": "lists are whole",
    "collapse_all": "lists are whole",
    "search": "grep",
    "next_match": "grep",
    "previous_match": "grep",
    "goto_time": "grep",
    "wrap": "the terminal wraps",
    "merge": "several commands side by side",
    "save": "redirect the output",
    "copy": "redirect the output",
    "command": "this is the shell",
    "palette": "tuiconsole --help",
    "theme": "nothing is coloured",
    "screenshot": "redirect the output",
    "back": "of the screen only",
    "help": "tuiconsole --help",
    "leave": "of the screen only",
}
"""Actions that change nothing but what the screen shows, and what stands for them in a shell."""


def test_each_action_has_its_command() -> None:
    places = {place.value for place in Place}
    known = {*COMMANDS, *LOOKING, *places}
    new = {one.id for one in REGISTRY} - known
    assert not new, "name their commands here"


def test_what_changes_something_has_a_command_of_its_own() -> None:
    changing = {one.id for one in REGISTRY if one.danger is not Danger.NONE}
    assert changing <= set(COMMANDS)


def test_each_screen_has_its_command() -> None:
    assert set(SCREENS) == set(Place)


@pytest.mark.parametrize("line", sorted({*COMMANDS.values(), *SCREENS.values()}))
def test_the_command_is_there_and_speaks_json(line: str) -> None:
    words = line.split()
    command = [word for word in words if not word.startswith("-")]
    told = run(tool("tuiconsole"), *command, "--help")
    assert told.returncode == 0, told.stderr
    options = set(re.findall(r"(?<![\w-])(--[a-z][a-z-]*)", told.stdout))
    assert {"--json", *(word for word in words if word.startswith("-"))} <= options
