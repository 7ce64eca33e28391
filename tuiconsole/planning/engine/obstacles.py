"""Why nothing of an application can be started now: in words, with what to do about it."""

from __future__ import annotations

from tuiconsole.model.ledger import JobKind, JobPhase
from tuiconsole.planning.catalogue import Application
from tuiconsole.planning.engine.situation import Situation
from tuiconsole.planning.engine.stop import where_stuck


def obstacle(s: Situation, application: Application) -> str:
    """Why nothing can be started of it now; empty if it can."""
    name = application.name
    conflict = s.conflicts.get(name)
    if conflict is not None:
        where = " and ".join(conflict.nodes)
        return f"{conflict.name} runs more than once, on {where}: `tuiconsole conciliate {name}` first"
    job = s.jobs.get(name)
    if job is not None:
        where = ", ".join(dict.fromkeys(grant.node for grant in s.grants_of(application)))
        on = f" on {where}" if where else ""
        what = ", ".join(job.processes) or name
        if job.kind is JobKind.STOP:
            stuck = where_stuck(s, job)
            return f"{what} is being stopped{on}: " + (stuck or "ask again when that is done")
        if job.kind is JobKind.CONCILIATE:
            return f"{what} is being conciliated: " + (where_stuck(s, job) or "ask again when that is done")
        if not job.starting and job.phase is not JobPhase.WAITING:
            return f"{what} is being restarted{on} (asked by {job.requested_by})"
        if job.starting:
            return f"{what} is being started{on} (asked by {job.requested_by})"
    for grant in s.grants_of(application):
        if not s.usable(grant.node):
            state = s.unusable().get(grant.node)
            if state is None:
                node = s.nodes.get(grant.node)
                state = f"is {node.state.value}" if node else "is not in the cluster file"
            until = "that node's lease is over or its death is proved"
            if s.outlives(grant):
                until = f"that node is back, or `tuiconsole confirm-dead {grant.node}` says that it is dead"
            held = f"{grant.name} belongs to {grant.node}, which {state}"
            return f"{held}: it may start elsewhere only once {until}"
    return ""


def disabled(s: Situation, application: Application, processes: tuple[str, ...]) -> str:
    """That what is to be started is disabled, with the remedy; empty if it is not."""
    programs = processes or tuple(program.namespec for program in application.sequence())
    if not programs or not all(s.disabled(namespec) for namespec in programs):
        return ""
    what = application.name if application.name in s.draft.disabled else programs[0]
    return f"{what} is disabled by {s.disabled(programs[0])}: `tuiconsole enable {what}` first"


def runs_already(s: Situation, application: Application, processes: tuple[str, ...]) -> str:
    """That it runs, and where, since when and for whom; empty if it does not."""
    name = application.name
    nodes: tuple[str, ...] = s.alive_nodes(application)
    if processes:
        nodes = tuple(node for namespec in processes for node in s.alive_on(namespec))
        name = ", ".join(processes)
    if not nodes:
        return ""
    grants = s.grants_of(application)
    told = f" (since {grants[0].since}, asked by {grants[0].requested_by})" if grants else ""
    return f"{name} runs on {', '.join(nodes)} already{told}"
