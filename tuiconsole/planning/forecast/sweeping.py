"""What would happen if nodes were drained, a program were scaled, or the whole system were ended."""

from __future__ import annotations

from collections.abc import Sequence

from tuiconsole.model.ledger import JobKind
from tuiconsole.model.plan import Plan, PlannedHost, PlannedTarget, Question, Result
from tuiconsole.model.requests import Action, Outcome, Verdict
from tuiconsole.planning.engine.loading import expected_loads
from tuiconsole.planning.engine.messages import Request, RequestReceived
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

_TIMEOUT = 3000.0
_ACTIONS = {
    Question.DRAIN: Action.DRAIN,
    Question.SCALE: Action.SCALE,
    Question.SHUTDOWN: Action.SHUTDOWN,
    Question.RELOAD: Action.RELOAD,
}
_RESULTS = {Verdict.DONE: Result.DONE, Verdict.REFUSED: Result.REFUSED}


def plan_drain(standing: Standing, nodes: Sequence[str], *, origin: str, requested_by: str) -> Plan:
    """What would move where, in which order, and what would stay and why, if these nodes were drained."""
    act = _Act(standing, Question.DRAIN, nodes, origin, requested_by)
    s = act.situation
    planned = [
        PlannedTarget(
            name,
            Result.MOVES,
            "is stopped, then started there",
            nodes_of(tuple(s.apps[name].programs), act.where),
            nodes_of(tuple(s.apps[name].programs), act.after),
            places_of(act.rehearsal.considered, s, name, tuple(s.apps[name].programs)),
            tuple(moves),
        )
        for name, moves in act.rehearsal.moves.items()
        if set(nodes_of(tuple(s.apps[name].programs), act.where)) & set(nodes)
    ]
    for node in act.names:
        for name, reason in s.stays.get(node, {}).items():
            planned.append(PlannedTarget(name, Result.STAYS, reason, (node,), (node,)))
    notes = [f"{node} takes nothing new until `tuiconsole undrain {node}`" for node in act.names]
    alone = [
        one.name for one in s.apps.values() if not one.managed and set(s.alive_nodes(one)) & set(act.names)
    ]
    if alone:
        notes.append(f"unmanaged, stays: {some(alone)}")
    return act.plan(planned, notes)


def plan_scale(standing: Standing, target: str, number: int, *, origin: str, requested_by: str) -> Plan:
    """What would stop and what would start, and where, if a program had so many processes."""
    before = standing.situation.sections
    act = _Act(standing, Question.SCALE, (target,), origin, requested_by, number)
    s = act.situation
    ours = {n for sections in (before, s.sections) for n, one in sections.items() if one.key == target}
    application = target.partition(":")[0]
    moves = tuple(one for one in act.rehearsal.moves.get(application, ()) if one.namespec in ours)
    namespecs = tuple(sorted(ours))
    outcome = act.outcome(target)
    planned = PlannedTarget(
        target,
        _RESULTS.get(outcome.verdict, Result.FAILED),
        outcome.text,
        nodes_of(namespecs, act.where),
        nodes_of(namespecs, act.after),
        places_of(act.rehearsal.considered, s, application, namespecs),
        moves,
    )
    notes = []
    if outcome.verdict is Verdict.DONE:
        was = sum(one.key == target for one in before.values())
        notes.append(f"{was} → {number} processes on each node that has the program; no file is touched")
    return act.plan([planned], notes)


def plan_end(standing: Standing, question: Question, cluster: str, *, origin: str, requested_by: str) -> Plan:
    """In which order all would stop if the system were shut down or reloaded, and what the agents do then."""
    broken_off = [
        name
        for name, job in standing.situation.jobs.items()
        if job.kind not in (JobKind.STOP, JobKind.CONCILIATE)
    ]
    act = _Act(standing, question, (cluster,), origin, requested_by)
    s = act.situation
    outcome = act.outcome(cluster)
    if outcome.verdict is not Verdict.DONE:
        refused = PlannedTarget(cluster, _RESULTS.get(outcome.verdict, Result.FAILED), outcome.text, (), ())
        return act.plan([refused], [])
    planned = []
    for name, moves in act.rehearsal.moves.items():
        rules = s.apps[name].rules
        text = f"stop_sequence {rules.stop_sequence if rules else 0}"
        was = nodes_of(tuple(s.apps[name].programs), act.where)
        planned.append(PlannedTarget(name, Result.DONE, text, was, (), (), tuple(moves)))
    notes = [outcome.text]
    alone = [one.name for one in s.apps.values() if not one.managed and s.alive_nodes(one)]
    if alone:
        notes.append(f"unmanaged, ends with its node: {some(alone)}")
    if broken_off:
        notes.append(f"broken off where it is: {some(broken_off)}")
    if question is Question.SHUTDOWN:
        notes.append("it stays so until somebody starts the agents")
    else:
        by_itself = [one.name for one in s.apps.values() if one.rules and one.rules.start_sequence]
        notes.append(f"then starts by itself: {some(by_itself) or 'nothing'}")
    return act.plan(planned, notes)


class _Act:
    """One request, rehearsed to its end."""

    def __init__(
        self,
        standing: Standing,
        question: Question,
        names: Sequence[str],
        origin: str,
        requested_by: str,
        number: int = 0,
    ) -> None:
        self._standing = standing
        self._question = question
        self._origin = origin
        self.names = tuple(dict.fromkeys(names))
        self.rehearsal = Rehearsal(standing.engine.fork(), standing.now)
        self.situation: Situation = self.rehearsal.engine.situation
        self._before = expected_loads(self.situation)
        self.where = everywhere(self.situation)
        self.rehearsal.finish_what_is_under_way()
        request = Request(
            "plan", _ACTIONS[question], self.names, origin, requested_by, _TIMEOUT, number=number
        )
        self.rehearsal.give(RequestReceived(request))
        self.rehearsal.run(lambda: len(self.rehearsal.outcomes) == len(self.names))
        self.after = everywhere(self.situation)

    def outcome(self, target: str) -> Outcome:
        """How it would end."""
        return self.rehearsal.outcomes.get(target) or Outcome(target, Verdict.FAILED, "it would not end")

    def plan(self, planned: Sequence[PlannedTarget], notes: Sequence[str]) -> Plan:
        """All of it."""
        standing = self._standing
        told = [*basis_notes(standing), *notes]
        if self._question is Question.SCALE:
            told += meanwhile(self.rehearsal, [one.name for one in planned])
        if not self.rehearsal.complete:
            told.append("more would follow than could be computed")
        return Plan(
            self._question,
            self.names,
            self._origin,
            None,
            standing.node,
            standing.basis,
            iso(standing.now.utc),
            tuple(planned),
            self._hosts(),
            tuple(told),
            standing.why_impossible,
        )

    def _hosts(self) -> tuple[PlannedHost, ...]:
        return hosts_of(self.situation, self._before, expected_loads(self.situation))
