"""A voter that has lost its disk becomes a member again while the others go on."""

from __future__ import annotations

from tests.coordination.table import TIMING, Table
from tuiconsole.coordination.coordinator import Versioned
from tuiconsole.coordination.messages import Beat
from tuiconsole.coordination.record import VoterRecord

SILENCE = TIMING.node_lease + TIMING.margin


def with_a_lost_disk(names: str = "abc") -> tuple[Table, str, str]:
    """A table, the voter that lost its disk after a value was written, and one that did not."""
    table = Table(names)
    table.pass_time(2.5)
    table.write(b"a grant")
    lost = next(name for name in names if name not in table.leads())
    table.disks[lost] = VoterRecord("a new id")
    table.boot(lost)
    table.pass_time(0.3)
    assert "has lost its voter state" in (table.voter[lost].trouble(table.now) or "")
    return table, lost, next(name for name in names if name != lost)


def test_a_voter_that_lost_its_disk_is_readmitted_by_a_persons_word_and_votes_after_a_lease() -> None:
    table, lost, other = with_a_lost_disk()
    assert table.voter[other].readmit(table.now, lost) is None
    table.pass_time(0.3)
    assert "votes in" in (table.voter[lost].trouble(table.now) or "")
    table.pass_time(SILENCE - 1.0)
    assert table.voter[lost].trouble(table.now) is not None
    table.pass_time(1.5)
    assert table.voter[lost].trouble(table.now) is None
    assert table.disks[lost].members == table.disks[other].members
    assert table.disks[lost].members[lost] == "a new id"
    table.cut = set("abc") - {lost, other}
    table.pass_time(3.0)
    read = table.leader().read(table.now)
    assert isinstance(read, Versioned)
    assert read.value == b"a grant"


def test_the_heir_knows_what_the_others_know_before_it_votes() -> None:
    table, lost, other = with_a_lost_disk()
    promised = max(table.disks[name].promised_term for name in "abc" if name != lost)
    table.voter[other].readmit(table.now, lost)
    table.pass_time(SILENCE + 0.5)
    assert table.disks[lost].value == b"a grant"
    assert table.disks[lost].promised_term >= promised


def test_nothing_is_replaced_while_one_of_the_others_is_away() -> None:
    table, lost, other = with_a_lost_disk()
    away = next(name for name in "abc" if name not in (lost, other))
    table.cut = {away}
    table.voter[other].readmit(table.now, lost)
    table.pass_time(SILENCE + 2.0)
    assert table.disks[other].generation == 0
    assert table.voter[lost].trouble(table.now) is not None
    table.cut = set()
    table.pass_time(SILENCE + 2.0)
    assert table.voter[lost].trouble(table.now) is None


def test_a_wish_outlives_a_restart_of_the_one_who_was_told() -> None:
    table, lost, other = with_a_lost_disk()
    table.cut = {name for name in "abc" if name != other}
    table.voter[other].readmit(table.now, lost)
    table.settle()
    table.boot(other)
    table.cut = set()
    table.pass_time(SILENCE + 2.0)
    assert table.voter[lost].trouble(table.now) is None


def test_words_of_the_lost_voter_that_come_late_are_heard_no_more() -> None:
    table, lost, other = with_a_lost_disk()
    former = table.voter[other].founding.digest
    table.voter[other].readmit(table.now, lost)
    table.pass_time(0.3)
    voter = table.voter[other]
    before = voter.rejected["other voters"]
    voter.receive(table.now, lost, Beat("table", former, lost, 99, 1))
    assert voter.rejected["other voters"] == before + 1


def test_the_old_disk_of_a_voter_that_was_replaced_votes_no_more_and_says_why() -> None:
    table, lost, other = with_a_lost_disk()
    old = VoterRecord(f"id {lost}", table.members)
    table.voter[other].readmit(table.now, lost)
    table.pass_time(SILENCE + 1.0)
    table.disks[lost] = old
    table.boot(lost)
    table.pass_time(3.0)
    assert "this is its old disk" in (table.voter[lost].trouble(table.now) or "")


def test_a_voter_that_is_not_blank_or_not_there_is_not_readmitted_and_the_reason_is_told() -> None:
    table = Table()
    table.pass_time(2.5)
    assert "is not heard as a voter without memory" in (table.voter["a"].readmit(table.now, "b") or "")
    assert "no other core node" in (table.voter["a"].readmit(table.now, "a") or "")
    assert "no other core node" in (table.voter["a"].readmit(table.now, "z") or "")


def test_a_voter_can_lose_its_disk_twice() -> None:
    table, lost, other = with_a_lost_disk()
    table.voter[other].readmit(table.now, lost)
    table.pass_time(0.5)
    table.disks[lost] = VoterRecord("yet another id")
    table.boot(lost)
    table.pass_time(0.3)
    assert table.voter[other].readmit(table.now, lost) is None
    table.pass_time(SILENCE + 1.0)
    assert table.voter[lost].trouble(table.now) is None
    assert table.disks[lost].generation == 2
