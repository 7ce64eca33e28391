"""`tuiconsole completion`: the shells' completion, and what it completes with."""

from __future__ import annotations

import click

from tuiconsole.cli import output
from tuiconsole.cli.exit_codes import ExitCode
from tuiconsole.cli.shells import SCRIPTS


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("shell", type=click.Choice(tuple(SCRIPTS)), metavar="|".join(SCRIPTS))
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[-- WORD…]")
def completion(shell: str, words: tuple[str, ...]) -> int:
    """Print the completion for a shell: `source <(tuiconsole completion bash)`.

    Behind -- the words of a command line so far, the last one perhaps empty or unfinished: prints what may
    stand in its place, a line each: kind, word and meaning, with tabs between. The scripts ask so.
    """
    if not words:
        output.text(SCRIPTS[shell])
        return ExitCode.DONE
    from tuiconsole.cli.completing import suggestions

    typed = words[1:] if words[0] == "--" else words
    output.text("".join(f"{line}\n" for line in suggestions(typed[:-1], typed[-1] if typed else "")))
    return ExitCode.DONE
