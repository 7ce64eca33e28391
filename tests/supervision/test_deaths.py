"""A killed agent costs nothing; a killed supervisord or shim leaves no orphan; nothing starts twice."""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import socket
import sys
import textwrap
from pathlib import Path

import pytest

from tests.processes import alive
from tests.supervision.supervision_house import House, tagged
from tests.waiting import PATIENCE, soon
from tuiconsole.supervision import launch
from tuiconsole.supervision.backoff import Backoff
from tuiconsole.supervision.events import (
    NodeEmpty,
    ProcessChanged,
    Snapshot,
    SupervisionError,
    SupervisionFailed,
    SupervisordDown,
    SupervisordUp,
)

STUBBORN = (
    'trap "" TERM HUP INT; setsid sh -c "trap \\"\\" TERM; env -i sleep 7100 & sleep 7101" & '
    "while :; do sleep 7100; done"
)

NASTY = f"""
[program:nasty]
command=sh -c '{STUBBORN}'
startsecs=0
[program:forker]
command=sh -c 'trap "" TERM; while :; do (trap "" TERM; setsid sleep 7102 &); sleep 0.05; done'
startsecs=0
"""


def cmdline_pids(*words: str) -> set[int]:
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if any(word in line for word in words) and "sleep" in line and alive(int(entry.name)):
                found.add(int(entry.name))
    return found


