"""On whose behalf a front end asks, and which agents it may turn to."""

from __future__ import annotations

from tuiconsole.settings.cluster import Cluster, ClusterNode
from tuiconsole.settings.places import local_addresses
from tuiconsole.source.text import did_you_mean


class UnknownNodeError(LookupError):
    """No node of the cluster file bears the name; `str()` says which do."""


def matching_nodes(cluster: Cluster, name: str | None) -> tuple[ClusterNode, ...]:
    """The node that is named, else those whose host is this machine.

    Raises:
        UnknownNodeError: no such node.
    """
    if name is None:
        return cluster.local_nodes(local_addresses(cluster.hosts))
    if name not in cluster.nodes:
        raise UnknownNodeError(f"no node is named {name!r}; {did_you_mean(name, cluster.nodes)}")
    return (cluster.nodes[name],)


def reading_order(cluster: Cluster, own: tuple[ClusterNode, ...]) -> tuple[ClusterNode, ...]:
    """All nodes, in the order in which to ask for what any of them knows: own, core, others."""
    core = tuple(node for node in cluster.core_nodes if node not in own)
    others = tuple(node for node in cluster.nodes.values() if node not in own and not node.core)
    return own + core + others
