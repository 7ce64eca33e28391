"""The records of a core that is put together again from the disks that are left; pure.

From a majority of the voters nothing is lost: whatever was promised or accepted is on one of those disks, as
it is for a candidate that reads them. From fewer, what only the others knew is gone, and the numbers jump so
far that nothing which they may have given out is ever met again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tuiconsole.coordination.leases.registrar import Registration
from tuiconsole.coordination.readmission import longest
from tuiconsole.coordination.record import VoterRecord
from tuiconsole.coordination.voters import VoterSet

JUMP = 1_000_000
"""Added to terms always, and to epochs when a majority is lost: eleven days of an election each second."""


def recovered(
    voters: VoterSet, ids: Mapping[str, str], left: Sequence[VoterRecord]
) -> dict[str, VoterRecord]:
    """The new record of each voter: all know the same, and each other under new ids.

    A voter that comes back with its old disk has none of these ids, and is not heard (rule 1).

    Args:
        voters: all of the cluster file's.
        ids: a new random id for each of them.
        left: what was read from the disks that are left, at least one.

    Raises:
        ValueError: `left` holds one voter twice, or one that was never founded.
    """
    if len({record.voter_id for record in left}) != len(left):
        raise ValueError("the same voter's record is given twice")
    if not left or not all(record.members for record in left):
        raise ValueError("a voter that never belonged to a core knows nothing")
    if len({tuple(sorted(record.members.items())) for record in left}) != 1:
        raise ValueError("these records are of different cores: one was made without the other")
    newest = max(left, key=lambda record: (record.accepted_term, record.accepted_version))
    term = max(max(record.promised_term, record.accepted_term) for record in left) + JUMP
    whole = len(left) >= voters.majority
    return {
        name: VoterRecord(
            voter_id=ids[name],
            members=dict(ids),
            promised_term=term,
            promised_to="",
            accepted_term=newest.accepted_term,
            accepted_version=newest.accepted_version,
            value=newest.value,
            registrations=_registrations(left, 0 if whole else JUMP),
            lease_duration=max(record.lease_duration for record in left),
            election_min=max(record.election_min for record in left),
        )
        for name in voters.names
    }


def _registrations(left: Sequence[VoterRecord], jump: int) -> dict[str, Registration]:
    newest = longest([record.registrations for record in left])
    return {
        node: Registration(entry.epoch + jump, entry.incarnation, entry.stay, entry.asked)
        for node, entry in newest.items()
    }
