"""The command `tuiconsole`: finds what is meant, and turns every error into one line and an exit code."""

from __future__ import annotations

import importlib
from collections.abc import Sequence

import click

from tuiconsole.cli import complaints, output
from tuiconsole.cli.endings import FailureError, NothingAnsweredError
from tuiconsole.cli.exit_codes import ExitCode, Health
from tuiconsole.cli.options import given, global_options
from tuiconsole.cli.summaries import SUMMARIES
from tuiconsole.client.unanswered import NoAnswerError
from tuiconsole.source.errors import SourceError

_COMMANDS = {
    "agent": "agent",
    "alarms": "alarms",
    "breed": "breed",
    "clear": "act",
    "completion": "completion",
    "conciliate": "conciliate",
    "confirm-dead": "confirm_dead",
    "conflicts": "conflicts",
    "crash-test": "crash_test",
    "demo": "demo",
    "disable": "disable",
    "drain": "drain",
    "enable": "disable",
    "end-sync": "whole",
    "events": "events",
    "import": "import_",
    "jobs": "jobs",
    "keys": "keys",
    "logs": "logs",
    "maintenance": "maintenance",
    "man": "man",
    "nodes": "nodes",
    "plan": "plan",
    "quorum": "quorum",
    "reload": "whole",
    "restart": "act",
    "rules": "rules",
    "shutdown": "whole",
    "scale": "scale",
    "serve": "serve",
    "start": "act",
    "status": "status",
    "stop": "act",
    "top": "top",
    "undrain": "drain",
    "why": "why",
}
"""Each command and its module, imported when it is asked for: none must wait for the others."""


_FUNCTIONS = {"import": "import_"}
"""Where the command's name is a word of Python."""


class _Commands(click.Group):
    def list_commands(self, _context: click.Context) -> list[str]:
        return list(_COMMANDS)

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """As click does, but without importing each command only to read its first line."""
        listed = [
            click.Command(name, help=SUMMARIES[name])
            if name in SUMMARIES
            else self.get_command(context, name)
            for name in _COMMANDS
        ]
        limit = formatter.width - 6 - max(map(len, _COMMANDS))
        with formatter.section("Commands"):
            formatter.write_dl(
                [(one.name or "", one.get_short_help_str(limit)) for one in listed if one is not None]
            )

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        module = _COMMANDS.get(name)
        if module is None:
            return None
        found: click.Command = getattr(
            importlib.import_module(f"tuiconsole.cli.commands.{module}"),
            _FUNCTIONS.get(name, name.replace("-", "_")),
        )
        return found

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0] if args else ""
        if args and not name.startswith("-") and name not in _COMMANDS:
            from tuiconsole.source.text import did_you_mean

            raise click.UsageError(f"no command is named {name!r}; {did_you_mean(name, _COMMANDS)}")
        return super().resolve_command(context, args)


@click.group(
    cls=_Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@global_options
@click.option("--read-only", is_flag=True, help="The console changes nothing.")
@click.version_option(package_name="tuiconsole", message="%(prog)s %(version)s")
@click.pass_context
def cli(context: click.Context, read_only: bool) -> int:
    """One system of many supervisords. Without a command: the console; with --json: the status."""
    if context.invoked_subcommand is not None:
        if read_only:
            raise click.UsageError("--read-only is an option of the console, which has no command")
        return ExitCode.DONE
    if given(context).json:
        from tuiconsole.cli.commands.status import show

        return show(given(context))
    from tuiconsole.cli.commands.console import open_console

    return open_console(given(context), read_only=read_only)


def run(arguments: Sequence[str]) -> int:
    """Run one command line; returns its exit code."""
    output.prepare()
    complaints.prepare()
    # Click tells no exit code of a group's own; its commands return theirs.
    try:
        code = _run(list(arguments))
    except output.ReaderLeftError:
        output.abandon()
        return ExitCode.PIPE_CLOSED
    return code


def _run(arguments: list[str]) -> int:
    try:
        result = cli.main(args=arguments, prog_name="tuiconsole", standalone_mode=False)
        return int(result) if isinstance(result, int) else ExitCode.DONE
    except click.exceptions.NoArgsIsHelpError as error:
        complaints.say(
            f"{error.ctx.command_path if error.ctx else 'this'} needs a command or argument; see --help"
        )
        code = ExitCode.USAGE
    except click.ClickException as error:
        where = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else ""
        hint = (
            f" (see `{where} --help`)"
            if where and isinstance(error, click.BadParameter | click.NoSuchOption)
            else ""
        )
        complaints.say(error.format_message() + hint)
        code = ExitCode.USAGE if error.exit_code == ExitCode.USAGE else ExitCode.FAILED
    except SourceError as error:
        complaints.about_source(error.complaints)
        code = ExitCode.FAILED
    except FailureError as error:
        complaints.say(str(error))
        code = ExitCode.FAILED
    except (NoAnswerError, NothingAnsweredError) as error:
        complaints.say(str(error))
        code = ExitCode.NO_ANSWER
    except (click.Abort, KeyboardInterrupt):
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        raise
    except OSError as error:
        complaints.say(str(error))
        code = ExitCode.FAILED
    return Health.UNKNOWN if _checks(arguments) else code


def _checks(arguments: list[str]) -> bool:
    """True if the scale of `status --check` holds, in which other errors are unknown."""
    return "status" in arguments and "--check" in arguments
