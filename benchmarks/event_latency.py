"""From the death of a process to the word of it at a subscriber of another node."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

import zmq

from benchmarks.bench_cluster import Cluster, measured
from benchmarks.figure import Figure
from tests.live.addresses import HOSTS
from tuiconsole.clock import boottime
from tuiconsole.settings.cluster_file import load_cluster
from tuiconsole.wire.coding import decode_published
from tuiconsole.wire.keys import load_keyring, load_pair
from tuiconsole.wire.published import ProcessesChanged
from tuiconsole.wire.sockets import Sockets

TIMES = 204
SUBSCRIBER = "console_1"
BUS = "common_data_bus:common_data_bus"
WARM = 1.3
"""Seconds a bus must have lived: one that dies sooner is not restarted at once."""
NODES = tuple(node for node in HOSTS if node != SUBSCRIBER)


def measure() -> list[Figure]:
    with measured("0") as cluster:
        return [Figure("process death to event elsewhere", _deaths(cluster), "ms", 20.0, 100.0, share=0.99)]


def _deaths(cluster: Cluster) -> list[float]:
    config = load_cluster(cluster.config)
    pair = load_pair(config.keys / "private" / f"{SUBSCRIBER}.key_secret")
    sockets = Sockets(pair, load_keyring(config.keys))
    subscriber = sockets.subscriber()
    try:
        for node in NODES:
            place = config.nodes[node]
            sockets.follow(subscriber, f"tcp://{place.host}:{place.port}", node)
        buses = dict(zip(NODES, cluster.common_buses(NODES), strict=True))
        born = dict.fromkeys(NODES, 0.0)
        found: list[float] = []
        _drain(subscriber, 1.0)
        while len(found) < TIMES:
            node = min(NODES, key=born.__getitem__)
            _drain(subscriber, max(0.0, born[node] + WARM - time.monotonic()))
            died = boottime()
            os.kill(buses[node], signal.SIGKILL)
            found.append((_heard(subscriber, node, buses[node]) - died) * 1000)
            buses[node] = _reborn(subscriber, node, buses[node])
            born[node] = time.monotonic()
        return found
    finally:
        subscriber.close()
        sockets.close()


def _drain(subscriber: zmq.Socket[bytes], seconds: float) -> None:
    end = time.monotonic() + seconds
    while subscriber.poll(max(0, round((end - time.monotonic()) * 1000))):
        subscriber.recv()


def _heard(subscriber: zmq.Socket[bytes], node: str, dead: int) -> float:
    """When the word came that this process of the bus is no longer there."""
    return _bus(subscriber, node, lambda pid, state: pid != dead or state != "RUNNING")[0]


def _reborn(subscriber: zmq.Socket[bytes], node: str, dead: int) -> int:
    return _bus(subscriber, node, lambda pid, state: pid not in (0, dead) and state != "EXITED")[1]


def _bus(subscriber: zmq.Socket[bytes], node: str, wanted: Callable[[int, str], bool]) -> tuple[float, int]:
    end = time.monotonic() + 10.0
    while subscriber.poll(max(0, round((end - time.monotonic()) * 1000))):
        message = decode_published(subscriber.recv())
        at = boottime()
        if message.node != node or not isinstance(message.body, ProcessesChanged):
            continue
        for process in message.body.changed:
            if process.namespec == BUS and wanted(process.pid, process.state.value):
                return at, process.pid
    raise AssertionError(f"nothing was heard of the bus of {node}")
