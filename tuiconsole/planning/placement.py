"""Where something is started: who may host it, who has room, and by which strategy one is chosen.

Strategies as in Supvisors (https://supvisors.readthedocs.io, «Starting strategy»). The room that there must
be is that of the host, since nodes of one host share its processors.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from tuiconsole.model.node import Node
from tuiconsole.model.states import NodeState
from tuiconsole.planning.catalogue import Program
from tuiconsole.planning.signs import share
from tuiconsole.rulebook.rules import Sign, StartingStrategy

FULL = 100
"""Percent of a host that expected loadings may use."""


class Loads(msgspec.Struct, frozen=True):
    """The expected loading of all that runs or is being started, percent."""

    hosts: Mapping[str, int] = {}
    nodes: Mapping[str, int] = {}


class PassedOver(msgspec.Struct, frozen=True):
    """A candidate that cannot host, and why, in words."""

    node: str
    reason: str


class Placement(msgspec.Struct, frozen=True):
    """Where to start; `node` is None if nowhere, and `reason` says so in words."""

    node: str | None
    passed_over: tuple[PassedOver, ...] = ()
    reason: str = ""
    outdone: tuple[PassedOver, ...] = ()
    """Candidates that could host as well, and why the strategy did not choose them."""


class Considered(msgspec.Struct, frozen=True):
    """One look for a node, as it was made: what was to run there, by what, and what was found."""

    name: str
    """What was to be granted: an application, or a namespec of a distributed one."""
    namespecs: tuple[str, ...]
    identifiers: tuple[str, ...]
    strategy: StartingStrategy
    placement: Placement


def candidates(identifiers: Iterable[str], nodes: Mapping[str, Node]) -> tuple[str, ...]:
    """The nodes that identifiers without a sign mean in order: a name, else a tag, `*` for all; each once."""
    found: dict[str, None] = {}
    for identifier in identifiers:
        if identifier == "*":
            found.update(dict.fromkeys(nodes))
        elif identifier in nodes:
            found[identifier] = None
        else:
            found.update((name, None) for name, node in nodes.items() if identifier in node.tags)
    return tuple(found)


def eligible(
    identifiers: Sequence[str], nodes: Mapping[str, Node], number: int, sign: Sign | None
) -> tuple[tuple[str, ...], str]:
    """The nodes that may host by the rules, in order, and what a sign has to do with that, in words."""
    named = candidates(identifiers, nodes)
    if sign is None:
        return named, ""
    found = share(sign, number, named)
    return found.nodes, found.words


def place(
    programs: Sequence[Program],
    *,
    identifiers: Sequence[str],
    strategy: StartingStrategy,
    origin: str,
    nodes: Mapping[str, Node],
    loads: Loads,
    unusable: Mapping[str, str],
    number: int = 1,
    sign: Sign | None = None,
) -> Placement:
    """Choose one node for all these programs together.

    Args:
        programs: what is to run there, all of it on one node.
        identifiers: who may host; see `candidates`.
        strategy: how one is chosen among those that can.
        origin: the node of the request, for LOCAL.
        nodes: all nodes, in the order of the cluster file.
        loads: what is used already, without these programs.
        unusable: nodes that may not be used though they look RUNNING, with the reason in words.
        number: which one of its kind it is, for a sign.
        sign: deals the identifiers out; see `signs`.
    """
    allowed, assigned = eligible(identifiers, nodes, number, sign)
    if not allowed and assigned:
        return Placement(None, reason=f"no node can host it: {assigned}")
    if strategy is StartingStrategy.LOCAL:
        if origin not in allowed:
            among = ", ".join(allowed) or "nodes that exist: " + ", ".join(identifiers)
            who = origin or "the origin of the request"
            why = f" ({assigned})" if assigned else ""
            return Placement(None, reason=f"no node can host it: {who} is not among {among}{why}")
        allowed = (origin,)
    needed = sum(program.rules.expected_loading for program in programs)
    fit: list[str] = []
    passed: list[PassedOver] = []
    for name in allowed:
        reason = _obstacle(nodes[name], programs, needed, loads, unusable)
        if reason:
            passed.append(PassedOver(name, reason))
        else:
            fit.append(name)
    if not fit:
        if not allowed:
            return Placement(None, reason=f"no node can host it: none is named {', '.join(identifiers)}")
        words = "; ".join(f"{item.node}: {item.reason}" for item in passed)
        words += f" ({assigned})" if assigned else ""
        return Placement(None, tuple(passed), f"no node can host it: {words}")
    chosen = _choose(fit, strategy, nodes, loads)
    outdone = tuple(_outdone(name, chosen, strategy, nodes, loads) for name in fit if name != chosen)
    return Placement(chosen, tuple(passed), outdone=outdone)


def hosts_without_room(
    programs: Sequence[Program],
    *,
    allowed: Sequence[str],
    nodes: Mapping[str, Node],
    loads: Loads,
    unusable: Mapping[str, str],
) -> dict[str, str]:
    """The hosts that cannot take all these programs, spread over their nodes, with the reason in words.

    For SINGLE_NODE, which would else begin on a host where its last program has no place.
    """
    needed = sum(program.rules.expected_loading for program in programs)
    able: dict[str, list[Node]] = {}
    for name in allowed:
        members = able.setdefault(nodes[name].host, [])
        if not _absence(nodes[name], unusable):
            members.append(nodes[name])
    found = {}
    for host, members in able.items():
        missing = [p.namespec for p in programs if not any(p.namespec in node.processes for node in members)]
        total = loads.hosts.get(host, 0) + needed
        if members and missing:
            found[host] = f"no node of host {host} has {', '.join(missing)}"
        elif total > FULL:
            found[host] = f"{total} % of host {host} would be used by all of it"
    return found


def _absence(node: Node, unusable: Mapping[str, str]) -> str:
    if node.name in unusable:
        return unusable[node.name]
    if node.state is not NodeState.RUNNING:
        return f"is {node.state.value}" + (f" ({node.reason})" if node.reason else "")
    return ""


def _obstacle(
    node: Node, programs: Sequence[Program], needed: int, loads: Loads, unusable: Mapping[str, str]
) -> str:
    if absence := _absence(node, unusable):
        return absence
    missing = [program.namespec for program in programs if program.namespec not in node.processes]
    if missing:
        return f"its supervisord has no {', '.join(missing)}"
    total = loads.hosts.get(node.host, 0) + needed
    if total > FULL:
        return f"{total} % of host {node.host} would be used"
    return ""


def _outdone(
    name: str, chosen: str, strategy: StartingStrategy, nodes: Mapping[str, Node], loads: Loads
) -> PassedOver:
    if strategy in (StartingStrategy.CONFIG, StartingStrategy.LOCAL):
        return PassedOver(name, f"could host it; {chosen} comes first in the rule")
    mine, its = _used(name, strategy, nodes, loads), _used(chosen, strategy, nodes, loads)
    here, there = next(((a, b) for a, b in zip(mine, its, strict=True) if a != b), (0, 0))
    if here == there:
        return PassedOver(name, f"could host it; as loaded as {chosen}, which comes first in the rule")
    return PassedOver(name, f"could host it; at {here} %, {chosen} at {there} %")


def _choose(fit: list[str], strategy: StartingStrategy, nodes: Mapping[str, Node], loads: Loads) -> str:
    if strategy in (StartingStrategy.CONFIG, StartingStrategy.LOCAL):
        return fit[0]

    def used(name: str) -> tuple[int, int]:
        return _used(name, strategy, nodes, loads)

    # min and max keep the first of equals: ties go by the order of the identifiers.
    if strategy in (StartingStrategy.MOST_LOADED, StartingStrategy.MOST_LOADED_NODE):
        return max(fit, key=used)
    return min(fit, key=used)


def _used(name: str, strategy: StartingStrategy, nodes: Mapping[str, Node], loads: Loads) -> tuple[int, int]:
    """By what a strategy compares nodes, the first that differs."""
    node, host = loads.nodes.get(name, 0), loads.hosts.get(nodes[name].host, 0)
    return (host, node) if strategy in _BY_HOST else (node, host)


_BY_HOST = (StartingStrategy.LESS_LOADED_NODE, StartingStrategy.MOST_LOADED_NODE)
"""What Supvisors calls a node is the machine: these go by its load, and by the node's on equal hosts."""
