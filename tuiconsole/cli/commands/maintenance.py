"""`tuiconsole maintenance`: hands off, for a while.

Of a node: its agent may be down, and nothing of the node stops. Of an application, or of all: nothing is done
to it by itself.
"""

from __future__ import annotations

from contextlib import closing

import click

from tuiconsole.cli import output
from tuiconsole.cli.asking import open_cluster, open_lines, turned_away
from tuiconsole.cli.commands.act import ask
from tuiconsole.cli.durations import duration
from tuiconsole.cli.endings import NothingAnsweredError
from tuiconsole.cli.exit_codes import ExitCode
from tuiconsole.cli.options import Given, given, global_options
from tuiconsole.model.requests import ALL, Action
from tuiconsole.settings.cluster import Cluster
from tuiconsole.wire.replies import Failed, Maintained
from tuiconsole.wire.requests import Maintain

_LONGEST_OF_NODE = 4 * 3600.0
_LONGEST = 30 * 24 * 3600.0
_WITHIN = 4.0
"""Seconds for the answer: the voters write it to their disks first."""


@click.command()
@click.argument("name", metavar="NODE|APP", required=False)
@click.option("--all", "whole", is_flag=True, help="The whole system, instead of a NODE or APP.")
@click.option(
    "--for",
    "seconds",
    callback=duration(_LONGEST),
    metavar="TIME",
    help="60s, 5m, 1h, 2d; of a node at most 4h.",
)
@click.option("--end", is_flag=True, help="End it.")
@click.option("--reason", default="", metavar="TEXT", help="Why; recorded. Not of a node.")
@global_options
@click.pass_context
def maintenance(
    context: click.Context, name: str | None, whole: bool, seconds: float | None, end: bool, reason: str
) -> int:
    """Hands off NODE (its agent may be down), APP or --all (nothing is done to it by itself)."""
    options = given(context)
    if (name is None) is not whole:
        raise click.UsageError("name either one node or application, or --all")
    if (seconds is None) is not end:
        raise click.UsageError("give either --for TIME or --end")
    cluster = open_cluster(options)
    if name is not None and name in cluster.nodes:
        if reason:
            raise click.UsageError("a maintenance of a node records who and when, no --reason")
        return _of_node(options, cluster, name, seconds)
    return ask(options, Action.MAINTAIN, (name or ALL,), 60.0, reason=reason, seconds=seconds or 0.0)


def _of_node(options: Given, cluster: Cluster, name: str, seconds: float | None) -> int:
    if seconds is not None and seconds > _LONGEST_OF_NODE:
        raise click.UsageError("a maintenance of a node lasts at most 4h")
    with closing(open_lines(cluster, options)) as lines:
        _, _, reply = lines.first_reply([cluster.node(name)], Maintain(seconds or 0.0), _WITHIN)
    if isinstance(reply.body, Failed):
        turned_away(reply.body)
    if not isinstance(reply.body, Maintained):
        raise NothingAnsweredError(f"{name} does not know what a maintenance is; update its agent")
    if options.json:
        output.json(reply.body)
    elif seconds is None:
        output.line(f"{name} is in no maintenance any more")
    else:
        output.line(f"{name} is in maintenance for {reply.body.seconds:.0f} s: its agent may be down")
    return ExitCode.DONE
