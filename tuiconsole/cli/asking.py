"""What most commands begin with: the cluster file, the key, the agents to ask."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from tuiconsole.cli.endings import FailureError, NothingAnsweredError
from tuiconsole.cli.options import Given
from tuiconsole.client.whose import UnknownNodeError, matching_nodes, reading_order
from tuiconsole.settings.cluster import Cluster, ClusterNode
from tuiconsole.settings.cluster_file import load_cluster
from tuiconsole.settings.places import find_config
from tuiconsole.source.errors import SourceError
from tuiconsole.wire.keys import KeyPair, load_keyring, load_pair, only_person

if TYPE_CHECKING:
    from tuiconsole.client.oneshot import Lines
    from tuiconsole.wire.replies import Failed

__all__ = ["FailureError", "NothingAnsweredError"]


def open_cluster(given: Given) -> Cluster:
    """The cluster file that is meant. Raises SourceError."""
    return load_cluster(find_config(given.config, os.environ))


def matching(cluster: Cluster, given: Given) -> tuple[ClusterNode, ...]:
    """The nodes that are meant, or are of this host. Raises UsageError for a wrong name."""
    try:
        return matching_nodes(cluster, given.node)
    except UnknownNodeError as error:
        by = "--node" if given.node_name else "TUICONSOLE_NODE"
        raise click.UsageError(f"{by}: {error}") from None


def one_node(cluster: Cluster, given: Given, what: str) -> ClusterNode:
    """The one node that is meant. Raises UsageError if it is not clear which."""
    nodes = matching(cluster, given)
    if len(nodes) == 1:
        return nodes[0]
    names = ", ".join(node.name for node in nodes or cluster.nodes.values())
    why = (
        f"several nodes are of this host: {names}" if nodes else f"no node is of this host; there are {names}"
    )
    raise click.UsageError(f"{what} needs one node, and {why}; name it with --node NAME")


def person_key(cluster: Cluster, given: Given) -> Path:
    """The secret key of who asks. Raises SourceError."""
    if given.key is not None:
        return Path(given.key)
    return only_person(cluster.keys, load_keyring(cluster.keys))


def open_lines(cluster: Cluster, given: Given) -> Lines:
    """Connections under the key of who asks. Raises SourceError."""
    # The console asks in a way of its own, and not before its first picture.
    from tuiconsole.client.oneshot import Lines

    keyring = load_keyring(cluster.keys)
    pair: KeyPair = load_pair(Path(given.key) if given.key else only_person(cluster.keys, keyring))
    if pair.public not in keyring.by_public_key():
        what = f"the public key of {pair.name} is not in {cluster.keys}"
        raise SourceError.at(given.key or cluster.keys, 0, what, "copy NAME.key there, on every node")
    missing = [name for name in cluster.nodes if name not in keyring.peers]
    if missing:
        what = f"no key of {', '.join(missing)} here"
        raise SourceError.at(cluster.keys, 0, what, "run `tuiconsole keys init` and copy the key folder")
    return Lines(pair, keyring)


def readers(cluster: Cluster, given: Given) -> tuple[ClusterNode, ...]:
    """Whom to ask for what any agent knows, in that order."""
    return reading_order(cluster, matching(cluster, given))


def turned_away(failed: Failed) -> NoReturn:
    """Raise what an agent's refusal of a whole request means for the exit code."""
    if failed.code == "usage":
        raise click.UsageError(failed.reason)
    if failed.code == "no_answer":
        raise NothingAnsweredError(failed.reason)
    raise FailureError(failed.reason)
