"""`tuiconsole start`, `stop`, `restart` and `clear`: ask the master, and tell how each target ended."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing, suppress

import click

from tuiconsole.cli import complaints, output, request_options
from tuiconsole.cli.asking import matching, one_node, open_cluster, open_lines, readers, turned_away
from tuiconsole.cli.commands.status import ask_status
from tuiconsole.cli.confirmation import typed
from tuiconsole.cli.exit_codes import ExitCode
from tuiconsole.cli.options import Given, given, global_options
from tuiconsole.client.on_node import targets_on
from tuiconsole.client.oneshot import Lines, act
from tuiconsole.client.tally import Tally
from tuiconsole.client.unanswered import NoAnswerError
from tuiconsole.client.whose import reading_order
from tuiconsole.model.requests import ALARM_ACTIONS, OF_NODES, OF_THE_CLUSTER, Action, Outcome, Verdict
from tuiconsole.rulebook.rules import StartingStrategy
from tuiconsole.settings.cluster import ClusterNode
from tuiconsole.source.text import did_you_mean
from tuiconsole.wire.requests import Act

_TIMEOUT = 60.0
_PLACES = frozenset({Action.START, Action.RESTART})
"""What may place an application, for which LOCAL must mean one node."""
_UNSURE = frozenset({Verdict.UNKNOWN, Verdict.NO_ANSWER})

_timeout = request_options.timeout(
    _TIMEOUT, "Seconds for the request; a start that is not done by then is rolled back."
)
_strategy = click.option(
    "--strategy",
    type=click.Choice([strategy.value for strategy in StartingStrategy], case_sensitive=False),
    help="How the node is chosen, instead of the rules' word.",
)


class _WithArguments(click.Command):
    """A command whose words after `--` are not its own."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        own, found, added = _split(args)
        context.meta[_ARGUMENTS] = tuple(added)
        if found and not added:
            raise click.UsageError("nothing follows the --: leave it out, or add arguments")
        return super().parse_args(context, own)


_ARGUMENTS = "tuiconsole.arguments"


def _split(args: list[str]) -> tuple[list[str], bool, list[str]]:
    if "--" not in args:
        return args, False, []
    at = args.index("--")
    return args[:at], True, args[at + 1 :]


@click.command(cls=_WithArguments, options_metavar="[OPTIONS]", epilog="After --: arguments of one process.")
@request_options.targets
@_strategy
@request_options.no_wait
@_timeout
@global_options
@click.pass_context
def start(
    context: click.Context, target: tuple[str, ...], strategy: str | None, no_wait: bool, timeout: float
) -> int:
    """Start applications or processes. LOCAL in their rules means the node of --node, or of this host."""
    added: tuple[str, ...] = context.meta[_ARGUMENTS]
    if added and (len(target) != 1 or ":" not in target[0]):
        raise click.UsageError("arguments after -- are those of one process: name one APP:PROCESS")
    return ask(
        given(context),
        Action.START,
        target,
        timeout,
        strategy=strategy,
        wait=not no_wait,
        arguments=added,
    )


@click.command()
@click.argument("target", nargs=-1, metavar="APP[:PROCESS]…")
@click.option("--on", "place", metavar="NODE", help="Instead of targets: all that runs on NODE.")
@click.option("--yes", metavar="NODE", help="With --on: the node's name once more, instead of being asked.")
@request_options.no_wait
@_timeout
@click.option(
    "--without-master",
    is_flag=True,
    help="If there is no master (no quorum), stop them on the nodes that are reached.",
)
@global_options
@click.pass_context
def stop(
    context: click.Context,
    target: tuple[str, ...],
    place: str | None,
    yes: str | None,
    no_wait: bool,
    timeout: float,
    without_master: bool,
) -> int:
    """Stop applications or processes, wherever they run."""
    options = given(context)
    if bool(target) is (place is not None):
        raise click.UsageError("name what to stop, or the node with --on NODE")
    if place is None and yes is not None:
        raise click.UsageError("--yes confirms --on NODE")
    if place is not None:
        target = _all_on(options, place, yes)
        if not target:
            complaints.progress(f"nothing that could be stopped runs on {place}")
            if options.json:
                output.json([])
            return ExitCode.DONE
    return ask(options, Action.STOP, target, timeout, wait=not no_wait, without_master=without_master)


@click.command()
@request_options.targets
@_strategy
@request_options.no_wait
@_timeout
@global_options
@click.pass_context
def restart(
    context: click.Context, target: tuple[str, ...], strategy: str | None, no_wait: bool, timeout: float
) -> int:
    """Stop applications or processes, and start them again."""
    return ask(given(context), Action.RESTART, target, timeout, strategy=strategy, wait=not no_wait)


