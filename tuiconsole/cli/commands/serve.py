"""`tuiconsole serve`: the console in a browser."""

from __future__ import annotations

import shlex
import sys

import click

from tuiconsole.cli import output
from tuiconsole.cli.asking import one_node, open_cluster, person_key
from tuiconsole.cli.exit_codes import ExitCode
from tuiconsole.cli.options import given, global_options, refuse_json


@click.command()
@click.option(
    "--port",
    type=click.IntRange(1, 65_535),
    default=8000,
    show_default=True,
    metavar="PORT",
    help="On loopback.",
)
@click.option("--allow-changes", is_flag=True, help="Let it start and stop; without it, it only looks.")
@global_options
@click.pass_context
def serve(context: click.Context, port: int, allow_changes: bool) -> int:
    """Show the console to a browser on this machine, until Ctrl-C; read-only unless asked.

    Prints the address to open; whoever has it may look (with --allow-changes: act) under your key. It
    listens on 127.0.0.1 only: from elsewhere, tunnel with `ssh -L`. Needs the extra: pip install
    'tuiconsole[serve]'.
    """
    from tuiconsole.cli.web import serve as serve_page

    refuse_json(context)
    options = given(context)
    cluster = open_cluster(options)
    node = one_node(cluster, options, "the console")
    words = [sys.executable, "-m", "tuiconsole", "--config", str(cluster.file), "--node", node.name]
    words += ["--key", str(person_key(cluster, options))]
    words += [] if allow_changes else ["--read-only"]
    serve_page(shlex.join(words), port, f"{cluster.name} · {node.name}", output.line)
    return ExitCode.DONE
