"""The entry of the console for the command line. Textual is imported only once it is needed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tuiconsole.console.feed import SessionFactory


def run_console(session_factory: SessionFactory, *, cluster: str = "", read_only: bool = False) -> int:
    """Show the console until the operator quits.

    Args:
        session_factory: opens the session. It may raise: the console then shows why, and asks again.
        cluster: the cluster's name as its file says, shown before the first status.
        read_only: refuse whatever changes something, and show a badge.

    Returns:
        The exit code: 0 when the operator quit, 1 after a fault of the console itself, 2 without a terminal.
    """
    # Textual draws on stderr, so that one must be a terminal too.
    if not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        sys.stderr.write("tuiconsole: the console needs a terminal; `tuiconsole status` prints the same\n")
        return 2
    from tuiconsole.console.app import ConsoleApp

    app = ConsoleApp(session_factory, cluster=cluster, read_only=read_only)
    result = app.run()
    return app.return_code or result or 0
