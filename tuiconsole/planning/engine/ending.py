"""The end of the whole system: applications by stop sequence, greatest first, then the agents leave.

As Supvisors shuts down and restarts. That it goes on stands in the ledger until the agents have left, so that
a new master completes it; the first master of the next life begins anew: what people had wished before is
forgotten then, and what starts by itself does.
"""

from __future__ import annotations

import msgspec

from tuiconsole.model.events import Severity
from tuiconsole.model.ledger import Ending, EndKind, JobKind, JobPhase, Waiter
from tuiconsole.model.requests import Action, Outcome, Verdict
from tuiconsole.model.states import NodeState
from tuiconsole.planning.catalogue import Application
from tuiconsole.planning.engine.jobs import Job
from tuiconsole.planning.engine.messages import Answer, LeaveNode, Request
from tuiconsole.planning.engine.situation import Situation, iso

BY_FAILURE = "running failure"
CORES_WAIT = 60.0
"""Seconds that the core nodes wait at most for the others to have left."""
ANSWERS_WAIT = 5.0
"""Seconds that the master waits at most for the other core nodes to say that they will leave."""
LAST_WORDS = 0.5
"""Seconds between a core node's answer and its end: outcomes and events are still to go out through it."""
RESTARTS_IN = 600.0
RESTARTS_AT_MOST = 3
"""So many restarts of the whole system for failures within RESTARTS_IN seconds; then it is no remedy."""

_VERBS = {EndKind.SHUTDOWN: "shut down", EndKind.RESTART: "restarted"}
_OF_ACTION = {Action.SHUTDOWN: EndKind.SHUTDOWN, Action.RELOAD: EndKind.RESTART}


def asked_to_end(s: Situation, request: Request, target: str) -> Outcome | None:
    """Begin the end of the system as a person asks, or refuse it with the reason."""
    kind = _OF_ACTION[request.action]
    known = s.draft.ending
    waiter = Waiter(request.id, target)
    if known is None:
        cause = f"asked by {request.requested_by} on {request.origin}"
        begin(s, kind, request.requested_by, cause, (waiter,))
        return None
    if known.kind is not kind or known.leaving:
        return Outcome(target, Verdict.REFUSED, f"{obstacle(s)} already")
    s.draft.ending = msgspec.structs.replace(known, waiters=(*known.waiters, waiter))
    return None


def begin(s: Situation, kind: EndKind, by: str, cause: str, waiters: tuple[Waiter, ...] = ()) -> None:
    """From now on nothing is started, and all that runs is stopped in order."""
    s.draft.ending = Ending(kind, by, iso(s.now.utc), cause, waiters)
    s.event("master", s.master, f"the system is being {_VERBS[kind]}: {cause}", Severity.MAJOR)


def too_many_restarts(s: Situation) -> bool:
    """Note a restart of the system that a failure asks for; True if there were too many lately."""
    lately = tuple(at for at in s.draft.system_restarts if 0 <= s.now.utc - at < RESTARTS_IN)
    if len(lately) >= RESTARTS_AT_MOST:
        return True
    s.draft.system_restarts = (*lately, s.now.utc)
    return False


def obstacle(s: Situation) -> str:
    """Why nothing may be started, in words; empty if the system does not end."""
    ending = s.draft.ending
    if ending is None:
        return ""
    return f"the system is being {_VERBS[ending.kind]} ({ending.cause})"


def progress(s: Situation) -> str:
    """What the end waits for, in words."""
    ending = s.draft.ending
    if ending is None:
        return ""
    if ending.leaving:
        there = [name for name in ending.leaving if _is_there(s, ending, name)]
        return f"{obstacle(s)}: the agents of {', '.join(there)} leave"
    rank, names = _turn(s)
    what = f"stops {', '.join(names)} (stop_sequence {rank})" if names else "all is stopped"
    return f"{obstacle(s)}: {what}"


def advance_ending(s: Situation) -> None:
    """Do what can be done now towards the end."""
    ending = s.draft.ending
    if ending is None:
        return
    if ending.leaving:
        _let_leave(s, ending)
        return
    _give_up_starts(s)
    _, names = _turn(s)
    for name in names:
        if name not in s.jobs:
            s.jobs[name] = Job.new(
                name,
                JobKind.STOP,
                JobPhase.STOPPING,
                s.now,
                requested_by=ending.requested_by,
                cause=f"the system is being {_VERBS[ending.kind]}",
            )
    if not names:
        _all_stopped(s, ending)


