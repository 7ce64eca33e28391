"""Which nodes go by another cluster file or other rules than the cluster does, in words.

The file that a majority of the core nodes which it names goes by is the cluster's. Who differs from it in
what safety rests on is kept out by them; without such a majority everybody compares with what he goes by
himself. The rest is compared with the master's, whose rules are in force.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from tuiconsole.clock import BootTime
from tuiconsole.model.agreement import RULES, Agreement, differing, in_words
from tuiconsole.model.node import Node, View
from tuiconsole.model.states import NodeState

HEARD_WITHIN = 2.0
"""Seconds after which what a silent node went by counts no more: it may be started with another file."""


class Difference(msgspec.Struct, frozen=True):
    """In what a node's files differ and what to do, in words; whether the others keep it out for that."""

    words: str
    keeps_out: bool


def differences(view: View, observer: str, master: str | None, now: BootTime) -> dict[str, Difference]:
    """By node that differs, what there is to say of it.

    Args:
        view: all nodes, as `observer` sees them.
        observer: the node that compares.
        master: None while there is none.
        now: the observer's CLOCK_BOOTTIME, seconds.
    """
    nodes = {
        name: node
        for name, node in view.nodes.items()
        if node.safety_digest and node.state is not NodeState.STOPPED and now - node.seen_at < HEARD_WITHIN
    }
    agreed = _agreed(nodes, view, observer)
    digest = agreed or (nodes[observer].safety_digest if observer in nodes else "")
    if not digest:
        return {}
    found = {}
    for name, node in nodes.items():
        if node.safety_digest != digest:
            model = next((one for one in nodes.values() if one.safety_digest == digest), None)
            found[name] = Difference(_kept_out(node, model, "" if agreed else observer), keeps_out=True)
            continue
        leading = nodes.get(master or "")
        if leading is None or leading.safety_digest != digest or node.rest_digest == leading.rest_digest:
            continue
        found[name] = Difference(_shown(node.agreement, leading.agreement), keeps_out=False)
    return found


def _agreed(nodes: Mapping[str, Node], view: View, observer: str) -> str:
    """The digest that a majority of its own core nodes goes by; empty if there is none."""
    own = nodes[observer].safety_digest if observer in nodes else ""
    for digest in sorted({node.safety_digest for node in nodes.values()}, key=lambda one: one != own):
        said = (node.agreement for node in nodes.values() if node.safety_digest == digest and node.agreement)
        cores = next(said, Agreement({}, {})).cores or [n.name for n in view.nodes.values() if n.core]
        going = sum(name in nodes and nodes[name].safety_digest == digest for name in cores)
        if going > len(cores) // 2:
            return digest
    return ""


def _kept_out(node: Node, model: Node | None, observer: str) -> str:
    here, there = node.agreement, model.agreement if model is not None else None
    what = in_words(here.safety, there.safety) if here and there else ""
    what = what or "what safety rests on"
    if observer:
        return (
            f"its cluster file and {observer}'s differ in {what}, and no majority of the core nodes agrees: "
            "make it the same everywhere and start the agents again"
        )
    return (
        f"kept out: its cluster file differs from the core nodes' in {what}; "
        "give it theirs and start its agent again"
    )


def _shown(here: Agreement | None, there: Agreement | None) -> str:
    names = list(differing(here.rest, there.rest)) if here and there else []
    if RULES in names:
        return "its rules differ from the master's, which are in force"
    what = ", ".join(names) or "what no safety rests on"
    return f"its cluster file differs from the master's in {what}; that keeps it out of nothing"
