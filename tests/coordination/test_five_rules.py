"""The five rules of the Paxos core (docs/architecture.md), told one by one."""

from __future__ import annotations

from tests.coordination.table import TIMING, Table
from tuiconsole.coordination.coordinator import Versioned
from tuiconsole.coordination.messages import (
    Accept,
    Accepted,
    Beat,
    Hello,
    Prepare,
    PreVote,
    PreVoteAnswer,
    Promise,
    Refusal,
    Renew,
    Renewed,
)
from tuiconsole.coordination.paxos.acceptor import Ballot, Stamp
from tuiconsole.coordination.paxos.outcomes import Failure
from tuiconsole.coordination.paxos.voter import Voter
from tuiconsole.coordination.record import VoterRecord
from tuiconsole.coordination.recovery import recovered


def elected(names: str = "abc") -> Table:
    table = Table(names)
    table.pass_time(0.3)
    assert len(table.leads()) == 1
    return table


def answers(voter: Voter, kind: type) -> list[object]:
    return [message for _, message in voter.outbox if isinstance(message, kind)]


def test_rule_1_a_promise_is_answered_only_when_it_is_on_disk() -> None:
    table = Table()
    voter = table.voter["a"]
    voter.receive(table.now, "b", Prepare("table", voter.founding.digest, "b", 5))
    assert not answers(voter, Promise)
    due = voter.record_due()
    assert due is not None
    assert (due[1].promised_term, due[1].promised_to) == (5, "b")
    voter.stored(table.now, due[0])
    assert len(answers(voter, Promise)) == 1


def test_rule_1_a_voter_that_forgot_an_unsynced_promise_never_showed_it() -> None:
    table = Table()
    table.voter["a"].receive(table.now, "b", Prepare("table", table.voter["a"].founding.digest, "b", 5))
    assert not table.voter["a"].outbox
    assert table.boot("a").acceptor.promised.term == 0


def test_rule_1_renewals_do_not_wait_for_a_slow_disk() -> None:
    table = elected()
    voter = table.voter["a"]
    voter.receive(table.now, "x", Renew("table", table.voters.digest, "x", 1, "shim", 1, True))
    assert not answers(voter, Renewed)  # a new epoch must be on disk
    table.settle()
    voter.acceptor.follow(Ballot(50, "b"))
    voter.tick(table.now)
    assert voter.record_due() is not None  # given to a disk that does not answer
    voter.receive(table.now, "x", Renew("table", table.voters.digest, "x", 1, "shim", 2, False))
    assert len(answers(voter, Renewed)) == 1


def test_rule_1_messages_of_another_voter_set_are_rejected() -> None:
    table = elected()
    voter = table.voter["a"]
    voter.receive(table.now, "b", Beat("table", "other digest", "b", 99, 1))
    voter.receive(table.now, "b", Beat("other", voter.founding.digest, "b", 99, 1))
    voter.receive(table.now, "z", Beat("table", voter.founding.digest, "z", 99, 1))
    assert {type(message) for _, message in voter.outbox} == {Hello}  # which voters it speaks for
    assert voter.rejected == {"other voters": 1, "other cluster": 1, "not a voter": 1}


def test_rule_1_the_first_boot_needs_all_voters_blank_and_present() -> None:
    table = Table()
    table.disks = {name: VoterRecord(f"id {name}") for name in "abc"}
    table.voter.clear()
    for name in "ab":
        table.boot(name)
    table.pass_time(3.0)
    assert not table.leads()
    assert "not seen: c" in (table.voter["a"].trouble(table.now) or "")
    table.boot("c")
    table.pass_time(0.5)
    assert len(table.leads()) == 1
    assert table.voter["c"].trouble(table.now) is None


def test_rule_1_a_voter_that_lost_its_state_stays_silent_and_says_why() -> None:
    table = elected()
    table.write(b"a grant")
    follower = next(name for name in "abc" if name not in table.leads())
    table.disks[follower] = VoterRecord("a new id")
    wiped = table.boot(follower)
    table.pass_time(0.5)
    assert "has lost its voter state" in (wiped.trouble(table.now) or "")
    wiped.receive(table.now, "b", Prepare("table", table.voters.founded_digest(table.members), "b", 99))
    assert not answers(wiped, Promise)
    assert not answers(wiped, Hello)


def test_rule_1_a_voter_whose_first_boot_was_cut_short_is_not_taken_for_wiped() -> None:
    table = Table()
    table.disks["c"] = VoterRecord("id c")  # its blank record had been written, its founding had not
    table.boot("c")
    table.pass_time(0.5)
    assert table.voter["c"].trouble(table.now) is None


