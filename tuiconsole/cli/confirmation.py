"""What cannot be taken back is asked for twice: the name is typed once more."""

from __future__ import annotations

import sys

import click


def typed(name: str, given: str | None, warning: str) -> None:
    """Return if `name` was typed: as `--yes NAME`, or now, under the warning.

    Raises:
        UsageError: another name, or nobody is there to type it.
    """
    if given is None:
        if not sys.stdin.isatty():
            raise click.UsageError(f"nobody can be asked here; confirm with --yes {name}")
        click.echo(warning, err=True)
        given = click.prompt(f"Type {name} to go on", default="", show_default=False, err=True)
    if given != name:
        raise click.UsageError(f"{given!r} is not {name!r}: nothing was done")
