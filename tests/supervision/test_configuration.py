"""The user's supervisord.conf works unchanged, and supervisorctl goes on working."""

from __future__ import annotations

import asyncio
import os
import pwd
import socket
import sys
from functools import partial
from pathlib import Path

from tests.processes import alive
from tests.supervision.supervision_house import House
from tests.waiting import PATIENCE, soon
from tuiconsole.supervision.events import ProcessRemoved, Snapshot, SupervisionFailed


def written(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def owner(pid: int | None) -> int:
    return Path(f"/proc/{pid}").stat().st_uid


def environment_of(pid: int) -> list[bytes]:
    return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")


async def supervisorctl(house: House, *arguments: str) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "supervisor.supervisorctl",
        "-c",
        str(house.conf),
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd="/",
    )
    out, _ = await process.communicate()
    return out.decode()


async def test_here_include_environment_and_numprocs_mean_what_they_always_mean(house: House) -> None:
    (house.folder / "more").mkdir()
    (house.folder / "more" / "one.ini").write_text(
        "[program:many]\ncommand=sh -c 'echo node %(ENV_TUICONSOLE_NODE)s here %(here)s colour $COLOUR; "
        "sleep 100'\n"
        "process_name=%(program_name)s_%(process_num)02d\nnumprocs=3\nstartsecs=0\n"
        "stdout_logfile=%(here)s/%(program_name)s_%(process_num)02d.out\n"
    )
    house.configure("[include]\nfiles = more/*.ini\n", options="environment=COLOUR='%(ENV_COLOUR_IN)s'\n")
    supervision = await house.up(COLOUR_IN="green")
    for number in range(3):
        path = supervision.log_path(f"many:many_{number:02d}")
        assert path == house.folder / "more" / f"many_{number:02d}.out"
        words = await soon(partial(written, path), "its output")
        assert words == f"node n1 here {house.folder}/more colour green\n"


async def test_directory_and_umask_hold_although_supervisord_stays_in_the_foreground(house: House) -> None:
    place = house.folder / "place"
    place.mkdir()
    house.configure(
        "[program:where]\ncommand=sh -c 'pwd; umask; sleep 100'\nstartsecs=0\n"
        "stdout_logfile=%(here)s/where.out\n",
        options="directory=%(here)s/place\numask=027\n",
    )
    await house.up()
    words = await soon(lambda: (house.folder / "where.out").read_text().count("\n") == 2, "two lines")
    assert words
    assert (house.folder / "where.out").read_text() == f"{place}\n0027\n"


async def test_supervisorctl_with_password_starts_stops_updates_and_reloads(house: House) -> None:
    house.configure()
    text = house.conf.read_text().replace("http.sock\n[rpc", "http.sock\nusername=me\npassword=secret\n[rpc")
    house.conf.write_text(text.replace("serverurl=unix", "username=me\npassword=secret\nserverurl=unix"))
    supervision = await house.up()
    supervisord = supervision.pids.supervisord
    assert "RUNNING" in await supervisorctl(house, "status", "b")
    assert "started" in await supervisorctl(house, "start", "a")
    assert (await house.state("a:a", "RUNNING")).pid
    house.conf.write_text(house.conf.read_text() + "[program:c]\ncommand=sleep 100\nstartsecs=0\n")
    assert "c: added" in await supervisorctl(house, "update")
    await house.state("c:c", "RUNNING")
    await house.hear(lambda event: isinstance(event, Snapshot) and "c:c" in event.programs)
    house.conf.write_text(house.conf.read_text().split("[program:c]")[0])
    assert "c: removed" in await supervisorctl(house, "update")
    removed = await house.hear_of(ProcessRemoved)
    assert removed.namespec == "c:c"
    before = len(house.events)
    assert "Restarted" in await supervisorctl(house, "reload")
    snapshot = await house.hear_of(Snapshot, before)
    assert {process.namespec for process in snapshot.processes} == {"a:a", "b:b"}
    assert supervision.pids.supervisord == supervisord, "a reload is no restart"
    await house.hear(lambda _: house.snapshot()["b:b"].state == "RUNNING", before)


async def test_user_drops_privileges_and_the_plugin_still_serves_and_persists(house: House) -> None:
    # Only root can drop privileges; anybody may name himself.
    nobody = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
    os.chown(house.folder, nobody.pw_uid, nobody.pw_gid)
    house.configure(options=f"user={nobody.pw_name}\n")
    supervision = await house.up()
    assert owner(supervision.pids.supervisord) == nobody.pw_uid
    house.lease(30)
    wire = house.wire()
    assert wire.start("a:a")["ok"]
    pid = (await house.state("a:a", "RUNNING")).pid
    assert owner(pid) == nobody.pw_uid
    assert wire.stop("a:a", grant="a:a", floor=[1, 1])["ok"]
    await house.state("a:a", "STOPPED")
    assert (house.state_dir / "plugin" / "plugin.json").exists()
    before = len(house.events)
    assert "Restarted" in await supervisorctl(house, "reload")
    await house.hear_of(Snapshot, before)
    wire.close()
    wire = house.wire()
    assert wire.start("a:a", 1)["error"] == "stale_token"
    wire.close()


async def test_programs_inherit_token_and_tag_but_no_directory_of_ours(house: House) -> None:
    house.configure()
    supervision = await house.up()
    house.lease(30)
    wire = house.wire()
    assert wire.start("a:a", 7)["ok"]
    wire.close()
    pid = (await house.state("a:a", "RUNNING")).pid
    # Supervisor calls it RUNNING after the fork; its environment is its own after the exec.
    await soon(lambda: b"TUICONSOLE_TOKEN=1-7" in environment_of(pid), "its token")
    environment = environment_of(pid)
    assert f"TUICONSOLE_INSTANCE={supervision.incarnation}".encode() in environment
    assert not [item for item in environment if str(house.run_dir).encode() in item]
    unmanaged = environment_of(house.snapshot()["b:b"].pid)
    assert not [item for item in unmanaged if item.startswith(b"TUICONSOLE_TOKEN")]


async def test_a_missing_configuration_is_reported_in_words(house: House) -> None:
    supervision = house.agent()
    await supervision.start()
    assert supervision.pids.shim
    house.shims.add(supervision.pids.shim)
    failure = await house.hear_of(SupervisionFailed)
    assert f"could not find config file {house.conf}" in failure.reason
    house.configure()
    await asyncio.wait_for(supervision.wait_up(), PATIENCE)


async def test_an_http_port_in_use_is_reported_in_words(house: House) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        house.configure(f"[inet_http_server]\nport=127.0.0.1:{port}\n{SLEEPER}")
        supervision = house.agent()
        await supervision.start()
        assert supervision.pids.shim
        house.shims.add(supervision.pids.shim)
        failure = await house.hear_of(SupervisionFailed)
        assert "already listening on a port" in failure.reason
        assert alive(supervision.pids.shim)


SLEEPER = "[program:a]\ncommand=sleep 100\nautostart=false\n"
