"""An operator scales a program in the console, on real agents and supervisords, and scales it back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.waiting import until
from tuiconsole.model.states import ProcessState

from .cluster import COMMAND, application
from .terminal import Terminal, terminal
from .test_scenarios import Scenario, scenario

pytestmark = pytest.mark.live

PROGRAMS = """
[program:pump]
command = sleep 1000000
autostart = false
autorestart = false
startsecs = 0
process_name = %(program_name)s_%(process_num)d
numprocs = 2
numprocs_start = 1

[group:plant]
programs = pump
"""
RULES = """
[[applications]]
name = "plant"
start_sequence = 1

[[applications.programs]]
pattern = ""
start_sequence = 1
"""


def pumps(running: Scenario) -> dict[str, int | None]:
    """Each pump there is, and its pid while it runs."""
    status = running.status()
    if status is None:
        return {}
    return {
        one.name: one.pid if one.state is ProcessState.RUNNING else None
        for one in application(status, "plant").processes
    }


def all_run(running: Scenario, names: list[str]) -> dict[str, int | None]:
    """Once these are all the pumps, and all of them run."""

    def look() -> dict[str, int | None]:
        found = pumps(running)
        return found if list(found) == names and all(found.values()) else {}

    return until(look, f"{', '.join(names)}")


def scale(screen: Terminal, now: int, number: int) -> None:
    """The application's only program, by the key and the dialog; until the console says that it is done."""
    screen.press(b"#")
    screen.until(f"{now} now".encode())
    screen.press(str(number).encode())
    screen.until(f"plant:pump would be scaled to {number}".encode())
    screen.press(b"\r")
    screen.until("✓ plant:pump scaled".encode())


def test_in_a_real_terminal_a_program_gets_more_processes_and_fewer_again() -> None:
    names = [f"pump_{number}" for number in range(1, 5)]
    with scenario(1, "toml", programs=PROGRAMS, rules=RULES) as running:
        running.settled("plant", "scen1")
        before = all_run(running, names[:2])
        config = str(running.folder / "tuiconsole.toml")
        with terminal(COMMAND, "-c", config, "--node", "server_1") as screen:
            screen.until(b"OPERATION")
            screen.press(b"a")
            screen.until(b"Applications 2")
            scale(screen, 2, 4)
            more = all_run(running, names)
            assert {name: more[name] for name in before} == before, "those that ran went on"
            screen.press(b"\r")
            screen.until(b"pump_4")
            scale(screen, 4, 1)
            left = all_run(running, names[:1])
            assert left == {"pump_1": before["pump_1"]}, "the one that stays went on"
        for name in names[1:]:
            assert not Path(f"/proc/{more[name]}").exists(), f"{name} has stopped"
