"""`tuiconsole breed`: as many copies of a group of Supervisor as there are items."""

from __future__ import annotations

import click

from tuiconsole.breed.copies import parse_breeds
from tuiconsole.breed.folders import EVERY_INI
from tuiconsole.breed.folders import breed as breed_folders
from tuiconsole.cli import output
from tuiconsole.cli.exit_codes import ExitCode
from tuiconsole.cli.options import global_options, refuse_json


@click.command()
@click.option("-t", "--template", required=True, metavar="DIR", help="Folder of the templates.")
@click.option("-d", "--destination", required=True, metavar="DIR", help="Folder to write to.")
@click.option(
    "-b", "--breed", "copies", required=True, multiple=True, metavar="APP=N", help="N copies of a group."
)
@click.option(
    "-p", "--pattern", default=EVERY_INI, show_default=True, metavar="GLOB", help="Which templates."
)
@click.option("-x", "--extra", is_flag=True, help="A new file for each copy.")
@click.option("-v", "--verbose", is_flag=True, help="Tell what is found and written.")
@global_options
@click.pass_context
def breed(
    context: click.Context,
    template: str,
    destination: str,
    copies: tuple[str, ...],
    pattern: str,
    extra: bool,
    verbose: bool,
) -> int:
    """Copy the groups of template files: APP_01 to APP_N instead of each APP."""
    refuse_json(context)
    try:
        breeds = parse_breeds(copies)
    except ValueError as error:
        raise click.UsageError(f"-b: {error}") from None
    breed_folders(template, destination, breeds, pattern, extra, output.line if verbose else None)
    return ExitCode.DONE
