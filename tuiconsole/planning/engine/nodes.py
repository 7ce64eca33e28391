"""Nodes that come, fall silent, are lost, die with proof, or come back; and what their processes do."""

from __future__ import annotations

import msgspec

from tuiconsole.clock import BootTime
from tuiconsole.model.events import Severity
from tuiconsole.model.ledger import Grant
from tuiconsole.model.node import Node
from tuiconsole.model.process import Process
from tuiconsole.model.states import NodeState, ProcessState
from tuiconsole.planning.catalogue import Program
from tuiconsole.planning.engine.jobs import Job
from tuiconsole.planning.engine.messages import RaiseEpoch
from tuiconsole.planning.engine.situation import Death, Situation, ended_badly, words_of_end


def node_changed(s: Situation, node: Node) -> None:
    """Take a node's new state, and all that differs in its processes."""
    old = s.nodes.get(node.name)
    if old is None:
        s.nodes[node.name] = node
        s.learn_applications()
        return
    if node.state is not NodeState.RUNNING and not node.processes:
        # What it last reported stands while it says nothing.
        node = msgspec.structs.replace(node, processes=old.processes)
    if node.name in s.silent and node.seen_at > s.silent[node.name]:
        node_heard(s, node.name)
    rejoined = node.state is NodeState.RUNNING and node.epoch >= s.draft.epochs.get(node.name, 0)
    if rejoined:
        s.lost.pop(node.name, None)
    restarted = _restarted(s, old, node)
    s.nodes[node.name] = node
    if old.processes.keys() != node.processes.keys():
        s.learn_applications()
    for namespec, process in node.processes.items():
        before = old.processes.get(namespec)
        if before is not None:
            _compare(s, node.name, before, process, restarted)
    if old.state is not node.state:
        _tell_state(s, old, node)
    if rejoined:
        reconcile(s, node.name, died=restarted)


def process_changed(s: Situation, name: str, process: Process) -> None:
    """Take one process's new state."""
    node = s.nodes.get(name)
    if node is None:
        return
    before = node.processes.get(process.namespec)
    s.nodes.change_process(name, process)
    if before is None:
        s.learn_applications()
    else:
        _compare(s, name, before, process, restarted=False)


def node_silent(s: Situation, name: str, since: BootTime) -> None:
    """Ask the voters to declare a node lost."""
    if name not in s.nodes or name in s.silent or name in s.lost:
        return
    s.silent[name] = since
    ask_for_epoch(s, name)


def ask_for_epoch(s: Situation, name: str) -> None:
    """Have the node's epoch raised, unless it is heard of first."""
    s.commands.append(RaiseEpoch(name, max(s.nodes[name].epoch, s.draft.epochs.get(name, 0))))


def node_heard(s: Situation, name: str) -> None:
    """A silent node is there again, its lease never ended."""
    s.silent.pop(name, None)


def node_lost(s: Situation, name: str, epoch: int) -> None:
    """Its lease is over: what is STOP or ALLOW may run elsewhere; a grant with KEEP stays.

    The voters' answer may come late, when the node has long rejoined under that very epoch: then only what it
    held before is over. What was reconciled when it came, or granted since, is not, whatever its state now.
    """
    if s.draft.epochs.get(name, 0) >= epoch:
        return
    s.draft.epochs[name] = epoch
    node = s.nodes.get(name)
    if node is not None and node.state is NodeState.RUNNING and node.epoch >= epoch:
        return
    _gone(s, name, "is lost", "was lost with its node", keep=True, epoch=epoch)


def node_down(s: Situation, name: str, incarnation: str, supervisord: int, reason: str) -> None:
    """Proof that nothing of an incarnation runs any more: its grants are free. Without one a person vouches.

    What another incarnation of that name holds stays: that may be another machine, which goes on.
    """
    node = s.nodes.get(name)
    if node is None or (incarnation and node.incarnation not in ("", incarnation)):
        return
    if supervisord and node.pids.supervisord not in (0, supervisord):
        return
    _gone(s, name, reason, f"died with its node: {reason}", keep=False, incarnation=incarnation)


