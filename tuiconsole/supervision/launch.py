"""Starts the shim, or finds the one that lives; and says how supervisord is to be started."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import secrets
import select
import subprocess
import sys
from pathlib import Path

import msgspec

from tuiconsole.clock import boot_id
from tuiconsole.supervision import subreaper
from tuiconsole.supervision.commands import OwnRules
from tuiconsole.supervision.events import SupervisionError
from tuiconsole.supervision.plugin.local_rules import FILE_NAME
from tuiconsole.timeouts import within

_HERE = Path(__file__).resolve().parent
_READY_WITHIN = 10.0
"""Seconds in which a new shim says `ready`: it may first have to kill what an earlier one has left."""
_GREETING_WITHIN = 2.0
"""Seconds in which a living shim greets; it has nothing else to do."""
_LOCK_PATIENCE = 1.0
"""Seconds during which a lock without a socket may be a shim that is just starting."""


class Greeting(msgspec.Struct, frozen=True):
    """The first line of a shim."""

    shim: str
    incarnation: str
    pid: int
    boot_id: str
    machine_id: str
    supervisord: int | None
    children: int
    exited: int | None


class ShimLink(msgspec.Struct):
    """A connection to the living shim."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    greeting: Greeting
    child: subprocess.Popen[bytes] | None
    """If this process started it: it must reap it."""


def incarnation_of(shim_id: str, boot: str) -> str:
    """The name of one life of a node: as long as this shim lives, over restarts of agent and supervisord."""
    return hashlib.sha256(f"{shim_id}:{boot}".encode()).hexdigest()[:32]


def refuse_long_path(run_dir: Path) -> None:
    """Unix sockets bear short paths only.

    Raises:
        SupervisionError: the run directory's path is too long.
    """
    longest = len(os.fsencode(run_dir / "plugin.sock"))
    if longest > subreaper.PATH_MAX:
        raise SupervisionError(
            f"the run directory {run_dir} is too long by {longest - subreaper.PATH_MAX} bytes for a unix "
            "socket; choose a shorter one"
        )


def make_directory(directory: Path) -> None:
    """Make one of the node's own directories, for its owner only.

    Raises:
        SupervisionError: it cannot be made.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SupervisionError(f"the directory {directory} cannot be made: {error.strerror}") from None


def write_own_rules(run_dir: Path, own: OwnRules) -> None:
    """Write what the plugin's guard goes by until a master's list comes, before supervisord starts anything.

    Raises:
        SupervisionError: it cannot be written.
    """
    draft = run_dir / f"{FILE_NAME}.new"
    try:
        draft.write_bytes(msgspec.json.encode(own))
        draft.replace(run_dir / FILE_NAME)
    except OSError as error:
        raise SupervisionError(f"{draft} cannot be written: {error.strerror}") from None


async def attach(run_dir: Path) -> ShimLink:
    """Connect to the shim of a run directory; start one if there is none.

    Raises:
        SupervisionError: no shim can be had. In particular a held lock without an answering socket is never
            taken for a free node.
    """
    refuse_long_path(run_dir)
    link = await _connect(run_dir, None)
    if link is not None:
        return link
    shim_id = secrets.token_hex(8)
    status, words, child = await asyncio.to_thread(
        _start, run_dir, shim_id, incarnation_of(shim_id, boot_id())
    )
    if status and status != subreaper.EXIT_LOCKED:
        raise SupervisionError(f"the shim cannot be started: {words}")
    until = asyncio.get_running_loop().time() + _LOCK_PATIENCE
    while True:
        link = await _connect(run_dir, child)
        if link is not None:
            return link
        if asyncio.get_running_loop().time() > until:
            raise SupervisionError(
                f"a shim holds {run_dir / subreaper.LOCK_NAME} but does not answer on its socket; "
                "end that process, and start again once its programs are gone"
            )
        await asyncio.sleep(0.02)


async def reconnect(run_dir: Path, lost: ShimLink) -> ShimLink | None:
    """A new connection to the same shim; None if it is gone."""
    link = await _connect(run_dir, lost.child)
    if link is None:
        return None
    if link.greeting.shim != lost.greeting.shim:
        link.writer.close()
        return None
    return ShimLink(link.reader, link.writer, link.greeting, lost.child)


def supervisord_order(
    greeting: Greeting, run_dir: Path, state_dir: Path, configuration: Path, environment: dict[str, str]
) -> bytes:
    """The line that tells the shim to become the parent of a supervisord."""
    argv = [
        sys.executable,
        str(_HERE / "supervisord.py"),
        "--run-dir",
        str(run_dir),
        "--state-dir",
        str(state_dir),
        "--incarnation",
        greeting.incarnation,
        "--shim",
        str(greeting.pid),
        "--",
        "--nodaemon",
        "--silent",
        "--configuration",
        str(configuration),
    ]
    return b"spawn " + msgspec.json.encode({"argv": argv, "env": environment, "cwd": None}) + b"\n"


def last_words(run_dir: Path) -> str:
    """What supervisord wrote on stderr before it ended, in one line; empty if nothing."""
    try:
        text = (run_dir / subreaper.STDERR_NAME).read_text(errors="replace")
    except OSError:
        return ""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("Error: ")]
    if errors:
        return errors[-1].removeprefix("Error: ")
    return lines[-1] if lines else ""


async def _connect(run_dir: Path, child: subprocess.Popen[bytes] | None) -> ShimLink | None:
    path = str(run_dir / subreaper.SOCKET_NAME)
    try:
        reader, writer = await asyncio.open_unix_connection(path)
    except OSError:
        return None
    try:
        async with within(_GREETING_WITHIN):
            line = await reader.readline()
        if not line.endswith(b"\n"):
            # It died with our connection in its backlog: nobody is there.
            writer.close()
            return None
        greeting = msgspec.json.decode(line, type=Greeting)
    except ConnectionError:
        writer.close()
        return None
    except (asyncio.TimeoutError, msgspec.DecodeError, OSError, ValueError):
        writer.close()
        if child is not None:
            return None
        raise SupervisionError(
            f"the process behind {path} does not greet as a shim does; end it, and start again once its "
            "programs are gone"
        ) from None
    except BaseException:
        writer.close()
        raise
    return ShimLink(reader, writer, greeting, child)


def _start(run_dir: Path, shim_id: str, incarnation: str) -> tuple[int, str, subprocess.Popen[bytes] | None]:
    child = subprocess.Popen(
        [sys.executable, "-I", "-S", str(_HERE / "shim.py"), str(run_dir), shim_id, incarnation],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        cwd="/",
    )
    assert child.stdout is not None
    assert child.stderr is not None
    with child.stdout, child.stderr:
        select.select([child.stdout], [], [], _READY_WITHIN)
        os.set_blocking(child.stdout.fileno(), False)
        if child.stdout.read():
            return 0, "", child
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(1.0)
        if child.returncode is None:
            return 1, "it is still killing what an earlier shim has left", child
        return child.returncode or 1, child.stderr.read().decode(errors="replace").strip(), None
