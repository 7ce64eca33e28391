"""What runs where is counted once, and again only for what has changed."""

from __future__ import annotations

import random

import msgspec

from tuiconsole.console.rows.tiles import Tallies
from tuiconsole.model.states import ProcessState
from tuiconsole.model.status import ApplicationStatus

from .scenario import application

NODES = ("server_1", "server_2", "server_3")
PROGRAMS = (("bus", 1, 1, True), ("view", 2, 1, False))


def changed(one: ApplicationStatus, chance: random.Random) -> ApplicationStatus:
    """The application somewhere else, in other states."""
    node = chance.choice(NODES)
    return msgspec.structs.replace(
        one,
        nodes=(node,) if chance.random() < 0.8 else (),
        major_failure=chance.random() < 0.3,
        minor_failure=chance.random() < 0.3,
        processes=tuple(
            msgspec.structs.replace(
                process, nodes=(node,), state=chance.choice((ProcessState.RUNNING, ProcessState.FATAL))
            )
            for process in one.processes
        ),
    )


def seen(tallies: Tallies, applications: list[ApplicationStatus]) -> dict[str, tuple[int, int, int]]:
    found = tallies.of(applications)
    return {
        node: (one.processes, one.major, one.minor)
        for node, one in found.items()
        if any((one.processes, one.major, one.minor))
    }


def test_what_was_counted_on_the_way_is_what_a_fresh_count_finds() -> None:
    chance = random.Random(5)
    running = Tallies()
    applications = [application(f"line_{number}", PROGRAMS, "server_1") for number in range(12)]
    for _ in range(200):
        at = chance.randrange(len(applications))
        what = chance.random()
        if what < 0.8:
            applications[at] = changed(applications[at], chance)
        elif what < 0.9 and len(applications) > 1:
            del applications[at]
        else:
            applications.append(application(f"line_{chance.random()}", PROGRAMS, chance.choice(NODES)))
        assert seen(running, applications) == seen(Tallies(), applications)
