"""`tuiconsole man`: the manual page."""

from __future__ import annotations

import shutil
import subprocess
from importlib.metadata import version

import click

from tuiconsole.cli import output
from tuiconsole.cli.exit_codes import ExitCode
from tuiconsole.cli.manual import page


@click.command()
@click.pass_context
def man(context: click.Context) -> int:
    """Show the manual page; redirected, write it: `tuiconsole man > tuiconsole.1`."""
    root = context.find_root().command
    text = page(root, version("tuiconsole")) if isinstance(root, click.Group) else ""
    pager = shutil.which("man") if output.to_terminal() else None
    if pager is None:
        output.text(text)
        return ExitCode.DONE
    return subprocess.run([pager, "-l", "-"], input=text, text=True, check=False).returncode
