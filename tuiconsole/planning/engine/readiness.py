"""Readiness gates: a process that is RUNNING counts as started once its node has seen that it is ready.

The master asks for one look at a time, and again after the interval. So nothing is lost with an agent or a
master: whoever is there asks anew.
"""

from __future__ import annotations

from tuiconsole.planning.engine.jobs import Mark
from tuiconsole.planning.engine.messages import Answer, ProbeProcess
from tuiconsole.planning.engine.situation import Situation
from tuiconsole.rulebook.rules import ReadyCheck

NOT_LOOKED = "it has not been looked at yet"


def await_ready(s: Situation, mark: Mark, namespec: str, grant_name: str, check: ReadyCheck) -> str:
    """Look again if it is time; sets `mark.done` once it is ready. Returns why it has failed, or nothing."""
    key = ("ready", mark.node, namespec)
    now = s.now.boot
    if not mark.ready_until:
        mark.ready_until, mark.look_at, mark.unready = now + check.timeout, now, NOT_LOOKED
    order = s.orders.get(key)
    if order is not None and order.answer is Answer.OK:
        s.orders.drop(key)
        mark.done, mark.unready = True, ""
        return ""
    if order is not None and order.answer is not None and order.reason:
        mark.unready = order.reason
    if now >= mark.ready_until:
        s.orders.drop(key)
        return f"is not ready after {check.timeout:g} s: {mark.unready}"
    grant = s.draft.grants.get(grant_name)
    waits = order is not None and order.answer is None and now < order.again_at
    if now >= mark.look_at and not waits and s.usable(mark.node) and grant is not None:
        mark.look_at = now + check.interval
        s.orders.drop(key)
        command = ProbeProcess(
            s.orders.id_for(key),
            mark.node,
            namespec,
            grant.name,
            grant.token,
            s.term,
            s.epoch(mark.node),
            s.deadline,
            check,
        )
        s.order(key, command)
    return ""
