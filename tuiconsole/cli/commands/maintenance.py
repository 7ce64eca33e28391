"""`tuiconsole maintenance`: a node's agent may be down for a while, and nothing of the node stops."""

from __future__ import annotations

from contextlib import closing

import click

from tuiconsole.cli import output
from tuiconsole.cli.asking import NothingAnsweredError, open_cluster, open_lines, turned_away
from tuiconsole.cli.durations import duration
from tuiconsole.cli.exit_codes import ExitCode
from tuiconsole.cli.options import given, global_options
from tuiconsole.source.text import did_you_mean
from tuiconsole.wire.messages import Failed, Maintain, Maintained

_LONGEST = 4 * 3600.0
_WITHIN = 4.0
"""Seconds for the answer: the voters write it to their disks first."""


@click.command()
@click.argument("name", metavar="NODE")
@click.option(
    "--for", "seconds", callback=duration(_LONGEST), metavar="TIME", help="60s, 5m or 1h; at most 4h."
)
@click.option("--end", is_flag=True, help="End it: the usual lease again.")
@global_options
@click.pass_context
def maintenance(context: click.Context, name: str, seconds: float | None, end: bool) -> int:
    """Let the agent of NODE be down for a while without its programs being stopped or moved."""
    options = given(context)
    cluster = open_cluster(options)
    if name not in cluster.nodes:
        raise click.UsageError(f"no node is named {name!r}; {did_you_mean(name, cluster.nodes)}")
    if (seconds is None) is not end:
        raise click.UsageError("give either --for TIME or --end")
    with closing(open_lines(cluster, options)) as lines:
        _, _, reply = lines.first_reply([cluster.node(name)], Maintain(seconds or 0.0), _WITHIN)
    if isinstance(reply.body, Failed):
        turned_away(reply.body)
    if not isinstance(reply.body, Maintained):
        raise NothingAnsweredError(f"{name} does not know what a maintenance is; update its agent")
    if options.json:
        output.json(reply.body)
    elif end:
        output.line(f"{name} is in no maintenance any more")
    else:
        output.line(f"{name} is in maintenance for {reply.body.seconds:.0f} s: its agent may be down")
    return ExitCode.DONE
