"""`tuiconsole jobs`: what is being started and stopped, step by step; and `jobs cancel`."""

from __future__ import annotations

from contextlib import closing

import click
import msgspec

from tuiconsole.cli import complaints, output, tables
from tuiconsole.cli.asking import open_cluster, open_lines, readers
from tuiconsole.cli.commands.act import ask
from tuiconsole.cli.commands.status import ask_status
from tuiconsole.cli.exit_codes import ExitCode
from tuiconsole.cli.options import given, global_options
from tuiconsole.cli.watching import watch
from tuiconsole.client.jobs import JobsShown, shown_jobs
from tuiconsole.model.requests import Action
from tuiconsole.model.status import ClusterStatus

_TIMEOUT = 60.0


@click.group(invoke_without_command=True)
@click.option("--watch", "watching", is_flag=True, help="Show it again whenever it changes, until Ctrl-C.")
@global_options
@click.pass_context
def jobs(context: click.Context, watching: bool) -> int:
    """Show the starts and stops that go on, sequence by sequence."""
    if context.invoked_subcommand is not None:
        if watching:
            raise click.UsageError("--watch is an option of the list")
        return ExitCode.DONE
    options = given(context)
    cluster = open_cluster(options)
    with closing(open_lines(cluster, options)) as lines:
        nodes = readers(cluster, options)
        if watching:
            return watch(lines, nodes, text=_text, data=shown_jobs if options.json else None, same=_same)
        status = ask_status(lines, nodes)
    shown = shown_jobs(status)
    if options.json:
        output.json(shown)
        return ExitCode.DONE
    output.lines(tables.jobs(shown.jobs))
    if not shown.jobs:
        complaints.progress("nothing is being started or stopped")
    complaints.progress(tables.cluster(status))
    return ExitCode.DONE


@jobs.command()
@click.argument("app", nargs=-1, required=True)
@global_options
@click.pass_context
def cancel(context: click.Context, app: tuple[str, ...]) -> int:
    """Cancel the start or restart of APP: what runs of it is stopped. One that goes on no more is refused."""
    return ask(given(context), Action.CANCEL, app, _TIMEOUT)


def _text(status: ClusterStatus) -> list[str]:
    found = tables.jobs(shown_jobs(status).jobs) or ["nothing is being started or stopped"]
    return [tables.cluster(status), "", *found]


def _same(found: object) -> object:
    assert isinstance(found, JobsShown)
    return msgspec.structs.replace(found, observed_at="")
