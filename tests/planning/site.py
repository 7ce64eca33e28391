"""A site of any size for the stories of the rules' semantics: hosts, nodes, and applications of one's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tuiconsole.model.node import Node, View
from tuiconsole.model.process import Process
from tuiconsole.model.states import NodeState, ProcessState
from tuiconsole.rulebook.rules import ApplicationRules, ProgramRules
from tuiconsole.settings.timing import Timing

from .scenario import Rules
from .world import World

Plan = Mapping[str, tuple[ApplicationRules, Mapping[str, ProgramRules]]]
"""By application: its rules, and those of its programs."""


def app(name: str, programs: Mapping[str, ProgramRules], **words: object) -> Plan:
    """One application; with a start_sequence of 1 unless the words say otherwise."""
    return {name: (ApplicationRules(name, **{"start_sequence": 1, **words}), programs)}  # type: ignore[arg-type]


def node(name: str, host: str, plan: Plan, *tags: str, state: NodeState = NodeState.RUNNING) -> Node:
    """A node whose supervisord knows all programs."""
    processes = {
        f"{group}:{program}": Process(group, program, ProcessState.STOPPED)
        for group, (_, programs) in plan.items()
        for program in programs
    }
    return Node(
        name, host, tags, state=state, epoch=1, incarnation=f"{name}/1", seen_at=0.5, processes=processes
    )


def site(
    *plans: Plan, nodes: Sequence[str] = ("n1", "n2", "n3"), per_host: int = 1, timing: Timing | None = None
) -> World:
    """A world of these nodes, `per_host` of them on each host; nobody is master yet."""
    plan = {name: found for one in plans for name, found in one.items()}
    known = {name: node(name, f"h{i // per_host + 1}", plan) for i, name in enumerate(nodes)}
    return World(Rules({name: (rules, dict(p)) for name, (rules, p) in plan.items()}), View(known), timing)


def where(world: World, application: str) -> dict[str, str]:
    """By program: the node where it is alive."""
    return {
        namespec.partition(":")[2]: name
        for name, all_ in world.alive(application).items()
        for namespec in all_
    }
