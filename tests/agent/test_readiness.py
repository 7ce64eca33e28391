"""Looks at whether a process is ready: bounded, without a shell, and nothing is left behind."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.waiting import gone, soon
from tuiconsole.agent.readiness import Readiness
from tuiconsole.clock import boottime
from tuiconsole.rulebook.rules import ReadyCheck
from tuiconsole.wire.orders import CommandProbe
from tuiconsole.wire.replies import Obeyed


def readiness(command: str = "") -> Readiness:
    own = ReadyCheck(command=command) if command else None
    return Readiness("server_1", "127.0.0.1", lambda _application, _process: own)


def probe(
    *, tcp: str = "", file: str = "", command: str = "", limit: float = 5.0, within: float = 5.0
) -> CommandProbe:
    return CommandProbe(
        term=1,
        epoch=1,
        incarnation="i",
        supervisord=1,
        deadline=boottime() + within,
        command_id="c",
        namespec="app:bus",
        grant="app",
        tcp=tcp,
        file=file,
        command=command,
        limit=limit,
    )


async def test_a_port_is_ready_once_it_accepts_connections() -> None:
    looks = readiness()
    server = await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    assert await looks.look(probe(tcp=f"%(host)s:{port}")) == Obeyed("ok")
    server.close()
    await server.wait_closed()
    refused = await looks.look(probe(tcp=f"%(host)s:{port}"))
    assert refused.answer == "refused"
    assert refused.reason.startswith(f"127.0.0.1:{port}: ")


async def test_a_file_is_ready_once_it_exists(tmp_path: Path) -> None:
    looks = readiness()
    file = f"{tmp_path}/%(node)s-%(application)s-%(process)s"
    real = tmp_path / "server_1-app-bus"
    assert await looks.look(probe(file=file)) == Obeyed("refused", f"{real} does not exist")
    real.touch()
    assert await looks.look(probe(file=file)) == Obeyed("ok")


async def test_a_command_runs_without_a_shell_and_its_status_counts(tmp_path: Path) -> None:
    file = tmp_path / "made"
    for command, expected in (
        ("true", Obeyed("ok")),
        ("false", Obeyed("refused", "false ended with 1")),
        ("/no/such/command", Obeyed("refused", "/no/such/command cannot be run: No such file or directory")),
        ("sh -c 'kill -9 $$'", Obeyed("refused", "sh was killed by signal 9")),
        (f"echo nothing > {file}", Obeyed("ok")),
        ("test '%(node)s; false' = 'server_1; false'", Obeyed("ok")),
    ):
        assert await readiness(command).look(probe(command=command)) == expected
    assert not file.exists(), "no shell has seen the >"


async def test_a_command_that_takes_too_long_is_killed_with_all_that_it_has_started(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    command = f"sh -c 'sleep 1000 & echo $! $$ > {pids}; wait'"
    looks = readiness(command)
    answer = await looks.look(probe(command=command, limit=0.5))
    assert answer == Obeyed("refused", "sh has not ended within 0.5 s")
    await asyncio.to_thread(gone, map(int, pids.read_text().split()))


async def test_a_long_look_is_not_begun_twice_and_its_end_is_told_to_who_asks_then(tmp_path: Path) -> None:
    count, go = tmp_path / "count", tmp_path / "go"
    command = f"sh -c 'echo x >> {count}; while [ ! -e {go} ]; do sleep 0.02; done'"
    looks = readiness(command)
    for _ in range(3):
        assert (await looks.look(probe(command=command, within=0.4))).answer == "unknown"
    go.touch()
    assert await looks.look(probe(command=command)) == Obeyed("ok")
    assert count.read_text() == "x\n"


async def test_only_a_command_of_the_nodes_own_rules_is_run(tmp_path: Path) -> None:
    file = tmp_path / "made"
    refused = await readiness("true").look(probe(command=f"touch {file}"))
    assert (refused.answer, file.exists()) == ("refused", False)
    assert "give all nodes the same rules" in refused.reason


async def test_closing_ends_what_runs(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    command = f"sh -c 'echo $$ > {pids}; exec sleep 99'"
    looks = readiness(command)
    assert (await looks.look(probe(command=command, within=0.4))).answer == "unknown"
    await soon(lambda: pids.exists() and pids.read_text(), "it runs")
    looks.close()
    await asyncio.to_thread(gone, [int(pids.read_text())])
