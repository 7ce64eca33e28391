"""`tuiconsole confirm-dead`: a person vouches that nothing of a lost node runs any more."""

from __future__ import annotations

import click

from tuiconsole.cli.asking import open_cluster
from tuiconsole.cli.commands.act import ask
from tuiconsole.cli.confirmation import typed
from tuiconsole.cli.options import given, global_options
from tuiconsole.model.requests import Action
from tuiconsole.source.text import did_you_mean

_TIMEOUT = 10.0


@click.command()
@click.argument("name", metavar="NODE")
@click.option("--reason", required=True, metavar="TEXT", help="How you know; it is recorded.")
@click.option("--yes", metavar="NODE", help="The node's name once more, instead of being asked for it.")
@global_options
@click.pass_context
def confirm_dead(context: click.Context, name: str, reason: str, yes: str | None) -> int:
    """Free what a lost node holds: nothing of it runs any more, you have made sure."""
    options = given(context)
    cluster = open_cluster(options)
    if name not in cluster.nodes:
        raise click.UsageError(f"no node is named {name!r}; {did_you_mean(name, cluster.nodes)}")
    warning = f"If anything of {name} still runs, it may run twice from now on. Is its machine off or gone?"
    typed(name, yes, warning)
    return ask(options, Action.CONFIRM_DEAD, (name,), _TIMEOUT, reason=reason)
