"""Hosts as network namespaces, and every fault of a network between them."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.processes import alive

from .relay import enter

PREFIX = "tuifault"
NET = "198.18.77."
DESK = 100
"""The number of the host where the test itself sits. Its lines are never cut: it can ask every side."""
_NAMESPACES = Path("/run/netns")
ROOT = Path(__file__).parents[2]

Direction = tuple[int, int]
Weather = tuple[float, float, float]
"""Loss (0 to 1), delay and jitter (seconds)."""
CUT: Weather = (1.0, 0.0, 0.0)


def obstacle() -> str:
    """Why no namespaces with TUN devices can be made here, in words; empty if they can."""
    if os.geteuid() != 0:
        return "namespaces need root"
    if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        return "there is no /dev/net/tun"
    name = f"{PREFIX}-{os.getpid()}-try"
    try:
        made = subprocess.run(("ip", "netns", "add", name), capture_output=True, text=True, check=False)
    except OSError as error:
        return f"`ip` of iproute2 cannot be run: {error.strerror}"
    if made.returncode:
        return f"namespaces cannot be made: {made.stderr.strip()}"
    subprocess.run(("ip", "netns", "del", name), check=True)
    return ""


def address(host: int) -> str:
    """The address of a host."""
    return f"{NET}{host}"


class Network:
    """Namespaces of some hosts and of the desk, joined by a relay; use it as a context.

    Within, this thread and all that it starts live at the desk.
    """

    def __init__(self, hosts: Sequence[int]) -> None:
        self.hosts = tuple(hosts)
        self._names = {host: f"{PREFIX}-{os.getpid()}-{host}" for host in (*hosts, DESK)}
        self._weather: dict[Direction, Weather] = {}
        self._relay: subprocess.Popen[str] | None = None
        self._home = -1
        self.counted: dict[str, int] = {}

    def __enter__(self) -> Network:  # noqa: PYI034  Self is of Python 3.11
        remove_stale()
        self._home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            for name in self._names.values():
                subprocess.run(("ip", "netns", "add", name), check=True)
            places = [f"{name}={address(host)}" for host, name in self._names.items()]
            self._relay = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.relay", *places],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd=ROOT,
            )
            assert self._relay.stdout is not None
            assert self._relay.stdout.readline(), "the relay cannot be started"
            enter(str(_NAMESPACES / self._names[DESK]))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        enter(f"/proc/self/fd/{self._home}")
        os.close(self._home)
        if self._relay is not None:
            assert self._relay.stdin is not None
            self._relay.stdin.close()
            self._relay.wait(5)
        remove(self._names.values())

    # -- hosts -----------------------------------------------------------------------------------------------

    def command(self, host: int, *words: str) -> list[str]:
        """A command line that runs on a host."""
        return ["nsenter", f"--net={_NAMESPACES / self._names[host]}", "--", *words]

    def living(self, host: int) -> list[int]:
        """The living processes of a host."""
        words = subprocess.run(
            ("ip", "netns", "pids", self._names[host]), capture_output=True, text=True, check=True
        )
        return [pid for pid in map(int, words.stdout.split()) if alive(pid)]

    # -- weather ---------------------------------------------------------------------------------------------

    def set(self, weather: dict[Direction, Weather]) -> None:
        """Let it be so from now on: perfect but for these directions."""
        self._weather = dict(weather)
        assert self._relay is not None
        assert self._relay.stdin is not None
        assert self._relay.stdout is not None
        line = {f"{address(a)}>{address(b)}": change for (a, b), change in weather.items()}
        self._relay.stdin.write(json.dumps(line) + "\n")
        self._relay.stdin.flush()
        self.counted = json.loads(self._relay.stdout.readline())

    def heal(self) -> None:
        """Perfect everywhere."""
        self.set({})

    def cut(self, *directions: Direction) -> None:
        """Lose all that goes these ways, besides what is lost already."""
        self.set({**self._weather, **dict.fromkeys(directions, CUT)})

    def part(self, *sides: Iterable[int]) -> None:
        """Cut every line between hosts of different sides, both ways."""
        for one, other in itertools.permutations([tuple(side) for side in sides], 2):
            self.cut(*itertools.product(one, other))

    def everywhere(self, weather: Weather) -> None:
        """The same weather on all lines between hosts."""
        self.set(dict.fromkeys(itertools.permutations(self.hosts, 2), weather))

    def others(self, host: int) -> list[int]:
        """All hosts but one."""
        return [other for other in self.hosts if other != host]


def remove(names: Iterable[str]) -> None:
    """Remove namespaces; one that is not there is no matter."""
    for name in names:
        with contextlib.suppress(OSError):
            subprocess.run(("ip", "netns", "del", name), capture_output=True, check=False)


def remove_stale() -> None:
    """Remove what killed runs have left: namespaces whose maker is dead."""
    for path in _NAMESPACES.glob(f"{PREFIX}-*-*"):
        maker = path.name.split("-")[1]
        if maker.isdigit() and not alive(int(maker)):
            remove([path.name])
