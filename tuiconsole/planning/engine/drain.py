"""Drained nodes: what may run elsewhere is moved, one application at a time, and nothing new is started.

Least start_sequence first, as at the start of the system. To move is to stop, to take the grant back with
proof, and to start elsewhere: the very job of a restart. Whether there is a place is seen before anything is
stopped; what has none stays where it is, and is named with the reason, until there is one.
"""

from __future__ import annotations

from dataclasses import dataclass

from tuiconsole.model.ledger import Drained, JobKind, JobPhase, Waiter, Wanted
from tuiconsole.model.requests import Action, Outcome, Verdict
from tuiconsole.planning.catalogue import Application, Program
from tuiconsole.planning.engine.flapping import held
from tuiconsole.planning.engine.jobs import Job
from tuiconsole.planning.engine.maintenance import hands_off
from tuiconsole.planning.engine.messages import Request
from tuiconsole.planning.engine.placing import placement_for
from tuiconsole.planning.engine.situation import Situation, iso
from tuiconsole.planning.report import DrainReport
from tuiconsole.rulebook.rules import Distribution, StartingStrategy

MOVES = "moves off "
"""How the cause of a job that moves something begins."""
LAST = 1_000_000
"""The place in the order of what has no start_sequence."""


@dataclass(frozen=True)
class Piece:
    """What moves together: an application, or one process of a distributed one."""

    name: str
    application: Application
    programs: tuple[Program, ...]
    whole: bool


def admit_drain(s: Situation, request: Request, target: str) -> Outcome | None:
    """Keep a node free from now on, or give it back; None while something is still to move."""
    if target not in s.nodes:
        return Outcome(target, Verdict.REFUSED, f"no node is named {target}; there are {', '.join(s.nodes)}")
    why = f": {request.reason}" if request.reason else ""
    if request.action is Action.UNDRAIN:
        if s.draft.drained.pop(target, None) is None:
            return Outcome(target, Verdict.DONE, "was not drained")
        s.event("node", target, f"{request.requested_by} ends the drain of {target}{why}")
        return Outcome(target, Verdict.DONE, "takes applications again; nothing is moved back by itself")
    if target not in s.draft.drained:
        s.draft.drained[target] = Drained(request.requested_by, iso(s.now.utc), request.reason)
        s.event("node", target, f"{request.requested_by} drains {target}{why}")
    return None


def plan_drain(s: Situation, target: str) -> Outcome:
    """What a drain of this node would do, as things stand now: nothing is changed."""
    if target not in s.nodes:
        return Outcome(target, Verdict.REFUSED, f"no node is named {target}; there are {', '.join(s.nodes)}")
    before = s.draft.drained.get(target)
    s.draft.drained[target] = before or Drained("this plan", "")
    moves, stays = [], []
    try:
        for piece in pieces_on(s, target):
            place, reason = _new_place(s, piece, target)
            if place:
                moves.append(f"{piece.name} would move to {place}")
                load = sum(program.rules.expected_loading for program in piece.programs)
                s.supposed[place] = s.supposed.get(place, 0) + load
                s.supposed[target] = s.supposed.get(target, 0) - load
            else:
                stays.append(f"{piece.name} would stay: {reason}")
    finally:
        s.supposed.clear()
        if before is None:
            del s.draft.drained[target]
    text = f"{len(moves)} would move, {len(stays)} would stay; nothing was done"
    return Outcome(target, Verdict.DONE, text, details=(*moves, *stays))


def move_on(s: Situation) -> None:
    """Begin the next move, if none goes on; and see what cannot move."""
    s.stays = {node: {} for node in s.draft.drained}
    if any(job.cause.startswith(MOVES) for job in s.jobs.values()):
        return
    for node, drained in s.draft.drained.items():
        for piece in pieces_on(s, node):
            if piece.application.name in s.jobs:
                continue
            place, reason = _new_place(s, piece, node)
            if place:
                _begin(s, piece, node, drained)
                return
            s.stays[node][piece.name] = reason


