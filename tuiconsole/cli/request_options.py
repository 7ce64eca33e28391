"""The options of what is asked of the master."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

targets = click.argument("target", nargs=-1, required=True, metavar="APP[:PROCESS]…")
no_wait = click.option("--no-wait", is_flag=True, help="Leave as soon as the master has the request.")
reason = click.option("--reason", default="", metavar="TEXT", help="Why; recorded, at most 500 letters.")


def timeout(default: float, help: str) -> Callable[[F], F]:  # noqa: A002 (as click names it)
    """`--timeout S`: seconds, more than 0 and at most a day."""
    return click.option(
        "--timeout",
        type=click.FloatRange(0, 86400, min_open=True),
        default=default,
        show_default=True,
        metavar="S",
        help=help,
    )
