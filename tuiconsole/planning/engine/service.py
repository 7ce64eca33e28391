"""Programs out of service: what is disabled is started by nothing and nobody until it is enabled again.

What runs already goes on until it ends or is stopped. It stands in the ledger, and the guard of each node
knows it.
"""

from __future__ import annotations

from tuiconsole.model.requests import Action, Outcome, Verdict
from tuiconsole.planning.catalogue import Application
from tuiconsole.planning.engine.messages import Request
from tuiconsole.planning.engine.situation import Situation, iso


def in_or_out_of_service(s: Situation, request: Request, application: Application, target: str) -> Outcome:
    """Disable or enable an application, or one program of it."""
    if request.action is Action.DISABLE:
        return _disable(s, request, application, target)
    return _enable(s, request, application, target)


def _disable(s: Situation, request: Request, application: Application, target: str) -> Outcome:
    known = s.disabled(target)
    if known:
        return Outcome(target, Verdict.DONE, f"disabled already, by {known}")
    why = f": {request.reason}" if request.reason else ""
    s.draft.disabled[target] = f"{request.requested_by} at {iso(s.now.utc)}{why}"
    if target == application.name:
        for namespec in [name for name in s.draft.disabled if name.startswith(f"{target}:")]:
            del s.draft.disabled[namespec]
    namespecs = tuple(application.programs) if target == application.name else (target,)
    nodes = tuple(dict.fromkeys(node for namespec in namespecs for node in s.alive_on(namespec)))
    text = "disabled"
    if nodes:
        text += f"; what runs of it goes on, on {', '.join(nodes)}: `tuiconsole stop {target}` ends it"
    s.event(_kind(target), target, f"{target} is disabled by {request.requested_by}{why}")
    return Outcome(target, Verdict.DONE, text, nodes)


def _enable(s: Situation, request: Request, application: Application, target: str) -> Outcome:
    if target != application.name and application.name in s.draft.disabled:
        who = s.draft.disabled[application.name]
        remedy = f"`tuiconsole enable {application.name}`"
        return Outcome(target, Verdict.REFUSED, f"all of {application.name} is disabled by {who}: {remedy}")
    named = [
        name
        for name in s.draft.disabled
        if name == target or (target == application.name and name.startswith(f"{target}:"))
    ]
    if not named:
        return Outcome(target, Verdict.DONE, "enabled already")
    for name in named:
        del s.draft.disabled[name]
        why = f": {request.reason}" if request.reason else ""
        s.event(_kind(name), name, f"{name} is enabled by {request.requested_by}{why}")
    return Outcome(target, Verdict.DONE, "enabled")


def _kind(target: str) -> str:
    return "process" if ":" in target else "application"
