"""`tuiconsole events`: what happened."""

from __future__ import annotations

from contextlib import closing

import click

from tuiconsole.cli import complaints, output, tables
from tuiconsole.cli.asking import open_cluster, open_lines, readers
from tuiconsole.cli.exit_codes import ExitCode
from tuiconsole.cli.options import given, global_options
from tuiconsole.client.oneshot import follow
from tuiconsole.client.seen import SeenEvents
from tuiconsole.client.unanswered import NoAnswerError


@click.command()
@click.option("-f", "--follow", "following", is_flag=True, help="Go on with what happens, until Ctrl-C.")
@global_options
@click.pass_context
def events(context: click.Context, following: bool) -> int:
    """Show the last events, oldest first; as JSON one a line."""
    options = given(context)
    cluster = open_cluster(options)
    seen = SeenEvents()
    with closing(open_lines(cluster, options)) as lines:
        for news in follow(lines, readers(cluster, options)):
            if isinstance(news, NoAnswerError):
                complaints.say(str(news))
                continue
            for event in seen.new(news.events):
                if options.json:
                    output.json_line(event)
                else:
                    output.line(tables.event(event))
            if not following:
                break
    return ExitCode.DONE
