"""The cluster that is measured: that of the live tests, with its scripted waits and its promises checked."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.coordination.etcd_server import EtcdServer, missing
from tests.live.cluster import SERVERS, SRV, Cluster, application, node_of, running
from tuiconsole.model.status import ClusterStatus
from tuiconsole.settings.cluster import Engine

SCRIPTED = 3.0
"""Units of SCEN2_WAIT that the start sequence of a srv, and of an hci, waits by script."""


@contextlib.contextmanager
def measured(wait: str = "0.1", engine: Engine = Engine.EMBEDDED) -> Iterator[Cluster]:
    """A cluster at rest; on etcd with three members of their own, as they are by default."""
    with contextlib.ExitStack() as stack:
        settings, changes = "", None
        if engine is Engine.ETCD:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            server = EtcdServer(Path(folder), 3, options=())
            server.start()
            stack.callback(server.kill)
            settings = f"[etcd]\nendpoints = {json.dumps(server.endpoints)}\n"
            changes = {'coordinator = "embedded"': 'coordinator = "etcd"'}
        cluster = stack.enter_context(running(wait, settings=settings, changes=changes))
        cluster.restore()
        yield cluster


def engines() -> list[Engine]:
    """Those that can be measured here."""
    return [one for one in Engine if one is not Engine.ETCD or not missing()]


def master_of(status: ClusterStatus) -> str:
    """The master's node."""
    assert status.master is not None
    return status.master.node


def srv_on(status: ClusterStatus, node: str) -> str:
    """The srv that runs on a server."""
    return next(name for name in SRV if application(status, name).nodes == (node,))


__all__ = [
    "SCRIPTED",
    "SERVERS",
    "SRV",
    "Cluster",
    "Engine",
    "application",
    "engines",
    "master_of",
    "measured",
    "node_of",
    "srv_on",
]
