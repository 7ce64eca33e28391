"""`tuiconsole agent --handover`: a running agent ends without stopping anything, and the next one follows."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, suppress

from tuiconsole.cli import complaints, output
from tuiconsole.cli.asking import open_lines, turned_away
from tuiconsole.cli.commands.status import ask_status
from tuiconsole.cli.endings import FailureError, NothingAnsweredError
from tuiconsole.cli.exit_codes import ExitCode
from tuiconsole.cli.options import Given
from tuiconsole.client.oneshot import Lines
from tuiconsole.client.unanswered import NoAnswerError
from tuiconsole.model.states import NodeState
from tuiconsole.model.status import NodeStatus
from tuiconsole.settings.cluster import Cluster, ClusterNode
from tuiconsole.wire.replies import Failed, HandedOver
from tuiconsole.wire.requests import HandOver

LOOK = 0.1
"""Seconds between two looks at who speaks for the node."""
JOINED_WITHIN = 2.0
"""Seconds after the lease's end in which a node whose next agent came in time is seen RUNNING."""


def hand_over(cluster: Cluster, options: Given, node: ClusterNode) -> int:
    """Ask the node's agent to end, and wait until another speaks for it. Returns 0, or 1 if none does."""
    with closing(open_lines(cluster, options)) as lines:
        _, _, reply = lines.first_reply([node], HandOver())
        if isinstance(reply.body, Failed):
            turned_away(reply.body)
        if not isinstance(reply.body, HandedOver):
            raise NothingAnsweredError(f"{node.name} does not know what --handover is; update its agent")
        left = reply.body
        complaints.progress(
            f"agent {left.pid} of {node.name} ends; another has {left.within:.1f} s to take over what runs"
        )
        for seen in _seen(lines, node, left.within + JOINED_WITHIN):
            if seen.pids.agent not in (0, left.pid) and seen.state is NodeState.RUNNING:
                output.line(f"{node.name} handed over: agent {seen.pids.agent} follows agent {left.pid}")
                return ExitCode.DONE
    raise FailureError(
        f"agent {left.pid} of {node.name} has ended and no other has followed within {left.within:.1f} s: "
        f"what its lease covers stops; start `tuiconsole agent --node {node.name}`"
    )


def _seen(lines: Lines, node: ClusterNode, within: float) -> Iterator[NodeStatus]:
    """The node as its own agent shows it, over and over, while one answers."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        with suppress(NoAnswerError):
            for one in ask_status(lines, [node]).nodes:
                if one.name == node.name:
                    yield one
        time.sleep(LOOK)
