"""The embedded engine on real sockets, threads and disks."""

from __future__ import annotations

import statistics
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
import zmq

from tests.coordination.loopback import Cluster
from tests.waiting import soon
from tuiconsole.clock import boottime
from tuiconsole.coordination.coordinator import (
    VALUE_LIMIT,
    Conflict,
    Leadership,
    LostLeadership,
    NotYet,
    OutcomeUnknown,
    TooLarge,
)
from tuiconsole.coordination.disk import DiskError


@pytest_asyncio.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Cluster]:
    """Three voters that lead, hold leases, and are told apart by letters."""
    made = Cluster(tmp_path, "abc")
    try:
        for name in "abc":
            made.start(name)
        await made.a_leader()
        yield made
    finally:
        await made.stop_all()


async def test_the_first_boot_elects_within_half_a_second_of_the_third_voter(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path, "abc")
    try:
        cluster.start("a")
        cluster.start("b")
        await soon(lambda: "not seen: c" in (cluster.members["a"].trouble or ""), patience=2.0)
        started = boottime()
        cluster.start("c")
        await cluster.a_leader()
        assert boottime() - started < 0.5
    finally:
        await cluster.stop_all()


async def test_what_is_written_is_read_and_a_stale_write_is_refused(cluster: Cluster) -> None:
    leader = await cluster.a_leader()
    empty = await leader.read()
    one = await leader.replace(b"one", empty)
    assert await leader.read() == one
    with pytest.raises(Conflict):
        await leader.replace(b"two", empty)
    with pytest.raises(TooLarge):
        await leader.replace(bytes(VALUE_LIMIT + 1), one)
    full = await leader.replace(bytes(VALUE_LIMIT), one)
    assert await leader.read() == full
    follower = next(one for one in cluster.members.values() if one is not leader)
    with pytest.raises(LostLeadership):
        await follower.read()
    with pytest.raises(LostLeadership):
        await follower.replace(b"three", full)


async def test_the_next_leader_reads_what_the_lost_one_had_written(cluster: Cluster) -> None:
    leader = await cluster.a_leader()
    written = await leader.replace(b"grants", await leader.read())
    name = cluster.name_of(leader)
    others = [one for one in cluster.members.values() if one is not leader]
    await soon(lambda: all(one.leader == (name, written.term) for one in others), patience=2.0)
    await cluster.stop(name)
    stopped = boottime()
    following = await cluster.a_leader()
    assert boottime() - stopped < 2.0
    read = await following.read()
    assert read.value == b"grants"
    assert read.term > written.term
    again = cluster.start(name)
    await soon(lambda: again.leader == (cluster.name_of(following), read.term), patience=3.0)


async def test_leadership_is_announced_and_lost_without_a_majority(cluster: Cluster) -> None:
    leader = await cluster.a_leader()
    heard: list[Leadership | None] = []
    leader.on_leadership(heard.append)
    value = await leader.read()
    for name in [name for name, one in cluster.members.items() if one is not leader]:
        await cluster.stop(name)
    with pytest.raises(OutcomeUnknown):
        await leader.replace(b"nobody hears this", value, timeout=0.3)
    await cluster.when(lambda: heard == [None], 2.0)
    assert leader.leadership is None
    await soon(lambda: not leader.quorum.held, patience=2.0)
    with pytest.raises(LostLeadership):
        await leader.read()


async def test_a_node_holds_a_lease_and_its_deadlines_are_recorded(cluster: Cluster) -> None:
    node = cluster.start("x")
    assert node.lease is None
    await soon(lambda: node.leader is not None, patience=2.0)  # before it asks for a lease, too
    await node.join()
    await cluster.when(lambda: node.lease is not None, 2.0)
    lease = node.lease
    assert lease is not None
    assert lease.duration == cluster.timing.node_lease
    await cluster.when(lambda: len(cluster.deadlines["x"]) >= 3, 2.0)
    deadlines = [deadline[0] for deadline in cluster.deadlines["x"]]
    assert deadlines == sorted(deadlines)
    leader = await cluster.a_leader()
    await soon(
        lambda: leader.node_epochs.get("x") == lease.epoch and leader.lease_ages["x"] < 1.0, patience=2.0
    )
    assert node.quorum.held


async def test_the_epoch_of_a_silent_node_is_raised_when_its_lease_is_over(cluster: Cluster) -> None:
    node = cluster.start("x")
    await node.join()
    await cluster.when(lambda: node.lease is not None, 2.0)
    leader = await cluster.a_leader()
    with pytest.raises(NotYet) as refused:
        await leader.raise_epoch("x")
    assert refused.value.until > boottime()
    await cluster.stop("x")
    silent_since = boottime()
    while True:
        try:
            assert await leader.raise_epoch("x") == 2
            break
        except NotYet as refused_again:
            await soon(lambda until=refused_again.until: boottime() >= until, patience=5.0)  # type: ignore[misc]
    assert boottime() - silent_since >= cluster.timing.node_lease - cluster.timing.renewal
    back = cluster.start("x", incarnation="another shim")
    await back.join()
    await cluster.when(lambda: back.lease is not None, 2.0)
    assert back.lease is not None
    assert back.lease.epoch >= 2


