"""KEEP and ALLOW on hosts whose lines are cut: what goes on, what may start elsewhere, and the heal."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.live.cluster import SRV, node_of
from tuiconsole.clock import boottime
from tuiconsole.model.requests import Verdict
from tuiconsole.model.states import NodeState

from .machines import Machines, chosen, host_of, machines, nodes_of

pytestmark = pytest.mark.faults

KEPT, ALLOWED = SRV[0], SRV[1]
SETTINGS = f"""
[isolation]
"{KEPT}" = "KEEP"
"{ALLOWED}" = "ALLOW"
"""
STRATEGY = 'conciliation_strategy = "SENICIDE"'


@pytest.fixture(scope="module")
def cluster() -> Iterator[Machines]:
    """Machines of their own: here something does run twice, as its rules allow."""
    with machines(chosen(), settings=SETTINGS, strict=False, general=STRATEGY) as made:
        yield made


def cut_off(cluster: Machines, lost: int) -> float:
    """Part a host from all others until it is lost to them; returns when it was cut."""
    rest = cluster.network.others(lost)
    since = boottime()
    cluster.network.part([lost], rest)
    cluster.wait_until(
        lambda s: node_of(s, f"server_{lost}").state is NodeState.FAILED,
        f"the loss of host {lost}",
        node=f"console_{rest[0]}",
    )
    return since


def test_keep_outlives_a_partition_and_the_heal_without_a_restart(cluster: Machines) -> None:
    cluster.restore()
    lost = host_of(cluster.place_of(KEPT))
    before = {key: pid for key, pid in cluster.pids().items() if key[0].startswith(KEPT)}
    others = cluster.pids(*nodes_of(lost))
    token = cluster.application(KEPT).grant
    cut_off(cluster, lost)
    by = f"console_{cluster.network.others(lost)[0]}"
    refused = cluster.request("start", KEPT, by)
    assert refused.verdict is Verdict.REFUSED
    assert f"confirm-dead server_{lost}" in refused.text
    kept = cluster.application(KEPT, by)
    assert kept.grant == token, "nobody else may have it"
    cluster.network.heal()
    print(f"whole again {cluster.healed('a partition'):.2f} s after the heal")
    now = cluster.pids()
    assert {key: now.get(key) for key in before} == before, "0 restarts"
    assert {key: now.get(key) for key in others} == others
    assert cluster.application(KEPT).grant == token
    assert cluster.convict() == []


def test_allow_goes_on_and_starts_elsewhere_and_the_youngest_stays_after_the_heal(
    cluster: Machines,
) -> None:
    cluster.restore()
    lost = host_of(cluster.place_of(ALLOWED))
    others = {key: pid for key, pid in cluster.pids().items() if not key[0].startswith(ALLOWED)}
    before = {key: pid for key, pid in cluster.pids().items() if key[0].startswith(ALLOWED)}
    since = cut_off(cluster, lost)
    by = f"console_{cluster.network.others(lost)[0]}"
    begun = cluster.begun(f"{ALLOWED}:scen2_internal_data_bus", since).at - since
    print(f"{ALLOWED} started elsewhere {begun:.2f} s after the cut")
    now = cluster.pids()
    assert {key: now.get(key) for key in before} == before, "it goes on where it was"
    cluster.network.heal()
    healed = boottime()
    cluster.healed("a double")
    print(f"conciliated {boottime() - healed:.2f} s after the heal")
    now = cluster.pids()
    assert {key: now.get(key) for key in before} == dict.fromkeys(before), "the oldest has ended"
    assert host_of(cluster.place_of(ALLOWED)) != lost
    assert len({program.node for program in cluster.live(ALLOWED)}) == 1
    stopped = [key for key in others if now.get(key) != others[key]]
    assert all(key[0].startswith(SRV[2]) and host_of(key[1]) == lost for key in stopped), stopped
    told = [event.text for event in cluster.desk(by).events()]
    assert any(text.startswith(f"{ALLOWED} runs more than once") for text in told)
    assert any(f"{ALLOWED} stays on" in text for text in told)
