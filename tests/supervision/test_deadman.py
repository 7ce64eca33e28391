"""Without a renewed lease, what must stop is dead before the deadline, with no agent alive."""

from __future__ import annotations

import asyncio
from functools import partial
from types import SimpleNamespace

import pytest

from tests.processes import alive
from tests.supervision.supervision_house import House, tagged
from tests.waiting import gone, soon
from tuiconsole.clock import boottime
from tuiconsole.model.process import LEASE_LOST
from tuiconsole.supervision.events import Event, Isolated
from tuiconsole.supervision.plugin import deadman
from tuiconsole.supervision.plugin.deadman import DONE, HELD, KILL, RECHECK, STOP, Limits, next_step

LIMITS = Limits(stop_at=10.0, kill_at=11.0)

FORKING = (
    'trap "" TERM; (trap "" TERM; setsid sh -c "trap \\"\\" TERM; while :; do sleep 2001; done" &); '
    "while :; do sleep 2002; done"
)

PROGRAMS = f"""
[program:polite]
command=sleep 2000
autostart=false
startsecs=0
autorestart=true
[program:stubborn]
command=sh -c '{FORKING}'
autostart=false
startsecs=0
autorestart=true
[program:unmanaged]
command=sleep 2003
startsecs=0
[program:kept]
command=sleep 2004
autostart=false
startsecs=0
"""


@pytest.mark.parametrize(
    ("stage", "now", "limits", "living", "expected"),
    [
        (HELD, 5.0, None, True, (HELD, False, False, None)),
        (HELD, 5.0, LIMITS, False, (HELD, False, False, None)),
        (HELD, 99.0, LIMITS, False, (HELD, False, False, None)),
        (HELD, 5.0, LIMITS, True, (HELD, False, False, 5.0 + RECHECK)),
        (HELD, 9.9, LIMITS, True, (HELD, False, False, 10.0)),
        (HELD, 10.0, LIMITS, True, (STOP, True, False, 11.0)),
        (HELD, 11.5, LIMITS, True, (KILL, False, True, 11.52)),
        (STOP, 10.5, LIMITS, False, (STOP, False, False, 11.0)),
        (STOP, 11.0, LIMITS, True, (KILL, False, True, 11.02)),
        (KILL, 11.1, LIMITS, True, (KILL, False, True, 11.12)),
        (DONE, 12.0, LIMITS, True, (DONE, False, False, None)),
    ],
)
def test_the_deadman_decides_by_stage_time_and_what_lives(
    stage: str, now: float, limits: Limits | None, living: bool, expected: tuple[object, ...]
) -> None:
    step = next_step(stage, now, limits, living)
    assert step[:3] == expected[:3]
    assert step.again_at == (None if expected[3] is None else pytest.approx(expected[3]))


class Clock:
    """In place of the boot-time clock and of the timer on it."""

    def __init__(self) -> None:
        self.now = 11.0
        self.at: float | None = None

    def arm(self, at: float) -> None:
        self.at = at

    def disarm(self) -> None:
        self.at = None


def test_sweeps_that_take_long_leave_supervisord_the_time_to_reap_what_they_killed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else its handler runs again and again, what is dead is never reaped, and the node stays ISOLATED."""
    clock, took = Clock(), 0.08
    armed_within: list[float | None] = []

    def sweep() -> int:
        clock.now += took
        armed_within.append(clock.at)
        return 0

    monkeypatch.setattr(deadman, "boottime", lambda: clock.now)
    record = SimpleNamespace(**LIMITS._asdict())
    unreaped = [True]
    one = deadman.Deadman(lambda: record, clock, lambda: unreaped[0], lambda: None, sweep)  # type: ignore[arg-type, return-value]
    one.on_alarm()
    assert one.stage == KILL
    assert armed_within == [None], "it would interrupt itself"
    armed = clock.at
    assert armed is not None
    assert armed - clock.now > took
    clock.now, unreaped[0] = armed, False
    one.on_alarm()
    assert one.stage == DONE
    assert clock.at is None
    assert one.faults == 0


async def test_with_no_agent_alive_a_tree_that_ignores_term_is_dead_before_the_deadline(house: House) -> None:
    house.configure(PROGRAMS)
    supervision = await house.up()
    stop, kill = 2.5, 1.2  # far apart: a busy machine is late
    deadline = house.lease(5.0, stop, kill)
    wire = house.wire()
    wire.ask("hello")  # from now on it is told of events
    wire.ask(
        "manage",
        programs=[
            {"namespec": "polite:polite", "grant": "p"},
            {"namespec": "stubborn:stubborn", "grant": "s"},
            {"namespec": "kept:kept", "grant": "k", "isolation": "KEEP"},
        ],
    )
    polite = wire.start("polite:polite")["result"]["pid"]
    stubborn = wire.start("stubborn:stubborn")["result"]["pid"]
    kept = wire.start("kept:kept")["result"]["pid"]
    unmanaged = house.snapshot()["unmanaged:unmanaged"].pid
    await soon(lambda: len(tagged(supervision.incarnation)) == 7, "the stubborn tree")
    await supervision.close()
    doomed = tagged(supervision.incarnation) - {kept, unmanaged}
    assert {polite, stubborn} < doomed
    await asyncio.to_thread(gone, [polite], "the end of the polite one")
    assert deadline - stop <= boottime() < deadline - kill, "at stop_at, not before, and not only by KILL"
    assert alive(stubborn)
    await asyncio.to_thread(gone, doomed, "the end of the tree")
    assert deadline - kill <= boottime() < deadline
    assert alive(kept)
    assert alive(unmanaged)
    await asyncio.to_thread(wire.hear, lambda event: event.get("stage") == "done")
    hello = wire.ask("hello")["result"]
    states = {process["name"]: process["state"] for process in hello["snapshot"]["processes"]}
    assert states == {"polite": "STOPPED", "stubborn": "STOPPED", "kept": "RUNNING", "unmanaged": "RUNNING"}
    house.lease(30)
    assert wire.start("polite:polite", 2)["error"] == "isolated", "a lease that comes back undoes nothing"
    assert wire.ask("rejoin", epoch=1)["error"] == "stale_epoch"
    assert wire.ask("rejoin", epoch=2)["ok"]
    assert wire.start("polite:polite", 2)["error"] == "stale_epoch", "a command of the isolated epoch"
    assert wire.start("polite:polite", 2, epoch=2)["ok"]
    wire.close()


SLOW_ROUND = """
import os
from supervisor import events