def founded_twice() -> Table:
    """A core whose voter c has lost its disk and, by what was said before and came late, is founded anew."""
    table = elected()
    table.disks["c"] = VoterRecord("a new id")
    lost = table.boot("c")
    for name in "ab":
        late = Hello("table", table.voters.digest, name, f"id {name}", {}, True)
        lost.receive(table.now, name, late)
    assert lost.founding.founded
    return table


def test_rule_1_a_voter_that_founded_a_set_of_its_own_gives_it_up_for_that_of_the_others() -> None:
    table = founded_twice()
    table.pass_time(4.0)
    assert "has lost its voter state" in (table.voter["c"].trouble(table.now) or "")
    assert not table.disks["c"].members
    assert table.voter["a"].readmit(table.now, "c") is None
    table.pass_time(TIMING.node_lease + TIMING.margin + 1.0)
    assert table.voter["c"].trouble(table.now) is None
    assert table.disks["c"].members == table.disks["a"].members == {**table.members, "c": "a new id"}


def test_rule_1_a_recovered_core_does_not_give_itself_up_for_what_an_old_disk_shows() -> None:
    table = Table()
    ids = {name: f"new id {name}" for name in "abc"}
    table.disks = recovered(table.voters, ids, [table.disks["a"], table.disks["b"]])
    for name in "abc":
        table.boot(name)
    table.pass_time(4.0)
    old = Hello("table", table.voters.digest, "c", "id c", table.members, True)
    for name in "ab":
        table.voter[name].receive(table.now, "c", old)
    assert table.leader().founding.members == ids
    assert all(voter.trouble(table.now) is None for voter in table.voter.values())


def test_rule_2_a_new_leader_accepts_again_before_it_reads() -> None:
    table = elected()
    written = table.write(b"one")
    assert isinstance(written, Versioned)
    old = table.leads()[0]
    table.cut = {old}
    table.pass_time(2.5)
    new = table.leader()
    assert new.name != old
    assert new.leader is not None
    assert new.acceptor.accepted == Stamp(new.leader.term, written.version)
    assert new.read(table.now) == Versioned(b"one", new.leader.term, written.version)


def test_rule_2_an_elected_leader_without_a_majority_of_acceptances_reads_nothing() -> None:
    table = Table()
    voter = table.voter["a"]
    table.voter = {"a": voter}
    voter.tick(table.now + 0.05)
    digest = voter.founding.digest
    voter.receive(table.now + 0.05, "b", PreVoteAnswer("table", digest, "b", 1, True, 0, 0.0))
    table.collect()
    voter.receive(table.now + 0.06, "b", Promise("table", digest, "b", 1, 0, 0, b""))
    table.collect()
    assert voter.leader is not None
    assert voter.read(table.now + 0.06) is None
    voter.receive(table.now + 0.07, "b", Accepted("table", digest, "b", 1, 0))
    assert voter.leader.established


def test_rule_3_an_unanswered_value_is_retried_and_its_outcome_is_unknown_not_failed() -> None:
    table = elected()
    leader = table.leader()
    table.cut = set("abc") - {leader.name}
    read = leader.read(table.now)
    assert read is not None
    leader.replace(table.now, 1, b"first", Stamp(read.term, read.version))
    table.settle()
    assert leader.forget(1) is Failure.UNKNOWN
    leader.replace(table.now, 2, b"second", Stamp(read.term, read.version))
    assert leader.leader is not None
    assert leader.leader.proposal is not None
    assert leader.leader.proposal.value == b"first"
    table.cut = set()
    table.pass_time(0.5)
    outcome = dict(table.results)
    assert isinstance(outcome[1], Versioned)
    assert outcome[2] is Failure.CONFLICT


def test_rule_3_an_acknowledgement_of_an_earlier_term_counts_nothing() -> None:
    table = elected()
    leader = table.leader()
    assert leader.leader is not None
    table.cut = set("abc") - {leader.name}
    read = leader.read(table.now)
    assert read is not None
    leader.replace(table.now, 1, b"value", Stamp(read.term, read.version))
    table.settle()
    other = next(iter(table.cut))
    for term, version in ((read.term - 1, read.version + 1), (read.term, read.version)):
        leader.receive(table.now, other, Accepted("table", leader.founding.digest, other, term, version))
    table.settle()
    assert not table.results
    leader.receive(
        table.now, other, Accepted("table", leader.founding.digest, other, read.term, read.version + 1)
    )
    table.settle()
    assert isinstance(dict(table.results)[1], Versioned)


