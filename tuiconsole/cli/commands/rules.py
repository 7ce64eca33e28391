"""`tuiconsole rules`: what rules files say."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click
import msgspec

from tuiconsole.cli import complaints, output
from tuiconsole.cli.exit_codes import ExitCode
from tuiconsole.cli.options import Given, given, global_options
from tuiconsole.settings.cluster_file import Cluster, load_cluster
from tuiconsole.settings.places import find_config
from tuiconsole.source.errors import Complaint, SourceError

if TYPE_CHECKING:
    from tuiconsole.rulebook.rulebook import Rulebook


@click.group()
@global_options
def rules() -> None:
    """Read rules files."""


@rules.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option(
    "--supervisord",
    "configurations",
    multiple=True,
    metavar="CONF",
    help="Compare with this supervisord.conf; repeatable. Else with those of the cluster file.",
)
@global_options
@click.pass_context
def check(context: click.Context, files: tuple[str, ...], configurations: tuple[str, ...]) -> int:
    """Read the files together, as a cluster does, and name all that is wrong with file, line and column.

    What can never match, win or be placed is a warning: compared with the supervisord.conf of the nodes, and
    with the nodes themselves, if a cluster file is found.
    """
    options = given(context)
    try:
        book = _load(files, cluster := _cluster(options))
        warnings = (*book.warnings, *_examined(book, cluster, configurations))
    except SourceError as error:
        if not options.json:
            raise
        _as_json(files, error.complaints)
        return ExitCode.FAILED
    if options.json:
        _as_json(files, warnings)
        return ExitCode.DONE
    complaints.about_source(warnings)
    noted = f", {len(warnings)} warning{'s' if len(warnings) > 1 else ''}" if warnings else ""
    output.line(f"{', '.join(files)}: in order{noted}")
    return ExitCode.DONE


def _cluster(options: Given) -> Cluster | None:
    """The cluster file; None if none was named and none is found."""
    try:
        path = find_config(options.config, os.environ)
    except SourceError:
        if options.config is not None:
            raise
        return None
    return load_cluster(path)


def _load(files: Sequence[str], cluster: Cluster | None) -> Rulebook:
    from tuiconsole.rulebook.rulebook import load_rules

    if cluster is None:
        return load_rules(files)
    return load_rules(files, isolation=cluster.isolation, conciliation=cluster.conciliation)


def _examined(book: Rulebook, cluster: Cluster | None, files: Sequence[str]) -> tuple[Complaint, ...]:
    from tuiconsole.rulebook.examine import examine
    from tuiconsole.settings.fleet import surroundings

    around, warnings = surroundings(cluster, files)
    return (*warnings, *examine(book, around))


def _as_json(files: Sequence[str], found: Sequence[Complaint]) -> None:
    def told(complaint: Complaint) -> dict[str, Any]:
        fields: dict[str, Any] = msgspec.structs.asdict(complaint)
        where = msgspec.structs.asdict(fields.pop("where"))
        return {**where, **fields}

    usable = all(complaint.warning for complaint in found)
    output.json({"files": list(files), "usable": usable, "complaints": [told(each) for each in found]})
