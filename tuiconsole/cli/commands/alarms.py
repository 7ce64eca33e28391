"""`tuiconsole alarms`: what asks for somebody's action, and what people say about it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

import click

from tuiconsole.cli import complaints, output, tables
from tuiconsole.cli.asking import open_cluster, open_lines, readers
from tuiconsole.cli.commands.act import ask
from tuiconsole.cli.commands.status import ask_status
from tuiconsole.cli.durations import duration
from tuiconsole.cli.exit_codes import ExitCode
from tuiconsole.cli.options import Given, given, global_options
from tuiconsole.client.alarms import shown_alarms
from tuiconsole.model.alarms import LONGEST_SHELF, AlarmState
from tuiconsole.model.requests import Action
from tuiconsole.model.status import ClusterStatus

_TIMEOUT = 10.0
_ids = click.argument("alarm", nargs=-1, required=True, metavar="ID…")


@click.group(invoke_without_command=True)
@click.option("--all", "everything", is_flag=True, help="Those too that are shelved or out of service.")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([state.value for state in AlarmState]),
    help="Only those in this state. Repeatable.",
)
@global_options
@click.pass_context
def alarms(context: click.Context, everything: bool, states: tuple[str, ...]) -> int:
    """Show what asks for somebody's action: each cause once, with its remedy, the gravest first."""
    if context.invoked_subcommand is not None:
        if everything or states:
            raise click.UsageError("--all and --state are options of the list")
        return ExitCode.DONE
    options = given(context)
    found = _status(options)
    wanted = [AlarmState(state) for state in states] or (list(AlarmState) if everything else [])
    shown = shown_alarms(found, wanted)
    if options.json:
        output.json(shown)
        return ExitCode.DONE
    output.lines(tables.alarms(shown.alarms))
    if not shown.alarms:
        complaints.progress("no alarm")
    if shown.aside and not everything:
        complaints.progress(f"{shown.aside} shelved or out of service: --all shows them")
    complaints.progress(tables.cluster(found))
    return ExitCode.DONE


@alarms.command()
@click.argument("alarm", nargs=-1, metavar="ID…")
@click.option("--all", "everything", is_flag=True, help="All that nobody has acknowledged.")
@global_options
@click.pass_context
def ack(context: click.Context, alarm: tuple[str, ...], everything: bool) -> int:
    """Acknowledge alarms: you have seen them. One whose cause has gone goes for good."""
    options = given(context)
    if bool(alarm) is everything:
        raise click.UsageError("name alarms, or give --all")
    names: Sequence[str] = alarm
    if everything:
        names = [one.id for one in _status(options).alarms if one.state.open]
        if not names:
            if options.json:
                output.json([])
            complaints.progress("nothing is left to be acknowledged")
            return ExitCode.DONE
    return ask(options, Action.ACKNOWLEDGE, names, _TIMEOUT)


@alarms.command()
@_ids
@click.option(
    "--for",
    "seconds",
    required=True,
    callback=duration(LONGEST_SHELF),
    metavar="TIME",
    help="15m, 8h; at most 24h.",
)
@global_options
@click.pass_context
def shelve(context: click.Context, alarm: tuple[str, ...], seconds: float) -> int:
    """Put alarms aside for a time; then they have to be acknowledged."""
    return ask(given(context), Action.SHELVE, alarm, _TIMEOUT, seconds=seconds)


@alarms.command()
@_ids
@global_options
@click.pass_context
def unshelve(context: click.Context, alarm: tuple[str, ...]) -> int:
    """Take alarms back from the shelf."""
    return ask(given(context), Action.UNSHELVE, alarm, _TIMEOUT)


@alarms.command()
@_ids
@click.option("--reason", required=True, metavar="TEXT", help="Why; it is shown with the alarm.")
@global_options
@click.pass_context
def out_of_service(context: click.Context, alarm: tuple[str, ...], reason: str) -> int:
    """Put alarms aside, with a reason, until somebody returns them to service."""
    return ask(given(context), Action.OUT_OF_SERVICE, alarm, _TIMEOUT, reason=reason)


@alarms.command()
@_ids
@global_options
@click.pass_context
def return_to_service(context: click.Context, alarm: tuple[str, ...]) -> int:
    """Let alarms count again that were out of service."""
    return ask(given(context), Action.RETURN_TO_SERVICE, alarm, _TIMEOUT)


def _status(options: Given) -> ClusterStatus:
    cluster = open_cluster(options)
    with closing(open_lines(cluster, options)) as lines:
        return ask_status(lines, readers(cluster, options))
