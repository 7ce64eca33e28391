"""What would happen if something were asked for, or nodes were lost."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tuiconsole.model.ledger import FailureKind, Wanted
from tuiconsole.model.node import View
from tuiconsole.model.plan import (
    Plan,
    PlannedTarget,
    Question,
    Result,
)
from tuiconsole.model.requests import Action, Verdict
from tuiconsole.model.states import NodeState
from tuiconsole.planning.catalogue import Application
from tuiconsole.planning.engine.failures import heaviest
from tuiconsole.planning.engine.loading import expected_loads
from tuiconsole.planning.engine.machine import Engine
from tuiconsole.planning.engine.messages import NodeSilent, Request, RequestReceived
from tuiconsole.planning.engine.situation import Situation, iso
from tuiconsole.planning.forecast.accounts import (
    basis_notes,
    everywhere,
    hosts_of,
    meanwhile,
    nodes_of,
    places_of,
    some,
)
from tuiconsole.planning.forecast.rehearsal import Rehearsal
from tuiconsole.planning.forecast.standing import Standing
from tuiconsole.planning.placement import Loads
from tuiconsole.rulebook.rules import Isolation, StartingStrategy

_ACTIONS = {
    Question.START: Action.START,
    Question.STOP: Action.STOP,
    Question.RESTART: Action.RESTART,
}
_TIMEOUT = 600.0
_RESULTS = {Verdict.DONE: Result.DONE, Verdict.REFUSED: Result.REFUSED}


def plan_request(
    standing: Standing,
    question: Question,
    names: Sequence[str],
    *,
    origin: str,
    requested_by: str,
    strategy: StartingStrategy | None = None,
) -> Plan:
    """What the master would do if this were asked for now.

    Args:
        standing: the cluster now.
        question: start, stop or restart.
        names: applications and namespecs.
        origin: the node on whose behalf.
        requested_by: who would ask.
        strategy: instead of that of the rules.
    """
    targets = tuple(dict.fromkeys(names))
    rehearsal = Rehearsal(standing.engine.fork(), standing.now)
    situation = rehearsal.engine.situation
    before, where = expected_loads(situation), everywhere(situation)
    rehearsal.finish_what_is_under_way()
    request = Request("plan", _ACTIONS[question], targets, origin, requested_by, _TIMEOUT, strategy)
    rehearsal.give(RequestReceived(request))
    rehearsal.run(lambda: len(rehearsal.outcomes) == len(targets))
    planned = tuple(_requested(rehearsal, situation, target, where) for target in targets)
    notes = [*basis_notes(standing), *meanwhile(rehearsal, targets)]
    if not rehearsal.complete:
        notes.append("more would follow than could be computed")
    return Plan(
        question,
        targets,
        origin,
        strategy.value if strategy else None,
        standing.node,
        standing.basis,
        iso(standing.now.utc),
        planned,
        hosts_of(situation, before, expected_loads(situation)),
        tuple(notes),
        standing.why_impossible,
    )


def plan_loss(standing: Standing, lost: Sequence[str], *, origin: str) -> Plan:
    """What would happen if these nodes were lost at once: no power, or cut off from all others."""
    lost = tuple(dict.fromkeys(lost))
    fork = standing.engine.fork()
    before, where = expected_loads(fork.situation), everywhere(fork.situation)
    notes = [*basis_notes(standing), *_loss_notes(standing, lost)]
    left = standing.core_nodes_left(lost)
    needed = standing.quorum.needed if standing.voters_are_nodes else 1
    impossible = standing.why_impossible
    if not impossible and len(left) < needed:
        planned, after = _without_quorum(fork.situation, lost, where)
        there = ", ".join(left) or "none of them"
        impossible = (
            f"no quorum then: {len(left)} of {standing.quorum.voters} core nodes would be left ({there}), "
            f"{needed} are needed"
        )
        hosts = hosts_of(fork.situation, before, after, lost)
    else:
        rehearsal = _lose(standing, fork, lost, left)
        situation = rehearsal.engine.situation
        planned = _losses(rehearsal, situation, lost, where)
        hosts = hosts_of(situation, before, expected_loads(situation), lost)
    return Plan(
        Question.LOSS,
        lost,
        origin,
        None,
        standing.node,
        standing.basis,
        iso(standing.now.utc),
        planned,
        hosts,
        tuple(notes),
        impossible,
    )


# -- requests ------------------------------------------------------------------------------------------------


def _requested(
    rehearsal: Rehearsal, situation: Situation, target: str, where: dict[str, tuple[str, ...]]
) -> PlannedTarget:
    outcome = rehearsal.outcomes.get(target)
    name, _, program = target.partition(":")
    application = situation.apps.get(name)
    namespecs = (target,) if program else tuple(application.programs) if application else ()
    after = everywhere(situation)
    moves = tuple(move for move in rehearsal.moves.get(name, ()) if move.namespec in namespecs or not program)
    return PlannedTarget(
        target,
        _RESULTS.get(outcome.verdict, Result.FAILED) if outcome else Result.FAILED,
        outcome.text if outcome else "it would not end",
        nodes_of(namespecs, where),
        nodes_of(namespecs, after),
        places_of(rehearsal.considered, situation, name, namespecs),
        moves,
    )


# -- losses --------------------------------------------------------------------------------------------------


def _lose(standing: Standing, fork: Engine, lost: Sequence[str], left: Sequence[str]) -> Rehearsal:
    """Let the nodes fall silent; if the master is among them, one of the others follows it."""
    now = standing.now
    engine = fork
    if standing.master in lost:
        fork.decide(now)
        s = fork.situation
        engine = Engine(s.rulebook, s.timing, left[0])
        nodes = {
            name: msgspec.structs.replace(node, state=NodeState.FAILED) if name in s.lost else node
            for name, node in s.nodes.items()
        }
        engine.take_over(s.draft.stored, s.term + 1, View(nodes), now)
        for name, since in s.silent.items():
            engine.handle(NodeSilent(name, since), now)
    rehearsal = Rehearsal(engine, now, lost)
    rehearsal.finish_what_is_under_way()
    for name in lost:
        rehearsal.give(NodeSilent(name, now.boot))
    timing = engine.situation.timing
    over = timing.node_lease + timing.margin

    def quiet() -> bool:
        s = engine.situation
        return rehearsal.passed > over and s.settled and not s.jobs

    rehearsal.run(quiet)
    return rehearsal


def _losses(
    rehearsal: Rehearsal, situation: Situation, lost: Sequence[str], where: dict[str, tuple[str, ...]]
) -> tuple[PlannedTarget, ...]:
    after = everywhere(situation)
    found = []
    for application in situation.apps.values():
        namespecs = tuple(application.programs)
        was = nodes_of(namespecs, where)
        touched = application.name in rehearsal.moves or any(node in lost for node in was)
        held = any(grant.node in lost for grant in situation.grants_of(application))
        if not application.managed or not (touched or held):
            continue
        result, text = _fate(rehearsal, situation, application, where, lost)
        found.append(
            PlannedTarget(
                application.name,
                result,
                text,
                was,
                nodes_of(namespecs, after),
                places_of(rehearsal.considered, situation, application.name, namespecs),
                tuple(rehearsal.moves.get(application.name, ())),
            )
        )
    return tuple(found)


def _fate(
    rehearsal: Rehearsal,
    s: Situation,
    application: Application,
    where: dict[str, tuple[str, ...]],
    lost: Sequence[str],
) -> tuple[Result, str]:
    name = application.name
    there = s.alive_nodes(application)
    report = rehearsal.report
    if report is not None and name in report.held:
        return Result.HELD, report.held[name]
    wish = s.draft.wishes.get(name)
    if wish is not None and wish.wanted is Wanted.STOPPED:
        return Result.ENDS, f"is stopped: {wish.why}" if wish.why else "ends; it was not wanted any more"
    failures = {
        n: s.draft.failures[n]
        for n in application.programs
        if n in s.draft.failures and not s.draft.failures[n].cleared and not s.alive_on(n)
    }
    words = "; ".join(dict.fromkeys(failure.reason for failure in failures.values()))
    nowhere = any(failure.kind is FailureKind.PLACEMENT for failure in failures.values())
    if not there:
        if nowhere:
            return Result.NO_PLACE, words
        return Result.ENDS, words or "ends, and nothing starts it again"
    on = ", ".join(there)
    if failures:
        return Result.PARTLY, f"runs on {on}, but not whole: {words}"
    hit = [n for n in application.programs if any(node in lost for node in where.get(n, ()))]
    if not hit:
        return Result.MOVES, f"is started on {on}"
    return Result.MOVES, f"{heaviest(application, hit).value}: on {on} then"


def _without_quorum(
    s: Situation, lost: Sequence[str], where: dict[str, tuple[str, ...]]
) -> tuple[tuple[PlannedTarget, ...], Loads]:
    """Every node isolates itself: what each application's isolation says comes to pass on all of them."""
    planned = []
    nodes = dict.fromkeys(s.nodes, 0)
    for application in s.apps.values():
        was = nodes_of(tuple(application.programs), where)
        if not was:
            continue
        isolation = application.rules.isolation if application.rules else None
        after = tuple(node for node in was if node not in lost)
        if isolation is Isolation.STOP:
            text = f"stopped everywhere within {s.timing.node_lease:g} s: its isolation is STOP"
            planned.append(PlannedTarget(application.name, Result.ENDS, text, was, ()))
            continue
        for program in application.programs.values():
            for node in where.get(program.namespec, ()):
                if node not in lost:
                    nodes[node] += program.rules.expected_loading
        if isolation is None:
            continue
        result = Result.GOES_ON if after == was else Result.PARTLY if after else Result.ENDS
        on = f"goes on on {', '.join(after)}" if after else "ends with its node"
        text = f"{on}: its isolation is {isolation.value}; nothing starts it elsewhere"
        planned.append(PlannedTarget(application.name, result, text, was, after))
    hosts: dict[str, int] = {}
    for name, load in nodes.items():
        hosts[s.nodes[name].host] = hosts.get(s.nodes[name].host, 0) + load
    return tuple(planned), Loads(hosts, nodes)


def _loss_notes(standing: Standing, lost: Sequence[str]) -> list[str]:
    s = standing.situation
    timing = s.timing
    who = " and ".join(lost)
    over = timing.node_lease + timing.margin
    notes = [
        f"{who} would count as lost {over:g} s after the last word, sooner if the death of its supervisord "
        "is proved; until then all of it stays where it is"
    ]
    down = [name for name in lost if not s.usable(name)]
    if down:
        notes.append(f"not there even now: {', '.join(down)}")
    alone = [
        application.name
        for application in s.apps.values()
        if not application.managed and set(s.alive_nodes(application)) & set(lost)
    ]
    if alone:
        notes.append(f"unmanaged, ends there and is started nowhere else: {some(alone)}")
    hosts = {s.nodes[name].host for name in lost}
    beside = [name for name, node in s.nodes.items() if node.host in hosts and name not in lost]
    if beside:
        notes.append(
            f"{', '.join(beside)} on the same host would live on: name it as well to lose the machine"
        )
    if standing.master in lost:
        notes.append(f"{standing.master} is master: another core node follows it")
    return notes
