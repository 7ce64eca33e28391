"""How many processes a program has may change at run time, and stays so, without the file being touched."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from tests.supervision.supervision_house import House
from tests.supervision.test_configuration import supervisorctl
from tests.waiting import PATIENCE, soon
from tuiconsole.clock import boottime
from tuiconsole.supervision.node import Managed

PROGRAMS = """
[program:worker]
command=sleep 100%(process_num)d
process_name=%(program_name)s_%(process_num)d
numprocs=2
numprocs_start=5
autostart=false
startsecs=0
[program:lone]
command=sleep 1000
autostart=false
[program:pump]
command=sleep 1000
process_name=pump_%(process_num)02d
autostart=false
[group:plant]
programs=lone,pump
"""
WORKERS = [f"worker:worker_{number}" for number in range(5, 9)]


def names(house: House) -> set[str]:
    return set(house.snapshot())


async def test_processes_come_and_go_and_reread_sees_no_change(house: House) -> None:
    house.configure(PROGRAMS)
    supervision = await house.up()
    house.lease(30)
    before = house.snapshot()
    assert {n: (p.program, p.index, p.numprocs) for n, p in before.items() if p.program} == {
        WORKERS[0]: ("worker", 0, 2),
        WORKERS[1]: ("worker", 1, 2),
        "plant:pump_00": ("pump", 0, 1),
    }
    await supervision.manage([], scales={"worker:worker": 4, "plant:pump": 2})
    await soon(lambda: names(house) >= {*WORKERS, "plant:pump_01"}, "they are there")
    assert house.snapshot()[WORKERS[3]].index == 3
    assert "No config updates" in await supervisorctl(house, "reread")
    assert "started" in await supervisorctl(house, "start", WORKERS[3])
    await house.state(WORKERS[3], "RUNNING")
    await supervision.manage([], scales={"worker:worker": 1})
    await soon(
        lambda: names(house) == {WORKERS[0], WORKERS[3], "plant:pump_00", "plant:lone"}, "but what runs"
    )
    assert "No config updates" in await supervisorctl(house, "reread")
    assert "stopped" in await supervisorctl(house, "stop", WORKERS[3])
    await soon(lambda: WORKERS[3] not in names(house), "it has gone once it was stopped")
    assert house.conf.read_text().endswith(PROGRAMS)


async def test_the_number_survives_a_reload_and_a_restart_of_supervisord(house: House) -> None:
    house.configure(PROGRAMS)
    supervision = await house.up()
    await supervision.manage([Managed(WORKERS[2], "worker")], scales={"worker:worker": 3})
    await soon(lambda: WORKERS[2] in names(house), "it is there")
    pid = supervision.pids.supervisord
    heard = len(house.events)
    await supervisorctl(house, "reload")
    await soon(lambda: len(house.events) > heard and WORKERS[2] in names(house), "after the reload")
    await asyncio.wait_for(supervision.wait_up(), PATIENCE)
    assert supervision.pids.supervisord == pid
    await supervisorctl(house, "shutdown")
    await soon(lambda: supervision.pids.supervisord not in (None, pid), "another supervisord")
    await asyncio.wait_for(supervision.wait_up(), PATIENCE)
    assert names(house) >= set(WORKERS[:3])
    assert WORKERS[3] not in names(house)
    assert "No config updates" in await supervisorctl(house, "reread")


async def test_what_is_started_goes_on_when_its_program_is_scaled(house: House) -> None:
    house.configure(PROGRAMS.replace("sleep 100%(process_num)d", "sleep 1%(numprocs)d%(process_num)d"))
    supervision = await house.up()
    house.lease(30)
    result = await supervision.start_process(
        WORKERS[0], grant="w", token=(1, 1), term=1, epoch=1, deadline=boottime() + 5, request_id="r"
    )
    await supervision.manage([Managed(WORKERS[0], "w")], term=1, scales={"worker:worker": 4})
    await soon(lambda: WORKERS[3] in names(house), "it has grown")
    process = house.snapshot()[WORKERS[0]]
    assert (process.pid, process.token) == (result["pid"], (1, 1))
    assert "No config updates" in await supervisorctl(house, "reread")


def runs(house: House, name: str) -> bool:
    return house.snapshot()[name].state == "RUNNING"


@pytest.mark.parametrize("grant", ["worker", WORKERS[0]])
async def test_what_is_new_is_guarded_as_its_like_though_no_list_knows_it(house: House, grant: str) -> None:
    house.configure(PROGRAMS.replace("autostart=false", "autostart=true", 1))
    supervision = await house.up()
    house.lease(30)
    for name in WORKERS[:2]:
        await soon(partial(runs, house, name), "it has started by itself")
        assert "stopped" in await supervisorctl(house, "stop", name)
    mine = [Managed(WORKERS[0], grant)]
    await supervision.manage(mine, scales={"worker:worker": 4})
    await soon(lambda: WORKERS[3] in names(house), "they are there")
    await supervision.manage(mine, scales={"worker:worker": 4})
    for name in WORKERS[2:]:
        assert "ERROR (spawn error)" in await supervisorctl(house, "start", name)
    assert not [n for n, p in house.snapshot().items() if n in WORKERS and p.state.alive]


async def test_numbers_that_are_none_are_refused(house: House) -> None:
    house.configure(PROGRAMS)
    await house.up()
    wire = house.wire()
    numbers: tuple[object, ...] = (0, "3", True)
    for wrong in ([], *({"worker:worker": number} for number in numbers)):
        assert wire.ask("manage", programs=[], scales=wrong)["error"] == "bad_request"
    assert wire.ask("manage", programs=[], scales={"no:such": 3, "plant:lone": 3})["ok"], "of others"
    assert names(house) >= {"plant:lone", *WORKERS[:2]}
    wire.close()
