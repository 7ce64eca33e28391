"""`tuiconsole conciliate`: a person ends a conflict, and has seen beforehand what that stops."""

from __future__ import annotations

from contextlib import closing

import click

from tuiconsole.cli import request_options
from tuiconsole.cli.asking import open_cluster, open_lines, readers
from tuiconsole.cli.commands.act import ask
from tuiconsole.cli.commands.status import ask_status
from tuiconsole.cli.confirmation import typed
from tuiconsole.cli.endings import FailureError
from tuiconsole.cli.options import Given, given, global_options
from tuiconsole.model.requests import Action
from tuiconsole.model.status import ClusterStatus, ConflictStatus
from tuiconsole.rulebook.rules import ConciliationStrategy
from tuiconsole.settings.cluster import Cluster
from tuiconsole.source.text import did_you_mean

_CHOICES = [one.value for one in ConciliationStrategy if one is not ConciliationStrategy.USER]


@click.command()
@click.argument("target", metavar="APP[:PROCESS]")
@click.option(
    "--strategy", type=click.Choice(_CHOICES, case_sensitive=False), help="What is to stay, or to be done."
)
@click.option("--keep", metavar="NODE", help="The node whose instance stays, instead of a strategy.")
@click.option("--yes", metavar="TARGET", help="The target once more, instead of being asked for it.")
@request_options.timeout(60.0, "Seconds for the request.")
@global_options
@click.pass_context
def conciliate(
    context: click.Context,
    target: str,
    strategy: str | None,
    keep: str | None,
    yes: str | None,
    timeout: float,
) -> int:
    """End a conflict: have one instance stay, or all stopped, or one started anew."""
    options = given(context)
    cluster = open_cluster(options)
    if (strategy is None) is (keep is None):
        raise click.UsageError("give either --strategy S or --keep NODE")
    if keep is not None and keep not in cluster.nodes:
        raise click.UsageError(f"no node is named {keep!r}; {did_you_mean(keep, cluster.nodes)}")
    found = _conflicts(options, cluster, target)
    typed(target, yes, "\n".join(_announced(one, strategy, keep) for one in found))
    return ask(options, Action.CONCILIATE, (target,), timeout, strategy=strategy, keep=keep or "")


def _conflicts(options: Given, cluster: Cluster, target: str) -> list[ConflictStatus]:
    with closing(open_lines(cluster, options)) as lines:
        status = ask_status(lines, readers(cluster, options))
    found = [one for one in status.conflicts if target in (one.name, one.name.partition(":")[0])]
    if not found:
        _refuse_stranger(status, target)
        # A process of an application that is one conflict: the master says why it cannot be meant alone.
        found = [one for one in status.conflicts if one.name == target.partition(":")[0]]
    if not found:
        raise FailureError(f"nothing of {target} runs more than once")
    return found


def _refuse_stranger(status: ClusterStatus, target: str) -> None:
    known = [one.name for one in status.applications]
    known += [process.namespec for one in status.applications for process in one.processes]
    if target not in known:
        raise click.UsageError(f"nothing is named {target!r}; {did_you_mean(target, known)}")


def _announced(conflict: ConflictStatus, strategy: str | None, keep: str | None) -> str:
    """What is going to happen, in words, before anything does."""
    if strategy is not None:
        return f"{conflict.name}: {conflict.options.get(strategy, strategy)}."
    others = [node for node in conflict.nodes if node != keep]
    if len(others) == len(conflict.nodes):
        return f"{conflict.name} does not run on {keep}."
    return f"{conflict.name}: {keep} keeps it, {' and '.join(others)} stops it."
