"""Which of a voter's changes are on disk (rule 1).

Changes are numbered in their order. The driver writes the newest state with its number, and what was changed
up to that number may be shown once the number is `stored`.
"""

from __future__ import annotations

from tuiconsole.clock import BootTime
from tuiconsole.coordination.founding import Founding
from tuiconsole.coordination.leases.registrar import Registrar
from tuiconsole.coordination.paxos.acceptor import Acceptor, Stamp
from tuiconsole.coordination.record import VoterRecord
from tuiconsole.settings.timing import Timing


class Durability:
    """Numbers the changes of acceptor, registrar, founding and timings, and knows what is on disk."""

    def __init__(
        self,
        founding: Founding,
        acceptor: Acceptor,
        registrar: Registrar,
        timing: Timing,
        now: BootTime,
        record: VoterRecord,
    ) -> None:
        """Start with what `record`, just read from disk, says."""
        self.newest = 0
        """Number of the latest change."""
        self.promise = 0
        """Number of the change that made the promise in force."""
        self.duration = 0
        """Number of the change before which no lease of the present duration may be granted, to a node or
        to a leader."""
        self.accepted = acceptor.accepted
        """What is accepted on disk."""
        self._founding = founding
        self._acceptor = acceptor
        self._registrar = registrar
        self._node_lease = timing.node_lease
        self._nodes: dict[str, int] = {}
        self._stored = 0
        self._marks = (0, 0)
        self._being_written: dict[int, Stamp] = {}
        self._election_min = timing.election_min
        self._lease_duration = max(record.lease_duration, timing.node_lease)
        self._longest_election_min = max(record.election_min, timing.election_min)
        self._shorten_at = now + max(record.lease_duration + timing.margin, record.election_min)
        if (self._lease_duration, self._longest_election_min) != (record.lease_duration, record.election_min):
            self.newest += 1
        self.duration = self.newest

    def is_durable(self, change: int) -> bool:
        """Whether the change with this number is on disk."""
        return change <= self._stored

    # -- numbering -------------------------------------------------------------------------------------------

    def note(self) -> None:
        """Number the changes of acceptor and registrar since the last call."""
        marks = (self._acceptor.changed, self._registrar.changed)
        if marks != self._marks:
            self.newest += 1
            self._marks = marks

    def note_promise(self) -> None:
        """The acceptor has just promised."""
        self.note()
        self.promise = self.newest

    def note_node(self, node: str, changed: int) -> None:
        """The registrar has just dealt with `node`, and had counted `changed` changes before."""
        if self._registrar.changed != changed:
            self.note()
            self._nodes[node] = self.newest

    def note_founding(self) -> None:
        """This voter has just been founded."""
        self.newest += 1
        self.duration = self.newest

    def inherit(self, lease_duration: float, now: BootTime, margin: float) -> None:
        """What this voter remembers from now on was heard of others, who may have granted longer leases."""
        self._lease_duration = max(self._node_lease, lease_duration)
        self._shorten_at = now + self._lease_duration + margin
        self.note_founding()

    @property
    def election_min(self) -> float:
        """For how many seconds a leader of a former life may still count on this voter."""
        return self._longest_election_min

    @property
    def lease_duration(self) -> float:
        """The longest lease, in seconds, that may have been granted."""
        return self._lease_duration

    def of_node(self, node: str) -> int:
        """Number of the latest change of a node's registration."""
        return self._nodes.get(node, 0)

    @property
    def next_timer(self) -> BootTime:
        """When `shorten_lease` is due."""
        longer = self._lease_duration > self._node_lease or self._longest_election_min > self._election_min
        return self._shorten_at if longer else float("inf")

    def shorten_lease(self, now: BootTime) -> None:
        """Record the timings in force once no lease of longer, former ones can be held."""
        if now >= self.next_timer:
            self._lease_duration, self._longest_election_min = self._node_lease, self._election_min
            self.newest += 1

    # -- the disk --------------------------------------------------------------------------------------------

    def record_due(self) -> tuple[int, VoterRecord] | None:
        """The newest state and its number, if it is neither on disk nor given out for writing."""
        if self.newest <= max(self._stored, max(self._being_written, default=0)):
            return None
        acceptor = self._acceptor
        self._being_written[self.newest] = acceptor.accepted
        return self.newest, VoterRecord(
            self._founding.voter_id,
            self._founding.members,
            acceptor.promised.term,
            acceptor.promised.candidate,
            acceptor.accepted.term,
            acceptor.accepted.version,
            acceptor.value,
            dict(self._registrar.registrations),
            self._lease_duration,
            self._longest_election_min,
            self._founding.generation,
            self._founding.readmits,
        )

    def stored(self, change: int) -> bool:
        """The state with this number is on disk; False if a newer one has been for long."""
        if change <= self._stored:
            return False
        self._stored = change
        self.accepted = self._being_written.pop(change, self.accepted)
        for older in [one for one in self._being_written if one < change]:
            del self._being_written[older]
        return True
