"""A real etcd on loopback, of one member or three, each of which can be killed and started again."""

from __future__ import annotations

import importlib.util
import shutil
import socket
import subprocess
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from tests.processes import frozen

ETCD = shutil.which("etcd")
NEAR = ("--heartbeat-interval", "50", "--election-timeout", "300")
"""Shorter than etcd's defaults, which are for members that are far from each other."""


def missing() -> list[str]:
    """What the tests with etcd need and is not here, as commands that install it."""
    found = [] if ETCD is not None else ["apt-get install etcd-server"]
    return found if importlib.util.find_spec("aetcd") is not None else [*found, "pip install aetcd"]


def member(name: str, folder: Path, client: str, peers: Mapping[str, str], *more: str) -> list[str]:
    """The command line of a member. `client` and all members' `peers` are host:port.

    With what docs/operation.md asks for; from etcd 3.5 on it is the default.
    """
    client, peer = f"http://{client}", f"http://{peers[name]}"
    every = ",".join(f"{other}=http://{where}" for other, where in peers.items())
    return [
        str(ETCD), "--name", name, "--data-dir", str(folder), "--pre-vote", *more,
        "--listen-client-urls", client, "--advertise-client-urls", client,
        "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", every,
    ]  # fmt: skip


def leads(client: str) -> bool:
    """Whether the member that listens at host:port leads etcd; False also without an answer."""
    try:
        with urllib.request.urlopen(f"http://{client}/metrics", timeout=1.0) as answer:
            return b"\netcd_server_is_leader 1\n" in answer.read()
    except OSError:
        return False


def free_ports(count: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


class EtcdServer:
    def __init__(self, folder: Path, members: int = 1, options: Sequence[str] = NEAR) -> None:
        self.options = tuple(options)
        self.folder = folder
        ports = free_ports(2 * members)
        self.clients, self.peers = ports[:members], ports[members:]
        self.endpoints = [f"127.0.0.1:{port}" for port in self.clients]
        self.processes: dict[int, subprocess.Popen[bytes]] = {}

    def start(self, *which: int) -> None:
        """Start all members, or some; one that runs goes on."""
        assert not missing(), f"the tests with etcd cannot be run: {'; '.join(missing())}"
        every = {f"m{number}": f"127.0.0.1:{port}" for number, port in enumerate(self.peers)}
        for number in which or range(len(self.clients)):
            if number in self.processes:
                continue
            name, data = f"m{number}", self.folder / f"etcd{number}"
            command = member(name, data, self.endpoints[number], every, *self.options)
            with (self.folder / f"etcd{number}.log").open("ab") as log:
                self.processes[number] = subprocess.Popen(command, stdout=log, stderr=log)

    def kill(self, *which: int) -> None:
        for number in which or list(self.processes):
            process = self.processes.pop(number)
            process.kill()
            process.wait()

    def frozen(self) -> AbstractContextManager[None]:
        """All members stand still within the block."""
        return frozen(process.pid for process in self.processes.values())
