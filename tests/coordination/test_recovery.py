"""A core that is put together again from the disks that are left."""

from __future__ import annotations

import random

import msgspec
import pytest

from tests.coordination.table import TIMING, Table
from tuiconsole.coordination.leases.registrar import Registration
from tuiconsole.coordination.paxos.voter import Voter
from tuiconsole.coordination.record import VoterRecord
from tuiconsole.coordination.recovery import JUMP, recovered

IDS = {"a": "new a", "b": "new b", "c": "new c"}


def written(table: Table, value: bytes, *, without: str = "") -> None:
    table.cut = set(without)
    table.pass_time(3.0)
    table.write(value, request=len(table.results) + 1)
    table.pass_time(0.5)


def restart(table: Table, records: dict[str, VoterRecord]) -> None:
    """All voters start with the new records."""
    table.under_way.clear()
    table.cut = set()
    table.disks = dict(records)
    table.now += 10.0
    for name in records:
        table.boot(name)
    table.pass_time(4.0)


@pytest.mark.parametrize("lost", ["a", "b", "c"])
def test_from_a_majority_nothing_is_lost_whichever_disk_is_and_whoever_was_cut_off(lost: str) -> None:
    for behind in "abc":
        table = Table()
        written(table, b"first")
        written(table, b"second", without=behind)
        term = table.leader().leadership(table.now).term  # type: ignore[union-attr]
        left = [record for name, record in table.disks.items() if name != lost]
        restart(table, recovered(table.voters, IDS, left))
        read = table.leader().read(table.now)
        assert read is not None
        assert read.value == b"second"
        assert read.term > term + JUMP - 1, "above every term that was ever promised"


def test_a_core_that_lost_its_majority_goes_on_from_one_disk_above_all_that_was_given_out() -> None:
    table = Table()
    written(table, b"known to all")
    known = Registration(7, "shim", 60.0, 3.0)
    survivor = msgspec.structs.replace(table.disks["b"], registrations={"x": known})
    restart(table, recovered(table.voters, IDS, [survivor]))
    read = table.leader().read(table.now)
    assert read is not None
    assert read.value == b"known to all"
    for record in table.disks.values():
        assert record.promised_term > survivor.promised_term + JUMP - 1
        assert record.registrations["x"] == Registration(7 + JUMP, "shim", 60.0, 3.0)


def test_of_each_node_the_newest_epoch_and_the_longest_maintenance_is_kept() -> None:
    table = Table()
    one = msgspec.structs.replace(table.disks["a"], registrations={"x": Registration(3, "old", 60.0, 9.0)})
    other = msgspec.structs.replace(table.disks["c"], registrations={"x": Registration(4, "")})
    for left in ([one, other], [other, one]):
        for record in recovered(table.voters, IDS, left).values():
            assert record.registrations["x"] == Registration(4, "", 60.0, 9.0)


def test_a_voter_that_comes_back_with_its_old_disk_is_not_heard() -> None:
    table = Table()
    written(table, b"value")
    old = table.disks["c"]
    restart(table, recovered(table.voters, IDS, [table.disks["a"], table.disks["b"]]))
    leader = table.leader().name
    table.disks["c"] = old
    back = table.voter["c"] = Voter("c", table.voters, TIMING, old, table.now, random.Random(1))
    table.pass_time(4.0)
    assert back.leader is None
    assert leader in table.leads() or table.leads() != ["c"]
    assert sum(voter.rejected["other voters"] for voter in table.voter.values()) > 0
    read = table.leader().read(table.now)
    assert read is not None
    assert read.value == b"value"


def test_what_cannot_be_put_together_is_refused() -> None:
    table = Table()
    a, b = table.disks["a"], table.disks["b"]
    with pytest.raises(ValueError, match="twice"):
        recovered(table.voters, IDS, [a, a])
    with pytest.raises(ValueError, match="never belonged"):
        recovered(table.voters, IDS, [VoterRecord("blank")])
    with pytest.raises(ValueError, match="different cores"):
        recovered(table.voters, IDS, [a, recovered(table.voters, IDS, [a, b])["b"]])
