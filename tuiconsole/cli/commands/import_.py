"""`tuiconsole import`: a cluster file from what a site says to Supvisors."""

from __future__ import annotations

import os

import click

from tuiconsole.cli import complaints, output
from tuiconsole.cli.exit_codes import ExitCode
from tuiconsole.cli.options import global_options, refuse_json


@click.command("import")
@click.argument("files", nargs=-1, required=True, metavar="SUPERVISORD.CONF…")
@global_options
@click.pass_context
def import_(context: click.Context, files: tuple[str, ...]) -> int:
    """Print a cluster file for a site that runs Supvisors, made from its supervisord.conf.

    Name several files if machines have different ones; the first counts for what should be alike. Comments
    say what was taken from where, and what has no equivalent.
    """
    refuse_json(context)
    from tuiconsole.settings.supvisors import import_supvisors

    imported = import_supvisors(files, os.environ)
    complaints.about_source(imported.warnings)
    output.document(imported.text)
    return ExitCode.DONE
