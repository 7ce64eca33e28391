"""Who goes by another cluster file is not heard, is told so, and can be mended without losing anything."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from tests.coordination.loopback import Cluster
from tests.coordination.table import TIMING, Table
from tests.waiting import soon
from tuiconsole.clock import boottime
from tuiconsole.coordination.messages import Beat, Leave, Renew, RenewRefused, Unlike
from tuiconsole.coordination.voters import VoterSet

OTHERWISE = VoterSet("table", "abc", "another lease")


def elected() -> Table:
    table = Table()
    table.pass_time(2.0)
    table.leader()
    return table


def answers(table: Table, asked: str, message: Any) -> list[Any]:
    voter = table.voter[asked]
    table.collect()
    table.under_way.clear()
    voter.receive(table.now, message.sender, message)
    table.collect()
    return [one for sender, to, one in table.under_way if (sender, to) == (asked, message.sender)]


def renew(digest: str, epoch: int = 1, *, join: bool = True) -> Renew:
    return Renew("table", digest, "x", epoch, "shim", 5, join)


@pytest.mark.parametrize("digest", [OTHERWISE.digest, VoterSet("table", "abd").digest])
def test_a_node_with_another_file_is_told_and_registers_nothing(digest: str) -> None:
    table = elected()
    own = table.voters.digest
    assert answers(table, "a", renew(digest)) == [Unlike("table", own, "a", 5)]
    assert answers(table, "a", Leave("table", digest, "x", 1, "shim", 6)) == [Unlike("table", own, "a", 6)]
    (probe,) = answers(table, "a", renew(own, 0, join=False))
    assert isinstance(probe, RenewRefused)
    assert probe.epoch == 0
    assert table.voter["a"].rejected["other cluster file"] == 2


def test_voters_of_two_files_never_count_each_other() -> None:
    table = elected()
    table.pass_time(1.0)
    assert table.write(b"before")
    odd = table.leads()[0]
    # The leader comes back with another file: it has its disk, and speaks for voters that are not there.
    table.boot_with(odd, OTHERWISE)
    table.pass_time(4.0)
    assert table.leads()
    assert odd not in table.leads()
    assert table.write(b"without it", 2)
    assert table.voter[odd].acceptor.value == b"before"
    table.boot_with(odd, table.voters)
    table.pass_time(1.0)
    assert table.voter[odd].acceptor.value == b"without it"


def test_a_file_that_all_have_changed_goes_on_with_what_the_disks_hold() -> None:
    table = elected()
    table.write(b"grants")
    for name in "abc":
        table.boot_with(name, OTHERWISE)
        table.pass_time(1.0)
    table.pass_time(3.0)
    table.voters = OTHERWISE
    read = table.leader().read(table.now)
    assert read is not None
    assert read.value == b"grants"


def test_a_voter_waits_for_the_leader_lease_of_its_former_file() -> None:
    table = elected()
    leader = table.leads()[0]
    follower = next(name for name in "abc" if name != leader)
    slow = msgspec.structs.replace(TIMING, leader_lease=2.0, election_min=2.2, election_max=2.6)
    table.boot_with(follower, table.voters, slow)
    table.collect()
    assert table.disks[follower].election_min == slow.election_min
    table.boot_with(follower, table.voters)
    assert table.voter[follower].candidacy.election.silent_until == pytest.approx(table.now + 2.2)
    table.pass_time(TIMING.node_lease + 1.0)
    assert table.disks[follower].election_min == TIMING.election_min


def test_a_heartbeat_is_answered_once_the_longer_silence_it_asks_for_is_on_disk() -> None:
    table = elected()
    leader = table.leads()[0]
    follower = next(name for name in "abc" if name != leader)
    slow = msgspec.structs.replace(TIMING, leader_lease=2.0, election_min=2.2, election_max=2.6)
    table.collect()
    table.under_way.clear()
    voter = table.boot_with(follower, table.voters, slow)
    term = table.voter[leader].acceptor.promised.term
    voter.receive(table.now, leader, Beat("table", voter.founding.digest, leader, term, 99))
    assert not voter.outbox
    table.collect()
    assert [type(one).__name__ for sender, _, one in table.under_way if sender == follower] == ["BeatAck"]


@pytest_asyncio.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Cluster]:
    made = Cluster(tmp_path, "abc")
    for name in "abc":
        made.start(name)
    await made.a_leader()
    try:
        yield made
    finally:
        await made.stop_all()


async def test_a_node_that_is_kept_out_says_why_and_holds_a_lease_once_it_is_mended(
    cluster: Cluster,
) -> None:
    odd = cluster.start("x", agreed="another lease")
    await odd.join()
    differs = "a, b, c in what safety rests on; give it theirs and start its agent again"
    await soon(lambda: differs in (odd.kept_out or ""))
    assert odd.lease is None
    assert not odd.quorum.held
    await cluster.stop("x")
    mended = cluster.start("x")
    await mended.join()
    await cluster.when(lambda: mended.lease is not None)
    assert mended.kept_out is None


async def test_a_lease_is_not_renewed_under_another_file_and_ends_in_its_time(cluster: Cluster) -> None:
    node = cluster.start("x")
    await node.join()
    await cluster.when(lambda: node.lease is not None)
    lease = node.lease
    assert lease is not None
    await cluster.stop("x")
    until = cluster.deadlines["x"][-1][0]
    odd = cluster.start("x", resume=(lease.epoch, until), agreed="another lease")
    lapsing: list[float] = []
    odd.on_lease_lapsing(lambda _: lapsing.append(boottime()))
    await cluster.when(lambda: bool(lapsing))
    assert lapsing[0] < until
    assert cluster.deadlines["x"][-1][0] == until


async def test_one_odd_voter_is_missing_for_the_others_and_keeps_nobody_out(cluster: Cluster) -> None:
    leader = cluster.name_of(await cluster.a_leader())
    name = next(one for one in "abc" if one != leader)
    await cluster.stop(name)
    odd = cluster.start(name, agreed="another lease")
    await soon(lambda: odd.kept_out is not None)
    await soon(lambda: cluster.members[leader].quorum.missing == (name,))
    assert cluster.members[leader].quorum.held
    assert cluster.members[leader].kept_out is None
    assert not odd.quorum.held


async def test_a_core_node_with_other_core_nodes_on_its_disk_runs_without_a_vote(cluster: Cluster) -> None:
    leader = cluster.name_of(await cluster.a_leader())
    name = next(one for one in "abc" if one != leader)
    await cluster.stop(name)
    cluster.addresses, addresses = {**cluster.addresses, "d": "tcp://127.0.0.1:9"}, cluster.addresses
    odd = cluster.start(name)
    assert f"{name} was founded with a, b, c as core nodes, not with a, b, c, d" in (odd.trouble or "")
    await cluster.stop(name)
    cluster.addresses = addresses
    mended = cluster.start(name)
    await soon(lambda: mended.quorum.held and mended.trouble is None)
