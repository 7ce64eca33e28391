"""`tuiconsole rules`: what rules files say."""

from __future__ import annotations

import os

import click

from tuiconsole.cli import complaints, output
from tuiconsole.cli.exit_codes import ExitCode
from tuiconsole.cli.options import given, global_options, refuse_json
from tuiconsole.settings.cluster_file import load_cluster
from tuiconsole.settings.places import find_config
from tuiconsole.source.errors import SourceError


@click.group()
@global_options
def rules() -> None:
    """Read rules files."""


@rules.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@global_options
@click.pass_context
def check(context: click.Context, files: tuple[str, ...]) -> int:
    """Read the files together, as a cluster does, and name all that is wrong with file, line and column.

    If a cluster file is found, also warn of identifiers that none of its nodes bears.
    """
    refuse_json(context)
    from tuiconsole.rulebook.rulebook import load_rules

    book = load_rules(files)
    warnings = list(book.warnings)
    options = given(context)
    try:
        path = find_config(options.config, os.environ)
    except SourceError:
        if options.config is not None:
            raise
    else:
        cluster = load_cluster(path)
        tags = {tag for node in cluster.nodes.values() for tag in node.tags}
        warnings += book.check_against(cluster.nodes, tags)
    complaints.about_source(warnings)
    noted = f", {len(warnings)} warning{'s' if len(warnings) > 1 else ''}" if warnings else ""
    output.line(f"{', '.join(files)}: in order{noted}")
    return ExitCode.DONE
