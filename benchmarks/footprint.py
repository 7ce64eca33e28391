"""What a server node with one srv costs at rest: agent, shim and supervisord."""

from __future__ import annotations

import time

import psutil

from benchmarks.bench_cluster import SERVERS, master_of, measured, node_of
from benchmarks.figure import Figure

IDLE = 30.0
"""Seconds over which the CPU is averaged."""


def measure() -> list[Figure]:
    with measured() as cluster:
        status = cluster.status()
        parts = {
            server: [psutil.Process(pid) for pid in _pids(node_of(status, server).pids)] for server in SERVERS
        }
        cluster.hang_up()
        before = {server: sum(map(_spent, found)) for server, found in parts.items()}
        time.sleep(IDLE)
        cpu = {server: (sum(map(_spent, parts[server])) - before[server]) / IDLE * 100 for server in SERVERS}
        memory = {
            server: [process.memory_info().rss / 1e6 for process in parts[server]] for server in SERVERS
        }
    master = master_of(status)
    others = [server for server in SERVERS if server != master]
    shares = " + ".join(f"{value:.1f}" for value in memory[others[0]])
    return [
        Figure(
            "RSS of a server node with one srv",
            [sum(memory[server]) for server in others],
            "MB",
            60.0,
            69.0,
            note=f"agent + shim + supervisord = {shares}; the master's {sum(memory[master]):.1f}",
        ),
        Figure(
            "idle CPU of a server node with one srv",
            [cpu[server] for server in others],
            "%",
            0.7,
            1.4,
            note=f"the master's {cpu[master]:.2f}",
        ),
    ]


def _pids(pids: object) -> list[int]:
    return [getattr(pids, part) for part in ("agent", "shim", "supervisord")]


def _spent(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
