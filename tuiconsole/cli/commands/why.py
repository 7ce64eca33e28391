"""`tuiconsole why`: why something is where it is, or does not run, and what would change it."""

from __future__ import annotations

from contextlib import closing

import click

from tuiconsole.cli import output
from tuiconsole.cli.asking import NothingAnsweredError, matching, open_cluster, open_lines, turned_away
from tuiconsole.cli.exit_codes import ExitCode
from tuiconsole.cli.options import given, global_options
from tuiconsole.client.whose import reading_order
from tuiconsole.client.why_words import why_lines
from tuiconsole.wire.replies import Explained, Failed
from tuiconsole.wire.requests import AskWhy

_WITHIN = 8.0
"""Seconds for the answer: the agent may wait for the master first."""


@click.command()
@click.argument("target", metavar="APP[:PROCESS]")
@global_options
@click.pass_context
def why(context: click.Context, target: str) -> int:
    """Say why it is where it is, or why it does not run, and what would change that."""
    options = given(context)
    cluster = open_cluster(options)
    nodes = reading_order(cluster, matching(cluster, options))
    with closing(open_lines(cluster, options)) as lines:
        _, _, reply = lines.first_reply(nodes, AskWhy(target, nodes[0].name), _WITHIN)
    if isinstance(reply.body, Failed):
        turned_away(reply.body)
    if not isinstance(reply.body, Explained):
        raise NothingAnsweredError("the agent does not know how to explain; update it")
    if options.json:
        output.json(reply.body.why)
    else:
        output.lines(why_lines(reply.body.why))
    return ExitCode.DONE