def reconcile(s: Situation, name: str, *, died: bool) -> None:
    """Compare the grants of a node that is RUNNING with what it reports."""
    node = s.nodes[name]
    for grant in list(s.draft.grants.values()):
        if grant.node != name:
            continue
        if (grant.epoch, grant.incarnation) == (node.epoch, node.incarnation) and not died:
            continue
        s.draft.grants[grant.name] = msgspec.structs.replace(
            grant, epoch=node.epoch, incarnation=node.incarnation
        )
        namespecs = s.granted_namespecs(grant)
        alive = [n for n in namespecs if n in node.processes and node.processes[n].state.alive]
        application = s.application_of(grant.name)
        if application is None:
            continue
        # It may have been heard before it was RUNNING again, with nothing left of what it ran.
        told = {death.namespec for death in s.deaths if death.node == name}
        job = s.jobs.get(application.name)
        if alive:
            s.deaths += [
                Death(application.name, n, name, words_of_end(process), restarts=process.restarts)
                for n, process in node.processes.items()
                if n in namespecs and n not in told and n not in s.draft.failures
                if process.token == grant.token and ended_badly(process)
            ]
        elif _leaves_open(job):
            reason = "died with its supervisord" if died else "ended while its node was away"
            s.deaths += [
                Death(application.name, n, name, reason, with_node=True)
                for n in namespecs
                if application.programs[n].rules.start_sequence > 0 and n not in told
            ]


def judge_what_was_missed(s: Situation) -> None:
    """At take-over: what ended under its grant while there was no master is judged now."""
    for grant in s.draft.grants.values():
        application = s.application_of(grant.name)
        if application is None or not s.usable(grant.node):
            continue
        job = s.jobs.get(application.name)
        known = {n: s.process(grant.node, n) for n in s.granted_namespecs(grant)}
        # Where one process bears the token, its supervisord is the same; the others were never asked for.
        replaced = all(process is None or process.token != grant.token for process in known.values())
        for namespec, process in known.items():
            if process is None or namespec in s.draft.failures:
                continue
            if job is not None and (job.whole or namespec in job.processes):
                continue
            if process.token == grant.token and ended_badly(process):
                end = words_of_end(process)
                s.deaths.append(Death(application.name, namespec, grant.node, end, restarts=process.restarts))
            elif replaced and _forgotten(application.programs[namespec], process):
                reason = "died with its supervisord"
                s.deaths.append(Death(application.name, namespec, grant.node, reason, with_node=True))


def _forgotten(program: Program, process: Process) -> bool:
    """True if its supervisord was replaced by one that knows nothing of this program's last start."""
    return process.token is None and not process.state.alive and program.rules.start_sequence > 0


def _restarted(s: Situation, old: Node, new: Node) -> bool:
    if new.state is not NodeState.RUNNING:
        return False
    before = s.supervisords.get(new.name, 0)
    life = s.lives.get(new.name, "")
    if new.life:
        s.lives[new.name] = new.life
    if new.pids.supervisord:
        s.supervisords[new.name] = new.pids.supervisord
    if old.incarnation and new.incarnation and old.incarnation != new.incarnation:
        return True
    if life and new.life and life != new.life:
        return True  # It was reloaded, and the proof of that was missed.
    return bool(before and new.pids.supervisord) and before != new.pids.supervisord


def _compare(s: Situation, node: str, before: Process, process: Process, restarted: bool) -> None:
    was_up = before.state in (ProcessState.RUNNING, ProcessState.STARTING, ProcessState.BACKOFF)
    if was_up and before.state is not process.state and _crashed(process):
        s.crashes.ended(process.namespec, s.now.boot)
    if not was_up or process.state.alive:
        return
    application = s.apps.get(process.group)
    if application is None or not application.managed:
        return
    grant = s.draft.grants.get(application.grant_name(process.namespec))
    if grant is not None and grant.node != node:
        # What is left of an instance that was moved: its end says nothing of the one that has the grant.
        return
    if grant is None and node in s.lost:
        return
    if ended_badly(process):
        end = words_of_end(process)
        s.deaths.append(Death(application.name, process.namespec, node, end, restarts=process.restarts))
    elif (
        restarted and process.state is not ProcessState.EXITED and (not grant or before.token == grant.token)
    ):
        # A new master may have last heard of it under an earlier grant: that this is over says nothing.
        reason = "died with its supervisord"
        s.deaths.append(Death(application.name, process.namespec, node, reason, with_node=True))