def test_rule_3_a_repeated_older_value_deletes_nothing() -> None:
    table = elected()
    first = table.write(b"one", 1)
    table.write(b"two", 2)
    follower = next(voter for name, voter in table.voter.items() if name not in table.leads())
    leader = table.leads()[0]
    accept = Accept("table", follower.founding.digest, leader, first.term, first.version, b"one")
    follower.receive(table.now, leader, accept)
    assert follower.acceptor.value == b"two"
    assert not answers(follower, Accepted)


def test_rule_4_one_paused_follower_does_not_depose_a_healthy_leader() -> None:
    table = elected()
    leader = table.leads()[0]
    follower = next(name for name in "abc" if name != leader)
    table.cut = {follower}
    table.pass_time(5.0)
    term = table.voter[leader].leadership(table.now)
    assert term is not None
    table.cut = set()
    table.pass_time(2.0)
    after = table.voter[leader].leadership(table.now)
    assert after is not None
    assert after.term == term.term


def test_rule_4_who_heard_the_leader_refuses_a_candidate() -> None:
    table = elected()
    follower = next(voter for name, voter in table.voter.items() if name not in table.leads())
    rival = next(name for name in "abc" if name not in (*table.leads(), follower.name))
    follower.receive(table.now, rival, Prepare("table", follower.founding.digest, rival, 50))
    assert answers(follower, Refusal)
    assert follower.acceptor.promised.term < 50


def test_rule_4_a_restarted_voter_promises_nothing_for_one_leader_lease_plus_drift() -> None:
    table = elected()
    name = next(name for name in "abc" if name not in table.leads())
    rival = next(other for other in "abc" if other not in (*table.leads(), name))
    voter = table.boot(name)
    prepare = Prepare("table", voter.founding.digest, rival, 50)
    voter.receive(table.now + TIMING.leader_lease + 0.05, rival, prepare)
    assert voter.acceptor.promised.term < 50
    voter.receive(table.now + TIMING.election_min, rival, prepare)
    assert voter.acceptor.promised.term == 50


def test_rule_4_a_term_is_written_only_after_a_majority_would_grant_it() -> None:
    table = elected()
    table.cut = {"a", "b", "c"}
    before = {name: voter.acceptor.promised.term for name, voter in table.voter.items()}
    table.pass_time(10.0)
    assert {name: voter.acceptor.promised.term for name, voter in table.voter.items()} == before


def test_rule_4_of_two_candidates_of_a_term_the_greater_ballot_goes_on() -> None:
    table = Table()
    low, high = table.voter["a"], table.voter["b"]
    for voter in (low, high):
        voter.election.ask(table.now, 1)
        voter.candidacy.stand(table.now, 1)
    table.voter = {"a": low, "b": high}
    table.settle()
    assert high.leader is not None
    assert low.leader is None
    assert low.acceptor.promised == (1, "b")


def test_rule_4_a_lapsed_lease_is_held_again_in_the_same_term() -> None:
    table = elected()
    leader = table.leader()
    before = leader.leadership(table.now)
    assert before is not None
    table.cut = set("abc") - {leader.name}
    table.pass_time(0.72)
    assert leader.leadership(table.now) is None
    table.cut = set()
    table.pass_time(0.3)
    after = leader.leadership(table.now)
    assert after is not None
    assert after.term == before.term


def test_rule_4_a_leader_nobody_answers_stops_holding_its_followers_back() -> None:
    table = elected()
    leader = table.leader()
    for _ in range(400):
        # Its heartbeats arrive, the answers do not.
        table.now += 0.01
        for voter in table.voter.values():
            if voter.next_timer <= table.now:
                voter.tick(table.now)
        table.collect()
        while table.under_way:
            sender, to, message = table.under_way.pop(0)
            if to != leader.name:
                table.voter[to].receive(table.now, sender, message)
            table.collect()
    assert table.leads()
    assert leader.name not in table.leads()


def test_rule_5_a_poison_value_stops_nothing() -> None:
    table = elected()
    for request, value in enumerate((b"\x80\x04.", b"\xff" * 1000, b"__import__('os')", b""), 1):
        written = table.write(value, request)
        assert isinstance(written, Versioned)
        assert written.value == value
    assert isinstance(table.write(b"after", 9), Versioned)


def test_a_pre_vote_binds_nobody() -> None:
    table = Table()
    voter = table.voter["a"]
    voter.receive(table.now, "b", PreVote("table", voter.founding.digest, "b", 3))
    assert voter.record_due() is None or voter.acceptor.promised.term == 0


def test_one_voter_alone_leads_and_writes() -> None:
    table = Table("a")
    table.pass_time(0.2)
    assert isinstance(table.write(b"alone"), Versioned)
