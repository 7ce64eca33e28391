"""`tuiconsole quorum recover`: new records for all core nodes, from the disks that are left."""

from __future__ import annotations

import json
import os
import time
import uuid
from contextlib import closing, suppress
from pathlib import Path

import click

from tuiconsole.cli import output
from tuiconsole.cli.asking import open_cluster, open_lines, turned_away
from tuiconsole.cli.commands.status import ask_status
from tuiconsole.cli.confirmation import typed
from tuiconsole.cli.endings import FailureError, NothingAnsweredError
from tuiconsole.cli.exit_codes import ExitCode
from tuiconsole.cli.options import Given, given, global_options, refuse_json
from tuiconsole.client.unanswered import NoAnswerError
from tuiconsole.settings.cluster import Cluster
from tuiconsole.source.text import did_you_mean
from tuiconsole.wire.replies import Failed, Readmitted
from tuiconsole.wire.requests import Readmit

_WITHIN = 4.0
"""Seconds for the answer."""


@click.group()
def quorum() -> None:
    """Put the core nodes together again after a loss."""


@quorum.command()
@click.option(
    "--from",
    "sources",
    multiple=True,
    required=True,
    metavar="NODE=FILE",
    help="The voter.record of a core node whose disk is left. Repeatable: give all of them.",
)
@click.option("-d", "--dest", required=True, metavar="DIR", help="A new folder for the new records.")
@click.option("--yes", metavar="CLUSTER", help="The cluster's name, instead of being asked for it.")
@global_options
@click.pass_context
def recover(context: click.Context, sources: tuple[str, ...], dest: str, yes: str | None) -> int:
    """Make a new voter.record for each core node. Every core node's agent must be stopped."""
    from tuiconsole.coordination.disk import DiskError, VoterDisk
    from tuiconsole.coordination.recovery import recovered
    from tuiconsole.coordination.voters import VoterSet

    refuse_json(context)
    options = given(context)
    cluster = open_cluster(options)
    voters = VoterSet(cluster.name, [node.name for node in cluster.core_nodes])
    files = _files(cluster, sources)
    folder = Path(dest)
    if folder.exists():
        raise FailureError(f"{folder} is there already; name a new folder")
    _refuse_living(cluster, options)
    try:
        left = [
            VoterDisk(file.parent, name, voters).decode(file.read_bytes()) for name, file in files.items()
        ]
        records = recovered(voters, {name: uuid.uuid4().hex for name in voters.names}, left)
    except (DiskError, ValueError, OSError) as error:
        raise FailureError(str(error)) from None
    typed(cluster.name, yes, _warning(len(left), voters.majority, len(voters)))
    for name, record in records.items():
        (folder / name).mkdir(parents=True)
        VoterDisk(folder / name, name, voters).store(record)
    first = next(iter(records.values()))
    word = {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "by": os.environ.get("SUDO_USER") or os.environ.get("USER") or str(os.getuid()),
        "cluster": cluster.name,
        "from": {name: str(file) for name, file in files.items()},
        "majority": len(left) >= voters.majority,
        "register": [first.accepted_term, first.accepted_version],
        "term": first.promised_term,
    }
    (folder / "recovery.json").write_text(json.dumps(word, indent=2) + "\n", encoding="utf-8")
    for name in records:
        output.line(f"{folder / name / 'voter.record'} -> {cluster.node(name).state_dir / 'voter.record'}")
    return ExitCode.DONE


@quorum.command()
@click.argument("name", metavar="NODE")
@click.option("--yes", metavar="NODE", help="The node's name once more, instead of being asked for it.")
@global_options
@click.pass_context
def readmit(context: click.Context, name: str, yes: str | None) -> int:
    """Let core node NODE vote again, which runs with an empty disk. All other core nodes must be up."""
    options = given(context)
    cluster = open_cluster(options)
    others = [node for node in cluster.core_nodes if node.name != name]
    if len(others) == len(cluster.core_nodes):
        names = [node.name for node in cluster.core_nodes]
        raise click.UsageError(f"no core node is named {name!r}; {did_you_mean(name, names)}")
    if not others:
        raise click.UsageError(f"{name} is the only core node: nobody remembers for it")
    typed(name, yes, f"The former disk of {name} must be gone for good: its voter never runs with it again.")
    with closing(open_lines(cluster, options)) as lines:
        _, _, reply = lines.first_reply(others, Readmit(name), _WITHIN)
    if isinstance(reply.body, Failed):
        turned_away(reply.body)
    if not isinstance(reply.body, Readmitted):
        raise NothingAnsweredError(f"the agent that was asked cannot readmit {name}; update it")
    if options.json:
        output.json(reply.body)
    else:
        wait = cluster.timing.node_lease + cluster.timing.margin
        output.line(
            f"{name} is readmitted: it votes about {wait:.0f} s after all other core nodes have agreed; "
            "`tuiconsole status` shows the quorum"
        )
    return ExitCode.DONE


def _files(cluster: Cluster, sources: tuple[str, ...]) -> dict[str, Path]:
    files = {}
    core = [node.name for node in cluster.core_nodes]
    for source in sources:
        name, _, file = source.partition("=")
        if name not in core or not file:
            raise click.UsageError(f"--from {source}: give NODE=FILE, NODE one of {', '.join(core)}")
        files[name] = Path(file)
    return files


def _refuse_living(cluster: Cluster, options: Given) -> None:
    """Raises FailureError if a core node's agent answers: it could go on with its old record."""
    with closing(open_lines(cluster, options)) as lines, suppress(NoAnswerError):
        ask_status(lines, cluster.core_nodes)
        raise FailureError("an agent of a core node runs: stop the agents of all core nodes first")


def _warning(left: int, needed: int, voters: int) -> str:
    if left >= needed:
        return f"From {left} of {voters} core nodes nothing is lost. Start none with its old record again."
    return (
        f"{left} of {voters} records are no majority: what only the others knew is LOST, and if those "
        "ever run with their old disks again, applications may run twice."
    )
