"""Arguments added to a command: passed as they are, kept by autorestart, and no change of the file."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from tests.supervision.supervision_house import House
from tests.supervision.test_configuration import supervisorctl
from tests.waiting import soon
from tuiconsole.clock import boottime

PROGRAMS = """
[program:a]
command=sh -c 'sleep 1000; :' "a b"
autostart=false
autorestart=true
startsecs=0
"""
ARGUMENTS = ("x y", "$(touch made)", "; false", "%(here)s")


async def shows(pid: int, words: list[str]) -> None:
    """Once it is what supervisord has forked it for, its arguments are these."""
    await soon(lambda: argv(pid)[3:] == words, f"it shows {words}")


def argv(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")[:-1]


async def test_they_reach_the_program_and_survive_autorestart_and_reread_sees_no_change(house: House) -> None:
    house.configure(PROGRAMS)
    supervision = await house.up()
    house.lease(30)
    assert supervision.passes_arguments
    result = await supervision.start_process(
        "a:a",
        grant="a",
        token=(1, 1),
        term=1,
        epoch=1,
        deadline=boottime() + 5,
        request_id="r1",
        arguments=ARGUMENTS,
    )
    running = await house.state("a:a", "RUNNING")
    assert running.arguments == ARGUMENTS
    await shows(result["pid"], ["a b", *ARGUMENTS])
    heard = len(house.events)
    os.kill(result["pid"], signal.SIGKILL)
    again = await house.state("a:a", "RUNNING", after=heard)
    assert again.pid != result["pid"]
    await shows(again.pid, ["a b", *ARGUMENTS])
    assert "No config updates" in await supervisorctl(house, "reread")
    await supervision.stop_process("a:a", term=1, epoch=1, request_id="r2")
    await house.state("a:a", "STOPPED", after=heard)
    await supervision.manage([], term=1)
    assert "started" in await supervisorctl(house, "start", "a:a")
    # By hand it is what the file says.
    await shows(house.snapshot()["a:a"].pid, ["a b"])


async def test_what_cannot_be_passed_is_refused(house: House) -> None:
    house.configure(PROGRAMS)
    await house.up()
    house.lease(30)
    wire = house.wire()
    start = {"namespec": "a:a", "grant": "a", "token": [1, 1], "term": 1, "epoch": 1}
    for wrong in ("text", [1], ["nul\0"]):
        refused = wire.ask("start", **start, deadline=boottime() + 5, arguments=wrong)
        assert refused["error"] == "bad_request"
    wire.close()
