"""The shim's deadline: what must not outlive the lease dies though supervisord and the agent stand still."""

from __future__ import annotations

import asyncio
import contextlib
import os

import psutil
import pytest

from tests.processes import alive, frozen
from tests.supervision.supervision_house import House, Wire
from tests.waiting import gone, soon
from tuiconsole.clock import boottime
from tuiconsole.supervision import spared
from tuiconsole.supervision.descendants import Entry
from tuiconsole.supervision.events import DeadlineEnforced
from tuiconsole.supervision.last_resort import doomed

FORKING = (
    'trap "" TERM; (trap "" TERM; setsid env -i sleep 3001 &); '
    '(trap "" TERM; setsid sh -c "while :; do sleep 3002; done" &); while :; do sleep 3003; done'
)
KEPT = "(setsid sleep 3004 &); while :; do sleep 3005; done"

PROGRAMS = f"""
[program:polite]
command=sleep 3000
autostart=false
startsecs=0
autorestart=true
[program:stubborn]
command=sh -c '{FORKING}'
autostart=false
startsecs=0
[program:unmanaged]
command=sleep 3006
startsecs=0
[program:kept]
command=sh -c '{KEPT}'
autostart=false
startsecs=0
"""
MANAGED = [
    {"namespec": "polite:polite", "grant": "p"},
    {"namespec": "stubborn:stubborn", "grant": "s"},
    {"namespec": "kept:kept", "grant": "k", "isolation": "KEEP"},
]
SHIM, SUPERVISORD = 10, 11


def running(wire: Wire) -> dict[str, int]:
    """The pids of all programs after their start, by name."""
    wire.ask("hello")  # from now on it is told of events
    wire.ask("manage", programs=MANAGED)
    for name in ("polite", "stubborn", "kept"):
        assert wire.start(f"{name}:{name}")["ok"]
    snapshot = wire.ask("snapshot")["result"]
    return {process["name"]: process["pid"] for process in snapshot["processes"]}


def below(shim: int | None, *words: str) -> set[int]:
    """The living descendants of the shim with such a word in their command line."""
    found = set()
    for process in psutil.Process(shim).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if not set(words).isdisjoint(process.cmdline()):
                found.add(process.pid)
    return found


async def test_with_supervisord_stopped_and_no_agent_all_is_dead_between_the_shims_time_and_the_deadline(
    house: House,
) -> None:
    house.configure(PROGRAMS)
    supervision = await house.up()
    deadline = house.lease(4.0, stop=1.5, kill=1.0, shim=0.8)
    wire = house.wire()
    pids = running(wire)
    shim, supervisord = supervision.pids.shim, supervision.pids.supervisord
    assert supervisord is not None
    await soon(lambda: len(below(shim, "3001", "3002", "3003", "3004", "3005")) == 5, "all trees")
    await supervision.close()
    doomed_ones = below(shim, "3000", "3001", "3002", "3003") | {pids["stubborn"]}
    spared_ones = below(shim, "3004", "3005", "3006") | {pids["kept"]}
    with frozen([supervisord]):
        await asyncio.to_thread(gone, doomed_ones, "the end of what must stop")
        assert deadline - 0.8 <= boottime() < deadline
        assert all(map(alive, spared_ones))
    await asyncio.to_thread(wire.hear, lambda event: event.get("stage") == "done")
    states = {one["name"]: one["state"] for one in wire.ask("snapshot")["result"]["processes"]}
    assert states == {"polite": "STOPPED", "stubborn": "STOPPED", "kept": "RUNNING", "unmanaged": "RUNNING"}
    assert all(map(alive, spared_ones))
    assert not below(shim, "3000", "3001", "3002", "3003")
    wire.close()


async def test_an_end_that_was_set_earlier_is_seen_in_time(house: House) -> None:
    house.configure(PROGRAMS)
    supervision = await house.up()
    house.lease(60.0)
    wire = house.wire()
    polite = running(wire)["polite"]
    supervisord = supervision.pids.supervisord
    assert supervisord is not None
    with frozen([supervisord]):
        deadline = house.lease(2.0, shim=0.8, kill=0.9)
        enforced = await house.hear_of(DeadlineEnforced)
        assert enforced.signals >= 3
        assert boottime() < deadline
        assert not alive(polite)
    wire.close()


