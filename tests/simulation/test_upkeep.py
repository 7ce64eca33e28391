"""One deed at a time on a cluster without other faults: each has its story."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from tests.planting import planted
from tests.simulation.mutants import BY_STORY
from tests.simulation.site import Site, virtual
from tests.simulation.supervisord import SCALED, Orders
from tests.timeline import Broken
from tuiconsole.model.ledger import Grant
from tuiconsole.model.requests import Action
from tuiconsole.model.states import NodeState
from tuiconsole.planning.engine import nodes

MOVED_WITHIN = 8.0
SCALED_SRV = next(name for name in SCALED if "srv" in name)


@contextlib.contextmanager
def quiet(seed: int = 0) -> Iterator[Site]:
    """A cluster at rest, in which no program fails."""
    site = Site(seed)
    site.failing = site.stubborn = 0.0
    with virtual(site):
        for host in site.hosts.values():
            site.at(0.1, host.start_agent)
        site.until_well(8.0)
        yield site


def running(site: Site) -> dict[str, int]:
    """The pids of all that runs, by host and name."""
    return {
        f"{host.name} {process.namespec}": process.pid
        for host in site.hosts.values()
        if host.shim.supervisord is not None
        for process in host.shim.supervisord.alive()
    }


def server(site: Site) -> str:
    """One that runs something, and is not the master."""
    status = site.status("console_1")
    assert status is not None
    assert status.master is not None
    busy = {key.split()[0] for key in running(site)}
    return next(name for name in site.hosts if name in busy and name != status.master.node)


def state(site: Site, name: str, by: str = "console_1") -> tuple[NodeState, str]:
    status = site.status(by)
    assert status is not None
    node = next(node for node in status.nodes if node.name == name)
    return node.state, node.reason or ""


def places(site: Site) -> list[tuple[str, ...]]:
    status = site.status("console_1")
    assert status is not None
    return [one.nodes for one in status.applications if one.name.startswith("scen2_srv")]


def test_applications_leave_a_node_whose_way_to_the_voters_alone_is_cut() -> None:
    with quiet() as site:
        name = server(site)
        site.network.cut_leases.add(name)
        site.run_until(site.now + MOVED_WITHIN)
        assert state(site, name)[0] is not NodeState.RUNNING
        assert all(nodes and nodes != (name,) for nodes in places(site))
        site.network.cut_leases.clear()
        site.until_well(8.0)


def test_applications_leave_a_node_that_is_given_another_lease_and_it_comes_back_with_the_right_one() -> None:
    with quiet() as site:
        name = server(site)
        agreed = site.cluster.agreement
        safety = {**agreed.safety, "node_lease": "8"}
        odd = msgspec.structs.replace(site.cluster, agreement=msgspec.structs.replace(agreed, safety=safety))
        site.upkeep._give_file(site.hosts[name], odd)
        site.run_until(site.now + MOVED_WITHIN)
        for by in ("console_1", name):
            assert (
                "kept out: its cluster file differs from the core nodes' in node_lease (8, not 4)"
                in (state(site, name, by)[1])
            )
        assert all(nodes and nodes != (name,) for nodes in places(site))
        site.upkeep._give_file(site.hosts[name], site.cluster)
        site.until_well(8.0)


def test_an_upgrade_of_one_agent_after_the_other_touches_no_process() -> None:
    with quiet() as site:
        before = running(site)
        site.upkeep.do("upgrade")
        site.run_until(site.now + 15.0)
        site.until_well(5.0)
        assert running(site) == before


def test_wall_clocks_that_jump_touch_no_process() -> None:
    with quiet() as site:
        before = running(site)
        for name in (*site.hosts, *site.hosts):
            site.upkeep.do("clock", name)
            site.run_until(site.now + 1.0)
        site.until_well(5.0)
        assert running(site) == before


def test_a_core_node_that_has_lost_its_disk_votes_again_when_a_person_says_so() -> None:
    with quiet() as site:
        site.upkeep.do("wipe", "server_2")
        site.run_until(site.now + 30.0)
        site.until_well(5.0)
        record = site.hosts["server_2"].record
        assert record is not None
        assert record.generation == 1
        assert record.members["server_2"] == record.voter_id


def copied(site: Site, end: str = "supervisord") -> str:
    """A copy of a server takes its address over, and the supervisord of that copy dies; or it leaves."""
    name = server(site)
    while not site.copies or site.hosts[name] is not site.copies[0]:
        for copy in list(site.copies):
            site.upkeep._end_copy(copy)
        site.upkeep._copy(site.hosts[name], 60.0, ends=False)
    site.run_until(site.now + 2.0)
    if end == "supervisord":
        site.copies[0].shim.lose_supervisord()
    else:
        site.copies[0].leave()
    site.run_until(site.now + 10.0)
    return name


@pytest.mark.parametrize("end", ["supervisord", "leaves"])
def test_a_copy_proves_nothing_of_the_machine_that_it_is_a_copy_of(end: str) -> None:
    with quiet() as site:
        name = copied(site, end)
        site.upkeep.mend()
        site.until_well(8.0)
        assert any(key.startswith(name) for key in running(site))


def frees_what_others_hold(situation: Any, name: str, *args: Any, **words: Any) -> None:
    grants = situation.draft.grants
    for grant in [grant for grant in grants.values() if isinstance(grant, Grant) and grant.node == name]:
        grants[grant.name] = msgspec.structs.replace(grant, incarnation="")
    ORIGINAL(situation, name, *args, **words)


ORIGINAL = nodes.node_down


def test_a_proof_that_counted_for_another_machine_would_be_seen() -> None:
    with (
        planted([(nodes, "node_down", frees_what_others_hold)]),
        quiet() as site,
        pytest.raises(Broken, match="begins on"),
    ):
        copied(site)


def place(site: Site, application: str = "scen2_srv_01") -> str:
    """Where it runs; it does on one node."""
    found = {key.split()[0] for key in running(site) if f" {application}:" in key}
    assert len(found) == 1
    return found.pop()


def stopped(site: Site, application: str = "scen2_srv_01") -> None:
    site.ask("console_1", Action.STOP, application)
    site.run_until(site.now + 2.0)
    assert not any(f" {application}:" in key for key in running(site))


def told_while_it_ends(site: Site) -> None:
    """A supervisord ends in order, slowly, and a process that is surplus goes before the others."""
    name = place(site)
    site.ask("console_1", Action.SCALE, SCALED_SRV, number=2)
    site.run_until(site.now + 2.0)
    site.end_takes = lambda process: 0.3 if process.index else 2.0
    site.ask("console_1", Action.SCALE, SCALED_SRV, number=1)
    site.run_until(site.now + 0.1)
    site.hosts[name].shim.end(reloads=False)
    site.run_until(site.now + 4.0)


def overtaken_by_a_reload(site: Site) -> None:
    """A start is ordered, its supervisord reloads and proves that nothing runs, and then the order comes."""
    name = place(site)
    stopped(site)
    site.network.late[name] = 1.5
    site.ask("console_1", Action.START, "scen2_srv_01")
    site.run_until(site.now + 0.3)
    site.ask("console_2", Action.DRAIN, name)  # so that it is placed elsewhere
    site.hosts[name].shim.end(reloads=True)
    site.run_until(site.now + 0.3)
    site.network.late.clear()
    site.run_until(site.now + 4.0)


@pytest.mark.parametrize("happens", [told_while_it_ends, overtaken_by_a_reload])
def test_what_frees_the_grants_of_a_node_comes_after_all_that_ran_under_them(
    happens: Callable[[Site], None],
) -> None:
    with quiet() as site:
        happens(site)
        site.until_well(8.0)


def a_copy_leaves(site: Site) -> None:
    """A copied machine with the name and address of a server ends in order."""
    copied(site, "leaves")
    site.upkeep.mend()


def overtaken_by_a_stop(site: Site) -> None:
    """A start is on its way when it is stopped again, and started elsewhere; then it comes."""
    site.network.astray["console_1"] = 1.5
    site.ask("console_1", Action.START, "scen2_hci_01")
    site.run_until(site.now + 0.3)
    site.ask("console_2", Action.STOP, "scen2_hci_01")
    site.run_until(site.now + 0.5)
    site.ask("console_2", Action.START, "scen2_hci_01")
    site.run_until(site.now + 4.0)
    assert place(site, "scen2_hci_01") == "console_2"


def ordered_late(site: Site) -> None:
    """A start is ordered under one lease of its node, and comes under the next."""
    for _ in range(8):
        site.upkeep.order_late("scen2_hci_01")
        site.run_until(site.now + 12.0)
        site.ask("console_1", Action.STOP, "scen2_hci_01")
        site.run_until(site.now + 1.0)


def started_by_hand_before_any_master(site: Site) -> None:
    """Somebody starts on a console with a new disk what runs on another one."""
    site.ask("console_1", Action.START, "scen2_hci_01")
    site.run_until(site.now + 2.0)
    host = site.hosts["console_2"]
    host.power_off()
    host.record, host.orders = None, Orders()
    host.start_agent()
    while host.shim.supervisord is None:
        site.run_until(site.now + 0.001)
    host.shim.supervisord.by_hand("scen2_hci_01:scen2_chart_view")
    site.run_until(site.now + 5.0)


SHOWN_BY = dict(
    zip(
        BY_STORY,
        (
            overtaken_by_a_stop,
            ordered_late,
            started_by_hand_before_any_master,
            told_while_it_ends,
            overtaken_by_a_reload,
            a_copy_leaves,
        ),
        strict=True,
    )
)


@pytest.mark.parametrize("mutant", BY_STORY)
def test_a_line_of_proof_that_is_missing_shows_in_its_story(mutant: str) -> None:
    with planted(BY_STORY[mutant]), quiet() as site, pytest.raises(Broken, match=r"begins on|proves that"):
        SHOWN_BY[mutant](site)


def test_an_order_for_a_supervisord_that_dies_during_the_write_does_not_reach_its_successor() -> None:
    """It would run under a grant that the proof of that death has freed."""
    with quiet() as site:
        name = place(site)
        stopped(site)
        for host in site.hosts.values():
            host.disk_delay = 0.6
        told = len(site.story)
        site.ask("console_1", Action.START, "scen2_srv_01")
        site.run_until(site.now + 0.1)
        site.hosts[name].shim.lose_supervisord()
        site.run_until(site.now + 6.0)
        begun = {what.partition(" under ")[2] for _, what in site.story[told:] if " begins under " in what}
        assert len(begun) == 1, begun


def test_what_is_pinned_to_a_host_runs_there_again_after_a_short_power_cut() -> None:
    """The host is heard, with nothing running, before the lease of its former life is over."""
    with quiet(1) as site:
        assert site.manner.more
        host = site.hosts["server_2"]
        host.power_off()
        site.at(site.now + 0.5, host.start_agent)
        site.run_until(site.now + 4.0)
        site.until_well(8.0)
        assert "server_2 spread:worker_2" in running(site)


def test_what_is_pinned_to_a_node_runs_there_again_after_an_isolation_in_which_it_was_heard() -> None:
    """Only its way to the voters is cut: it is heard to have stopped all before its epoch is raised."""
    with quiet(1) as site:
        site.network.cut_leases.add("server_2")
        site.run_until(site.now + MOVED_WITHIN)
        assert "server_2 spread:worker_2" not in running(site)
        site.network.cut_leases.clear()
        site.until_well(8.0)
        assert "server_2 spread:worker_2" in running(site)
