"""What the cluster file and supervisord's files say of nodes and programs, for rules to be compared with."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping

from tuiconsole.rulebook.surroundings import Host, Surroundings
from tuiconsole.settings.cluster import Cluster, ClusterNode
from tuiconsole.source.errors import Complaint
from tuiconsole.source.supervisord import Configured, ConfiguredGroup, read_supervisord


def environment(node: ClusterNode) -> dict[str, str]:
    """What `%(ENV_x)s` stands for in the supervisord.conf of a node, as the agent sets it."""
    own = {
        "TUICONSOLE_NODE": node.name,
        "TUICONSOLE_HOST": node.host,
        "TUICONSOLE_STATE": str(node.state_dir),
        "TUICONSOLE_PYTHON": sys.executable,
    }
    return {**os.environ, **node.env, **own}


def surroundings(
    cluster: Cluster | None, files: Iterable[str] = ()
) -> tuple[Surroundings, tuple[Complaint, ...]]:
    """What is known, and warnings of what could not be read.

    Args:
        cluster: names the nodes, and the supervisord.conf of each, which may not exist on this machine.
        files: supervisord's files instead of the cluster's. Which node has which program is not known then.

    Raises:
        SourceError: one of `files` cannot be read, or a file of the cluster that exists is broken.
    """
    given = [read_supervisord(file, os.environ) for file in files]
    if cluster is None:
        return Surroundings(_groups(given) if given else None), _complaints(given)
    read = {} if given else _of_nodes(cluster)
    hosts = tuple(
        Host(node.name, node.host, node.tags, _processes(read[node.name]) if node.name in read else None)
        for node in cluster.nodes.values()
    )
    found = given or list(read.values())
    return Surroundings(_groups(found) if found else None, hosts), _complaints(found)


def _of_nodes(cluster: Cluster) -> dict[str, Configured]:
    return {
        node.name: read_supervisord(node.supervisord, environment(node))
        for node in cluster.nodes.values()
        if node.supervisord.is_file()
    }


def _groups(files: Iterable[Configured]) -> dict[str, ConfiguredGroup]:
    """All groups; of one that several files have, the processes of all of them."""
    found: dict[str, ConfiguredGroup] = {}
    for file in files:
        for name, group in file.groups.items():
            before = found.get(name)
            processes = {**group.processes, **(before.processes if before else {})}
            found[name] = ConfiguredGroup(name, before.where if before else group.where, processes)
    return found


def _processes(file: Configured) -> Mapping[str, frozenset[str]]:
    return {name: frozenset(group.processes) for name, group in file.groups.items()}


def _complaints(files: Iterable[Configured]) -> tuple[Complaint, ...]:
    found = [complaint for file in files for complaint in (*file.complaints, *_rivals(file))]
    return tuple(dict.fromkeys(found))


def _rivals(file: Configured) -> Iterable[Complaint]:
    """Supvisors, where it is still set up: two that supervise one thing get in each other's way."""
    for section, options in file.sections.items():
        if "supvisors" in options.get("supervisor.rpcinterface_factory", ""):
            what = f"[{section}] still starts Supvisors in this supervisord"
            yield Complaint(file.places[section], what, "remove the section", warning=True)
