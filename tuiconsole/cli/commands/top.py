"""`tuiconsole top`: who uses what, painted again in place."""

from __future__ import annotations

from contextlib import closing

import click
import msgspec

from tuiconsole.cli import complaints, output, tables
from tuiconsole.cli.asking import open_cluster, open_lines, readers
from tuiconsole.cli.commands.status import ask_status
from tuiconsole.cli.exit_codes import ExitCode
from tuiconsole.cli.options import given, global_options
from tuiconsole.cli.watching import watch
from tuiconsole.client.top import Ranking, TopShown, shown_top
from tuiconsole.model.status import ClusterStatus


@click.command()
@click.option("--once", is_flag=True, help="Print it once instead of painting it again and again.")
@click.option(
    "--sort",
    type=click.Choice([ranking.value for ranking in Ranking]),
    default=Ranking.CPU.value,
    show_default=True,
    help="What comes first.",
)
@global_options
@click.pass_context
def top(context: click.Context, once: bool, sort: str) -> int:
    """Show CPU and memory of nodes and processes, with their children, until Ctrl-C."""
    options = given(context)
    ranking = Ranking(sort)
    cluster = open_cluster(options)

    def data(status: ClusterStatus) -> TopShown:
        return shown_top(status, ranking)

    def text(status: ClusterStatus) -> list[str]:
        return [tables.cluster(status), "", *tables.top(data(status))]

    with closing(open_lines(cluster, options)) as lines:
        nodes = readers(cluster, options)
        if not once:
            return watch(lines, nodes, text=text, data=data if options.json else None, same=_same)
        status = ask_status(lines, nodes)
    if options.json:
        output.json(data(status))
    else:
        output.lines(tables.top(data(status)))
        complaints.progress(tables.cluster(status))
    return ExitCode.DONE


def _same(found: object) -> object:
    """What differs when something is used otherwise; that time has passed is no news."""
    assert isinstance(found, TopShown)
    processes = tuple(msgspec.structs.replace(one, uptime=None) for one in found.processes)
    return msgspec.structs.replace(found, observed_at="", processes=processes)
