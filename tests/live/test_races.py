"""Two consoles start the same item at the same instant: one runs, the other is told where.

`--races N` says how often (20); `make races` does it 500 times, without scripted waits.
"""

from __future__ import annotations

import contextlib
import os
import random
import subprocess
import sys
import threading
import time

import pytest

from tests.waiting import until
from tuiconsole.clock import boottime
from tuiconsole.model.requests import Outcome, Verdict

from .addresses import HOSTS
from .cluster import CONSOLES, HCI, HCI_PROGRAMS, Cluster
from .desk import Desk
from .procfs import Program
from .witness import BIN

pytestmark = pytest.mark.live

SPREAD = 0.020
"""Seconds: the second console is late by up to this."""


def copy_of(cluster: Cluster, group: str, program: str, node: str) -> subprocess.Popen[bytes]:
    """Start a program by hand, behind everybody's back, as its supervisord would."""
    environment = {
        **os.environ,
        "SCEN2_WAIT": cluster.wait,
        "SCEN2_WITNESS": str(cluster.witness.folder),
        "SCEN2_KIND": node.partition("_")[0],
        "TUICONSOLE_NODE": node,
        "TUICONSOLE_HOST": HOSTS[node],
        "SUPERVISOR_GROUP_NAME": group,
        "SUPERVISOR_PROCESS_NAME": program,
    }
    return subprocess.Popen(
        [sys.executable, "-B", "-s", "-S", str(BIN / "station.py"), f"{group}:{program}"],
        env=environment,
        stdout=subprocess.DEVNULL,
    )


def test_the_witness_detects_a_double_that_was_planted(cluster: Cluster) -> None:
    since = boottime()
    cluster.start("scen2_hci_01", "console_1")
    cluster.begun("scen2_hci_01:scen2_sensor_view", since)
    assert cluster.witness.doubles() == []
    rogue = copy_of(cluster, "scen2_hci_01", "scen2_sensor_view", "console_2")
    try:
        # Both kinds: the lock was held, and one application was on two nodes at once.
        held = f"scen2_hci_01:scen2_sensor_view: pid {rogue.pid} on console_2 started while pid"
        until(lambda: [line for line in cluster.witness.doubles() if line.startswith(held)], "a held lock")
        on_two = "scen2_hci_01: scen2_hci_01:scen2_sensor_view started on console_2 while"
        until(lambda: [line for line in cluster.witness.doubles() if line.startswith(on_two)], "two nodes")
        lives = {program.node for program in cluster.live("scen2_hci_01:scen2_sensor_view")}
        assert lives == {"console_1", "console_2"}
    finally:
        rogue.terminate()
        rogue.wait()
        cluster.witness.erase(rogue.pid)
    assert cluster.witness.doubles() == []


def race(desks: list[Desk], item: str, late: float) -> list[Outcome]:
    """Both ask, the second `late` seconds after the first; their outcomes in the order of `desks`."""
    outcomes: list[Outcome | None] = [None, None]
    barrier = threading.Barrier(2)

    def ask(number: int) -> None:
        barrier.wait()
        if number:
            # So much later it asks: that is what makes each race another one.
            time.sleep(late)
        (outcomes[number],) = desks[number].act("start", item, timeout=20.0)

    askers = [threading.Thread(target=ask, args=(number,)) for number in (0, 1)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    return [outcome for outcome in outcomes if outcome is not None]


def named(cluster: Cluster, item: str) -> list[Program]:
    """The living programs of an hci, once all of them are there."""
    found = cluster.live(item)
    return found if len(found) >= len(HCI_PROGRAMS) else []


def test_of_two_consoles_that_start_the_same_item_one_is_refused(
    cluster: Cluster, pytestconfig: pytest.Config
) -> None:
    chance = random.Random(pytestconfig.getoption("--races-seed"))
    winners = dict.fromkeys(CONSOLES, 0)
    with contextlib.ExitStack() as stack:
        lines = {
            console: stack.enter_context(contextlib.closing(Desk(cluster.config, console)))
            for console in CONSOLES
        }
        for line in lines.values():
            line.status()
        for number in range(pytestconfig.getoption("--races")):
            pair = chance.sample(CONSOLES, 2)
            item = chance.choice(HCI)
            late = chance.uniform(0.0, SPREAD)
            outcomes = race([lines[console] for console in pair], item, late)
            told = f"race {number}: {item} on {pair}, {late * 1000:.1f} ms apart: {outcomes}"
            assert sorted(outcome.verdict for outcome in outcomes) == [Verdict.DONE, Verdict.REFUSED], told
            first = [outcome.verdict for outcome in outcomes].index(Verdict.DONE)
            winner, loser = pair[first], outcomes[1 - first]
            assert winner in loser.text, told
            assert item in loser.text, told
            # A program bears its name in /proc a moment after it counts as RUNNING.
            lives = until(lambda: named(cluster, item), told)  # noqa: B023  it is called here only
            assert {program.node for program in lives} == {winner}, f"{told}\n{lives}"
            assert len(lives) == len(HCI_PROGRAMS), f"{told}\n{lives}"
            assert cluster.witness.doubles() == [], told
            winners[winner] += 1
            (stopped,) = lines[chance.choice(pair)].act("stop", item)
            assert stopped.verdict is Verdict.DONE, f"{told}\n{stopped}"
            assert cluster.live(item) == [], told
    print(f"winners: {winners}")
