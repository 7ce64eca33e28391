"""A plan in words, line by line: the same for the command and for the console's preview."""

from __future__ import annotations

from tuiconsole.model.plan import Candidate, Plan, PlannedMove, PlannedPlace, PlannedTarget, Question, Result

_VERBS = {
    Question.START: "would start",
    Question.STOP: "would stop",
    Question.RESTART: "would restart",
    Question.SHUTDOWN: "would stop",
    Question.RELOAD: "would stop",
}
_FATES = {
    Result.MOVES: "would move",
    Result.PARTLY: "would run in part",
    Result.NO_PLACE: "would have no place",
    Result.HELD: "would stay held",
    Result.STAYS: "would stay",
    Result.ENDS: "would end",
    Result.GOES_ON: "would go on",
}


def plan_lines(plan: Plan) -> list[str]:
    """All of it. Nothing is cut to a width."""
    lines: list[str] = []
    if plan.impossible:
        lines.append(
            plan.impossible if plan.question is Question.LOSS else f"not now: {plan.impossible}; otherwise:"
        )
    for target in plan.targets:
        lines += target_lines(target, plan.question)
    if not plan.targets:
        lines.append(nothing_words(plan))
    lines += load_lines(plan)
    return lines + [f"note: {note}" for note in plan.notes]


def nothing_words(plan: Plan) -> str:
    """What is said when nothing would become of anything."""
    if plan.question in (Question.SHUTDOWN, Question.RELOAD):
        return "nothing runs that would have to be stopped"
    return f"nothing runs on {' and '.join(plan.names)} that a rule names: nothing would move"


def headline(target: PlannedTarget, question: Question) -> str:
    """What becomes of one target, in one line."""
    name = target.name
    if target.result is Result.REFUSED:
        return f"{name} would be refused: {target.text}"
    if target.result is Result.FAILED:
        return f"{name} would fail: {target.text}"
    if question is Question.SCALE:
        return f"{name} would be {target.text}"
    if question in (Question.SHUTDOWN, Question.RELOAD):
        return f"{name} {_VERBS[question]} on {', '.join(target.before)} ({target.text})"
    if question not in (Question.LOSS, Question.DRAIN):
        where = target.before if question is Question.STOP else target.after
        on = f" on {', '.join(where)}" if where else f": {target.text}"
        return f"{name} {_VERBS[question]}{on}{_by(target)}"
    if target.result is Result.STAYS:
        return f"{name} would stay on {', '.join(target.before)}: {target.text}"
    way = f" {', '.join(target.before) or 'nowhere'} → {', '.join(target.after) or 'nowhere'}"
    return f"{name} {_FATES[target.result]}{way}: {target.text}"


def target_lines(target: PlannedTarget, question: Question) -> list[str]:
    """One target: what becomes of it, its steps, and why not elsewhere."""
    lines = [headline(target, question)]
    lines += [f"  {line}" for line in step_lines(target.moves)]
    for place in target.places:
        lines += [f"  {line}" for line in place_lines(place, named=len(target.places) > 1)]
    return lines


def step_lines(moves: tuple[PlannedMove, ...]) -> list[str]:
    """Each step with what it starts or stops, and where."""
    steps: dict[tuple[int, str, str], list[str]] = {}
    for move in moves:
        steps.setdefault((move.step, move.action, move.node), []).append(move.namespec.partition(":")[2])
    return [
        f"{step}. {action} on {node}: {', '.join(names)}" for (step, action, node), names in steps.items()
    ]


def place_lines(place: PlannedPlace, *, named: bool = False) -> list[str]:
    """Why it would not go elsewhere: nodes with the same reason in one line."""
    who = f"{place.name} " if named else ""
    reasons: dict[str, list[str]] = {}
    for candidate in place.candidates:
        if not candidate.chosen:
            reasons.setdefault(_reason(candidate), []).append(candidate.node)
    return [f"{who}not on {', '.join(nodes)}: {reason}" for reason, nodes in reasons.items()]


def load_lines(plan: Plan) -> list[str]:
    """The loads of the hosts where they change, else of all."""
    lines = []
    for host in plan.hosts:
        if host.before != host.after or host.lost:
            after = "lost" if host.lost else f"{host.after} %"
            lines.append(f"host {host.host} ({', '.join(host.nodes)}) {host.before} % → {after}")
    return lines or ["the load of no host would change"]


def _reason(candidate: Candidate) -> str:
    return candidate.reason or "not chosen"


def _by(target: PlannedTarget) -> str:
    strategies = dict.fromkeys(place.strategy for place in target.places)
    return f" ({', '.join(strategies)})" if strategies else ""
