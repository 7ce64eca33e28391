"""`tuiconsole agent`: the daemon of one node, in the foreground."""

from __future__ import annotations

import os
import sys

import click

from tuiconsole.cli.options import given, global_options, refuse_json


@click.command()
@global_options
@click.pass_context
def agent(context: click.Context) -> int:
    """Run the agent of one node until SIGTERM, which is a clean leave."""
    from tuiconsole.agent.lean import leave_out_openssl

    leave_out_openssl()
    from tuiconsole.cli.asking import FailureError, one_node, open_cluster

    refuse_json(context)
    options = given(context)
    cluster = open_cluster(options)
    node = one_node(cluster, options, "the agent")
    canonical = ["agent", "--node", node.name, "-c", str(cluster.file)]
    if sys.argv[1:4] != canonical[:3]:
        # Whoever looks at `ps` must find every agent under the same words.
        os.execv(sys.executable, [sys.executable, "-m", "tuiconsole", *canonical])  # noqa: S606 (itself)
    from tuiconsole.agent.daemon import AgentError, run_agent

    try:
        return run_agent(cluster, node.name)
    except AgentError as error:
        raise FailureError(str(error)) from None
