"""Programs with several processes: how many there are, changed while all goes on, on every node.

The ledger holds the number, and every node is told it. What is surplus is stopped first, by a job of its
application; a node takes a process away only when nothing of it runs there. What is new is started where
the application is wanted and runs.
"""

from __future__ import annotations

from collections.abc import Iterator

from tuiconsole.model.ledger import JobKind, JobPhase, RequestRecord, Waiter, Wanted
from tuiconsole.model.requests import Action, Outcome, Verdict
from tuiconsole.planning.catalogue import Application
from tuiconsole.planning.engine.jobs import Job
from tuiconsole.planning.engine.messages import Request
from tuiconsole.planning.engine.situation import Situation

MOST = 1000
"""Processes that one program may have."""


def admit_scale(s: Situation, request: Request, application: Application, target: str) -> Outcome | None:
    """Take the number into the ledger; the outcome comes once all nodes have it."""
    known = sorted({section.key for n, section in s.sections.items() if n in application.programs})
    if target not in known:
        there = f"{application.name} has: {', '.join(known)}" if known else f"{application.name} has none"
        what = "a program whose process_name holds %(process_num)d can be scaled"
        return Outcome(target, Verdict.REFUSED, f"{what}; {there}")
    if not 1 <= request.number <= MOST:
        return Outcome(target, Verdict.REFUSED, f"a program has 1 to {MOST} processes")
    s.draft.scales[target] = request.number
    why = f": {request.reason}" if request.reason else ""
    text = f"{request.requested_by} scales {target} to {request.number}{why}"
    s.event("application", application.name, text)
    return None


def advance_scales(s: Situation) -> None:
    """Stop what is surplus, start what is new, and tell those who wait."""
    for key, number in list(s.draft.scales.items()):
        application = s.apps.get(key.partition(":")[0])
        if application is None or not application.managed or application.name in s.jobs:
            continue
        members = {n: section for n, section in s.sections.items() if section.key == key}
        left = [n for n in members if s.surplus(n) and (s.alive_on(n) or n in s.draft.grants)]
        if left:
            _stop(s, application, key, number, left)
            continue
        if _unready_nodes(s, key, number):
            continue
        _finish(s, application, key, number)
        as_files_say = members and all(section.numprocs == number for section in members.values())
        if as_files_say and len(members) == number:
            # They count again; not before a node that is away has come and given up its own surplus.
            del s.draft.scales[key]


def _stop(s: Situation, application: Application, key: str, number: int, namespecs: list[str]) -> None:
    s.jobs[application.name] = Job.new(
        application.name,
        JobKind.STOP,
        JobPhase.STOPPING,
        s.now,
        requested_by="scale",
        cause=f"{key} is scaled to {number}",
        processes=tuple(namespecs),
    )


def _unready_nodes(s: Situation, key: str, number: int) -> list[str]:
    """The nodes that have the program, and not yet so many processes of it; those away follow later."""
    name, _, program = key.partition(":")
    result = []
    for node in s.nodes.values():
        indexes = {p.index for p in node.processes.values() if (p.group, p.program) == (name, program)}
        if indexes and s.usable(node.name) and indexes != set(range(number)):
            result.append(node.name)
    return result


def _open(s: Situation, key: str) -> Iterator[RequestRecord]:
    for record in list(s.draft.requests.values()):
        ended = {outcome.target for outcome in record.outcomes}
        if record.action is Action.SCALE and key in record.targets and key not in ended:
            yield record


def _finish(s: Situation, application: Application, key: str, number: int) -> None:
    """Start what is to run and does not, for those who wait."""
    waiters = tuple(Waiter(record.id, key) for record in _open(s, key))
    if not waiters:
        return
    wish = s.draft.wishes.get(application.name)
    runs = any(s.running(application)) and wish is not None and wish.wanted is Wanted.STARTED
    idle = [
        program.namespec
        for program in s.sequence(application)
        if program.namespec in s.sections
        and s.sections[program.namespec].key == key
        and not s.alive_on(program.namespec)
    ]
    if not runs or not idle or application.name in s.conflicts:
        text = f"scaled to {number}"
        if not runs:
            text += "; nothing of it was started, since its application is not"
        s.outcome(waiters, Verdict.DONE, text, s.alive_nodes(application))
        return
    assert wish is not None
    record = s.draft.requests[waiters[0].request]
    s.jobs[application.name] = Job.new(
        application.name,
        JobKind.START,
        JobPhase.STARTING,
        s.now,
        requested_by=record.requested_by,
        cause=f"{key} is scaled to {number}",
        processes=tuple(idle),
        strategy=wish.strategy,
        origin=wish.origin,
        waiters=waiters,
    )
