"""`tuiconsole agent`: the daemon of one node, in the foreground."""

from __future__ import annotations

import os
import sys

import click

from tuiconsole.cli.options import given, global_options, refuse_json


@click.command()
@click.option(
    "--handover",
    is_flag=True,
    help="Have the running agent end without stopping anything, and wait for the next one.",
)
@global_options
@click.pass_context
def agent(context: click.Context, handover: bool) -> int:
    """Run the agent of one node until SIGTERM, which is a clean leave."""
    from tuiconsole.cli.asking import one_node, open_cluster

    refuse_json(context)
    options = given(context)
    cluster = open_cluster(options)
    node = one_node(cluster, options, "the agent")
    if handover:
        from tuiconsole.cli.handover import hand_over

        return hand_over(cluster, options, node)
    # Whoever looks at `ps` finds every agent under the same words; and what only this command needed is shed.
    words = ["agent", "--node", node.name, "-c", str(cluster.file)]
    return os.execv(sys.executable, [sys.executable, "-m", "tuiconsole", *words])  # noqa: S606 (itself)
