"""The options that every command takes, before and behind its name."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


class Given:
    """What the command line says; what it does not say comes from the environment."""

    config: str | None = None
    node_name: str | None = None
    json: bool = False
    key_file: str | None = None

    @property
    def node(self) -> str | None:
        """`--node`, else TUICONSOLE_NODE."""
        return self.node_name or os.environ.get("TUICONSOLE_NODE") or None

    @property
    def key(self) -> str | None:
        """`--key`, else TUICONSOLE_KEY."""
        return self.key_file or os.environ.get("TUICONSOLE_KEY") or None


def given(context: click.Context) -> Given:
    """What was given, wherever it stood."""
    found: Given = context.find_root().ensure_object(Given)
    return found


def _remember(field: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    def remember(context: click.Context, _parameter: click.Parameter, value: Any) -> None:
        if value is not None and value is not False:
            setattr(given(context), field, value)

    return remember


def global_options(command: F) -> F:
    """Let a command take the global options."""
    for option in (
        click.option(
            "--key",
            metavar="FILE",
            expose_value=False,
            callback=_remember("key_file"),
            help="Your secret key (TUICONSOLE_KEY; else the only person's in the key folder).",
        ),
        click.option(
            "--json", is_flag=True, expose_value=False, callback=_remember("json"), help="Print JSON."
        ),
        click.option(
            "--node",
            metavar="NAME",
            expose_value=False,
            callback=_remember("node_name"),
            help="The node on whose behalf you ask (TUICONSOLE_NODE; else the one of this host).",
        ),
        click.option(
            "-c",
            "--config",
            metavar="FILE",
            expose_value=False,
            callback=_remember("config"),
            help="The cluster file (TUICONSOLE_CONFIG; else ./tuiconsole.toml, the user's, /etc's).",
        ),
    ):
        command = option(command)
    return command


def refuse_json(context: click.Context) -> None:
    """For commands whose result is no data. Raises UsageError."""
    if given(context).json:
        raise click.UsageError(f"--json has no meaning for {context.info_name}")
