"""Exact evidence of what ran when: a lock for each namespec, and stamps of every start and end.

In the folder SCEN2_WITNESS, which all nodes of one machine share, a program takes an exclusive lock
(flock) on `GROUP:PROGRAM.lock` before it does anything else, and holds it until it is gone. The kernel
gives the lock back when the process ends, however it ends. Who finds it held is a double: it says so in
`GROUP:PROGRAM.stamps`, with the holder, and goes on without the lock, so that the double can be seen and
counted. evidence.py reads the folder.
"""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import time

from place import COMMON_BUS, GROUP, NODE, PROGRAM, MisplacedError, say

_lock = -1
_stamps = -1


def namespec() -> str:
    """`GROUP:PROGRAM`; with the node for the common bus, of which every node has one."""
    name = f"{GROUP}:{PROGRAM}"
    return f"{name}@{NODE}" if GROUP == COMMON_BUS else name


def _text(value: str | None) -> str:
    """A JSON string, or null. Importing json would cost each program a third of its start."""
    if value is None:
        return "null"
    kept = "".join(letter for letter in value if letter.isprintable())
    return '"' + kept.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _stamp(event: str, more: str = "") -> None:
    if _stamps < 0:
        return
    now = time.clock_gettime(time.CLOCK_BOOTTIME)
    token = _text(os.environ.get("TUICONSOLE_TOKEN"))
    who = f'"namespec": {_text(namespec())}, "pid": {os.getpid()}, "node": {_text(NODE)}'
    line = f'{{"event": "{event}", {who}, "at": {now:.6f}, "token": {token}{more}}}\n'
    os.write(_stamps, line.encode())


def _arrive() -> None:
    global _lock, _stamps  # noqa: PLW0603  both live as long as the process, which is their purpose
    folder = os.environ.get("SCEN2_WITNESS")
    if not folder:
        say("SCEN2_WITNESS is not set: no lock is taken and nothing is stamped")
        return
    os.makedirs(folder, exist_ok=True)  # noqa: PTH103  pathlib would cost as much as the rest of the program
    path = f"{folder}/{namespec()}"
    _stamps = os.open(path + ".stamps", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    _lock = os.open(path + ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(_lock, 200).decode("utf-8", "replace").strip()
        os.close(_lock)
        _stamp("start", ', "free": false')
        _stamp("double", f', "holder": {_text(holder or "unknown")}')
        say(f"DOUBLE: {namespec()} already runs ({holder or 'unknown'})")
        return
    os.ftruncate(_lock, 0)
    os.write(_lock, f"pid {os.getpid()} on {NODE}\n".encode())
    _stamp("start", ', "free": true')


def _on_term(_signal: int, _frame: object) -> None:
    # Leaves at once: nothing here needs an orderly end, and an operator's stop must not wait for one.
    _stamp("end", ', "code": 0, "asked": true')
    os._exit(0)


def run(main: object) -> None:
    """Run `main()` under the witness and exit with what it returns.

    `main` takes no argument and returns an exit code. SIGTERM ends the process within milliseconds, with
    code 0.
    """
    _arrive()
    signal.signal(signal.SIGTERM, _on_term)
    signal.signal(signal.SIGINT, _on_term)
    code = 1
    try:
        code = main()  # type: ignore[operator]
    except MisplacedError as error:
        say(f"cannot run: {error}")
        code = 2
    finally:
        _stamp("end", f', "code": {code}, "asked": false')
    sys.exit(code)