def _crashed(process: Process) -> bool:
    """True if it has just ended by itself though nobody expected it to; it may be started again at once."""
    return ended_badly(process) or process.state is ProcessState.BACKOFF


def _tell_state(s: Situation, old: Node, new: Node) -> None:
    bad = new.state in (NodeState.FAILED, NodeState.ISOLATED)
    text = f"{new.name} is {new.state.value} (was {old.state.value})"
    if new.reason:
        text += f": {new.reason}"
    s.event("node", new.name, text, Severity.MAJOR if bad else Severity.INFO)


def _gone(
    s: Situation, name: str, reason: str, fate: str, *, keep: bool, incarnation: str = "", epoch: int = 0
) -> None:
    """`incarnation`, `epoch`: only what is of this one, or is older, is over; all of it without them."""
    node = s.nodes.get(name)
    if node is None:
        return
    held = [grant for grant in s.draft.grants.values() if grant.node == name]
    rejoined = bool(epoch) and (node.epoch >= epoch or any(grant.epoch >= epoch for grant in held))
    if rejoined:
        held = [grant for grant in held if grant.epoch < epoch]
    if held or not rejoined:
        s.event("node", name, f"{name} {reason}", Severity.MAJOR)
    others = incarnation and any(grant.incarnation not in ("", incarnation) for grant in held)
    if others:
        held = [grant for grant in held if grant.incarnation == incarnation]
    died: list[Death] = []
    for grant in held:
        if keep and s.outlives(grant):
            continue
        del s.draft.grants[grant.name]
        application = s.application_of(grant.name)
        if application is None or application.rules is None:
            continue
        job = s.jobs.get(application.name)
        if _leaves_open(job):
            died += [Death(application.name, n, name, fate, with_node=True) for n in _were_up(s, grant, job)]
    s.deaths += died
    if others or rejoined:
        return
    s.lost[name] = reason
    s.silent.pop(name, None)
    s.orders.drop_node(name)


def _leaves_open(job: Job | None) -> bool:
    """True if what a node has lost is to be judged: only a job that stops all of it is over with it."""
    return job is None or job.starting or not job.whole


def _stopped_under(process: Process, grant: Grant) -> bool:
    return process.state is ProcessState.STOPPED and process.token == grant.token


def _unleased_under(process: Process, grant: Grant) -> bool:
    return process.unleased and process.token == grant.token


def _were_up(s: Situation, grant: Grant, job: Job | None) -> list[str]:
    """What ran under a grant on its node when that lost its lease, as far as is known."""
    node = s.nodes[grant.node]
    processes = node.processes
    namespecs = s.granted_namespecs(grant)
    known = [n for n in namespecs if n in processes]
    up = [n for n in known if processes[n].state.alive or _unleased_under(processes[n], grant)]
    if (up or ":" in grant.name) and node.state is not NodeState.RUNNING:
        # The node has begun to stop all of it; what took no time to end is lost no less than the rest. The
        # grant of one process alone goes when somebody has it stopped: so its node has stopped this one.
        up += [n for n in known if n not in up and _stopped_under(processes[n], grant)]
    # Where one process bears the token, it is the supervisord that ran them; else it was replaced by one that
    # knows nothing of them, on a host that is back from a power cut before its lease was over.
    replaced = not any(processes[n].token == grant.token for n in known)
    if up or (known and not replaced and not (job is not None and job.starting)):
        return up
    # Never heard by this master, or still being started: all of it was meant to run.
    application = s.application_of(grant.name)
    assert application is not None
    return [n for n in namespecs if application.programs[n].rules.start_sequence > 0]
