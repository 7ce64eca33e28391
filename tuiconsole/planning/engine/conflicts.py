"""What runs where it has no right to: doubles, and strays that a node brought with it.

A double is told and blocks its own application only; people settle it (conciliation USER).
"""

from __future__ import annotations

from tuiconsole.model.events import Severity
from tuiconsole.model.ledger import Grant, Wanted, Wish
from tuiconsole.model.states import NodeState
from tuiconsole.planning.catalogue import Application
from tuiconsole.planning.engine.messages import AdoptGrant, Conflict
from tuiconsole.planning.engine.situation import Situation, iso
from tuiconsole.planning.engine.stop import order_stop
from tuiconsole.rulebook.rules import Isolation

ADOPTED = "found running"


def find_conflicts(s: Situation) -> None:
    """See anew which names run on several nodes."""
    found = {
        name: nodes
        for application in s.apps.values()
        if application.managed
        for name, nodes in _where(s, application).items()
        if len(nodes) > 1
    }
    old, s.conflicts = s.conflicts, {}
    for name, nodes in found.items():
        known = old.get(name)
        since = known.since if known else iso(s.now.utc)
        s.conflicts[name] = Conflict(name, nodes, since)
        # A single application is one conflict; that of a process blocks its application too.
        application_name = name.partition(":")[0]
        s.conflicts.setdefault(application_name, s.conflicts[name])
        if known is None:
            text = f"{name} runs more than once: on {' and '.join(nodes)}; stop it where it should not run"
            s.event("application", name, text, Severity.MAJOR)
    for name in old.keys() - s.conflicts.keys():
        s.event("application", name, f"{name} no longer runs more than once")


def settle_strays(s: Situation) -> None:
    """Adopt what runs without a grant where that is free, and stop it where another node holds it."""
    for application in s.apps.values():
        if not application.managed or application.name in s.jobs or application.name in s.conflicts:
            continue
        for name, nodes in _where(s, application).items():
            if len(nodes) != 1 or not s.usable(nodes[0]):
                continue
            grant = s.draft.grants.get(name)
            if grant is None and _taken_back(s, application, name, nodes[0]):
                _stop_stray(s, application, name, nodes[0], "people stopped it while its node was away")
            elif grant is None:
                _adopt(s, application, name, nodes[0])
            elif grant.node != nodes[0]:
                _stop_stray(s, application, name, nodes[0], f"{name} belongs to {grant.node}")


def reported(s: Situation) -> tuple[Conflict, ...]:
    """The conflicts, each once."""
    return tuple(conflict for name, conflict in sorted(s.conflicts.items()) if name == conflict.name)


def _where(s: Situation, application: Application) -> dict[str, tuple[str, ...]]:
    """The nodes that report each grantable name of an application as alive."""
    result: dict[str, tuple[str, ...]] = {}
    for namespec in application.programs:
        name = application.grant_name(namespec)
        here = [node for node in s.alive_on(namespec) if s.nodes[node].state is not NodeState.STOPPED]
        if here:
            result[name] = tuple(dict.fromkeys((*result.get(name, ()), *here)))
    return result


def _namespecs(application: Application, name: str) -> tuple[str, ...]:
    return tuple(application.programs) if application.single else (name,)


def _taken_back(s: Situation, application: Application, name: str, node: str) -> bool:
    """True if it went on under a token that was taken from it, and people want it stopped since then."""
    wish = s.draft.wishes.get(application.name)
    if wish is None or wish.wanted is not Wanted.STOPPED or wish.why:
        return False
    processes = s.nodes[node].processes
    return any(processes[n].token is not None for n in _namespecs(application, name) if node in s.alive_on(n))


def _adopt(s: Situation, application: Application, name: str, node: str) -> None:
    known = s.nodes[node]
    namespecs = _namespecs(application, name)
    tokens = {known.processes[n].token for n in namespecs if node in s.alive_on(n)}
    # What runs cannot be told another token: keep its own if it has one.
    own = tokens.pop() if len(tokens) == 1 else None
    token = own if own is not None else s.draft.token(s.term)
    if token[1] >= s.draft.next_token:
        s.draft.next_token = token[1] + 1
    wish = s.draft.wishes.get(application.name)
    s.draft.grants[name] = Grant(
        name,
        node,
        token,
        known.epoch,
        known.incarnation,
        iso(s.now.utc),
        ADOPTED,
        kept=s.isolation_of(name) is not Isolation.STOP,
    )
    for namespec in namespecs:
        # That it was lost, or could not be placed elsewhere, is over; a crash shows by itself.
        s.draft.failures.pop(namespec, None)
    if wish is None or wish.wanted is Wanted.STOPPED:
        s.draft.wishes[application.name] = Wish(Wanted.STARTED, ADOPTED, iso(s.now.utc), origin=node)
    command = AdoptGrant(s.orders.new_id(), node, name, token, namespecs, s.term, known.epoch, s.deadline)
    s.order(("adopt", node, name), command)
    s.event("application", name, f"{name} was found running on {node} and goes on there")


def _stop_stray(s: Situation, application: Application, name: str, node: str, why: str) -> None:
    for namespec in _namespecs(application, name):
        if node in s.alive_on(namespec):
            if s.orders.get(("stop", node, namespec)) is None:
                text = f"{namespec} is stopped on {node}: {why}"
                s.event("process", namespec, text, Severity.MAJOR)
            order_stop(s, node, namespec, None)
