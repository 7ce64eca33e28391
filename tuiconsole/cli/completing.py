"""What may follow the words of a command line: commands, options, and the names of the cluster.

What a name means is read off its metavar: NODE is a node, APP an application, FILE a file. So new commands
are completed without a word about it. A completion never complains: without a cluster there are fewer words.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence

import click
from click.shell_completion import CompletionItem, ShellComplete

from tuiconsole.cli.asking import open_cluster, open_lines, readers
from tuiconsole.cli.options import given
from tuiconsole.client.unanswered import NoAnswerError
from tuiconsole.model.status import ApplicationStatus
from tuiconsole.settings.cluster import Cluster
from tuiconsole.source.errors import SourceError, one_line
from tuiconsole.wire.replies import StatusIs
from tuiconsole.wire.requests import AskStatus

WITHIN = 0.4
"""Seconds for the cluster to name its applications: who has pressed Tab waits."""

Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def suggestions(words: Sequence[str], unfinished: str) -> list[str]:
    """A line for each: kind (`plain`, `file`, `dir`), word, meaning; tabs between."""
    from tuiconsole.cli.main import cli

    found: list[CompletionItem] = []
    with contextlib.suppress(click.ClickException):
        _teach(cli, click.Context(cli), words)
        found = ShellComplete(cli, {}, "tuiconsole", "").get_completions(list(words), unfinished)
    return [f"{item.type}\t{one_line(item.value)}\t{one_line(item.help or '')}" for item in found]


def _teach(command: click.Command, context: click.Context, words: Sequence[str]) -> None:
    """Let the parameters of a command, and of the subcommand that the words name, know their values."""
    for parameter in command.params:
        teacher = _teacher(parameter)
        if teacher is not None:
            parameter._custom_shell_complete = teacher  # noqa: SLF001 - click takes it at declaration only
    if isinstance(command, click.Group):
        for word in words:
            found = command.get_command(context, word)
            if found is not None:
                _teach(found, context, words)


def _teacher(parameter: click.Parameter) -> Completer | None:
    if isinstance(parameter.type, click.Choice) or (
        isinstance(parameter, click.Option) and parameter.is_flag
    ):
        return None
    if "--node" in parameter.opts:
        return _nodes
    meaning = parameter.metavar or ""
    if not meaning and isinstance(parameter, click.Argument):
        meaning = (parameter.name or "").upper()
    for word, teacher in (
        ("NAMESPEC", _processes),
        ("PROCESS", _both),
        ("APP=", None),
        ("NODE", _nodes),
        ("APP", _applications),
        ("FILE", _files),
        ("DIR", _folders),
    ):
        if word in meaning:
            return teacher
    return None


def _nodes(context: click.Context, _parameter: click.Parameter, unfinished: str) -> list[CompletionItem]:
    nodes = cluster.nodes.values() if (cluster := _cluster(context)) else ()
    return [CompletionItem(node.name, help=node.host) for node in nodes if node.name.startswith(unfinished)]


def _applications(
    context: click.Context, _parameter: click.Parameter, unfinished: str
) -> list[CompletionItem]:
    return [
        CompletionItem(one.name, help=one.state.value)
        for one in _status(context)
        if one.name.startswith(unfinished)
    ]


def _processes(context: click.Context, _parameter: click.Parameter, unfinished: str) -> list[CompletionItem]:
    return [
        CompletionItem(process.namespec, help=process.state.value)
        for one in _status(context)
        for process in one.processes
        if process.namespec.startswith(unfinished)
    ]


def _both(context: click.Context, parameter: click.Parameter, unfinished: str) -> list[CompletionItem]:
    """Applications; processes once a colon is typed, or one application is left."""
    found = [] if ":" in unfinished else _applications(context, parameter, unfinished)
    return found if len(found) > 1 else found + _processes(context, parameter, unfinished)


def _files(_context: click.Context, _parameter: click.Parameter, unfinished: str) -> list[CompletionItem]:
    return [CompletionItem(unfinished, type="file")]


def _folders(_context: click.Context, _parameter: click.Parameter, unfinished: str) -> list[CompletionItem]:
    return [CompletionItem(unfinished, type="dir")]


def _cluster(context: click.Context) -> Cluster | None:
    with contextlib.suppress(SourceError, OSError, click.ClickException):
        return open_cluster(given(context))
    return None


def _status(context: click.Context) -> tuple[ApplicationStatus, ...]:
    """The applications, from the first agent that answers soon; none else."""
    cluster = _cluster(context)
    if cluster is None:
        return ()
    options = given(context)
    with (
        contextlib.suppress(SourceError, OSError, click.ClickException, NoAnswerError, LookupError),
        contextlib.closing(open_lines(cluster, options)) as lines,
    ):
        _, _, reply = lines.first_reply(readers(cluster, options), AskStatus(), WITHIN)
        if isinstance(reply.body, StatusIs):
            return reply.body.status.applications
    return ()