async def test_while_the_lease_is_renewed_a_stopped_supervisord_costs_nothing(house: House) -> None:
    house.configure(PROGRAMS)
    supervision = await house.up()
    house.lease(2.6)
    wire = house.wire()
    pids = running(wire)
    supervisord = supervision.pids.supervisord
    assert supervisord is not None
    with frozen([supervisord]):
        end = boottime() + 2.8
        while boottime() < end:
            house.lease(2.6)
            assert not await house.hears(lambda event: isinstance(event, DeadlineEnforced), within=0.1)
    assert all(map(alive, pids.values()))
    wire.close()


async def test_a_new_supervisord_is_not_ended_for_a_lease_that_was_over_before(house: House) -> None:
    house.configure(PROGRAMS)
    await house.up()
    house.lease(0.001, stop=0.0003, kill=0.0002, shim=0.0001)
    before = house.snapshot()["unmanaged:unmanaged"].pid
    house.raw_shim(b"kill")
    pid = await soon(lambda: {house.snapshot()["unmanaged:unmanaged"].pid} - {0, before})
    assert not await house.hears(lambda event: isinstance(event, DeadlineEnforced), within=0.6)
    assert alive(*pid)


def nobody(pid: int) -> bytes:
    return b""


def test_children_of_supervisord_and_orphans_die_with_all_that_descends_from_them() -> None:
    table = {
        SHIM: Entry(1, SHIM, SHIM, 1),
        SUPERVISORD: Entry(SHIM, SUPERVISORD, SHIM, 2),
        20: Entry(SUPERVISORD, 20, SHIM, 3),
        21: Entry(20, 20, SHIM, 4),
        30: Entry(SUPERVISORD, 30, SHIM, 5),
        31: Entry(30, 31, 31, 6),
        40: Entry(SHIM, 40, 40, 7),
        41: Entry(SHIM, 41, 41, 8),
        50: Entry(1, 50, 50, 9),
    }
    owners = {40: b"k:k", 41: b"s:s"}
    found, more = doomed(
        table, SHIM, SUPERVISORD, {(30, 5): b"k:k"}, lambda pid: owners.get(pid, b""), lambda pid: False
    )
    assert found == {20, 21, 41}
    assert more


def test_a_pid_that_is_another_process_by_now_is_not_spared() -> None:
    table = {SUPERVISORD: Entry(SHIM, SUPERVISORD, SHIM, 2), 30: Entry(SUPERVISORD, 30, SHIM, 99)}
    assert doomed(table, SHIM, SUPERVISORD, {(30, 5): b"k:k"}, nobody, lambda pid: False)[0] == {30}


def test_a_child_that_was_born_just_now_waits_for_the_next_round() -> None:
    table = {SUPERVISORD: Entry(SHIM, SUPERVISORD, SHIM, 2), 30: Entry(SUPERVISORD, 30, SHIM, 99)}
    assert doomed(table, SHIM, SUPERVISORD, {}, nobody, lambda pid: True) == (set(), True)
    orphan = {30: Entry(SHIM, 30, SHIM, 99)}
    assert doomed(orphan, SHIM, SUPERVISORD, {}, nobody, lambda pid: True) == ({30}, True)


@pytest.mark.parametrize("damage", [b"", b"00000000\n1 2 a:b\n", b"garbage", b"\xff\xfe\n"])
def test_a_damaged_list_spares_nobody(house: House, damage: bytes) -> None:
    fd = spared.open_spared(str(house.folder))
    try:
        spared.write(fd, [(7, 8, "group:näme"), (9, 10, "a:b")])
        assert spared.read(fd) == {(7, 8): "group:näme".encode(), (9, 10): b"a:b"}
        os.ftruncate(fd, 0)
        os.pwrite(fd, damage, 0)
        assert spared.read(fd) == {}
    finally:
        os.close(fd)
