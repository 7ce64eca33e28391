"""What one voter has promised and accepted. All of it must be on disk before an answer shows it."""

from __future__ import annotations

from typing import NamedTuple


class Ballot(NamedTuple):
    """A term and the candidate it was promised to.

    The greater candidate settles a collision within a term.
    """

    term: int
    candidate: str


class Stamp(NamedTuple):
    """The number of a value.

    Terms belong to one leader, who uses each version once: a stamp names one value.
    """

    term: int
    version: int


class Acceptor:
    """The acceptor of single-register Multi-Paxos.

    A term is promised to one candidate, so a term has one leader; with one exception: a candidate whose own
    promise nobody but itself counts may pass it on (`yield_to`) once it has stopped being a candidate.
    """

    def __init__(self, promised: Ballot, accepted: Stamp, value: bytes) -> None:
        self.promised = promised
        self.accepted = accepted
        self.value = value
        self.changed = 0
        """Counts the changes that must be on disk before they are answered."""

    def promise(self, ballot: Ballot) -> bool:
        """Promise the ballot, or confirm the promise; False if the term is promised to another or is over."""
        if ballot == self.promised:
            return True
        if ballot.term <= self.promised.term:
            return False
        self._promise(ballot)
        return True

    def inherit(self, promised: Ballot, accepted: Stamp, value: bytes) -> None:
        """Begin again with what others remember."""
        self.promised, self.accepted, self.value = promised, accepted, value
        self.changed += 1

    def yield_to(self, ballot: Ballot) -> None:
        """Pass this voter's own promise of a term on to another candidate of the same term."""
        if ballot.term != self.promised.term:
            raise ValueError("only a promise of the same term can be passed on")
        self._promise(ballot)

    def follow(self, ballot: Ballot) -> bool:
        """Take a message of the leader of a term.

        It has been elected, whoever this voter promised the term to.
        """
        if ballot.term < self.promised.term:
            return False
        if ballot != self.promised:
            self._promise(ballot)
        return True

    def accept(self, ballot: Ballot, stamp: Stamp, value: bytes) -> bool:
        """Accept a value of the leader of a term. Only a greater (term, version) replaces what is accepted.

        Returns:
            Whether (term, version) is accepted now; a repeated proposal is, and changes nothing.
        """
        if stamp.term != ballot.term or not self.follow(ballot):
            return False
        if stamp > self.accepted:
            self.accepted = stamp
            self.value = value
            self.changed += 1
            return True
        return stamp == self.accepted

    def _promise(self, ballot: Ballot) -> None:
        self.promised = ballot
        self.changed += 1
