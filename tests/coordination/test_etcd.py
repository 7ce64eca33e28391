"""The etcd engine against a real etcd: it keeps the promises of `Coordinator` as the embedded one does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.coordination.etcd_server import ETCD, WANTED, EtcdServer
from tests.waiting import soon
from tuiconsole.clock import boottime
from tuiconsole.coordination.coordinator import (
    VALUE_LIMIT,
    Conflict,
    CoordinationError,
    LongLeases,
    LostLeadership,
    NotYet,
    TooLarge,
)
from tuiconsole.model.agreement import Agreement
from tuiconsole.settings.timing import Timing

try:
    from tuiconsole.coordination.etcd.coordinator import EtcdCoordinator
except ImportError:
    if WANTED:
        raise
    pytest.skip("the etcd engine is not tested: pip install aetcd", allow_module_level=True)
if ETCD is None:
    assert not WANTED, "etcd is missing: apt-get install etcd-server"
    pytest.skip("the etcd engine is not tested: apt-get install etcd-server", allow_module_level=True)

FAST = Timing(node_lease=2.0)
AGREED = Agreement({"node_lease": "2"}, {})
OTHERWISE = Agreement({"node_lease": "8"}, {})
TTL = 2.0
"""Seconds, the longest that this etcd grants to who asks for one."""


class Nodes:
    def __init__(self, server: EtcdServer) -> None:
        self.server = server
        self.members: dict[str, EtcdCoordinator] = {}
        self.deadlines: list[tuple[float, ...]] = []

    def start(self, name: str, incarnation: str = "", agreement: Agreement = AGREED) -> EtcdCoordinator:
        member = EtcdCoordinator(
            name, incarnation or f"shim of {name}", "c", "abc", FAST, self.server.endpoints,
            on_lease=lambda *deadline: self.deadlines.append(deadline[:5]),  # type: ignore[arg-type]
            agreement=agreement,
        )  # fmt: skip
        member.start()
        self.members[name] = member
        return member

    async def held(self, name: str, incarnation: str = "") -> EtcdCoordinator:
        member = self.start(name, incarnation)
        await member.join()
        await soon(lambda: member.lease is not None, f"the lease of {name}", patience=6.0)
        return member

    async def stop(self, name: str) -> None:
        await self.members.pop(name).stop()

    def leaders(self) -> list[str]:
        return [name for name, one in self.members.items() if one.leadership is not None]

    async def a_leader(self, patience: float = 8.0) -> EtcdCoordinator:
        await soon(self.leaders, "a leader", patience)
        return self.members[self.leaders()[0]]


@pytest.fixture(params=[1, 3], ids=["one member", "three members"])
def server(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[EtcdServer]:
    made = EtcdServer(tmp_path, request.param)
    made.start()
    yield made
    made.kill()


@pytest_asyncio.fixture
async def nodes(server: EtcdServer) -> AsyncIterator[Nodes]:
    made = Nodes(server)
    for name in "abc":
        made.start(name)
    try:
        await made.a_leader()
        yield made
    finally:
        for name in list(made.members):
            await made.stop(name)


async def test_what_is_written_is_read_and_a_stale_write_is_refused(nodes: Nodes) -> None:
    leader = await nodes.a_leader()
    assert isinstance(leader, LongLeases)
    empty = await leader.read()
    one = await leader.replace(b"one", empty)
    assert await leader.read() == one
    with pytest.raises(Conflict):
        await leader.replace(b"two", empty)
    with pytest.raises(TooLarge):
        await leader.replace(bytes(VALUE_LIMIT + 1), one)
    full = await leader.replace(bytes(VALUE_LIMIT), one)
    assert await leader.read() == full
    follower = next(one for one in nodes.members.values() if one is not leader)
    with pytest.raises(LostLeadership):
        await follower.read()
    with pytest.raises(LostLeadership):
        await follower.replace(b"three", full)


async def test_a_lost_leader_is_followed_within_its_ttl_and_what_it_wrote_is_read(nodes: Nodes) -> None:
    leader = await nodes.a_leader()
    written = await leader.replace(b"grants", await leader.read())
    await nodes.stop(nodes.leaders()[0])
    stopped = boottime()
    following = await nodes.a_leader()
    assert boottime() - stopped < TTL + 1.5
    read = await following.read()
    assert read.value == b"grants"
    assert read.term > written.term
    assert read.version == written.version


async def test_a_leader_that_was_deposed_writes_nothing_however_sure_it_is(nodes: Nodes) -> None:
    leader = await nodes.a_leader()
    value = await leader.read()
    name = nodes.leaders()[0]
    # Its beats are lost, and it believes that it leads: what a paused process believes.
    seat = leader._engine.seat

    async def silent() -> None:
        seat.held_until = boottime() + 100

    seat._beat = silent  # type: ignore[method-assign]
    await soon(lambda: len(nodes.leaders()) == 2, "a second leader", patience=8.0)
    assert name in nodes.leaders()
    with pytest.raises(LostLeadership):
        await leader.replace(b"stale", value)
    with pytest.raises(LostLeadership):
        await leader.read()
    with pytest.raises(LostLeadership):
        await leader.raise_epoch("x")


async def test_no_two_lead_while_etcd_comes_and_goes(nodes: Nodes) -> None:
    at_once: list[int] = []

    async def watch() -> None:
        while True:
            at_once.append(len(nodes.leaders()))
            await asyncio.sleep(0.002)

    watching = asyncio.get_running_loop().create_task(watch())
    for _ in range(2):
        nodes.server.kill()
        await soon(lambda: not nodes.leaders(), "the end of leadership", patience=TTL + 1.0)
        nodes.server.start()
        await nodes.a_leader(patience=15.0)
    watching.cancel()
    assert max(at_once) == 1


async def test_a_node_that_renews_is_never_raised_and_a_silent_one_is_when_its_lease_is_over(
    nodes: Nodes,
) -> None:
    node = await nodes.held("x")
    leader = await nodes.a_leader()
    await soon(lambda: leader.lease_ages.get("x", 9.0) < 1.0, patience=2.0)
    for _ in range(20):
        with pytest.raises(NotYet):
            await leader.raise_epoch("x")
        await asyncio.sleep(0.15)
    assert node.lease is not None
    epoch = node.lease.epoch
    await nodes.stop("x")
    deadline = nodes.deadlines[-1][0]
    while True:
        try:
            raised = await leader.raise_epoch("x")
            break
        except NotYet as refused:
            await soon(lambda until=refused.until: boottime() >= until, patience=5.0)  # type: ignore[misc]
    assert raised == epoch + 1
    assert boottime() >= deadline + FAST.margin
    back = await nodes.held("x", "another shim")
    assert back.lease is not None
    assert back.lease.epoch >= raised


async def test_isolation_begins_before_the_lease_ends_when_etcd_is_away(nodes: Nodes) -> None:
    node = await nodes.held("x")
    told: list[tuple[str, float]] = []
    node.on_lease_lapsing(lambda _: told.append(("lapsing", boottime())))
    node.on_lease_lost(lambda _: told.append(("lost", boottime())))
    nodes.server.kill()
    await soon(lambda: len(told) == 2, "isolation", patience=5.0)
    end = nodes.deadlines[-1]
    assert [what for what, _ in told] == ["lapsing", "lost"]
    assert end[1] <= told[0][1] < end[2]
    assert told[1][1] >= end[0]
    assert not node.quorum.held
    assert "start etcd" in (node.trouble or "")
    nodes.server.start()
    await node.join()
    await soon(lambda: node.lease is not None, "a new lease", patience=15.0)


async def test_a_node_that_leaves_is_given_up_at_once(nodes: Nodes) -> None:
    node = await nodes.held("x")
    assert node.lease is not None
    epoch = node.lease.epoch
    assert await node.leave()
    assert await (await nodes.a_leader()).raise_epoch("x") == epoch + 1


async def test_a_second_incarnation_waits_for_the_end_of_the_first(nodes: Nodes) -> None:
    first = await nodes.held("x")
    second = nodes.start("x", "another machine of that name")
    await second.join()
    await soon(lambda: second.rival_until is not None, patience=2.0)
    assert second.lease is None
    await first.stop()
    await soon(lambda: second.lease is not None, patience=6.0)


async def test_a_maintenance_covers_the_node_beyond_its_usual_lease(nodes: Nodes) -> None:
    node = await nodes.held("x")
    until = await node.maintain(30.0)
    assert until >= boottime() + 29.0
    await nodes.stop("x")
    leader = await nodes.a_leader()
    await asyncio.sleep(FAST.node_lease + 1.0)
    with pytest.raises(NotYet) as refused:
        await leader.raise_epoch("x")
    assert refused.value.until > until


@pytest.mark.parametrize("server", [3], ids=["three members"], indirect=True)
async def test_the_loss_of_one_member_costs_no_lease(nodes: Nodes) -> None:
    node = await nodes.held("x")
    lost: list[object] = []
    node.on_lease_lapsing(lost.append)
    for number in range(3):
        nodes.server.kill(number)
        await asyncio.sleep(1.5)
        nodes.server.start(number)
        await asyncio.sleep(2.0)
    assert not lost
    leader = await nodes.a_leader()
    try:
        await leader.replace(b"goes on", await leader.read())
    except CoordinationError:
        leader = await nodes.a_leader()
        await leader.replace(b"goes on", await leader.read())


@pytest.mark.parametrize("server", [1], ids=["one member"], indirect=True)
async def test_a_node_with_another_file_gets_no_lease_and_knows_in_what_it_differs(nodes: Nodes) -> None:
    odd = nodes.start("x", agreement=OTHERWISE)
    await odd.join()
    await soon(lambda: odd.kept_out is not None, patience=3.0)
    assert odd.kept_out == (
        "it is kept out: its cluster file differs from the one in force in node_lease (8, not 2); "
        "give it that one and start its agent again"
    )
    assert odd.lease is None
    await nodes.stop("x")
    mended = await nodes.held("x")
    assert mended.kept_out is None


@pytest.mark.parametrize("server", [1], ids=["one member"], indirect=True)
async def test_an_odd_core_node_never_leads_and_a_majority_puts_its_file_in_force(nodes: Nodes) -> None:
    """The file is changed on one core node after the other; the last one leads on until it is, too."""
    node = await nodes.held("x")
    lapsing: list[object] = []
    node.on_lease_lapsing(lapsing.append)
    first = await nodes.a_leader()
    await first.replace(b"grants", await first.read())
    (old, *others) = sorted("abc", key=lambda name: nodes.members[name] is not first)
    await nodes.stop(others[0])
    odd = nodes.start(others[0], agreement=OTHERWISE)
    await nodes.stop(old)
    assert await nodes.a_leader() is nodes.members[others[1]]
    assert not lapsing
    nodes.start(old, agreement=OTHERWISE)
    await asyncio.sleep(1.0)
    # Two of three go by the new file; it is in force when the last leader under the former one is gone.
    assert nodes.leaders() == [others[1]]
    await nodes.stop(others[1])
    leader = await nodes.a_leader()
    assert leader in (odd, nodes.members[old])
    assert (await leader.read()).value == b"grants"
    await soon(lambda: bool(lapsing), "the end of a lease under the former file", patience=4.0)
    assert "node_lease (2, not 8)" in (node.kept_out or "")
