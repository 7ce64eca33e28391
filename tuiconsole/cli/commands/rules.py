"""`tuiconsole rules`: what rules files say."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from tuiconsole.cli import complaints, output
from tuiconsole.cli.exit_codes import ExitCode
from tuiconsole.cli.options import Given, given, global_options, refuse_json
from tuiconsole.settings.cluster import Cluster
from tuiconsole.settings.cluster_file import load_cluster
from tuiconsole.settings.places import find_config
from tuiconsole.source.errors import Complaint, SourceError
from tuiconsole.source.text import did_you_mean

if TYPE_CHECKING:
    from tuiconsole.rulebook.rulebook import Rulebook
    from tuiconsole.rulebook.shown import ShownApplication


@click.group()
@global_options
def rules() -> None:
    """Read rules files."""


@rules.command()
@click.argument("files", nargs=-1, metavar="[FILE…]")
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

    Without FILEs, the rules of the cluster file.
    What can never match, win or be placed is a warning: compared with the supervisord.conf of the nodes, and
    with the nodes themselves, if a cluster file is found.
    """
    options = given(context)
    try:
        cluster = _cluster(options)
        files = _named(files, cluster)
        book = _load(files, cluster)
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


@rules.command()
@click.argument("file", metavar="FILE")
@global_options
@click.pass_context
def convert(context: click.Context, file: str) -> int:
    """Print a rules file in the other form: XML as TOML, TOML as XML, with its comments.

    What the other form has no word for is left out, and told on stderr.
    """
    refuse_json(context)
    from tuiconsole.rulebook.convert import convert as converted

    result = converted(file)
    complaints.about_source(result.complaints)
    output.document(result.text)
    return ExitCode.DONE


@rules.command()
@click.argument("application", metavar="APP")
@click.argument("files", nargs=-1, metavar="[FILE…]")
@click.option(
    "--supervisord",
    "configurations",
    multiple=True,
    metavar="CONF",
    help="Take its programs from this supervisord.conf; repeatable. Else from those of the cluster file.",
)
@global_options
@click.pass_context
def show(
    context: click.Context, application: str, files: tuple[str, ...], configurations: tuple[str, ...]
) -> int:
    """Print the rules in force for an application and its programs, each word with its origin.

    Without FILEs, the rules of the cluster file. No cluster needs to run.
    """
    from tuiconsole.rulebook import shown
    from tuiconsole.settings.fleet import surroundings

    cluster = _cluster(given(context))
    book = _load(_named(files, cluster), cluster)
    around, warnings = surroundings(cluster, configurations)
    complaints.about_source(warnings)
    group = (around.groups or {}).get(application)
    found = shown.show(book, application, group.processes if group else ())
    if found is None:
        known = sorted({*(around.groups or {}), *book.names} - {application})
        raise SourceError.at(
            files[0] if files else str(cluster.file if cluster else ""),
            0,
            f"no rule names {application!r}: it is unmanaged",
            _nearest(application, known),
        )
    if given(context).json:
        output.json(found)
    else:
        output.lines(_told(found))
    return ExitCode.DONE


def _nearest(application: str, known: Sequence[str]) -> str:
    remedy = did_you_mean(application, known)
    return remedy if remedy.endswith("?") else "name it in a rules file"


def _told(found: ShownApplication) -> list[str]:
    lines: list[str] = []
    for entry in (found.application, *found.programs):
        what = "application" if entry is found.application else "program"
        lines += [*([""] if lines else []), f"{what} {entry.name}: {entry.entry}"]
        rows = [(word.word, _written(word.value), word.origin) for word in entry.words]
        wide, long = (max(len(row[column]) for row in rows) for column in (0, 1))
        lines += [f"  {word:{wide}}  {value:{long}}  {origin}" for word, value, origin in rows]
    return lines


def _written(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ", ".join(value)
    if isinstance(value, dict):
        return ", ".join(f"{key} {inner}" for key, inner in value.items())
    return str(value)


def _cluster(options: Given) -> Cluster | None:
    """The cluster file; None if none was named and none is found."""
    try:
        path = find_config(options.config, os.environ)
    except SourceError:
        if options.config is not None:
            raise
        return None
    return load_cluster(path)


def _named(files: Sequence[str], cluster: Cluster | None) -> tuple[str, ...]:
    """The rules files that are meant. Raises UsageError if there are none."""
    if not files and cluster is None:
        raise click.UsageError("no cluster file is found: name one with -c, or rules files")
    return tuple(files) or (cluster.rules if cluster else ())


def _load(files: Sequence[str], cluster: Cluster | None) -> Rulebook:
    from tuiconsole.rulebook.rulebook import load_rules

    if cluster is None:
        return load_rules(files)
    return load_rules(
        files, isolation=cluster.isolation, conciliation=cluster.conciliation, starting=cluster.starting
    )


def _examined(book: Rulebook, cluster: Cluster | None, files: Sequence[str]) -> tuple[Complaint, ...]:
    from tuiconsole.rulebook.examine import examine
    from tuiconsole.settings.fleet import surroundings

    around, warnings = surroundings(cluster, files)
    return (*warnings, *examine(book, around))


def _as_json(files: Sequence[str], found: Sequence[Complaint]) -> None:
    def told(complaint: Complaint) -> dict[str, Any]:
        fields: dict[str, Any] = complaint._asdict()
        where = complaint.where._asdict()
        del fields["where"]
        return {**where, **fields}

    usable = all(complaint.warning for complaint in found)
    output.json({"files": list(files), "usable": usable, "complaints": [told(each) for each in found]})