async def test_a_node_that_leaves_is_given_up_at_once(cluster: Cluster) -> None:
    node = cluster.start("x")
    await node.join()
    await cluster.when(lambda: node.lease is not None, 2.0)
    leader = await cluster.a_leader()
    assert await node.leave()
    assert await leader.raise_epoch("x") == 2


async def test_a_second_incarnation_waits_and_knows_for_how_long(cluster: Cluster) -> None:
    node = cluster.start("x")
    await node.join()
    await cluster.when(lambda: node.lease is not None, 2.0)
    first = cluster.members.pop("x"), cluster.sockets.pop("x")
    second = cluster.start("x", incarnation="a second machine of that name")
    await second.join()
    await soon(lambda: second.rival_until is not None, patience=2.0)
    assert second.lease is None
    assert first[0].lease is not None
    await first[0].stop()
    first[1].close()
    await cluster.when(lambda: second.lease is not None, 5.0)


async def test_without_a_majority_isolation_begins_before_the_lease_ends(cluster: Cluster) -> None:
    node = cluster.start("x")
    told: list[tuple[str, float]] = []
    node.on_lease_lapsing(lambda lease: told.append(("lapsing", boottime())))
    node.on_lease_lost(lambda lease: told.append(("lost", boottime())))
    await node.join()
    await cluster.when(lambda: node.lease is not None, 2.0)
    for name in "abc":
        await cluster.stop(name)
    end = cluster.deadlines["x"][-1]
    await cluster.when(lambda: len(told) == 2, 4.0)
    assert [what for what, _ in told] == ["lapsing", "lost"]
    assert end[1] <= told[0][1] < end[2]
    assert told[1][1] >= end[0]


async def test_an_agent_that_comes_back_goes_on_with_its_lease(cluster: Cluster) -> None:
    node = cluster.start("x")
    await node.join()
    await cluster.when(lambda: node.lease is not None, 2.0)
    held = node.lease
    assert held is not None
    await cluster.stop("x")
    record = cluster.deadlines["x"][-1]
    back = cluster.start("x", resume=(int(record[4]), record[0]))
    await cluster.when(lambda: cluster.deadlines["x"][-1][0] > record[0], 2.0)
    assert back.lease is not None
    assert back.lease.epoch == held.epoch


async def test_one_voter_alone_leads_again_after_a_restart(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path, "a")
    try:
        alone = cluster.start("a")
        await alone.join()
        await cluster.a_leader()
        await cluster.when(lambda: alone.lease is not None, 2.0)
        written = await alone.replace(b"kept", await alone.read())
        await cluster.stop("a")
        again = cluster.start("a")
        await cluster.a_leader()
        read = await again.read()
        assert read.value == b"kept"
        assert read.term > written.term
        assert again.quorum.held
    finally:
        await cluster.stop_all()


async def test_noise_is_counted_and_dropped(cluster: Cluster) -> None:
    sockets = cluster.sockets["a"]
    noisy = sockets.dealer(cluster.addresses["a"], "a", b"x/noise")
    noisy.setsockopt(zmq.SNDTIMEO, 1000)
    noisy.send(b"no message")
    noisy.send_multipart([b"too", b"many", b"frames"])
    from tuiconsole.coordination.messages import Prepare, Renew, encode

    noisy.send(encode(Renew("cluster", "digest", "y", 1, "i", 1, True)))
    noisy.send(encode(Prepare("cluster", "digest", "x", 99)))
    noisy.send(encode(Renew("cluster", "digest", "x", 1, "i", 1, True)))
    member = cluster.members["a"]
    await soon(lambda: member.dropped.get("other cluster file", 0) == 1, patience=2.0)
    assert member.dropped["malformed"] == 2
    assert member.dropped["not the sender it says"] == 1
    assert member.dropped["not a voter"] == 1
    noisy.close(linger=0)


async def test_a_damaged_record_is_refused_before_anything_is_bound(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path, "a")
    cluster.start("a")
    await cluster.a_leader()
    await cluster.stop("a")
    record = tmp_path / "a" / "voter.record"
    record.write_bytes(record.read_bytes()[:-1])
    with pytest.raises(DiskError, match="damaged voter record"):
        cluster.start("a")
    cluster.sockets["a"].close()


async def test_a_voter_whose_disk_fails_stops_voting_and_says_why(cluster: Cluster) -> None:
    leader = await cluster.a_leader()
    name = cluster.name_of(leader)
    folder = cluster.folder / name
    folder.rename(folder.with_name("gone"))
    with pytest.raises(OutcomeUnknown):
        await leader.replace(b"value", await leader.read())
    await soon(lambda: "repair the disk" in (leader.trouble or ""), patience=2.0)
    await cluster.when(lambda: cluster.leader() not in (None, leader), 4.0)


async def test_a_replacement_takes_a_sync_and_a_round_trip(cluster: Cluster) -> None:
    leader = await cluster.a_leader()
    value = await leader.read()
    took = []
    for number in range(60):
        started = boottime()
        value = await leader.replace(b"%d" % number, value)
        took.append(boottime() - started)
    assert statistics.median(took) < 0.05
