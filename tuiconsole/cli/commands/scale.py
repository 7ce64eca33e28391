"""`tuiconsole scale`: how many processes a program has, on every node, while all goes on."""

from __future__ import annotations

import click

from tuiconsole.cli import request_options
from tuiconsole.cli.commands.act import ask
from tuiconsole.cli.options import given, global_options
from tuiconsole.model.requests import Action

MOST = 1000


@click.command()
@click.argument("target", metavar="APP:PROGRAM")
@click.argument("number", type=click.IntRange(1, MOST), metavar="N")
@request_options.reason
@request_options.timeout(
    60.0, "Seconds to wait until all nodes have it and what is new runs; it goes on after them."
)
@global_options
@click.pass_context
def scale(context: click.Context, target: str, number: int, reason: str, timeout: float) -> int:
    """Give a program N processes on every node that has it (its numprocs), whatever the files say."""
    if ":" not in target:
        raise click.UsageError("a program is scaled, not an application: name APP:PROGRAM")
    return ask(given(context), Action.SCALE, (target,), timeout, reason=reason, number=number)
