"""What rules are compared with: the groups of supervisord's files, and the nodes of the cluster."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from tuiconsole.rulebook.rules import ANY
from tuiconsole.source.supervisord import ConfiguredGroup


class Host(msgspec.Struct, frozen=True):
    """One node of the cluster file."""

    name: str
    machine: str
    """Nodes of one machine share its load."""
    tags: tuple[str, ...] = ()
    groups: Mapping[str, frozenset[str]] | None = None
    """Its processes by group; None if its supervisord's file is not known here."""

    def has(self, group: str, processes: Iterable[str]) -> bool:
        """False if its supervisord lacks one of the processes."""
        return self.groups is None or set(processes) <= self.groups.get(group, frozenset())


class Surroundings(msgspec.Struct, frozen=True):
    """All of it. None is what is not known: what rests on it is not examined."""

    groups: Mapping[str, ConfiguredGroup] | None = None
    nodes: tuple[Host, ...] | None = None

    def bearers(self, identifiers: Iterable[str]) -> tuple[Host, ...]:
        """The nodes that identifiers mean."""
        wanted = set(identifiers)
        return tuple(
            node
            for node in self.nodes or ()
            if ANY in wanted or node.name in wanted or wanted.intersection(node.tags)
        )
