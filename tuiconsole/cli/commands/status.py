"""`tuiconsole status`: how the cluster is."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import closing

import click
import msgspec

from tuiconsole.cli import complaints, output
from tuiconsole.cli.asking import open_cluster, open_lines, readers, turned_away
from tuiconsole.cli.exit_codes import ExitCode, Health
from tuiconsole.cli.options import Given, given, global_options
from tuiconsole.client.items import ItemsStatus, merge_items
from tuiconsole.client.oneshot import Lines, converse
from tuiconsole.client.unanswered import NoAnswerError
from tuiconsole.model.states import ClusterState
from tuiconsole.model.status import ClusterStatus
from tuiconsole.settings.cluster import Cluster, ClusterNode
from tuiconsole.source.errors import SourceError
from tuiconsole.source.text import did_you_mean
from tuiconsole.wire.replies import Failed, StatusIs
from tuiconsole.wire.requests import AskStatus


@click.command()
@click.argument("app", nargs=-1)
@click.option("--items", is_flag=True, help="Merge the applications of each item; the worst LEDs win.")
@click.option("--watch", "watching", is_flag=True, help="Show it again whenever it changes, until Ctrl-C.")
@click.option("--check", is_flag=True, help="Exit 0 if all is well, 1 minor, 2 major failure, 3 unknown.")
@global_options
@click.pass_context
def status(context: click.Context, app: tuple[str, ...], items: bool, watching: bool, check: bool) -> int:
    """Show applications, nodes, master and quorum; of each APP also its processes."""
    if watching and check:
        raise click.UsageError("--watch never ends, so that --check has nothing to say")
    if items and app:
        raise click.UsageError("--items shows all items; name no APP")
    return show(given(context), app, items=items, watching=watching, check=check)


def show(
    options: Given,
    names: Sequence[str] = (),
    *,
    items: bool = False,
    watching: bool = False,
    check: bool = False,
) -> int:
    """Ask and print; returns the exit code."""
    cluster = open_cluster(options)
    if items and not cluster.item:
        raise SourceError.at(cluster.file, 0, "says not how names form items", "add item = '…' to [cluster]")
    with closing(open_lines(cluster, options)) as lines:
        nodes = readers(cluster, options)
        if watching:
            return _watch(options, cluster, lines, nodes, names, items)
        found = ask_status(lines, nodes)
    shown = _chosen(found, names)
    _print(options, cluster, shown, names, items)
    _remark(found)
    return health(shown) if check else ExitCode.DONE


def ask_status(lines: Lines, nodes: Sequence[ClusterNode]) -> ClusterStatus:
    """The status of the first agent that answers. Raises NoAnswerError."""
    for body in converse(lines, nodes, AskStatus()):
        if isinstance(body, StatusIs):
            return body.status
        if isinstance(body, Failed):
            turned_away(body)
    raise NoAnswerError("the agent answered without a status")


def health(status: ClusterStatus) -> Health:
    """Where a status stands on the scale of --check. Without quorum what is seen may be old: unknown."""
    if not status.quorum.held or status.master is None or status.state is ClusterState.ELECTION:
        return Health.UNKNOWN
    if status.conflicts or any(application.major_failure for application in status.applications):
        return Health.MAJOR
    if any(application.minor_failure for application in status.applications):
        return Health.MINOR
    return Health.WELL


def _chosen(status: ClusterStatus, names: Sequence[str]) -> ClusterStatus:
    if not names:
        return status
    known = [application.name for application in status.applications]
    for name in names:
        if name not in known:
            raise click.UsageError(f"no application is named {name!r}; {did_you_mean(name, known)}")
    return msgspec.structs.replace(
        status,
        applications=tuple(one for one in status.applications if one.name in names),
        conflicts=tuple(one for one in status.conflicts if one.name.partition(":")[0] in names),
    )


def _print(
    options: Given, cluster: Cluster, status: ClusterStatus, names: Sequence[str], items: bool
) -> None:
    if options.json:
        output.json(_data(cluster, status, items))
    else:
        output.lines(_text(cluster, status, names, items))


def _data(cluster: Cluster, status: ClusterStatus, items: bool) -> ClusterStatus | ItemsStatus:
    return merge_items(status, cluster.item) if items else status


def _text(cluster: Cluster, status: ClusterStatus, names: Sequence[str], items: bool) -> list[str]:
    from tuiconsole.cli import tables  # not for JSON

    if items:
        return tables.items(merge_items(status, cluster.item).items)
    text = tables.applications(status.applications)
    return [*text, "", *tables.processes(status.applications)] if names else text


def _remark(status: ClusterStatus) -> None:
    """To a person always, to a log only what is not as it should be."""
    well = not status.conflicts and status.quorum.held and status.master is not None
    if well and not sys.stderr.isatty():
        return
    from tuiconsole.cli import tables

    say = complaints.progress if well else complaints.say
    say(tables.cluster(status))


def _watch(
    options: Given,
    cluster: Cluster,
    lines: Lines,
    nodes: Sequence[ClusterNode],
    names: Sequence[str],
    items: bool,
) -> int:
    from tuiconsole.cli import tables
    from tuiconsole.cli.watching import watch

    def text(status: ClusterStatus) -> list[str]:
        shown = _chosen(status, names)
        return [tables.cluster(shown), "", *_text(cluster, shown, names, items)]

    def data(status: ClusterStatus) -> ClusterStatus | ItemsStatus:
        return _data(cluster, _chosen(status, names), items)

    def same(found: object) -> object:
        assert isinstance(found, ClusterStatus | ItemsStatus)
        return msgspec.structs.replace(found, observed_at="")

    return watch(lines, nodes, text=text, data=data if options.json else None, same=same)
