"""What concerns the whole system: `tuiconsole shutdown` and `reload` end it, `end-sync` lets it begin."""

from __future__ import annotations

import click

from tuiconsole.cli import request_options
from tuiconsole.cli.asking import open_cluster
from tuiconsole.cli.commands.act import ask
from tuiconsole.cli.confirmation import typed
from tuiconsole.cli.options import given, global_options
from tuiconsole.model.requests import Action

_TIMEOUT = 300.0
_SYNC_TIMEOUT = 10.0

_yes = click.option("--yes", metavar="CLUSTER", help="The cluster's name, instead of being asked for it.")
_timeout = request_options.timeout(_TIMEOUT, "Seconds to wait; it goes on afterwards.")


@click.command()
@_yes
@request_options.no_wait
@_timeout
@global_options
@click.pass_context
def shutdown(context: click.Context, yes: str | None, no_wait: bool, timeout: float) -> int:
    """Stop all applications, greatest stop_sequence first; then all agents end, and stay so."""
    warning = "This stops everything on all nodes, and it stays so until somebody starts the agents."
    return _end(context, Action.SHUTDOWN, warning, yes, timeout, wait=not no_wait)


@click.command()
@_yes
@request_options.no_wait
@_timeout
@global_options
@click.pass_context
def reload(context: click.Context, yes: str | None, no_wait: bool, timeout: float) -> int:
    """Stop all applications, greatest stop_sequence first, restart all agents, and begin anew."""
    warning = "This stops everything on all nodes; then what starts by itself is started again."
    return _end(context, Action.RELOAD, warning, yes, timeout, wait=not no_wait)


@click.command()
@global_options
@click.pass_context
def end_sync(context: click.Context) -> int:
    """End the synchronization at boot: all are there who will come, what starts by itself is started."""
    options = given(context)
    return ask(options, Action.END_SYNC, (open_cluster(options).name,), _SYNC_TIMEOUT)


def _end(
    context: click.Context, action: Action, warning: str, yes: str | None, timeout: float, *, wait: bool
) -> int:
    options = given(context)
    name = open_cluster(options).name
    typed(name, yes, warning)
    return ask(options, action, (name,), timeout, wait=wait)
