"""A voter that has lost its disk becomes a member again while the others go on; pure.

A change of the membership, in an order that no crash can turn round (docs/architecture.md, rule 1):

1. A person says that the old disk is gone. The voter that is told writes the wish down, and so does each one
   that hears of it.
2. A voter that knows the wish to be on the disks of *all* the others but the lost one replaces the member's
   id. From then on it hears nothing that was said to the old set of voters, be it under way or not.
3. The lost voter hears the replacement from all of them, with all that they remember. Whatever a majority of
   the old set decided, one of them remembers. It waits for as long as a lease may last that its former
   self granted, writes down what it has heard, and votes.

Until 3 is done, every majority consists of voters that have lost nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tuiconsole.clock import BootTime
from tuiconsole.coordination.leases.registrar import Registration
from tuiconsole.coordination.messages import Heritage
from tuiconsole.coordination.record import VoterRecord

NOBODY = ("", "")


def replaced(members: Mapping[str, str], wish: tuple[str, str]) -> dict[str, str]:
    """The members, with the wished one under its new id."""
    return {**members, wish[0]: wish[1]}


def longest(heard: Sequence[Mapping[str, Registration]]) -> dict[str, Registration]:
    """Of each node the newest epoch, with the longest maintenance that any of the voters granted."""
    newest: dict[str, Registration] = {}
    for registrations in heard:
        for node, entry in registrations.items():
            known = newest.get(node, entry)
            best = max(known, entry, key=lambda one: (one.epoch, not one.incarnation))
            stay = max(known, entry, key=lambda one: one.stay)
            newest[node] = Registration(best.epoch, best.incarnation, stay.stay, stay.asked)
    return newest


class Inheritance:
    """What a voter that has lost its disk hears from the others."""

    def __init__(self, name: str, voter_id: str, others: Sequence[str], lease: float, margin: float) -> None:
        """Nothing is heard yet.

        Args:
            name: this voter's.
            voter_id: its new one.
            others: all other voters.
            lease: of a node, in seconds; a longer former one counts.
            margin: seconds added before a lease is called over.
        """
        self._name = name
        self._voter_id = voter_id
        self._others = tuple(others)
        self._lease = lease
        self._margin = margin
        self._heard: dict[str, Heritage] = {}
        self._since: BootTime | None = None

    def hear(self, now: BootTime, heritage: Heritage) -> None:
        """Take what one of the others remembers. What was heard of an older generation counts no more."""
        if heritage.members.get(self._name) != self._voter_id:
            return
        if any(heritage.generation < one.generation for one in self._heard.values()):
            return
        if any(heritage.generation > one.generation for one in self._heard.values()):
            self._heard.clear()
            self._since = None
        self._heard[heritage.sender] = heritage
        if self._since is None and not self.missing:
            self._since = now

    @property
    def missing(self) -> list[str]:
        """Who was not heard yet."""
        return [other for other in self._others if other not in self._heard]

    @property
    def begun(self) -> bool:
        """Whether anybody was heard."""
        return bool(self._heard)

    @property
    def votes_from(self) -> BootTime | None:
        """When this voter may vote (boot time); None while somebody is missing."""
        if self._since is None:
            return None
        leases = [self._lease, *(one.lease_duration for one in self._heard.values())]
        return self._since + max(leases) + self._margin

    def record(self) -> VoterRecord:
        """All of it together: promised to nobody, so that no term is promised twice."""
        heard = list(self._heard.values())
        newest = max(heard, key=lambda one: (one.accepted_term, one.accepted_version))
        return VoterRecord(
            voter_id=self._voter_id,
            members=dict(newest.members),
            promised_term=max(max(one.promised_term, one.accepted_term) for one in heard),
            promised_to="",
            accepted_term=newest.accepted_term,
            accepted_version=newest.accepted_version,
            value=newest.value,
            registrations=longest([one.registrations for one in heard]),
            lease_duration=max(one.lease_duration for one in heard),
            generation=newest.generation,
        )
