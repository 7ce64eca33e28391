"""The entry of the console for the command line. Textual is imported only once it is needed."""

from __future__ import annotations

import gc
import locale
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from tuiconsole.console.attention import wants_blink
from tuiconsole.console.settings import NAME, load_settings, wants_ascii

if TYPE_CHECKING:
    from tuiconsole.console.feed import SessionFactory
    from tuiconsole.rulebook.rulebook import Rulebook

FRAMES = 240
"""Of Textual in a second at most, which knows 60: what a key does waits for the next one."""


def run_console(
    session_factory: SessionFactory,
    *,
    cluster: str = "",
    read_only: bool = False,
    item: str = "",
    rules: Callable[[], Rulebook] | None = None,
    remembers: bool = True,
) -> int:
    """Show the console until the operator quits.

    Args:
        session_factory: opens the session. It may raise: the console then shows why, and asks again.
        cluster: the cluster's name as its file says, shown before the first status.
        read_only: refuse whatever changes something, and show a badge.
        item: the cluster file's pattern of items.
        rules: reads the rules files, to show what applies.
        remembers: begin where the operator left the last console, and remember where this one is left.

    Returns:
        The exit code: 0 when the operator quit, 1 after a fault of the console itself, 2 without a terminal.

    Raises:
        SourceError: the operator's console.toml is wrong.
    """
    # Textual draws on stderr, so that one must be a terminal too; in a browser nothing is.
    if not in_browser(os.environ) and not all(
        stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)
    ):
        sys.stderr.write("tuiconsole: the console needs a terminal; `tuiconsole status` prints the same\n")
        return 2
    os.environ.setdefault("TEXTUAL_FPS", str(FRAMES))
    settings = load_settings(Path(platformdirs.user_config_dir("tuiconsole")) / NAME)
    # Collecting while all is being loaded finds nothing, and the first picture waits for it.
    gc.disable()
    from tuiconsole.console.app import ConsoleApp

    app = ConsoleApp(
        session_factory,
        cluster=cluster,
        read_only=read_only,
        item=item,
        rules=rules,
        settings=settings,
        memory=Path(platformdirs.user_state_dir("tuiconsole")) / "console.json" if remembers else None,
        blinks=wants_blink(settings.blink, os.environ),
        settled=calm_collector,
        letters_ascii=not in_browser(os.environ)
        and wants_ascii(settings.letters, os.environ, locale.getpreferredencoding(False)),
    )
    result = app.run()
    return app.return_code or result or 0


def in_browser(env: Mapping[str, str]) -> bool:
    """True if `tuiconsole serve` has started this console: it draws for a browser, through pipes."""
    return env.get("TEXTUAL_DRIVER", "").startswith("textual.drivers.web_driver:")


def calm_collector() -> None:
    """Let the garbage collector never look at what lives as long as the console, and seldom at the rest.

    Statuses are not its business (`gc=False`: they hold no cycles). What is drawn is: lines that cache
    themselves are cycles; while it looked too rarely they grew by 5 MB a minute on a great cluster. More at a
    time saves nothing: 20,000 made pauses of 16 ms in place of 4 ms, and took the same time in all.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 10, 10)
    gc.enable()
