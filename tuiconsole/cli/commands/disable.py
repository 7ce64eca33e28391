"""`tuiconsole disable` and `enable`: programs that nothing starts, until somebody says otherwise."""

from __future__ import annotations

import click

from tuiconsole.cli import request_options
from tuiconsole.cli.commands.act import ask
from tuiconsole.cli.options import given, global_options
from tuiconsole.model.requests import Action

_TIMEOUT = 60.0


@click.command()
@request_options.targets
@request_options.reason
@global_options
@click.pass_context
def disable(context: click.Context, target: tuple[str, ...], reason: str) -> int:
    """Have nothing and nobody start these; what runs of them goes on until it is stopped."""
    return ask(given(context), Action.DISABLE, target, _TIMEOUT, reason=reason)


@click.command()
@request_options.targets
@request_options.reason
@global_options
@click.pass_context
def enable(context: click.Context, target: tuple[str, ...], reason: str) -> int:
    """Let these be started again."""
    return ask(given(context), Action.ENABLE, target, _TIMEOUT, reason=reason)
