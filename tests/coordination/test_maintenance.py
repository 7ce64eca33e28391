"""The long lease of a node in maintenance: what each voter honours, and how it ends early."""

from __future__ import annotations

from tests.coordination.test_leases import OVER, TIMING, VOTERS, held, renewal, renewed
from tuiconsole.coordination.leases.holder import LeaseEvent, LeaseHolder
from tuiconsole.coordination.leases.registrar import Registrar, Registration


def registrar() -> Registrar:
    """It has granted node x a maintenance of 60 s at 10.0."""
    made = Registrar(TIMING.node_lease, TIMING.margin, 0.0, {})
    assert made.renew(9.0, "x", 1, "shim 1", join=True).granted
    verdict = made.renew(10.0, "x", 1, "shim 1", join=False, stay=60.0, asked=5.0)
    assert (verdict.granted, verdict.duration) == (True, 60.0)
    return made


def test_a_voter_does_not_let_the_node_be_lost_before_its_maintenance_is_over() -> None:
    voter = registrar()
    late = 10.0 + 60.0 + TIMING.margin
    assert not voter.raise_epoch(late - 0.01, "x", 2, dry=False).granted
    assert voter.raise_epoch(late, "x", 2, dry=False).granted


def test_it_is_on_disk_before_it_is_answered_and_a_restarted_voter_waits_for_all_of_it() -> None:
    voter = registrar()
    assert voter.changed == 2, "the epoch, then the maintenance"
    assert voter.registrations["x"] == Registration(1, "shim 1", 60.0, 5.0)
    again = Registrar(TIMING.node_lease, TIMING.margin, 50.0, voter.registrations)
    assert not again.raise_epoch(50.0 + 60.0, "x", 2, dry=False).granted


def test_usual_renewals_neither_shorten_nor_prolong_it_and_it_is_forgotten_when_they_cover_it() -> None:
    voter = registrar()
    for now in (20.0, 65.9):
        assert voter.renew(now, "x", 1, "shim 1", join=False).duration == TIMING.node_lease
        assert voter.registrations["x"].stay == 60.0
    voter.renew(66.1, "x", 1, "shim 1", join=False)
    assert voter.registrations["x"] == Registration(1, "shim 1", 0.0, 5.0)
    assert voter.raise_epoch(66.1 + OVER, "x", 2, dry=False).granted


def test_its_end_is_believed_once_and_an_older_word_that_comes_late_changes_nothing() -> None:
    voter = registrar()
    voter.renew(12.0, "x", 1, "shim 1", join=False, asked=7.0)
    late = voter.renew(12.1, "x", 1, "shim 1", join=False, stay=60.0, asked=5.0)
    assert late.duration == TIMING.node_lease
    assert voter.raise_epoch(12.1 + OVER, "x", 2, dry=False).granted
    voter = registrar()
    voter.renew(13.0, "x", 1, "shim 1", join=False, stay=60.0, asked=8.0)
    voter.renew(13.1, "x", 1, "shim 1", join=False, asked=7.0)
    assert not voter.raise_epoch(13.1 + OVER, "x", 2, dry=False).granted, "the second one goes on"


def maintained(seconds: float = 60.0) -> LeaseHolder:
    one = held(100.0)
    one.maintain(101.0, seconds)
    message = renewal(one, 101.0)
    assert (message.stay, message.asked) == (seconds, 101.0)
    one.receive(101.1, "a", renewed(message, "a", seconds))
    assert one.stays_until(101.1) == 0.0, "one voter is no majority"
    one.receive(101.1, "b", renewed(message, "b", seconds))
    assert one.stays_until(101.1) == 161.0
    return one


def test_the_node_holds_it_once_a_majority_has_agreed_and_records_it() -> None:
    one = maintained()
    assert one.events == [LeaseEvent.EXTENDED]
    assert one.stop_at == 160.0
    assert renewal(one, 131.0).stay == 30.0, "what is left, for voters that have not heard of it"


def test_the_next_agent_goes_on_with_it() -> None:
    one = LeaseHolder("x", VOTERS, TIMING, "shim 1", resume=(1, 161.0))
    assert one.stays_until(110.0) == 161.0
    message = renewal(one, 110.0)
    for voter in "abc":
        one.receive(110.1, voter, renewed(message, voter))
    assert one.held_until == 161.0


def test_its_end_is_recorded_before_it_is_told_and_what_was_granted_before_counts_no_more() -> None:
    one = maintained()
    old = renewal(one, 110.0)
    one.events.clear()
    one.outbox.clear()
    one.end_maintenance(111.0)
    assert (one.held_until, one.events, one.outbox) == (115.0, [LeaseEvent.EXTENDED], [])
    message = renewal(one, 111.0)
    assert (message.stay, message.asked) == (0.0, 111.0)
    for voter in "abc":
        one.receive(111.1, voter, renewed(old, voter, 50.0))
    assert one.held_until == 115.0
    assert one.stays_until(111.1) == 0.0
