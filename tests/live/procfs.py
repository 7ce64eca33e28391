"""What really runs, from /proc: no part under test is asked."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.processes import alive


class Program(NamedTuple):
    """One living process of a program of Scenario 2."""

    namespec: str
    node: str
    pid: int


def _read(pid: int, what: str) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/{what}").read_bytes().split(b"\0")
    except OSError:
        return []


def _pids() -> Iterator[int]:
    own = os.getpid()
    return (int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) != own)  # noqa: PTH208  ten times faster


def traces(folder: Path) -> dict[int, str]:
    """Command lines, by pid, of all living processes that name `folder` in command line or environment."""
    needle = str(folder).encode()
    found = {}
    for pid in _pids():
        words = _read(pid, "cmdline")
        named = any(needle in word for word in [*words, *_read(pid, "environ")])
        if named and alive(pid):
            found[pid] = b" ".join(words).decode("utf-8", "replace").strip()
    return found


def programs(folder: Path) -> list[Program]:
    """The programs of the cluster in `folder` that live now. Their command line ends with the namespec."""
    needle = str(folder).encode()
    found = []
    for pid in _pids():
        words = _read(pid, "cmdline")
        if len(words) < 3 or words[-2].count(b":") != 1 or b"/" in words[-2]:
            continue
        environ = _read(pid, "environ")
        if not any(needle in word for word in environ) or not alive(pid):
            continue
        node = next((word[16:].decode() for word in environ if word.startswith(b"TUICONSOLE_NODE=")), "")
        found.append(Program(words[-2].decode(), node, pid))
    return found
