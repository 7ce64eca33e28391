"""Hands off: for a while nothing is started, restarted, moved, repaired or conciliated by itself.

What people ask for is done all the same, and what keeps the promises as well: leases, and the stop of what
runs where another node holds the grant.
"""

from __future__ import annotations

from tuiconsole.model.ledger import JobPhase, Maintenance
from tuiconsole.model.requests import ALL, Outcome, Verdict
from tuiconsole.planning.engine.messages import Request
from tuiconsole.planning.engine.situation import Situation, iso

LONGEST = 30 * 24 * 3600.0
"""Seconds that a maintenance may last: one that is forgotten ends some day."""


def hands_off(s: Situation, application: str) -> str:
    """Why nothing is done to it by itself, in words; empty if its rules are in force."""
    found = s.draft.maintenance.get(application) or s.draft.maintenance.get(ALL)
    if found is None or found.until <= s.now.utc:
        return ""
    return f"in maintenance until {iso(found.until)} ({found.requested_by})"


def maintain(s: Situation, request: Request, target: str) -> Outcome:
    """Begin a maintenance, count it anew, or end it."""
    what = "the whole system" if target == ALL else target
    why = f": {request.reason}" if request.reason else ""
    kind = "master" if target == ALL else "application"
    if request.seconds <= 0:
        if s.draft.maintenance.pop(target, None) is None:
            return Outcome(target, Verdict.DONE, "was in no maintenance")
        s.event(kind, target, f"{request.requested_by} ends the maintenance of {what}{why}")
        over = hands_off(s, target)
        return Outcome(target, Verdict.DONE, f"maintenance ended{f', but is {over}' if over else ''}")
    if request.seconds > LONGEST:
        days = LONGEST / 24 / 3600
        return Outcome(target, Verdict.REFUSED, f"a maintenance lasts at most {days:.0f} days")
    until = s.now.utc + request.seconds
    s.draft.maintenance[target] = Maintenance(until, request.requested_by, iso(s.now.utc), request.reason)
    s.event(kind, target, f"{request.requested_by} has {what} in maintenance until {iso(until)}{why}")
    return Outcome(
        target, Verdict.DONE, f"in maintenance until {iso(until)}: nothing is done to it by itself"
    )


def end_maintenance(s: Situation) -> None:
    """What is over is over."""
    for name, known in list(s.draft.maintenance.items()):
        if known.until <= s.now.utc:
            del s.draft.maintenance[name]
            kind, what = ("master", "the whole system") if name == ALL else ("application", name)
            s.event(kind, name, f"the maintenance of {what} is over ({known.requested_by} began it)")


def give_up_waiting(s: Situation) -> None:
    """What is in maintenance and waits to be started by itself waits no longer."""
    for job in list(s.jobs.values()):
        if job.phase is JobPhase.WAITING and (off := hands_off(s, job.application)):
            del s.jobs[job.application]
            s.outcome(job.waiters, Verdict.FAILED, f"is not started again: {off}")
