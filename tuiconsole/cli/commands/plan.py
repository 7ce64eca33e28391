"""`tuiconsole plan`: what would happen if something were asked for, or nodes were lost. Changes nothing."""

from __future__ import annotations

from contextlib import closing

import click

from tuiconsole.cli import complaints, output
from tuiconsole.cli.asking import (
    NothingAnsweredError,
    matching,
    one_node,
    open_cluster,
    open_lines,
    turned_away,
)
from tuiconsole.cli.commands.scale import MOST
from tuiconsole.cli.exit_codes import ExitCode
from tuiconsole.cli.options import Given, given, global_options
from tuiconsole.client.plan_words import plan_lines
from tuiconsole.client.whose import reading_order
from tuiconsole.model.plan import Plan, Question
from tuiconsole.rulebook.rules import StartingStrategy
from tuiconsole.source.text import did_you_mean
from tuiconsole.wire.messages import AskPlan, Failed, Planned

_WITHIN = 8.0
"""Seconds for the answer: the agent may wait for the master first, and a great cluster takes a while."""

_targets = click.argument("target", nargs=-1, required=True, metavar="APP[:PROCESS]…")
_strategy = click.option(
    "--strategy",
    type=click.Choice([strategy.value for strategy in StartingStrategy], case_sensitive=False),
    help="How the node is chosen, instead of the rules' word.",
)


@click.group()
def plan() -> None:
    """Show what would happen, computed by the master's own engine. Nothing is changed."""


@plan.command()
@_targets
@_strategy
@global_options
@click.pass_context
def start(context: click.Context, target: tuple[str, ...], strategy: str | None) -> int:
    """Where each process would go, and why not elsewhere."""
    return foretell(given(context), Question.START, target, strategy)


@plan.command()
@_targets
@global_options
@click.pass_context
def stop(context: click.Context, target: tuple[str, ...]) -> int:
    """In which order they would stop, and the load that gives back."""
    return foretell(given(context), Question.STOP, target)


@plan.command()
@_targets
@_strategy
@global_options
@click.pass_context
def restart(context: click.Context, target: tuple[str, ...], strategy: str | None) -> int:
    """Where they would be after a restart."""
    return foretell(given(context), Question.RESTART, target, strategy)


@plan.command()
@click.argument("node_name", nargs=-1, required=True, metavar="NODE…")
@global_options
@click.pass_context
def loss(context: click.Context, node_name: tuple[str, ...]) -> int:
    """What would become of everything if these nodes were lost at once: no power, or cut off."""
    return foretell(given(context), Question.LOSS, node_name)


@plan.command()
@click.argument("node_name", nargs=-1, required=True, metavar="NODE…")
@global_options
@click.pass_context
def drain(context: click.Context, node_name: tuple[str, ...]) -> int:
    """What would move where, step by step, and what would stay, if these nodes were drained."""
    return foretell(given(context), Question.DRAIN, node_name)


@plan.command()
@click.argument("target", metavar="APP:PROGRAM")
@click.argument("number", type=click.IntRange(1, MOST), metavar="N")
@global_options
@click.pass_context
def scale(context: click.Context, target: str, number: int) -> int:
    """What would stop and what would start if a program had N processes."""
    if ":" not in target:
        raise click.UsageError("a program is scaled, not an application: name APP:PROGRAM")
    return foretell(given(context), Question.SCALE, (target,), number=number)


@plan.command()
@global_options
@click.pass_context
def shutdown(context: click.Context) -> int:
    """In which order all would stop if the system were shut down."""
    return _whole(context, Question.SHUTDOWN)


@plan.command()
@global_options
@click.pass_context
def reload(context: click.Context) -> int:
    """In which order all would stop if the system were reloaded, and what would start again."""
    return _whole(context, Question.RELOAD)


def _whole(context: click.Context, question: Question) -> int:
    options = given(context)
    return foretell(options, question, (open_cluster(options).name,))


def foretell(
    options: Given,
    question: Question,
    names: tuple[str, ...],
    strategy: str | None = None,
    *,
    number: int = 0,
) -> int:
    """Ask, print, and tell by the exit code whether all of it would be well."""
    cluster = open_cluster(options)
    if question in (Question.START, Question.RESTART):
        own = one_node(cluster, options, f"plan {question.value}")
        nodes = reading_order(cluster, (own,))
    else:
        nodes = reading_order(cluster, matching(cluster, options))
    if question in (Question.LOSS, Question.DRAIN):
        for name in names:
            if name not in cluster.nodes:
                raise click.UsageError(f"no node is named {name!r}; {did_you_mean(name, cluster.nodes)}")
    ask = AskPlan(question, tuple(dict.fromkeys(names)), nodes[0].name, strategy, number=number)
    with closing(open_lines(cluster, options)) as lines:
        _, _, reply = lines.first_reply(nodes, ask, _WITHIN)
    if isinstance(reply.body, Failed):
        turned_away(reply.body)
    if not isinstance(reply.body, Planned):
        raise NothingAnsweredError("the agent does not know what a plan is; update it")
    return _tell(reply.body.plan, quiet=options.json)


def _tell(found: Plan, *, quiet: bool) -> int:
    if quiet:
        output.json(found)
    else:
        output.lines(plan_lines(found))
    if found.impossible:
        complaints.say(found.impossible)
        return ExitCode.NO_ANSWER
    if found.good:
        return ExitCode.DONE
    bad = [target.name for target in found.targets if not target.result.good]
    complaints.say(f"not all of it would be well: {', '.join(bad)}")
    return ExitCode.FAILED
