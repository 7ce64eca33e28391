"""What every forecast tells: where things run, where they would go and why not elsewhere, the loads."""

from __future__ import annotations

from collections.abc import Sequence

from tuiconsole.model.plan import Basis, Candidate, PlannedHost, PlannedPlace
from tuiconsole.planning.engine.situation import Situation
from tuiconsole.planning.forecast.rehearsal import Rehearsal
from tuiconsole.planning.forecast.standing import Standing
from tuiconsole.planning.placement import Considered, Loads
from tuiconsole.rulebook.rules import StartingStrategy

_NAMED = 6
"""So many applications are named in a note."""


def basis_notes(standing: Standing) -> list[str]:
    """What a forecast rests on, where that is not the master itself."""
    if standing.basis is Basis.MASTER:
        return []
    known = "the last report of a master" if standing.basis is Basis.REPORT else "what the nodes say alone"
    return [f"computed by {standing.node} from {known}, with its own rules: the master was not asked"]


def everywhere(s: Situation) -> dict[str, tuple[str, ...]]:
    """By namespec, the nodes where it is alive."""
    return {n: tuple(s.alive_on(n)) for application in s.apps.values() for n in application.programs}


def nodes_of(namespecs: Sequence[str], where: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The nodes of these processes, each once."""
    return tuple(dict.fromkeys(node for namespec in namespecs for node in where.get(namespec, ())))


def places_of(
    considered: Sequence[Considered], s: Situation, application: str, namespecs: Sequence[str]
) -> tuple[PlannedPlace, ...]:
    """The last look for each name: what was found then is what counts."""
    last: dict[str, Considered] = {}
    for look in considered:
        if look.name == application or look.name in namespecs:
            last[look.name] = look
    return tuple(place_of(look, s) for look in last.values())


def place_of(look: Considered, s: Situation) -> PlannedPlace:
    """One look for a node in words: all nodes, with why each was or was not chosen."""
    placement = look.placement
    candidates = []
    if placement.node is not None:
        candidates.append(Candidate(placement.node, True, True, ""))
    candidates += [Candidate(one.node, False, True, one.reason) for one in placement.outdone]
    candidates += [Candidate(one.node, False, False, one.reason) for one in placement.passed_over]
    named = {candidate.node for candidate in candidates}
    rule = ", ".join(look.identifiers)
    if look.strategy is StartingStrategy.LOCAL:
        others = f"LOCAL: only where it is asked for, among {rule}"
    else:
        others = f"the rule allows only {rule}"
    candidates += [Candidate(name, False, False, others) for name in s.nodes if name not in named]
    return PlannedPlace(
        look.name,
        placement.node,
        look.strategy.value,
        look.identifiers,
        tuple(candidates),
        placement.reason,
    )


def hosts_of(s: Situation, before: Loads, after: Loads, lost: Sequence[str] = ()) -> tuple[PlannedHost, ...]:
    """Each host with its load before and after."""
    hosts: dict[str, list[str]] = {}
    for name, node in s.nodes.items():
        hosts.setdefault(node.host, []).append(name)
    return tuple(
        PlannedHost(
            host,
            tuple(names),
            before.hosts.get(host, 0),
            after.hosts.get(host, 0),
            all(name in lost for name in names),
        )
        for host, names in hosts.items()
    )


def some(names: Sequence[str]) -> str:
    """The first few of these names, and how many more."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def meanwhile(rehearsal: Rehearsal, targets: Sequence[str]) -> list[str]:
    """What other jobs would do in the meantime."""
    own = {target.partition(":")[0] for target in targets}
    others = sorted(name for name in rehearsal.moves if name not in own)
    return [f"meanwhile goes on: {some(others)}"] if others else []
