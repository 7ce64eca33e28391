"""Node leases: what a node may rely on, and what the master may conclude."""

from __future__ import annotations

from tuiconsole.coordination.leases.holder import LeaseEvent, LeaseHolder, LeaseState
from tuiconsole.coordination.leases.registrar import Registrar, Registration
from tuiconsole.coordination.messages import Leave, Left, Renew, Renewed, RenewRefused
from tuiconsole.coordination.voters import VoterSet
from tuiconsole.settings.timing import Timing

VOTERS = VoterSet("room", "abc")
TIMING = Timing()
OVER = TIMING.node_lease + TIMING.margin


def registrar() -> Registrar:
    made = Registrar(TIMING.node_lease, TIMING.margin, 0.0, {})
    assert made.renew(10.0, "x", 1, "shim 1", join=True).granted
    return made


def renewed(message: Renew, voter: str, duration: float = 4.0) -> Renewed:
    return Renewed(
        "room", VOTERS.digest, voter, message.epoch, message.incarnation, message.request, duration, "a", 1
    )


def holder(now: float = 100.0) -> LeaseHolder:
    made = LeaseHolder("x", VOTERS, TIMING, "shim 1")
    made.join(now)
    return made


def renewal(one: LeaseHolder, now: float) -> Renew:
    one.tick(now)
    message = one.outbox[-1]
    assert isinstance(message, Renew)
    return message


def held(now: float = 100.0) -> LeaseHolder:
    one = holder(now)
    message = renewal(one, now)
    for voter in "ab":
        one.receive(now, voter, renewed(message, voter))
    assert one.state is LeaseState.HELD
    one.events.clear()
    return one


def test_an_epoch_is_not_raised_before_lease_and_margin_are_over() -> None:
    voter = registrar()
    early = voter.raise_epoch(10.0 + OVER - 0.01, "x", 2, dry=False)
    assert not early.granted
    assert 0 < early.remaining <= 0.011
    assert voter.raise_epoch(10.0 + OVER, "x", 2, dry=False).granted


def test_a_raised_epoch_is_never_acknowledged_again() -> None:
    voter = registrar()
    voter.raise_epoch(10.0 + OVER, "x", 2, dry=False)
    assert not voter.renew(15.0, "x", 1, "shim 1", join=False).granted
    again = Registrar(TIMING.node_lease, TIMING.margin, 20.0, voter.registrations)
    assert not again.renew(21.0, "x", 1, "shim 1", join=False).granted


def test_asking_whether_an_epoch_can_be_raised_changes_nothing() -> None:
    voter = registrar()
    assert voter.raise_epoch(10.0 + OVER, "x", 2, dry=True).granted
    assert voter.registrations["x"] == Registration(1, "shim 1")


def test_a_voters_restart_counts_as_an_acknowledgement_and_the_longer_lease_is_waited_for() -> None:
    again = Registrar(2.0, TIMING.margin, 50.0, registrar().registrations, former_duration=4.0)
    assert not again.raise_epoch(50.0 + OVER - 0.01, "x", 2, dry=False).granted
    assert again.raise_epoch(50.0 + OVER, "x", 2, dry=False).granted


def test_a_second_incarnation_is_refused_until_the_first_lapsed() -> None:
    voter = registrar()
    assert not voter.renew(11.0, "x", 2, "shim 2", join=True).granted
    assert voter.renew(10.0 + OVER, "x", 2, "shim 2", join=True).granted


def test_a_second_incarnation_may_join_at_once_when_the_first_left() -> None:
    voter = registrar()
    assert voter.leave("x", 1, "shim 1").granted
    assert voter.renew(10.1, "x", 2, "shim 2", join=True).granted
    assert not voter.renew(10.2, "x", 1, "shim 1", join=False).granted


def test_after_a_clean_leave_the_epoch_is_raised_at_once() -> None:
    voter = registrar()
    voter.leave("x", 1, "shim 1")
    assert voter.raise_epoch(10.1, "x", 2, dry=False).granted


def test_an_epoch_that_a_node_holds_is_no_proof_for_the_master() -> None:
    voter = registrar()
    voter.renew(11.0, "x", 2, "shim 1", join=True)
    verdict = voter.raise_epoch(30.0, "x", 2, dry=False)
    assert not verdict.granted
    assert verdict.held


def test_a_voter_that_was_away_acknowledges_the_epoch_that_others_registered() -> None:
    voter = Registrar(TIMING.node_lease, TIMING.margin, 0.0, {"x": Registration(1, "shim 1")})
    assert voter.renew(1.0, "x", 3, "shim 1", join=False).granted
    assert voter.registrations["x"] == Registration(3, "shim 1")


def test_the_lease_counts_from_the_sending_of_a_renewal_that_a_majority_acknowledged() -> None:
    one = holder(100.0)
    message = renewal(one, 100.0)
    one.receive(101.0, "a", renewed(message, "a"))
    of_one_voter = one.lease
    assert of_one_voter is None
    one.receive(101.5, "b", renewed(message, "b"))
    assert one.lease is not None
    assert one.lease.held_until == 104.0
    assert one.lease.stop_at == 103.0
    assert one.lease.kill_at == 103.6
    assert one.lease.shim_kill_at == 103.75


def test_the_lease_lasts_as_long_as_a_majority_of_voters_said() -> None:
    one = holder(100.0)
    message = renewal(one, 100.0)
    for voter, duration in (("a", 2.0), ("b", 4.0), ("c", 3.0)):
        one.receive(100.0, voter, renewed(message, voter, duration))
    assert one.held_until == 103.0


