"""From the death of a supervisord and its programs to the first program spawned elsewhere."""

from __future__ import annotations

from benchmarks.bench_cluster import SERVERS, master_of, measured, node_of, srv_on
from benchmarks.figure import Figure
from tests.live.cluster import Cluster
from tests.live.witness import Stamp
from tests.waiting import until

TIMES = 9


def measure() -> list[Figure]:
    found = []
    with measured("0") as cluster:
        for number in range(TIMES):
            status = cluster.restore()
            lost = [server for server in SERVERS if server != master_of(status)][number % 2]
            found.append(_one(cluster, srv_on(status, lost), lost, node_of(status, lost).pids.supervisord))
    return [Figure("supervisord and programs dead to first spawn elsewhere", found, "s", 0.5, 1.0)]


def _one(cluster: Cluster, name: str, lost: str, supervisord: int) -> float:
    since = cluster.kill(lost, "supervisord", "programs")

    def elsewhere() -> Stamp | None:
        begun = cluster.witness.stamps(f"{name}:scen2_internal_data_bus", since, "start")
        return begun[0] if begun else None

    first = until(elsewhere, f"{name} elsewhere")
    assert first.node != lost
    cluster.wait_until(lambda s: node_of(s, lost).pids.supervisord not in (0, supervisord), f"{lost} back")
    return first.at - since
