"""`tuiconsole crash-test`: breaks parts of nodes here, watches, and says whether the promises held."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator, Sequence
from types import FrameType

import click

from tuiconsole.cli import complaints, output
from tuiconsole.cli.asking import open_cluster, open_lines
from tuiconsole.cli.confirmation import typed
from tuiconsole.cli.crash.breaking import CannotBreakError, missing, of_a_demo
from tuiconsole.cli.crash.judging import Finding
from tuiconsole.cli.crash.trials import FAULTS, Field, node_of, settled
from tuiconsole.cli.endings import FailureError, NothingAnsweredError
from tuiconsole.cli.exit_codes import ExitCode
from tuiconsole.cli.options import given, global_options
from tuiconsole.model.states import ApplicationState, NodeState
from tuiconsole.model.status import ClusterStatus
from tuiconsole.settings.cluster import Cluster
from tuiconsole.source.text import did_you_mean

_RACE = ("scen2_hci_", ("console_1", "console_2"))
"""In the demo: of which applications one is raced for, and where."""


@click.command()
@click.argument("nodes", nargs=-1, metavar="[NODE…]")
@click.option("--fault", "faults", multiple=True, type=click.Choice([*FAULTS, "race"]), help="Only this one.")
@click.option(
    "--race",
    nargs=3,
    metavar="APP NODE NODE",
    help="Ask for APP, which is stopped now, on two nodes at once; then stop it.",
)
@click.option("--yes", metavar="CLUSTER", help="The cluster's name, instead of being asked for it.")
@global_options
@click.pass_context
def crash_test(
    context: click.Context,
    nodes: tuple[str, ...],
    faults: tuple[str, ...],
    race: tuple[str, str, str] | None,
    yes: str | None,
) -> int:
    """Break parts of nodes of this machine, watch, and say whether the promises held.

    Kills or stops agent, supervisord and shim of each NODE (else of the master, if it is on this machine, or
    of the first node that is), one after the other. On a node that loses its lease or its supervisord the
    applications stop, and start elsewhere or again. At the end all is as it was; exit code 1 if a promise was
    broken. Any cluster but the demo's has to be confirmed.
    """
    options = given(context)
    cluster = open_cluster(options)
    for name in (*nodes, *(race or ())[1:]):
        if name not in cluster.nodes:
            raise click.UsageError(f"no node is named {name!r}; {did_you_mean(name, cluster.nodes)}")
    field = Field(cluster, lambda: open_lines(cluster, options))
    with contextlib.closing(field), _ending():
        status = _ready(field)
        chosen = nodes or _default(cluster, status)
        _refuse_what_is_not_here(cluster, status, chosen)
        demo = all(of_a_demo(node_of(status, name)) for name in chosen)
        if not demo:
            warning = f"Applications on {', '.join(chosen)} will stop, and start elsewhere or again."
            typed(cluster.name, yes, warning)
        wanted = faults or tuple(FAULTS)
        found = []
        for finding in _findings(field, status, chosen, wanted, race or _race_of_the_demo(status, demo)):
            found.append(finding)
            if not options.json:
                output.lines(_text(finding))
    return _end(found, as_json=options.json)


def _findings(
    field: Field,
    status: ClusterStatus,
    nodes: Sequence[str],
    faults: Sequence[str],
    race: tuple[str, str, str] | None,
) -> Iterator[Finding]:
    """One after the other; no more once the cluster does not become well again."""
    try:
        if race is not None and (tuple(faults) == tuple(FAULTS) or "race" in faults):
            complaints.progress(f"race for {race[0]}")
            yield field.race(race[0], race[1:], status)
        for node in nodes:
            for name in faults:
                if name == "race":
                    continue
                complaints.progress(f"{name} on {node}")
                yield field.fault(name, node, _ready(field))
    except CannotBreakError as error:
        raise FailureError(str(error)) from None


def _ready(field: Field) -> ClusterStatus:
    """The status, if the cluster is fit to be broken. Raises FailureError or NothingAnsweredError."""
    status = field.status()
    if status is None:
        raise NothingAnsweredError("no agent answers: there is nothing to break")
    if not settled(status, status):
        raise FailureError(
            "the cluster is not well: before it is broken it needs a master, a quorum, and no job going on"
        )
    return status


def _default(cluster: Cluster, status: ClusterStatus) -> tuple[str, ...]:
    assert status.master is not None
    here = [
        node.name
        for node in status.nodes
        if node.name in cluster.nodes and missing(cluster.node(node.name), node) is None
    ]
    if status.master.node in here:
        return (status.master.node,)
    if not here:
        raise FailureError("no node that runs is on this machine, and this user's: name one to see why")
    return (here[0],)


def _refuse_what_is_not_here(cluster: Cluster, status: ClusterStatus, names: Sequence[str]) -> None:
    quorum = status.quorum
    for name in names:
        node = node_of(status, name)
        if node.state is not NodeState.RUNNING:
            raise FailureError(f"{name} is {node.state.value}: only a node that runs can be broken")
        if why := missing(cluster.node(name), node):
            raise FailureError(why)
        if node.core and quorum.present - 1 < quorum.needed:
            raise FailureError(
                f"without {name} there would be no quorum, and everything would stop: "
                f"{quorum.present} of {quorum.voters} core nodes answer, {quorum.needed} are needed"
            )


def _race_of_the_demo(status: ClusterStatus, demo: bool) -> tuple[str, str, str] | None:
    """What may be raced for without having been named."""
    prefix, nodes = _RACE
    stopped = [
        one.name
        for one in status.applications
        if one.name.startswith(prefix) and one.managed and one.state is ApplicationState.STOPPED
    ]
    return (stopped[0], *nodes) if demo and stopped else None


def _text(finding: Finding) -> list[str]:
    verdict = "kept" if finding.good else "BROKEN"
    lines = [
        f"{finding.fault}: {verdict}",
        f"  broken:   {finding.broken}",
        f"  observed: {finding.observed}",
    ]
    return [*lines, *(f"  violated: {violation}" for violation in finding.violations)]


def _end(found: Sequence[Finding], *, as_json: bool) -> int:
    if not found:
        raise click.UsageError("nothing was chosen: --fault race needs --race APP NODE NODE")
    bad = sum(not finding.good for finding in found)
    if as_json:
        trials = [
            {
                "fault": finding.fault,
                "verdict": "kept" if finding.good else "broken",
                "broken": finding.broken,
                "observed": finding.observed,
                "violations": finding.violations,
            }
            for finding in found
        ]
        output.json({"verdict": "broken" if bad else "kept", "trials": trials})
    else:
        output.line(
            f"promises broken in {bad} of {len(found)}"
            if bad
            else f"all promises kept in {len(found)} of {len(found)}"
        )
    return ExitCode.FAILED if bad else ExitCode.DONE


@contextlib.contextmanager
def _ending() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end it as Ctrl-C does: what is stopped must go on."""

    def end(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, end) for number in numbers]
    try:
        yield
    finally:
        for number, old in zip(numbers, before, strict=True):
            signal.signal(number, old)
