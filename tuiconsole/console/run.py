"""The entry of the console for the command line. Textual is imported only once it is needed."""

from __future__ import annotations

import gc
import locale
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from tuiconsole.console.attention import wants_blink
from tuiconsole.console.settings import NAME, load_settings, wants_ascii

if TYPE_CHECKING:
    from tuiconsole.console.feed import SessionFactory


def run_console(
    session_factory: SessionFactory,
    *,
    cluster: str = "",
    read_only: bool = False,
    item: str = "",
) -> int:
    """Show the console until the operator quits.

    Args:
        session_factory: opens the session. It may raise: the console then shows why, and asks again.
        cluster: the cluster's name as its file says, shown before the first status.
        read_only: refuse whatever changes something, and show a badge.
        item: the cluster file's pattern of items.

    Returns:
        The exit code: 0 when the operator quit, 1 after a fault of the console itself, 2 without a terminal.

    Raises:
        SourceError: the operator's console.toml is wrong.
    """
    # Textual draws on stderr, so that one must be a terminal too.
    if not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        sys.stderr.write("tuiconsole: the console needs a terminal; `tuiconsole status` prints the same\n")
        return 2
    settings = load_settings(Path(platformdirs.user_config_dir("tuiconsole")) / NAME)
    from tuiconsole.console.app import ConsoleApp

    _calm_collector()
    app = ConsoleApp(
        session_factory,
        cluster=cluster,
        read_only=read_only,
        item=item,
        settings=settings,
        memory=Path(platformdirs.user_state_dir("tuiconsole")) / "console.json",
        blinks=wants_blink(settings.blink, os.environ),
        letters_ascii=wants_ascii(settings.letters, os.environ, locale.getpreferredencoding(False)),
    )
    result = app.run()
    return app.return_code or result or 0


def _calm_collector() -> None:
    """Let the garbage collector look less often, and never at what lives as long as the console.

    A status of 10,000 processes is as many new objects several times a second and holds no cycles: with the
    collector's usual pace decoding one took 10.6 ms, so it takes 4.2 ms.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
