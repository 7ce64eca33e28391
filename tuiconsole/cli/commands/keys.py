"""`tuiconsole keys`: the cluster's key set."""

from __future__ import annotations

import os
from pathlib import Path

import click

from tuiconsole.cli import complaints, output
from tuiconsole.cli.endings import FailureError
from tuiconsole.cli.exit_codes import ExitCode
from tuiconsole.cli.options import Given, given, global_options, refuse_json
from tuiconsole.settings.cluster_file import load_cluster
from tuiconsole.settings.places import find_config
from tuiconsole.source.errors import SourceError
from tuiconsole.wire.keys import make_keys

DEFAULT_PERSON = "operator"


@click.group()
@global_options
def keys() -> None:
    """Make keys."""


@keys.command()
@click.argument("folder", metavar="DIR")
@click.option(
    "--node", "more_nodes", multiple=True, metavar="NAME", help="A node, beside those of the cluster file."
)
@click.option(
    "--person", "persons", multiple=True, metavar="NAME", help="A person; «operator» if none is named."
)
@click.option("-c", "--config", metavar="FILE", help="The cluster file that names the nodes.")
@click.pass_context
def init(
    context: click.Context,
    folder: str,
    more_nodes: tuple[str, ...],
    persons: tuple[str, ...],
    config: str | None,
) -> int:
    """Make the keys that are missing in DIR: a pair for each node and each person. None is ever replaced."""
    refuse_json(context)
    options = given(context)
    options.config = config or options.config
    nodes = tuple(dict.fromkeys((*_nodes_of_cluster(options, more_nodes), *more_nodes)))
    for name in (*nodes, *persons):
        if not name or "/" in name or name.startswith("."):
            raise click.UsageError(f"{name!r} cannot name a key: it becomes a file's name")
    try:
        made = make_keys(Path(folder), list(nodes), list(persons or (DEFAULT_PERSON,)))
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    except OSError as error:
        raise FailureError(f"{error.filename or folder}: {error.strerror}; name another folder") from None
    output.lines([f"made {Path(folder) / f'{name}.key'}" for name in made])
    if not made:
        complaints.say(f"{folder} has all keys already; none was made")
    return ExitCode.DONE


def _nodes_of_cluster(options: Given, more: tuple[str, ...]) -> tuple[str, ...]:
    try:
        path = find_config(options.config, os.environ)
    except SourceError:
        if options.config is not None or not more:
            raise
        return ()
    return tuple(load_cluster(path).nodes)
