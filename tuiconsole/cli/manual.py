"""The manual page, made of the commands' own words: it says what `--help` says, and never anything older."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import click

from tuiconsole.cli.exit_codes import ExitCode

_ENDS = {
    ExitCode.DONE: "done",
    ExitCode.FAILED: "refused or failed, an unreadable or invalid file, a port in use; stderr has the reason",
    ExitCode.USAGE: "a wrong option, name or --node",
    ExitCode.NO_ANSWER: "nobody answered, or no quorum for what was asked",
    ExitCode.INTERRUPTED: "interrupted from the keyboard",
}
_ENVIRONMENT = {
    "TUICONSOLE_CONFIG": "the cluster file, as --config",
    "TUICONSOLE_NODE": "the node on whose behalf is asked, as --node",
    "TUICONSOLE_KEY": "the secret key of who asks, as --key",
    "NO_COLOR": "if it is set, the console shows no colours",
}
_FILES = {
    "tuiconsole.toml": "the cluster file: here, or in ~/.config/tuiconsole or /etc/tuiconsole",
    "~/.config/tuiconsole/console.toml": "the console's settings and keys",
    "~/.local/state/tuiconsole/console.json": "what the console remembers of its operator",
}


def page(cli: click.Group, version: str) -> str:
    """The whole page, as roff (man(7))."""
    return "\n".join(_page(cli, version)) + "\n"


def _page(cli: click.Group, version: str) -> Iterator[str]:
    context = click.Context(cli, info_name="tuiconsole")
    yield f'.TH TUICONSOLE 1 "" "tuiconsole {_escaped(version)}"'
    yield ".SH NAME"
    yield r"tuiconsole \- one system of many supervisords"
    yield ".SH SYNOPSIS"
    yield r".B tuiconsole"
    yield r"[\fIOPTION\fR]... [\fICOMMAND\fR [\fIARGUMENT\fR]...]"
    yield ".SH DESCRIPTION"
    yield from _paragraphs(cli.help or "")
    yield ".SH OPTIONS"
    yield from _options(cli, context)
    yield ".SH COMMANDS"
    yield "Every command takes --config, --node, --key and --json as well, where they mean something."
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        if command is not None and not command.hidden:
            yield from _command(command, context, name)
    yield from _table("EXIT STATUS", {str(int(code)): words for code, words in _ENDS.items()})
    yield ".P"
    yield "Under status --check: 0 well, 1 minor failure, 2 major failure, 3 unknown, and any other error."
    yield from _table("ENVIRONMENT", _ENVIRONMENT)
    yield from _table("FILES", _FILES)
    yield ".SH SEE ALSO"
    yield ".BR supervisord (1),"
    yield ".BR supervisorctl (1)"


def _command(command: click.Command, parent: click.Context, name: str) -> Iterator[str]:
    context = click.Context(command, info_name=name, parent=parent)
    usage = " ".join(command.collect_usage_pieces(context))
    yield f".SS {_escaped(f'{context.command_path} {usage}')}"
    yield from _paragraphs(command.help or "")
    yield from _options(command, context)
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            found = command.get_command(context, inner)
            if found is not None:
                yield from _command(found, context, inner)


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    """The options; of a command those that it does not share with all others."""
    for parameter in command.get_params(context):
        shared = not parameter.expose_value and (context.parent is not None)
        record = parameter.get_help_record(context) if isinstance(parameter, click.Option) else None
        if record is not None and not shared:
            yield ".TP"
            yield rf"\fB{_escaped(record[0])}\fR"
            yield _escaped(record[1])


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in re.split(r"\n\s*\n", inspect.cleandoc(text.replace("\b", ""))):
        yield ".P"
        yield _escaped(" ".join(paragraph.split()))


def _table(heading: str, rows: dict[str, str]) -> Iterator[str]:
    yield f".SH {heading}"
    for name, words in rows.items():
        yield ".TP"
        yield rf"\fB{_escaped(name)}\fR"
        yield _escaped(words)


def _escaped(text: str) -> str:
    """Text of which roff obeys nothing: no escape, and no request at a line's beginning."""
    text = text.replace("\\", r"\e").replace("-", r"\-").replace("\n", " ")
    text = "".join(letter if letter.isascii() else rf"\[u{ord(letter):04X}]" for letter in text)
    return rf"\&{text}" if text.startswith((".", "'")) else text