@click.command()
@request_options.targets
@global_options
@click.pass_context
def clear(context: click.Context, target: tuple[str, ...]) -> int:
    """Forget the failures of applications or processes: they were seen."""
    return ask(given(context), Action.CLEAR, target, _TIMEOUT)


def _all_on(options: Given, node: str, yes: str | None) -> tuple[str, ...]:
    """What has to be stopped so that a node runs nothing, once somebody has confirmed it."""
    cluster = open_cluster(options)
    if node not in cluster.nodes:
        raise click.UsageError(f"no node is named {node!r}; {did_you_mean(node, cluster.nodes)}")
    with closing(open_lines(cluster, options)) as lines:
        status = ask_status(lines, readers(cluster, options))
    targets, spared = targets_on([one for one in status.applications if one.managed], node)
    if targets:
        stays = f" {', '.join(spared)} stays: it runs elsewhere too." if spared else ""
        typed(node, yes, f"This stops {', '.join(targets)}.{stays}")
    return targets


def ask(
    options: Given,
    action: Action,
    targets: Sequence[str],
    timeout: float,
    *,
    strategy: str | None = None,
    wait: bool = True,
    without_master: bool = False,
    reason: str = "",
    keep: str = "",
    seconds: float = 0.0,
    dry_run: bool = False,
    arguments: tuple[str, ...] = (),
    number: int = 0,
) -> int:
    """Ask the master, tell how each target ended; the exit code."""
    cluster = open_cluster(options)
    if action in _PLACES:
        nodes: tuple[ClusterNode, ...] = (one_node(cluster, options, action.value),)
    else:
        nodes = reading_order(cluster, matching(cluster, options))
    names = tuple(dict.fromkeys(targets))
    body = Act(
        action,
        names,
        nodes[0].name,
        timeout,
        strategy,
        reason=reason,
        without_master=without_master,
        keep=keep,
        seconds=seconds,
        dry_run=dry_run,
        arguments=arguments,
        number=number,
    )
    with closing(open_lines(cluster, options)) as lines:
        try:
            outcomes = _carry(lines, nodes, body, wait=wait)
        except KeyboardInterrupt:
            complaints.say(f"{action.value} goes on without you; `tuiconsole status` shows it")
            raise
        named = action not in OF_NODES | OF_THE_CLUSTER | ALARM_ACTIONS
        strangers = _strangers(lines, readers(cluster, options), outcomes) if named else {}
    if options.json:
        output.json(outcomes)
    return _tell(action, outcomes, strangers, quiet=options.json)


def _carry(lines: Lines, nodes: Sequence[ClusterNode], body: Act, *, wait: bool) -> list[Outcome]:
    tally = Tally(body.targets)
    outcomes = []
    for step in act(lines, nodes, body, tally):
        if isinstance(step, Outcome):
            outcomes.append(step)
        elif wait:
            where = f" ({step.step} of {step.steps})" if step.steps else ""
            complaints.progress(f"{step.target}: {step.text}{where}")
        else:
            outcomes += tally.end(Verdict.DONE, f"{body.action.value} requested")
            break
    if tally.failure is not None:
        turned_away(tally.failure)
    return outcomes


def _strangers(lines: Lines, nodes: Sequence[ClusterNode], outcomes: Sequence[Outcome]) -> dict[str, str]:
    """The refused names that nothing bears, each with a remedy."""
    refused = [outcome.target for outcome in outcomes if outcome.verdict is Verdict.REFUSED]
    if not refused:
        return {}
    with suppress(NoAnswerError):
        status = ask_status(lines, nodes)
        applications = {one.name: [p.namespec for p in one.processes] for one in status.applications}
        strangers = {}
        for target in refused:
            name, _, program = target.partition(":")
            if name not in applications:
                near = did_you_mean(name, applications)
                strangers[target] = f"no application is named {name!r}; {near}"
            elif program and target not in applications[name]:
                near = did_you_mean(target, applications[name])
                strangers[target] = f"{name} has no process {program!r}; {near}"
        return strangers
    return {}


def _tell(action: Action, outcomes: Sequence[Outcome], strangers: dict[str, str], *, quiet: bool) -> int:
    for outcome in outcomes:
        if outcome.verdict is Verdict.DONE:
            if not quiet:
                output.line(f"{outcome.target} {outcome.text}")
        elif outcome.target in strangers:
            complaints.say(strangers[outcome.target])
        else:
            word = outcome.verdict.value.replace("_", " ")
            complaints.say(f"{action.value} {outcome.target}: {word}: {outcome.text}")
        for detail in () if quiet else outcome.details:
            output.line(f"  {detail}")
    if strangers:
        return ExitCode.USAGE
    verdicts = {outcome.verdict for outcome in outcomes}
    if verdicts & _UNSURE:
        return ExitCode.NO_ANSWER
    return ExitCode.DONE if verdicts <= {Verdict.DONE} else ExitCode.FAILED