async def test_a_new_agent_finds_the_same_processes_with_the_same_pids(house: House) -> None:
    house.configure()
    script = house.folder / "agent.py"
    script.write_text(
        textwrap.dedent(f"""
        import asyncio, sys
        from pathlib import Path
        from tuiconsole.supervision.node import Supervision
        async def main():
            folder = Path({str(house.folder)!r})
            agent = Supervision("n1", "127.0.0.1", folder / "run", folder / "state",
                                folder / "supervisord.conf", lambda event: None)
            await agent.start()
            await agent.wait_up()
            print(agent.incarnation, *agent.pids, flush=True)
            await asyncio.Event().wait()
        asyncio.run(main())
        """)
    )
    root = Path(__file__).parents[2]
    agent = await asyncio.create_subprocess_exec(
        sys.executable,
        str(script),
        stdout=asyncio.subprocess.PIPE,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert agent.stdout
    incarnation, shim, supervisord = (await agent.stdout.readline()).decode().split()
    house.shims.add(int(shim))
    before = await soon(lambda: tagged(incarnation), "the program")
    agent.kill()
    await agent.wait()
    again = await house.up()
    assert again.pids == (int(shim), int(supervisord))
    assert again.incarnation == incarnation
    assert tagged(incarnation) == before
    assert not [event for event in house.events if isinstance(event, SupervisordDown)]


async def test_a_killed_supervisord_leaves_no_orphan_is_proven_dead_and_started_again(house: House) -> None:
    house.configure(NASTY)
    supervision = await house.up()
    first = supervision.pids.supervisord
    assert first
    await soon(lambda: len(cmdline_pids("sleep 7100", "sleep 7101", "sleep 7102")) > 6, "a crowd")
    crowd = cmdline_pids("sleep 7100", "sleep 7101", "sleep 7102")
    os.kill(first, signal.SIGKILL)
    down = await house.hear_of(SupervisordDown)
    assert down.status == -signal.SIGKILL
    await house.hear_of(NodeEmpty)
    assert not {pid for pid in crowd if alive(pid)}
    order = [type(event) for event in house.events]
    assert order.index(SupervisordDown) < order.index(NodeEmpty)
    await asyncio.wait_for(supervision.wait_up(), PATIENCE)
    assert supervision.pids.supervisord not in (None, first)
    assert order.count(SupervisordUp) == 1
    await supervision.kill_everything()
    assert not tagged(supervision.incarnation)
    assert not cmdline_pids("sleep 7100", "sleep 7101", "sleep 7102")


async def test_a_killed_shim_takes_everything_with_it_and_a_new_one_sweeps_the_rest(house: House) -> None:
    house.configure("[program:daemon]\ncommand=sh -c 'setsid sleep 7103 & sleep 7104'\nstartsecs=0\n")
    supervision = await house.up()
    old, shim = supervision.incarnation, supervision.pids.shim
    assert shim
    await soon(lambda: len(tagged(old)) >= 3, "the programs")
    before = len(house.events)
    os.kill(shim, signal.SIGKILL)
    await house.hear_of(SupervisionFailed, before)
    await house.hear_of(Snapshot, before)
    assert supervision.pids.shim not in (None, shim)
    assert supervision.pids.shim
    house.shims.add(supervision.pids.shim)
    assert supervision.incarnation != old
    assert not tagged(old)
    assert not [event for event in house.events if isinstance(event, NodeEmpty)], "a lost shim proves nothing"


async def test_a_dead_process_is_told_with_its_signal_even_if_a_grandchild_holds_its_pipes(
    house: House,
) -> None:
    house.configure(
        "[program:p]\ncommand=sh -c 'sleep 7105 & exec sleep 7106'\nstartsecs=0\nautorestart=false\n"
    )
    await house.up()
    pid = house.snapshot()["p:p"].pid
    os.kill(pid, signal.SIGKILL)
    dead = await house.state("p:p", "EXITED")
    assert (dead.pid, dead.exit_status, dead.expected_exit, dead.reason) == (
        0,
        -signal.SIGKILL,
        False,
        "terminated by SIGKILL",
    )


async def test_shutdown_ends_all_in_order_and_leaves_nothing(house: House) -> None:
    house.configure()
    supervision = await house.up()
    incarnation, pids = supervision.incarnation, supervision.pids
    await supervision.shutdown()
    assert [event for event in house.events if isinstance(event, ProcessChanged)][
        -1
    ].process.state == "STOPPED"
    assert not tagged(incarnation)
    assert not any(alive(pid) for pid in pids if pid)


async def test_shutdown_ends_a_supervisord_whose_start_the_shim_has_not_confirmed_yet(house: House) -> None:
    """It is started again at once after its death, and the shim's word of that is still on its way."""
    house.configure()
    supervision = await house.up()
    incarnation, pids = supervision.incarnation, supervision.pids
    assert pids.supervisord
    assert pids.shim
    os.kill(pids.supervisord, signal.SIGKILL)
    await house.hear_of(NodeEmpty)
    starter = supervision._starter
    assert starter is not None
    await starter
    assert supervision.pids.supervisord is None
    await asyncio.wait_for(supervision.shutdown(), PATIENCE)
    assert not tagged(incarnation)
    assert not alive(pids.shim)


async def test_a_held_lock_without_an_answering_socket_is_never_a_second_start(house: House) -> None:
    house.configure()
    house.run_dir.mkdir()
    with (house.run_dir / "shim.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(SupervisionError, match=r"holds .* but does not answer"):
            await house.agent().start()


async def test_a_shim_that_dies_with_a_connection_in_its_backlog_is_gone_not_hanging(house: House) -> None:
    """A process that exits closes the agent's connection before the socket at which it listens."""
    house.configure()
    supervision = await house.up()
    agent = house.agent()
    await agent.start()  # it found the shim, and did not start it
    shim = agent._shim
    assert shim is not None
    assert shim.child is None
    path = house.run_dir / "shim.sock"
    path.rename(house.run_dir / "real.sock")
    async with await asyncio.start_unix_server(lambda _reader, writer: writer.close(), path):
        assert await launch.reconnect(house.run_dir, shim) is None
    path.unlink(missing_ok=True)
    (house.run_dir / "real.sock").rename(path)
    await agent.close()
    assert supervision.pids.shim == shim.greeting.pid


async def test_two_agents_that_start_at_once_share_one_shim(house: House) -> None:
    house.configure()
    first, second = house.agent(), house.agent()
    await asyncio.gather(first.start(), second.start())
    assert first.pids.shim == second.pids.shim
    assert first.pids.shim
    house.shims.add(first.pids.shim)
    await asyncio.wait_for(asyncio.gather(first.wait_up(), second.wait_up()), PATIENCE)
    assert first.pids == second.pids


async def test_the_shim_survives_bad_clients(house: House) -> None:
    house.configure()
    supervision = await house.up()
    for words in (b"nonsense\n", b"spawn {not json\n", b"exit\n", b"\xff" * 2_000_000):
        with socket.socket(socket.AF_UNIX) as sock:
            sock.connect(str(house.run_dir / "shim.sock"))
            with sock.makefile("rb") as lines:
                lines.readline()
                try:
                    sock.sendall(words)
                except BrokenPipeError:
                    continue
                assert b"error" in lines.readline()
    assert supervision.pids.shim
    assert alive(supervision.pids.shim)


async def test_a_run_directory_too_long_for_a_socket_is_refused_in_words(house: House) -> None:
    house.configure()
    house.run_dir = house.folder / ("x" * 100)
    with pytest.raises(SupervisionError, match="choose a shorter one"):
        await house.agent().start()


def test_the_first_restart_is_at_once_and_later_ones_wait_longer() -> None:
    backoff = Backoff()
    assert [backoff.ended(1.0) for _ in range(7)] == [0.0, 0.5, 1.0, 2.0, 5.0, 10.0, 10.0]
    assert backoff.ended(31.0) == 0.0
