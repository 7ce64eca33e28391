"""From kill -9 of the master's agent to a status that names another master."""

from __future__ import annotations

from functools import partial

from benchmarks.bench_cluster import Engine, engines, measured, node_of
from benchmarks.figure import Figure
from tests.waiting import until
from tuiconsole.clock import boottime
from tuiconsole.model.status import ClusterStatus

TIMES = 9


WITHIN = {Engine.EMBEDDED: 1.5, Engine.ETCD: 2.0 + 1.5}
"""Seconds; on etcd the TTL that it grants by its defaults, and 1.5 s."""


def measure() -> list[Figure]:
    return [_measure(engine) for engine in engines()]


def _measure(engine: Engine) -> Figure:
    found = []
    with measured("0", engine) as cluster:
        before = cluster.pids()
        for _ in range(TIMES):
            status = cluster.restore()
            old = status.master
            assert old is not None
            agent = node_of(status, old.node).pids.agent
            since = cluster.kill(old.node, "agent")

            def another(term: int = old.term) -> ClusterStatus | None:
                now = cluster.status("console_1")
                return now if now.master is not None and now.master.term > term else None

            until(another, "another master", every=0.005)
            found.append(boottime() - since)
            back = partial(_is_back, old.node, agent)
            cluster.wait_until(back, f"{old.node} back", node="console_1")
        after = cluster.pids()
        touched = sum(after.get(key) != pid for key, pid in before.items())
    note = f"{touched} of {len(before)} programs touched"
    assert touched == 0, note
    goal = WITHIN[engine]
    return Figure(
        f"{engine.value}: kill -9 of the master's agent to a new master", found, "s", goal, goal, note=note
    )


def _is_back(node: str, before: int | None, status: ClusterStatus) -> bool:
    return node_of(status, node).pids.agent not in (0, before)
