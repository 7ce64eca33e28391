"""Requests that wait for the job of their application to be over, each for its turn.

A start or restart waits for a stop, and what concerns one process for a job that concerns others. Who waits
is found anew by each master: the open requests of the ledger that no job answers.
"""

from __future__ import annotations

from tuiconsole.model.ledger import JobKind, RequestRecord, Waiter
from tuiconsole.model.requests import Action, Verdict
from tuiconsole.planning.engine.messages import Request
from tuiconsole.planning.engine.situation import Situation
from tuiconsole.planning.engine.stop import where_stuck
from tuiconsole.rulebook.rules import StartingStrategy

QUEUED = frozenset({Action.START, Action.STOP, Action.RESTART})


def must_wait(s: Situation, request: Request, target: str) -> bool:
    """True if it can be carried out once the job of its application is over, and need not be refused."""
    name, _, program = target.partition(":")
    job = s.jobs.get(name)
    if job is None or request.action not in QUEUED or where_stuck(s, job):
        return False
    if program and request.action is not Action.STOP and s.out_of_service(target):
        return False  # It is refused, whenever its turn comes.
    if job.kind is JobKind.STOP and job.whole:
        return request.action is not Action.STOP
    if job.whole:
        return False
    if job.kind is JobKind.STOP and request.action is not Action.STOP:
        return True
    return bool(program) and target not in job.processes


def queue(s: Situation, request: Request, target: str) -> None:
    """Let it wait for its turn."""
    job = s.jobs[target.partition(":")[0]]
    s.queued.append((request, target))
    what = ", ".join(job.processes) or job.application
    s.progress((Waiter(request.id, target),), f"waits for the {job.kind.value} of {what}", 0, 0)


def next_in_turn(s: Situation) -> tuple[Request, str] | None:
    """The first that need not wait any longer; those that have been answered meanwhile are forgotten."""
    s.queued = [(request, target) for request, target in s.queued if _is_open(s, request.id, target)]
    for number, (_, target) in enumerate(s.queued):
        if target.partition(":")[0] not in s.jobs:
            return s.queued.pop(number)
    return None


def drop_starts(s: Situation, application: str, by: str) -> None:
    """Whoever asks to stop an application has the last word: what waits to start it is not carried out."""
    for request, target in s.queued:
        if target.partition(":")[0] == application and request.action is not Action.STOP:
            s.outcome((Waiter(request.id, target),), Verdict.FAILED, f"{by} asked to stop it meanwhile")


def queue_of_the_former_master(s: Situation) -> None:
    """At take-over: the open requests that no job answers."""
    answered = {waiter for job in s.jobs.values() for waiter in job.waiters}
    for record in s.draft.requests.values():
        for target in record.targets if record.action in QUEUED else ():
            if Waiter(record.id, target) not in answered and _is_open(s, record.id, target):
                s.queued.append((_request(record), target))


def _is_open(s: Situation, request: str, target: str) -> bool:
    record = s.draft.requests.get(request)
    return record is not None and all(outcome.target != target for outcome in record.outcomes)


def _request(record: RequestRecord) -> Request:
    return Request(
        record.id,
        record.action,
        record.targets,
        record.origin,
        record.requested_by,
        record.lasts,
        StartingStrategy(record.strategy) if record.strategy else None,
        arguments=record.arguments,
    )
