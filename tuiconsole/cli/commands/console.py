"""`tuiconsole` without a command: the console."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuiconsole.cli.asking import one_node, open_cluster, person_key
from tuiconsole.cli.options import Given
from tuiconsole.client.session import Session
from tuiconsole.settings.cluster import Cluster

if TYPE_CHECKING:
    from tuiconsole.rulebook.rulebook import Rulebook


def open_console(options: Given, *, read_only: bool = False) -> int:
    """Show the console of the node that is meant, until the operator quits; returns the exit code."""
    cluster = open_cluster(options)
    node = one_node(cluster, options, "the console")
    key = person_key(cluster, options)
    return console_of(cluster, node.name, str(key), read_only=read_only)


def console_of(
    cluster: Cluster, node: str, key: str, *, read_only: bool = False, remembers: bool = True
) -> int:
    """Show the console of a node; `remembers`: where the operator left the last one."""
    from pathlib import Path

    from tuiconsole.console.run import run_console

    async def session() -> Session:
        from tuiconsole.client.live import connect

        return await connect(cluster, node, Path(key))

    def rules() -> Rulebook:
        from tuiconsole.rulebook.rulebook import load_rules

        return load_rules(cluster.rules, isolation=cluster.isolation, conciliation=cluster.conciliation)

    return run_console(
        session,
        cluster=cluster.name,
        read_only=read_only,
        item=cluster.item,
        rules=rules,
        remembers=remembers,
    )
