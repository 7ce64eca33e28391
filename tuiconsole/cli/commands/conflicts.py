"""`tuiconsole conflicts`: what runs more than once, and what each strategy would do about it."""

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
def conflicts(context: click.Context) -> int:
    """Show what runs more than once: where, since when, under which tokens, and the ways out."""
    options = given(context)
    cluster = open_cluster(options)
    with closing(open_lines(cluster, options)) as lines:
        status = ask_status(lines, readers(cluster, options))
    if options.json:
        output.json(status.conflicts)
        return ExitCode.DONE
    if status.conflicts:
        output.lines(tables.conflicts(status.conflicts))
    else:
        complaints.progress("nothing runs more than once")
    complaints.progress(tables.cluster(status))
    return ExitCode.DONE
