"""Broken versions of agent, master and plugin: each removes one line that a promise rests on.

A release has two lines of proof, the node's and the master's, and each of the node's is covered once more.
That it says «clear» though something runs is seen by the master first: a start comes before the release on
the same connection, and its process is told before the answer. That it voids no token shows nowhere either:
what could be obeyed after the release was sent before it, so that it comes before it, or is of an older term,
or late. So the first of these is planted together with the master's look, and the master's line
(`order_release`) by itself.

The epoch in a command is covered by its short life: it is void before the next lease can begin. So the
two are planted together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.planting import Patch
from tests.simulation.host import Deadline, Host
from tests.simulation.supervisord import Orders as Standing
from tests.simulation.supervisord import Shim, Supervisord
from tuiconsole.agent.failure_detector import FailureDetector
from tuiconsole.agent.local_node import LocalNode
from tuiconsole.agent.obedience import Obedience
from tuiconsole.agent.publisher import Publisher
from tuiconsole.coordination.leases.registrar import Registrar, Verdict
from tuiconsole.model.ledger import Grant
from tuiconsole.planning.catalogue import Application
from tuiconsole.planning.engine import machine, nodes, situation, stop
from tuiconsole.planning.engine.jobs import Job
from tuiconsole.planning.engine.messages import NodeLost, RaiseEpoch
from tuiconsole.planning.engine.orders import Orders
from tuiconsole.planning.engine.situation import Situation
from tuiconsole.supervision.events import Refused, Snapshot
from tuiconsole.supervision.plugin.guard import GrantGuard
from tuiconsole.supervision.plugin.standing import Managed
from tuiconsole.wire.orders import Command


async def declares_lost_by_itself(detector: FailureDetector, command: RaiseEpoch) -> None:
    detector._give(NodeLost(command.node, command.epoch + 1))


def raises_though_acknowledged(
    registrar: Registrar, now: float, node: str, target: int, *, dry: bool
) -> Verdict:
    return Verdict(True, target)


def starts_at_any_time(original: Callable[..., Any]) -> Callable[..., Any]:
    def start(supervisord: Supervisord, **fields: Any) -> Any:
        host = supervisord.host
        real, stage = host.stored_deadline, supervisord.stage
        never = float("inf")
        if real is not None:
            host.stored_deadline = real._replace(stop_at=never)
        supervisord.stage = "held"
        try:
            return original(supervisord, **{**fields, "deadline": never})
        finally:
            host.stored_deadline, supervisord.stage = real, stage

    return start


def numbers_anew(original: Callable[..., None]) -> Callable[..., None]:
    def init(orders: Orders, prefix: str) -> None:
        original(orders, prefix.rpartition("/")[0])

    return init


def keeps_what_died(original: Callable[..., None]) -> Callable[..., None]:
    def reconcile(s: Any, name: str, *, died: bool) -> None:
        if not died:
            original(s, name, died=died)

    return reconcile


def frees_without_proof(s: Situation, grant: Grant) -> None:
    del s.draft.grants[grant.name]


def is_clear_at_once(original: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def release(supervisord: Supervisord, **fields: Any) -> dict[str, Any]:
        return {**original(supervisord, **fields), "clear": True}

    return release


def looks_at_nothing_before_a_release(s: Situation, job: Job, application: Application) -> bool:
    grants = stop._to_release(s, job, application)
    for grant in grants:
        stop.order_release(s, grant)
    if not grants:
        stop._end(s, job, ())
    return not grants


def frees_all(_situation: Situation, _grant: Grant) -> bool:
    return False


def covers_all(supervisord: Supervisord) -> dict[str, Any]:
    return {"alive": [process.namespec for process in supervisord.alive()]}


def ends_no_conflict(_: Any) -> None:
    pass


def rests(_: Any) -> None:
    pass


def lets_all_run(_guard: GrantGuard, _process: Any) -> None:
    return None


def knows_the_list_only(orders: Standing, _group: str, namespec: str) -> Managed | None:
    return orders.managed.get(namespec)


def voids_nothing(supervisord: Supervisord, **fields: Any) -> dict[str, Any]:
    return {"clear": not any(supervisord.processes[name].state.alive for name in fields["namespecs"])}


def stops_without_a_floor(original: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def stop(supervisord: Supervisord, **fields: Any) -> dict[str, Any]:
        return original(supervisord, **{**fields, "floor": (0, 0)})

    return stop


def looks_at_the_term_only(supervisord: Supervisord, term: int, epoch: int) -> None:
    orders = supervisord.host.orders
    if term < orders.term:
        raise Refused("stale_term", "")
    orders.term = term


def takes_any_boots(host: Host) -> Deadline | None:
    return host.stored_deadline


def takes_all_that_is_told_for_a_proof(local: LocalNode, snapshot: Snapshot) -> None:
    if local._ending:
        local._prove(0)
    local.life = snapshot.life
    local.up, local._trouble = True, ""
    local._publisher.replaced(snapshot.processes)


def knows_supervisord_by_its_pid(obedience: Obedience, order: Command) -> bool:
    local = obedience._local
    return (order.incarnation, order.supervisord) == (local.incarnation, local.pids[1])


def names_no_incarnation(original: Callable[..., None]) -> Callable[..., None]:
    def supervisord_died(publisher: Publisher, incarnation: str, supervisord: int, reason: str) -> None:
        original(publisher, incarnation if supervisord else "", supervisord, reason)

    return supervisord_died


MUTANTS: dict[str, list[Patch]] = {
    "the master declares a node lost without the voters": [
        (FailureDetector, "_raise", declares_lost_by_itself)
    ],
    "a voter raises an epoch that it acknowledged lately": [
        (Registrar, "raise_epoch", raises_though_acknowledged)
    ],
    "deadman and shim rest": [(Supervisord, "look", rests), (Shim, "look", rests)],
    "the guard looks at no time": [(Supervisord, "_start", starts_at_any_time(Supervisord._start))],
    "command ids begin anew with each reign": [(Orders, "__init__", numbers_anew(Orders.__init__))],
    "the grant of KEEP is free when its node is lost": [(Situation, "outlives", frees_all)],
    "a grant is free as soon as nothing of it is seen to run": [
        (stop, "order_release", frees_without_proof),
        (machine, "order_release", frees_without_proof),
    ],
    "a node says that nothing runs, and the master does not look": [
        (Supervisord, "_release", is_clear_at_once(Supervisord._release)),
        (stop, "_release", looks_at_nothing_before_a_release),
    ],
    "the guard is off": [(GrantGuard, "refusal", lets_all_run)],
    "a deadline of another boot counts": [(Host, "deadline", property(takes_any_boots))],
    "an agent out of lease stops KEEP as well": [(Supervisord, "_covered", covers_all)],
    "doubles stay": [(machine, "conciliate", ends_no_conflict)],
}

SHOWN_BY: dict[str, int] = {
    "the master declares a node lost without the voters": 1,
    "a voter raises an epoch that it acknowledged lately": 1,
    "deadman and shim rest": 1,
    "the guard looks at no time": 3,
    "command ids begin anew with each reign": 20,
    "the grant of KEEP is free when its node is lost": 4,
    "a grant is free as soon as nothing of it is seen to run": 1,
    "a node says that nothing runs, and the master does not look": 1,
    "the guard is off": 0,
    "a deadline of another boot counts": 2,
    "an agent out of lease stops KEEP as well": 4,
    "doubles stay": 7,
}
"""Which seed shows it, where that is known; once other code draws otherwise from chance, another one does."""

BY_STORY: dict[str, list[Patch]] = {
    "no floor voids what was released": [
        (Supervisord, "_release", voids_nothing),
        (Supervisord, "_stop", stops_without_a_floor(Supervisord._stop)),
    ],
    "no epoch in commands, which live longer than a lease": [
        (Supervisord, "_refuse_stale", looks_at_the_term_only),
        (situation, "LIFE", 9.0),
    ],
    "the guard knows the master's list only": [(Standing, "entry", knows_the_list_only)],
    "what a supervisord tells while it ends is a proof of its death": [
        (LocalNode, "_on_snapshot", takes_all_that_is_told_for_a_proof)
    ],
    "orders name no life of a supervisord": [(Obedience, "_is_meant", knows_supervisord_by_its_pid)],
    "a node that leaves proves it of no incarnation": [
        (Publisher, "supervisord_died", names_no_incarnation(Publisher.supervisord_died))
    ],
}
"""Each shows in a story of test_upkeep.py; what leads to it is too rare among seeds."""

NOT_SHOWN: dict[str, list[Patch]] = {
    "what died with a host keeps its grant": [(nodes, "reconcile", keeps_what_died(nodes.reconcile))],
}
"""No story shows it, nor a seed of the first ones, since other lines count as lost what such a host ran."""
