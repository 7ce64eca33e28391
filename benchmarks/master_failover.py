"""From kill -9 of the master's agent to a status that names another master."""

from __future__ import annotations

from benchmarks.bench_cluster import measured, node_of
from benchmarks.figure import Figure
from tests.live.cluster import until
from tuiconsole.clock import boottime
from tuiconsole.model.status import ClusterStatus

TIMES = 9


def measure() -> list[Figure]:
    found = []
    with measured("0") as cluster:
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
            cluster.wait_until(
                lambda s, n=old.node, a=agent: node_of(s, n).pids.agent not in (0, a),
                f"{old.node} back",
                node="console_1",
            )
        after = cluster.pids()
        touched = sum(after.get(key) != pid for key, pid in before.items())
    note = f"{touched} of {len(before)} programs touched"
    assert touched == 0, note
    return [Figure("kill -9 of the master's agent to a new master", found, "s", 1.5, 1.5, note=note)]
