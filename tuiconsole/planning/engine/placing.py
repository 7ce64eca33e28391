"""Where the engine places what is to start, and what becomes of a start that has no place."""

from __future__ import annotations

from collections.abc import Sequence

from tuiconsole.model.events import Severity
from tuiconsole.model.ledger import FailureKind, Grant
from tuiconsole.model.requests import Verdict
from tuiconsole.model.states import NodeState
from tuiconsole.planning.catalogue import Application, Program
from tuiconsole.planning.engine.jobs import Job
from tuiconsole.planning.engine.loading import expected_loads, hosts_of
from tuiconsole.planning.engine.situation import Situation, iso
from tuiconsole.planning.placement import Considered, Loads, Placement, eligible, hosts_without_room, place
from tuiconsole.planning.signs import number_of
from tuiconsole.rulebook.rules import Distribution, Isolation, StartingStrategy


def placement_for(s: Situation, application: Application, programs: list[Program], job: Job) -> Placement:
    """Where these programs would go together, under the strategy of the job or of the rules."""
    rules = application.rules
    assert rules is not None
    strategy = StartingStrategy(job.strategy) if job.strategy else rules.starting_strategy
    own = rules.distribution is Distribution.ALL_INSTANCES
    identifiers = programs[0].rules.identifiers if own and programs else rules.identifiers
    sign = programs[0].rules.sign if own and programs else rules.sign
    number = programs[0].number if own and programs else number_of(application.name)
    unusable = s.unplaceable()
    loads = expected_loads(s, frozenset(program.namespec for program in programs))
    if rules.distribution is Distribution.SINGLE_NODE:
        allowed, _ = eligible(identifiers, s.nodes, number, sign)
        _to_one_host(s, application, programs, job, allowed, loads, unusable)
    placement = place(
        programs,
        identifiers=identifiers,
        strategy=strategy,
        origin=job.origin,
        nodes=s.nodes,
        loads=loads,
        unusable=unusable,
        number=number,
        sign=sign,
    )
    if s.considered is not None:
        namespecs = tuple(program.namespec for program in programs)
        name = application.name if application.single or not namespecs else namespecs[0]
        said = (*identifiers, sign.value) if sign is not None else tuple(identifiers)
        s.considered.append(Considered(name, namespecs, said, strategy, placement))
    return placement


def _to_one_host(
    s: Situation,
    application: Application,
    programs: list[Program],
    job: Job,
    allowed: Sequence[str],
    loads: Loads,
    unusable: dict[str, str],
) -> None:
    """All on one host: the first process chooses one with room for all, and the others follow it there."""
    hosts = hosts_of(s, application)
    if hosts:
        reasons = {
            node.host: f"{application.name} is on host {', '.join(sorted(hosts))}"
            for node in s.nodes.values()
            if node.host not in hosts
        }
    else:
        whole = list(application.sequence()) if job.whole else programs
        reasons = hosts_without_room(whole, allowed=allowed, nodes=s.nodes, loads=loads, unusable=unusable)
    for name, node in s.nodes.items():
        if node.host in reasons:
            unusable.setdefault(name, reasons[node.host])


def place_beside(s: Situation, job: Job, application: Application, programs: list[Program]) -> bool:
    """Whether more of a single application has room where the rest of it is; else the start is refused."""
    grant = s.draft.grants[application.name]
    wanted = [p for p in programs if not s.alive_on(p.namespec)]
    placement = place(
        wanted,
        identifiers=(grant.node,),
        strategy=StartingStrategy.CONFIG,
        origin=job.origin,
        nodes=s.nodes,
        loads=expected_loads(s, frozenset(program.namespec for program in wanted)),
        unusable=s.unusable(),
    )
    if placement.node is None:
        fail_placement(s, job, application, programs, placement.reason)
        return False
    return True


def awaits_node(s: Situation, job: Job, application: Application, placement: Placement) -> bool:
    """Whether a LOCAL start waits for the node of its request: silent for a moment, or just coming back.

    Its lease goes on, or it asks for one. As soon as it is lost, the start is refused. Who only asks what
    would be is told what stands in the way now.
    """
    job.awaited, before = "", job.awaited
    node = s.nodes.get(job.origin)
    strategy = job.strategy or (application.rules.starting_strategy.value if application.rules else "")
    passed = {one.node: one.reason for one in placement.passed_over}
    if node is None or job.origin not in passed or strategy != StartingStrategy.LOCAL.value:
        return False
    coming = node.state in (NodeState.RUNNING, NodeState.CHECKING) and not s.usable(job.origin)
    if not coming or not job.waiters or job.origin in s.lost or s.considered is not None:
        return False
    if job.origin in s.draft.drained:
        return False
    job.awaited = f"{job.origin}: {passed[job.origin]}"
    if not before:
        left = max(0.0, job.expires - s.now.boot)
        s.progress(job.waiters, f"waits for {job.awaited}; for {left:.0f} s at most", 0, 0)
    return True


def refuse_what_waited(s: Situation, job: Job) -> bool:
    """The time of a start that has waited for its node all along is over; False if it is another one."""
    application = s.apps.get(job.application)
    if not job.awaited or job.steps or application is None:
        return False
    programs = list(s.sequence(application)) if job.whole else []
    programs += [application.programs[n] for n in job.processes if n in application.programs]
    reason = f"no node can host it: {job.awaited}; waited {job.lasts:.0f} s for it"
    fail_placement(s, job, application, programs, reason)
    return True


def give_grant(s: Situation, job: Job, name: str, node: str) -> None:
    """Give a node the right to run a name, under a token that nothing ever bore."""
    known = s.nodes[node]
    s.draft.grants[name] = Grant(
        name,
        node,
        s.draft.token(s.term),
        known.epoch,
        known.incarnation,
        iso(s.now.utc),
        job.requested_by,
        kept=s.isolation_of(name) is not Isolation.STOP,
    )


def fail_placement(
    s: Situation, job: Job, application: Application, programs: list[Program], reason: str
) -> None:
    """The start ends, as nothing can host it: said once, however often it is tried again."""
    news = [
        program.namespec
        for program in programs
        if s.draft.fail(program.namespec, FailureKind.PLACEMENT, reason, iso(s.now.utc))
    ]
    s.jobs.pop(job.application, None)
    s.outcome(job.waiters, Verdict.REFUSED, reason)
    if news:
        text = f"{', '.join(job.processes) or application.name} was not started: {reason}"
        s.event("application", application.name, text, Severity.MAJOR)
