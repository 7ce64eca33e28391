"""`python -m tuiconsole.cli.summarize`: writes cli/summaries.py from the commands' own words."""

from __future__ import annotations

import inspect
import json
from pathlib import Path

import click

from tuiconsole.cli.main import cli

FILE = Path(__file__).with_name("summaries.py")


def summaries() -> dict[str, str]:
    """By command, the first paragraph of its help on one line."""
    context = click.Context(cli)
    found = {}
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        if command is not None:
            first = inspect.cleandoc(command.help or "").partition("\n\n")[0]
            found[name] = " ".join(first.split())
    return found


def source() -> str:
    """The module's text."""
    head = FILE.read_text(encoding="utf-8").partition("SUMMARIES:")[0]
    lines = []
    for name, words in summaries().items():
        line = f"    {json.dumps(name)}: {json.dumps(words, ensure_ascii=False)},"
        # Long lines are what ruff format leaves alone: strings are not broken.
        lines.append(line if len(line) <= 110 else f"{line}  # noqa: E501")
    return f"{head}SUMMARIES: dict[str, str] = {{\n" + "\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    FILE.write_text(source(), encoding="utf-8")
