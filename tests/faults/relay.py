"""The network between the hosts: one process that carries every packet, and can lose or delay it.

The kernels that tests run on often have neither netem nor a packet filter. A TUN device in each namespace
needs neither, and each direction of each pair of hosts has its own weather, as one-way faults need.

`python -m tests.faults.relay NAMESPACE=ADDRESS…` answers each line of JSON on stdin with one on stdout:
the whole weather as `{"SOURCE>DESTINATION": [loss, delay, jitter]}`; what is not named is perfect. It ends
with stdin.
"""

from __future__ import annotations

import ctypes
import fcntl
import heapq
import json
import os
import random
import select
import struct
import subprocess
import sys
import time

CLONE_NEWNET = 0x40000000
_TUNSETIFF = 0x400454CA
_IFF_TUN_NO_PI = 0x0001 | 0x1000
_DEVICE = "wire0"
_BATCH = 64
"""Packets read from one device before the others have their turn."""

Weather = dict[str, tuple[float, float, float]]


def enter(namespace: str) -> None:
    """Let this thread, and what it starts from now on, live in a network namespace. Raises OSError."""
    descriptor = os.open(namespace, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if ctypes.CDLL(None, use_errno=True).setns(descriptor, CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), f"cannot enter {namespace}")
    finally:
        os.close(descriptor)


def plug(namespace: str, address: str) -> int:
    """Make the device of one host; what it sends can be read, and what is written there it receives."""
    enter(f"/run/netns/{namespace}")
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK)
    fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH22x", _DEVICE.encode(), _IFF_TUN_NO_PI))
    for words in (
        ("addr", "add", f"{address}/24", "dev", _DEVICE),
        ("link", "set", "lo", "up"),
        ("link", "set", _DEVICE, "up"),
    ):
        subprocess.run(("ip", *words), check=True)
    return device


class Relay:
    """All devices, by address, and the packets that are under way."""

    def __init__(self, devices: dict[str, int], seed: int = 0) -> None:
        self._devices = devices
        self._addresses = {device: address for address, device in devices.items()}
        self._weather: Weather = {}
        self._chance = random.Random(seed)
        self._waiting: list[tuple[float, int, int, bytes]] = []
        self._carried = self._lost = 0

    def run(self) -> None:
        """Until stdin ends."""
        poller = select.poll()
        for device in (0, *self._addresses):
            poller.register(device, select.POLLIN)
        words = b""
        while True:
            wait = max(0.0, self._waiting[0][0] - time.monotonic()) * 1000 if self._waiting else None
            for device, _ in poller.poll(wait):
                if device:
                    self._read(device)
                    continue
                more = os.read(0, 65536)
                if not more:
                    return
                *lines, words = (words + more).split(b"\n")
                for line in lines:
                    self._told(json.loads(line))
            self._deliver()

    def _told(self, weather: Weather) -> None:
        self._weather = weather
        # A cut cable does not deliver what was under way, either.
        if any(loss >= 1 for loss, _, _ in weather.values()):
            self._waiting = []
        print(json.dumps({"carried": self._carried, "lost": self._lost}), flush=True)

    def _read(self, device: int) -> None:
        for _ in range(_BATCH):
            try:
                packet = os.read(device, 65536)
            except BlockingIOError:
                return
            if len(packet) < 20 or packet[0] >> 4 != 4:
                continue
            destination = ".".join(map(str, packet[16:20]))
            target = self._devices.get(destination)
            if target is None:
                continue
            key = f"{self._addresses[device]}>{destination}"
            loss, delay, jitter = self._weather.get(key, (0.0, 0.0, 0.0))
            if loss and self._chance.random() < loss:
                self._lost += 1
                continue
            self._carried += 1
            if not delay:
                self._write(target, packet)
                continue
            due = time.monotonic() + max(0.0, delay + self._chance.uniform(-jitter, jitter))
            heapq.heappush(self._waiting, (due, self._carried, target, packet))

    def _deliver(self) -> None:
        now = time.monotonic()
        while self._waiting and self._waiting[0][0] <= now:
            _, _, target, packet = heapq.heappop(self._waiting)
            self._write(target, packet)

    def _write(self, target: int, packet: bytes) -> None:
        try:
            os.write(target, packet)
        except OSError:
            self._lost += 1


def main() -> None:
    """Plug in all hosts, say so, and carry."""
    hosts = dict(word.split("=") for word in sys.argv[1:])
    relay = Relay({address: plug(namespace, address) for namespace, address in hosts.items()})
    print("{}", flush=True)
    relay.run()


if __name__ == "__main__":
    main()
