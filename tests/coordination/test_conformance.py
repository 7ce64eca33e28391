"""What the rest of the system relies on in coordination, whichever engine keeps it.

Each test runs with the embedded engine, with one etcd, and with three members of etcd.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.coordination.etcd_members import EtcdMembers
from tests.coordination.etcd_server import EtcdServer
from tests.coordination.loopback import Cluster, Members
from tests.waiting import PATIENCE, soon
from tuiconsole.clock import boottime
from tuiconsole.coordination.coordinator import (
    VALUE_LIMIT,
    Conflict,
    CoordinationError,
    Leadership,
    LongLeases,
    LostLeadership,
    NotYet,
    OutcomeUnknown,
    TooLarge,
)

ENGINES = [
    pytest.param(0, id="embedded"),
    pytest.param(1, id="etcd-of-one", marks=pytest.mark.etcd),
    pytest.param(3, id="etcd-of-three", marks=pytest.mark.etcd),
]


@pytest.fixture(params=ENGINES, scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[EtcdServer | None]:
    """The etcd of all tests of an engine; None for the embedded one."""
    if not request.param:
        yield None
        return
    made = EtcdServer(tmp_path_factory.mktemp("etcd"), request.param)
    made.start()
    yield made
    made.kill()


@pytest_asyncio.fixture
async def members(server: EtcdServer | None, tmp_path: Path) -> AsyncIterator[Members]:
    """Three core nodes, one of which leads."""
    made = Cluster(tmp_path, "abc") if server is None else EtcdMembers(server)
    if server is not None:
        server.start()
    try:
        for name in "abc":
            made.start(name)
        await made.a_leader()
        yield made
    finally:
        await made.stop_all()


async def epoch_raised(members: Members, node: str) -> int:
    """Have the epoch of a node raised as soon as that is allowed."""
    while True:
        leader = await members.a_leader()
        try:
            return await leader.raise_epoch(node)
        except NotYet as not_yet:
            # The voters name the time at which they will agree, and tell nobody when it has come.
            await asyncio.sleep(max(0.01, not_yet.until - boottime()))


# -- leadership and the register -----------------------------------------------------------------------------


async def test_what_is_written_is_read_and_a_stale_write_is_refused(members: Members) -> None:
    leader = await members.a_leader()
    empty = await leader.read()
    one = await leader.replace(b"one", empty)
    assert await leader.read() == one
    with pytest.raises(Conflict):
        await leader.replace(b"two", empty)
    with pytest.raises(TooLarge):
        await leader.replace(bytes(VALUE_LIMIT + 1), one)
    full = await leader.replace(bytes(VALUE_LIMIT), one)
    assert await leader.read() == full
    follower = next(one for one in members.members.values() if one is not leader)
    with pytest.raises(LostLeadership):
        await follower.read()
    with pytest.raises(LostLeadership):
        await follower.replace(b"three", full)
    with pytest.raises(LostLeadership):
        await follower.raise_epoch("x")


@pytest.mark.alone
async def test_one_leads_at_a_time_in_terms_that_only_grow_and_reads_what_the_last_one_wrote(
    members: Members,
) -> None:
    at_once: list[int] = []
    everyone = list(members.members.values())  # also those that are on their way out

    async def watch() -> None:
        # Looked at all the time: that two lead at once would be an event of neither.
        while True:
            at_once.append(sum(one.leadership is not None for one in everyone))
            await asyncio.sleep(0.002)

    watching = asyncio.get_running_loop().create_task(watch())
    term, took = 0, []
    for number in range(3):
        leader = await members.a_leader()
        value = await leader.read()
        assert value.term > term
        assert value.value == (b"%d" % (number - 1) if number else b"")
        term = (await leader.replace(b"%d" % number, value)).term
        name = members.name_of(leader)
        # Each knows who leads: then it is the clean end that the next one follows.
        others = [one for one in members.members.values() if one is not leader]
        await soon(lambda: all(one.leader == (name, term) for one in others))  # noqa: B023
        stopping = boottime()
        await members.stop(name)
        following = await members.a_leader()
        took.append(boottime() - stopping)
        assert (await following.read()).value == b"%d" % number
        again = members.start(name)
        everyone.append(again)
        await soon(lambda: again.leader == following_of(members))  # noqa: B023
    watching.cancel()
    print(f"a leader that stops is followed within {', '.join(f'{each:.2f}' for each in took)} s")
    assert max(took) < members.elects_within
    assert max(at_once) == 1


def following_of(members: Members) -> tuple[str, int] | None:
    leader = members.leader()
    return None if leader is None else (members.name_of(leader), leader.leadership.term)


async def test_leadership_is_lost_without_a_majority_and_a_write_then_is_of_unknown_outcome(
    members: Members,
) -> None:
    leader = await members.a_leader()
    heard: list[Leadership | None] = []
    leader.on_leadership(heard.append)
    value = await leader.replace(b"before", await leader.read())
    await members.take_majority_away()
    with pytest.raises(OutcomeUnknown):
        await leader.replace(b"who knows", value, timeout=0.3)
    await members.when(lambda: heard == [None])
    assert leader.leadership is None
    await soon(lambda: not leader.quorum.held)
    with pytest.raises(LostLeadership):
        await leader.read()
    await members.bring_majority_back()
    following = await members.a_leader()
    read = await following.read()
    assert read.term >= value.term  # a leader that holds again may do so in its term
    assert read.value in (b"before", b"who knows")
    with contextlib.suppress(Conflict):
        assert (await following.replace(b"after", read)).value == b"after"
        return
    # What was of unknown outcome has come true meanwhile, and nothing else.
    read = await following.read()
    assert read.value == b"who knows"
    assert (await following.replace(b"after", read)).value == b"after"


async def test_an_error_that_nobody_foresaw_ends_the_engine_loudly_and_another_leads(
    members: Members, caplog: pytest.LogCaptureFixture
) -> None:
    leader = await members.a_leader()
    term = leader.leadership.term
    heard: list[Leadership | None] = []
    leader.on_leadership(heard.append)

    def defect(now: float) -> None:
        raise ZeroDivisionError("a defect")

    leader._engine.call(defect)
    with pytest.raises(ZeroDivisionError):
        await asyncio.wait_for(leader.until_failed(), PATIENCE)
    assert leader.leadership is None
    assert "a defect" in leader.trouble
    await members.when(lambda: heard[-1:] == [None])
    with pytest.raises(CoordinationError):
        await leader.read()
    following = await members.a_leader()
    assert following.leadership.term > term
    told = [record for record in caplog.records if record.exc_info and "failed" in record.message]
    assert len(told) == 1


# -- leases --------------------------------------------------------------------------------------------------


async def test_a_node_holds_a_lease_and_its_deadlines_are_recorded(members: Members) -> None:
    node = members.start("x")
    unasked = node.lease
    assert unasked is None
    await soon(lambda: node.leader is not None)  # before it asks for a lease, too
    await node.join()
    await members.when(lambda: node.lease is not None)
    lease = node.lease
    assert lease.duration == members.timing.node_lease
    await members.when(lambda: len(members.deadlines["x"]) >= 3)
    deadlines = [deadline[0] for deadline in members.deadlines["x"]]
    assert deadlines == sorted(deadlines)
    leader = await members.a_leader()
    await soon(lambda: leader.node_epochs.get("x") == lease.epoch and leader.lease_ages["x"] < 1.0)
    assert node.quorum.held


async def test_a_node_that_renews_is_never_raised_and_a_silent_one_is_when_its_lease_is_over(
    members: Members,
) -> None:
    node = await members.held("x")
    epoch = node.lease.epoch
    leader = await members.a_leader()
    await soon(lambda: leader.lease_ages.get("x", 9.0) < 1.0)
    written = members.deadlines["x"]
    for count in range(len(written), len(written) + 4):
        with pytest.raises(NotYet) as refused:
            await leader.raise_epoch("x")
        assert refused.value.until > boottime()
        await members.when(lambda: len(written) > count)  # noqa: B023
    await members.stop("x")
    assert await epoch_raised(members, "x") == epoch + 1
    assert boottime() >= written[-1][0] + members.timing.margin
    back = await members.held("x", "another shim")
    assert back.lease.epoch >= epoch + 1


async def test_a_node_that_leaves_is_given_up_at_once(members: Members) -> None:
    node = await members.held("x")
    epoch = node.lease.epoch
    assert await node.leave()
    assert await (await members.a_leader()).raise_epoch("x") == epoch + 1


async def test_a_second_incarnation_waits_for_the_end_of_the_first_and_knows_for_how_long(
    members: Members,
) -> None:
    first = await members.held("x")
    members.members["the first x"] = members.members.pop("x")
    if isinstance(members, Cluster):
        members.sockets["the first x"] = members.sockets.pop("x")
    second = members.start("x", "another machine of that name")
    await second.join()
    await soon(lambda: second.rival_until is not None)
    assert second.lease is None
    assert first.lease is not None
    await members.stop("the first x")
    await members.when(lambda: second.lease is not None)


async def test_isolation_begins_before_the_lease_ends_without_a_majority_and_the_node_is_back_with_it(
    members: Members,
) -> None:
    node = await members.held("x")
    told: list[tuple[str, float]] = []
    node.on_lease_lapsing(lambda _: told.append(("lapsing", boottime())))
    node.on_lease_lost(lambda _: told.append(("lost", boottime())))
    await members.take_majority_away()
    await members.when(lambda: len(told) == 2)
    end = members.deadlines["x"][-1]
    assert [what for what, _ in told] == ["lapsing", "lost"]
    assert end[1] <= told[0][1] < end[2]
    assert told[1][1] >= end[0]
    lost = node.lease
    assert lost is None
    assert not node.quorum.held
    await members.bring_majority_back()
    await node.join()
    await members.when(lambda: node.lease is not None)
    assert node.lease.epoch > end[4]


async def test_an_agent_that_comes_back_goes_on_with_its_lease(members: Members) -> None:
    epoch = (await members.held("x")).lease.epoch
    await members.stop("x")
    record = members.deadlines["x"][-1]
    back = members.start("x", resume=(int(record[4]), record[0]))
    await members.when(lambda: members.deadlines["x"][-1][0] > record[0])
    assert back.lease.epoch == epoch


async def test_a_maintenance_covers_the_node_beyond_its_usual_lease_until_it_ends_it(
    members: Members,
) -> None:
    node = await members.held("x")
    assert isinstance(node, LongLeases)
    until = await node.maintain(30.0)
    assert until >= boottime() + 29.0
    leader = await members.a_leader()

    async def refused_until() -> float:
        with pytest.raises(NotYet) as refused:
            await leader.raise_epoch("x")
        return refused.value.until

    assert await refused_until() > until
    assert await node.maintain(0.0) <= boottime() + members.timing.node_lease
    assert node.stays_until == 0.0
    ended = boottime()
    while await refused_until() > boottime() + members.timing.node_lease + members.timing.margin:
        assert boottime() < ended + PATIENCE, "its end is not known"
        # The voters are asked again: they do not tell the leader what a node has said to them.
        await asyncio.sleep(0.05)


async def test_a_node_whose_deadline_cannot_be_recorded_ends_its_engine(members: Members) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left")

    node = members.start("x", on_lease=full)
    with contextlib.suppress(CoordinationError):
        await node.join()
    with pytest.raises(OSError, match="no space left"):
        await asyncio.wait_for(node.until_failed(), PATIENCE)
