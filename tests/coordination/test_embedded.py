"""What only the embedded engine has, on real sockets, threads and disks."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
import zmq

from tests.coordination.loopback import FAST, Cluster
from tests.waiting import soon
from tuiconsole.clock import boottime
from tuiconsole.coordination.coordinator import (
    OutcomeUnknown,
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


@pytest.mark.alone
async def test_the_first_boot_elects_with_the_third_voter_and_awaits_no_timeout(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path, "abc")
    try:
        cluster.start("a")
        cluster.start("b")
        await soon(lambda: "not seen: c" in (cluster.members["a"].trouble or ""))
        started = boottime()
        cluster.start("c")
        await cluster.a_leader()
        assert boottime() - started < FAST.election_min
    finally:
        await cluster.stop_all()


async def test_one_voter_alone_leads_again_after_a_restart(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path, "a")
    try:
        alone = cluster.start("a")
        await alone.join()
        await cluster.a_leader()
        await cluster.when(lambda: alone.lease is not None)
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
    await soon(lambda: member.dropped.get("other cluster file", 0) == 1)
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
    # The two others may have it on disk before this one has seen that its own disk fails.
    with contextlib.suppress(OutcomeUnknown):
        await leader.replace(b"value", await leader.read())
    await soon(lambda: "repair the disk" in (leader.trouble or ""))
    await cluster.when(lambda: cluster.leader() not in (None, leader))
