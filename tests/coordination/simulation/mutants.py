"""Broken versions of the core, each of which the simulation must catch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.planting import Patch
from tuiconsole.coordination.founding import Founding
from tuiconsole.coordination.leases.holder import LeaseHolder
from tuiconsole.coordination.leases.registrar import Registrar
from tuiconsole.coordination.paxos.acceptor import Acceptor, Ballot, Stamp
from tuiconsole.coordination.paxos.candidacy import Candidacy
from tuiconsole.coordination.paxos.durability import Durability
from tuiconsole.coordination.paxos.election import Election
from tuiconsole.coordination.paxos.leader import Leader
from tuiconsole.coordination.paxos.leading import Leading
from tuiconsole.coordination.readmission import NOBODY, Inheritance
from tuiconsole.coordination.voters import VoterSet


def answers_before_the_disk(durability: Durability, change: int) -> bool:
    return True


def trusts_what_it_read(leading: Leading, now: float, leader: Leader, read: Stamp, value: bytes) -> None:
    leader.chosen, leader.value, leader.established = Stamp(leader.term, read.version), value, True


def takes_a_stamp_twice(original: Callable[..., None]) -> Callable[..., None]:
    def lead(leading: Leading, now: float, leader: Leader) -> None:
        # A proposal that is not answered by the next heartbeat is given up, and its number used again.
        proposal = leader.proposal
        if proposal is not None and proposal.request and now >= leader.next_beat:
            leader.proposal = None
            leading.results.append((proposal.request, "timeout"))  # type: ignore[arg-type]
        original(leading, now, leader)

    return lead


def hears_nobody(election: Election, now: float, candidate: str) -> float:
    return max(0.0, election.silent_until - now)


def votes_at_once_after_a_restart(original: Callable[..., None]) -> Callable[..., None]:
    def start(election: Election, now: float, *, may_have_promised: bool, silence: float = 0.0) -> None:
        original(election, now, may_have_promised=False, silence=silence)

    return start


def leads_from_receipt(original: Callable[..., None]) -> Callable[..., None]:
    def on_beat_ack(leading: Leading, now: float, sender: str, message: Any) -> None:
        if leading.leader is not None and message.round in leading.leader._rounds:
            leading.leader._rounds[message.round] = now
        original(leading, now, sender, message)

    return on_beat_ack


def holds_from_receipt(original: Callable[..., None]) -> Callable[..., None]:
    def receive(holder: LeaseHolder, now: float, voter: str, message: Any) -> None:
        if message.request in holder._sent:
            holder._sent[message.request] = now
        original(holder, now, voter, message)

    return receive


def forgets_the_epochs(original: Callable[..., None]) -> Callable[..., None]:
    def inherit(registrar: Registrar, now: float, registrations: Any, former_duration: float) -> None:
        original(registrar, now, {}, former_duration)

    return inherit


def raises_at_once(registrar: Registrar, now: float, node: str) -> float:
    return 0.0


def forgets_whom_it_acknowledged(original: Callable[..., None]) -> Callable[..., None]:
    def init(registrar: Registrar, *args: Any, **kwargs: Any) -> None:
        original(registrar, *args, **kwargs)
        registrar._horizon.clear()

    return init


def promises_more_than_it_keeps(original: Callable[..., Any]) -> Callable[..., Any]:
    def renew(registrar: Registrar, now: float, node: str, *args: Any, **kwargs: Any) -> Any:
        verdict = original(registrar, now, node, *args, **kwargs)
        if verdict.granted:
            registrar._horizon[node] = now + registrar.duration
        return verdict

    return renew


def forgets_maintenance(original: Callable[..., None]) -> Callable[..., None]:
    def init(registrar: Registrar, duration: float, margin: float, started: float, *args: Any) -> None:
        original(registrar, duration, margin, started, *args)
        shortest = max(duration, *args[1:])
        for node in registrar._horizon:
            registrar._horizon[node] = started + shortest

    return init


def tells_before_it_records(holder: LeaseHolder, now: float) -> None:
    holder._asked, holder._stay_until, holder._next_send = now, 0.0, now


def takes_an_old_word(original: Callable[..., Any]) -> Callable[..., Any]:
    def renew(registrar: Registrar, now: float, node: str, *args: Any, **kwargs: Any) -> Any:
        # An ordinary renewal, sent before the maintenance or by an agent that came back, ends it.
        if not kwargs.get("stay"):
            registrar._horizon.pop(node, None)
        return original(registrar, now, node, *args, **kwargs)

    return renew


def counts_any_term(leading: Leading, leader: Leader, term: int) -> bool:
    return True


def matches_version_only(leader: Leader, acknowledged: Stamp, proposed: Stamp) -> bool:
    return acknowledged.version == proposed.version


def promises_one_term_twice(original: Callable[..., None]) -> Callable[..., None]:
    def on_prepare(candidacy: Candidacy, now: float, sender: str, message: Any) -> None:
        if message.term == candidacy.acceptor.promised.term and candidacy.leading.leader is None:
            candidacy.acceptor.promised = Ballot(message.term - 1, "")
        original(candidacy, now, sender, message)

    return on_prepare


def takes_any_stamp(acceptor: Any, ballot: Any, stamp: Stamp, value: bytes) -> bool:
    if not acceptor.follow(ballot):
        return False
    acceptor.accepted, acceptor.value = stamp, value
    acceptor.changed += 1
    return True


def _every(candidacy: Candidacy, *args: Any) -> float:
    return 0.0


def hears_one_only(inheritance: Inheritance) -> list[str]:
    return [] if inheritance._heard else ["all"]


def replaces_at_the_first_wish(founding: Founding) -> bool:
    return founding.readmits != NOBODY


def believes_in_its_own_set(founding: Founding, hello: Any) -> bool:
    return False


def compares_no_file(original: Callable[..., None]) -> Callable[..., None]:
    def init(voters: VoterSet, cluster: str, names: Any, agreed: str = "") -> None:
        original(voters, cluster, names, agreed)
        voters.digest = cluster

    return init


def waits_by_its_own_file(original: Callable[..., None]) -> Callable[..., None]:
    def start(election: Election, now: float, *, may_have_promised: bool, silence: float = 0.0) -> None:
        original(election, now, may_have_promised=may_have_promised)

    return start


def forgets_longer_leases(original: Callable[..., None]) -> Callable[..., None]:
    def inherit(registrar: Registrar, now: float, registrations: Any, former_duration: float) -> None:
        original(registrar, now, registrations, 0.0)

    return inherit


MUTANTS: dict[str, list[Patch]] = {
    "rule 1: answers before the disk": [(Durability, "is_durable", answers_before_the_disk)],
    "rule 2: a new leader does not accept again": [(Leading, "_take_over", trusts_what_it_read)],
    "rule 3: a (term, version) is used twice": [(Leading, "lead", takes_a_stamp_twice(Leading.lead))],
    "rule 3: an ack counts in any term": [
        (Leading, "_of_this_term", counts_any_term),
        (Leader, "matches", matches_version_only),
    ],
    "rule 3: acceptors take any stamp": [(Acceptor, "accept", takes_any_stamp)],
    "ballots: a term is promised twice": [
        (Candidacy, "on_prepare", promises_one_term_twice(Candidacy.on_prepare))
    ],
    "rule 4: no stickiness": [(Election, "refuses_for", hears_nobody), (Candidacy, "refuses_for", _every)],
    "rule 4: no silence after a restart": [
        (Election, "start", votes_at_once_after_a_restart(Election.start))
    ],
    "rule 4: the leader's lease counts from receipt": [
        (Leading, "on_beat_ack", leads_from_receipt(Leading.on_beat_ack))
    ],
    "leases: count from receipt": [(LeaseHolder, "receive", holds_from_receipt(LeaseHolder.receive))],
    "leases: an epoch is raised by a voter that acknowledged lately": [
        (Registrar, "_remaining", raises_at_once)
    ],
    "leases: a restarted voter forgets the epochs": [
        (Registrar, "inherit", forgets_the_epochs(Registrar.inherit))
    ],
    "leases: a restart is no acknowledgement": [
        (Registrar, "__init__", forgets_whom_it_acknowledged(Registrar.__init__))
    ],
    "maintenance: a voter grants it and does not wait": [
        (Registrar, "renew", promises_more_than_it_keeps(Registrar.renew))
    ],
    "maintenance: a restarted voter forgets it": [
        (Registrar, "__init__", forgets_maintenance(Registrar.__init__))
    ],
    "maintenance: its end is told before it is recorded": [
        (LeaseHolder, "end_maintenance", tells_before_it_records)
    ],
    "readmission: the heir hears one of the others only": [
        (Inheritance, "missing", property(hears_one_only))
    ],
    "readmission: a wish is carried out before all the others have it": [
        (Founding, "agreed", property(replaces_at_the_first_wish))
    ],
    "founding: a voter stays in a set of its own": [(Founding, "is_alone", believes_in_its_own_set)],
    "files: voters and nodes do not compare them": [
        (VoterSet, "__init__", compares_no_file(VoterSet.__init__))
    ],
    "files: a restarted voter is silent by its new one only": [
        (Election, "start", waits_by_its_own_file(Election.start))
    ],
    "files: a restarted voter forgets the longer leases of its former one": [
        (Registrar, "inherit", forgets_longer_leases(Registrar.inherit))
    ],
    "maintenance: any renewal ends it": [(Registrar, "renew", takes_an_old_word(Registrar.renew))],
}

SHOWN_BY: dict[str, int] = {
    "rule 1: answers before the disk": 61,
    "rule 2: a new leader does not accept again": 252,
    "rule 3: a (term, version) is used twice": 2,
    "rule 3: an ack counts in any term": 63,
    "rule 3: acceptors take any stamp": 131,
    "ballots: a term is promised twice": 111,
    "rule 4: no stickiness": 10,
    "rule 4: no silence after a restart": 5,
    "rule 4: the leader's lease counts from receipt": 158,
    "leases: count from receipt": 709,
    "leases: an epoch is raised by a voter that acknowledged lately": 3,
    "leases: a restarted voter forgets the epochs": 85,
    "leases: a restart is no acknowledgement": 62,
    "maintenance: a voter grants it and does not wait": 43,
    "maintenance: a restarted voter forgets it": 62,
    "maintenance: its end is told before it is recorded": 513,
    "maintenance: any renewal ends it": 75,
    "readmission: the heir hears one of the others only": 2517,
    "founding: a voter stays in a set of its own": 19089,
    "files: voters and nodes do not compare them": 628,
    "files: a restarted voter is silent by its new one only": 317,
    "files: a restarted voter forgets the longer leases of its former one": 432,
}
"""Which seed shows it, where that is known; once other code draws otherwise from chance, another one does."""
