"""What runs where it has no right to: doubles, and strays that a node brought with it.

A double is told and blocks its own application only. `conciliate` ends it, or people do.
"""

from __future__ import annotations

import msgspec

from tuiconsole.model.events import Severity
from tuiconsole.model.ledger import Grant, Wanted, Wish
from tuiconsole.model.states import NodeState
from tuiconsole.planning.catalogue import Application
from tuiconsole.planning.conciliation import Doubles, Instance, in_words
from tuiconsole.planning.engine.failures import heaviest
from tuiconsole.planning.engine.messages import AdoptGrant
from tuiconsole.planning.engine.situation import Situation, iso
from tuiconsole.planning.engine.stop import order_stop
from tuiconsole.planning.report import Conflict
from tuiconsole.rulebook.rules import ConciliationStrategy, Isolation, RunningFailureStrategy

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
        s.conflicts[name] = _conflict(s, name, nodes, known)
        # A single application is one conflict; that of a process blocks its application too.
        application_name = name.partition(":")[0]
        s.conflicts.setdefault(application_name, s.conflicts[name])
        if known is None:
            remedy = f"; `tuiconsole conciliate {name}`" if _is_left_to_people(s.conflicts[name]) else ""
            text = f"{name} runs more than once: on {' and '.join(nodes)}{remedy}"
            s.event("application", name, text, Severity.MAJOR)
    for name in old.keys() - s.conflicts.keys():
        if name == old[name].name:
            s.event("application", name, f"{name} no longer runs more than once")


def doubles_of(s: Situation, application: Application) -> Doubles:
    """The conflicts of one application, by name."""
    conflicts = [s.conflicts[name] for name in _names(application) if name in s.conflicts]
    return {conflict.name: conflict.instances for conflict in conflicts}


def failure_strategy(application: Application, doubles: Doubles) -> RunningFailureStrategy:
    """The running failure strategy that outweighs those of the other processes that run twice."""
    found = {n for instances in doubles.values() for one in instances for n in one.processes}
    return heaviest(application, sorted(found))


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
    """The conflicts, each once, with what goes on about them."""
    return tuple(
        msgspec.structs.replace(conflict, waits=_waits(s, conflict))
        for name, conflict in sorted(s.conflicts.items())
        if name == conflict.name
    )


def _names(application: Application) -> tuple[str, ...]:
    return (application.name,) if application.single else tuple(application.programs)


def _is_left_to_people(conflict: Conflict) -> bool:
    return conflict.strategy is ConciliationStrategy.USER


def _conflict(s: Situation, name: str, nodes: tuple[str, ...], known: Conflict | None) -> Conflict:
    application = s.apps[name.partition(":")[0]]
    assert application.rules is not None
    old = {one.node: one for one in known.instances} if known else {}
    instances = tuple(_instance(s, application, name, node, old.get(node)) for node in nodes)
    failure = failure_strategy(application, {name: instances})
    return Conflict(
        name,
        nodes,
        known.since if known else iso(s.now.utc),
        application.rules.conciliation,
        instances,
        {strategy.value: in_words(strategy, instances, failure) for strategy in ConciliationStrategy},
    )


def _instance(s: Situation, application: Application, name: str, node: str, old: Instance | None) -> Instance:
    known = s.nodes[node].processes
    alive = tuple(n for n in _namespecs(application, name) if n in known and known[n].state.alive)
    tokens = {known[n].token for n in alive}
    token = tokens.pop() if len(tokens) == 1 else None
    if old is not None and old.token == token:
        # As it was seen first: what is left of it while it is being stopped is not younger.
        return msgspec.structs.replace(old, processes=alive)
    begun = min((known[n].started_at for n in alive), default=0.0) - s.ahead.get(node, 0.0)
    return Instance(node, token, begun, iso(s.now.utc - (s.now.boot - begun)), alive)


def _waits(s: Situation, conflict: Conflict) -> str:
    job = s.jobs.get(conflict.name.partition(":")[0])
    if job is not None:
        return f"{job.kind.value} goes on ({job.cause})"
    unusable = s.unusable()
    away = [f"{node} {unusable[node]}" for node in conflict.nodes if node in unusable]
    if away:
        return "; ".join(away)
    return "people choose" if _is_left_to_people(conflict) else ""


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
