"""`tuiconsole nodes`: the nodes, the master marked."""

from __future__ import annotations

from contextlib import closing

import click

from tuiconsole.cli import complaints, output, tables
from tuiconsole.cli.asking import open_cluster, open_lines, readers
from tuiconsole.cli.commands.status import ask_status
from tuiconsole.cli.exit_codes import ExitCode
from tuiconsole.cli.options import given, global_options


@click.command()
@global_options
@click.pass_context
def nodes(context: click.Context) -> int:
    """Show the nodes: state, load of the host, how long ago each was heard."""
    options = given(context)
    cluster = open_cluster(options)
    with closing(open_lines(cluster, options)) as lines:
        status = ask_status(lines, readers(cluster, options))
    if options.json:
        output.json(status.nodes)
    else:
        output.lines(tables.nodes(status))
        complaints.progress(tables.cluster(status))
    return ExitCode.DONE