def answer_drains(s: Situation) -> None:
    """Tell those who wait once nothing more can move."""
    for record in list(s.draft.requests.values()):
        if record.action is not Action.DRAIN or not record.open:
            continue
        ended = {outcome.target for outcome in record.outcomes}
        for node in record.targets:
            if node in ended or not _is_done(s, node):
                continue
            waiter = (Waiter(record.id, node),)
            stays = s.stays.get(node, {})
            if node not in s.draft.drained:
                s.outcome(waiter, Verdict.FAILED, "its drain was ended meanwhile")
            elif stays:
                details = tuple(f"{name} stays: {reason}" for name, reason in stays.items())
                text = f"is kept free of what is new, but is not free: {', '.join(stays)} cannot move"
                s.outcome(waiter, Verdict.FAILED, text, details=details)
                s.event("node", node, f"{node} is drained as far as may be: {'; '.join(details)}")
            else:
                s.outcome(waiter, Verdict.DONE, "is free, and kept so until `tuiconsole undrain`")
                s.event("node", node, f"{node} is drained: nothing that is managed runs there")


def drain_reports(s: Situation) -> dict[str, DrainReport]:
    """For the status."""
    found = {}
    for node, drained in s.draft.drained.items():
        why = f": {drained.reason}" if drained.reason else ""
        by = f"{drained.requested_by} since {drained.since}{why}"
        found[node] = DrainReport(by, dict(s.stays.get(node, {})))
    return found


def pieces_on(s: Situation, node: str) -> list[Piece]:
    """What a node runs or holds the right to run, in the order in which it moves."""
    pieces: list[Piece] = []
    for application in s.apps.values():
        rules = application.rules
        if rules is None:
            continue
        held_here = {grant.name for grant in s.grants_of(application) if grant.node == node}
        here = [
            program
            for namespec, program in application.programs.items()
            if node in s.alive_on(namespec) or namespec in held_here
        ]
        if rules.distribution is Distribution.ALL_INSTANCES:
            here.sort(key=lambda program: program.rules.start_sequence or LAST)
            pieces += [Piece(program.namespec, application, (program,), whole=False) for program in here]
        elif here or held_here:
            pieces.append(Piece(application.name, application, s.sequence(application), whole=True))
    return sorted(pieces, key=lambda piece: (_order(piece), piece.application.name))


def _order(piece: Piece) -> int:
    rules = piece.application.rules
    return (rules.start_sequence if rules is not None else 0) or LAST


def _is_done(s: Situation, node: str) -> bool:
    if any(job.cause.startswith(f"{MOVES}{node},") for job in s.jobs.values()):
        return False  # Free already, and what has left it is not up again yet.
    stays = s.stays.get(node, {})
    return node not in s.draft.drained or all(piece.name in stays for piece in pieces_on(s, node))


def _new_place(s: Situation, piece: Piece, node: str) -> tuple[str, str]:
    """Where it would go, or why it cannot, in words."""
    application = piece.application
    name = application.name
    if off := hands_off(s, name):
        return "", off
    if name in s.conflicts:
        return "", f"it runs more than once: `tuiconsole conciliate {name}` first"
    if held(s, name):
        return "", f"it is held: `tuiconsole clear {name}` first"
    if not s.usable(node):
        return "", f"{node} {s.unusable().get(node, 'is not RUNNING')}"
    wish = s.draft.wishes.get(name)
    if piece.whole and (wish is None or wish.wanted is not Wanted.STARTED):
        return "", "only parts of it were started, which cannot move alone: stop or restart it"
    if not piece.programs or all(s.disabled(program.namespec) for program in piece.programs):
        return "", "it is disabled: once stopped, nothing would start it"
    job = _job(s, piece, node)
    if _is_local(application, job) and job.origin == node:
        return "", "LOCAL: its place is where it was asked for, and that is here"
    placement = placement_for(s, application, list(piece.programs), job)
    return (placement.node, "") if placement.node else ("", placement.reason)


def _is_local(application: Application, job: Job) -> bool:
    rules = application.rules
    assert rules is not None
    strategy = StartingStrategy(job.strategy) if job.strategy else rules.starting_strategy
    return strategy is StartingStrategy.LOCAL


def _job(s: Situation, piece: Piece, node: str) -> Job:
    wish = s.draft.wishes.get(piece.application.name)
    drained = s.draft.drained.get(node)
    by = drained.requested_by if drained else ""
    return Job.new(
        piece.application.name,
        JobKind.RESTART,
        JobPhase.STOPPING,
        s.now,
        requested_by=by,
        cause=f"{MOVES}{node}, which {by} drains",
        processes=() if piece.whole else (piece.name,),
        strategy=wish.strategy if wish else "",
        origin=wish.origin if wish else "",
    )


def _begin(s: Situation, piece: Piece, node: str, drained: Drained) -> None:
    s.jobs[piece.application.name] = _job(s, piece, node)
    text = f"{piece.name} {MOVES}{node}, which {drained.requested_by} drains"
    s.event("application", piece.application.name, text)