def conclude_ending(s: Situation) -> None:
    """Once all have left that were to: begin anew, as if the ledger were empty of wishes."""
    ending = s.draft.ending
    if ending is None or not ending.leaving:
        return
    if any(_is_there(s, ending, name) for name in ending.leaving):
        return
    s.draft.ending = None
    s.draft.wishes.clear()
    s.draft.failures.clear()
    s.draft.cleared.clear()
    s.jobs.clear()
    s.queued.clear()
    s.event("master", s.master, f"the system was {_VERBS[ending.kind]}; it begins anew")


def _give_up_starts(s: Situation) -> None:
    """Starts are broken off where they are; what a restart stops is stopped."""
    for job in list(s.jobs.values()):
        if job.kind in (JobKind.STOP, JobKind.CONCILIATE):
            continue
        s.outcome(job.waiters, Verdict.FAILED, obstacle(s))
        job.waiters = ()
        if job.phase in (JobPhase.STARTING, JobPhase.WAITING):
            del s.jobs[job.application]
        else:
            job.kind = JobKind.STOP


def _turn(s: Situation) -> tuple[int, list[str]]:
    """The greatest stop_sequence of which something is left that can be stopped now, and its applications."""
    left = [application for application in s.apps.values() if _is_left(s, application)]
    if not left:
        return 0, []
    rank = max(_rank(application) for application in left)
    return rank, [application.name for application in left if _rank(application) == rank]


def _rank(application: Application) -> int:
    return application.rules.stop_sequence if application.rules else 0


def _is_left(s: Situation, application: Application) -> bool:
    """True if something of it runs, or is granted, on a node that can be told to stop it."""
    if not application.managed:
        return False
    where = {node for _, node in s.running(application)}
    where |= {grant.node for grant in s.grants_of(application)}
    return any(s.usable(node) for node in where)


def _all_stopped(s: Situation, ending: Ending) -> None:
    there = {name: node.incarnation for name, node in s.nodes.items() if s.usable(name)}
    away = sorted(name for name, node in s.nodes.items() if name not in there and _may_live(node.state))
    words = f"all applications are stopped, the agents of {len(there)} nodes end"
    if ending.kind is EndKind.RESTART:
        words += " and are started again"
    if away:
        words += f"; not reached: {', '.join(away)}"
    s.outcome(ending.waiters, Verdict.DONE, words, tuple(there))
    s.event("master", s.master, words)
    s.draft.ending = msgspec.structs.replace(ending, leaving=there, waiters=())
    s.leaving_since = s.now.boot
    _let_leave(s, s.draft.ending)


def _may_live(state: NodeState) -> bool:
    return state in (NodeState.ISOLATED, NodeState.CHECKING, NodeState.FAILED)


def _is_there(s: Situation, ending: Ending, name: str) -> bool:
    """True while that life of a node goes on which was told to leave."""
    node = s.nodes.get(name)
    if node is None or node.incarnation != ending.leaving.get(name) or name in s.lost:
        return False
    return node.state in (NodeState.RUNNING, NodeState.CHECKING, NodeState.ISOLATED)


def _let_leave(s: Situation, ending: Ending) -> None:
    """All but the core nodes first; then these at once, the master's when the others have answered."""
    there = [name for name in ending.leaving if _is_there(s, ending, name)]
    if s.leaving_since is None:
        s.leaving_since = s.now.boot
    waited = s.now.boot - s.leaving_since
    cores = [name for name in there if s.nodes[name].core]
    others = [name for name in there if not s.nodes[name].core]
    for name in others:
        _order(s, ending, name, 0.0)
    if others and waited < CORES_WAIT:
        return
    unanswered = [name for name in cores if name != s.master and not _order(s, ending, name, LAST_WORDS)]
    limit = ANSWERS_WAIT + (CORES_WAIT if others else 0.0)
    if s.master in cores and (not unanswered or waited >= limit):
        _order(s, ending, s.master, LAST_WORDS)


def _order(s: Situation, ending: Ending, name: str, after: float) -> bool:
    """Tell a node to leave, again and again; True once it has answered."""
    key = ("leave", name, "")
    order = s.orders.get(key)
    if s.usable(name) and s.orders.due(key, s.now.boot):
        command = LeaveNode(
            s.orders.id_for(key),
            name,
            ending.kind is EndKind.RESTART,
            after,
            s.term,
            s.epoch(name),
            s.deadline,
        )
        s.order(key, command)
    return order is not None and order.answer in (Answer.OK, Answer.REFUSED)
