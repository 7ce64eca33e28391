"""The cluster as its file says it: its nodes, their kinds, and what holds for all of them."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from enum import Enum
from pathlib import Path

import msgspec

from tuiconsole.model.agreement import Agreement
from tuiconsole.model.synchronization import Synchronization
from tuiconsole.rulebook.rules import ConciliationStrategy, Isolation, StartingStrategy
from tuiconsole.settings.timing import Timing
from tuiconsole.source.errors import Complaint, Location, SourceError
from tuiconsole.source.text import did_you_mean

PORTS_OF_A_NODE = 3
"""A node listens at port (PUB), port + 1 (ROUTER) and port + 2 (leases)."""


class Engine(str, Enum):
    """Who elects the master and keeps the ledger."""

    EMBEDDED = "embedded"
    ETCD = "etcd"


class Guard(str, Enum):
    """What the plugin does with a start of a managed program that has no grant."""

    DENY = "deny"
    REPORT = "report"


class Kind(msgspec.Struct, frozen=True):
    """A kind of node: what all nodes of it share."""

    name: str
    supervisord: Path
    """The user's supervisord.conf. On another machine it may not exist here."""
    tags: tuple[str, ...] = ()
    env: Mapping[str, str] = {}
    """Set in supervisord's environment, beside the variables that the launcher sets."""


class ClusterNode(msgspec.Struct, frozen=True):
    """A node as the cluster file names it, with all paths resolved."""

    name: str
    kind: str
    host: str
    port: int
    """PUB; the ROUTER is at port + 1, the lease socket at port + 2."""
    core: bool
    tags: tuple[str, ...]
    supervisord: Path
    env: Mapping[str, str]
    state_dir: Path
    run_dir: Path | None
    """Where sockets, locks and the deadline record go; None leaves the choice to the agent."""
    origin: Location
    kind_origin: Location

    @property
    def router_port(self) -> int:
        """Where requests go."""
        return self.port + 1

    @property
    def lease_port(self) -> int:
        """Where renewals of leases go: a socket of their own."""
        return self.port + 2


class Cluster(msgspec.Struct, frozen=True):
    """All that the cluster file says."""

    file: Path
    name: str
    coordinator: Engine
    etcd_endpoints: tuple[str, ...]
    rules: tuple[str, ...]
    """Absolute globs of rules files."""
    keys: Path
    guard: Guard
    item: str
    """A regular expression with the groups `part` and `item`; empty if applications form no items."""
    timing: Timing
    synchronization: Synchronization
    """What is waited for when the cluster boots."""
    isolation: tuple[tuple[str, Isolation], ...]
    """Pattern of application names and what to do, in the order of the file."""
    conciliation: ConciliationStrategy
    """What is done about doubles of applications whose rules do not say."""
    starting: StartingStrategy
    """How a node is chosen for applications whose rules do not say."""
    kinds: Mapping[str, Kind]
    nodes: Mapping[str, ClusterNode]
    """By name, in the order of the file."""
    agreement: Agreement
    """What all nodes must agree on, and the rest; without the rules, which are files of their own."""
    warnings: tuple[Complaint, ...] = ()

    def node(self, name: str) -> ClusterNode:
        """The node of that name. Raises SourceError, naming those there are."""
        try:
            return self.nodes[name]
        except KeyError:
            remedy = did_you_mean(name, self.nodes)
            raise SourceError.at(self.file, 0, f"no node is named {name!r}", remedy) from None

    @property
    def core_nodes(self) -> tuple[ClusterNode, ...]:
        """The voters."""
        return tuple(node for node in self.nodes.values() if node.core)

    @property
    def hosts(self) -> frozenset[str]:
        """Every host that a node has."""
        return frozenset(node.host for node in self.nodes.values())

    def local_nodes(self, addresses: Collection[str]) -> tuple[ClusterNode, ...]:
        """The nodes whose host is among `addresses` (see places.local_addresses)."""
        return tuple(node for node in self.nodes.values() if node.host in addresses)


def check_local(node: ClusterNode) -> None:
    """Check what must exist on the machine of a node. Raises SourceError, at the line of its kind."""
    if not node.supervisord.is_file():
        raise SourceError.of(
            node.kind_origin,
            f"{node.name} has no supervisord.conf: {node.supervisord} does not exist",
            "write one, or correct the path",
        )
    if not os.access(node.supervisord, os.R_OK):
        raise SourceError.of(
            node.kind_origin, f"{node.supervisord} of {node.name} cannot be read", "check its permissions"
        )
