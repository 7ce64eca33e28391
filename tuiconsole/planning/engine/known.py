"""The nodes as the master knows them, and at hand which processes are alive on which of them.

A placement asks of every program where it is alive; with 5,000 programs it cannot look at all nodes for each.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from tuiconsole.model.node import Node
from tuiconsole.model.process import Process


class KnownNodes(dict[str, Node]):
    """By name. Whatever is put in keeps the index of the living right."""

    def __init__(self, nodes: Mapping[str, Node]) -> None:
        super().__init__()
        self.alive: dict[str, set[str]] = {}
        """By namespec: the nodes that report it as alive; no empty sets."""
        self.alive_at: dict[str, set[str]] = {}
        """By node: the namespecs that it reports as alive."""
        for name, node in nodes.items():
            self[name] = node

    def __setitem__(self, name: str, node: Node) -> None:
        before = self.get(name)
        super().__setitem__(name, node)
        if before is not None and before.processes is node.processes:
            return
        for namespec in before.processes if before is not None else ():
            self._note(name, namespec, alive=False)
        for namespec, process in node.processes.items():
            if process.state.alive:
                self._note(name, namespec, alive=True)

    def change_process(self, name: str, process: Process) -> None:
        """Take one process's new state, and look at no other."""
        node = self[name]
        processes = {**node.processes, process.namespec: process}
        super().__setitem__(name, msgspec.structs.replace(node, processes=processes))
        self._note(name, process.namespec, alive=process.state.alive)

    def alive_on(self, namespec: str) -> list[str]:
        """The nodes that report a process as alive, in the order of the cluster file."""
        found = self.alive.get(namespec)
        if not found:
            return []
        return [name for name in self if name in found] if len(found) > 1 else list(found)

    def _note(self, name: str, namespec: str, *, alive: bool) -> None:
        here = self.alive_at.setdefault(name, set())
        (here.add if alive else here.discard)(namespec)
        if alive:
            self.alive.setdefault(namespec, set()).add(name)
        elif found := self.alive.get(namespec):
            found.discard(name)
            if not found:
                del self.alive[namespec]
