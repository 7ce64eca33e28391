"""`tuiconsole demo`: Scenario 2, live, on this machine."""

from __future__ import annotations

import functools
import sys
from pathlib import Path

import click

from tuiconsole.cli import complaints, output
from tuiconsole.cli.endings import FailureError
from tuiconsole.cli.exit_codes import ExitCode
from tuiconsole.cli.options import global_options, refuse_json


@click.command()
@click.option("--headless", is_flag=True, help="No console; prints `ready FILE` once the servers run.")
@click.option(
    "--dir", "folder", metavar="DIR", help="Run in DIR, and keep it. Else in a folder that is removed."
)
@global_options
@click.pass_context
def demo(context: click.Context, headless: bool, folder: str | None) -> int:
    """Run three servers and three consoles on loopback; all of it ends with this command."""
    refuse_json(context)
    if not headless and not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        where = f" --dir {folder}" if folder else ""
        complaints.say(f"the console needs a terminal; without one: tuiconsole demo --headless{where}")
        return ExitCode.USAGE
    from tuiconsole.cli.commands.console import console_of
    from tuiconsole.demo.demo import DemoError, Voice, run_demo

    voice = Voice(output.line, complaints.say)
    # Each demo is a new cluster, and begins as the README says.
    console = None if headless else functools.partial(console_of, remembers=False)
    try:
        return run_demo(Path(folder) if folder else None, voice, console)
    except DemoError as error:
        raise FailureError(str(error)) from None
