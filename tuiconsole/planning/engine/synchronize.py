"""The engine's part of the synchronization: when it is over, and what the next master must know of it."""

from __future__ import annotations

from tuiconsole.model.requests import Outcome, Verdict
from tuiconsole.planning.engine.messages import Request
from tuiconsole.planning.engine.situation import Situation
from tuiconsole.planning.synchronization import coming_up, is_boot, waiting


def begin_synchronization(s: Situation) -> None:
    """At take-over: whether there is anything to wait for."""
    if s.synchronization.options:
        s.synchronized = not is_boot(s.draft.members, s.nodes)
    else:
        # What supervisord starts by itself, and nobody manages, says nothing.
        managed = [application for application in s.apps.values() if application.managed]
        s.synchronized = any(any(s.running(application)) for application in managed)


def synchronize(s: Situation) -> None:
    """See whether it is over, and keep in the ledger who is there since."""
    if not s.synchronization.options:
        if not s.synchronized:
            s.waiting = coming_up(s.nodes, s.began, s.now.boot)
            s.synchronized = bool(s.waiting.ended)
        return
    running = frozenset(name for name in s.nodes if s.usable(name))
    if not s.synchronized:
        found = waiting(s.synchronization, running, s.nodes, s.began, s.now.boot)
        s.waiting = found
        if not is_boot(s.draft.members, s.nodes):
            s.synchronized = True
        elif found.ended:
            _over(s, found.ended)
    if s.synchronized:
        members = {**s.draft.members, **{name: s.nodes[name].incarnation for name in running}}
        s.draft.members = {name: life for name, life in members.items() if name in s.nodes}


def asked_to_end_synchronization(s: Situation, request: Request, target: str) -> Outcome:
    """A person has seen that all are there who will come."""
    if s.synchronized:
        return Outcome(target, Verdict.REFUSED, "it is synchronized already: what starts by itself has begun")
    _over(s, f"ended by {request.requested_by} on {request.origin}")
    synchronize(s)
    return Outcome(target, Verdict.DONE, "synchronization ended: what starts by itself is started")


def _over(s: Situation, why: str) -> None:
    s.synchronized = True
    s.event("master", s.master, f"the cluster is synchronized ({why})")
