"""Raising a node's epoch: as soon as the voters that are left may do it, and never before."""

from __future__ import annotations

from tests.coordination.table import TIMING, Table
from tuiconsole.coordination.leases.raising import PATIENCE, EpochRaise
from tuiconsole.coordination.messages import EpochAnswer, Renew
from tuiconsole.coordination.paxos.outcomes import EpochHeld, EpochRaised
from tuiconsole.coordination.voters import VoterSet

OVER = TIMING.node_lease + TIMING.margin
APART = 0.3
"""Seconds between the last acknowledgements of two voters."""


def renews(table: Table, voter: str, request: int, *, join: bool = False) -> None:
    table.voter[voter].receive(
        table.now, "x", Renew("table", table.voters.digest, "x", 1, "shim", request, join)
    )
    table.settle()


def power_cut() -> tuple[Table, str, float]:
    """A node and a voter of its host die; the other two acknowledged the node some moments apart.

    Returns the table, the leader and when the later lease began.
    """
    table = Table()
    table.pass_time(0.3)
    (leader,) = table.leads()
    dead, other = (name for name in "abc" if name != leader)
    for voter in "abc":
        renews(table, voter, 1, join=True)
    table.pass_time(APART)
    renews(table, other, 2)
    table.cut.add(dead)
    return table, leader, table.now


def test_with_one_voter_dead_an_epoch_is_raised_as_soon_as_the_last_lease_of_the_others_is_over() -> None:
    table, leader, last = power_cut()
    table.pass_time(OVER - APART / 2)
    table.voter[leader].raise_epoch(table.now, 7, "x")
    table.pass_time(APART / 2 - 0.02)
    assert table.results == [], "a voter still holds the node's lease for its own"
    table.pass_time(0.05)
    assert dict(table.results) == {7: EpochRaised(2)}
    assert table.now < last + OVER + 0.05


def test_two_voters_that_hold_a_lease_name_the_time_at_which_it_is_worth_asking_again() -> None:
    table, leader, last = power_cut()
    table.pass_time(1.0)
    table.voter[leader].raise_epoch(table.now, 7, "x")
    table.settle()
    ((request, held),) = table.results
    assert request == 7
    assert isinstance(held, EpochHeld)
    assert abs(held.until - (last - APART + OVER)) < 0.02


def test_a_voter_that_refuses_and_names_no_time_is_not_asked_without_pause() -> None:
    """It may have registered a greater epoch meanwhile, and would say so at once, again and again."""
    voters = VoterSet("table", "abc")
    one = EpochRaise("x", voters, 1)
    one.answered(100.0, "b", EpochAnswer("table", voters.digest, "b", 1, "x", True, False, 5, True, 0.0))
    assert one.refused_until() is None, "the two others may still agree"
    assert not one.forget_refusals(100.0)
    assert one.next_question == 100.0 + PATIENCE
    assert one.forget_refusals(one.next_question)
    assert one.unanswered == ("a", "b", "c")
