"""What each node and host is expected to bear: what runs there, and what has still to start there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tuiconsole.planning.catalogue import Application, Program
from tuiconsole.planning.engine.jobs import Job
from tuiconsole.planning.engine.situation import Situation
from tuiconsole.planning.placement import Loads
from tuiconsole.rulebook.rules import Distribution


def expected_loads(s: Situation, without: frozenset[str] = frozenset()) -> Loads:
    """What runs, and what was granted and is still to be started, but for the namespecs in `without`."""
    nodes = {name: load + s.supposed.get(name, 0) for name, load in _running(s).items()}
    for namespec in without:
        for name in s.alive_on(namespec):
            nodes[name] -= _expected(s, namespec)
    for namespec, name in _planned(s):
        if namespec not in without and name not in s.alive_on(namespec):
            nodes[name] += _expected(s, namespec)
    hosts = _reserved(s, without)
    for name, load in nodes.items():
        host = s.nodes[name].host
        hosts[host] = hosts.get(host, 0) + load
    return Loads(hosts, nodes)


def hosts_of(s: Situation, application: Application) -> set[str]:
    """The hosts of the nodes that hold any grant of it."""
    return {s.nodes[grant.node].host for grant in s.grants_of(application) if grant.node in s.nodes}


def _running(s: Situation) -> Mapping[str, int]:
    """By node: the expected loading of what is alive there, reckoned anew where something differs."""
    result = {}
    for name, node in s.nodes.items():
        if not s.counts(name):
            result[name] = 0
            continue
        known = s.loadings.get(name)
        if known is None or known[0] is not node.processes or known[1] is not s.apps:
            load = sum(_expected(s, namespec) for namespec in s.nodes.alive_at.get(name, ()))
            known = s.loadings[name] = (node.processes, s.apps, load)
        result[name] = known[2]
    return result


def _expected(s: Situation, namespec: str) -> int:
    application = s.apps.get(namespec.partition(":")[0])
    if application is None or not application.managed or namespec not in application.programs:
        return 0
    return application.programs[namespec].rules.expected_loading


def _planned(s: Situation) -> Iterator[tuple[str, str]]:
    """Namespec and node of what was granted and is still to be started."""
    for grant in s.draft.grants.values():
        application = s.application_of(grant.name)
        node = s.nodes.get(grant.node)
        if application is None or not application.managed or node is None:
            continue
        job = s.jobs.get(application.name)
        namespecs = s.granted_namespecs(grant)
        if job is None and all(map(node.processes.__contains__, namespecs)):
            continue
        for namespec in namespecs:
            program = application.programs.get(namespec)
            if program is not None and (name := _planned_on(s, application, program, job)):
                yield namespec, name


def _planned_on(s: Situation, application: Application, program: Program, job: Job | None) -> str:
    grant = s.draft.grants.get(application.grant_name(program.namespec))
    if grant is None or grant.node not in s.nodes:
        return ""
    # A node that holds a grant and was not heard by this master yet may run all of it.
    unheard = program.namespec not in s.nodes[grant.node].processes and s.counts(grant.node)
    planned = job is not None and job.will_start(program.namespec)
    if job is not None and job.starting and not job.steps:
        # Taken over, and not looked at yet: all of it may still have to start.
        planned = job.whole or program.namespec in job.processes
    return grant.node if planned or (unheard and program.rules.start_sequence > 0) else ""


def _reserved(s: Situation, without: frozenset[str]) -> dict[str, int]:
    """By host: what a SINGLE_NODE application that is being started has still to start there."""
    hosts: dict[str, int] = {}
    for job in s.jobs.values():
        application = s.apps.get(job.application)
        rules = application.rules if application is not None else None
        if application is None or rules is None or rules.distribution is not Distribution.SINGLE_NODE:
            continue
        to_come = [n for step in job.steps[job.index :] for n in step if job.starting]
        for host in hosts_of(s, application) if to_come else ():
            hosts[host] = sum(
                application.programs[n].rules.expected_loading
                for n in to_come
                if n not in without and n not in s.draft.grants
            )
    return hosts
