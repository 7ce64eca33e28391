"""`tuiconsole drain` and `undrain`: what may run elsewhere leaves a node, and nothing new comes."""

from __future__ import annotations

import click

from tuiconsole.cli import request_options
from tuiconsole.cli.asking import open_cluster
from tuiconsole.cli.commands.act import ask
from tuiconsole.cli.options import Given, given, global_options
from tuiconsole.model.requests import Action
from tuiconsole.source.text import did_you_mean

_TIMEOUT = 600.0

_nodes = click.argument("names", nargs=-1, required=True, metavar="NODE…")


@click.command()
@_nodes
@click.option("--dry-run", is_flag=True, help="Only say what would move where, and what would stay.")
@click.option("--end", is_flag=True, help="End it, as undrain does.")
@request_options.reason
@request_options.timeout(_TIMEOUT, "Seconds to wait for the last move; it goes on after them.")
@global_options
@click.pass_context
def drain(
    context: click.Context, names: tuple[str, ...], dry_run: bool, end: bool, reason: str, timeout: float
) -> int:
    """Move what may run elsewhere off a node, application by application, and keep it free."""
    options = given(context)
    _known(options, names)
    if end and dry_run:
        raise click.UsageError("--end does nothing that could be planned: leave --dry-run out")
    action = Action.UNDRAIN if end else Action.DRAIN
    return ask(options, action, names, timeout, reason=reason, dry_run=dry_run)


@click.command()
@_nodes
@request_options.reason
@global_options
@click.pass_context
def undrain(context: click.Context, names: tuple[str, ...], reason: str) -> int:
    """Let a drained node take applications again; nothing is moved back by itself."""
    options = given(context)
    _known(options, names)
    return ask(options, Action.UNDRAIN, names, 60.0, reason=reason)


def _known(options: Given, names: tuple[str, ...]) -> None:
    cluster = open_cluster(options)
    for name in names:
        if name not in cluster.nodes:
            raise click.UsageError(f"no node is named {name!r}; {did_you_mean(name, cluster.nodes)}")
