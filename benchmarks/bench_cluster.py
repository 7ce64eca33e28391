"""The cluster that is measured: that of the live tests, with its scripted waits and its promises checked."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from tests.live.cluster import SERVERS, SRV, Cluster, application, node_of, running
from tuiconsole.model.status import ClusterStatus

SCRIPTED = 3.0
"""Units of SCEN2_WAIT that the start sequence of a srv, and of an hci, waits by script."""


@contextlib.contextmanager
def measured(wait: str = "0.1") -> Iterator[Cluster]:
    """A cluster at rest."""
    with running(wait) as cluster:
        cluster.restore()
        yield cluster


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
    "application",
    "master_of",
    "measured",
    "node_of",
    "srv_on",
]
