"""The engine of coordination that the cluster file names, put together for one node."""

from __future__ import annotations

from typing import TYPE_CHECKING

import zmq

from tuiconsole.agent.errors import AgentError
from tuiconsole.clock import BootTime, boottime
from tuiconsole.coordination.embedded import EmbeddedCoordinator
from tuiconsole.coordination.participant import DeadlineWriter as CoordinationWriter
from tuiconsole.model.agreement import Agreement
from tuiconsole.settings.cluster import Cluster, ClusterNode, Engine
from tuiconsole.supervision.deadline import DeadlineWriter
from tuiconsole.wire.sockets import Sockets

if TYPE_CHECKING:
    from tuiconsole.coordination.etcd.coordinator import EtcdCoordinator


def coordinator_of(
    cluster: Cluster,
    node: ClusterNode,
    incarnation: str,
    record: DeadlineWriter,
    sockets: Sockets,
    agreement: Agreement,
) -> EmbeddedCoordinator | EtcdCoordinator:
    """The node's coordinator, not yet started. It keeps its deadlines in `record`.

    Raises:
        AgentError: the engine needs a package that is missing.
        DiskError: the voter's record cannot be used.
    """
    last = record.last
    resume = None
    if last is not None and last.incarnation == incarnation:
        # What ended with that lease is only missed by a master that sees another epoch.
        resume = (last.epoch, last.deadline if boottime() < last.stop_at else 0.0)

    def write(
        deadline: BootTime,
        stop_at: BootTime,
        kill_at: BootTime,
        shim_kill_at: BootTime,
        epoch: int,
        _incarnation: str,
    ) -> None:
        record.write(
            epoch=epoch, deadline=deadline, stop_at=stop_at, kill_at=kill_at, shim_kill_at=shim_kill_at
        )

    if cluster.coordinator is Engine.ETCD:
        return _on_etcd(cluster, node.name, incarnation, write, resume, agreement)
    return EmbeddedCoordinator(
        node.name,
        incarnation,
        cluster.name,
        {core.name: f"tcp://{core.host}:{core.lease_port}" for core in cluster.core_nodes},
        cluster.timing,
        _LeaseSockets(sockets),
        node.state_dir,
        write,
        resume,
        agreement.safety_digest,
    )


def _on_etcd(
    cluster: Cluster,
    node: str,
    incarnation: str,
    write: CoordinationWriter,
    resume: tuple[int, BootTime] | None,
    agreement: Agreement,
) -> EtcdCoordinator:
    """The etcd engine, whose client is an extra: imported only where it is asked for."""
    try:
        from tuiconsole.coordination.etcd.coordinator import EtcdCoordinator
    except ImportError as error:
        raise AgentError(
            f'{cluster.file}: coordinator = "etcd" needs a package that is missing ({error.name}): '
            "pip install 'tuiconsole[etcd]'"
        ) from None
    cores = [core.name for core in cluster.core_nodes]
    return EtcdCoordinator(
        node,
        incarnation,
        cluster.name,
        cores,
        cluster.timing,
        cluster.etcd_endpoints,
        write,
        resume,
        agreement,
    )


class _LeaseSockets:
    """The coordination engine's view of the factory."""

    def __init__(self, sockets: Sockets) -> None:
        self._sockets = sockets

    def router(self, address: str) -> zmq.Socket[bytes]:
        return self._sockets.router(address)

    def dealer(self, address: str, server_node: str, identity: bytes) -> zmq.Socket[bytes]:
        return self._sockets.dealer(address, server_node, identity)

    def sender_of(self, frame: zmq.Frame) -> str | None:
        return self._sockets.sender_of(frame)
