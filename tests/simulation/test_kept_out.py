"""A node that everybody hears and that gets no lease: what ran on it runs elsewhere, as if it were silent."""

from __future__ import annotations

from tests.simulation.site import Site, virtual
from tuiconsole.model.states import NodeState

MOVED_WITHIN = 8.0


def test_applications_leave_a_node_whose_way_to_the_voters_alone_is_cut() -> None:
    site = Site(0)
    with virtual(site):
        for host in site.hosts.values():
            site.at(0.1, host.start_agent)
        site._until_well(8.0)
        name = next(n for n in ("server_2", "server_3") if any(site.hosts[n].shim.supervisord.alive()))  # type: ignore[union-attr]
        site.network.cut_leases = {name}
        site.run_until(site.now + MOVED_WITHIN)
        status = site.status("console_1")
        assert status is not None
        node = next(node for node in status.nodes if node.name == name)
        assert node.state is not NodeState.RUNNING
        assert not node.stale
        for number in (1, 2):
            item = next(one for one in status.applications if one.name == f"scen2_srv_0{number}")
            assert item.nodes not in ((), (name,)), item.reason
        site.network.cut_leases = set()
        site._until_well(8.0)