def test_isolation_once_begun_is_completed() -> None:
    one = held(100.0)
    message = renewal(one, 102.9)
    one.tick(103.0)
    assert one.events == [LeaseEvent.LAPSING]
    for voter in "abc":
        one.receive(103.01, voter, renewed(message, voter))
    assert one.lease is None
    assert one.held_until == 104.0
    one.tick(104.0)
    assert one.events[-1] is LeaseEvent.LOST
    one.join(104.1)
    assert one.epoch == 2


def test_an_acknowledgement_that_comes_when_isolation_is_due_extends_nothing() -> None:
    one = held(100.0)
    message = renewal(one, 102.9)
    for voter in "abc":
        one.receive(103.0, voter, renewed(message, voter))
    assert one.state is LeaseState.LAPSING


def test_a_node_whose_epoch_a_majority_has_raised_begins_isolation_at_once() -> None:
    one = held(100.0)
    message = renewal(one, 100.3)
    for voter in "ab":
        one.receive(100.4, voter, RenewRefused("room", VOTERS.digest, voter, 2, message.request, 0.0, "", 0))
    assert one.state is LeaseState.LAPSING


def test_a_joiner_takes_an_epoch_above_all_that_a_majority_registered() -> None:
    one = holder(100.0)
    message = renewal(one, 100.0)
    for voter, epoch in (("a", 5), ("b", 7)):
        one.receive(
            100.0, voter, RenewRefused("room", VOTERS.digest, voter, epoch, message.request, 0.0, "", 0)
        )
    assert renewal(one, 100.0).epoch == 8


def test_an_agent_that_comes_back_in_time_goes_on_under_its_epoch() -> None:
    one = LeaseHolder("x", VOTERS, TIMING, "shim 1", resume=(3, 104.0))
    message = renewal(one, 101.0)
    assert (message.epoch, message.join) == (3, False)
    late = LeaseHolder("x", VOTERS, TIMING, "shim 1", resume=(3, 104.0))
    late.tick(103.5)
    assert late.state is LeaseState.LAPSING


def test_leaving_is_repeated_until_a_majority_heard_it() -> None:
    one = held(100.0)
    one.outbox.clear()
    one.leave(101.0)
    one.tick(101.3)
    leaves = [message for message in one.outbox if isinstance(message, Leave)]
    assert len(leaves) == 2
    one.receive(101.4, "a", Left("room", VOTERS.digest, "a", 2, leaves[0].request))
    assert not one.left_heard
    one.receive(101.4, "b", Left("room", VOTERS.digest, "b", 2, leaves[0].request))
    assert one.left_heard


def test_a_node_without_a_lease_still_asks_who_leads() -> None:
    one = LeaseHolder("x", VOTERS, TIMING, "shim 1")
    assert renewal(one, 100.0).epoch == 0
    assert not Registrar(4.0, 0.2, 0.0, {}).renew(1.0, "x", 0, "shim 1", join=False).granted


def test_a_lease_whose_isolation_the_deadman_has_begun_is_over_though_the_voters_renew_it() -> None:
    one = held()
    message = renewal(one, 100.5)
    one.lapse(one.epoch - 1)
    assert one.state is LeaseState.HELD, "that was the isolation of an older epoch"
    one.lapse(one.epoch)
    for voter in "ab":
        one.receive(100.6, voter, renewed(message, voter))
    assert one.lease is None
    assert LeaseEvent.LAPSING in one.events


def test_a_voter_that_comes_back_with_its_node_believes_a_lease_that_a_majority_gave() -> None:
    """A power cut: its disk knows only the node's former life, which the others have proved to be over."""
    again = Registrar(TIMING.node_lease, TIMING.margin, 50.0, {"x": Registration(1, "shim 1")})
    assert again.renew(50.1, "x", 3, "shim 2", join=True).held, "who only joins may have a rival"
    assert again.renew(50.2, "x", 3, "shim 2", join=False).granted
    assert again.registrations["x"] == Registration(3, "shim 2")
    assert not again.renew(50.3, "x", 1, "shim 1", join=False).granted
    assert not again.renew(50.3, "x", 3, "shim 1", join=False).granted


def test_a_late_answer_to_a_former_agent_extends_nothing_of_the_next_one() -> None:
    """It was acknowledged before the present agent had sent anything: its lease must not count from there."""
    former = holder(100.0)
    asked = renewal(former, 100.0)
    for voter in "ab":
        former.receive(100.1, voter, renewed(asked, voter))
    late = renewal(former, 100.4)
    following = LeaseHolder("x", VOTERS, TIMING, "shim 1", (former.epoch, former.held_until))
    until = following.held_until
    numbers = {renewal(following, at).request for at in (101.0, 101.4, 101.8)}
    assert late.request not in numbers
    assert asked.request not in numbers
    for voter in "ab":
        following.receive(101.9, voter, renewed(late, voter))
    assert following.held_until == until


def test_an_agent_that_finds_the_lease_of_its_predecessor_over_asks_for_a_greater_epoch() -> None:
    """What that lease covered has ended: a master must not take the next one for the same."""
    following = LeaseHolder("x", VOTERS, TIMING, "shim 1", (3, 0.0))
    assert following.lease is None
    following.join(200.0)
    asked = renewal(following, 200.0)
    assert asked.join
    assert asked.epoch == 4
