"""Whether the cluster is synchronized: what starts by itself waits for that when the cluster boots.

A boot is told from a change of master by the lives of the nodes: as long as one of them goes on that was
there when the cluster was synchronized, it still is.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from tuiconsole.clock import BootTime
from tuiconsole.model.node import Node
from tuiconsole.model.states import NodeState
from tuiconsole.model.synchronization import Synchronization, SynchroOption

NAMED = 8
"""So many nodes that are waited for are named."""
COMING_UP = 10.0
"""Seconds, at most, that a cluster in which nothing runs yet waits for the nodes that are coming up."""

_GONE = (NodeState.STOPPED, NodeState.FAILED)


class Waiting(msgspec.Struct, frozen=True):
    """What is waited for: words, and when it ends at the latest. `ended`: by which condition it has."""

    ended: str = ""
    words: str = ""
    at: BootTime | None = None


def is_boot(members: Mapping[str, str], nodes: Mapping[str, Node]) -> bool:
    """True if no life of a node goes on that was there when the cluster was synchronized last."""
    return not any(
        node.incarnation and node.incarnation == members.get(name) and node.state not in _GONE
        for name, node in nodes.items()
    )


def waiting(
    asked: Synchronization, running: frozenset[str], nodes: Mapping[str, Node], began: BootTime, now: BootTime
) -> Waiting:
    """What the synchronization waits for.

    Args:
        asked: by the cluster file; with at least one option.
        running: the nodes that are RUNNING and can be given commands.
        nodes: all of them.
        began: when this master began to wait.
        now: on the same clock.
    """
    awaited: list[str] = []
    missing: dict[str, None] = {}
    for option in asked.options:
        if option in (SynchroOption.STRICT, SynchroOption.LIST, SynchroOption.CORE):
            names = asked.core if option is SynchroOption.CORE else tuple(nodes)
            away = [name for name in names if name not in running]
            if not away:
                return Waiting(ended=f"{option.value}: {len(names)} nodes are RUNNING")
            missing.update(dict.fromkeys(away))
    if SynchroOption.TIMEOUT in asked.options and now >= began + asked.timeout:
        return Waiting(ended=f"TIMEOUT: {asked.timeout:g} s have passed")
    if missing:
        awaited.append(f"for {_named(list(missing))}")
    if SynchroOption.USER in asked.options or not missing:
        awaited.append("for a person's `tuiconsole end-sync`")
    at = began + asked.timeout if SynchroOption.TIMEOUT in asked.options else None
    limit = f", at most {asked.timeout:g} s" if at is not None else ""
    return Waiting(words=f"waits {' or '.join(awaited)}{limit}", at=at)


def coming_up(nodes: Mapping[str, Node], began: BootTime, now: BootTime) -> Waiting:
    """What a boot waits for where the cluster file says nothing: nodes that are there, but not yet RUNNING.

    Applications that were placed before would all be on the first node whose supervisord is up.
    """
    coming = [name for name, node in nodes.items() if node.state is NodeState.CHECKING]
    if not coming:
        return Waiting(ended="no node is coming up")
    if now >= began + COMING_UP:
        return Waiting(ended=f"{_named(coming)} did not come up within {COMING_UP:g} s")
    return Waiting(words=f"waits for {_named(coming)}, at most {COMING_UP:g} s", at=began + COMING_UP)


def _named(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{', '.join(names[:NAMED])}{more}"
