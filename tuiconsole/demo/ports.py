"""Whether the demo's addresses are free, and if not, who has them."""

from __future__ import annotations

import errno
import runpy
import socket
from collections.abc import Iterator
from pathlib import Path

from tuiconsole.settings.cluster import PORTS_OF_A_NODE, Cluster

Address = tuple[str, int]


def addresses(cluster: Cluster, items: int = 3) -> Iterator[Address]:
    """All that the agents and the programs of Scenario 2 listen at."""
    for node in cluster.nodes.values():
        for port in range(node.port, node.port + PORTS_OF_A_NODE):
            yield node.host, port
    place = runpy.run_path(str(cluster.file.parent / "bin" / "place.py"))
    for node in cluster.nodes.values():
        if node.kind in place["COMMON_PORTS"]:
            yield node.host, place["COMMON_PORTS"][node.kind]
        first = place["SRV_PORTS"] if node.kind == "server" else place["HCI_PORTS"]
        for item in range(1, items + 1):
            yield node.host, first + item


def obstacle(cluster: Cluster) -> str:
    """The first address that cannot be used and why, in words; empty if all can."""
    for host, port in addresses(cluster):
        with socket.socket() as probe:
            # As those will do who listen there: connections that just ended are no obstacle.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
                probe.listen(1)
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    return f"{host}, port {port} cannot be used: {error.strerror}"
                return f"{host}, port {port} is in use by {holder(host, port)}; end that first"
    return ""


def holder(host: str, port: int) -> str:
    """Who listens at an address, as far as this user may know."""
    import psutil

    every = {"0.0.0.0", "::", host}
    try:
        for connection in psutil.net_connections("tcp"):
            if not connection.laddr or not connection.pid:
                continue
            if connection.laddr.port == port and connection.laddr.ip in every:
                process = psutil.Process(connection.pid)
                words = process.cmdline() or [process.name()]
                return f"process {connection.pid} ({' '.join([Path(words[0]).name, *words[1:]])[:120]})"
    except (psutil.Error, OSError):
        pass
    return "a process of another user"