def make(supervisord, **_):
    def wait(event):
        if event.process.config.name == "slow":
            pid = supervisord.process_groups["polite"].processes["polite"].pid
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)

    events.subscribe(events.ProcessStateRunningEvent, wait)
    return object()
"""
"""A part of supervisord's round in which the deadman acts, and what it has ended waits to be reaped."""


async def test_what_the_deadman_ends_in_a_slow_round_of_supervisord_has_been_stopped_and_did_not_crash(
    house: House,
) -> None:
    (house.folder / "slow_round.py").write_text(SLOW_ROUND)
    house.configure(
        PROGRAMS
        + "[program:slow]\ncommand=sleep 2005\nautostart=false\nstartsecs=1\n"
        + "[rpcinterface:slow]\nsupervisor.rpcinterface_factory = slow_round:make\n"
    )
    await house.up(PYTHONPATH=str(house.folder))
    house.lease(5.0, stop=2.5, kill=1.2)
    wire = house.wire()
    polite = {"namespec": "polite:polite", "grant": "p"}
    slow = {"namespec": "slow:slow", "grant": "w", "isolation": "KEEP"}
    wire.ask("manage", programs=[polite, slow])
    assert wire.start("polite:polite")["ok"]
    await house.state("polite:polite", "RUNNING")
    assert wire.start("slow:slow")["ok"]
    ended = await house.state("polite:polite", "STOPPED", "EXITED")
    assert (ended.state, ended.reason) == ("STOPPED", LEASE_LOST)
    wire.close()


async def test_a_renewed_lease_touches_nothing(house: House) -> None:
    house.configure(PROGRAMS)
    await house.up()
    house.lease(2.6)
    wire = house.wire()
    pid = wire.start("polite:polite")["result"]["pid"]
    end = boottime() + 2.8
    while boottime() < end:
        house.lease(2.6)
        assert not await house.hears(lambda event: isinstance(event, Isolated), within=0.1)
    assert alive(pid)
    assert wire.ask("hello")["result"]["stage"] == "held"
    wire.close()


def has_come_to(stage: str, event: Event) -> bool:
    return isinstance(event, Isolated) and event.stage == stage


async def test_isolation_is_told_to_a_living_agent_stage_by_stage(house: House) -> None:
    house.configure(PROGRAMS)
    supervision = await house.up()
    house.lease(1.5)
    wire = house.wire()
    assert wire.start("stubborn:stubborn")["ok"]
    for stage in ("stop", "kill", "done"):
        await house.hear(partial(has_come_to, stage))
    stopped = await house.state("stubborn:stubborn", "STOPPED")
    assert stopped.reason == LEASE_LOST, "the master knows it by these words"
    await supervision.rejoin(2)
    wire.close()


async def test_a_torn_record_does_not_extend_a_lease(house: House) -> None:
    house.configure(PROGRAMS)
    await house.up()
    house.lease(2.0)
    wire = house.wire()
    pid = wire.start("polite:polite")["result"]["pid"]
    (house.run_dir / "deadline").write_bytes(b"\xff" * 512)
    await asyncio.to_thread(gone, [pid], "its end at the time last promised")
    assert wire.start("polite:polite", 2)["error"] in ("isolated", "no_lease")
    wire.close()
